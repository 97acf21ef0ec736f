package api

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"multivac"
	"multivac/internal/web/wire"
)

// importTimeout is how long an import may make no progress. While it makes
// progress, its time is not limited.
const importTimeout = 30 * time.Second

// How many exports and examinations may run at a time. Each reads everything
// that is stored, and holds at least one document in memory.
const (
	maxExports      = 2
	maxExaminations = 1
)

// again handles a request to have a document read again by call.
func again(call func(context.Context, multivac.DocumentID) (multivac.Receipt, error)) func(context.Context, *idInput) (*body[wire.Receipt], error) {
	return func(ctx context.Context, in *idInput) (*body[wire.Receipt], error) {
		r, err := call(ctx, multivac.DocumentID(in.ID))
		if err != nil {
			return nil, err
		}
		return &body[wire.Receipt]{wire.NewReceipt(r)}, nil
	}
}

func (s *server) doctor(ctx context.Context, _ *struct{}) (*body[wire.Examination], error) {
	var e multivac.Examination
	err := s.examinations.during(ctx, func() (err error) {
		e, err = s.Keeper.Examine(ctx, false)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &body[wire.Examination]{wire.NewExamination(e)}, nil
}

func (s *server) export(w http.ResponseWriter, r *http.Request) {
	originals, err := onlySwitch(r.URL.Query(), "originals")
	if err != nil {
		wire.WriteProblem(w, s.Problem(r.Context(), err))
		return
	}
	out := &exportWriter{ResponseWriter: w}
	err = s.exports.during(r.Context(), func() error { return s.Keeper.Export(r.Context(), out, originals) })
	if err == nil {
		return
	}
	p := s.Problem(r.Context(), err)
	if out.begun {
		panic(http.ErrAbortHandler) // the client sees that the stream was cut off
	}
	wire.WriteProblem(w, p)
}

func (s *server) importAll(w http.ResponseWriter, r *http.Request) {
	merge, err := onlySwitch(r.URL.Query(), "merge")
	var imported multivac.Imported
	if err == nil {
		imported, err = s.takeIn(r.Context(), steadyReader{r.Body, http.NewResponseController(w)}, merge)
	}
	if err != nil {
		p := s.Problem(r.Context(), err)
		for _, l := range wire.NewImported(imported).Lines {
			p.Errors = append(p.Errors, wire.Detail{Location: fmt.Sprintf("line %d", l.Line), Message: l.Error.Err().Error()})
		}
		wire.WriteProblem(w, p)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	wire.WriteJSON(w, wire.NewImported(imported))
}

// takeIn imports, unless another import is running. The longest lines of an
// export take more memory than two imports may have.
func (s *server) takeIn(ctx context.Context, r io.Reader, merge bool) (multivac.Imported, error) {
	if !s.importing.TryLock() {
		return multivac.Imported{}, multivac.Errorf(multivac.ErrUnavailable, "import again when it has ended", "another import is under way")
	}
	defer s.importing.Unlock()
	return s.Keeper.Import(ctx, r, merge)
}

// onlySwitch reads a query that has one parameter, true or false, or none.
func onlySwitch(query url.Values, known string) (on bool, err error) {
	for name, values := range query {
		if name != known {
			return false, multivac.Errorf(multivac.ErrInvalid, "leave it out", "unknown parameter %q", multivac.Clip(name, 40))
		}
		switch values[len(values)-1] {
		case "true":
			on = true
		case "false":
			on = false
		default:
			return false, multivac.Errorf(multivac.ErrInvalid, "use true or false", "%s is %q", known, multivac.Clip(values[len(values)-1], 40))
		}
	}
	return on, nil
}

// An exportWriter sets the headers of an export with its first bytes. Before
// that, a problem can still be answered.
type exportWriter struct {
	http.ResponseWriter
	begun bool
}

func (e *exportWriter) Write(b []byte) (int, error) {
	if !e.begun {
		e.begun = true
		e.Header().Set("Content-Type", wire.ExportType)
		e.Header().Set("Content-Disposition", `attachment; filename="multivac.jsonl"`)
	}
	return e.ResponseWriter.Write(b)
}

// turns limit how many requests at a time may use much of the store and of
// memory.
type turns struct {
	free chan struct{}
	what string
}

func newTurns(n int, what string) turns { return turns{make(chan struct{}, n), what} }

// How long a request waits for its turn, and the Retry-After if it gets none.
const (
	turnTimeout = 5 * time.Second
	turnAgain   = 30 * time.Second
)

// during calls do when it is this request's turn. It returns ErrUnavailable if
// that takes longer than turnTimeout.
func (t turns) during(ctx context.Context, do func() error) error {
	late := time.NewTimer(turnTimeout)
	defer late.Stop()
	select {
	case t.free <- struct{}{}:
		defer func() { <-t.free }()
		return do()
	case <-ctx.Done():
		return ctx.Err()
	case <-late.C:
		err := multivac.Errorf(multivac.ErrUnavailable, "try again when they are done", "%s", t.what)
		err.RetryAfter = turnAgain
		return err
	}
}

// A steadyReader ends with an error when nothing comes for importTimeout.
type steadyReader struct {
	io.Reader
	conn *http.ResponseController
}

func (s steadyReader) Read(b []byte) (int, error) {
	_ = s.conn.SetReadDeadline(time.Now().Add(importTimeout))
	return s.Reader.Read(b)
}
