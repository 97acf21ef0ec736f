package memory

import (
	"context"
	"log/slog"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// What lies outside the heap is taken from what the heap may have.
func TestHeapLimit(t *testing.T) {
	f := func(outside int, want int64) {
		t.Helper()
		apart := Allocate(outside)
		defer Free(apart)
		want -= Allocated() - int64(outside) // of other tests
		if got, err := heapLimit(memlimit.Limit(1 << 30))(); err != nil || int64(got) != want {
			t.Errorf("with %d bytes outside: got %d, %v, want %d", outside, got, err, want)
		}
	}
	f(1, 966367641-1)
	f(100<<20, 966367641-100<<20)
}

func TestGOMEMLIMITGoesBefore(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "123MiB")
	before := debug.SetMemoryLimit(123 << 20)
	defer debug.SetMemoryLimit(before)
	var log strings.Builder
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	LimitHeap(ctx, slog.New(slog.NewTextHandler(&log, nil)))
	if got := debug.SetMemoryLimit(-1); got != 123<<20 || !strings.Contains(log.String(), "bytes=128974848") {
		t.Errorf("got %d, and the log %q", got, log.String())
	}
}
