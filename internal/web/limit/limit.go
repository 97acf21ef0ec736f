// Package limit limits what requests may use: their bodies, their time, and the
// memory of all answers that clients have not read yet.
package limit

import (
	"context"
	"io"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"multivac/internal/web/route"
)

// AnswerTime is how much longer a connection lives than the context of its
// request. In this time the handler can still say why it gave up.
const AnswerTime = 5 * time.Second

const (
	slowStart    = 30 * time.Second // that a paced body has, and
	slowest      = 32 << 10         // bytes that have to come in each second after that
	drainTimeout = 5 * time.Second
)

// Limits are the limits of all requests of a server together.
type Limits struct {
	stop    context.Context
	answers *semaphore.Weighted // bytes
}

// New returns limits. Requests under way end when stop does.
func New(stop context.Context) *Limits {
	return &Limits{stop: stop, answers: semaphore.NewWeighted(maxAnswers)}
}

// Connection limits the body of a request and the life of its connection. A
// [Term] limits its context.
func Connection(b route.Bounds, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, end := http.NewResponseController(w), time.Now().Add(b.Time)
		if r.Body != http.NoBody {
			_ = conn.SetReadDeadline(end.Add(AnswerTime)) // a recorder in a test has none
			r.Body = http.MaxBytesReader(w, r.Body, b.Body)
			if b.Paced {
				r.Body = &paced{ReadCloser: r.Body, conn: conn, begun: time.Now(), end: end.Add(AnswerTime), waits: r.Header.Get("Expect") != ""}
			}
		}
		_ = conn.SetWriteDeadline(end.Add(2 * AnswerTime))
		out := &steadyWriter{ResponseWriter: w, free: piece, credit: slowReader}
		if b.Endless {
			out.free = 0
		}
		next.ServeHTTP(out, r)
	})
}

// A paced body ends with an error if it comes too slowly, because the part that
// has come is in memory that other requests wait for.
type paced struct {
	io.ReadCloser
	conn       *http.ResponseController
	begun, end time.Time
	bytes      int64
	waits      bool // for "100 Continue"
}

// Drain reads the rest of a refused, paced body, for at most drainTimeout.
// Without it, a client that sends the whole body before it reads would not see
// the answer. A client that waits for "100 Continue" has not sent a body.
func Drain(body io.Reader) {
	if p, ok := body.(*paced); ok && !p.waits {
		p.end = time.Now().Add(drainTimeout)
		_, _ = io.Copy(io.Discard, p) // it is refused either way
	}
}

// Read implements io.Reader.
func (p *paced) Read(b []byte) (int, error) {
	due := p.begun.Add(slowStart + time.Duration(p.bytes)*time.Second/slowest)
	if due.Before(p.end) {
		_ = p.conn.SetReadDeadline(due)
	} else {
		_ = p.conn.SetReadDeadline(p.end)
	}
	n, err := p.ReadCloser.Read(b)
	p.bytes += int64(n)
	return n, err
}
