package memory

import (
	"context"
	"log/slog"
	"math"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

const (
	// containerShare is how much of the container's memory the Go heap and the
	// memory outside it may have together.
	containerShare = 0.9
	// minHeap is how many bytes the heap may have, however much lies outside it.
	minHeap = 64 << 20
	// limitInterval is the time between two computations of the limit.
	limitInterval = 5 * time.Second
)

// LimitHeap makes the garbage collector keep the heap within the memory of the
// container, less what lies outside the heap, until ctx ends. Where the
// container has no limit, neither has the heap. A GOMEMLIMIT in the environment
// goes before.
func LimitHeap(ctx context.Context, log *slog.Logger) {
	limit, err := memlimit.Set(memlimit.WithRatio(1), memlimit.WithMin(minHeap),
		memlimit.WithProvider(heapLimit(memlimit.FromCgroup)), memlimit.WithRefreshInterval(ctx, limitInterval))
	switch {
	case err != nil:
		log.Warn("the container's memory limit cannot be read; the heap may outgrow it", "error", err, "remedy", "set GOMEMLIMIT")
	case limit < math.MaxInt64:
		log.Info("the heap has a limit", "bytes", limit)
	}
}

// heapLimit returns what the container's memory leaves for the heap.
func heapLimit(container memlimit.Provider) memlimit.Provider {
	return func() (uint64, error) {
		limit, err := container()
		if err != nil {
			return 0, err
		}
		return uint64(max(0, float64(limit)*containerShare-float64(Allocated()))), nil
	}
}
