package services

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"multivac/internal/eventually"
	"multivac/internal/servers"
)

var (
	chaosFor  = flag.Duration("chaos", 2*time.Minute, "how long TestChaos takes, or one round of all faults if that is longer")
	chaosOf   = flag.String("faults", "", "part of the names of the faults that TestChaos has happen; all if empty")
	chaosSeed = flag.Uint64("seed", 0, "what TestChaos draws lots by; one of its own each time if 0")
)

// How long the effects of a fault may go on after it. On a busy machine the time
// that the canary needed for a request is added.
const (
	lagAfter   = 2 * time.Second  // greatest age of answers that asked for no position
	errorAfter = 5 * time.Second  // failing requests
	longAfter  = 10 * time.Second // more time until a telling is answered from than before the faults
)

// Processes, services, connections and passwords break one after the other.
// Everything acknowledged is kept, and answers are as new as was promised.
func TestChaos(t *testing.T) {
	if *chaosSeed == 0 {
		*chaosSeed = rand.Uint64()
	}
	t.Logf("again with: go test ./test/services -run TestChaos -chaos %v -seed %d -timeout 1h -v", *chaosFor, *chaosSeed)
	lots := rand.New(rand.NewPCG(*chaosSeed, 0))
	c := newChaos(t)
	begun, took := time.Now(), time.Duration(0)
	for round := 1; round == 1 || time.Since(begun)+took <= *chaosFor; round++ {
		start := time.Now()
		c.load(lots.Uint64())
		c.calm(5 * time.Second)
		for _, i := range lots.Perm(len(c.faults)) {
			c.strike(c.faults[i], rand.New(rand.NewPCG(*chaosSeed, lots.Uint64())))
		}
		c.rest()
		c.judge()
		c.verify()
		if t.Failed() {
			c.logs()
			t.Fatalf("in round %d", round)
		}
		took = time.Since(start)
	}
}

// A chaos is a stage on which things break, with users who work on it, and with
// what they saw.
type chaos struct {
	*stage
	proxies      map[string]*servers.Proxy // by service: mongo, queue, cache
	faults       []fault
	webs, worker []*process
	users        []*user
	begun        time.Time     // of the round
	stop         chan struct{} // closed for the users to rest
	working      sync.WaitGroup
	canary       *canary
	datum        string // what GET /multivac says
	password     int    // how many there were
	user         string // of the database; the first one if empty

	mu       sync.Mutex
	dead     map[*process]time.Time // those that were killed
	happened []happening
	failures []failure
	known    []sighting // positions that a user has seen, in the order of time
	answers  []sighting // positions of answers to questions that asked for none
	wrong    []string   // replies that must not be
	requests int
	soon     []settling
}

// A fault breaks something. If it may make requests fail, they may fail while it
// lasts and a little longer.
type fault struct {
	name   string
	fails  bool
	strike func(lots *rand.Rand) // returns when it is over
}

type happening struct {
	fault
	begin, end time.Time
}

// A failure is a request that was answered with 5xx, or not at all.
type failure struct {
	begin, end time.Time
	what       string
	transport  bool
	by         *process
}

type sighting struct {
	at       time.Time
	position string
	by       *process
}

// A settling is a telling that waited until it was answered from.
type settling struct{ told, answered time.Time }

func newChaos(t *testing.T) *chaos {
	c := &chaos{stage: newStage(t), proxies: map[string]*servers.Proxy{}, dead: map[*process]time.Time{}, datum: "Let there be chaos."}
	c.another() // node of the cache
	c.through()
	c.webs = []*process{c.start("web").ready(), c.start("web").ready()}
	c.worker = []*process{c.start("worker").ready(), c.start("worker").ready()}
	c.canary = newCanary(t, c.dir)
	c.webs[0].post("/multivac/data", "data", c.datum)
	for _, web := range c.webs {
		web.until("/multivac", func(r reply) bool { return r.body == c.datum })
	}
	c.faults = c.all()
	for n := range 8 {
		c.users = append(c.users, newUser(c, n))
	}
	return c
}

