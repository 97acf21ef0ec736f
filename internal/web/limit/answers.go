package limit

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"multivac"
)

// Large answers are in memory until their clients have read them.
const (
	maxAnswers  = 96 << 20             // bytes of all of them together
	answersWait = 5 * time.Second      // how long a request waits for room
	smallAnswer = 64 << 10             // smaller answers are not counted: the kernel's buffers take them
	readingText = 2 * multivac.MaxBody // the most bytes that reading a document takes
	readingRow  = 4 << 10              // bytes of a document in a list
	readingName = 256                  // bytes of a collection in a list
)

// A hold is the room for answers that one request has taken. Only one goroutine
// uses it at a time.
type hold struct {
	room  *semaphore.Weighted
	bytes int64
}

type holdKey struct{}

// take waits until there is room for bytes more of an answer.
func (h *hold) take(ctx context.Context, bytes int64) error {
	bytes = min(bytes, maxAnswers)
	if h.room.TryAcquire(bytes) {
		h.bytes += bytes
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, answersWait)
	defer cancel()
	if err := h.room.Acquire(waiting, bytes); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		err := multivac.Errorf(multivac.ErrUnavailable, "try again in some seconds", "other large answers are being read")
		err.RetryAfter = answersWait
		return err
	}
	h.bytes += bytes
	return nil
}

// keep frees all except bytes, or all if the answer is small.
func (h *hold) keep(bytes int64) {
	if bytes <= smallAnswer {
		bytes = 0
	}
	if bytes < h.bytes {
		h.room.Release(h.bytes - bytes)
		h.bytes = bytes
	}
}

// Bounded returns l with a limit for the large answers of all requests
// together. What it reads for a request with a [Term] takes part of one room
// until the request is over. If there is no room within answersWait, its
// methods return ErrUnavailable.
func Bounded(l multivac.Library) multivac.Library { return bounded{l} }

type bounded struct{ multivac.Library }

// withRoom calls read once there is room for bytes. The number of bytes that
// read returns as kept stays taken until the request is over.
func withRoom(ctx context.Context, bytes int64, read func() (kept int64, err error)) error {
	h, _ := ctx.Value(holdKey{}).(*hold)
	if h == nil { // the call belongs to no request
		_, err := read()
		return err
	}
	before := h.bytes
	if err := h.take(ctx, bytes); err != nil {
		return err
	}
	kept, err := read()
	h.keep(before + kept)
	return err
}

// Document implements multivac.Library.
func (b bounded) Document(ctx context.Context, id multivac.DocumentID) (d multivac.Document, err error) {
	err = withRoom(ctx, readingText, func() (int64, error) {
		d, err = b.Library.Document(ctx, id)
		return int64(len(d.Text) + len(d.Body)), err
	})
	return d, err
}

// Original implements multivac.Library.
func (b bounded) Original(ctx context.Context, id multivac.DocumentID) (t multivac.Telling, err error) {
	err = withRoom(ctx, readingText, func() (int64, error) {
		t, err = b.Library.Original(ctx, id)
		return int64(len(t.Body)), err
	})
	return t, err
}

// Documents implements multivac.Library.
func (b bounded) Documents(ctx context.Context, list multivac.Listing) (page multivac.Page, err error) {
	err = withRoom(ctx, int64(cmp.Or(list.Limit, 100))*readingRow, func() (int64, error) {
		page, err = b.Library.Documents(ctx, list)
		return int64(len(page.Documents)) * readingRow, err
	})
	return page, err
}

// Datum implements multivac.Library.
func (b bounded) Datum(ctx context.Context, collection multivac.CollectionName) (text string, err error) {
	err = withRoom(ctx, readingText, func() (int64, error) {
		text, err = b.Library.Datum(ctx, collection)
		return 2 * int64(len(text)), err // as it is, and once more as it is written
	})
	return text, err
}

// Status implements multivac.Library. The status is in memory anyway. Its JSON
// is not.
func (b bounded) Status(ctx context.Context) (multivac.Status, error) {
	st, err := b.Library.Status(ctx)
	if size := int64(len(st.Collections)) * readingName; err == nil && size > smallAnswer {
		err = withRoom(ctx, size, func() (int64, error) { return size, nil })
	}
	return st, err
}

// A client may take slowReader to read an answer, plus 1 second for each
// slowestRead bytes that it has read. Its credit never exceeds slowReader. The
// unread part is in memory that other requests wait for. For example, after a
// pause of 5 seconds the credit is 5 seconds less, and reading 5 times
// slowestRead bytes restores it.
const (
	slowReader  = 30 * time.Second
	slowestRead = 32 << 10
	piece       = 64 << 10 // bytes that are written together
)

// A steadyWriter fails when its client does not read.
type steadyWriter struct {
	http.ResponseWriter
	free   int           // bytes that may still be written under the deadline of the request
	credit time.Duration // the rest of slowReader
}

// Write implements io.Writer.
func (s *steadyWriter) Write(b []byte) (written int, err error) {
	if s.free -= len(b); s.free >= 0 { // nearly always
		return s.ResponseWriter.Write(b)
	}
	conn := http.NewResponseController(s.ResponseWriter)
	for len(b) > 0 && err == nil {
		n, begun := min(piece, len(b)), time.Now()
		_ = conn.SetWriteDeadline(begun.Add(s.credit)) // a recorder in a test has none
		n, err = s.ResponseWriter.Write(b[:n])
		s.credit += time.Duration(n)*time.Second/slowestRead - time.Since(begun)
		s.credit = min(s.credit, slowReader)
		written, b = written+n, b[n:]
	}
	return written, err
}

// Unwrap is for http.ResponseController.
func (s *steadyWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }
