package fleet

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/store/storetest"
)

// During an upgrade, programs of several versions have the store. Those that
// can run next to each other do. Of two that cannot, the later one does not
// start, and says what to do first.
func TestMixedVersions(t *testing.T) {
	const first, next = 1, 2
	f := func(name string, there, comes Forms, want string) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &storetest.Fleet{}
				old, err := Join(t.Context(), s, "web", "1.0", there)
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- old.Run(ctx) }()
				m, err := Join(t.Context(), s, "worker", "1.0", comes)
				switch {
				case want == "" && err != nil:
					t.Errorf("it does not start: %v", err)
				case want != "" && (!errors.Is(err, multivac.ErrInUse) || !strings.Contains(err.Error(), want)):
					t.Errorf("it starts with %v, want %q", err, want)
				}
				if m != nil {
					m.Leave(t.Context())
				}
				time.Sleep(time.Minute)
				cancel()
				if err := <-ended; err != nil {
					t.Errorf("what was there before ended: %v", err)
				}
			})
		})
	}
	f("the same", Forms{first, first}, Forms{first, first}, "")
	f("a newer one that writes what the old one reads", Forms{first, first}, Forms{next, first}, "")
	f("an older one next to it", Forms{next, first}, Forms{first, first}, "")
	f("a newer one that the old one cannot read", Forms{first, first}, Forms{next, next}, "stop every web of version")
	f("an older one that comes too late", Forms{next, next}, Forms{first, first}, "upgrade this worker to version")
}

// A process that died delays another one only until it is known to have gone.
func TestAProcessThatDiedIsNoHindrance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &storetest.Fleet{}
		if _, err := Join(t.Context(), s, "web", "1.0", Forms{1, 1}); err != nil { // and never beats again
			t.Fatal(err)
		}
		begin := time.Now()
		_, err := Join(t.Context(), s, "web", "1.0", Forms{2, 2})
		if took := time.Since(begin); err != nil || took < goneAfter || took > goneAfter+heartbeatInterval {
			t.Errorf("joined after %s: %v", took, err)
		}
	})
}

// Of two that cannot run next to each other and start at the same time, one
// runs, and the other says why it does not.
func TestRivalsThatStartAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &storetest.Fleet{}
		joined := make(chan error, 2)
		for _, f := range []Forms{{1, 1}, {2, 2}} {
			go func() {
				m, err := Join(t.Context(), s, "web", "1.0", f)
				if err == nil {
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					err = m.Run(ctx)
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
