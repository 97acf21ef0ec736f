package cache

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"multivac"
)

func answer(text string) multivac.Answer {
	return multivac.Answer{State: multivac.Answered, Sentences: []multivac.Quotation{{Text: text, End: len(text)}}}
}

// counted returns a computation that counts how often it runs.
func counted(n *atomic.Int64, text string) func(context.Context) (multivac.Answer, error) {
	return func(context.Context) (multivac.Answer, error) {
		n.Add(1)
		return answer(text), nil
	}
}

func TestAskedTwiceIsComputedOnce(t *testing.T) {
	c := New(1<<20, nil)
	var n atomic.Int64
	for range 2 {
		a, err := c.Do(t.Context(), "who", counted(&n, "Adell"))
		if err != nil || a.Text() != "Adell" {
			t.Fatalf(`Do("who"): got %q, %v, want "Adell"`, a.Text(), err)
		}
	}
	if a, err := c.Do(t.Context(), "where", counted(&n, "Mars")); err != nil || a.Text() != "Mars" {
		t.Errorf(`Do("where"): got %q, %v, want "Mars"`, a.Text(), err)
	}
	if got := n.Load(); got != 2 {
		t.Errorf("two keys, one asked twice: computed %d times, want 2", got)
	}
	s := c.Stats()
	if s.Hits != 1 || s.Misses != 2 || s.Answers != 2 || s.Bytes == 0 {
		t.Errorf("Stats: got %+v, want 1 hit, 2 misses, 2 answers of some bytes", s)
	}
}

func TestSimultaneousIsComputedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(0, nil) // even where nothing is kept
		var n atomic.Int64
		release := make(chan struct{})
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				a, err := c.Do(t.Context(), "who", func(ctx context.Context) (multivac.Answer, error) {
					<-release
					return counted(&n, "Lupov")(ctx)
				})
				if err != nil || a.Text() != "Lupov" {
					t.Errorf(`Do("who"): got %q, %v, want "Lupov"`, a.Text(), err)
				}
			})
		}
		synctest.Wait()
		close(release)
		all.Wait()
		if got := n.Load(); got != 1 {
			t.Errorf("20 at once: computed %d times, want 1", got)
		}
	})
}

func TestOneWhoGivesUpDoesNotFailTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(1<<20, nil)
		release := make(chan struct{})
		compute := func(ctx context.Context) (multivac.Answer, error) {
			select {
			case <-release:
				return answer("yes"), nil
			case <-ctx.Done():
				return multivac.Answer{}, ctx.Err()
			}
		}
		first, giveUp := context.WithCancel(t.Context())
		gone, stays := make(chan error, 1), make(chan error, 1)
		go func() { _, err := c.Do(first, "k", compute); gone <- err }()
		synctest.Wait()
		go func() { _, err := c.Do(t.Context(), "k", compute); stays <- err }()
		synctest.Wait()
		giveUp()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("the one who gave up: got %v, want context.Canceled", err)
		}
		close(release)
		if err := <-stays; err != nil {
			t.Errorf("the one who stayed: got %v, want an answer", err)
		}
	})
}

func TestNobodyWaitingEndsTheComputation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(1<<20, nil)
		ended := make(chan struct{})
		ctx, giveUp := context.WithCancel(t.Context())
		go c.Do(ctx, "k", func(ctx context.Context) (multivac.Answer, error) {
			<-ctx.Done()
			close(ended)
			return multivac.Answer{}, ctx.Err()
		})
		synctest.Wait()
		giveUp()
		<-ended
		a, err := c.Do(t.Context(), "k", counted(new(atomic.Int64), "later"))
		if err != nil || a.Text() != "later" {
			t.Errorf("Do after one that was given up: got %q, %v, want its own answer", a.Text(), err)
		}
	})
}

