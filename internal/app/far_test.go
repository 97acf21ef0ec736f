package app

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"multivac"
	"multivac/internal/servers"
)

// caching runs an App with a near cache of this size and these far caches.
func caching(t testing.TB, bytes int, far ...string) *App {
	t.Helper()
	a, _ := running(t, Settings{Data: t.TempDir(), CacheBytes: bytes, Far: Far{Addrs: far, Timeout: 5 * time.Second}})
	return a
}

// A far answer is returned as long as the collection has the content that it
// was made from. After a deletion it is not returned, and cannot be read.
func TestFarAnswersAreForgotten(t *testing.T) {
	server := servers.Redis(t, servers.RedisOptions{})
	a := caching(t, 1, server.Addr)
	const secret, question = "xyzzyplugh", "What is the password of the vault?"
	r := tellOne(t, a, multivac.Telling{Source: "vault.md", Body: []byte("The password of the vault is " + secret + ".\n")})
	askOne(t, a, question)
	for end := time.Now().Add(10 * time.Second); server.Do("DBSIZE") != "1"; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no answer is written to Redis")
		}
	}
	if answer := askOne(t, a, question); !strings.Contains(answer.Text(), secret) || a.web.answers.Stats().FarHits != 1 {
		t.Fatalf("asked again: %q, %+v, want it from the far cache", answer.Text(), a.web.answers.Stats())
	}
	name := server.Do("KEYS", "*")
	if kept := name + server.Do("GET", name); strings.Contains(kept, secret) || strings.Contains(kept, "vault") {
		t.Errorf("who can read Redis reads %q", kept)
	}
	gone, err := a.Delete(t.Context(), r.ID)
	if err == nil {
		err = a.Reach(t.Context(), gone.Position)
	}
	if err != nil {
		t.Fatal(err)
	}
	if answer := askOne(t, a, question); strings.Contains(fmt.Sprintf("%+v", answer), secret) || a.web.answers.Stats().FarHits != 1 {
		t.Errorf("after the deletion: %+v, %+v", answer, a.web.answers.Stats())
	}
}

// BenchmarkFarAsk measures whole questions about the documentation of this
// project: computed, from the far cache and from the near one.
func BenchmarkFarAsk(b *testing.B) {
	questions := []string{
		"How long does an attempt of a worker last?", "What survives kill -9?", "Where is the default data folder?",
		"How is a document's identity found?", "Which stops are there?", "What does a deletion drop?", "How often is an attempt tried?",
	}
	measure := func(name string, a *App, ask func(i int) string) {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for i := 0; b.Loop(); i++ {
				begun := time.Now()
				if _, err := a.Ask(b.Context(), multivac.Question{Text: ask(i), Stop: multivac.Eager}); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(begun))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			b.Logf("%+v", a.web.answers.Stats())
		})
	}
	fresh := 0
	other := func(i int) string { return fmt.Sprint(questions[i%1000%len(questions)], " ", i%1000) }
	each := func(i int) string { fresh++; return fmt.Sprint(questions[i%len(questions)], " new ", fresh) }
	tellAll := func(a *App) {
		var all []multivac.Telling
		files, err := filepath.Glob("../../doc/*/*.md")
		if err != nil {
			b.Fatal(err)
		}
		for _, f := range files {
			body, err := os.ReadFile(f)
			if err != nil {
				b.Fatal(err)
			}
			all = append(all, multivac.Telling{Source: f, Body: body})
		}
		if _, err := a.Tell(b.Context(), all, multivac.WaitIndexed); err != nil {
			b.Fatal(err)
		}
	}
	alone := caching(b, 1)
	tellAll(alone)
	measure("computed", alone, each)
	server := servers.Redis(b, servers.RedisOptions{})
	far := caching(b, 1, server.Addr)
	tellAll(far)
	measure("far-miss", far, each)
	for i := range 1000 {
		askOne(b, far, other(i))
	}
	measure("far-hit", far, other)
	near := caching(b, 16<<20)
	tellAll(near)
	measure("near-hit", near, func(i int) string { return other(i % 10) })
}
