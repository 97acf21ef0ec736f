package app_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"multivac"
	"multivac/internal/app"
	"multivac/internal/client"
)

// serve serves a data folder until stop is called. stop returns when everything
// has ended.
func serve(t *testing.T, data string) (at string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), app.Settings{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, app.Front{Listener: l}, app.Steps{}) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(stop)
	return "http://" + l.Addr().String(), stop
}

func connect(t *testing.T, at string) *client.Client {
	t.Helper()
	c, err := client.New(at)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTellAskStopAndStartAgain(t *testing.T) {
	data := t.TempDir()
	at, stop := serve(t, data)
	receipts, err := connect(t, at).Tell(t.Context(), []multivac.Telling{
		{Source: "pump.md", Body: []byte("# Pump\n\nThe pump stops at 80 degrees.\n")},
	}, multivac.WaitIndexed)
	if err != nil || receipts[0].State != multivac.Indexed {
		t.Fatalf("tell: %+v, %v", receipts, err)
	}
	stop()

	at, _ = serve(t, data)
	answer, err := connect(t, at).Ask(t.Context(), multivac.Question{
		Text: "At how many degrees does the pump stop?", After: receipts[0].Position,
	})
	if want := "The pump stops at 80 degrees."; err != nil || answer.Text() != want {
		t.Errorf("asked after a restart: %q, %v, want %q", answer.Text(), err, want)
	}
}

func TestAFolderHasOneOwner(t *testing.T) {
	data := t.TempDir()
	serve(t, data)
	_, err := app.Open(t.Context(), app.Settings{Data: data})
	if !errors.Is(err, multivac.ErrInUse) {
		t.Errorf("second owner: %v, want an ErrInUse", err)
	}
}

// A document told while the server stops is either acknowledged and kept, or
// refused.
func TestStopUnderLoadLosesNothing(t *testing.T) {
	data := t.TempDir()
	at, stop := serve(t, data)
	c := connect(t, at)
	var (
		mu    sync.Mutex
		acked []multivac.DocumentID
		load  sync.WaitGroup
	)
	enough := make(chan struct{})
	for teller := range 8 {
		load.Go(func() {
			for n := 0; ; n++ {
				wait := multivac.Wait(n % 2)
				receipts, err := c.Tell(t.Context(), []multivac.Telling{{
					Source: fmt.Sprintf("%d/%d", teller, n), Body: fmt.Appendf(nil, "Crate %d of pile %d.", n, teller),
				}}, wait)
				if err != nil {
					return // the server has stopped
				}
				mu.Lock()
				if acked = append(acked, receipts[0].ID); len(acked) == 40 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	stop()
	load.Wait()

	a, err := app.Open(t.Context(), app.Settings{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()
	for _, id := range acked {
		if _, err := a.Document(t.Context(), id); err != nil {
			t.Errorf("document %s of %d was acknowledged: %v", id, len(acked), err)
		}
	}
	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
}

func TestColdStart(t *testing.T) {
	begin := time.Now()
	at, _ := serve(t, t.TempDir())
	for {
		r, err := http.Get(at + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode == http.StatusOK {
			break
		}
	}
	t.Logf("from nothing to ready in %s", time.Since(begin).Round(time.Millisecond))
}