// load makes the users work until rest is called.
func (c *chaos) load(seed uint64) {
	c.begun, c.stop = time.Now(), make(chan struct{})
	for n, u := range c.users {
		u.lots = rand.New(rand.NewPCG(seed, uint64(n)))
		c.working.Go(func() {
			for {
				select {
				case <-c.stop:
					return
				case <-time.After(time.Duration(u.lots.IntN(200)) * time.Millisecond):
					u.act()
				}
			}
		})
	}
}

func (c *chaos) rest() {
	close(c.stop)
	c.working.Wait()
}

func (c *chaos) calm(d time.Duration) { <-time.After(d) }

// strike makes a fault happen, and waits until its effects are over.
func (c *chaos) strike(f fault, lots *rand.Rand) {
	h := happening{fault: f, begin: time.Now()}
	c.mu.Lock()
	c.happened = append(c.happened, h)
	n := len(c.happened) - 1
	c.mu.Unlock()
	f.strike(lots)
	h.end = time.Now()
	c.mu.Lock()
	c.happened[n] = h
	c.mu.Unlock()
	c.t.Logf("%-28s for %v", f.name, h.end.Sub(h.begin).Round(time.Millisecond))
	if f.fails {
		c.calm(errorAfter + time.Second)
	} else {
		c.calm(lagAfter + time.Second)
	}
}

// all returns the faults of one round.
func (c *chaos) all() []fault {
	pause := func(lots *rand.Rand) { <-time.After(time.Duration(200+lots.IntN(1800)) * time.Millisecond) }
	around := func(begin, end func()) func(*rand.Rand) {
		return func(lots *rand.Rand) { begin(); pause(lots); end() }
	}
	all := []fault{
		{"kill -9 of a web", false, func(lots *rand.Rand) { c.replace(c.webs, lots.IntN(2)) }},
		{"kill -9 of a worker", false, func(lots *rand.Rand) { c.replace(c.worker, lots.IntN(2)) }},
		{"kill -9 of the database", true, around(c.mongo.Kill, c.mongo.Start)},
		{"kill -9 of the queue", false, around(c.queue.Kill, c.queue.Start)},
		{"kill -9 of a cache node", false, around(c.cache[0].Kill, c.cache[0].Start)},
		{"cache node removed, added", false, func(*rand.Rand) { c.cache[1].Stop(); c.calm(3 * time.Second); c.cache[1].Start() }},
		{"FLUSHALL on the queue", false, func(*rand.Rand) { // again and again, so that tasks are in it
			for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
				c.queue.Do("FLUSHALL")
			}
		}},
		{"the database steps down", true, func(lots *rand.Rand) {
			c.mongo.StepDown(1 + lots.IntN(2))
			c.primary()
		}},
		{"password of the queue", false, func(lots *rand.Rand) { c.rotate("queue", lots, c.queue) }},
		{"password of the cache", false, func(lots *rand.Rand) { c.rotate("cache", lots, c.cache...) }},
		{"password of the database", false, c.rotateDatabase},
	}
	for _, service := range []string{"mongo", "queue", "cache"} {
		p, fails := c.proxies[service], service == "mongo"
		all = append(all,
			fault{"connections cut: " + service, fails, around(p.Cut, p.Mend)},
			fault{"connections slow: " + service, fails, func(lots *rand.Rand) {
				p.Slow(time.Duration(50+lots.IntN(200)) * time.Millisecond)
				pause(lots)
				p.Mend()
			}},
			fault{"connections break: " + service, fails, func(lots *rand.Rand) { p.Break(100 + lots.IntN(20000)); pause(lots); p.Mend() }})
	}
	return slices.DeleteFunc(all, func(f fault) bool { return !strings.Contains(f.name, *chaosOf) })
}

// replace kills a process and starts another in its place.
func (c *chaos) replace(all []*process, n int) {
	old := all[n]
	c.mu.Lock()
	c.dead[old] = time.Now()
	c.mu.Unlock()
	old.kill()
	fresh := c.start(old.role).ready()
	c.mu.Lock()
	defer c.mu.Unlock()
	all[n] = fresh
}

