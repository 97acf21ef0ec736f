package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"multivac"
	"multivac/internal/client"
	"multivac/internal/fleet"
	"multivac/internal/queue"
	"multivac/internal/require"
	"multivac/internal/servers"
	"multivac/internal/store"
	"multivac/internal/store/sqlite"
	"multivac/internal/store/storetest"
)

// A site is one store and one queue that several processes share. The list of
// its processes is in memory. The documents are in SQLite.
type site struct {
	*storetest.Fleet
	store store.Store
	queue *queue.Local
	wrong func() error // what the queue says is wrong with it
}

func newSite(t *testing.T) *site {
	t.Helper()
	db, err := sqlite.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &site{Fleet: &storetest.Fleet{}, store: db, queue: queue.NewLocal(1000), wrong: func() error { return nil }}
	t.Cleanup(func() { s.queue.Close(); db.Close() })
	return s
}

// sharedStore is the store of the site, as used by one process: the process
// does not close it.
type sharedStore struct {
	store.Store
	*storetest.Fleet
}

func (sharedStore) Close() error { return nil }

type sharedQueue struct {
	queue.Queue
	site *site
}

func (sharedQueue) Close() error                    { return nil }
func (q sharedQueue) Check(_ context.Context) error { return q.site.wrong() }

func (s *site) settings(role Role) Settings {
	return Settings{
		Role:      role,
		openStore: func(context.Context) (store.Store, error) { return sharedStore{s.store, s.Fleet}, nil },
		openQueue: func() (queue.Queue, error) { return sharedQueue{s.queue, s}, nil },
	}
}

// A replica is a process of a site.
type replica struct {
	*client.Client
	app  *App
	at   string
	stop func()
}

func (s *site) start(t *testing.T, role Role) *replica {
	t.Helper()
	return startWith(t, s.settings(role), Front{})
}

// A place is where processes of several roles are started.
type place interface {
	start(t *testing.T, role Role) *replica
	settings(role Role) Settings
}

// A realSite has real servers.
type realSite struct {
	mongo *servers.MongoServer
	queue *servers.RedisServer
	cache []*servers.RedisServer
}

func newRealSite(t *testing.T) *realSite {
	t.Helper()
	return &realSite{
		mongo: servers.Mongo(t, servers.MongoOptions{}), queue: servers.Redis(t, servers.RedisOptions{}),
		cache: []*servers.RedisServer{servers.Redis(t, servers.RedisOptions{Policy: "allkeys-lru", MaxMemory: "64mb"})},
	}
}

func (s *realSite) settings(role Role) Settings {
	o := Settings{Role: role, Mongo: Mongo{URI: s.mongo.URI}, Redis: Redis{Addr: s.queue.Addr}}
	for _, c := range s.cache {
		o.Far.Addrs = append(o.Far.Addrs, c.Addr)
	}
	return o
}

func (s *realSite) start(t *testing.T, role Role) *replica {
	t.Helper()
	return startWith(t, s.settings(role), Front{})
}

// everywhere runs a test on the embedded store, and on real servers.
func everywhere(t *testing.T, test func(t *testing.T, s place)) {
	t.Run("in memory", func(t *testing.T) { test(t, newSite(t)) })
	t.Run("on servers", func(t *testing.T) { test(t, newRealSite(t)) })
}

func startWith(t *testing.T, s Settings, to Front) *replica {
	t.Helper()
	var err error
	if to.Listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	r := &replica{at: "http://" + to.Listener.Addr().String()}
	if r.Client, err = client.New(r.at); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	begun, ended := make(chan *App, 1), make(chan error, 1)
	go func() {
		ended <- Serve(ctx, s, to, Steps{After: func(_ context.Context, a *App) error { begun <- a; return nil }})
	}()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", s.Role, err)
		}
	})
	t.Cleanup(r.stop)
	select {
	case r.app = <-begun:
	case err := <-ended:
		ended <- nil
		t.Fatalf("%s: %v", s.Role, err)
	}
	return r
}

