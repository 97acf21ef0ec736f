package app

import (
	"context"
	"log/slog"
	"math"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"multivac/internal/memory"
)

// memoryShare is how much of the container's memory the Go heap and the memory
// outside it may have together, memoryFloor what is left to the heap at least,
// and memoryRefresh how often that is reckoned again.
const (
	memoryShare   = 0.9
	memoryFloor   = 64 << 20
	memoryRefresh = 5 * time.Second
)

// LimitMemory has the garbage collector keep the heap within the memory that
// the container has, if that is limited, until ctx ends. GOMEMLIMIT goes before.
func LimitMemory(ctx context.Context, log *slog.Logger) {
	limit, err := memlimit.Set(memlimit.WithRatio(1), memlimit.WithMin(memoryFloor),
		memlimit.WithProvider(heapLimit(memlimit.FromCgroup)), memlimit.WithRefreshInterval(ctx, memoryRefresh))
	switch {
	case err != nil:
		log.Warn("the container's memory limit cannot be read; the heap may outgrow it", "error", err, "remedy", "set GOMEMLIMIT")
	case limit < math.MaxInt64:
		log.Info("the heap has a limit", "bytes", limit)
	}
}

// heapLimit returns what is left for the heap of what container gives.
func heapLimit(container memlimit.Provider) memlimit.Provider {
	return func() (uint64, error) {
		limit, err := container()
		if err != nil {
			return 0, err
		}
		return uint64(max(0, float64(limit)*memoryShare-float64(memory.Allocated()))), nil
	}
}
