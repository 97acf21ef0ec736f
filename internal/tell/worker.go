package tell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/formats"
	"multivac/internal/place"
	"multivac/internal/queue"
	"multivac/internal/store"
	"multivac/internal/text"
)

const (
	suspect  = 3 // leases after which a document is worked on alone
	hopeless = 5 // leases after which it is given up

	goodbye = 5 * time.Second // to give leases back after the end
	again   = time.Second     // between tries to give one back

	// While it is crowded, so many documents are taken up together at each beat,
	// until what waits was told so long ago. One at a time would cost a commit
	// and a look at the feed each.
	beat     = 25 * time.Millisecond
	ofABeat  = 16
	patience = 5 * time.Second

	// room is how many bytes of documents are worked on at a time, or one
	// document: what is made of them may take thirty times as much memory.
	room = 16 << 20
)

// A Worker is responsible for turning pending documents into passages and
// publishing them. Set its fields before Run.
type Worker struct {
	// Workers is how many documents are worked on at a time. They wait for
	// the store more than they compute, and what waits at the same time shares
	// a commit: on one machine of 2 cores, 8 do 1,500 small documents a
	// second, 16 do 2,400, 64 do 3,500.
	Workers int
	// Lease is how long a document is out of the hands of others after its
	// worker was last heard of; a living worker extends it.
	Lease time.Duration
	// Crowded says whether many wait to be told that their documents are kept.
	// Then a few documents are taken up now and then and the rest later, as long
	// as none waits for more than a few seconds. Never, unless set.
	Crowded func() bool
	// Now is the clock; time.Now unless set.
	Now func() time.Time
	// Observe is told of each attempt that ended here, if set. The context
	// carries the task's origin.
	Observe func(context.Context, Attempt)
	// Trace, if set, is told when an attempt ("work") or a step of it begins.
	// What is done then has the context that it returns; the function that it
	// returns is called when it has ended.
	Trace func(ctx context.Context, what string) (context.Context, func(error))

	store   store.Store
	queue   queue.Queue
	extract func(ctx context.Context, mediaType string, body []byte) (extract.Extracted, error)
	segment func(text string) []multivac.Passage

	// turns has one for each worker. Who works on a document that may kill
	// the process takes them all, so that nothing else dies with it and is
	// suspected in turn.
	turns  *semaphore.Weighted
	beats  *semaphore.Weighted // has what is left of a beat
	room   *semaphore.Weighted
	waited atomic.Int64 // how long the latest document had, a time.Duration
}

// An Attempt is what became of one lease.
type Attempt struct {
	Task  multivac.Task
	Step  string        // in which it ended
	Took  time.Duration //
	Err   error         // nil where the document was published; ErrSuperseded where another was first
	Final bool          // with Err: there will be no other attempt
	Stack []byte        // where Err was a panic
}

// NewWorker returns a worker on the documents in s, which q hurries on.
func NewWorker(s store.Store, q queue.Queue) *Worker {
	return &Worker{
		Workers: max(64, 4*runtime.GOMAXPROCS(0)),
		Lease:   30 * time.Second,
		Crowded: func() bool { return false },
		Now:     time.Now,
		Observe: func(context.Context, Attempt) {},
		Trace:   func(ctx context.Context, _ string) (context.Context, func(error)) { return ctx, func(error) {} },
		store:   s, queue: q,
		room:  semaphore.NewWeighted(room),
		beats: semaphore.NewWeighted(ofABeat),
		extract: func(ctx context.Context, mediaType string, body []byte) (extract.Extracted, error) {
			return formats.All.Extract(ctx, mediaType, body, extract.Default)
		},
		segment: text.Segment,
	}
}

// Run works until ctx ends; then it gives back what it has begun and returns.
func (w *Worker) Run(ctx context.Context) error {
	w.turns = semaphore.NewWeighted(int64(w.Workers))
	err := w.queue.Work(ctx, w.Workers, w.handle)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (w *Worker) handle(ctx context.Context, task multivac.Task) error {
	ctx = multivac.WithOrigin(ctx, task.Origin)
	alone := task.Attempt >= suspect
	again, err := w.try(ctx, task, alone)
	if again && err == nil {
		_, err = w.try(ctx, task, true)
	}
	return err
}

// try makes an attempt, or reports that it has to be made alone. The store
// counts it before the work begins.
func (w *Worker) try(ctx context.Context, task multivac.Task, alone bool) (again bool, err error) {
	// Before the lease: who waits for its turn is not to be counted among
	// those that died with the process.
	release, err := w.turn(ctx, alone)
	if err != nil {
		return false, err
	}
	defer release()
	now := w.Now()
	task, document, err := w.store.Lease(ctx, task, now, now.Add(w.Lease))
	switch {
	case errors.Is(err, multivac.ErrSuperseded), errors.Is(err, multivac.ErrNotFound):
		return false, nil // done, or being done, or told anew
	case err != nil:
		return false, err // it is pending still: the sweeper finds it
	case task.Attempt > suspect && !alone:
		return true, w.store.Release(ctx, task)
	}
	w.waited.Store(int64(now.Sub(document.Told)))
	return false, w.attempt(ctx, task, document)
}

// turn waits for the turn of a document, which release gives back.
func (w *Worker) turn(ctx context.Context, alone bool) (release func(), err error) {
	turns := int64(1)
	switch crowded := w.Crowded() && time.Duration(w.waited.Load()) < patience; {
	case alone:
		turns = int64(w.Workers)
	case crowded:
		if err := w.beats.Acquire(ctx, 1); err != nil {
			return nil, err
		}
		time.AfterFunc(beat, func() { w.beats.Release(1) }) // and not when it is done: it may take long
	}
	if err := w.turns.Acquire(ctx, turns); err != nil {
		return nil, err
	}
	return func() { w.turns.Release(turns) }, nil
}

// attempt does the work under a lease and writes down how it ended.
func (w *Worker) attempt(ctx context.Context, task multivac.Task, document multivac.Document) error {
	ctx, done := w.Trace(ctx, "work")
	a := Attempt{Task: task, Step: document.Step}
	start := w.Now()
	var err error
	if task.Attempt > hopeless {
		a.Err, a.Final = died(document), true
		err = w.end(ctx, &a)
	} else {
		l := w.hold(ctx, task)
		a.Err = l.work(document)
		l.done(a.Err)
		if a.Err != nil {
			l.confess()
		}
		l.release()
		a.Step = l.step
		err = w.end(ctx, &a)
	}
	a.Took = w.Now().Sub(start)
	done(a.Err)
	w.Observe(ctx, a)
	return err
}

// died says why a document is given up of which no attempt came to an end.
func died(d multivac.Document) error {
	before := ""
	if d.LastError != "" {
		before = "; before that: " + d.LastError
	}
	return multivac.Errorf(multivac.ErrInvalid, "take out of it what is unusual and tell it again",
		"the worker died while %s%s", cmp.Or(doing[d.Step], doing["lease"]), before)
}

// doing says in words what a step is.
var doing = map[string]string{
	"lease":   "it took up the document",
	"extract": "it read the text out of the document",
	"segment": "it cut the text into sentences",
	"publish": "it published the passages",
	"enrich":  "it made vectors of the sentences",
}

// end tells the store how an attempt ended. It does so even after ctx, so that
// a stop costs no document an attempt or the wait for its lease to end.
func (w *Worker) end(ctx context.Context, a *Attempt) error {
	if a.Err != nil && !a.Final && !errors.Is(a.Err, multivac.ErrSuperseded) && (ctx.Err() != nil || errors.Is(a.Err, multivac.ErrUnavailable)) {
		return w.giveBack(ctx, a.Task)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	var broken *broken
	if errors.As(a.Err, &broken) {
		a.Stack = broken.stack
	}
	var err error
	switch {
	case a.Err == nil, errors.Is(a.Err, multivac.ErrSuperseded):
		return nil
	default:
		a.Final = a.Final || a.Task.Attempt >= hopeless || broken != nil ||
			errors.Is(a.Err, multivac.ErrInvalid) || errors.Is(a.Err, multivac.ErrTooLarge)
		now := w.Now()
		retry := now.Add(time.Second << max(0, a.Task.Attempt-1))
		err = w.store.Fail(ctx, a.Task, a.Err.Error(), a.Final, now, retry)
	}
	if errors.Is(err, multivac.ErrSuperseded) {
		return nil
	}
	return err
}

// giveBack releases the lease of a document that is not to blame. While the
// store cannot be told, because its disk is full perhaps, it tries again, lest
// the attempt is counted; once ctx has ended, only once.
func (w *Worker) giveBack(ctx context.Context, task multivac.Task) error {
	for {
		ended := ctx.Err() != nil
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
		err := w.store.Release(last, task)
		cancel()
		switch {
		case err == nil, errors.Is(err, multivac.ErrSuperseded):
			return nil
		case ended, !errors.Is(err, multivac.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded):
			return err // the lease ends by itself
		}
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
}

// A lease is the work on one document while it is ours.
type lease struct {
	*Worker
	stop   context.Context // ends when the worker is to stop
	ctx    context.Context // ends when the lease is lost, too
	cancel context.CancelCauseFunc
	keeper sync.WaitGroup
	task   multivac.Task

	within context.Context // of the step
	done   func(error)     // ends the step's trace

	mu   sync.Mutex // so that the store hears of the steps in order
	step string
}

// hold keeps the lease from ending until release.
func (w *Worker) hold(ctx context.Context, task multivac.Task) *lease {
	l := &lease{Worker: w, task: task, stop: ctx, step: "lease", done: func(error) {}}
	l.ctx, l.cancel = context.WithCancelCause(ctx)
	l.keeper.Go(l.keep)
	return l
}

func (l *lease) release() {
	l.cancel(nil)
	l.keeper.Wait()
}

// slow is how long a first attempt may take before the store hears of its step.
const slow = 100 * time.Millisecond

func (l *lease) keep() {
	tick := time.NewTimer(min(slow, l.Lease/3))
	defer tick.Stop()
	for {
		select {
		case <-l.ctx.Done():
			return
		case <-tick.C:
		}
		tick.Reset(l.Lease / 3)
		l.mu.Lock()
		err := l.note()
		l.mu.Unlock()
		if errors.Is(err, multivac.ErrSuperseded) {
			l.cancel(err)
			return
		}
		// Any other error may be over at the next tick, before the lease ends.
	}
}

func (l *lease) note() error {
	return l.store.Step(l.ctx, l.task, l.step, l.Now().Add(l.Lease))
}

// confess has the store hear of the step in which an attempt fails. Where it
// cannot, the failure says less.
func (l *lease) confess() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.note()
}

// begin notes that a step begins; where this process dies in it, that is how
// one knows. Most documents are done at once: of a first attempt the store
// hears only where it takes longer, for each note is a write that tellings wait
// behind.
func (l *lease) begin(step string) error {
	if err := context.Cause(l.ctx); err != nil {
		return err
	}
	l.done(nil)
	l.within, l.done = l.Trace(l.ctx, step)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.step = step
	if l.task.Attempt == 1 {
		return nil
	}
	return l.note()
}

// work turns a document into a publication and publishes it.
func (l *lease) work(d multivac.Document) error {
	size := min(int64(len(d.Body)), room)
	if err := l.room.Acquire(l.ctx, size); err != nil {
		return context.Cause(l.ctx)
	}
	defer l.room.Release(size)
	defer thrifty(len(d.Body))()
	if err := l.begin("extract"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(l.stop, extractTimeout, errSlow)
	defer cancel()
	extracted, err := await(ctx, "extract", func() (extract.Extracted, error) { return l.extract(ctx, d.MediaType, d.Body) })
	if err != nil {
		return err
	}
	if err := l.begin("segment"); err != nil {
		return err
	}
	passages, err := await(l.stop, "segment", func() ([]multivac.Passage, error) { return l.passages(extracted) })
	if err != nil {
		return err
	}
	if err := l.begin("publish"); err != nil {
		return err
	}
	p := store.Publication{Title: Title(d, extracted), Text: extracted.Text, Places: extracted.Places, IsBody: extracted.Text == string(d.Body), Version: store.Version{Segmenter: text.Version}, Passages: passages}
	_, err = l.store.Publish(l.within, l.task, p, l.Now())
	return err
}

// extractTimeout is how long the text of one document may take to be read. The
// largest page takes less than a second on an idle machine.
const extractTimeout = 10 * time.Minute

var errSlow = multivac.Errorf(multivac.ErrTooLarge, "split it, or save it in another format", "its text could not be read within %s", extractTimeout)

// passages cuts a text, checks that it was cut, not changed, and says where in
// the file the passages stand: the promise
// that an answer is a quotation begins here.
func (l *lease) passages(e extract.Extracted) ([]multivac.Passage, error) {
	passages := l.segment(e.Text)
	for _, p := range passages {
		if err := p.Validate(e.Text); err != nil {
			return nil, &broken{step: "segment", value: err}
		}
	}
	if len(passages) == 0 {
		return nil, multivac.Errorf(multivac.ErrInvalid, "tell a text", "document has no text in it")
	}
	place.Fill(passages, e.Places, e.Text)
	return passages, nil
}

// broken is an error of ours, which another attempt would only meet again.
type broken struct {
	step  string
	value any
	stack []byte
}

func (b *broken) Error() string {
	return fmt.Sprintf("MultiVAC broke while %s: %v; report this as a bug, and tell the document again when it is mended", doing[b.step], b.value)
}

// await is guard, but waits for fn no longer than until ctx ends: a document
// that takes minutes holds up no stop. What fn makes is of no use then.
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

// guard turns a panic of fn into an error, for the bytes it works on are
// anybody's.
func guard[T any](step string, fn func() (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &broken{step: step, value: p, stack: debug.Stack()}
		}
	}()
	return fn()
}
