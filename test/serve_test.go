package test

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	insufficient = "INSUFFICIENT DATA FOR MEANINGFUL ANSWER."
	runbook      = `# Payments

## Backups

The payments database is backed up every night at 02:30 UTC. Backups are kept for 35 days.

## Contacts

- The on-call engineer for payments is reached at extension 4711.
- Vendor support answers within two hours.
`
)

func TestTellAndAsk(t *testing.T) {
	s := serve(t, t.TempDir())
	receipt := s.tellAndWait(t, "runbooks/payments.md", runbook)

	a := s.ask(t, "How long are backups of the payments database kept?")
	if a["state"] != "answered" || !strings.Contains(a["text"].(string), "35 days") {
		t.Fatalf("asked how long backups are kept: %v", a)
	}
	if got := at(a, "source", "source"); got != "runbooks/payments.md" {
		t.Errorf("source is %v, want runbooks/payments.md", got)
	}
	contains(t, "heading", fmt.Sprint(at(a, "source", "heading")), "Backups")

	d := s.get(t, "/api/v1/documents/"+receipt["id"].(string)).JSON(t)
	start, end := int(at(a, "source", "start").(float64)), int(at(a, "source", "end").(float64))
	if got := d["text"].(string)[start:end]; got != a["text"] {
		t.Errorf("document's text[%d:%d] = %q, but the answer is %q", start, end, got, a["text"])
	}
	if at(a, "source", "revision") != d["revision"] {
		t.Errorf("answer is of revision %v, document is at %v", at(a, "source", "revision"), d["revision"])
	}
}

func TestRefusal(t *testing.T) {
	s := serve(t, t.TempDir())
	refused := func(question, code string) map[string]any {
		t.Helper()
		a := s.ask(t, question)
		if a["state"] != "insufficient_data" || a["text"] != insufficient || at(a, "reason", "code") != code {
			t.Errorf("asked %q: %v, want a refusal: %s", question, a, code)
		}
		if a["source"] != nil || len(a["also"].([]any)) != 0 {
			t.Errorf("asked %q: a refusal quotes %v and %v", question, a["source"], a["also"])
		}
		return a
	}
	refused("Who wrote the Odyssey?", "nothing_told")
	s.tellAndWait(t, "runbooks/payments.md", runbook)
	refused("Zyx qwv?", "nothing_found")
	a := refused("Which river does the Charles Bridge in Prague cross?", fmt.Sprint(at(s.ask(t, "Which river does the Charles Bridge in Prague cross?"), "reason", "code")))
	contains(t, "unmatched words", strings.ToLower(fmt.Sprint(at(a, "reason", "unmatched"))), "prague", "bridge")
}

// The three routes of the original, byte for byte.
func TestClassicRoutes(t *testing.T) {
	s := serve(t, t.TempDir())
	got := func(what string, r reply, status int, body string) {
		t.Helper()
		if r.status != status || r.body != body {
			t.Errorf("%s: %d %q, want %d %q", what, r.status, r.body, status, body)
		}
	}
	form := func(field, value string) reply {
		return s.do(t, "POST", "/multivac/data", "application/x-www-form-urlencoded", url.Values{field: {value}}.Encode())
	}
	got("GET /", s.get(t, "/"), 200, "Welcome to Multivac!")
	got("GET /multivac before data", s.get(t, "/multivac"), 200, insufficient)
	if r := form("datum", "x"); r.status != 400 {
		t.Errorf("POST /multivac/data without data: %d, want 400", r.status)
	}
	got("POST /multivac/data", form("data", "Entropy can be reversed by light."), 200, `{"response": "MultiVAC updated!"}`)
	s.until(t, "/multivac", func(r reply) bool { return r.body == "Entropy can be reversed by light." })
	got("POST /multivac/data again", form("data", "The second datum."), 200, `{"response": "MultiVAC updated!"}`)
	got("GET /multivac", s.get(t, "/multivac"), 200, "Entropy can be reversed by light.")
	s.until(t, "/multivac?question="+url.QueryEscape("What can be reversed by light?"), func(r reply) bool {
		return r.body == "Entropy can be reversed by light."
	})
}

func TestProbesAndMetrics(t *testing.T) {
	s := serve(t, t.TempDir())
	s.ready(t)
	if r := s.get(t, "/livez"); r.status != 200 {
		t.Errorf("GET /livez: %d", r.status)
	}
	s.tellAndWait(t, "a.md", runbook)
	s.ask(t, "How long are backups kept?")
	ready := s.get(t, "/readyz").JSON(t)
	if ready["ready"] != true || ready["documents"] != 1.0 || ready["pending"] != 0.0 {
		t.Errorf("GET /readyz: %v, want ready, one document, none pending", ready)
	}
	contains(t, "metrics", s.get(t, "/metrics").body,
		`multivac_asks_total{role="all",state="answered"} 1`, `multivac_documents_indexed{role="all"} 1`, `multivac_documents_pending{role="all"} 0`, `multivac_ready{role="all"} 1`)
}

func TestPageForABrowser(t *testing.T) {
	s := serve(t, t.TempDir())
	s.tellAndWait(t, "runbooks/payments.md", runbook)
	page := s.get(t, "/?q="+url.QueryEscape("How long are backups kept?"), "Accept", "text/html,*/*;q=0.8")
	if !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") {
		t.Fatalf("GET /?q= for a browser is %s", page.header.Get("Content-Type"))
	}
	contains(t, "page", page.body, "<mark>", "35 days", "runbooks/payments.md")
	contains(t, "page of a refusal", s.get(t, "/?q=Who+wrote+the+Odyssey", "Accept", "text/html").body, insufficient)
}

