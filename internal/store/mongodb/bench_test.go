package mongodb

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"multivac"
	"multivac/internal/servers"
	"multivac/internal/store"
	"multivac/internal/store/storetest"
)

// 2,000 bytes, like a note or a page of a runbook.
var page = []byte(strings.Repeat("A line of a text that is told.\n", 16) + strings.Repeat("\n\nAnd another, of another part.", 50))

// measure runs n calls of each client at the same time. It reports the calls
// per second and the time of a call.
func measure(b *testing.B, what string, clients, n int, call func(client, i int) error) {
	b.Helper()
	took := make([][]time.Duration, clients)
	var wait sync.WaitGroup
	began := time.Now()
	for c := range clients {
		wait.Go(func() {
			for i := range n {
				at := time.Now()
				if err := call(c, i); err != nil {
					b.Error(err)
					return
				}
				took[c] = append(took[c], time.Since(at))
			}
		})
	}
	wait.Wait()
	rate := float64(clients*n) / time.Since(began).Seconds()
	all := slices.Concat(took...)
	if len(all) == 0 {
		b.FailNow()
	}
	slices.Sort(all)
	b.Logf("%-8s %3d clients: %6.0f/s, p50 %v, p95 %v", what, clients, rate, all[len(all)/2].Round(10*time.Microsecond), all[len(all)*95/100].Round(10*time.Microsecond))
}

// BenchmarkStore is measured by `go test -bench Store -benchtime 1x`.
func BenchmarkStore(b *testing.B) {
	m := servers.Mongo(b, servers.MongoOptions{})
	o := Options{URI: m.URI}
	db, other := open(b, o), open(b, o)
	defer db.Close()
	defer other.Close()
	var number atomic.Int64
	put := func() (multivac.Task, error) {
		t := multivac.Telling{Source: fmt.Sprint(number.Add(1)), Body: page}
		r, err := db.Put(b.Context(), []multivac.Telling{t}, time.Now())
		return multivac.Task{Document: r[0].ID, Revision: r[0].Revision}, err
	}
	for b.Loop() {
		for _, clients := range []int{1, 16, 64} {
			var mu sync.Mutex
			var tasks []multivac.Task
			measure(b, "put", clients, 320/clients, func(int, int) error {
				task, err := put()
				mu.Lock()
				defer mu.Unlock()
				tasks = append(tasks, task)
				return err
			})
			measure(b, "lease", clients, 320/clients, func(c, i int) error {
				_, _, err := db.Lease(b.Context(), tasks[c*(320/clients)+i], time.Now(), time.Now().Add(time.Minute))
				return err
			})
			measure(b, "publish", clients, 320/clients, func(c, i int) error {
				_, err := db.Publish(b.Context(), tasks[c*(320/clients)+i], storetest.Cut(string(page)), time.Now())
				return err
			})
		}
		measure(b, "position", 1, 300, func(int, int) error { _, err := db.Position(b.Context()); return err })
		measure(b, "datum", 1, 300, func(int, int) error { _, err := db.Datum(b.Context(), "default"); return err })
		ids := make([]multivac.PassageID, 64)
		for i := range ids {
			ids[i] = multivac.PassageID{Document: multivac.Telling{Source: fmt.Sprint(i + 1)}.ID(), Revision: 1, Number: i % 32}
		}
		measure(b, "excerpts", 1, 50, func(int, int) error { _, err := db.Excerpts(b.Context(), ids); return err })
		follow(b, db, other, put)
	}
}

// follow measures the time from the call of Publish in one process until
// another process sees the change.
func follow(b *testing.B, db, other *DB, put func() (multivac.Task, error)) {
	b.Helper()
	end, err := other.Position(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	seen := make(chan multivac.DocumentID, 100)
	go func() {
		_ = other.Follow(b.Context(), end, func(c store.Change) error { seen <- c.Document; return nil })
	}()
	measure(b, "follow", 1, 60, func(int, int) error {
		task, err := put()
		if err == nil {
			_, err = db.Publish(b.Context(), task, storetest.Cut(string(page)), time.Now())
		}
		if got := <-seen; got != task.Document {
			return fmt.Errorf("followed %s, want %s", got, task.Document)
		}
		return err
	})
}