// get returns the response to a request, whatever its status.
func (r *replica) get(t *testing.T, path string) (*http.Response, string) {
	t.Helper()
	res, err := http.Get(r.at + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

// until waits until a request has the wanted status.
func (r *replica) until(t *testing.T, path string, status int) string {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		res, body := r.get(t, path)
		if res.StatusCode == status {
			return body
		}
		select {
		case <-late:
			t.Fatalf("GET %s is still %d %s, want %d", path, res.StatusCode, body, status)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

const pumpQuestion = "At how many degrees does the pump stop?"

func tellPump(t *testing.T, r *replica, wait multivac.Wait) multivac.Receipt {
	t.Helper()
	receipts, err := r.Tell(t.Context(), []multivac.Telling{{Source: "pump.md", Body: []byte("# Pump\n\nThe pump stops at 80 degrees.\n")}}, wait)
	if err != nil || receipts[0].Err != nil {
		t.Fatalf("tell: %+v, %v", receipts, err)
	}
	return receipts[0]
}

// A worker works on documents told to one web. Every web answers from them,
// from the position that the first one returned.
func TestTwoWebsTwoWorkers(t *testing.T) { everywhere(t, twoWebsTwoWorkers) }

func twoWebsTwoWorkers(t *testing.T, s place) {
	one, two := s.start(t, Web), s.start(t, Web)
	one.until(t, "/readyz", 200)
	two.until(t, "/readyz", 200)

	// There is no worker yet: the document is pending, and every web shows
	// that.
	if r := tellPump(t, one, multivac.WaitStored); r.State != multivac.Pending {
		t.Errorf("without a worker it is %s", r.State)
	}
	if st, err := two.Status(t.Context()); err != nil || st.Pending != 1 {
		t.Errorf("the other web counts %+v, %v; want 1 pending", st, err)
	}
	s.start(t, Worker)
	s.start(t, Worker)
	r := tellPump(t, one, multivac.WaitIndexed)
	if r.State != multivac.Indexed || r.Position == "" {
		t.Fatalf("with workers, the receipt is %+v", r)
	}
	a, err := two.Ask(t.Context(), multivac.Question{Text: pumpQuestion, After: r.Position})
	if err != nil || a.Text() != "The pump stops at 80 degrees." || a.Position < r.Position {
		t.Errorf("asked the other web: %q from %q, %v; want from %q", a.Text(), a.Position, err, r.Position)
	}
	// Both have the same fingerprint for the same content, so they share
	// answers.
	v1, _ := one.app.web.index.View(multivac.DefaultCollection)
	v2, _ := two.app.web.index.View(multivac.DefaultCollection)
	if v1.Fingerprint != v2.Fingerprint {
		t.Errorf("fingerprints of the same content: %x and %x", v1.Fingerprint, v2.Fingerprint)
	}
	gone, err := two.Delete(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := one.Ask(t.Context(), multivac.Question{Text: pumpQuestion, After: gone.Position}); err != nil || a.State != multivac.InsufficientData {
		t.Errorf("asked after the deletion elsewhere: %+v, %v", a, err)
	}
}

// The contract of the original holds with web server and worker in separate
// processes.
func TestClassicRoutesOfEveryWeb(t *testing.T) { everywhere(t, classicRoutesOfEveryWeb) }

func classicRoutesOfEveryWeb(t *testing.T, s place) {
	one, two := s.start(t, Web), s.start(t, Web)
	one.until(t, "/readyz", 200)
	two.until(t, "/readyz", 200)
	post := func(r *replica, data string) {
		t.Helper()
		res, err := http.PostForm(r.at+"/multivac/data", url.Values{"data": {data}})
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("post: %v, %v", res, err)
		}
		res.Body.Close()
	}
	says := func(want string) {
		t.Helper()
		for _, r := range []*replica{one, two} {
			if _, body := r.get(t, "/multivac"); body != want {
				t.Errorf("%s says %q, want %q", r.at, body, want)
			}
		}
	}
	post(one, "The answer is 42.")
	says(multivac.Insufficient)
	s.start(t, Worker)
	late := time.After(20 * time.Second)
	for _, body := one.get(t, "/multivac"); body == multivac.Insufficient; _, body = one.get(t, "/multivac") {
		select {
		case <-late:
			t.Fatal("still insufficient data")
		case <-time.After(5 * time.Millisecond):
		}
	}
	says("The answer is 42.")
	post(two, "The answer is 43.")
	for st, err := two.Status(t.Context()); err == nil && (st.Pending > 0 || st.Documents < 2); st, err = two.Status(t.Context()) {
		select {
		case <-late:
			t.Fatalf("still %+v", st)
		case <-time.After(5 * time.Millisecond):
		}
	}
	says("The answer is 42.")
}

// slowFeed is a store whose feed does not move.
type slowFeed struct{ sharedStore }

func (s slowFeed) Follow(ctx context.Context, _ multivac.Position, _ func(store.Change) error) error {
	<-ctx.Done()
	return ctx.Err()
}

// If the index of a web has not reached the position, the web says so. Without
// a position it answers from what it has.
func TestAWebThatLags(t *testing.T) {
	s := newSite(t)
	one := s.start(t, Web)
	s.start(t, Worker)
	settings := s.settings(Web)
	settings.openStore = func(context.Context) (store.Store, error) {
		return slowFeed{sharedStore{s.store, s.Fleet}}, nil
	}
	lagging := startWith(t, settings, Front{})
	one.until(t, "/readyz", 200)
	lagging.until(t, "/readyz", 200)
	r := tellPump(t, one, multivac.WaitIndexed)

	res, body := lagging.get(t, "/api/v1/answer?question="+url.QueryEscape(pumpQuestion)+"&after="+url.QueryEscape(string(r.Position)))
	if res.StatusCode != 503 || res.Header.Get("Retry-After") == "" || !strings.Contains(body, "behind") {
		t.Errorf("asked after %q: %d %v %s", r.Position, res.StatusCode, res.Header, body)
	}
	if _, err := lagging.Ask(t.Context(), multivac.Question{Text: pumpQuestion}); errors.Is(err, multivac.ErrBehind) {
		t.Errorf("asked after nothing: %v", err)
	}
}

// A worker that starts next to others leaves their leases alone, and takes over
// their documents after they have died.
func TestLeasesOfOthers(t *testing.T) {
	s := newSite(t)
	web := s.start(t, Web)
	r := tellPump(t, web, multivac.WaitStored)
	now := time.Now()
	if _, _, err := s.store.Lease(t.Context(), multivac.Task{Document: r.ID, Revision: r.Revision}, now, now.Add(sharedLease)); err != nil {
		t.Fatal(err)
	}
	s.start(t, Worker)
	again := time.Now()
	if _, _, err := s.store.Lease(t.Context(), multivac.Task{Document: r.ID, Revision: r.Revision}, again, again.Add(time.Minute)); !errors.Is(err, multivac.ErrSuperseded) {
		t.Errorf("the lease after another worker has come: %v", err)
	}
	tellPump(t, web, multivac.WaitIndexed)
}

// A worker only serves its probes and metrics. It is not ready while its queue
// may lose tasks. A web stays ready.
func TestWorkerProbes(t *testing.T) {
	s := newSite(t)
	var mu sync.Mutex
	wrong := error(multivac.Errorf(multivac.ErrUnavailable, "set maxmemory-policy to noeviction", "the queue's Redis may evict"))
	s.wrong = func() error {
		mu.Lock()
		defer mu.Unlock()
		return wrong
	}
	worker, web := s.start(t, Worker), s.start(t, Web)
	web.until(t, "/readyz", 200)
	if res, body := worker.get(t, "/readyz"); res.StatusCode != 503 || !strings.Contains(body, "may evict; set maxmemory-policy") {
		t.Errorf("the worker's /readyz is %d %s", res.StatusCode, body)
	}
	if res, body := worker.get(t, "/livez"); res.StatusCode != 200 || body != "ok" {
		t.Errorf("/livez is %d %s", res.StatusCode, body)
	}
	for _, path := range []string{"/", "/multivac", "/api/v1/answer?question=x", "/api/v1/documents", "/debug/pprof/"} {
		if res, body := worker.get(t, path); res.StatusCode != 404 {
			t.Errorf("the worker answers GET %s with %d %s", path, res.StatusCode, body)
		}
	}
	mu.Lock()
	wrong = nil
	mu.Unlock()
	worker.until(t, "/readyz", 200)
}

// If the store is away at the start, the process runs, says what it waits for,
// and serves as soon as the store is there.
func TestStartBeforeTheStore(t *testing.T) {
	s := newSite(t)
	there := make(chan struct{})
	for _, role := range []Role{Web, Worker} {
		settings := s.settings(role)
		open := settings.openStore
		settings.openStore = func(ctx context.Context) (store.Store, error) {
			select {
			case <-there:
				return open(ctx)
			default:
				return nil, multivac.Errorf(multivac.ErrUnavailable, "start it", "no store at db:27017")
			}
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- Serve(ctx, settings, Front{Listener: l}, Steps{}) }()
		t.Cleanup(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("%s: %v", role, err)
			}
		})
		r := &replica{at: "http://" + l.Addr().String()}
		if res, _ := r.get(t, "/livez"); res.StatusCode != 200 {
			t.Errorf("%s: /livez is %d", role, res.StatusCode)
		}
		for _, body := r.get(t, "/readyz"); !strings.Contains(body, "db:27017"); _, body = r.get(t, "/readyz") {
			time.Sleep(time.Millisecond)
		}
		if res, body := r.get(t, "/api/v1/documents"); res.StatusCode != 503 || res.Header.Get("Retry-After") == "" || !strings.Contains(body, "not ready") {
			t.Errorf("%s: before there is a store: %d %v %s", role, res.StatusCode, res.Header, body)
		}
		defer r.until(t, "/readyz", 200)
	}
	close(there)
}

// An error that waiting does not cure ends the process.
func TestBadSettingsAtTheStart(t *testing.T) {
	f := func(s Settings, want string) {
		t.Helper()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := Serve(t.Context(), s, Front{Listener: l}, Steps{}); !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", s, err, want)
		}
	}
	f(Settings{Role: "boss"}, "use all, web or worker")
	f(Settings{Role: Worker, Data: t.TempDir()}, "store.mongodb.uri")
	s := newSite(t).settings(Web)
	s.openQueue = nil
	f(s, "queue.addr")
	s = newSite(t).settings(All)
	s.openStore = func(context.Context) (store.Store, error) {
		return nil, multivac.Errorf(multivac.ErrInvalid, "give another", "no such user")
	}
	f(s, "no such user")
}

// Before it ends, a web reports that it is not ready, and still answers for a
// while. It closes the connections of those answers.
func TestLinger(t *testing.T) {
	s := newSite(t)
	r := startWith(t, s.settings(Web), Front{Linger: 500 * time.Millisecond})
	r.until(t, "/readyz", 200)
	stopped := make(chan struct{})
	go func() { r.stop(); close(stopped) }()
	r.until(t, "/readyz", 503)
	res, body := r.get(t, "/api/v1/documents")
	if res.StatusCode != 200 || !res.Close || !json.Valid([]byte(body)) {
		t.Errorf("lingering, it answers %d, closing %v, %s", res.StatusCode, res.Close, body)
	}
	<-stopped
	if _, err := http.Get(r.at + "/livez"); err == nil {
		t.Error("it still answers")
	}
}

// During an upgrade, an old web works with a new worker, and a new web with an
// old worker. If they cannot, the new one does not start, and says what to do.
func TestUpgradeOneByOne(t *testing.T) { everywhere(t, upgradeOneByOne) }

func upgradeOneByOne(t *testing.T, s place) {
	require.Long(t, "it waits for leases to end")
	t.Parallel() // it mostly waits
	of := func(role Role, f fleet.Forms) Settings {
		o := s.settings(role)
		o.forms = f
		return o
	}
	old, next := fleet.Forms{Form: 1, Needs: 1}, fleet.Forms{Form: 2, Needs: 1}
	web, worker := startWith(t, of(Web, old), Front{}), startWith(t, of(Worker, next), Front{})
	web.until(t, "/readyz", 200)
	if r := tellPump(t, web, multivac.WaitIndexed); r.State != multivac.Indexed {
		t.Errorf("an old web and a new worker: %+v", r)
	}
	newWeb := startWith(t, of(Web, next), Front{})
	newWeb.until(t, "/readyz", 200)
	worker.stop()
	startWith(t, of(Worker, old), Front{})
	receipts, err := newWeb.Tell(t.Context(), []multivac.Telling{{Source: "valve.md", Body: []byte("The valve opens at 4 bar.\n")}}, multivac.WaitIndexed)
	if err != nil || receipts[0].State != multivac.Indexed {
		t.Errorf("a new web and an old worker: %+v, %v", receipts, err)
	}
	for _, r := range []*replica{web, newWeb} {
		a, err := r.Ask(t.Context(), multivac.Question{Text: "At how many bar does the valve open?", After: receipts[0].Position})
		if err != nil || a.Text() != "The valve opens at 4 bar." {
			t.Errorf("asked: %q, %v", a.Text(), err)
		}
	}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	err = Serve(t.Context(), of(Worker, fleet.Forms{Form: 3, Needs: 2}), Front{Listener: l}, Steps{})
	if !errors.Is(err, multivac.ErrInUse) || !strings.Contains(err.Error(), "stop every") {
		t.Errorf("one that the old ones cannot read: %v", err)
	}
	web.until(t, "/readyz", 200) // the old web continues
}