// primary returns once the database takes writes again.
func (c *chaos) primary() {
	c.t.Helper()
	eventually.True(c.t, "the database is primary again", c.mongo.Primary)
}

// web returns a web that is alive, as a load balancer would.
func (c *chaos) web(lots *rand.Rand) *process {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if p := c.webs[lots.IntN(len(c.webs))]; c.dead[p].IsZero() {
			return p
		}
	}
}

// A failed request is allowed while a fault lasts that may cause it.
func (c *chaos) judge() {
	c.t.Helper()
	for _, f := range c.failures {
		if !c.excused(f) {
			c.t.Errorf("%s %v\n%s", f.what, f.end.Sub(f.begin).Round(time.Millisecond), c.around(f.end))
		}
	}
	for _, wrong := range c.wrong {
		c.t.Error(wrong)
	}
	for _, p := range append(slices.Clone(c.webs), c.worker...) {
		select {
		case <-p.exited:
			said := p.said()
			c.t.Errorf("a %s has ended by itself:\n%s", p.role, said[max(0, len(said)-2000):])
		default:
		}
	}
	lag := c.lags()
	var took []time.Duration
	for _, s := range c.soon {
		took = append(took, s.answered.Sub(s.told))
	}
	slices.Sort(took)
	at := func(percent int) time.Duration {
		if len(took) == 0 {
			return 0
		}
		return took[(len(took)-1)*percent/100].Round(time.Millisecond)
	}
	c.t.Logf("%d requests, %d of them failed while they might; from 202 to answerable, through all of it: p50 %v, p95 %v, p99 %v, most %v",
		c.requests, len(c.failures), at(50), at(95), at(99), at(100))
	most, before := c.settled()
	c.t.Logf("slowest from telling to answerable, faults over: %v; before there were any: %v", most.Round(time.Millisecond), before.Round(time.Millisecond))
	c.t.Logf("oldest answer without a position, faults over: %v; a request to the canary took %v at most", lag.Round(time.Millisecond), c.canary.slowest(c.begun, time.Now()).Round(time.Millisecond))
	c.failures, c.wrong, c.answers, c.soon = nil, nil, nil, nil
}

func (c *chaos) excused(f failure) bool {
	if d := c.dead[f.by]; f.transport && !d.IsZero() && !f.end.Before(d) {
		return true
	}
	for _, h := range c.happened {
		if h.fails && !f.end.Before(h.begin) && !f.end.After(h.end.Add(errorAfter+c.canary.slowest(h.end, f.end))) {
			return true
		}
	}
	return false
}

// around returns what happened last before a time.
func (c *chaos) around(at time.Time) string {
	var last happening
	for _, h := range c.happened {
		if h.begin.Before(at) {
			last = h
		}
	}
	if last.end.Before(at) {
		return fmt.Sprintf("%v after the end of: %s", at.Sub(last.end).Round(time.Millisecond), last.name)
	}
	return "during: " + last.name
}

// lags checks the age of answers while no fault lasts, and returns the greatest.
func (c *chaos) lags() (most time.Duration) {
	c.t.Helper()
	slices.SortStableFunc(c.known, func(a, b sighting) int { return a.at.Compare(b.at) })
	for _, a := range c.answers {
		over, quiet := c.over(a.at)
		if !quiet {
			continue
		}
		// The first that was known of what the answer does not know yet.
		newer := slices.IndexFunc(c.known, func(k sighting) bool { return k.position > a.position })
		if newer < 0 || !c.known[newer].at.Before(a.at) {
			continue
		}
		since := c.known[newer].at
		if since.Before(over) {
			since = over
		}
		lag, busy := a.at.Sub(since), c.canary.slowest(since, a.at)
		most = max(most, lag)
		if lag > lagAfter+busy {
			c.t.Errorf("an answer of %s was %v old, when a request to the canary took %v\n%s", a.by.URL, lag, busy, c.around(a.at))
		}
	}
	return most
}

