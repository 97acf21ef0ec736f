package api

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/web/wire"
)

// telling is a request whose documents get receipts, without a server.
func telling(receipts ...wire.Receipt) *told {
	problem := func(_ context.Context, err error) *wire.Problem { return wire.ProblemOf(err) }
	return &told{server: &server{Options: Options{Problem: problem}}, ctx: context.Background(), receipts: receipts}
}

func TestWhatATellingIsAnswered(t *testing.T) {
	refused := wire.Receipt{Source: "a", Error: wire.ProblemOf(multivac.Errorf(multivac.ErrTooLarge, "split it", "too large"))}
	kept := wire.Receipt{ID: "1", Source: "b"}
	f := func(what string, tells *told, err error, one bool, want string) {
		t.Helper()
		got := "all is well"
		if p := tells.problem(err, one); p != nil {
			got = fmt.Sprintf("%d %s, %d documents", p.Status, p.Detail, len(p.Documents))
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	f("nothing", telling(), nil, false, "400 the request tells nothing, 0 documents")
	f("one that is kept", &told{receipts: []wire.Receipt{kept}, kept: 1}, nil, true, "all is well")
	f("one that is refused", &told{receipts: []wire.Receipt{refused}, refused: 1}, nil, true, "413 too large, 0 documents")
	f("all are refused", &told{receipts: []wire.Receipt{refused, refused}, refused: 2, first: place{format: "line %d", number: 1}}, nil, false, "413 line 1: too large, 2 documents")
	f("some are refused", &told{receipts: []wire.Receipt{refused, kept}, refused: 1, kept: 1}, nil, false, "all is well")
	f("the rest is unread", telling(kept, refused), multivac.Errorf(multivac.ErrInvalid, "mend it", "the form cannot be read"), false, "400 the form cannot be read, 2 documents")
}

// Of many refusals, the first are explained at length. The others share a
// problem.
func TestManyRefusals(t *testing.T) {
	tells, err := telling(), multivac.Errorf(multivac.ErrInvalid, "mend it", "it is broken")
	var last *wire.Problem
	for n := range maxExplained + 2 {
		p := tells.refuse(err, place{format: "line %d", number: n + 1})
		if explained := len(p.Errors) == 1; explained != (n < maxExplained) {
			t.Fatalf("refusal %d: explained is %v", n+1, explained)
		}
		if n == maxExplained+1 && p != last {
			t.Errorf("two refusals that are alike take memory twice")
		}
		last = p
	}
}

// A request waits for its turn, but not for long.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := newTurns(1, "another is under way")
		leave := make(chan bool)
		go one.during(t.Context(), func() error { <-leave; return nil })
		synctest.Wait()
		begun := time.Now()
		err := one.during(t.Context(), func() error { t.Error("two at a time"); return nil })
		var told *multivac.Error
		if !errors.Is(err, multivac.ErrUnavailable) || !errors.As(err, &told) || told.RetryAfter != turnAgain || time.Since(begun) != turnTimeout {
			t.Errorf("got %v after %s", err, time.Since(begun))
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := one.during(gone, func() error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("a client that has gone: got %v", err)
		}
		leave <- true
		synctest.Wait()
		if err := one.during(t.Context(), func() error { return multivac.ErrNotFound }); !errors.Is(err, multivac.ErrNotFound) {
			t.Errorf("after that: got %v", err)
		}
	})
}
