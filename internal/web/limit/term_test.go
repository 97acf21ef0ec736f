package limit

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestTerm checks that a term ends like a context, whether something waits for
// it or not.
func TestTerm(t *testing.T) {
	for _, one := range []struct {
		name string
		end  func(t *Term, stop func())
		want error
	}{
		{"nothing", func(*Term, func()) {}, nil},
		{"its time", func(*Term, func()) { time.Sleep(time.Minute) }, context.DeadlineExceeded},
		{"stop", func(_ *Term, stop func()) { stop() }, context.Canceled},
		{"the request", func(t *Term, _ func()) { t.Finish() }, context.Canceled},
	} {
		for _, waits := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				type key struct{}
				client, gone := context.WithCancel(context.WithValue(context.Background(), key{}, "value"))
				stop, cancel := context.WithCancel(context.Background())
				defer cancel()
				got := New(stop).Term(client, time.Minute)
				defer got.Finish()
				gone() // perhaps only half of the connection
				child := context.Context(got)
				if waits {
					var leave func()
					child, leave = context.WithCancel(got)
					defer leave()
				}
				if child.Value(key{}) != "value" {
					t.Errorf("waiting %v: got value %v, want value", waits, child.Value(key{}))
				}
				one.end(got, cancel)
				synctest.Wait()
				if err := child.Err(); !errors.Is(err, one.want) {
					t.Errorf("ended by %s, waiting %v: got %v, want %v", one.name, waits, err, one.want)
				}
				select {
				case <-got.Done():
					if one.want == nil {
						t.Errorf("ended by %s, waiting %v: it is done", one.name, waits)
					}
				default:
					if one.want != nil {
						t.Errorf("ended by %s, waiting %v: it is not done", one.name, waits)
					}
				}
				if err := got.Err(); !errors.Is(err, one.want) {
					t.Errorf("ended by %s, waiting %v, then: got %v, want %v", one.name, waits, err, one.want)
				}
			})
		}
	}
}
