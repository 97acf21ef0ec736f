// Package storetest is the suite that proves a store.Store. It knows only the
// contract. A store that passes it can be used.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/store"
)

// Run runs the suite. open opens the store at dir, which is an empty folder of the
// test at first. Opened again after Close, the store holds what it held before. A
// store that keeps nothing in folders may use dir as a name.
func Run(t *testing.T, open func(t *testing.T, dir string) store.Store) {
	for _, test := range slices.Concat(tests, keyTests, calibrationTests) {
		t.Run(test.name, func(t *testing.T) { test.run(newSubject(t, open)) })
	}
}

// A subject is a store under test, with a clock. Its methods end the test where
// the store returns an error.
type subject struct {
	*testing.T
	store.Store
	ctx  context.Context
	now  time.Time
	open func(*testing.T, string) store.Store
	dir  string
}

func newSubject(t *testing.T, open func(*testing.T, string) store.Store) *subject {
	s := &subject{T: t, ctx: t.Context(), now: time.UnixMilli(1_700_000_000_123).UTC(), open: open, dir: t.TempDir()}
	s.Store = open(t, s.dir)
	t.Cleanup(func() {
		if s.Store == nil {
			return
		}
		if !t.Failed() {
			Check(t, s.Store)
		}
		s.shut()
	})
	return s
}

func (s *subject) shut() {
	s.Helper()
	if err := s.Close(); err != nil {
		s.Errorf("Close: %v", err)
	}
	s.Store = nil
}

// reopen closes the store and opens it again.
func (s *subject) reopen() {
	s.Helper()
	s.shut()
	s.Store = s.open(s.T, s.dir)
}

// tick moves the clock on and returns the new time.
func (s *subject) tick() time.Time {
	s.now = s.now.Add(time.Second)
	return s.now
}

// must ends the test where err is not nil.
func (s *subject) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// wants reports an error that is not of the kind.
func (s *subject) wants(kind, err error) {
	s.Helper()
	if !errors.Is(err, kind) {
		s.Errorf("got error %v, want %v", err, kind)
	}
}

// difference returns how got differs from want, or "". Most values are equal, and
// reflect finds that faster than cmp.
func difference(want, got any) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got)
}

// same reports how got differs from want.
func (s *subject) same(what string, want, got any) {
	s.Helper()
	if d := difference(want, got); d != "" {
		s.Errorf("%s (-want +got)\n%s", what, d)
	}
}

func telling(source, body string) multivac.Telling {
	return multivac.Telling{Collection: "c", Source: source, Title: "About " + source, Body: []byte(body)}
}

// tell puts one telling.
func (s *subject) tell(t multivac.Telling) multivac.Receipt {
	s.Helper()
	receipts, err := s.Put(s.ctx, []multivac.Telling{t}, s.tick())
	s.must(err)
	if len(receipts) != 1 {
		s.Fatalf("one telling got %d receipts", len(receipts))
	}
	return receipts[0]
}

func task(r multivac.Receipt) multivac.Task {
	return multivac.Task{Document: r.ID, Revision: r.Revision}
}

// lease takes a lease of an hour.
func (s *subject) lease(r multivac.Receipt) multivac.Task {
	s.Helper()
	leased, _, err := s.Lease(s.ctx, task(r), s.tick(), s.now.Add(time.Hour))
	s.must(err)
	return leased
}

// publish publishes the text, cut by Cut, without a lease.
func (s *subject) publish(r multivac.Receipt, text string) multivac.Position {
	s.Helper()
	at, err := s.Publish(s.ctx, task(r), Cut(text), s.tick())
	s.must(err)
	return at
}

// index tells and publishes.
func (s *subject) index(source, body string) multivac.Receipt {
	s.Helper()
	r := s.tell(telling(source, body))
	r.Position, r.State = s.publish(r, body), multivac.Indexed
	return r
}

// fail makes a document failed.
func (s *subject) fail(r multivac.Receipt, cause string) {
	s.Helper()
	s.must(s.Fail(s.ctx, s.lease(r), cause, true, s.tick(), time.Time{}))
}

func (s *subject) document(id multivac.DocumentID) multivac.Document {
	s.Helper()
	d, err := s.Document(s.ctx, id)
	s.must(err)
	return d
}

