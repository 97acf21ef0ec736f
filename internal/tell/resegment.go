package tell

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"multivac"
	"multivac/internal/meaning"
	"multivac/internal/place"
	"multivac/internal/queue"
	"multivac/internal/store"
	"multivac/internal/text"
)

const (
	resegmentAtOnce = 4                      // documents at least, which then share a commit
	resegmentShare  = 3                      // pauses so many times as long as it worked
	resegmentQuiet  = time.Second            // after the last publication, when enriching needs no pauses
	resegmentPoll   = 100 * time.Millisecond // while there is work that somebody waits for
	resegmentCount  = 5 * time.Second        // counts anew what is left
	resegmentTurn   = 2 * time.Second        // while it is another's turn
	resegmentWatch  = time.Minute            // where others do it
)

// A Resegmenter is responsible for published documents whose passages are not
// what this program would make of them: an older version of the segmenter cut
// them, or their sentences have no vectors yet. It makes them anew and publishes
// them in the place of those before, which are answered from until then. It
// steps back behind what is told meanwhile. Set its fields before Run.
type Resegmenter struct {
	// Interval is after how long it looks again: an import, or another process,
	// may have brought more.
	Interval time.Duration
	// Observe is told of each error, if set. A document that cannot be cut
	// keeps the passages that it has, one that cannot be enriched goes without
	// vectors.
	Observe func(multivac.DocumentID, error)
	// Turn says whether it is this resegmenter's turn, where there are others;
	// it is asked before every few documents.
	Turn func(context.Context) bool
	// Vectors enriches: it makes the vectors of a passage's sentences, or
	// returns the context's error. Where it is not set, none are made, and
	// those that are there stay. It may be called by many goroutines.
	Vectors func(ctx context.Context, title string, p multivac.Passage) ([]byte, error)

	store     store.Store
	queue     queue.Queue
	segmenter int // the version of segment
	segment   func(text string) []multivac.Passage
	computing chan struct{} // has room for the passages that are enriched at the same time
	woken     chan struct{}
	published atomic.Int64 // when Wake was called last, in nanoseconds of Unix
	left      atomic.Int64
}

// NewResegmenter returns a resegmenter of the documents in s, which steps back
// behind the work in q.
func NewResegmenter(s store.Store, q queue.Queue) *Resegmenter {
	return &Resegmenter{
		Interval: 10 * time.Minute,
		Observe:  func(multivac.DocumentID, error) {},
		Turn:     func(context.Context) bool { return true },
		store:    s, queue: q,
		segmenter: text.Version, segment: text.Segment,
		// The other half of the processors is for those who ask.
		computing: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		woken:     make(chan struct{}, 1),
	}
}

// version is that of the passages that it makes.
func (r *Resegmenter) version() store.Version {
	if r.Vectors == nil {
		return store.Version{Segmenter: r.segmenter}
	}
	return store.Version{Segmenter: r.segmenter, Vectors: meaning.Version}
}

// Vectors are stored as they are made.
var _ [meaning.Width]byte = [store.VectorSize]byte{}

// Left is how many documents are still to be cut anew or enriched, as of a few
// seconds ago.
func (r *Resegmenter) Left() int { return int(r.left.Load()) }

// Wake says that a document was published just now, which is to be enriched
// soon.
func (r *Resegmenter) Wake() {
	if r.Vectors == nil {
		return
	}
	r.published.Store(time.Now().UnixNano())
	select {
	case r.woken <- struct{}{}:
	default:
	}
}

// Run works until ctx ends, and returns nil.
func (r *Resegmenter) Run(ctx context.Context) error { return r.every(ctx, r.Interval, r.all) }

// Watch counts what is left while others cut it, until ctx ends, and returns nil.
func (r *Resegmenter) Watch(ctx context.Context) error { return r.every(ctx, resegmentWatch, r.count) }

func (r *Resegmenter) every(ctx context.Context, interval time.Duration, do func(context.Context) error) error {
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			r.Observe("", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-r.woken:
		case <-time.After(interval):
		}
	}
}

// Count asks the store how many documents are still to be cut anew or enriched.
func (r *Resegmenter) Count(ctx context.Context) (int, error) {
	return r.store.CountOutdated(ctx, r.version())
}

func (r *Resegmenter) count(ctx context.Context) error {
	n, err := r.Count(ctx)
	if err == nil {
		r.left.Store(int64(n))
	}
	return err
}

