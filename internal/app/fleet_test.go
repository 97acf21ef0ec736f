package app

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/store"
	"multivac/internal/store/storetest"
)

// fleet is a shared store with nothing in it.
type fleet struct {
	store.Store // nil
	*storetest.Fleet
}

// During an upgrade, programs of several versions have the store: those that
// can live beside each other do, and of the others the later one does not
// start, and says what to do first.
func TestMixedVersions(t *testing.T) {
	const first, next = 1, 2
	f := func(name string, there, comes forms, want string) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := fleet{Fleet: &storetest.Fleet{}}
				old, err := join(t.Context(), s, Web, there)
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- old.run(ctx) }()
				m, err := join(t.Context(), s, Worker, comes)
				switch {
				case want == "" && err != nil:
					t.Errorf("it does not start: %v", err)
				case want != "" && (!errors.Is(err, multivac.ErrInUse) || !strings.Contains(err.Error(), want)):
					t.Errorf("it starts with %v, want %q", err, want)
				}
				if m != nil {
					m.leave(t.Context())
				}
				time.Sleep(time.Minute)
				cancel()
				if err := <-ended; err != nil {
					t.Errorf("what was there before ended: %v", err)
				}
			})
		})
	}
	f("the same", forms{first, first}, forms{first, first}, "")
	f("a newer one that writes what the old one reads", forms{first, first}, forms{next, first}, "")
	f("an older one beside it", forms{next, first}, forms{first, first}, "")
	f("a newer one that the old one cannot read", forms{first, first}, forms{next, next}, "stop every web of version")
	f("an older one that comes too late", forms{next, next}, forms{first, first}, "upgrade this worker to version")
}

// What died is not waited for longer than it takes to know.
func TestAProcessThatDiedIsNoHindrance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fleet{Fleet: &storetest.Fleet{}}
		if _, err := join(t.Context(), s, Web, forms{1, 1}); err != nil { // and says no more
			t.Fatal(err)
		}
		begin := time.Now()
		_, err := join(t.Context(), s, Web, forms{2, 2})
		if took := time.Since(begin); err != nil || took < missing || took > missing+beat {
			t.Errorf("joined after %s: %v", took, err)
		}
	})
}

// Two that cannot live beside each other and come at the same time: one at most
// does, and the other says why.
func TestRivalsThatStartAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fleet{Fleet: &storetest.Fleet{}}
		joined := make(chan error, 2)
		for _, f := range []forms{{1, 1}, {2, 2}} {
			go func() {
				m, err := join(t.Context(), s, Web, f)
				if err == nil {
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					err = m.run(ctx)
				}
				joined <- err
			}()
		}
		a, b := <-joined, <-joined
		if (a == nil) == (b == nil) {
			t.Errorf("of two rivals, one goes on: %v, %v", a, b)
		}
	})
}
