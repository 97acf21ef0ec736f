package bodies

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
)

// readSize is the least number of bytes that are read of a body at a time.
const readSize = 4 << 10

// Read reads the body of a request that tells, up to its end or to most bytes.
// It takes room for all of a large body before it reads, so that two requests
// never wait for each other. The bytes may be used until Release, which frees
// them.
func (h *Hold) Read(r *http.Request, most int) ([]byte, error) {
	ctx := r.Context()
	h.whole = true
	expected := int64(most)
	if r.ContentLength >= 0 {
		expected = min(expected, r.ContentLength)
	}
	if r.ContentLength > smallBody {
		if err := h.take(ctx, h.room.large, expected, roomTimeout); err != nil {
			return nil, err
		}
	}
	for read := 0; read < most; read = len(h.buffer.Bytes()) {
		free := h.buffer.Reserve(min(readSize, most-read))
		n, err := r.Body.Read(free[:min(len(free), most-read)])
		h.buffer.Extend(n)
		if full := h.count(ctx, n, expected); full != nil {
			return nil, full
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if spare := h.held[h.room.large] - int64(len(h.buffer.Bytes())); spare > 0 {
		h.give(h.room.large, spare)
	}
	return h.buffer.Bytes(), nil
}

// count takes room for n more bytes of a body. expected is the most bytes that the
// body may have. A body that turns out to be large takes room for all of them.
func (h *Hold) count(ctx context.Context, n int, expected int64) error {
	switch {
	case h.held[h.room.large] > 0:
		return nil
	case len(h.buffer.Bytes()) > smallBody:
		return h.take(ctx, h.room.large, expected, roomTimeout)
	}
	return h.take(ctx, h.room.small, int64(n), roomTimeout)
}

// Take returns a copy of b, a result of Read, and frees b, which must not be
// used any more. The copy stays valid after Release.
func (h *Hold) Take(b []byte) []byte {
	b = bytes.Clone(b)
	h.buffer.Free()
	return b
}

// Append adds p to the bytes that Bytes returns, for a body that is read in
// pieces. Reset removes them.
func (h *Hold) Append(ctx context.Context, p []byte) error {
	if more := len(h.buffer.Bytes()) + len(p) - h.longest; more > 0 {
		if err := h.take(ctx, h.room.stream, int64(more), roomTimeout); err != nil {
			return err
		}
		h.longest += more
	}
	h.buffer.Append(p)
	return nil
}

// Bytes returns the bytes that were appended since Reset. They may be used
// until the next Append or Release.
func (h *Hold) Bytes() []byte { return h.buffer.Bytes() }

// Reset removes the appended bytes.
func (h *Hold) Reset() { h.buffer.Reset() }

// Reader counts the bytes read of a body that does not tell. They count as held
// until Release.
func (h *Hold) Reader(r *http.Request) io.ReadCloser { return &counted{r.Body, h, r.Context()} }

type counted struct {
	io.ReadCloser
	hold *Hold
	ctx  context.Context
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	if full := c.hold.take(c.ctx, c.hold.room.other, int64(n), roomTimeout); full != nil {
		return 0, full
	}
	return n, err
}
