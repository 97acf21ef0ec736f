// Package bodies holds the bodies of requests, and what is made of them, in memory
// that is bounded for all requests together.
package bodies

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"

	"multivac"
	"multivac/internal/memory"
)

// Most is how many bytes a body that tells documents may have.
const Most = 64 << 20

// Bytes that all requests together may hold. There are several rooms, so that small
// requests do not wait for large ones.
const (
	otherRoom   = 8 << 20  // bodies that tell nothing, such as questions
	smallRoom   = 16 << 20 // the first smallBody bytes of each body that tells
	largeRoom   = 96 << 20 // bodies that are read as a whole, beyond that
	streamRoom  = 48 << 20 // lines and documents of bodies that are told as they come, beyond that
	receiptRoom = 48 << 20 // what is said of each document
	smallBody   = 64 << 10
)

// unpackers is how many requests at a time may turn a large or packed body into
// documents: each has a batch of documents in memory while it does.
const unpackers = 3

// How long a request waits for room, and for its turn to unpack, before it gets an
// ErrUnavailable.
const (
	roomTimeout = 5 * time.Second
	turnTimeout = 20 * time.Second
	comeAgain   = 5 * time.Second
)

// A Room bounds the memory that the bodies of all requests take.
type Room struct{ other, small, large, stream, receipts, turns *semaphore.Weighted }

// NewRoom returns a room that is empty.
func NewRoom() *Room {
	return &Room{
		other: semaphore.NewWeighted(otherRoom), small: semaphore.NewWeighted(smallRoom),
		large: semaphore.NewWeighted(largeRoom), stream: semaphore.NewWeighted(streamRoom),
		receipts: semaphore.NewWeighted(receiptRoom), turns: semaphore.NewWeighted(unpackers),
	}
}

// A Hold is what one request holds of a room. Only one goroutine may use it.
type Hold struct {
	room    *Room
	held    map[*semaphore.Weighted]int64
	buffer  memory.Buffer
	longest int  // bytes that Append has taken room for
	whole   bool // the body was read as a whole
}

// Hold returns a hold of nothing. Release must be called in the end.
func (r *Room) Hold() *Hold { return &Hold{room: r, held: map[*semaphore.Weighted]int64{}} }

// take takes n of a room. Where there is no room for them for a while, it
// returns an ErrUnavailable that says to come again.
func (h *Hold) take(ctx context.Context, s *semaphore.Weighted, n int64, timeout time.Duration) error {
	if !s.TryAcquire(n) {
		waiting, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		if s.Acquire(waiting, n) != nil {
			if err := ctx.Err(); err != nil {
				return err
			}
			err := multivac.Errorf(multivac.ErrUnavailable, "send it again in some seconds", "other requests take all the memory that there is for bodies")
			err.RetryAfter = comeAgain
			return err
		}
	}
	h.held[s] += n
	return nil
}

func (h *Hold) give(s *semaphore.Weighted, n int64) {
	s.Release(n)
	h.held[s] -= n
}

// Unpack waits for the request's turn to turn a body into documents, which it
// has until Release.
func (h *Hold) Unpack(ctx context.Context) error {
	if h.held[h.room.turns] > 0 {
		return nil
	}
	return h.take(ctx, h.room.turns, 1, turnTimeout)
}

// Receipt takes room for n bytes that are said of one of many documents. Where
// the body is there as a whole, so that nothing but its turn keeps a request
// waiting, it waits for that.
func (h *Hold) Receipt(ctx context.Context, n int) error {
	if h.whole {
		if err := h.Unpack(ctx); err != nil {
			return err
		}
	}
	return h.take(ctx, h.room.receipts, int64(n), roomTimeout)
}

// Document takes room for n bytes of a document that waits to be told with
// others, or reports that there is none now. One that had to wait for a turn to
// unpack has room already.
func (h *Hold) Document(n int) bool {
	if h.held[h.room.turns] > 0 {
		return true
	}
	if !h.room.stream.TryAcquire(int64(n)) {
		return false
	}
	h.held[h.room.stream] += int64(n)
	return true
}

// Told gives back the room of all documents, which wait no longer.
func (h *Hold) Told() {
	if n := h.held[h.room.stream] - int64(h.longest); n > 0 {
		h.give(h.room.stream, n)
	}
}

// Finish gives back all that is held but the room of receipts. The body must
// not be used any more.
func (h *Hold) Finish() {
	h.buffer.Free()
	for s, n := range h.held {
		if s != h.room.receipts {
			h.give(s, n)
		}
	}
}

// Release gives back all that is held.
func (h *Hold) Release() {
	h.Finish()
	h.give(h.room.receipts, h.held[h.room.receipts])
}
