package telemetry

import (
	"bytes"
	"io"
	"sync"
	"time"
)

const (
	maxHeld    = 4 << 20                // bytes that wait to be written; lines beyond are dropped
	maxWait    = 100 * time.Millisecond // for one write of the system, before callers go on without it
	flushBound = time.Second            // for all writes, at the end
)

// An Outlet writes lines to a pipe, a terminal or a file that may stop taking
// them. One goroutine writes, and only while there is something to write. A
// caller waits until its line is written, but no longer than 100 ms for
// a write that is stuck; then lines are held, up to 4 MiB, and what does not
// fit is dropped and counted. Lines that come during a write share the next one.
type Outlet struct {
	w      io.Writer
	notice func(lines int64) []byte // a line that says how many were dropped; nil: nothing is said

	mu      sync.Mutex
	held    []byte
	spare   []byte    // takes the place of held while that is written
	added   int64     // bytes ever held
	wanted  int64     // of them, to be written without delay
	written int64     // of them, written or lost
	writing bool      // the goroutine runs
	began   time.Time // when it began the write in progress
	wrote   sync.Cond // on mu: a write is over, or takes long
	alarm   bool      // wrote will be signalled within maxWait
	dropped int64     // lines ever dropped
	untold  int64     // of them, not told by a notice yet
}

// NewOutlet returns an Outlet that writes to w.
func NewOutlet(w io.Writer) *Outlet {
	o := &Outlet{w: w}
	o.wrote.L = &o.mu
	return o
}

// Write takes a line, and returns once it is written, dropped, or held because
// w is stuck. It never fails.
func (o *Outlet) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := len(o.held)
	o.keep(before, append(o.held, p...))
	o.start()
	o.wait()
	return len(p), nil
}

// Flush returns once all lines are written, or after one second.
func (o *Outlet) Flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.start()
	late := time.Now().Add(flushBound)
	defer time.AfterFunc(flushBound, o.ring).Stop()
	for end := o.added; o.written < end && time.Now().Before(late); {
		o.wrote.Wait()
	}
}

// Dropped counts the lines that were not written, because there was no room
// for them or because w refused them.
func (o *Outlet) Dropped() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.dropped
}

// keep takes held, which has one line more than the before bytes that were
// held, unless that is too much.
func (o *Outlet) keep(before int, held []byte) {
	if len(held) > maxHeld {
		o.held = held[:before]
		o.drop(1)
		return
	}
	o.added += int64(len(held) - before)
	o.held = held
}

func (o *Outlet) drop(lines int) {
	o.dropped += int64(lines)
	o.untold += int64(lines)
}

// start has all that is held written soon.
func (o *Outlet) start() {
	o.wanted = o.added
	if !o.writing && o.written < o.wanted {
		o.writing, o.began = true, time.Now()
		go o.write()
	}
}

// wait returns once all that is held now has been written, or a write has
// taken maxWait. It is called with mu, which it gives up meanwhile.
func (o *Outlet) wait() {
	for end := o.added; o.written < end; o.wrote.Wait() {
		left := maxWait - time.Since(o.began)
		if left <= 0 {
			return
		}
		if !o.alarm { // one for many writes: setting it costs as much as a short one
			o.alarm = true
			time.AfterFunc(left, o.ring)
		}
	}
}

// ring has those who wait look at the time.
func (o *Outlet) ring() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.alarm = false
	o.wrote.Broadcast()
}

// write writes what is wanted, and ends.
func (o *Outlet) write() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.written < o.wanted {
		held, end := o.held, o.added
		o.held, o.began = o.spare[:0], time.Now()
		o.mu.Unlock()
		n, err := o.w.Write(held)
		o.mu.Lock()
		o.spare, o.written = held, end
		if err != nil {
			o.drop(bytes.Count(held[min(n, len(held)):], newline)) // the log cannot say why
		} else if o.untold > 0 && o.notice != nil {
			o.tell()
		}
		o.wrote.Broadcast()
	}
	o.writing = false
}

var newline = []byte{'\n'}

// tell writes how many lines were dropped. It is called with mu, which it gives
// up meanwhile.
func (o *Outlet) tell() {
	lines := o.untold
	o.untold = 0
	o.mu.Unlock()
	_, err := o.w.Write(o.notice(lines))
	o.mu.Lock()
	if err != nil {
		o.untold += lines
	}
}