// over returns the end of the last fault before a time, and whether no fault
// lasts then.
func (c *chaos) over(at time.Time) (last time.Time, quiet bool) {
	for _, h := range c.happened {
		if h.begin.After(at) {
			break
		}
		if h.end.After(at) {
			return last, false
		}
		last = h.end
	}
	return last, true
}

// settled checks how long tellings take until they are answered from: hardly
// longer than before the faults. It returns the slowest before and after.
func (c *chaos) settled() (most, before time.Duration) {
	c.t.Helper()
	for _, s := range c.soon {
		if s.answered.Before(c.first()) {
			before = max(before, s.answered.Sub(s.told))
		}
	}
	for _, s := range c.soon {
		over, quiet := c.over(s.answered)
		if !quiet || s.answered.Before(c.first()) {
			continue
		}
		since := s.told
		if since.Before(over) {
			since = over
		}
		took := s.answered.Sub(since)
		most = max(most, took)
		if took > longAfter+before {
			c.t.Errorf("what was told is answered from %v later, before there were faults it took %v\n%s", took, before, c.around(s.answered))
		}
	}
	return most, before
}

// first returns when the first fault of the round began.
func (c *chaos) first() time.Time {
	for _, h := range c.happened {
		if h.begin.After(c.begun) {
			return h.begin
		}
	}
	return time.Now()
}

// logs shows the warnings and errors of the processes.
func (c *chaos) logs() {
	for _, p := range append(slices.Clone(c.webs), c.worker...) {
		n := 0
		for line := range strings.Lines(p.said()) {
			if strings.Contains(line, `"severity":"ERROR"`) || strings.Contains(line, `"severity":"WARNING"`) {
				if n++; n <= 40 {
					c.t.Logf("%s %s", p.role, line)
				}
			}
		}
	}
}

// A user works on documents of their own, and so knows their texts. Each telling
// has a word that no other has.
type user struct {
	*chaos
	n      int
	lots   *rand.Rand
	client *http.Client
	words  int
	mine   []*beacon
}

// A beacon is a document. The empty word stands for its deletion.
type beacon struct {
	id, collection, source string

	last     int            // the latest revision that was acknowledged
	says     map[int]string // revisions that were acknowledged
	begun    map[string]int // words that were sent, how often, and not acknowledged
	position string         // from which last is answered, if known
}

func newUser(c *chaos, n int) *user {
	u := &user{chaos: c, n: n, client: &http.Client{Transport: &http.Transport{}, Timeout: stepTimeout}}
	for i := range 12 {
		u.mine = append(u.mine, &beacon{collection: []string{"north", "south"}[i%2], source: fmt.Sprintf("beacons/%d-%d.md", n, i),
			says: map[int]string{}, begun: map[string]int{}})
	}
	c.t.Cleanup(u.client.CloseIdleConnections)
	return u
}

func (u *user) act() {
	b := u.mine[u.lots.IntN(len(u.mine))]
	switch n := u.lots.IntN(40); {
	case n < 15:
		u.tell(b, n < 9)
	case n < 16:
		u.tellMany()
	case n < 20:
		u.delete(b, n < 18)
	case n < 22:
		u.classic()
	default:
		u.ask(b)
	}
}

// send returns the reply of a web, or false if the request failed.
func (u *user) send(method, path, mediaType, body string) (_ reply, from *process, ok bool) {
	p, begin := u.web(u.lots), time.Now()
	r, err := p.by(u.client, method, path, mediaType, body)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.requests++
	if err == nil && r.status < 500 {
		return r, p, true
	}
	u.failures = append(u.failures, failure{begin: begin, end: time.Now(), by: p, transport: err != nil,
		what: fmt.Sprintf("%s %.60s: %d %v %s", method, path, r.status, err, r.body)})
	return r, p, false
}

func (u *user) complain(format string, args ...any) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.wrong = append(u.wrong, fmt.Sprintf(format, args...))
}

// saw notes a position that answers came from.
func (u *user) saw(position string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.known = append(u.known, sighting{at: time.Now(), position: position})
}

