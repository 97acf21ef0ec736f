package test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"multivac"
)

var (
	crashes = flag.Int("crashes", 20, "how often TestCrash kills the server")
	seed    = flag.Uint64("seed", 0, "what TestCrash draws lots by; one of its own each time if 0")
)

// After kill -9 at any moment, everything acknowledged is there: each document
// once, in its last revision, and no deleted one.
func TestCrash(t *testing.T) {
	t.Parallel()
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("again with: go test ./test -run TestCrash -crashes %d -seed %d", *crashes, *seed)
	data, l := t.TempDir(), newLedger()
	for n := range *crashes {
		lots := rand.New(rand.NewPCG(*seed, uint64(n)))
		s := serve(t, data)
		load := l.load(s, lots.Uint64())
		<-time.After(time.Duration(lots.IntN(500)) * time.Millisecond)
		s.kill()
		load.Wait()
		if lots.IntN(3) == 0 { // kill it again while it recovers
			s := launch(t, data)
			<-time.After(time.Duration(lots.IntN(150)) * time.Millisecond)
			s.kill()
		}
		if lots.IntN(2) == 0 {
			examine(t, data)
		}
		s = serve(t, data)
		l.verify(t, s)
		s.kill()
		examine(t, data)
		if t.Failed() {
			t.Fatalf("after %d crashes\n%s", n+1, s.stderr)
		}
	}
	t.Logf("%d crashes; acknowledged: %d tellings, %d deletions", *crashes, l.told, l.deleted)
}

// examine checks that the doctor finds nothing in a data folder.
func examine(t *testing.T, data string) {
	t.Helper()
	if out, errOut, code := run(t, "doctor", "--data", data); code != 0 {
		t.Errorf("doctor: exit code %d\n%s%s", code, out, errOut)
	}
}

// A ledger has what the server acknowledged, and what was sent without an
// acknowledgement.
type ledger struct {
	mu            sync.Mutex
	words, rounds int
	told, deleted int
	accounts      map[multivac.DocumentID]*account
	wrong         []string // replies that must not be
}

// An account is the history of one document. Each telling of it has a word of its
// own, by which it is recognised. The empty word is a deletion.
type account struct {
	telling multivac.Telling
	last    multivac.Revision            // the latest acknowledged
	says    map[multivac.Revision]string // the acknowledged ones
	begun   map[string]int               // words that were sent and not answered: how often
}

func newLedger() *ledger { return &ledger{accounts: map[multivac.DocumentID]*account{}} }

// beacon names one of a few documents, so that they are told again and again.
func beacon(lots *rand.Rand) multivac.Telling {
	n := lots.IntN(100)
	return multivac.Telling{Collection: multivac.CollectionName([]string{"north", "south"}[n%2]), Source: fmt.Sprintf("beacons/%d.md", n)}
}

// begin notes that a telling is about to be sent, and returns its word.
func (l *ledger) begin(t multivac.Telling, deletion bool) (multivac.DocumentID, string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	id, word := t.ID(), ""
	a := l.accounts[id]
	if a == nil {
		a = &account{telling: t, says: map[multivac.Revision]string{}, begun: map[string]int{}}
		l.accounts[id] = a
	}
	if !deletion {
		l.words++
		word = fmt.Sprintf("zq%dx", l.words)
	}
	a.begun[word]++
	return id, word
}

// acknowledge notes that the server has acknowledged a word.
func (l *ledger) acknowledge(id multivac.DocumentID, word string, r multivac.Revision) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.accounts[id]
	if word == "" {
		l.deleted++
	} else {
		l.told++
	}
	a.begun[word]--
	a.says[r], a.last = word, max(a.last, r)
}

// withdraw notes that there was nothing to delete.
func (l *ledger) withdraw(id multivac.DocumentID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accounts[id].begun[""]--
}

func (l *ledger) complain(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrong = append(l.wrong, fmt.Sprintf(format, args...))
}

// load tells, tells again, deletes and asks until the server has ended.
func (l *ledger) load(s *server, seed uint64) *sync.WaitGroup {
	var users sync.WaitGroup
	for n := range 8 {
		u := &user{ledger: l, url: s.URL, lots: rand.New(rand.NewPCG(seed, uint64(n))),
			client: &http.Client{Transport: &http.Transport{}, Timeout: stepTimeout}}
		users.Go(func() {
			defer u.client.CloseIdleConnections()
			for u.act() {
			}
		})
	}
	return &users
}

type user struct {
	*ledger
	url    string
	lots   *rand.Rand
	client *http.Client
}

// act does one of these, and returns false once the server does not answer.
func (u *user) act() bool {
	switch n := u.lots.IntN(20); {
	case n < 9:
		return u.tell()
	case n < 12:
		return u.tellMany()
	case n < 15:
		return u.delete()
	}
	return u.ask()
}

// send returns the reply, or false if there is no whole one.
func (u *user) send(method, path, mediaType string, body []byte) (reply, bool) {
	req, err := http.NewRequestWithContext(context.Background(), method, u.url+path, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	req.Header.Set("Content-Type", mediaType)
	res, err := u.client.Do(req)
	if err != nil {
		return reply{}, false
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(b)}, err == nil
}

type receipt struct {
	ID       multivac.DocumentID
	Revision multivac.Revision
	State    string
	Error    any
}

func (u *user) tell() bool {
	t := beacon(u.lots)
	id, word := u.begin(t, false)
	path := "/api/v1/documents?collection=" + string(t.Collection) + "&source=" + url.QueryEscape(t.Source)
	if u.lots.IntN(2) == 0 {
		path += "&wait=indexed"
	}
	r, ok := u.send("POST", path, "text/markdown", []byte(u.text(t, word)))
	if !ok {
		return false
	}
	var got receipt
	if err := json.Unmarshal([]byte(r.body), &got); r.status != http.StatusAccepted || err != nil || got.ID != id || got.Error != nil {
		u.complain("tell %s: %d %s", t.Source, r.status, r.body)
		return true
	}
	u.acknowledge(id, word, got.Revision)
	return true
}

// text returns the text of a telling. Some are long enough for several pages of
// the file.
func (u *user) text(t multivac.Telling, word string) string {
	text := fmt.Sprintf("# %s\n\nThe beacon is lit with the word %s.\n", t.Source, word)
	if u.lots.IntN(10) == 0 {
		text += strings.Repeat("\nNothing else is known of it, and nobody asks.\n", 20+u.lots.IntN(1000))
	}
	return text
}

func (u *user) tellMany() bool {
	var body bytes.Buffer
	var ids []multivac.DocumentID
	var words []string
	for range 1 + u.lots.IntN(20) {
		t := beacon(u.lots)
		id, word := u.begin(t, false)
		ids, words = append(ids, id), append(words, word)
		line, err := json.Marshal(map[string]string{"collection": string(t.Collection), "source": t.Source, "text": u.text(t, word)})
		if err != nil {
			panic(err)
		}
		body.Write(append(line, '\n'))
	}
	r, ok := u.send("POST", "/api/v1/documents", "application/x-ndjson", body.Bytes())
	if !ok {
		return false
	}
	var got struct{ Documents []receipt }
	if err := json.Unmarshal([]byte(r.body), &got); r.status != http.StatusAccepted || err != nil || len(got.Documents) != len(ids) {
		u.complain("tell %d documents: %d %s", len(ids), r.status, r.body)
		return true
	}
	for n, one := range got.Documents {
		if one.ID != ids[n] || one.Error != nil {
			u.complain("tell %d documents: document %d: %+v", len(ids), n, one)
			continue
		}
		u.acknowledge(ids[n], words[n], one.Revision)
	}
	return true
}

func (u *user) delete() bool {
	t := beacon(u.lots)
	id, _ := u.begin(t, true)
	path := "/api/v1/documents/" + string(id)
	if u.lots.IntN(2) == 0 {
		path += "?wait=indexed"
	}
	r, ok := u.send("DELETE", path, "", nil)
	if !ok {
		return false
	}
	var got receipt
	switch err := json.Unmarshal([]byte(r.body), &got); {
	case r.status == http.StatusNotFound:
		u.withdraw(id)
	case r.status != http.StatusOK || err != nil || got.State != "deleted":
		u.complain("delete %s: %d %s", t.Source, r.status, r.body)
	default:
		u.acknowledge(id, "", got.Revision)
	}
	return true
}

func (u *user) ask() bool {
	t := beacon(u.lots)
	r, ok := u.send("GET", "/api/v1/answer?collection="+string(t.Collection)+"&question="+url.QueryEscape("With which word is the beacon of "+t.Source+" lit?"), "", nil)
	if ok && r.status != http.StatusOK && r.status != http.StatusServiceUnavailable {
		u.complain("ask about %s: %d %s", t.Source, r.status, r.body)
	}
	return ok
}

// verify compares a server that has no other clients with the ledger. It writes
// what it finds into the ledger, so that it is known what became of each telling.
func (l *ledger) verify(t *testing.T, s *server) {
	t.Helper()
	for _, wrong := range l.wrong {
		t.Error(wrong)
	}
	l.wrong = nil
	s.until(t, "/readyz", func(r reply) bool { return r.status == http.StatusOK && r.JSON(t)["pending"] == 0.0 })
	// No document is pending, so all are published. Now the index has them, too.
	l.rounds++
	s.tellAndWait(t, "round", fmt.Sprintf("This is round %d.", l.rounds))
	indexed := 1
	for id, a := range l.accounts {
		if a.verify(t, s, id) {
			indexed++
		}
	}
	if n := s.get(t, "/readyz").JSON(t)["documents"]; n != float64(indexed) {
		t.Errorf("%v documents are indexed, want %d", n, indexed)
	}
	l.list(t, s)
}

// verify reports whether the document is there.
func (a *account) verify(t *testing.T, s *server, id multivac.DocumentID) bool {
	t.Helper()
	r := s.get(t, "/api/v1/documents/"+string(id))
	if r.status == http.StatusNotFound {
		if a.last > 0 {
			t.Errorf("%s was acknowledged at revision %d and is lost", a.telling.Source, a.last)
		}
		return false
	}
	var d struct {
		Revision    multivac.Revision
		State, Text string
	}
	if err := json.Unmarshal([]byte(r.body), &d); err != nil || r.status != http.StatusOK {
		t.Fatalf("%d %s: %v", r.status, r.body, err)
	}
	word, known := a.says[d.Revision]
	switch found := wordOf(d.Text); {
	case d.State != "indexed" && d.State != "deleted":
		t.Errorf("%s is %s: %s", a.telling.Source, d.State, r.body)
	case d.Revision < a.last:
		t.Errorf("%s is at revision %d, acknowledged was %d", a.telling.Source, d.Revision, a.last)
	case d.Revision == a.last && found != word:
		t.Errorf("%s says %q at revision %d, acknowledged was %q", a.telling.Source, found, d.Revision, word)
	case d.Revision > a.last && (known || a.begun[found] == 0):
		t.Errorf("%s says %q at revision %d, which nobody told it", a.telling.Source, found, d.Revision)
	default:
		word = found
	}
	a.answers(t, s, id, word, d.Revision)
	a.last, a.says, a.begun = d.Revision, map[multivac.Revision]string{d.Revision: word}, map[string]int{word: 0}
	return word != ""
}

// wordOf returns the word in a text.
func wordOf(text string) string {
	_, rest, _ := strings.Cut(text, "lit with the word ")
	word, _, _ := strings.Cut(rest, ".")
	return word
}

// answers checks that the answer has the word, once and in its revision, and no
// former word of the document.
func (a *account) answers(t *testing.T, s *server, id multivac.DocumentID, word string, r multivac.Revision) {
	t.Helper()
	for former := range a.begun { // it has the answered ones, too
		if former == "" || former == word {
			continue
		}
		if q := a.quotations(t, s, former); len(q) > 0 {
			t.Errorf("%s does not say %q any more, but is quoted: %v", a.telling.Source, former, q)
		}
	}
	if word == "" {
		return
	}
	q := a.quotations(t, s, word)
	if len(q) != 1 || at(q[0], "source", "document") != string(id) || at(q[0], "source", "revision") != float64(r) {
		t.Errorf("%s says %q at revision %d, but quoted is %v", a.telling.Source, word, r, q)
	}
}

// quotations returns the quotations with the word, of the answer and of what was
// turned down.
func (a *account) quotations(t *testing.T, s *server, word string) []any {
	t.Helper()
	reply := s.get(t, "/api/v1/answer?stop=eager&count=100&collection="+string(a.telling.Collection)+"&question="+url.QueryEscape("Which beacon is lit with the word "+word+"?"))
	answer := reply.JSON(t)
	if reply.status != http.StatusOK {
		t.Fatalf("asked for %s: %d %s", word, reply.status, reply.body)
	}
	all := []any{answer, at(answer, "reason", "nearest")}
	also, _ := answer["also"].([]any)
	var with []any
	for _, q := range append(all, also...) {
		if text, _ := at(q, "text").(string); strings.Contains(text, word) {
			with = append(with, q)
		}
	}
	return with
}

// list checks that each document is listed once, and no other document is.
func (l *ledger) list(t *testing.T, s *server) {
	t.Helper()
	seen := map[string]bool{}
	for cursor, more := "", true; more; {
		page := s.get(t, "/api/v1/documents?limit=37&cursor="+cursor).JSON(t)
		for _, d := range page["documents"].([]any) {
			id, _ := at(d, "id").(string)
			if at(d, "source") == "round" && !seen[id] {
				seen[id] = true
				continue
			}
			if a := l.accounts[multivac.DocumentID(id)]; seen[id] || a == nil || a.says[a.last] == "" {
				t.Errorf("listed is %v, seen before: %v", d, seen[id])
			}
			seen[id] = true
		}
		cursor, more = page["next"].(string)
	}
}
