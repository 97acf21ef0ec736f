package cache

import (
	"fmt"
	"testing"

	"multivac/internal/servers"
)

// Measures what doc/explanation/cache.md says about the two policies: 500
// questions are asked often. Then other questions are asked once each, 3 times
// as many as the node has room for.
func TestPolicies(t *testing.T) {
	const hot, room = 500, 5600 // answers of 1 KB in 8 MiB
	stay, rate := map[string]int{}, map[string]float64{}
	for _, policy := range []string{"allkeys-lru", "allkeys-lfu"} {
		_, addrs := nodes(t, 1, servers.RedisOptions{MaxMemory: "8mb", Policy: policy})
		r := newRing(t, RingOptions{Addrs: addrs})
		warm := func() {
			fillUp(r, 0, hot)
			for range 10 {
				found(t, r, hot)
			}
		}
		warm()
		fillUp(r, hot, hot+3*room)
		stay[policy] = found(t, r, hot)

		// The same while the frequent questions go on, 1 for each 20 new ones.
		warm()
		hits, asked := 0, 0
		for next := 10 * room; next < 13*room; next += 20 {
			fillUp(r, next, next+20)
			i := asked % hot
			asked++
			if _, ok := r.get(t.Context(), fmt.Sprint("key ", i)); ok {
				hits++
			} else {
				fillUp(r, i, i+1)
			}
		}
		rate[policy] = float64(hits) / float64(asked)
		t.Logf("%s: after the scan %d of %d hot answers are kept; asked on during one, %.0f%% are found", policy, stay[policy], hot, 100*rate[policy])
	}
	if stay["allkeys-lfu"] < hot*8/10 || stay["allkeys-lru"] > hot/2 {
		t.Errorf("kept are %v of %d, want most with lfu and few with lru", stay, hot)
	}
}