// begin returns what a document is to say next, and notes that.
func (u *user) begin(b *beacon) (word, text string) {
	u.words++
	word = fmt.Sprintf("zq%dx%d", u.n, u.words)
	b.begun[word]++
	b.position = ""
	return word, fmt.Sprintf("# %s\n\nThe beacon is lit with the word %s.\n", b.source, word)
}

func (u *user) tell(b *beacon, wait bool) {
	word, text := u.begin(b)
	path := "/api/v1/documents?collection=" + b.collection + "&source=" + url.QueryEscape(b.source)
	if wait {
		path += "&wait=indexed"
	}
	begin := time.Now()
	r, _, ok := u.send("POST", path, "text/markdown", text)
	if !ok {
		return
	}
	var got receipt
	if err := json.Unmarshal([]byte(r.body), &got); r.status != http.StatusAccepted || err != nil || got.State == "failed" {
		u.complain("tell %s: %d %s", b.source, r.status, r.body)
		return
	}
	b.id = got.ID
	b.acknowledge(word, got.Revision)
	if got.State == "indexed" {
		b.position = got.Position
		u.saw(got.Position)
		u.mu.Lock()
		u.soon = append(u.soon, settling{begin, time.Now()})
		u.mu.Unlock()
		if u.lots.IntN(2) == 0 { // at once, from any web
			u.ask(b)
		}
	}
}

// tellMany tells most documents at once, so that there is much work.
func (u *user) tellMany() {
	var lines strings.Builder
	var words []string
	first := u.lots.IntN(len(u.mine) / 2)
	for _, b := range u.mine[first:] {
		word, text := u.begin(b)
		words = append(words, word)
		line, err := json.Marshal(map[string]string{"collection": b.collection, "source": b.source, "text": text})
		if err != nil {
			panic(err)
		}
		lines.Write(append(line, '\n'))
	}
	r, _, ok := u.send("POST", "/api/v1/documents", "application/x-ndjson", lines.String())
	if !ok {
		return
	}
	var got struct {
		Documents []struct {
			receipt
			Error any
		}
	}
	if err := json.Unmarshal([]byte(r.body), &got); r.status != http.StatusAccepted || err != nil || len(got.Documents) != len(words) {
		u.complain("tell %d documents: %d %s", len(words), r.status, r.body)
		return
	}
	for i, one := range got.Documents {
		switch b := u.mine[first+i]; {
		case one.Error == nil:
			b.id = one.ID
			b.acknowledge(words[i], one.Revision)
		case one.ID != "" || !strings.Contains(r.body, "unavailable"): // this one was not kept, for the store was not reachable
			u.complain("tell %s among others: %v", b.source, one.Error)
		}
	}
}

func (u *user) delete(b *beacon, wait bool) {
	if b.last == 0 {
		return
	}
	b.begun[""]++
	b.position = ""
	path := "/api/v1/documents/" + b.id
	if wait {
		path += "?wait=indexed"
	}
	r, _, ok := u.send("DELETE", path, "", "")
	if !ok {
		return
	}
	var got receipt
	switch err := json.Unmarshal([]byte(r.body), &got); {
	case r.status == http.StatusNotFound:
		if b.begun[""]--; b.says[b.last] != "" && b.begun[""] == 0 {
			u.complain("delete %s, which says %q at revision %d: %s", b.source, b.says[b.last], b.last, r.body)
		}
	case r.status != http.StatusOK || err != nil || got.State != "deleted":
		u.complain("delete %s: %d %s", b.source, r.status, r.body)
	default:
		b.acknowledge("", got.Revision)
		b.position = got.Position
		u.saw(got.Position) // no web needs to have it yet
		if u.lots.IntN(2) == 0 {
			u.ask(b)
		}
	}
}

func (b *beacon) acknowledge(word string, revision int) {
	if b.begun[word]--; b.begun[word] == 0 {
		delete(b.begun, word)
	}
	b.says[revision], b.last = word, max(b.last, revision)
}

