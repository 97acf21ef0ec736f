package tell

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"multivac"
	"multivac/internal/meaning"
	"multivac/internal/place"
	"multivac/internal/store"
	"multivac/internal/text"
)

// A Maker makes what is published of a text: its passages, and the vectors of
// their sentences. The worker and the refresher share one, and with it the
// bound on how many vectors are computed at the same time. Set its fields
// before it is used.
type Maker struct {
	// Segment cuts a text into passages, and Segmenter is its version.
	Segment   func(text string) []multivac.Passage
	Segmenter int
	// Vectors makes the vectors of a passage's sentences, one after the other,
	// or returns the context's error. None are made where it is nil. It may be
	// called by many goroutines.
	Vectors func(ctx context.Context, title string, p multivac.Passage) ([]byte, error)

	computing chan struct{} // has room for the passages whose vectors are made at the same time
	perByte   atomic.Int64  // how long the vectors of a byte of text take, in picoseconds; 0 if not known yet
}

// quickTime is how long the vectors of a document may be expected to take, to be
// made before it is published.
const quickTime = 10 * time.Millisecond

// NewMaker returns a maker of this program's passages, and of no vectors until
// Vectors is set: then of those of atOnce passages at the same time. If 0, that
// is one for every two processors: the other half is for questions.
func NewMaker(atOnce int) *Maker {
	atOnce = cmp.Or(atOnce, max(1, runtime.GOMAXPROCS(0)/2))
	return &Maker{Segment: text.Segment, Segmenter: text.Version, computing: make(chan struct{}, atOnce)}
}

// ErrNoPassages is the error of a document whose text has no sentence.
var ErrNoPassages = multivac.Errorf(multivac.ErrInvalid, "tell a text", "document has no text in it")

// passages cuts a text, and checks that each passage is a part of it, byte for
// byte: the promise that an answer is a quotation begins here. Each passage gets
// its part of the places of the text. It does not wait
// for the cut after ctx has ended.
func (m *Maker) passages(ctx context.Context, text string, places multivac.Places) ([]multivac.Passage, error) {
	return await(ctx, "segment", func() ([]multivac.Passage, error) {
		passages := m.Segment(text)
		for _, p := range passages {
			if err := p.Validate(text); err != nil {
				return nil, &broken{step: "segment", value: err}
			}
		}
		place.Fill(passages, places, text)
		return passages, nil
	})
}

// version is that of what is made.
func (m *Maker) version() store.Version {
	if m.Vectors == nil {
		return store.Version{Segmenter: m.Segmenter}
	}
	return store.Version{Segmenter: m.Segmenter, Vectors: meaning.Version}
}

// The store keeps vectors as the model makes them.
var _ [meaning.Width]byte = [store.VectorSize]byte{}

// quick reports whether the vectors of passages are likely made within
// quickTime. The first vectors of a process are not: nobody knows yet how long
// they take, and the model may still be loading.
func (m *Maker) quick(passages []multivac.Passage) bool {
	perByte := m.perByte.Load()
	return m.Vectors != nil && perByte > 0 && perByte*int64(size(passages)) < int64(quickTime)*1000
}

// learn notes how long the vectors of a passage took. It is an average in which
// the latest passage counts a quarter, so that it follows the load.
func (m *Maker) learn(p multivac.Passage, took time.Duration) {
	now := max(1, int64(took)*1000/int64(max(1, size([]multivac.Passage{p}))))
	if before := m.perByte.Load(); before > 0 {
		now = (3*before + now) / 4
	}
	m.perByte.Store(max(1, now))
}

// size returns how many bytes of sentences passages have.
func size(passages []multivac.Passage) (n int) {
	for _, p := range passages {
		for _, s := range p.Sentences {
			n += s.End - s.Start
		}
	}
	return n
}

// vectors makes the vectors of passages, one after the other in the result, a
// few passages at a time. After each it calls computed with the time that it took. The next passage is not begun
// before computed returns, so that computed can slow it down.
func (m *Maker) vectors(ctx context.Context, title string, passages []multivac.Passage, computed func(context.Context, time.Duration)) ([]byte, error) {
	all := make([][]byte, len(passages))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(cap(m.computing))
	for i, p := range passages {
		group.Go(func() (err error) {
			select {
			case m.computing <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			defer func() { <-m.computing }()
			begin := time.Now()
			all[i], err = guard("enrich", func() ([]byte, error) { return m.Vectors(ctx, title, p) })
			took := time.Since(begin)
			if err == nil {
				m.learn(p, took)
			}
			computed(ctx, took)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return bytes.Join(all, nil), nil
}

// stepNames say in words what a step does.
var stepNames = map[string]string{
	"lease":   "it took up the document",
	"extract": "it read the text out of the document",
	"segment": "it cut the text into sentences",
	"publish": "it published the passages",
	"enrich":  "it made vectors of the sentences",
}

// A broken error is a fault of this program, which another attempt would only
// meet again.
type broken struct {
	step  string
	value any // that it panicked with, or the error
	stack []byte
}

func (b *broken) Error() string {
	return fmt.Sprintf("MultiVAC broke while %s: %v; report this as a bug, and tell the document again when it is mended", stepNames[b.step], b.value)
}

// await is guard, but does not wait for fn after ctx has ended, so that a
// document that takes minutes does not delay a stop. fn runs on, and what it
// returns is dropped.
func await[T any](ctx context.Context, step string, fn func() (T, error)) (v T, err error) {
	done := make(chan struct{})
	var made T
	var failed error
	go func() {
		defer close(done)
		made, failed = guard(step, fn)
	}()
	select {
	case <-done:
		return made, failed
	case <-ctx.Done():
		return v, context.Cause(ctx)
	}
}

// guard turns a panic of fn into an error: fn works on bytes that anybody may
// have sent.
func guard[T any](step string, fn func() (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &broken{step: step, value: p, stack: debug.Stack()}
		}
	}()
	return fn()
}
