package api

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"multivac"
	"multivac/internal/web/wire"
)

// patience is how long an import may stand still. It takes as long as it has to.
const patience = 30 * time.Second

// How many exports, and examinations, are under way at a time: each reads all
// that is kept, and holds one document of it in memory or more.
const (
	maxExports      = 2
	maxExaminations = 1
)

// keeping adds the routes by which what is kept is looked after.
func (s *server) keeping(mux *http.ServeMux) {
	handle(s, "POST", "/api/v1/documents/{id}/retry", "retry-document", "Try a failed document again", errorsFinding, s.retry)
	handle(s, "GET", "/api/v1/doctor", "examine", "Look for what is broken", errorsListing, s.doctor)
	s.describe("GET", "/api/v1/export", "export", "Export everything", 200, errorsListing, describeExport)
	mux.HandleFunc("GET /api/v1/export", s.export)
	s.describe("POST", "/api/v1/import", "import", "Import what was exported", 200, errorsTelling, describeImport)
	mux.HandleFunc("POST /api/v1/import", s.importAll)
}

func (s *server) retry(ctx context.Context, in *idInput) (*body[wire.Receipt], error) {
	r, err := s.Keeper.Retry(ctx, multivac.DocumentID(in.ID))
	if err != nil {
		return nil, err
	}
	return &body[wire.Receipt]{wire.NewReceipt(r)}, nil
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

func describeExport(_ *server, op *huma.Operation, success *huma.Response) {
	op.Description = "A stream of JSON Lines, with an object for each document. The last line says how many there are: without it, the stream was cut off."
	success.Content = map[string]*huma.MediaType{wire.ExportType: {Schema: text()}}
}

func describeImport(s *server, op *huma.Operation, success *huma.Response) {
	op.Description = "Takes what an export gave, gzipped or not. A line that cannot be read is named and stops none of the others."
	op.Parameters = []*huma.Param{{Name: "merge", In: "query",
		Description: "With true, into what was told before: of two that are the same document the one of the higher revision stays",
		Schema:      &huma.Schema{Type: huma.TypeBoolean}}}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{wire.ExportType: {Schema: text()}}}
	success.Content = map[string]*huma.MediaType{"application/json": {Schema: s.schema(wire.Imported{})}}
}

func (s *server) export(w http.ResponseWriter, r *http.Request) {
	if _, err := onlyMerge(r.URL.Query(), false); err != nil {
		wire.WriteProblem(w, s.Problem(r.Context(), err))
		return
	}
	out := &exportWriter{ResponseWriter: w}
	err := s.exports.during(r.Context(), func() error { return s.Keeper.Export(r.Context(), out) })
	if err == nil {
		return
	}
	p := s.Problem(r.Context(), err)
	if out.begun {
		panic(http.ErrAbortHandler) // so that the reader knows that it was cut off
	}
	wire.WriteProblem(w, p)
}

func (s *server) importAll(w http.ResponseWriter, r *http.Request) {
	merge, err := onlyMerge(r.URL.Query(), true)
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

// takeIn imports what no other request imports meanwhile: the longest lines of
// an export take more memory than two of them may have.
func (s *server) takeIn(ctx context.Context, r io.Reader, merge bool) (multivac.Imported, error) {
	if !s.importing.TryLock() {
		return multivac.Imported{}, multivac.Errorf(multivac.ErrUnavailable, "import again when it has ended", "another import is under way")
	}
	defer s.importing.Unlock()
	return s.Keeper.Import(ctx, r, merge)
}

// onlyMerge reads the query of an import, or of an export, which has none.
func onlyMerge(query url.Values, allowed bool) (merge bool, err error) {
	for name, values := range query {
		if name != "merge" || !allowed {
			return false, multivac.Errorf(multivac.ErrInvalid, "leave it out", "unknown parameter %q", multivac.Clip(name, 40))
		}
		switch values[len(values)-1] {
		case "true":
			merge = true
		case "false":
			merge = false
		default:
			return false, multivac.Errorf(multivac.ErrInvalid, "use true or false", "merge is %q", multivac.Clip(values[len(values)-1], 40))
		}
	}
	return merge, nil
}

// An exportWriter says with the first bytes what they are.
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

// turns are how many may do something at a time that takes much of the store
// and of memory.
type turns struct {
	free chan struct{}
	what string
}

func newTurns(n int, what string) turns { return turns{make(chan struct{}, n), what} }

// How long a request waits for its turn, and when it is told to come again.
const (
	turnTimeout = 5 * time.Second
	turnAgain   = 30 * time.Second
)

// during does it once there is a turn; ErrUnavailable where there is none for
// a while.
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

// A steadyReader gives up when nothing comes for a while.
type steadyReader struct {
	io.Reader
	conn *http.ResponseController
}

func (s steadyReader) Read(b []byte) (int, error) {
	_ = s.conn.SetReadDeadline(time.Now().Add(patience))
	return s.Reader.Read(b)
}
