package limit

import (
	"context"
	"io"
	"net/http"
	"time"

	"multivac/internal/web/route"
)

// Stream replaces [Connection] and [Term] for a response that is sent piece by
// piece. The response as a whole has no time limit, but each write has b.Time.
// The context of the request ends when the client goes or the server stops.
func (l *Limits) Stream(b route.Bounds, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn := http.NewResponseController(w)
		if r.Body != http.NoBody {
			_ = conn.SetReadDeadline(time.Now().Add(b.Time)) // a recorder in a test has none
			r.Body = &bodyOfStream{http.MaxBytesReader(w, r.Body, b.Body), conn}
		}
		hold := &hold{room: l.answers}
		defer hold.keep(0)
		ctx, cancel := context.WithCancel(context.WithValue(r.Context(), holdKey{}, hold))
		defer cancel()
		defer context.AfterFunc(l.stop, cancel)()
		next.ServeHTTP(&streamWriter{w, conn, b.Time, hold, cancel}, r.WithContext(ctx))
	})
}

// A bodyOfStream has a time limit only while it is read. A later deadline would
// look as if the client had gone.
type bodyOfStream struct {
	io.ReadCloser
	conn *http.ResponseController
}

// Read implements io.Reader.
func (b *bodyOfStream) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		_ = b.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}

// A streamWriter sends each write at once. If the client does not take it in
// time, the write fails and the context of the request ends.
type streamWriter struct {
	http.ResponseWriter
	conn   *http.ResponseController
	time   time.Duration
	hold   *hold // holds the memory of the piece that is being sent
	cancel func()
}

// Write implements io.Writer.
func (s *streamWriter) Write(b []byte) (int, error) {
	_ = s.conn.SetWriteDeadline(time.Now().Add(s.time))
	n, err := s.ResponseWriter.Write(b)
	if err == nil {
		err = s.conn.Flush()
	}
	if err != nil {
		s.cancel()
	}
	s.hold.keep(0)
	return n, err
}

// Unwrap is for http.ResponseController.
func (s *streamWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }
