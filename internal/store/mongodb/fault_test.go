package mongodb

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
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
	"multivac/internal/store/mongodb/link"
	"multivac/internal/store/storetest"
)

// busy keeps two processes telling and publishing until stop is called. stop
// checks that every acknowledged document is there and followed. It returns
// their number and the errors that happened.
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
	t.Cleanup(b.end) // if the test fails before stop
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

// follow follows from the beginning until it has seen everything that was
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

// Acknowledged documents survive when the server is killed while it works.
// Callers only see a delay.
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
		if !errors.Is(err, multivac.ErrSuperseded) { // it was done, and the answer was lost
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

// While no server answers, calls wait and then fail as unavailable, with a
// remedy. Followers later go on from where they were.
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

// A worker notes its step while its document is published. On a slow server such
// a note changes nearly every group of documents before it is written. Those that
// came first are published all the same, while others go on to come.
func TestNotesWhilePublishing(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{})
	proxy := servers.FaultProxy(t, m.Addr)
	db := open(t, Options{URI: "mongodb://" + proxy.Addr + "/?directConnection=true"})
	const documents, want, text = 500, 20, "Stop the pump.\n"
	tellings := make([]multivac.Telling, documents)
	for i := range tellings {
		tellings[i] = multivac.Telling{Source: fmt.Sprint(i), Body: []byte(text)}
	}
	receipts, err := db.Put(t.Context(), tellings, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	proxy.Slow(20 * time.Millisecond)
	published := make(chan multivac.DocumentID, documents)
	var work sync.WaitGroup
	defer work.Wait()
	begin := func(i int) {
		now := time.Now()
		task, _, err := db.Lease(t.Context(), multivac.Task{Document: receipts[i].ID, Revision: 1}, now, now.Add(time.Minute))
		if err != nil {
			t.Error(err)
			return
		}
		work.Go(func() {
			if _, err := db.Publish(t.Context(), task, storetest.Cut(text), time.Now()); err != nil {
				t.Error(err)
			}
			published <- task.Document
		})
		if err := db.Step(t.Context(), task, "publish", now.Add(time.Minute)); err != nil && !errors.Is(err, multivac.ErrSuperseded) {
			t.Error(err)
		}
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := range documents {
		<-tick.C
		if len(published) >= want {
			return
		}
		work.Go(func() { begin(i) })
	}
	t.Errorf("%d were published while %d came, want %d", len(published), documents, want)
}

// What a worker has made waits longer for its turn than a lease, for which the
// worker waits.
func TestPatience(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{})
	db := open(t, Options{URI: m.URI})
	f := func(l *lane, want time.Duration) {
		t.Helper()
		var waits time.Duration
		_, _ = db.change(t.Context(), l, multivac.Task{Document: multivac.Telling{Source: "a"}.ID()}, 0, func(c *change, _ *row) (bool, error) {
			waits = time.Until(c.until)
			return false, nil
		})
		if waits > want || waits < want/2 {
			t.Errorf("it waits for %s, want %s", waits, want)
		}
	}
	f(db.leases, changeTimeout)
	f(db.announcing, workTimeout)
}

// A standalone server has no change streams. It is refused with a remedy, even
// if the URI hides what it is.
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

// Data of a newer program are left alone, unless they say that this program can
// work with them.
func TestVersion(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{})
	o := Options{URI: m.URI}
	db := open(t, o)
	set := func(version, readable int) {
		t.Helper()
		err := db.conn.Call(t.Context(), func(ctx context.Context, d *mongo.Database) error {
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

// If the change stream has lost its place, because the server has dropped older
// changes, nothing is missed: the feed itself is read.
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
				return errEnough
			}
			return nil
		})
	}()
	for i := range n {
		index(t, db, fmt.Sprint(i), "text")
		<-began
	}
	close(goOn)
	if err := <-ended; !errors.Is(err, errEnough) {
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

// A document may be as large as in other stores, because it is stored in
// pieces.
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
	text := string(body) + strings.Repeat("\n\nand more than that", 100_000) // the text is longer than the body
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

// Passwords and users change during work over TLS, and no call fails.
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
	c.set("ana", "two") // nothing tells the stores: they look after a call is refused
	b.more(20)
	m.AddUser(servers.MongoUser{Name: "ben", Password: "three", Database: "multivac"})
	c.set("ben", "three")
	for _, db := range b.all {
		db.conn.Rotate(t.Context())
	}
	m.DropUser("ana")
	b.more(20)
	m.Kill() // all connections are opened again
	m.Start()
	b.more(20)
	for _, err := range b.stop() {
		if !errors.Is(err, multivac.ErrSuperseded) {
			t.Errorf("an error: %v", err)
		}
	}
}

// New credentials are taken when the settings change, and not only after the
// server refuses the old ones. So the old ones may be withdrawn a moment later.
func TestChangedCredentials(t *testing.T) {
	user := servers.MongoUser{Name: "ana", Password: "one", Database: "multivac"}
	m := servers.Mongo(t, servers.MongoOptions{Users: []servers.MongoUser{user}})
	var c rotating
	c.set("ana", "one")
	changed, logged := make(chan struct{}), make(chan string, 10)
	db := open(t, Options{URI: m.URI, Credentials: c.get, Changed: changed, Log: slog.New(slog.NewTextHandler(lines(logged), nil))})
	defer db.Close()
	m.AddUser(servers.MongoUser{Name: "ben", Password: "two", Database: "multivac"})
	c.set("ben", "two")
	changed <- struct{}{}
	for end := time.After(20 * time.Second); ; {
		select {
		case line := <-logged:
			if strings.Contains(line, "new credentials") && strings.Contains(line, "user=ben") {
				return
			}
		case <-end:
			t.Fatal("the new credentials were not taken, though no call was refused")
		}
	}
}

// lines receives the lines of a log.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
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

// Old batches lose the entries that later ones make void. A follower gets the
// same result from any position.
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
		err := db.conn.Call(t.Context(), func(ctx context.Context, d *mongo.Database) (err error) {
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
	if whole := count(); whole != int64(len(positions)) {
		t.Errorf("%d batches are there of %d that are not old", whole, len(positions))
	}
	db.batchLife = -time.Hour // all are old
	for range 2 {
		if err := db.Purge(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(); n != 7 {
		t.Errorf("%d batches are left, want those of the 7 documents that stand", n)
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
				return errEnough
			}
			return nil
		})
		if !errors.Is(err, errEnough) || n == 0 || n > 7 {
			t.Errorf("after %q followed %d to %q: %v", after, n, last, err)
		}
	}
	for _, f := range storetest.Faults(t, db, false) {
		t.Errorf("fault: %+v", f)
	}
}

// If a process dies within a transaction, the others are blocked only until
// they notice it.
func TestDiesInTransaction(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{})
	db := open(t, Options{URI: m.URI})
	defer db.Close()
	index(t, db, "before", "text")
	dies, err := mongo.Connect(options.Client().ApplyURI(m.URI))
	if err != nil {
		t.Fatal(err)
	}
	defer dies.Disconnect(context.WithoutCancel(t.Context()))
	session, err := dies.StartSession()
	if err != nil {
		t.Fatal(err)
	}
	d := dies.Database(DefaultDatabase)
	subtype, data := session.ID().Lookup("id").Binary()
	_, err = d.Collection(link.Sessions).InsertOne(t.Context(), bson.D{at("_id", bson.Binary{Subtype: subtype, Data: data}), at("seen", store.Micros(time.Now()))})
	if err == nil {
		err = session.StartTransaction()
	}
	if err == nil {
		_, err = nextBatch(mongo.NewSessionContext(t.Context(), session), d, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	index(t, db, "after", "text")
	waited := time.Since(begun)
	t.Logf("waited %v", waited)
	if waited < time.Second || waited > 8*time.Second {
		t.Errorf("published after %v; it has not met the transaction, or MongoDB has ended it", waited)
	}
}

// errEnough ends following.
var errEnough = errors.New("enough")
