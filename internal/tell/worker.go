package tell

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"multivac"
	"multivac/internal/clock"
	"multivac/internal/extract"
	"multivac/internal/extract/formats"
	"multivac/internal/queue"
	"multivac/internal/store"
)

const (
	suspectAttempts = 3 // leases after which a document is worked on alone
	maxAttempts     = 5 // leases after which a document fails

	endTimeout      = 5 * time.Second // to write down how an attempt ended, once the worker is to stop
	releaseInterval = time.Second     // between tries to give a lease back

	// While there is a crowd, crowdBatch documents at most are begun in each
	// crowdInterval, as long as none has waited for more than maxCrowdWait. If
	// each were begun when it comes, each would cost a commit and a look at the
	// feed.
	crowdInterval = 25 * time.Millisecond
	crowdBatch    = 16
	maxCrowdWait  = 5 * time.Second

	// maxWorking is how many bytes of documents are worked on at a time, or one
	// document: what is made of a document may take 30 times its size.
	maxWorking = 16 << 20

	// maxWaiting is how many bytes of documents wait for their turn at a time, or one
	// document. As long as they wait they take no more than their size: if they
	// counted as worked on, they would hold up those that need no turn.
	maxWaiting = maxWorking
)

// work is what the worker needs of a store.
type work interface {
	Lease(ctx context.Context, task multivac.Task, now, until time.Time) (multivac.Task, multivac.Document, error)
	Step(ctx context.Context, task multivac.Task, step string, until time.Time) error
	Publish(ctx context.Context, task multivac.Task, p store.Publication, now time.Time) (multivac.Position, error)
	Fail(ctx context.Context, task multivac.Task, cause string, final bool, now, retry time.Time) error
	Release(ctx context.Context, task multivac.Task) error
}

// A Worker turns pending documents into passages and publishes them. Set its
// fields before Run.
type Worker struct {
	// Workers is how many documents are worked on at a time. They wait for
	// the store more than they compute, and those that wait at the same time
	// share a commit: on a machine of 2 cores, 8 do 1,500 small documents a
	// second, 16 do 2,400, 64 do 3,500.
	Workers int
	// KeepOriginals says that what was told is kept next to the text that is read
	// from it.
	KeepOriginals bool
	// Lease is how long a document stays with a worker that is not heard of
	// any more. A living worker extends it.
	Lease time.Duration
	// Extract makes text of a body; by all formats unless set.
	Extract func(ctx context.Context, mediaType string, body []byte) (extract.Extracted, error)
	// ExtractTimeout is how long that may take. The largest page takes less than
	// a second on an idle machine.
	ExtractTimeout time.Duration
	// Waits reports whether documents of a media type wait for their turn in
	// Extract, which then bounds their time by itself; none do unless set.
	Waits func(mediaType string) bool
	// Now is the clock; time.Now unless set.
	Now    func() time.Time
	Events Events

	store work
	queue queue.Queue
	maker *Maker
	crowd *Crowd

	// workers has one token for each worker. A document that may kill the
	// process takes all of them, so that no other document dies with it and
	// becomes suspect.
	workers *semaphore.Weighted
	batch   *semaphore.Weighted // what is left of a crowd's batch
	working *semaphore.Weighted // what is left of maxWorking
	waiting *semaphore.Weighted // what is left of maxWaiting
	running atomic.Int64        // attempts
	waited  atomic.Int64        // how long the latest document had waited, a time.Duration
}

// An Attempt is what became of one lease.
type Attempt struct {
	Task  multivac.Task
	Step  string // in which it ended
	Took  time.Duration
	Err   error  // nil where the document was published; ErrSuperseded where another was first
	Final bool   // with Err: there will be no other attempt
	Stack []byte // where Err was a panic
}

// Outcome is "indexed", "superseded", "failed", or "retry" where another attempt
// follows.
func (a Attempt) Outcome() string {
	switch {
	case a.Err == nil:
		return "indexed"
	case errors.Is(a.Err, multivac.ErrSuperseded):
		return "superseded"
	case a.Final:
		return "failed"
	}
	return "retry"
}

// NewWorker returns a worker on the documents in s. It begins them as q hands
// them out, publishes what m makes of them, and slows down while c is crowded.
func NewWorker(s work, q queue.Queue, m *Maker, c *Crowd) *Worker {
	return &Worker{
		Workers: max(64, 4*runtime.GOMAXPROCS(0)),
		Lease:   30 * time.Second,
		Extract: func(ctx context.Context, mediaType string, body []byte) (extract.Extracted, error) {
			return formats.All.Extract(ctx, mediaType, body, extract.Default)
		},
		ExtractTimeout: 10 * time.Minute,
		Now:            time.Now,
		store:          s, queue: q, maker: m, crowd: c,
		batch:   semaphore.NewWeighted(crowdBatch),
		working: semaphore.NewWeighted(maxWorking),
		waiting: semaphore.NewWeighted(maxWaiting),
	}
}

