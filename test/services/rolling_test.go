package services

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A balancer sends each request to the next web that was ready at its last probe,
// as a Service of Kubernetes does.
type balancer struct {
	mu    sync.Mutex
	all   []*process
	ready []*process
	next  int
}

func (b *balancer) set(all ...*process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = all
}

// probe asks all webs again and again until stop is closed.
func (b *balancer) probe(stop <-chan struct{}) {
	for {
		b.mu.Lock()
		all := b.all
		b.mu.Unlock()
		var ready []*process
		for _, p := range all {
			if r, err := p.try("GET", "/readyz", "", ""); err == nil && r.status == http.StatusOK {
				ready = append(ready, p)
			}
		}
		b.mu.Lock()
		b.ready = ready
		b.mu.Unlock()
		select {
		case <-stop:
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (b *balancer) pick() *process {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.ready) == 0 {
		return nil
	}
	b.next++
	return b.ready[b.next%len(b.ready)]
}

// Under steady load, every web and every worker is replaced by another, one
// after the other, and no request fails.
func TestRollingRestart(t *testing.T) {
	s := newStage(t)
	web := func() *process { return s.start("web", "--linger", "1s").ready() }
	webs, workers := []*process{web(), web()}, []*process{s.start("worker").ready(), s.start("worker").ready()}
	b, stop := &balancer{all: webs, ready: webs}, make(chan struct{})
	var load sync.WaitGroup
	load.Go(func() { b.probe(stop) })
	var requests, failed atomic.Int64
	steady := func(do func(p *process, n int) (reply, error)) {
		load.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				case <-time.After(10 * time.Millisecond):
				}
				p := b.pick()
				if p == nil {
					t.Error("no web is ready")
					return
				}
				requests.Add(1)
				if r, err := do(p, n); err != nil || r.status >= 500 {
					failed.Add(1)
					t.Errorf("request %d: %d %s, %v", n, r.status, r.body, err)
				}
			}
		})
	}
	for i := range 2 {
		steady(func(p *process, n int) (reply, error) {
			return p.try("POST", "/api/v1/documents", "application/json", fmt.Sprintf(`{"source":"%d/%d","text":"Crate %d holds lamps."}`, i, n, n))
		})
		steady(func(p *process, n int) (reply, error) {
			return p.try("GET", "/api/v1/answer?question=What+holds+lamps", "", "")
		})
	}
	for i := range webs {
		next := web()
		b.set(webs[1-i], next, webs[i])
		webs[i].stop()
		b.set(webs[1-i], next)
		webs[i] = next
		workers[i].stop()
		workers[i] = s.start("worker").ready()
	}
	close(stop)
	load.Wait()
	t.Logf("%d requests, %d failed", requests.Load(), failed.Load())
	webs[0].until("/api/v1/documents?state=pending", func(r reply) bool { return r.body == `{"documents":[]}`+"\n" || r.body == `{"documents":[]}` })
}
