package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"sync"
	"time"

	"multivac"
)

// Lines writes events as lines of a log, with audit=true.
type Lines struct {
	Log *slog.Logger
	// Level is that of what has a key. What has none, since none is needed,
	// names nobody, and is worth slog.LevelDebug only.
	Level slog.Level
}

// Write implements Sink.
func (l Lines) Write(ctx context.Context, events []Event) {
	for _, e := range events {
		level := l.Level
		if e.Key == "" {
			level = slog.LevelDebug
		}
		if !l.Log.Enabled(ctx, level) {
			continue
		}
		attrs := []slog.Attr{slog.Bool("audit", true), slog.String("key", string(e.Key)), slog.String("action", e.Action), slog.String("outcome", e.Outcome)}
		for _, a := range []slog.Attr{
			slog.String("collection", string(e.Collection)), slog.String("document", string(e.Document)), slog.String("subject", string(e.Subject)),
		} {
			if a.Value.String() != "" {
				attrs = append(attrs, a)
			}
		}
		if e.Revision > 0 {
			attrs = append(attrs, slog.Uint64("revision", uint64(e.Revision)))
		}
		if len(e.Scopes) > 0 {
			attrs = append(attrs, slog.Any("scopes", e.Scopes))
		}
		l.Log.LogAttrs(ctx, level, "audit", attrs...) // the log adds time and request id
	}
}

// checkEvery is how often a file looks whether it was moved away.
const checkEvery = time.Second

// A File appends events to a file, a line of JSON each. Where the file was
// moved away or removed, as log rotation does, it goes on in a new one.
type File struct {
	Failed func(error) // told what could not be written

	path    string
	mu      sync.Mutex
	file    *os.File
	checked time.Time
}

// OpenFile opens path to append, and makes it, readable by its owner only,
// where it is not there.
func OpenFile(path string) (*File, error) {
	f := &File{path: path, Failed: func(error) {}}
	return f, f.Reopen()
}

// Reopen opens the path again, whatever is there now.
func (f *File) Reopen() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open()
}

func (f *File) open() error {
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return multivac.Errorf(multivac.ErrUnavailable, "check the path and its rights", "cannot append to the audit log: %v", err)
	}
	if f.file != nil {
		f.file.Close() // each write of it is over
	}
	f.file, f.checked = file, time.Now()
	return nil
}

// Write implements Sink.
func (f *File) Write(_ context.Context, events []Event) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, e := range events {
		if err := enc.Encode(e); err != nil {
			f.Failed(err)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.moved() {
		if err := f.open(); err != nil {
			f.Failed(err) // and go on in the old one
		}
	}
	if _, err := f.file.Write(b.Bytes()); err != nil {
		f.Failed(err)
	}
}

func (f *File) moved() bool {
	if time.Since(f.checked) < checkEvery {
		return false
	}
	f.checked = time.Now()
	there, err := os.Stat(f.path)
	if err != nil {
		return true
	}
	mine, err := f.file.Stat()
	return err != nil || !os.SameFile(there, mine)
}

// Close closes the file.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.file.Close()
}
