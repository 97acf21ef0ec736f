package follow

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/golden"
	"multivac/internal/store"
)

// TestGolden plays changes of a store. testdata/feed.txt shows what a follower
// makes of them.
func TestGolden(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		p := player{s: s}
		golden.Run(t, "testdata/feed.txt", func(c golden.Command) string { return p.do(t, c) })
	})
}

type player struct {
	s       store.Store
	f       following
	crowded bool
	last    Stats
}

func (p *player) do(t *testing.T, c golden.Command) string {
	rest := strings.Join(c.Args[min(1, len(c.Args)):], " ")
	switch c.Name {
	case "start":
		p.f = follow(p.s)
		p.f.Crowded = func() bool { return p.crowded }
		start(t, p.f)
	case "publish":
		publish(t, p.s, telling("", c.Args[0], rest))
	case "fail":
		fail(t, p.s, put(t, p.s, telling("", c.Args[0], rest)))
	case "delete":
		if _, err := p.s.Delete(t.Context(), telling("", c.Args[0], "").ID(), time.Now()); err != nil {
			t.Fatal(err)
		}
	case "crowded":
		p.crowded = c.Args[0] == "yes"
	case "wait":
		d, err := time.ParseDuration(c.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(d)
	default:
		t.Fatalf("unknown command %s", c.Name)
	}
	if p.f.Follower == nil {
		return ""
	}
	synctest.Wait()
	return p.state()
}

// state says what was followed since the last call, and what is found.
func (p *player) state() string {
	now, status := p.f.Stats(), p.f.Status()
	out := fmt.Sprintf("%d documents, %d passages; %d changes in %d batches, %d scans\n", status.Documents, status.Passages,
		now.Changes-p.last.Changes, now.Batches-p.last.Batches, now.Rebuilds-p.last.Rebuilds)
	p.last = now
	if !status.Ready || status.Reason != "" {
		out += fmt.Sprintf("ready: %t, because: %s\n", status.Ready, status.Reason)
	}
	return out + strings.TrimSpace(fmt.Sprintln("pump:", len(p.f.found(first(p.f.View(multivac.DefaultCollection)), "pump")))) + "\n"
}

func first[T, U any](v T, _ U) T { return v }
