package web_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"multivac"
	"multivac/internal/web"
)

// get requests a path on a connection of its own, and does not read the
// response.
func get(p pipes, path string) net.Conn {
	c := p.dial()
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
	return c
}

// head reads the head of a response.
func head(t *testing.T, c net.Conn) *http.Response {
	t.Helper()
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// However many clients do not read large documents, memory holds only a few of
// them. Other requests for large documents hear when to come again. Small
// documents are read at the same time or soon after.
func TestUnreadDocuments(t *testing.T) {
	slowly(t, func(t *testing.T, s *site, p pipes) {
		r := s.told("long.md", strings.Repeat(markdown, 12<<20/len(markdown)))
		small := s.told("small.md", markdown)
		const clients = 40
		statuses := make(chan int, clients)
		for range clients {
			go func() {
				c := get(p, "/api/v1/documents/"+string(r.ID))
				defer c.Close()
				begun := time.Now()
				answer, err := http.ReadResponse(bufio.NewReader(c), nil)
				if err != nil {
					statuses <- 0
					return
				}
				if answer.StatusCode == http.StatusServiceUnavailable {
					b, _ := io.ReadAll(answer.Body)
					if answer.Header.Get("Retry-After") == "" || !strings.Contains(string(b), "try again") || time.Since(begun) > 10*time.Second {
						t.Errorf("refused after %v with %v %s, want it soon and with what to do", time.Since(begun), answer.Header, b)
					}
				}
				statuses <- answer.StatusCode
				time.Sleep(time.Minute) // it reads no more
				if rest, _ := io.ReadAll(answer.Body); answer.StatusCode == http.StatusOK && len(rest) > 1<<20 {
					t.Errorf("after a minute of not reading there are still %d bytes, want the end", len(rest))
				}
			}()
		}
		served := 0
		for range clients {
			if status := <-statuses; status == http.StatusOK {
				served++
			} else if status != http.StatusServiceUnavailable {
				t.Errorf("got %d, want 200 or 503", status)
			}
		}
		if served == 0 || served > 8 {
			t.Errorf("%d large documents are in memory for clients that do not read them, want 1 to 8", served)
		}
		time.Sleep(2 * time.Minute)
		for _, id := range []string{string(small.ID), string(r.ID)} {
			c := get(p, "/api/v1/documents/"+id)
			defer c.Close()
			if r := head(t, c); r.StatusCode != http.StatusOK {
				t.Errorf("afterwards: got %s", r.Status)
			}
		}
	})
}

// A client that reads slowly, but steadily, gets everything.
func TestSteadyReader(t *testing.T) {
	slowly(t, func(t *testing.T, s *site, p pipes) {
		text := strings.Repeat(markdown, 5<<20/len(markdown))
		r := s.told("long.md", text)
		c := get(p, "/api/v1/documents/"+string(r.ID))
		defer c.Close()
		answer := head(t, c)
		var got bytes.Buffer
		for begun := time.Now(); ; time.Sleep(time.Second) {
			n, err := io.CopyN(&got, answer.Body, 40<<10)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("after %v and %d bytes, %d of them just now: %v", time.Since(begun), got.Len(), n, err)
			}
		}
		if !strings.Contains(got.String(), `"text":"# `) || got.Len() < len(text) {
			t.Errorf("got %d bytes of a text of %d", got.Len(), len(text))
		}
	})
}

// An endless export writes until a write fails.
type endless struct{ keeper }

func (*endless) Export(_ context.Context, w io.Writer, _ bool) error {
	for line := bytes.Repeat([]byte("x"), 64<<10); ; {
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
}

// 2 exports run at a time, and one that nobody reads ends.
func TestUnreadExports(t *testing.T) {
	slowly(t, func(t *testing.T, s *site, p pipes) {
		s.Handler = web.New(web.Options{Verbs: multivac.Verbs{Teller: s.Memory, Asker: s.Memory, Library: s.Memory, Keeper: &endless{}}})
		for range 2 {
			c := get(p, "/api/v1/export")
			defer c.Close()
			if r := head(t, c); r.StatusCode != http.StatusOK {
				t.Fatalf("got %s", r.Status)
			}
		}
		c, begun := get(p, "/api/v1/export"), time.Now()
		defer c.Close()
		r := head(t, c)
		b, _ := io.ReadAll(io.LimitReader(r.Body, r.ContentLength))
		if r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" || !strings.Contains(string(b), "2 exports are under way") {
			t.Errorf("the third got %s %s, want 503 and why", r.Status, b)
		}
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("it got that after %v", took)
		}
		time.Sleep(time.Minute) // the two are not read in this time
		c = get(p, "/api/v1/export")
		defer c.Close()
		if r := head(t, c); r.StatusCode != http.StatusOK {
			t.Errorf("after a minute: got %s, want an export", r.Status)
		}
	})
}