// all makes everything anew that is outdated.
func (r *Resegmenter) all(ctx context.Context) error {
	if err := r.count(ctx); err != nil {
		return err
	}
	for counted := time.Now(); r.Left() > 0; {
		turn := r.Turn(ctx)
		if !turn && !pause(ctx, resegmentTurn) {
			return nil
		}
		if !turn || time.Since(counted) > resegmentCount {
			if err := r.count(ctx); err != nil {
				return err
			}
			counted = time.Now()
		}
		if !turn {
			continue
		}
		if !r.stepBack(ctx) {
			return nil
		}
		begin := time.Now()
		n, err := r.some(ctx)
		if err != nil {
			return err
		}
		if n == 0 { // the rest was told anew or deleted
			r.left.Store(0)
			break
		}
		r.left.Store(max(0, r.left.Load()-int64(n)))
		if r.Vectors == nil && !pause(ctx, resegmentShare*time.Since(begin)) {
			return nil
		}
	}
	return nil
}

// stepBack waits while what was told waits for a worker. It reports false
// where ctx ends first.
func (r *Resegmenter) stepBack(ctx context.Context) bool {
	for {
		if waiting, err := r.queue.Len(ctx); err != nil || waiting == 0 {
			return ctx.Err() == nil
		}
		if !pause(ctx, resegmentPoll) {
			return false
		}
	}
}

// some makes the passages of the next few documents, and returns how many
// documents that were.
func (r *Resegmenter) some(ctx context.Context) (int, error) {
	tasks, err := r.store.Outdated(ctx, r.version(), max(resegmentAtOnce, 2*cap(r.computing)))
	if err != nil {
		return 0, err
	}
	var group errgroup.Group
	for _, task := range tasks {
		group.Go(func() error { return r.document(ctx, task) })
	}
	return len(tasks), group.Wait()
}

// document makes what is outdated of a document: other passages, or only the
// vectors of those that are there.
func (r *Resegmenter) document(ctx context.Context, task multivac.Task) error {
	p, err := r.store.Published(ctx, task)
	if err != nil {
		return unlessSuperseded(err)
	}
	if !p.Version.Before(r.version()) { // another was here
		return nil
	}
	recut := p.Version.Segmenter < r.segmenter
	if recut {
		passages, err := await(ctx, "segment", func() ([]multivac.Passage, error) { return r.cut(p) })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			p.Passages = passages
		} else { // it keeps those that it has
			r.Observe(task.Document, err)
		}
	}
	p.Version = r.version()
	if p.Vectors, err = r.enrich(ctx, p.Title, p.Passages); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.Observe(task.Document, err) // it goes without vectors
	}
	if recut {
		return unlessSuperseded(r.store.Replace(ctx, task, p))
	}
	return unlessSuperseded(r.store.Attach(ctx, task, p.Version, p.Vectors))
}

// unlessSuperseded returns nil where the document was told again or deleted:
// nothing is left to do then.
func unlessSuperseded(err error) error {
	if errors.Is(err, multivac.ErrSuperseded) {
		return nil
	}
	return err
}

func (r *Resegmenter) cut(p store.Publication) ([]multivac.Passage, error) {
	passages := r.segment(p.Text)
	for _, one := range passages {
		if err := one.Validate(p.Text); err != nil {
			return nil, err
		}
	}
	place.Fill(passages, p.Places, p.Text)
	return passages, nil
}

// enrich returns the vectors of passages, of which it makes some at a time.
func (r *Resegmenter) enrich(ctx context.Context, title string, passages []multivac.Passage) ([]byte, error) {
	if r.Vectors == nil {
		return nil, nil
	}
	made := make([][]byte, len(passages))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(cap(r.computing))
	for i, p := range passages {
		group.Go(func() (err error) {
			select {
			case r.computing <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			defer func() { <-r.computing }()
			begin := time.Now()
			made[i], err = guard("enrich", func() ([]byte, error) { return r.Vectors(ctx, title, p) })
			r.rest(ctx, time.Since(begin))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return bytes.Join(made, nil), nil
}

// rest is called after so much time of computing, with the room for it still
// taken: it makes room for what is told.
func (r *Resegmenter) rest(ctx context.Context, worked time.Duration) {
	if time.Since(time.Unix(0, r.published.Load())) < resegmentQuiet {
		pause(ctx, resegmentShare*worked)
	}
	r.stepBack(ctx)
}

// pause waits, and reports false where ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