// ask asks any web about a document. If its position is known, the question has it,
// and the answer must have the last text.
func (u *user) ask(b *beacon) {
	word := b.says[b.last]
	for r := b.last; word == "" && r > 0; r-- {
		word = b.says[r]
	}
	path := "/api/v1/answer?stop=eager&count=20&collection=" + b.collection + "&question=" + url.QueryEscape("Which beacon is lit with the word "+word+"?")
	if b.position != "" {
		path += "&after=" + b.position
	}
	begin, after := time.Now(), b.position
	r, from, ok := u.send("GET", path, "", "")
	if !ok {
		return
	}
	var a answer
	if err := json.Unmarshal([]byte(r.body), &a); err != nil || r.status != http.StatusOK {
		u.complain("ask about %s: %d %s", b.source, r.status, r.body)
		return
	}
	u.saw(a.Position)
	if after == "" {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.answers = append(u.answers, sighting{at: begin, position: a.Position, by: from})
		return
	}
	if a.Position < after {
		u.complain("asked for %s, an answer is from position %s", after, a.Position)
	}
	switch quoted := a.with(word); {
	case b.says[b.last] == "" && len(quoted) > 0:
		u.complain("%s was deleted at position %s, and is quoted: %s", b.source, after, r.body)
	case b.says[b.last] != "" && len(b.begun) == 0 && (len(quoted) != 1 || quoted[0].Source.Revision != b.last):
		u.complain("%s says %q at revision %d from position %s, and answered is %s", b.source, word, b.last, after, r.body)
	}
}

// classic asks for the first datum, which is the same at all times.
func (u *user) classic() {
	if r, _, ok := u.send("GET", "/multivac", "", ""); ok && r.body != u.datum {
		u.complain("GET /multivac: %d %s", r.status, r.body)
	}
}

type answer struct {
	quotation
	Also   []quotation
	Reason struct{ Nearest *quotation }

	Position string
}

type quotation struct {
	Text   string
	Source struct {
		Document string
		Revision int
	}
}

// with returns the quotations with a word, of the answer and of what was turned
// down.
func (a answer) with(word string) (all []quotation) {
	quotations := append([]quotation{a.quotation}, a.Also...)
	if a.Reason.Nearest != nil {
		quotations = append(quotations, *a.Reason.Nearest)
	}
	for _, q := range quotations {
		if strings.Contains(q.Text, " "+word+".") {
			all = append(all, q)
		}
	}
	return all
}

// verify checks at every web that each document has the text that was acknowledged
// last, that it is in one answer, and that there are no other documents.
func (c *chaos) verify() {
	c.t.Helper()
	for _, web := range c.webs {
		web.until("/readyz", func(r reply) bool { return r.status == http.StatusOK && strings.Contains(r.body, `"pending":0`) })
	}
	end := c.webs[0].tellAndWait("the end", fmt.Sprintf("Everything was told by %v.", time.Now()))
	standing, told, deleted := map[string]bool{end.ID: true}, 0, 0
	for _, u := range c.users {
		for _, b := range u.mine {
			for _, word := range b.says {
				if word == "" {
					deleted++
				} else {
					told++
				}
			}
			if b.verify(c, u.lots, end.Position) {
				standing[b.id] = true
			}
		}
	}
	for _, web := range c.webs {
		web.do("GET", "/api/v1/answer?question=What+was+told&after="+end.Position, "", "")
		if r := web.do("GET", "/readyz", "", ""); !strings.Contains(r.body, fmt.Sprintf(`"documents":%d,`, len(standing)+1)) { // and the datum
			c.t.Errorf("%d documents stand, but: %s", len(standing)+1, r.body)
		}
		if r := web.do("GET", "/multivac", "", ""); r.body != c.datum {
			c.t.Errorf("GET /multivac: %d %s, want %s", r.status, r.body, c.datum)
		}
	}
	if out := c.done("doctor"); !strings.Contains(out, "nothing is broken") {
		c.t.Errorf("doctor: %s", out)
	}
	c.t.Logf("%d tellings and %d deletions were acknowledged; %d documents stand", told, deleted, len(standing)+1)
}