func (s *subject) excerpt(r multivac.Receipt, number int) multivac.Excerpt {
	s.Helper()
	x, err := s.Excerpts(s.ctx, []multivac.PassageID{{Document: r.ID, Revision: r.Revision, Number: number}})
	s.must(err)
	return x[0]
}

// quote returns the first n bytes of the text of a revision; none where that is
// not there.
func (s *subject) quote(r multivac.Receipt, n int) string {
	s.Helper()
	texts, err := s.Quotes(s.ctx, []store.Quote{{Document: r.ID, Revision: r.Revision, Span: multivac.Span{End: n}}})
	s.must(err)
	if len(texts) != 1 {
		s.Fatalf("one quote got %d texts", len(texts))
	}
	return texts[0]
}

// follow returns the changes after a position, to the end of the feed.
func (s *subject) follow(after multivac.Position) []store.Change {
	s.Helper()
	changes, err := follow(s.ctx, s.Store, after)
	s.must(err)
	return changes
}

// feedEnd returns the position at which the feed ends.
func (s *subject) feedEnd() multivac.Position {
	s.Helper()
	end, err := s.Position(s.ctx)
	s.must(err)
	return end
}

var errEnough = errors.New("enough")

func follow(ctx context.Context, s store.Store, after multivac.Position) ([]store.Change, error) {
	end, err := s.Position(ctx)
	if err != nil || after >= end {
		return nil, err
	}
	var changes []store.Change
	err = s.Follow(ctx, after, func(c store.Change) error {
		if changes = append(changes, c); c.Position >= end {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return changes, err
}

// scan returns what Scan says, by document.
func (s *subject) scan() map[multivac.DocumentID]store.Change {
	s.Helper()
	all, err := scan(s.ctx, s.Store)
	s.must(err)
	return all
}

func scan(ctx context.Context, s store.Store) (map[multivac.DocumentID]store.Change, error) {
	all := make(map[multivac.DocumentID]store.Change)
	err := s.Scan(ctx, func(c store.Change) error {
		if _, twice := all[c.Document]; twice {
			return fmt.Errorf("scan has document %s twice", c.Document)
		}
		all[c.Document] = c
		return nil
	})
	return all, err
}

// vector returns what a vector might be: another one for every number.
func vector(n int) []byte {
	v := make([]byte, store.VectorSize)
	for i := range v {
		v[i] = byte(n>>(i%4*8)) ^ byte(i)
	}
	return v
}

// Cut makes a publication of a text: every paragraph is a passage, and every
// line in it a sentence, as far as it is not too long. It has vectors where the
// length of the text is even.
func Cut(text string) store.Publication {
	p := store.Publication{Title: "Cut", Text: text, Version: store.Version{Segmenter: 1}}
	if text != "" {
		p.Places = multivac.Places(fmt.Sprintf("\x01\x00\xff%d", len(text)))
	}
	start := 0
	for paragraph := range strings.SplitAfterSeq(text, "\n\n") {
		if strings.TrimSpace(paragraph) != "" {
			p.Passages = append(p.Passages, passage(len(p.Passages), start, paragraph))
		}
		start += len(paragraph)
	}
	if len(text)%2 == 0 {
		p.Version.Vectors = 1
		p.Vectors = vectors(p.Passages)
	}
	return p
}

// passage makes a passage of a paragraph that begins at start.
func passage(number, start int, paragraph string) multivac.Passage {
	p := multivac.Passage{Number: number, Kind: multivac.Prose, Heading: fmt.Sprintf("Part %d", number),
		Start: start, End: start + len(paragraph), Text: paragraph}
	if number%3 == 1 {
		p.Kind, p.Lead = multivac.List, "As follows:"
		p.Places = multivac.Places(fmt.Sprintf("\x01%d\x00", start))
	}
	at := start
	for line := range strings.SplitAfterSeq(paragraph, "\n") {
		if len(line) > 0 && len(line) <= multivac.MaxSentence {
			p.Sentences = append(p.Sentences, multivac.Span{Start: at, End: at + len(line)})
		}
		at += len(line)
	}
	return p
}

// vectors returns a vector for each sentence of the passages.
func vectors(passages []multivac.Passage) (all []byte) {
	for _, p := range passages {
		for _, s := range p.Sentences {
			all = append(all, vector(s.Start)...)
		}
	}
	return all
}
