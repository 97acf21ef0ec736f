package app

import (
	"context"

	"multivac"
	"multivac/internal/cache"
	"multivac/internal/follow"
	"multivac/internal/store"
	"multivac/internal/telemetry"
	"multivac/internal/tell"
)

// measure connects the telemetry to everything that it measures.
func (a *App) measure() {
	t := a.telemetry
	t.Status(func() (multivac.Status, error) {
		st, err := a.Status(context.Background())
		if err != nil {
			a.log().Warn("the status cannot be measured", "error", err)
		}
		return st, err
	})
	t.Backlog(func() telemetry.Backlog {
		ctx, cancel := context.WithTimeout(context.Background(), statusTimeout)
		defer cancel()
		return telemetry.Backlog(tell.MeasureBacklog(ctx, a.store, a.queue))
	})
	t.StoreOperations(store.Watched...)
	t.Gauge("multivac_documents_outdated", "Documents answered from that are still to be cut anew or enriched.", func() float64 { return float64(a.refresher.Left()) })
	if a.web != nil {
		a.Verbs = t.Verbs(a.Verbs)
		t.Cache(func() telemetry.CacheNumbers { return numbers(a.web.answers.Stats()) })
		a.measureFollower(a.web.follower)
	}
}

// measureFollower connects the telemetry to the follower, which measures how
// the index follows the store.
func (a *App) measureFollower(f *follow.Follower) {
	f.Events.Retried = func(err error) { a.log().Warn("the index waits for the store and tries again", "error", err) }
	t, lag := a.telemetry, follow.NewLag(f)
	t.Gauge("multivac_index_bytes", "Memory that the index takes, about.", func() float64 { return float64(a.web.index.Bytes()) })
	t.Gauge("multivac_follow_lag_seconds", "How long the index has stood still behind the store, as seen from one scrape to the next; 0 where it does not.",
		func() float64 { return lag.Measure(context.Background()).Seconds() })
	t.Counter("multivac_follow_changes_total", "Changes of the store that the index has followed.", func() float64 { return float64(f.Stats().Changes) })
	t.Counter("multivac_follow_batches_total", "Steps in which it did.", func() float64 { return float64(f.Stats().Batches) })
	t.Counter("multivac_follow_rebuilds_total", "Times that the whole index was made, the start among them.", func() float64 { return float64(f.Stats().Rebuilds) })
}

func numbers(s cache.Stats) telemetry.CacheNumbers {
	n := telemetry.CacheNumbers{Near: s.Hits, Far: s.FarHits, Misses: s.Misses, Evictions: s.Evictions, Answers: s.Answers, Bytes: s.Bytes,
		FarMisses: s.Far.Misses, FarErrors: s.Far.Errors, FarLeftOut: s.Far.Skipped, FarNodes: len(s.Far.Nodes)}
	for _, node := range s.Far.Nodes {
		if node.Open {
			n.FarNodesDown++
		}
	}
	return n
}