// verify reports whether the document is there, and notes its word.
func (b *beacon) verify(c *chaos, lots *rand.Rand, end string) bool {
	c.t.Helper()
	if b.last == 0 && len(b.begun) == 0 {
		return false
	}
	if b.id == "" { // told, and never acknowledged
		for _, id := range c.webs[0].listed(b.collection) {
			if id[1] == b.source {
				b.id = id[0]
			}
		}
		if b.id == "" {
			return false
		}
	}
	r := c.webs[0].do("GET", "/api/v1/documents/"+b.id, "", "")
	var d struct {
		Revision    int
		State, Text string
	}
	if err := json.Unmarshal([]byte(r.body), &d); err != nil || r.status != http.StatusOK {
		c.t.Errorf("%s was acknowledged at revision %d: %d %s", b.source, b.last, r.status, r.body)
		return false
	}
	_, word, _ := strings.Cut(d.Text, "lit with the word ")
	word, _, _ = strings.Cut(word, ".")
	said, known := b.says[d.Revision]
	switch {
	case d.State != "indexed" && d.State != "deleted":
		c.t.Errorf("%s is %s: %s", b.source, d.State, r.body)
	case d.Revision < b.last:
		c.t.Errorf("%s is at revision %d, acknowledged was %d", b.source, d.Revision, b.last)
	case known && word != said:
		c.t.Errorf("%s says %q at revision %d, acknowledged was %q", b.source, word, d.Revision, said)
	case !known && b.begun[word] == 0:
		c.t.Errorf("%s says %q at revision %d, which nobody told it", b.source, word, d.Revision)
	}
	former := b.former(word, lots)
	for _, web := range c.webs {
		for _, old := range former {
			if a := web.quoted(c.t, b, old, end); len(a) > 0 {
				c.t.Errorf("%s does not say %q any more, but is quoted: %v", b.source, old, a)
			}
		}
		if word == "" {
			continue
		}
		if a := web.quoted(c.t, b, word, end); len(a) != 1 || a[0].Source.Document != b.id || a[0].Source.Revision != d.Revision {
			c.t.Errorf("%s says %q at revision %d, but quoted is %v", b.source, word, d.Revision, a)
		}
	}
	b.last, b.says, b.begun = d.Revision, map[int]string{d.Revision: word}, map[string]int{}
	return word != ""
}

// former returns former words of the document: the last ones, a random one, and
// those that were not acknowledged.
func (b *beacon) former(word string, lots *rand.Rand) (all []string) {
	var acknowledged []int
	for r, old := range b.says {
		if old != "" && old != word {
			acknowledged = append(acknowledged, r)
		}
	}
	slices.Sort(acknowledged)
	for i := max(0, len(acknowledged)-2); i < len(acknowledged); i++ {
		all = append(all, b.says[acknowledged[i]])
	}
	if len(acknowledged) > 0 {
		all = append(all, b.says[acknowledged[lots.IntN(len(acknowledged))]])
	}
	for old := range b.begun {
		if old != "" && old != word {
			all = append(all, old)
		}
	}
	return all
}

// quoted are the quotations of a word in a document's collection.
func (p *process) quoted(t *testing.T, b *beacon, word, end string) []quotation {
	t.Helper()
	r := p.do("GET", "/api/v1/answer?stop=eager&count=100&after="+end+"&collection="+b.collection+"&question="+url.QueryEscape("Which beacon is lit with the word "+word+"?"), "", "")
	var a answer
	if err := json.Unmarshal([]byte(r.body), &a); err != nil || r.status != http.StatusOK {
		t.Errorf("asked for %q: %d %s", word, r.status, r.body)
	}
	return a.with(word)
}

// listed are the documents of a collection, each with its source.
func (p *process) listed(collection string) (all [][2]string) {
	var page struct{ Documents []struct{ ID, Source string } }
	must(p.t, json.Unmarshal([]byte(p.do("GET", "/api/v1/documents?limit=1000&collection="+collection, "", "").body), &page))
	for _, d := range page.Documents {
		all = append(all, [2]string{d.ID, d.Source})
	}
	return all
}
