package cli

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// A progress shows a line about long work on a terminal, below the messages. If
// w is no terminal, or quiet is set, it shows none.
type progress struct {
	line func(elapsed time.Duration) string

	mu    sync.Mutex // guards w and shown
	w     io.Writer
	shown bool
	stop  chan struct{}
	ended sync.WaitGroup
}

func newProgress(w io.Writer, quiet bool, line func(elapsed time.Duration) string) *progress {
	p := &progress{line: line, w: w, stop: make(chan struct{})}
	if !quiet && isTerminal(w) {
		p.ended.Go(p.draw)
	}
	return p
}

// Printf prints a message on a line of its own, with control characters
// escaped.
func (p *progress) Printf(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	_ = say(p.w, format, args...)
}

// Close removes the line.
func (p *progress) Close() {
	close(p.stop)
	p.ended.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

func (p *progress) draw() {
	begun := time.Now()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			return
		case now := <-tick.C:
			line := p.line(now.Sub(begun))
			p.mu.Lock()
			p.clear()
			fmt.Fprint(p.w, line)
			p.shown = true
			p.mu.Unlock()
		}
	}
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}

// A tally counts what was read. Goroutines may call its methods concurrently.
type tally struct {
	total     int64 // in bytes, 0 if unknown
	bytes     atomic.Int64
	documents atomic.Int64
}

// reading counts what is read from r.
func (t *tally) reading(r io.Reader) io.Reader { return reading{r, t} }

type reading struct {
	io.Reader
	tally *tally
}

func (r reading) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.tally.bytes.Add(int64(n))
	return n, err
}

// line says how much of the work is done, how fast it is and, if that is known,
// how long it still takes.
func (t *tally) line(elapsed time.Duration) string {
	bytes, documents := t.bytes.Load(), t.documents.Load()
	line := size(bytes)
	if t.total > 0 {
		line += " of " + size(t.total)
	}
	seconds := max(elapsed.Seconds(), 0.001)
	line += fmt.Sprintf(", %s, %.0f/s", count(int(documents), "document"), float64(documents)/seconds)
	return line + left(bytes, t.total, elapsed)
}

// left returns how long the rest takes at the average pace so far.
func left(done, total int64, elapsed time.Duration) string {
	if done <= 0 || done > total || elapsed < time.Second {
		return ""
	}
	rest := time.Duration(float64(elapsed) * float64(total-done) / float64(done))
	return ", " + rest.Round(time.Second).String() + " left"
}
