// Package api serves the HTTP API under /api/v1. It knows only the verbs of
// multivac.
package api

import (
	"context"
	"fmt"
	"iter"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/web/bodies"
	"multivac/internal/web/openapi"
	"multivac/internal/web/route"
	"multivac/internal/web/wire"
)

// Options are the parts that the API is served from. If Keeper, Keys or
// Calibrator are nil, their routes are left out. Everything else except Files is required.
type Options struct {
	multivac.Verbs
	// Files turns an uploaded file into tellings, and goes on after an error.
	// If Files is nil, a file is one Markdown document.
	Files    Files
	Limits   Limits                                     // of a request that tells
	Room     *bodies.Room                               // shared by the bodies of all requests
	Problem  func(context.Context, error) *wire.Problem // what the client sees of an error; logs the rest
	Document *openapi.Document                          // has the schemas that a question is checked against
	Wait     time.Duration                              // the longest that ?wait=indexed waits
	Read     time.Duration                              // the longest that reading a small body takes
}

// Files turns a file into tellings; see [extract.Formats.Tellings].
type Files func(ctx context.Context, in extract.Input) iter.Seq2[multivac.Telling, error]

type server struct {
	Options
	question              *huma.Schema // of wire.Question
	importing             sync.Mutex
	exports, examinations turns
	calibrations          turns
}

func newServer(o Options) *server {
	return &server{Options: o,
		exports:      newTurns(maxExports, fmt.Sprintf("%d exports are under way", maxExports)),
		examinations: newTurns(maxExaminations, "an examination is under way"),
		calibrations: newTurns(maxCalibrations, "another calibration is under way"),
		question:     o.Document.Resolve(o.Document.Schema(wire.Question{})),
	}
}

