package services

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const insufficient = "INSUFFICIENT DATA FOR MEANINGFUL ANSWER."

// The contract of the original, with several processes: a datum is posted at one
// web server and queued, a worker processes it, and then every server answers with
// the same first datum.
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
		says(web, insufficient) // there is no worker yet
	}

	workers := []*process{s.start("worker").ready(), s.start("worker").ready()}
	for _, web := range webs {
		web.until("/multivac", func(r reply) bool { return r.body == "Let there be light." })
	}
	webs[1].post("/multivac/data", "data", "And there was light.")
	webs[1].until("/multivac?question=Was+there+light%3F", func(r reply) bool { return r.body != insufficient })
	third := s.start("web").ready() // it started after the first datum
	for _, web := range append(webs, third) {
		says(web, "Let there be light.")
	}
	for _, p := range append(append(workers, webs...), third) {
		p.stop()
	}
}

// When a telling with wait=indexed returns, its document is answered from. `bench
// services` measures how long that takes.
func TestFromToldToAnswerable(t *testing.T) {
	s := newStage(t)
	web := s.start("web").ready()
	s.start("worker").ready()
	for i := range 41 {
		watts := fmt.Sprintf("The lamp has %d watts.", 100+i)
		if r := web.tellAndWait("light.md", watts); r.State != "indexed" {
			t.Fatalf("telling %d: %+v", i, r)
		}
		r := web.do("GET", "/api/v1/answer?question=How+many+watts+has+the+lamp%3F&stop=eager", "", "")
		if r.status != http.StatusOK || !strings.Contains(r.body, watts) {
			t.Errorf("asked after telling %d: %d %s, want %q", i, r.status, r.body, watts)
		}
	}
}
