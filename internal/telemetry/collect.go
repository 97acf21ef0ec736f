package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"multivac"
)

// CacheNumbers are the numbers of the cache of answers. Counters only rise.
type CacheNumbers struct {
	Near, Far, Misses uint64 // answers found in this process, found in the far cache, and computed
	Evictions         uint64 // in this process
	Answers           int    // held in this process
	Bytes             uint64 // their size

	// The other numbers are those of the far cache.
	FarMisses, FarErrors, FarLeftOut uint64 // look-ups that found nothing, that failed, and that were not made
	FarNodes, FarNodesDown           int
}

// Cache adds the metrics of the cache of answers.
func (t *Telemetry) Cache(read func() CacheNumbers) {
	one := collected{}
	requests := one.add("multivac_cache_requests_total", "Answers looked up in the cache, by result (hit, miss).", "result")
	hits := one.add("multivac_cache_hits_total", "Answers found in the cache, by where (near: in this process; far: in Redis).", "where")
	evictions := one.add("multivac_cache_evictions_total", "Answers that the near cache dropped because it had no room for them.")
	answers := one.add("multivac_cache_answers", "Answers kept in the near cache.")
	bytes := one.add("multivac_cache_bytes", "Bytes of the answers kept in the near cache, about.")
	far := one.add("multivac_cache_far_requests_total", "Questions to the far cache, by result (hit, miss, error; skipped where its node had not answered before, or there was none).", "result")
	nodes := one.add("multivac_cache_far_nodes", "Nodes of the far cache, by state (up; down where one does not answer and is only tried).", "state")
	one.read = func(send sender) {
		n := read()
		send.counter(requests, n.Near+n.Far, "hit")
		send.counter(requests, n.Misses, "miss")
		send.counter(hits, n.Near, "near")
		send.counter(hits, n.Far, "far")
		send.counter(evictions, n.Evictions)
		send.gauge(answers, float64(n.Answers))
		send.gauge(bytes, float64(n.Bytes))
		send.counter(far, n.Far, "hit")
		send.counter(far, n.FarMisses, "miss")
		send.counter(far, n.FarErrors, "error")
		send.counter(far, n.FarLeftOut, "skipped")
		send.gauge(nodes, float64(n.FarNodes-n.FarNodesDown), "up")
		send.gauge(nodes, float64(n.FarNodesDown), "down")
	}
	t.ours.MustRegister(one)
}

// A Backlog is the work that waits for workers.
type Backlog struct {
	Oldest time.Time // since when the document that was told first waits; zero if none waits
	Known  bool      // false if the store did not answer
	Queued int       // hints in the queue; negative if the queue did not answer
}

// Backlog adds metrics of how much waits for workers, and for how long. It
// calls read once per collection of metrics.
func (t *Telemetry) Backlog(read func() Backlog) {
	one := collected{}
	oldest := one.add("multivac_documents_pending_oldest_seconds", "Time for which the longest-waiting document has been pending; 0 where none is.")
	queued := one.add("multivac_queue_tasks", "Tasks that wait in the queue for a worker.")
	one.read = func(send sender) {
		b := read()
		if b.Known {
			age := 0.0
			if !b.Oldest.IsZero() {
				age = max(0, time.Since(b.Oldest).Seconds())
			}
			send.gauge(oldest, age)
		}
		if b.Queued >= 0 {
			send.gauge(queued, float64(b.Queued))
		}
	}
	t.ours.MustRegister(one)
}

// Status adds metrics of how far the index is. It calls read once per
// collection of metrics, and leaves out what read could not find out because of
// its error.
func (t *Telemetry) Status(read func() (multivac.Status, error)) {
	one := collected{}
	ready := one.add("multivac_ready", "1 where /readyz says that it is ready, else 0.")
	pending := one.add("multivac_documents_pending", "Documents kept and not yet answered from.")
	indexed := one.add("multivac_documents_indexed", "Documents answered from.")
	passages := one.add("multivac_passages_indexed", "Passages answered from.")
	one.read = func(send sender) {
		now, err := read()
		is := 0.0
		if now.Ready && err == nil {
			is = 1
		}
		send.gauge(ready, is)
		if err == nil {
			send.gauge(pending, float64(now.Pending))
		}
		send.gauge(indexed, float64(now.Documents))
		send.gauge(passages, float64(now.Passages))
	}
	t.ours.MustRegister(one)
}

// collected are metrics whose numbers are read together.
type collected struct {
	all  []*prometheus.Desc
	read func(sender)
}

func (c *collected) add(name, help string, labels ...string) *prometheus.Desc {
	d := prometheus.NewDesc(name, help, labels, nil)
	c.all = append(c.all, d)
	return d
}

func (c collected) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range c.all {
		ch <- d
	}
}

func (c collected) Collect(ch chan<- prometheus.Metric) { c.read(sender(ch)) }

type sender chan<- prometheus.Metric

func (s sender) gauge(d *prometheus.Desc, v float64, labels ...string) {
	s <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func (s sender) counter(d *prometheus.Desc, v uint64, labels ...string) {
	s <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
}