// Run works until ctx ends. Then it gives back what it has begun and returns
// nil.
func (w *Worker) Run(ctx context.Context) error {
	w.workers = semaphore.NewWeighted(int64(w.Workers))
	err := w.queue.Work(ctx, w.Workers, w.handle)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (w *Worker) handle(ctx context.Context, task multivac.Task) error {
	ctx = multivac.WithOrigin(ctx, task.Origin)
	alone := task.Attempt >= suspectAttempts
	again, err := w.try(ctx, task, alone)
	if again && err == nil {
		_, err = w.try(ctx, task, true)
	}
	return err
}

// try makes an attempt, or reports that it has to be made alone. The store
// counts the attempt before the work begins.
func (w *Worker) try(ctx context.Context, task multivac.Task, alone bool) (again bool, err error) {
	// Before the lease: a document that waits here while another one kills the
	// process is not to be counted among the suspects.
	leave, err := w.enter(ctx, alone)
	if err != nil {
		return false, err
	}
	defer leave()
	now := w.Now()
	task, document, err := w.store.Lease(ctx, task, now, now.Add(w.Lease))
	switch {
	case errors.Is(err, multivac.ErrSuperseded), errors.Is(err, multivac.ErrNotFound):
		return false, nil // it is done, or leased, or was told again
	case err != nil:
		return false, err // it is still pending: the sweeper finds it
	case task.Attempt > suspectAttempts && !alone:
		return true, w.store.Release(ctx, task)
	}
	w.waited.Store(int64(now.Sub(document.Changed))) // not Told: it may be read again
	return false, w.attempt(ctx, task, document)
}

// enter waits until a document may be begun. leave lets the next one in.
func (w *Worker) enter(ctx context.Context, alone bool) (leave func(), err error) {
	tokens := int64(1)
	switch crowded := w.crowd.Crowded() && time.Duration(w.waited.Load()) < maxCrowdWait; {
	case alone:
		tokens = int64(w.Workers)
	case crowded:
		if err := w.batch.Acquire(ctx, 1); err != nil {
			return nil, err
		}
		// At the end of the interval, not of the document, which may take long.
		time.AfterFunc(crowdInterval, func() { w.batch.Release(1) })
	}
	if err := w.workers.Acquire(ctx, tokens); err != nil {
		return nil, err
	}
	return func() { w.workers.Release(tokens) }, nil
}

// attempt works on a document and writes down how that ended.
func (w *Worker) attempt(ctx context.Context, task multivac.Task, document multivac.Document) error {
	w.running.Add(1)
	defer w.running.Add(-1)
	ctx, ended := w.Events.began(ctx, "work")
	a := Attempt{Task: task, Step: document.Step}
	start := w.Now()
	if task.Attempt > maxAttempts {
		a.Err, a.Final = errDied(document), true
	} else {
		a.Step, a.Err = w.hold(ctx, task).run(document)
	}
	err := w.end(ctx, &a)
	a.Took = w.Now().Sub(start)
	ended(a.Err)
	w.Events.attempted(ctx, a)
	return err
}

// quiet reports whether there is time to make vectors: no other document is
// worked on in this process or waits in the queue, and no crowd tells.
func (w *Worker) quiet(ctx context.Context) bool {
	if w.running.Load() > 1 || w.crowd.Crowded() {
		return false
	}
	waiting, err := w.queue.Len(ctx)
	return err == nil && waiting == 0
}

// errDied says why a document fails none of whose attempts came to an end.
func errDied(d multivac.Document) error {
	before := ""
	if d.LastError != "" {
		before = "; before that: " + d.LastError
	}
	return multivac.Errorf(multivac.ErrInvalid, "take out of it what is unusual and tell it again",
		"the worker died while %s%s", cmp.Or(stepNames[d.Step], stepNames["lease"]), before)
}

// end tells the store how an attempt ended. It does so even after ctx has
// ended, so that a stop costs no document an attempt, or the wait for the end
// of its lease.
func (w *Worker) end(ctx context.Context, a *Attempt) error {
	if a.Err == nil || errors.Is(a.Err, multivac.ErrSuperseded) {
		return nil
	}
	if !a.Final && (ctx.Err() != nil || errors.Is(a.Err, multivac.ErrUnavailable)) {
		return w.giveBack(ctx, a.Task)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	var broken *broken
	if errors.As(a.Err, &broken) {
		a.Stack = broken.stack
	}
	a.Final = a.Final || a.Task.Attempt >= maxAttempts || broken != nil ||
		errors.Is(a.Err, multivac.ErrInvalid) || errors.Is(a.Err, multivac.ErrTooLarge)
	now := w.Now()
	retry := now.Add(time.Second << max(0, a.Task.Attempt-1))
	err := w.store.Fail(ctx, a.Task, a.Err.Error(), a.Final, now, retry)
	if errors.Is(err, multivac.ErrSuperseded) {
		return nil
	}
	return err
}

// giveBack releases the lease of a document that is not to blame. While the
// store takes no release, because its disk is full perhaps, giveBack tries
// again: otherwise the attempt would count. Once ctx has ended, it tries once.
func (w *Worker) giveBack(ctx context.Context, task multivac.Task) error {
	for {
		ended := ctx.Err() != nil
		trying, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
		err := w.store.Release(trying, task)
		cancel()
		switch {
		case err == nil, errors.Is(err, multivac.ErrSuperseded):
			return nil
		case ended, !errors.Is(err, multivac.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded):
			return err // the lease ends by itself
		}
		_ = clock.Sleep(ctx, releaseInterval) // where ctx has ended, try once more
	}
}
