// Package pdfium reads PDF files with PDFium, Google's library, in a process
// apart: a file that breaks it, or takes all the time and memory it may have,
// ends that process and no other. There PDFium runs as WebAssembly, which
// reaches no file, no network and no memory but its own.
package pdfium

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"multivac"
	"multivac/internal/extract/pdf"
)

// A Pool is a pdf.Reader. It starts a process with the first file, keeps it for
// the next, and ends it when there is none for a while. Set its fields before
// the first Read.
type Pool struct {
	Command   []string // of a process that calls Serve with its standard input and output
	Processes int      // how many files are read at a time
	Documents int      // that a process reads before another takes its place
	Start     time.Duration
	Page      time.Duration // that a page may take
	Document  time.Duration // that a file may take, once its turn has come
	Idle      time.Duration // after which a process ends that has nothing to do

	once  sync.Once
	turns chan struct{}
	mu    sync.Mutex
	idle  []*process
}

// New returns a pool of processes that command starts.
func New(command ...string) *Pool {
	return &Pool{
		Command: command, Processes: 1, Documents: 200,
		Start: 5 * time.Minute, // the first one compiles PDFium, which takes five seconds of a core that is free
		Page:  20 * time.Second, Document: 10 * time.Minute, Idle: time.Minute,
	}
}

// maxFailures is how many pages of a file may end the process. Each is said to be
// unreadable, and the pages after it are read by another process.
const maxFailures = 3

// Read implements pdf.Reader.
func (p *Pool) Read(ctx context.Context, body []byte, l pdf.Limits, page func(pdf.Page) error) (pdf.Info, error) {
	p.once.Do(func() { p.turns = make(chan struct{}, max(p.Processes, 1)) })
	select {
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
	case <-ctx.Done():
		return pdf.Info{}, context.Cause(ctx)
	}
	r := reading{limits: l, page: page, time: p.Document}
	for failures := 1; ; failures++ {
		err := p.read(ctx, &r, body)
		var lost *lost
		switch {
		case !errors.As(err, &lost):
			return r.info, err
		case ctx.Err() != nil:
			return r.info, context.Cause(ctx)
		case r.time <= 0:
			return r.info, pdf.TooSlow(p.Document)
		case r.pages == 0 && lost.used && failures == 1: // it may have ended while it had nothing to do
			continue
		case r.pages == 0 || failures > maxFailures:
			return r.info, multivac.Errorf(multivac.ErrInvalid, "print it to a new PDF file and tell that", "the file cannot be read: %v", lost.cause)
		}
		if err := page(pdf.Page{Number: r.next + 1, Failed: lost.cause.Error()}); err != nil {
			return r.info, err
		}
		r.next++
	}
}

// A reading is a file that is being read.
type reading struct {
	limits pdf.Limits
	page   func(pdf.Page) error
	info   pdf.Info
	time   time.Duration // that the rest of it may take
	pages  int           // how many there are, or 0 before that is known
	next   int           // the page that comes next, from 0
}

// read reads a file from r.next on, with one process.
func (p *Pool) read(ctx context.Context, r *reading, body []byte) error {
	child, err := p.take(ctx)
	if err != nil {
		return err
	}
	begin := time.Now()
	err = child.read(ctx, p.Page, r, body)
	r.time -= time.Since(begin)
	var lost *lost
	if errors.As(err, &lost) {
		lost.used = child.count > 0
	}
	if child.count++; !child.atRest || child.count >= p.Documents {
		child.kill()
	} else {
		p.keep(child)
	}
	return err
}

// take returns a process that does nothing, or starts one.
func (p *Pool) take(ctx context.Context) (*process, error) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		child := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		child.rest.Stop()
		return child, nil
	}
	p.mu.Unlock()
	child, err := start(ctx, p.Command, p.Start)
	if err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("PDF files are read by a process apart, which cannot be started: %w", err)
	}
	return child, err
}

// keep keeps a process for the next file.
func (p *Pool) keep(child *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, child)
	child.rest = time.AfterFunc(p.Idle, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for i, c := range p.idle {
			if c == child {
				p.idle = append(p.idle[:i], p.idle[i+1:]...)
				child.kill()
				return
			}
		}
	})
}

// Close ends the processes that do nothing.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.idle {
		c.rest.Stop()
		c.kill()
	}
	p.idle = nil
}

// A lost error says why a process ended in a page.
type lost struct {
	cause error
	used  bool // it had read other files before
}

// Error implements error.
func (l *lost) Error() string { return l.cause.Error() }
