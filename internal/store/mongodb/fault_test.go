package mongodb

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac"
	"multivac/internal/servers"
	"multivac/internal/store"
	"multivac/internal/store/storetest"
)

// busy keeps two processes telling and publishing until stop is called, which
// makes sure that all that was acknowledged is there and followed, and returns
// how many documents that is, and the errors there were.
type busy struct {
	t    *testing.T
	all  []*DB
	end  func() // the work, and waits for it
	work sync.WaitGroup

	mu   sync.Mutex
	kept map[multivac.DocumentID]string // acknowledged, with its body
	at   map[multivac.DocumentID]multivac.Position
	errs []error
	seen map[multivac.DocumentID]store.Change
}

func begin(t *testing.T, o Options) *busy {
	ended := make(chan struct{})
	b := &busy{t: t, all: []*DB{open(t, o), open(t, o)}, kept: map[multivac.DocumentID]string{},
		at: map[multivac.DocumentID]multivac.Position{}, seen: map[multivac.DocumentID]store.Change{}}
	for i := range 4 {
		b.work.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-ended:
					return
				default:
					b.one(b.all[i%2], fmt.Sprintf("%d-%d", i, n))
				}
			}
		})
	}
	b.end = sync.OnceFunc(func() {
		close(ended)
		b.work.Wait()
	})
	t.Cleanup(b.end) // where the test fails before stop
	return b
}

// one tells a document and publishes it.
func (b *busy) one(db *DB, source string) {
	ctx := b.t.Context()
	told := multivac.Telling{Source: source, Body: []byte("text of " + source)}
	receipts, err := db.Put(ctx, []multivac.Telling{told}, time.Now())
	if b.failed(err) {
		return
	}
	b.mu.Lock()
	b.kept[receipts[0].ID] = string(told.Body)
	b.mu.Unlock()
	task := multivac.Task{Document: receipts[0].ID, Revision: receipts[0].Revision}
	at, err := db.Publish(ctx, task, storetest.Cut(string(told.Body)), time.Now())
	if b.failed(err) {
		return
	}
	b.mu.Lock()
	b.at[task.Document] = at
	b.mu.Unlock()
}

func (b *busy) failed(err error) bool {
	if err == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.errs = append(b.errs, err)
	return true
}

// more waits until so many more documents are published.
func (b *busy) more(n int) {
	b.t.Helper()
	b.mu.Lock()
	want := len(b.at) + n
	b.mu.Unlock()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		b.mu.Lock()
		have, errs := len(b.at), b.errs
		b.mu.Unlock()
		if have >= want {
			return
		}
		if time.Now().After(end) {
			b.t.Fatalf("nothing is published any more: %d, want %d; errors %v", have, want, errs)
		}
	}
}

func (b *busy) stop() []error {
	b.t.Helper()
	b.end()
	db := b.all[0]
	for id, body := range b.kept {
		d, err := db.Document(b.t.Context(), id)
		if err != nil || d.Text+string(d.Body) != body {
			b.t.Errorf("acknowledged, and now %+v, %v", d, err)
		}
	}
	b.follow(b.all[1])
	for id, at := range b.at {
		if c := b.seen[id]; c.State != multivac.Indexed || c.Position != at {
			b.t.Errorf("published at %q, followed %+v", at, c)
		}
	}
	for _, f := range storetest.Faults(b.t, db, false) {
		b.t.Errorf("fault: %+v", f)
	}
	for _, db := range b.all {
		if err := db.Close(); err != nil {
			b.t.Error(err)
		}
	}
	b.t.Logf("%d acknowledged, %d published, %d errors", len(b.kept), len(b.at), len(b.errs))
	return b.errs
}

