package bodies_test

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/web/bodies"
)

// TestRead checks that a body is read as it was sent, whatever its length and
// its pieces, and that all its room is freed.
func TestRead(t *testing.T) {
	room := bodies.NewRoom()
	f := func(size, most int, known bool) {
		t.Helper()
		text := strings.Repeat("0123456789", size/10+1)[:size]
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/", iotest.HalfReader(strings.NewReader(text)))
		if known {
			r.ContentLength = int64(size)
		}
		h := room.Hold()
		defer h.Release()
		if b, err := h.Read(r, most); err != nil || string(b) != text[:min(size, most)] {
			t.Errorf("%d bytes, at most %d: got %d, %v", size, most, len(b), err)
		}
	}
	for _, known := range []bool{true, false} {
		for range 3 { // more than there is room for at a time
			for _, size := range []int{0, 1, 4095, 4096, 4097, 64 << 10, 64<<10 + 1, 1 << 20, 40 << 20, bodies.Most} {
				f(size, bodies.Most+1, known)
			}
			f(1<<20, 1000, known)
			f(1<<20, 100_000, known)
		}
	}
}

// A request that finds no room waits for a while. It takes the room that others
// give back in this time, and is told to come again if there is none.
func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := bodies.NewRoom()
		read := func(ctx context.Context, size int64) (*bodies.Hold, error) {
			r := httptest.NewRequestWithContext(ctx, "POST", "/", io.LimitReader(zeros{}, size))
			r.ContentLength = size
			h := room.Hold()
			_, err := h.Read(r, bodies.Most+1)
			return h, err
		}
		first, err := read(t.Context(), 60<<20)
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		h, err := read(t.Context(), 60<<20)
		var told *multivac.Error
		if !errors.Is(err, multivac.ErrUnavailable) || !errors.As(err, &told) || told.RetryAfter <= 0 || time.Since(begun) != 5*time.Second {
			t.Errorf("after %v: got %v", time.Since(begun), err)
		}
		h.Release()
		for _, size := range []int64{1000, 60_000, 30 << 20} { // smaller bodies have a room of their own, or the rest
			h, err := read(t.Context(), size)
			if err != nil {
				t.Errorf("%d bytes: %v", size, err)
			}
			h.Release()
		}
		stopped, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		h, err = read(stopped, 60<<20)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a request that ended: got %v", err)
		}
		h.Release()
		time.AfterFunc(time.Second, first.Release)
		h, err = read(t.Context(), 60<<20)
		if err != nil {
			t.Errorf("once there is room: %v", err)
		}
		h.Release()
	})
}

// 3 requests unpack at a time. One that reads its answer slowly does not count.
func TestUnpack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := bodies.NewRoom()
		var holds []*bodies.Hold
		for range 3 {
			h := room.Hold()
			holds = append(holds, h)
			if err := errors.Join(h.Unpack(t.Context()), h.Unpack(t.Context()), h.Receipt(t.Context(), 1000)); err != nil {
				t.Fatal(err)
			}
		}
		h := room.Hold()
		if err := h.Unpack(t.Context()); !errors.Is(err, multivac.ErrUnavailable) {
			t.Errorf("got %v, want to be told to come again", err)
		}
		holds[1].Finish()
		if err := h.Unpack(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
