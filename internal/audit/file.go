package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"multivac"
)

const (
	checkInterval = time.Second     // between two looks whether the file was moved away
	retryInterval = time.Second     // between two tries to write what could not be written
	writeTimeout  = 3 * time.Second // for a line; after it, the caller gets an ErrUnavailable
	closeTimeout  = time.Second     // for the last lines
	retryAfter    = 2 * time.Second // of that ErrUnavailable
)

// A File appends events to a file or a named pipe, a line of JSON each. If the file
// was moved away or removed, as log rotation does, it goes on in a new one. One
// goroutine writes, and only while there is something to write. What cannot be
// written is kept and tried again; until then Ready returns an error.
type File struct {
	Failed    func(error) // called when lines cannot be written
	Recovered func()      // called when they can be again, after Failed

	path    string
	mu      sync.Mutex
	file    *os.File
	begun   int       // bytes of the first line of pending that are in file already
	checked time.Time // when it was last looked whether file was moved

	pending []byte // not written yet, whole lines
	added   int64  // bytes that were ever pending
	written int64  // of them
	writing bool   // the goroutine runs
	began   time.Time
	failing error     // why the latest write failed; nil if it did not
	told    bool      // Failed, and not Recovered since
	changed sync.Cond // on mu: any of this has, or time has passed
	alarm   bool      // changed will be signalled within writeTimeout
	closed  bool
}

// OpenFile opens path to append. It makes the file, readable by its owner only, if
// there is none. It returns ErrUnavailable if that is not possible, also if path is
// a named pipe without a reader.
func OpenFile(path string) (*File, error) {
	f := &File{path: path, Failed: func(error) {}, Recovered: func() {}}
	f.changed.L = &f.mu
	return f, f.Reopen()
}

// Reopen opens whatever is now at the path.
func (f *File) Reopen() error {
	// O_NONBLOCK: otherwise opening a pipe waits for its reader.
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY|syscall.O_NONBLOCK, 0o600)
	switch {
	case errors.Is(err, syscall.ENXIO):
		return multivac.Errorf(multivac.ErrUnavailable, "start what reads it first, or name a file", "cannot append to the audit log: nobody reads the pipe %s", f.path)
	case err != nil:
		return multivac.Errorf(multivac.ErrUnavailable, "check the path and its rights", "cannot append to the audit log: %v", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.file
	f.file, f.begun, f.checked = file, 0, time.Now()
	f.began, f.failing = f.checked, nil // the new file may take lines
	f.changed.Broadcast()
	if old != nil {
		old.Close() // a write that is under way ends, one that is stuck in a pipe fails
	}
	return nil
}

// Ready implements Sink.
func (f *File) Ready() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ready()
}

func (f *File) ready() error {
	switch {
	case f.closed:
		return unwritten("it is closed")
	case f.failing != nil:
		return unwritten(f.failing.Error())
	case f.writing && time.Since(f.began) >= writeTimeout:
		return errStuck()
	}
	return nil
}

func errStuck() error { return unwritten("nobody reads it, or its disk does not answer") }

func unwritten(why string) error {
	err := multivac.Errorf(multivac.ErrUnavailable, "have the audit log read, or free its disk, and try again; nothing is changed while changes cannot be written down",
		"the audit log cannot be written: %s", why)
	err.RetryAfter = retryAfter
	return err
}

// Write implements Sink.
func (f *File) Write(_ context.Context, events []Event) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, e := range events {
		if err := enc.Encode(e); err != nil {
			return fmt.Errorf("an event of the audit log: %w", err)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = append(f.pending, b.Bytes()...)
	f.added += int64(b.Len())
	if !f.writing && !f.closed {
		f.writing, f.began = true, time.Now()
		go f.write()
	}
	return f.wait(writeTimeout)
}

// wait returns nil once all that is pending now is written. It is called with mu
// held, and releases it while it waits.
func (f *File) wait(bound time.Duration) error {
	begin := time.Now()
	for end := f.added; f.written < end; {
		left, err := bound-time.Since(begin), f.ready()
		if err == nil && left <= 0 {
			err = errStuck()
		}
		if err != nil {
			f.tell(err)
			return err
		}
		if !f.alarm { // one for many lines
			f.alarm = true
			time.AfterFunc(left, f.ring)
		}
		f.changed.Wait()
	}
	return nil
}

// ring wakes all waiting calls, so that they check the time.
func (f *File) ring() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.alarm = false
	f.changed.Broadcast()
}

// write writes all that is pending, and ends.
func (f *File) write() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.pending) > 0 && !f.closed {
		if time.Since(f.checked) >= checkInterval {
			f.checked = time.Now()
			f.mu.Unlock()
			f.follow()
			f.mu.Lock()
		}
		file, batch, begun := f.file, f.pending, f.begun
		f.began = time.Now()
		f.mu.Unlock()
		n, err := file.Write(batch[begun:])
		f.mu.Lock()
		f.wrote(file, begun+n)
		switch {
		case err == nil:
			f.succeeded()
		case f.file == file:
			f.tell(err)
			f.fail(err)
		}
	}
	f.writing = false
	f.changed.Broadcast()
}

// wrote notes how much of what is pending a file has.
func (f *File) wrote(file *os.File, n int) {
	whole := bytes.LastIndexByte(f.pending[:n], '\n') + 1
	f.pending = f.pending[whole:]
	f.written += int64(whole)
	if f.begun = 0; file == f.file { // in another file the line begins again
		f.begun = n - whole
	}
	f.changed.Broadcast()
}

func (f *File) succeeded() {
	f.failing = nil
	if f.told {
		f.told = false
		f.Recovered()
	}
}

// tell calls Failed, once per failure.
func (f *File) tell(err error) {
	if !f.told {
		f.told = true
		f.Failed(err)
	}
}

// fail waits before the next try. It is called with mu held, and releases it while
// it waits.
func (f *File) fail(err error) {
	f.failing = err
	f.changed.Broadcast()
	file, again := f.file, time.Now().Add(retryInterval)
	defer time.AfterFunc(retryInterval, f.ring).Stop()
	for f.file == file && !f.closed && time.Now().Before(again) {
		f.changed.Wait()
	}
}

// follow opens the path again if the file was moved away.
func (f *File) follow() {
	f.mu.Lock()
	mine := f.file
	f.mu.Unlock()
	there, err := os.Stat(f.path)
	if err == nil {
		if info, err := mine.Stat(); err == nil && os.SameFile(there, info) {
			return
		}
	}
	if err := f.Reopen(); err != nil {
		f.Failed(err) // and goes on in the old file
	}
}

// Close closes the file once the last lines are written, or after closeTimeout. Its
// error counts the lines that were not written.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer time.AfterFunc(closeTimeout, f.ring).Stop()
	err := f.wait(closeTimeout)
	f.closed = true
	f.changed.Broadcast()
	if err != nil {
		err = fmt.Errorf("%d lines of the audit log are lost: %w", bytes.Count(f.pending, []byte{'\n'}), err)
	}
	return errors.Join(err, f.file.Close())
}