// follow follows from the beginning until everything was seen that was
// published.
func (b *busy) follow(db *DB) {
	ctx, stop := context.WithTimeout(b.t.Context(), 20*time.Second)
	defer stop()
	last := multivac.Position("")
	end, err := db.Position(ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	enough := errors.New("enough")
	err = db.Follow(ctx, "", func(c store.Change) error {
		if c.Position <= last {
			b.t.Errorf("%s comes after %s", c.Position, last)
		}
		last = c.Position
		b.seen[c.Document] = c
		if last >= end {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		b.t.Errorf("followed to %s of %s: %v", last, end, err)
	}
}

// What was acknowledged outlives the server, which is killed while it works,
// and nobody sees more than a delay.
func TestKill(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{})
	b := begin(t, Options{URI: m.URI})
	for range 3 {
		b.more(20)
		m.Kill()
		m.Start()
	}
	b.more(20)
	for _, err := range b.stop() {
		if !errors.Is(err, multivac.ErrSuperseded) { // done, and the answer was lost
			t.Errorf("an error: %v", err)
		}
	}
}

// A primary steps down and comes back: calls wait for it.
func TestStepDown(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{})
	b := begin(t, Options{URI: m.URI})
	for range 3 {
		b.more(20)
		m.StepDown(1)
	}
	b.more(20)
	for _, err := range b.stop() {
		if !errors.Is(err, multivac.ErrSuperseded) {
			t.Errorf("an error: %v", err)
		}
	}
}

// While no server answers, calls fail as unavailable, with a remedy, and not
// before they have waited; followers go on where they were.
func TestUnavailable(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{})
	db := open(t, Options{URI: m.URI})
	storetest.Fill(t, db)
	m.Stop()
	_, err := db.Document(t.Context(), multivac.Telling{Source: "indexed"}.ID())
	var e *multivac.Error
	if !errors.Is(err, multivac.ErrUnavailable) || !errors.As(err, &e) || e.Remedy == "" || e.RetryAfter == 0 {
		t.Errorf("got %v", err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if _, err := db.Pending(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a context that ends: %v", err)
	}
	m.Start()
	if _, err := db.Document(t.Context(), multivac.Telling{Source: "indexed"}.ID()); err != nil {
		t.Errorf("once it is there again: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// A standalone server has no change streams. It is refused with what to do,
// even where the URI hides what it is.
func TestStandalone(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{Standalone: true})
	for _, uri := range []string{m.URI, m.URI + "?replicaSet=rs0"} {
		_, err := Open(t.Context(), Options{URI: uri})
		if !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), "mongod --replSet rs0") || !strings.Contains(err.Error(), "rs.initiate()") {
			t.Errorf("%s: got %v", uri, err)
		}
	}
	set := servers.Mongo(t, servers.MongoOptions{})
	_, err := Open(t.Context(), Options{URI: "mongodb://" + set.Addr + "/?replicaSet=rs0"})
	if !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), "replicaSet=secantus") {
		t.Errorf("another name of the replica set: got %v", err)
	}
}

func TestURI(t *testing.T) {
	f := func(uri, says string) {
		t.Helper()
		_, err := Open(t.Context(), Options{URI: uri})
		if !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want %q", uri, err, says)
		}
	}
	f("", "write it as")
	f("localhost", "write it as")
	f("mongodb://ana:hunter2@localhost/", "holds a password")
}

// A newer program's data are left alone, unless it says that this one can work
// with them.
func TestVersion(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{})
	o := Options{URI: m.URI}
	db := open(t, o)
	set := func(version, readable int) {
		t.Helper()
		err := db.call(t.Context(), func(ctx context.Context, d *mongo.Database) error {
			_, err := d.Collection(metas).UpdateOne(ctx, bson.D{at("_id", "schema")}, bson.D{at("$set", bson.D{at("version", version), at("readable", readable)})})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	set(len(migrations)+1, len(migrations)+1)
	if _, err := Open(t.Context(), o); !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), "newer program") {
		t.Errorf("data of a newer program: got %v", err)
	}
	set(len(migrations)+1, len(migrations))
	open(t, o).Close()
	db.Close()
}

