package pdfium

import (
	"context"
	"encoding/gob"
	"errors"
	"io"
	"runtime/debug"
	"time"

	"multivac/internal/extract/pdf"
)

// A request is a file to be read.
type request struct {
	Limits pdf.Limits
	From   int           // the first page to read, from 0
	Time   time.Duration // of the processor, that it may take
	Body   []byte
}

// A message is a part of the answer to a request. The last one says Done.
type message struct {
	Ready  bool // sent once, before the first request
	Info   *pdf.Info
	Pages  int // how many there are, with Info
	Page   *page
	Reason int    // PDFium's number for why the file is not opened
	Broken string // what broke; the process ends
	Done   bool
}

var errNoMemory = errors.New("it needs more memory than a document may have")

// Options are what a child may use.
type Options struct {
	Memory int64  // bytes of PDFium
	Cache  string // the folder that keeps its machine code, or ""
}

// Serve answers requests until in ends. It is what the child does: it reads
// files that anybody may have made, so it opens no others, and its process is
// started for this alone.
func Serve(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	l, err := open(ctx, o.Memory, o.Cache)
	if err != nil {
		return err
	}
	debug.FreeOSMemory() // what compiling took
	if err := confine(o.Memory); err != nil {
		return err
	}
	answer := gob.NewEncoder(out)
	if err := answer.Encode(message{Ready: true}); err != nil {
		return err
	}
	requests := gob.NewDecoder(in)
	for {
		var r request
		if err := requests.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		limitTime(r.Time)
		if err := l.answer(r, answer.Encode); err != nil {
			return err
		}
	}
}

// answer reads a file. After a trap, PDFium cannot be used any more.
func (l *library) answer(r request, send func(any) error) (err error) {
	defer func() {
		switch t := recover().(type) {
		case nil:
		case trap:
			_ = send(message{Broken: t.Error()})
			err = t
		default:
			panic(t)
		}
	}()
	d, reason := l.load(r.Body, r.Limits)
	if reason != 0 {
		return send(message{Reason: reason, Done: true})
	}
	info, n := d.info(), d.pages()
	if err := send(message{Info: &info, Pages: n}); err != nil {
		return err
	}
	for i := r.From; i < n && i < r.Limits.Pages; i++ {
		p := pack(d.page(i))
		if err := send(message{Page: &p}); err != nil {
			return err
		}
	}
	d.close()
	return send(message{Done: true})
}

// Unwrap returns what went wrong.
func (t trap) Unwrap() error { return t.error }