func TestProblemsHaveARemedy(t *testing.T) {
	s := serve(t, t.TempDir())
	f := func(what string, r reply, status int) {
		t.Helper()
		if r.status != status || !strings.HasPrefix(r.header.Get("Content-Type"), "application/problem+json") {
			t.Errorf("%s: %d %s, want %d with a problem", what, r.status, r.body, status)
			return
		}
		if p := r.JSON(t); p["detail"] == "" || p["remedy"] == nil || p["request_id"] == nil {
			t.Errorf("%s: %s lacks a detail, a remedy or a request_id", what, r.body)
		}
	}
	f("no question", s.get(t, "/api/v1/answer?question=%20"), 400)
	f("bad collection", s.get(t, "/api/v1/answer?question=x&collection=A%20B"), 400)
	f("no such document", s.get(t, "/api/v1/documents/00000000000000000000000000000000"), 404)
	f("no such address", s.get(t, "/api/v1/nothing"), 404)
	f("broken JSON", s.do(t, "POST", "/api/v1/documents", "application/json", "{"), 400)
	f("binary", s.do(t, "POST", "/api/v1/documents", "text/plain", "a\x00b"), 400)
	f("a type of which nothing is known", s.do(t, "POST", "/api/v1/documents", "image/png", "\x89PNG"), 415)
}

// One command tells the documentation of the Go distribution.
func TestTellAFolder(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	docs := filepath.Join(strings.TrimSpace(string(root)), "doc")
	if _, err := os.Stat(filepath.Join(docs, "go_spec.html")); err != nil {
		t.Skip("SKIPPED: this Go has no doc/go_spec.html")
	}
	s := serve(t, t.TempDir())
	_, errOut, code := run(t, "tell", "--server", s.URL, docs)
	if code != 0 {
		t.Fatalf("tell %s: exit code %d\n%s", docs, code, errOut)
	}
	s.quiz(t, []question{
		{"What does the built-in function cap return for a slice?", "cap"},
		{"What is the zero value of a pointer?", "nil"},
		{"What does a break statement terminate?", "innermost"},
		{"What does a defer statement do?", "surrounding function"},
		{"What is the blank identifier?", "underscore"},
		{"How many iterations does a goroutine need to play chess?", ""},
		{"How many moons does Saturn have?", ""},
		{"Who is the president of Peru?", ""},
	})
	out, _, code := run(t, "ask", "--server", s.URL, "How many moons does Saturn have?")
	if code != 3 || !strings.HasPrefix(out, insufficient) {
		t.Errorf("a stranger's question: exit code %d\n%s", code, out)
	}
}

// A question, and a part of the sentence that answers it; "" if there is no
// answer.
type question struct{ text, want string }

// quiz asks the questions. Every right sentence must be found, and some must be
// given as answers: how sure the model is of a single one is not tested. No
// question without an answer may be answered.
func (s *server) quiz(t *testing.T, questions []question) {
	t.Helper()
	answerable, given := 0, 0
	for _, q := range questions {
		a := s.ask(t, q.text)
		switch answered := a["state"] == "answered"; {
		case q.want == "" && answered:
			t.Errorf("asked %q, which has no answer: %v", q.text, a["text"])
		case q.want == "":
		case answered:
			answerable++
			given++
			contains(t, "answer to "+q.text, fmt.Sprint(a["text"]), q.want)
		default:
			answerable++
			contains(t, "nearest to "+q.text, fmt.Sprint(at(a, "reason", "nearest", "text")), q.want)
		}
	}
	if 3*given < answerable {
		t.Errorf("only %d of %d questions were answered", given, answerable)
	}
}

func TestAskAFolderWithoutAServer(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "payments.md"), runbook)
	write(t, filepath.Join(dir, ".hidden.md"), "The secret colour is mauve.\n")
	write(t, filepath.Join(dir, "broken.md"), "a\x00b")
	out, errOut, code := run(t, "ask", "--in", dir, "How long are backups of the payments database kept?")
	if code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, out, errOut)
	}
	contains(t, "answer", out, "35 days", "payments.md:5")
	contains(t, "messages", errOut, "broken.md")
	if out, _, code := run(t, "ask", "--in", dir, "What is the secret colour?"); code != 3 {
		t.Errorf("a hidden file was read: exit code %d\n%s", code, out)
	}
}

// The sample answers the questions of newcomers, and refuses what it does not know.
func TestSample(t *testing.T) {
	s := serve(t, t.TempDir(), "--sample")
	s.ready(t)
	s.quiz(t, []question{
		{"What is the default port?", "5000"},
		{"How large may a document be?", "16 MiB"},
		{"What makes two documents the same?", "source"},
		{"How do I delete a document?", "DELETE"},
		{"What is the exit code of a refusal?", "3"},
		{"Which licence does MultiVAC have?", "Apache"},
		{"Does it need a GPU?", "GPU"},
		{"How many moons does Saturn have?", ""},
		{"Who wrote the Odyssey?", ""},
		{"What is the capital of Peru?", ""},
	})
}
