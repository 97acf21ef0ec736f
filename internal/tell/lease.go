package tell

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/store"
)

// firstNote is how long a first attempt may take before the store hears of its
// step. It is longer than publishing takes on a slow database: a note and a
// publication of one document get in each other's way.
const firstNote = time.Second

// A lease is the work on one document while no other worker has it.
type lease struct {
	*Worker
	task multivac.Task

	stopping context.Context // ends when the worker is to stop
	ctx      context.Context // ends when the lease is lost, too
	cancel   context.CancelCauseFunc
	keeper   sync.WaitGroup

	stepCtx context.Context // of the step
	ended   func(error)     // ends the trace of the step

	leave func() // gives back the room that the document has

	mu   sync.Mutex // so that the store hears of the steps in order
	step string
}

// hold extends the lease on a document until its run has ended.
func (w *Worker) hold(ctx context.Context, task multivac.Task) *lease {
	l := &lease{Worker: w, task: task, stopping: ctx, step: "lease", ended: func(error) {}, leave: func() {}}
	l.ctx, l.cancel = context.WithCancelCause(ctx)
	l.keeper.Go(l.keep)
	return l
}

// run works on the document and stops extending the lease. It returns the step
// in which the work ended, and its error.
func (l *lease) run(d multivac.Document) (step string, err error) {
	err = l.work(d)
	l.ended(err)
	if err != nil {
		l.mu.Lock()
		_ = l.note() // where the store cannot be told of the step, the failure says less
		l.mu.Unlock()
	}
	l.cancel(nil)
	l.keeper.Wait()
	return l.step, err
}

// keep extends the lease every third of its time.
func (l *lease) keep() {
	tick := time.NewTimer(min(firstNote, l.Lease/3))
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

// note tells the store of the step, and extends the lease. l.mu is held.
func (l *lease) note() error {
	return l.store.Step(l.ctx, l.task, l.step, l.Now().Add(l.Lease))
}

// begin notes that a step begins. If the process dies in it, the store knows in
// which step. Most documents are done at once, and each note is a write that
// tellings wait for: of a first attempt the store hears only where it takes
// longer than firstNote.
func (l *lease) begin(step string) error {
	if err := context.Cause(l.ctx); err != nil {
		return err
	}
	l.ended(nil)
	l.stepCtx, l.ended = l.Events.began(l.ctx, step)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.step = step
	if l.task.Attempt == 1 {
		return nil
	}
	return l.note()
}

// work makes a publication of a document and publishes it.
func (l *lease) work(d multivac.Document) error {
	room := l.working
	if l.waits(d.MediaType) {
		room = l.waiting
	}
	defer func() { l.leave() }()
	if err := l.move(room, d); err != nil {
		return err
	}
	defer saveMemory(len(d.Body))()
	if err := l.begin("extract"); err != nil {
		return err
	}
	ctx, cancel := l.extracting(d.MediaType)
	defer cancel()
	extracted, err := await(ctx, "extract", func() (extract.Extracted, error) { return l.Extract(ctx, d.MediaType, d.Body) })
	if err != nil {
		return err
	}
	if room != l.working {
		if err := l.move(l.working, d); err != nil {
			return err
		}
	}
	if err := l.begin("segment"); err != nil {
		return err
	}
	passages, err := l.maker.passages(l.stopping, extracted.Text, extracted.Places)
	if err != nil {
		return err
	}
	if len(passages) == 0 {
		return ErrNoPassages
	}
	p := store.Publication{Title: Title(d, extracted), Text: extracted.Text, IsBody: extracted.Text == string(d.Body),
		KeepBody: l.KeepOriginals, Places: extracted.Places, Version: store.Version{Segmenter: l.maker.Segmenter}, Passages: passages}
	if l.task.Attempt == 1 && l.maker.quick(passages) && l.quiet(l.ctx) {
		if err := l.addVectors(&p); err != nil {
			return err
		}
	}
	if err := l.begin("publish"); err != nil {
		return err
	}
	_, err = l.store.Publish(l.stepCtx, l.task, p, l.Now())
	return err
}

// move takes room for a document, and then gives back what it had before: a
// document that is between two rooms counts in both.
func (l *lease) move(room *semaphore.Weighted, d multivac.Document) error {
	size := min(int64(len(d.Body)), maxWorking)
	if err := room.Acquire(l.ctx, size); err != nil {
		return context.Cause(l.ctx)
	}
	l.leave()
	l.leave = func() { room.Release(size) }
	return nil
}

// waits reports whether a document waits for its turn to be read.
func (l *lease) waits(mediaType string) bool { return l.Waits != nil && l.Waits(mediaType) }

// extracting returns the context in which the text of a document is made. The time
// of one that waits for its turn begins later.
func (l *lease) extracting(mediaType string) (context.Context, context.CancelFunc) {
	if l.waits(mediaType) {
		return context.WithCancel(l.stopping)
	}
	return context.WithTimeoutCause(l.stopping, l.ExtractTimeout, extract.TooSlow(l.ExtractTimeout))
}

// addVectors makes the vectors of a document, so that it is published and
// indexed once. Without them the refresher would attach them a moment later.
// Where they cannot be made, that is the refresher's to find out.
func (l *lease) addVectors(p *store.Publication) error {
	if err := l.begin("enrich"); err != nil {
		return err
	}
	ctx := l.stepCtx
	vectors, err := await(l.stopping, "enrich", func() ([]byte, error) {
		return l.maker.vectors(ctx, p.Title, p.Passages, func(context.Context, time.Duration) {})
	})
	if err == nil {
		p.Vectors, p.Version = vectors, l.maker.version()
	}
	return context.Cause(l.ctx)
}