// After Forget, what was asked before is computed again. A computation that began
// before Forget is not kept, for it may hold what was forgotten.
func TestForget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(1<<20, nil)
		var n atomic.Int64
		f := func(want int64) {
			t.Helper()
			if _, err := c.Do(t.Context(), "who", counted(&n, "Adell")); err != nil || n.Load() != want {
				t.Errorf("computed %d times, %v, want %d", n.Load(), err, want)
			}
		}
		f(1)
		c.Forget()
		if s := c.Stats(); s.Answers != 0 {
			t.Errorf("%d answers are kept", s.Answers)
		}
		f(2)
		release := make(chan struct{})
		var waits sync.WaitGroup
		waits.Go(func() {
			a, err := c.Do(t.Context(), "where", func(ctx context.Context) (multivac.Answer, error) {
				<-release
				return counted(&n, "Mars")(ctx)
			})
			if err != nil || a.Text() != "Mars" {
				t.Errorf("who waits gets %q, %v", a.Text(), err)
			}
		})
		synctest.Wait()
		c.Forget()
		close(release)
		waits.Wait()
		if s := c.Stats(); s.Answers != 0 {
			t.Errorf("%d answers of before are kept", s.Answers)
		}
	})
}

func TestErrorsAreNotKept(t *testing.T) {
	c := New(1<<20, nil)
	broken := errors.New("broken")
	if _, err := c.Do(t.Context(), "k", func(context.Context) (multivac.Answer, error) { return multivac.Answer{}, broken }); !errors.Is(err, broken) {
		t.Errorf("Do with an error: got %v, want %v", err, broken)
	}
	if a, err := c.Do(t.Context(), "k", counted(new(atomic.Int64), "whole")); err != nil || a.Text() != "whole" {
		t.Errorf("Do after an error: got %q, %v, want an answer", a.Text(), err)
	}
}

func TestPanicReachesTheCaller(t *testing.T) {
	c := New(1<<20, nil)
	func() {
		defer func() {
			if p := fmt.Sprint(recover()); !strings.Contains(p, "out of tapes") {
				t.Errorf("panic: got %q, want what the computation panicked with", p)
			}
		}()
		c.Do(t.Context(), "k", func(context.Context) (multivac.Answer, error) { panic("out of tapes") })
	}()
	if a, err := c.Do(t.Context(), "k", counted(new(atomic.Int64), "whole")); err != nil || a.Text() != "whole" {
		t.Errorf("Do after a panic: got %q, %v, want an answer", a.Text(), err)
	}
}

func TestBoundInBytes(t *testing.T) {
	const room = 64 << 10
	c := New(room, nil)
	long := strings.Repeat("x", 1000)
	for i := range 1000 {
		if _, err := c.Do(t.Context(), fmt.Sprint(i), counted(new(atomic.Int64), long)); err != nil {
			t.Fatal(err)
		}
	}
	s := c.Stats()
	if s.Bytes > room || s.Answers < 10 || s.Answers > room/1000 {
		t.Errorf("1000 answers of 1000 bytes in %d bytes: got %+v", room, s)
	}
}

func BenchmarkHit(b *testing.B) {
	c := New(1<<20, nil)
	compute := counted(new(atomic.Int64), "Adell")
	for b.Loop() {
		if _, err := c.Do(b.Context(), "who", compute); err != nil {
			b.Fatal(err)
		}
	}
}

func TestEvictionsAreCounted(t *testing.T) {
	c := New(8<<10, nil)
	for i := range 200 {
		compute := func(context.Context) (multivac.Answer, error) { return multivac.Answer{Position: "1"}, nil }
		if _, err := c.Do(t.Context(), fmt.Sprintf("%0200d", i), compute); err != nil {
			t.Fatal(err)
		}
	}
	s := c.Stats()
	if kept := uint64(s.Answers) + s.Evictions; s.Evictions == 0 || kept != 200 {
		t.Errorf("of 200 answers %d are kept and %d evicted", s.Answers, s.Evictions)
	}
	c.Forget()
	if forgotten := c.Stats(); forgotten.Evictions != s.Evictions {
		t.Errorf("what is forgotten counts as evicted: %d before, %d after", s.Evictions, forgotten.Evictions)
	}
}