// Routes returns the routes under /api/v1, except those of the document that
// describes them.
func Routes(o Options) []route.Route {
	s := newServer(o)
	all := []route.Route{
		{Pattern: "POST /api/v1/documents", Rule: route.Tell, Bounds: o.Limits.Bounds(), Handler: http.HandlerFunc(s.tell),
			About: &route.About{ID: "tell", Summary: "Tell documents", Status: 202, Errors: route.ErrorsSending, More: describeTell}},
		{Pattern: "GET /api/v1/documents", Rule: route.Look, Handler: openapi.Typed(s.documents),
			About: &route.About{ID: "list-documents", Summary: "List documents", Errors: route.ErrorsReading}},
		{Pattern: "GET /api/v1/documents/{id}", Rule: route.Look, Handler: openapi.Typed(s.document),
			About: &route.About{ID: "get-document", Summary: "Get a document and its text", Errors: route.ErrorsFinding, More: describeDocument}},
		{Pattern: "GET /api/v1/documents/{id}/original", Rule: route.Ask, Handler: openapi.Typed(s.original),
			About: &route.About{ID: "get-original", Summary: "Get what was told of a document", Errors: route.ErrorsFinding, More: describeOriginal}},
		{Pattern: "DELETE /api/v1/documents/{id}", Rule: route.Delete, Handler: openapi.Typed(s.delete),
			About: &route.About{ID: "delete-document", Summary: "Forget a document", Errors: route.ErrorsFinding}},
		{Pattern: "GET /api/v1/answer", Rule: route.Ask, Handler: openapi.Modelled[wire.Question, answered](s.answer),
			About: &route.About{ID: "ask", Summary: "Ask a question", Errors: route.ErrorsReading, More: describeAnswer}},
		{Pattern: "POST /api/v1/answer", Rule: route.Ask, Handler: openapi.Modelled[body[wire.Question], answered](s.answerPost),
			About: &route.About{ID: "ask-by-post", Summary: "Ask a question that the log of no proxy shall show", Errors: route.ErrorsSending, More: describeAnswer}},
		{Pattern: "GET /api/v1/collections", Rule: route.Look, Handler: openapi.Typed(s.collections),
			About: &route.About{ID: "list-collections", Summary: "List collections", Errors: route.ErrorsReading}},
		{Pattern: "GET /api/v1/collections/{collection}/datum", Rule: route.Ask, Handler: openapi.Typed(s.datum),
			About: &route.About{ID: "get-datum", Summary: "Get the first text of a collection", Errors: route.ErrorsFinding}},
		{Pattern: "GET /api/v1/positions/{position}", Rule: route.AnyKey, Handler: openapi.Typed(s.position),
			About: &route.About{ID: "reach", Summary: "Wait until answers come from a position, for a while", Errors: route.ErrorsReading}},
	}
	if s.Keeper != nil {
		all = append(all, []route.Route{
			{Pattern: "POST /api/v1/documents/{id}/retry", Rule: route.Tell, Handler: openapi.Typed(again(s.Keeper.Retry)),
				About: &route.About{ID: "retry-document", Summary: "Try a failed document again", Errors: route.ErrorsFinding}},
			{Pattern: "POST /api/v1/documents/{id}/reread", Rule: route.Tell, Handler: openapi.Typed(again(s.Keeper.Reread)),
				About: &route.About{ID: "reread-document", Summary: "Read what was told of a document again", Errors: route.ErrorsFinding, More: describeReread}},
			{Pattern: "GET /api/v1/doctor", Rule: route.Costly, Bounds: route.Whole, Handler: openapi.Typed(s.doctor),
				About: &route.About{ID: "examine", Summary: "Look for what is broken", Errors: route.ErrorsReading}},
			{Pattern: "GET /api/v1/export", Rule: route.Costly, Bounds: route.Whole, Handler: http.HandlerFunc(s.export),
				About: &route.About{ID: "export", Summary: "Export everything", Errors: route.ErrorsReading, More: describeExport}},
			{Pattern: "POST /api/v1/import", Rule: route.AnyKey, Bounds: route.Whole, Handler: http.HandlerFunc(s.importAll),
				About: &route.About{ID: "import", Summary: "Import what was exported", Errors: route.ErrorsSending, More: describeImport}},
		}...)
	}
	if s.Calibrator != nil {
		all = append(all, []route.Route{
			{Pattern: "PUT /api/v1/collections/{collection}/calibration", Rule: route.Calibrate, Bounds: route.Patient,
				Handler: openapi.Modelled[calibrateInput, body[wire.Calibration]](s.calibrate),
				About:   &route.About{ID: "calibrate", Summary: "Fit the confidence of a collection to questions with known answers", Errors: route.ErrorsSending, More: describeCalibrate}},
			{Pattern: "GET /api/v1/collections/{collection}/calibration", Rule: route.Ask, Handler: openapi.Typed(s.calibration),
				About: &route.About{ID: "get-calibration", Summary: "Get the calibration of a collection", Errors: route.ErrorsFinding}},
			{Pattern: "DELETE /api/v1/collections/{collection}/calibration", Rule: route.Calibrate, Handler: openapi.Typed(s.uncalibrate),
				About: &route.About{ID: "uncalibrate", Summary: "Take the calibration of a collection back", Errors: route.ErrorsReading}},
		}...)
	}
	if s.Keys != nil {
		all = append(all, []route.Route{
			{Pattern: "POST /api/v1/keys", Rule: route.MakeKey, Handler: openapi.Typed(s.makeKey),
				About: &route.About{ID: "make-key", Summary: "Make a key", Errors: route.ErrorsSending}},
			{Pattern: "GET /api/v1/keys", Rule: route.Admin, Handler: openapi.Typed(s.keys),
				About: &route.About{ID: "list-keys", Summary: "List keys", Errors: route.ErrorsReading}},
			{Pattern: "DELETE /api/v1/keys/{id}", Rule: route.EndKey, Handler: openapi.Typed(s.revokeKey),
				About: &route.About{ID: "revoke-key", Summary: "Revoke a key", Errors: route.ErrorsFinding}},
		}...)
	}
	return all
}

type body[T any] struct{ Body T }

type idInput struct {
	ID string `path:"id" example:"3f0e4d9f1b2c4a5d8e7f60718293a4b5" doc:"Identity of the document"`
}

type documentOutput struct{ Body func(huma.Context) }

func (s *server) document(ctx context.Context, in *idInput) (*documentOutput, error) {
	d, err := s.Library.Document(ctx, multivac.DocumentID(in.ID))
	if err != nil {
		return nil, err
	}
	return &documentOutput{func(out huma.Context) {
		out.SetHeader("Content-Type", "application/json")
		wire.WriteDocument(out.BodyWriter(), wire.NewDocument(d))
	}}, nil
}

