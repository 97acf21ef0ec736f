// Package bodies limits the memory for the bodies of all requests, and for the
// documents made of them.
package bodies

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"

	"multivac"
	"multivac/internal/memory"
)

// Most is the size limit of a body that tells documents, in bytes.
const Most = 64 << 20

// How many bytes all requests together may hold. There are several rooms, so
// that small requests do not wait for large ones.
const (
	otherRoom   = 8 << 20  // bodies that do not tell, such as questions
	smallRoom   = 16 << 20 // the first smallBody bytes of each body that tells
	largeRoom   = 96 << 20 // bodies that are read as a whole, beyond smallBody
	streamRoom  = 48 << 20 // lines and documents of bodies that are told as they come, beyond smallBody
	receiptRoom = 48 << 20 // the receipts of documents
	smallBody   = 64 << 10
)

// unpackers is how many requests at a time may turn a large or packed body into
// documents. Each of them has a batch of documents in memory.
const unpackers = 3

// How long a request waits for room, and for its turn to unpack. After that it
// gets an ErrUnavailable.
const (
	roomTimeout = 5 * time.Second
	turnTimeout = 20 * time.Second
	comeAgain   = 5 * time.Second
)

// A Room limits the memory that the bodies of all requests take.
type Room struct{ other, small, large, stream, receipts, turns *semaphore.Weighted }

// NewRoom returns an empty room.
func NewRoom() *Room {
	return &Room{
		other: semaphore.NewWeighted(otherRoom), small: semaphore.NewWeighted(smallRoom),
		large: semaphore.NewWeighted(largeRoom), stream: semaphore.NewWeighted(streamRoom),
		receipts: semaphore.NewWeighted(receiptRoom), turns: semaphore.NewWeighted(unpackers),
	}
}

// A Hold is the part of a room that one request holds. Only one goroutine may
// use it.
type Hold struct {
	room    *Room
	held    map[*semaphore.Weighted]int64
	buffer  memory.Buffer
	longest int  // the number of bytes for which Append has taken room
	whole   bool // the body was read as a whole
}

// Hold returns an empty hold. The caller has to call Release in the end.
func (r *Room) Hold() *Hold { return &Hold{room: r, held: map[*semaphore.Weighted]int64{}} }

// take takes n bytes of a room. If there is no room for them within timeout, it
// returns an ErrUnavailable that says to try again.
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

// Unpack waits for the request's turn to turn a body into documents. The turn
// lasts until Release.
func (h *Hold) Unpack(ctx context.Context) error {
	if h.held[h.room.turns] > 0 {
		return nil
	}
	return h.take(ctx, h.room.turns, 1, turnTimeout)
}

// Receipt takes room for n bytes of a receipt of one of many documents. If the
// body was read as a whole, it first waits for the request's turn to unpack:
// that is then the only thing that the request still has to wait for.
func (h *Hold) Receipt(ctx context.Context, n int) error {
	if h.whole {
		if err := h.Unpack(ctx); err != nil {
			return err
		}
	}
	return h.take(ctx, h.room.receipts, int64(n), roomTimeout)
}

// Document takes room for n bytes of a document that waits to be told with
// others, or returns false if there is none. A request that had to wait for its
// turn to unpack already has room.
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

// Told frees the room of all documents, because they were told.
func (h *Hold) Told() {
	if n := h.held[h.room.stream] - int64(h.longest); n > 0 {
		h.give(h.room.stream, n)
	}
}

// Finish frees everything except the room of receipts. The body must not be
// used any more.
func (h *Hold) Finish() {
	h.buffer.Free()
	for s, n := range h.held {
		if s != h.room.receipts {
			h.give(s, n)
		}
	}
}

// Release frees everything.
func (h *Hold) Release() {
	h.Finish()
	h.give(h.room.receipts, h.held[h.room.receipts])
}
