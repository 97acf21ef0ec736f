package services

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

const insufficient = "INSUFFICIENT DATA FOR MEANINGFUL ANSWER."

// The original's contract, across processes: what is posted at one web server is
// queued, a worker processes it, and from then on every server says the same first
// datum.
func TestOriginalContract(t *testing.T) {
	s := newStage(t)
	webs := []*process{s.start("web").ready(), s.start("web").ready()}
	says := func(p *process, want string) {
		t.Helper()
		if r := p.do("GET", "/multivac", "", ""); r.status != http.StatusOK || r.body != want {
			t.Errorf("GET /multivac: got %d %q, want %q", r.status, r.body, want)
		}
	}
	for _, web := range webs {
		says(web, insufficient)
	}
	if r := webs[0].post("/multivac/data"); r.status != http.StatusBadRequest {
		t.Errorf("POST without data: got %d %q, want 400", r.status, r.body)
	}
	if r := webs[0].post("/multivac/data", "data", "Let there be light."); r.status != http.StatusOK || r.body != `{"response": "MultiVAC updated!"}` {
		t.Fatalf("POST /multivac/data: got %d %q", r.status, r.body)
	}
	for _, web := range webs {
		says(web, insufficient) // nobody works yet
	}

	workers := []*process{s.start("worker").ready(), s.start("worker").ready()}
	for _, web := range webs {
		web.until("/multivac", func(r reply) bool { return r.body == "Let there be light." })
	}
	webs[1].post("/multivac/data", "data", "And there was light.")
	webs[1].until("/multivac?question=Was+there+light%3F", func(r reply) bool { return r.body != insufficient })
	third := s.start("web").ready() // it has never seen the first one come
	for _, web := range append(webs, third) {
		says(web, "Let there be light.")
	}
	for _, p := range append(append(workers, webs...), third) {
		p.stop()
	}
}

// A document is answered from soon after its 202.
func TestFromToldToAnswerable(t *testing.T) {
	s := newStage(t)
	web := s.start("web").ready()
	s.start("worker").ready()
	web.tellAndWait("warm.md", "The pool is warm.")
	var took []time.Duration
	for i := range 41 {
		begin := time.Now()
		r := web.tellAndWait("light.md", "The lamp has "+string(rune('A'+i))+" watts.")
		took = append(took, time.Since(begin))
		if r.State != "indexed" {
			t.Fatalf("telling %d: %+v", i, r)
		}
	}
	slices.Sort(took)
	p50 := took[len(took)/2]
	t.Logf("from telling to answerable: p50 %v, p95 %v, most %v", p50, took[len(took)*95/100], took[len(took)-1])
	if p50 > 150*time.Millisecond {
		t.Errorf("p50 from telling to answerable: got %v, want 150ms at most", p50)
	}
}