// original sends what was told as a file to keep: a browser shows no document of
// others as a page of this server.
func (s *server) original(ctx context.Context, in *idInput) (*documentOutput, error) {
	t, err := s.Library.Original(ctx, multivac.DocumentID(in.ID))
	if err != nil {
		return nil, err
	}
	mediaType := t.MediaType
	if _, _, err := mime.ParseMediaType(mediaType); err != nil {
		mediaType = "application/octet-stream"
	}
	name := path.Base(t.Source)
	if name == "." || name == "/" {
		name = in.ID
	}
	return &documentOutput{func(out huma.Context) {
		out.SetHeader("Content-Type", mediaType)
		out.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
		out.SetHeader("Content-Length", strconv.Itoa(len(t.Body)))
		_, _ = out.BodyWriter().Write(t.Body) // where it fails, the client has gone
	}}, nil
}

type deleteInput struct {
	ID   string `path:"id" doc:"Identity of the document"`
	Wait string `query:"wait" enum:"stored,indexed" doc:"With indexed, answers when nothing is answered from it any more, or after a while"`
}

func (s *server) delete(ctx context.Context, in *deleteInput) (*body[wire.Receipt], error) {
	r, err := s.Library.Delete(ctx, multivac.DocumentID(in.ID))
	if err != nil {
		return nil, err
	}
	if in.Wait == "indexed" {
		waiting, cancel := context.WithTimeout(ctx, s.Wait)
		defer cancel()
		_ = s.Library.Reach(waiting, r.Position) // the document is deleted either way; a caller that must know asks with after=position
	}
	return &body[wire.Receipt]{wire.NewReceipt(r)}, nil
}

type positionInput struct {
	Position string `path:"position" doc:"Of a receipt or an answer"`
}

func (s *server) position(ctx context.Context, in *positionInput) (*body[wire.Reached], error) {
	ctx, cancel := context.WithTimeout(ctx, s.Wait)
	defer cancel()
	if err := s.Library.Reach(ctx, multivac.Position(in.Position)); err != nil {
		return nil, err
	}
	return &body[wire.Reached]{wire.Reached{Position: in.Position}}, nil
}

type listInput struct {
	Collection string `query:"collection" doc:"All if left out"`
	State      string `query:"state" enum:"pending,indexed,failed,deleted" doc:"All but deleted if left out"`
	Cursor     string `query:"cursor" doc:"The member next of the page before"`
	Limit      int    `query:"limit" minimum:"1" maximum:"1000" doc:"Documents on a page; 100 if left out"`
}

type listOutput struct {
	Link string `header:"Link" doc:"The next page, as rel=\"next\""`
	Body wire.Page
}

func (s *server) documents(ctx context.Context, in *listInput) (*listOutput, error) {
	if in.Collection != "" {
		if err := multivac.CollectionName(in.Collection).Validate(); err != nil {
			return nil, err
		}
	}
	page, err := s.Library.Documents(ctx, multivac.Listing{
		Collection: multivac.CollectionName(in.Collection), State: multivac.State(in.State), Cursor: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	return &listOutput{Link: in.next(page.Next), Body: wire.NewPage(page)}, nil
}

// next returns the header that links to the next page of a list, or "" if there
// is no cursor.
func (in *listInput) next(cursor string) string {
	if cursor == "" {
		return ""
	}
	query := url.Values{"cursor": {cursor}}
	for name, value := range map[string]string{"collection": in.Collection, "state": in.State} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if in.Limit > 0 {
		query.Set("limit", strconv.Itoa(in.Limit))
	}
	return fmt.Sprintf(`</api/v1/documents?%s>; rel="next"`, query.Encode())
}

func (s *server) collections(ctx context.Context, _ *struct{}) (*body[wire.Collections], error) {
	status, err := s.Library.Status(ctx)
	if err != nil {
		return nil, err
	}
	return &body[wire.Collections]{wire.NewCollections(status.Collections)}, nil
}

type datumInput struct {
	Collection string `path:"collection"`
}

func (s *server) datum(ctx context.Context, in *datumInput) (*body[wire.Datum], error) {
	name := multivac.CollectionName(in.Collection)
	if err := name.Validate(); err != nil {
		return nil, err
	}
	text, err := s.Library.Datum(ctx, name)
	if err != nil {
		return nil, err
	}
	return &body[wire.Datum]{wire.Datum{Text: text}}, nil
}
