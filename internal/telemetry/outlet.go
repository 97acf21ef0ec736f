package telemetry

import (
	"bytes"
	"io"
	"sync"
	"time"
)

const (
	maxHeld    = 4 << 20                // bytes that wait to be written; further lines are dropped
	maxWait    = 100 * time.Millisecond // time for one write call, after which callers go on without it
	flushBound = time.Second            // time for all writes at the end
)

// An Outlet writes lines to a pipe, a terminal or a file that may stop
// accepting them. One goroutine writes, and it runs only while there is
// something to write. A caller waits until its line is written, but at most 100
// ms for a write that is stuck. Then lines are held, up to 4 MiB. Lines that do
// not fit are dropped and counted. Lines that arrive during a write are written
// together by the next one.
type Outlet struct {
	w      io.Writer
	notice func(lines int64) []byte // returns a line that says how many were dropped; nil for none

	mu      sync.Mutex
	held    []byte
	spare   []byte    // replaces held while held is being written
	added   int64     // bytes held so far, in total
	wanted  int64     // the first so many of them are to be written without delay
	written int64     // the first so many of them are written or lost
	writing bool      // the goroutine is running
	began   time.Time // when the current write began
	wrote   sync.Cond // signalled, under mu, when a write has ended or takes too long
	alarm   bool      // a timer will signal wrote within maxWait
	dropped int64     // dropped lines, in total
	untold  int64     // dropped lines that no notice has reported yet
}

// NewOutlet returns an Outlet that writes to w.
func NewOutlet(w io.Writer) *Outlet {
	o := &Outlet{w: w}
	o.wrote.L = &o.mu
	return o
}

// Write takes a line. It returns once the line is written, dropped, or held
// because w is stuck. It never fails.
func (o *Outlet) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := len(o.held)
	o.keep(before, append(o.held, p...))
	o.start()
	o.wait()
	return len(p), nil
}

// Flush returns once all lines are written, or after 1 second.
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

// Dropped returns the number of lines that were not written, because there was
// no room for them or because w refused them.
func (o *Outlet) Dropped() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.dropped
}

// keep makes held the held bytes. It has one line more than the before bytes
// that were held. If that is too much, keep drops the line.
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

// start lets the goroutine write everything that is held.
func (o *Outlet) start() {
	o.wanted = o.added
	if !o.writing && o.written < o.wanted {
		o.writing, o.began = true, time.Now()
		go o.write()
	}
}

// wait returns once everything that is held now is written, or a write has
// taken maxWait. The caller holds mu; wait unlocks it while it waits.
func (o *Outlet) wait() {
	for end := o.added; o.written < end; o.wrote.Wait() {
		left := maxWait - time.Since(o.began)
		if left <= 0 {
			return
		}
		if !o.alarm { // one timer for many writes: setting it takes as long as a short write
			o.alarm = true
			time.AfterFunc(left, o.ring)
		}
	}
}

// ring wakes the waiting callers, so that they check the time.
func (o *Outlet) ring() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.alarm = false
	o.wrote.Broadcast()
}

// write writes the wanted bytes and ends.
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
			o.drop(bytes.Count(held[min(n, len(held)):], newline)) // the log is what has failed, so the error cannot be logged
		} else if o.untold > 0 && o.notice != nil {
			o.tell()
		}
		o.wrote.Broadcast()
	}
	o.writing = false
}

var newline = []byte{'\n'}

// tell writes the notice of dropped lines. The caller holds mu; tell unlocks it
// while it writes.
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