// What a process leaves half done, having died after it wrote the row and
// before the feed, others finish, and nobody waits long.
func TestHalfDone(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{})
	o := Options{URI: m.URI}
	dies, lives := open(t, o), open(t, o)
	half := func(source string) multivac.Task { t.Helper(); return halfDone(t, dies, source)[0] }
	task := half("followed")
	followed := make(chan store.Change, 1)
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	if err := lives.Follow(ctx, "", func(c store.Change) error { followed <- c; return errTaken }); !errors.Is(err, errTaken) {
		t.Fatalf("followed: %v", err)
	}
	if c := <-followed; c.Document != task.Document || len(c.Passages) != 1 {
		t.Errorf("followed %+v", c)
	}
	if text, err := lives.Datum(ctx, "default"); text != "text" || err != nil {
		t.Errorf("datum %q, %v", text, err)
	}

	task = half("deleted")
	if r, err := lives.Delete(ctx, task.Document, time.Now()); err != nil || r.Position == "" {
		t.Errorf("deleted while it was half done: %+v, %v", r, err)
	}
	task = half("told again")
	r, err := lives.Put(ctx, []multivac.Telling{{Source: "told again", Body: []byte("text")}}, time.Now())
	if err != nil || r[0].State != multivac.Indexed || r[0].Position == "" {
		t.Errorf("told again while it was half done: %+v, %v", r, err)
	}
	for _, f := range storetest.Faults(t, lives, false) {
		t.Errorf("fault: %+v", f)
	}
	storetest.Check(t, lives)
	dies.Close()
	lives.Close()
}

// halfDone publishes documents in one group, the last one first, and dies
// before the feed.
func halfDone(t *testing.T, dies *DB, sources ...string) (tasks []multivac.Task) {
	t.Helper()
	var changes []*change
	token := bson.NewObjectID()
	for i, source := range sources {
		r, err := dies.Put(t.Context(), []multivac.Telling{{Source: source, Body: []byte("text")}}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		task := multivac.Task{Document: r[0].ID, Revision: r[0].Revision}
		c := &change{id: string(task.Document), plan: publish(task, storetest.Cut("text"), store.Micros(time.Now()))}
		rows, err := dies.rows(t.Context(), []string{c.id})
		if err != nil {
			t.Fatal(err)
		}
		ok := false
		if c.row, ok = dies.planned(t.Context(), c, rows[c.id], token, int32(len(sources)-1-i)); !ok {
			t.Fatal("not planned")
		}
		changes, tasks = append(changes, c), append(tasks, task)
	}
	if err := dies.store(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	if done, _, err := dies.write(t.Context(), token, changes); err != nil || len(done) != len(changes) {
		t.Fatalf("written: %v, %v", done, err)
	}
	return tasks
}

// What others finish of a group stands in the feed in the order of its places.
func TestHalfDoneInOrder(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{})
	dies, lives := open(t, Options{URI: m.URI}), open(t, Options{URI: m.URI})
	defer lives.Close()
	defer dies.Close()
	const many = 8
	var sources []string
	for i := range many {
		sources = append(sources, fmt.Sprint(i))
	}
	halfDone(t, dies, sources...)
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	var seen []multivac.Position
	err := lives.Follow(ctx, "", func(c store.Change) error {
		if seen = append(seen, c.Position); len(seen) == many {
			return errTaken
		}
		return nil
	})
	if !errors.Is(err, errTaken) || !slices.IsSorted(seen) {
		t.Errorf("followed %v, %v; want all in order", seen, err)
	}
}

// index tells a text and publishes it.
func index(t *testing.T, db *DB, source, text string) multivac.Position {
	t.Helper()
	r, err := db.Put(t.Context(), []multivac.Telling{{Source: source, Body: []byte(text)}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	at, err := db.Publish(t.Context(), multivac.Task{Document: r[0].ID, Revision: r[0].Revision}, storetest.Cut(text), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Where the stream of changes has lost its place, because the server keeps no
// more of them, nothing is missed: the feed itself is read on.
func TestTooOld(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{Args: []string{"--oplog-max-entries", "10", "--oplog-retention-seconds", "1"}})
	db := open(t, Options{URI: m.URI})
	defer db.Close()
	began, goOn := make(chan bool), make(chan bool)
	ended := make(chan error)
	seen := make(map[string]bool)
	const n = 60
	go func() {
		ended <- db.Follow(t.Context(), "", func(c store.Change) error {
			if len(seen) == 0 {
				close(began)
				<-goOn
			}
			if seen[c.Source] = true; len(seen) == n {
				return errTaken
			}
			return nil
		})
	}()
	for i := range n {
		index(t, db, fmt.Sprint(i), "text")
		<-began
	}
	close(goOn)
	if err := <-ended; !errors.Is(err, errTaken) {
		t.Errorf("followed %d of %d: %v", len(seen), n, err)
	}
	end, err := db.Position(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Follow(t.Context(), end+"0", nil); !errors.Is(err, multivac.ErrInvalid) {
		t.Errorf("no position: %v", err)
	}
	if err := db.Follow(t.Context(), position(1<<40, 0), nil); !errors.Is(err, multivac.ErrTooOld) {
		t.Errorf("a position that never was: %v", err)
	}
}

// A document may be as large as anywhere: it lies in pieces.
func TestLarge(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{})
	db := open(t, Options{URI: m.URI})
	defer db.Close()
	body := bytes.Repeat([]byte("0123456789abcde\n"), multivac.MaxBody/16)
	told := multivac.Telling{Source: "large", Body: body}
	r, err := db.Put(t.Context(), []multivac.Telling{told}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	task := multivac.Task{Document: r[0].ID, Revision: 1}
	text := string(body) + strings.Repeat("\n\nand more than that", 100_000) // than there was in the body
	if _, err := db.Publish(t.Context(), task, store.Publication{Text: text, Passages: []multivac.Passage{{End: len(text), Text: text}}}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if d, err := db.Document(t.Context(), task.Document); err != nil || d.Text != text {
		t.Errorf("came back with %d bytes of %d, %v", len(d.Text), len(text), err)
	}
	if x, err := db.Excerpts(t.Context(), []multivac.PassageID{{Document: task.Document, Revision: 1}}); err != nil || x[0].Text != text {
		t.Errorf("excerpt: %d bytes, %v", len(x[0].Text), err)
	}
	told.Body = append(told.Body, '!')
	if _, err := db.Put(t.Context(), []multivac.Telling{told}, time.Now()); !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("one byte more: %v", err)
	}
	lead := strings.Repeat("x", 17<<20)
	_, err = db.Put(t.Context(), []multivac.Telling{{Source: "lead", Body: []byte("text")}}, time.Now())
	if err == nil {
		task.Document = multivac.Telling{Source: "lead"}.ID()
		_, err = db.Publish(t.Context(), task, store.Publication{Text: "text", Passages: []multivac.Passage{{End: 4, Text: "text", Lead: lead}}}, time.Now())
	}
	if !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("a passage that is larger than a document may be: %v", err)
	}
}

// rotating are credentials that change.
type rotating struct {
	atomic.Pointer[[2]string]
}

func (r *rotating) set(user, password string) { r.Store(&[2]string{user, password}) }
func (r *rotating) get() (string, string)     { c := r.Load(); return c[0], c[1] }

// Passwords and users change while there is work, over TLS, and no call fails.
func TestRotation(t *testing.T) {
	ca := servers.NewCA(t)
	m := servers.Mongo(t, servers.MongoOptions{CA: ca, ClientCerts: true, Users: []servers.MongoUser{{Name: "ana", Password: "one", Database: "multivac"}}})
	config := clientTLS(t, ca)
	var c rotating
	c.set("ana", "wrong")
	if _, err := Open(t.Context(), Options{URI: m.URI, Credentials: c.get, TLS: config}); !errors.Is(err, multivac.ErrUnavailable) || !strings.Contains(err.Error(), "password") {
		t.Errorf("a wrong password: %v", err)
	}
	if _, err := Open(t.Context(), Options{URI: m.URI, Credentials: c.get}); !errors.Is(err, multivac.ErrUnavailable) {
		t.Errorf("without TLS: %v", err)
	}
	c.set("ana", "one")
	b := begin(t, Options{URI: m.URI, Credentials: c.get, TLS: config})
	b.more(20)
	m.SetPassword("ana", "two") // the file follows later
	b.more(20)
	c.set("ana", "two")
	b.more(20)
	m.AddUser(servers.MongoUser{Name: "ben", Password: "three", Database: "multivac"})
	c.set("ben", "three")
	taken := func(db *DB) bool {
		db.mu.Lock()
		defer db.mu.Unlock()
		return db.link.user == "ben"
	}
	for !taken(b.all[0]) || !taken(b.all[1]) {
		b.more(1)
	}
	m.DropUser("ana")
	b.more(20)
	m.Kill() // all connections are made anew
	m.Start()
	b.more(20)
	for _, err := range b.stop() {
		if !errors.Is(err, multivac.ErrSuperseded) {
			t.Errorf("an error: %v", err)
		}
	}
}

// A connection that breaks while it signs in does not make the password wrong:
// else calls would wait for another one, long after the network is well again.
func TestBrokenWhileSigningIn(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{Users: []servers.MongoUser{{Name: "ana", Password: "one", Database: "multivac"}}})
	proxy := servers.FaultProxy(t, m.Addr)
	signIn := func(password string) error {
		client, err := mongo.Connect(options.Client().SetHosts([]string{proxy.Addr}).SetDirect(true).SetServerSelectionTimeout(300 * time.Millisecond).
			SetAuth(options.Credential{Username: "ana", Password: password}))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Disconnect(t.Context())
		return client.Database("multivac").RunCommand(t.Context(), bson.D{at("connectionStatus", 1)}).Err()
	}
	if err := signIn("one"); err != nil {
		t.Fatal(err)
	}
	if err := signIn("two"); !refused(err) {
		t.Errorf("a wrong password: %v", err)
	}
	meanwhile := 0
	for sent := 100; sent < 2000; sent += 100 {
		proxy.Break(sent)
		err := signIn("one")
		proxy.Mend()
		if err == nil {
			continue
		}
		if strings.Contains(err.Error(), "unable to authenticate") {
			meanwhile++
		}
		if refused(err) || strings.Contains(explain(err).Error(), "password") {
			t.Errorf("broken after %d bytes: %v", sent, explain(err))
		}
	}
	if meanwhile == 0 {
		t.Error("no connection broke while it signed in")
	}
}

func clientTLS(t *testing.T, ca *servers.CA) *tls.Config {
	t.Helper()
	pem, err := os.ReadFile(ca.File)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	p := ca.Client(t, "multivac")
	pair, err := tls.LoadX509KeyPair(p.Cert, p.Key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}
}

// The server's name is checked.
func TestServerName(t *testing.T) {
	ca := servers.NewCA(t)
	m := servers.Mongo(t, servers.MongoOptions{CA: ca, Hosts: []string{"mongo.example.com"}})
	config := clientTLS(t, ca)
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
	defer stop()
	if _, err := Open(ctx, Options{URI: m.URI, TLS: config}); err == nil {
		t.Error("a server of another name was taken")
	}
	config.ServerName = "mongo.example.com"
	db := open(t, Options{URI: m.URI, TLS: config})
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func TestShared(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{})
	storetest.RunShared(t, func(t *testing.T) store.Shared {
		db := open(t, Options{URI: m.URI, Database: database(t.Name())})
		t.Cleanup(func() { db.Close() })
		return db
	})
}

// Whoever has slept finds the end of the feed, however far it is.
func TestEnd(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{})
	o := Options{URI: m.URI}
	db, sleeps := open(t, o), open(t, o)
	defer db.Close()
	defer sleeps.Close()
	for i := range 2*window + 3 {
		at := index(t, db, fmt.Sprint(i), "text")
		if i > 0 && i != window-2 && i != window-1 && i != window && i != 2*window+2 {
			continue
		}
		late := open(t, o)
		for _, one := range []*DB{db, sleeps, late} {
			if end, err := one.Position(t.Context()); end != at || err != nil {
				t.Errorf("after %d: the feed ends at %q, %v, want %q", i+1, end, err, at)
			}
		}
		late.Close()
		sleeps.mu.Lock()
		sleeps.last = batchEnd{seen: true} // as it was at the start
		sleeps.mu.Unlock()
	}
}

// Old batches lose what later ones make void; whoever follows, from wherever,
// comes to the same.
func TestCompact(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{})
	o := Options{URI: m.URI}
	db := open(t, o)
	defer db.Close()
	var positions []multivac.Position
	tell := func(i int) {
		t.Helper()
		positions = append(positions, index(t, db, fmt.Sprint(i%7), fmt.Sprint("text ", i)))
	}
	count := func() (n int64) {
		t.Helper()
		err := db.call(t.Context(), func(ctx context.Context, d *mongo.Database) (err error) {
			n, err = d.Collection(feeds).CountDocuments(ctx, bson.D{at("_id", bson.D{at("$gt", 0)})})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	tell(100) // source 2, and never again before the end
	for i := range 50 {
		if i%7 != 2 {
			tell(i)
		}
	}
	if err := db.Purge(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	whole := count()
	if whole != int64(len(positions)) {
		t.Errorf("%d batches are there of %d that are not old", whole, len(positions))
	}
	db.keep = -time.Hour // all are old
	for range 2 {
		if err := db.Purge(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(); n != window+1 {
		t.Errorf("%d batches are left, want the last %d and one that stands", n, window)
	}
	storetest.Check(t, db)
	tell(51)
	late := open(t, o)
	defer late.Close()
	for _, after := range append([]multivac.Position{""}, positions[:len(positions)-1]...) {
		last, n := after, 0
		err := late.Follow(t.Context(), after, func(c store.Change) error {
			if n++; c.Position <= last {
				t.Errorf("%s comes after %s", c.Position, last)
			}
			if last = c.Position; last == positions[len(positions)-1] {
				return errTaken
			}
			return nil
		})
		if !errors.Is(err, errTaken) || n == 0 || n > 7 {
			t.Errorf("after %q followed %d to %q: %v", after, n, last, err)
		}
	}
	for _, f := range storetest.Faults(t, db, false) {
		t.Errorf("fault: %+v", f)
	}
}

// Where it is not known whether a write was done, the row tells, though others
// have written it since; and nothing that it names is removed.
func TestUnknownOutcome(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{})
	o := Options{URI: m.URI}
	db, other := open(t, o), open(t, o)
	defer db.Close()
	defer other.Close()
	told := multivac.Telling{Source: "x", Body: []byte("text")}
	var receipt multivac.Receipt
	c := put(told, store.Micros(time.Now()), &receipt)
	c.done = make(chan struct{})
	token, ok := bson.NewObjectID(), false
	if c.row, ok = db.planned(t.Context(), c, nil, token, 0); !ok {
		t.Fatal("not planned")
	}
	if err := db.store(t.Context(), []*change{c}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time as after an answer that was lost
		done, lost, err := db.write(t.Context(), token, []*change{c})
		if err != nil || len(done) != 1 || len(lost) != 0 {
			t.Fatalf("written: %d, lost: %d, %v", len(done), len(lost), err)
		}
		task := multivac.Task{Document: told.ID(), Revision: 1}
		if task, _, err = other.Lease(t.Context(), task, time.Now(), time.Now().Add(time.Minute)); err == nil {
			err = other.Release(t.Context(), task)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	row, err := db.row(t.Context(), told.ID())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := db.planned(t.Context(), c, row, bson.NewObjectID(), 0); ok {
		t.Error("planned again, it would be written again")
	}
	if d, err := db.Document(t.Context(), told.ID()); err != nil || string(d.Body) != "text" {
		t.Errorf("the document is %+v, %v", d, err)
	}
}
