// Package api serves the HTTP API under /api/v1 and describes it in OpenAPI.
// It knows only the three verbs of multivac.
package api

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"multivac"
	"multivac/internal/strict"
	"multivac/internal/web/bodies"
	"multivac/internal/web/wire"
)

// Options are what the API is served from. All but Keys and Files are needed.
type Options struct {
	Teller  multivac.Teller
	Asker   multivac.Asker
	Library multivac.Library
	Keeper  multivac.Keeper // no routes to look after what is kept if nil
	Keys    multivac.Keys   // no routes about keys if nil
	// Files turns an uploaded file into tellings, going on after an error. A
	// file is one Markdown document where Files is nil.
	Files   Files
	Room    *bodies.Room                               // that the bodies of all requests share
	Problem func(context.Context, error) *wire.Problem // what the user sees of an error; logs what he must not
	Version string
	Wait    time.Duration // the longest that ?wait=indexed waits
	Read    time.Duration // the longest that reading a small body takes
}

// Files turns a file into tellings. spend is told how much of it was read,
// unpacked, and ends the reading by its error.
type Files func(ctx context.Context, name string, r io.Reader, collection multivac.CollectionName, spend func(bytes, lines int) error) iter.Seq2[multivac.Telling, error]

type server struct {
	Options
	api                   huma.API
	importing             sync.Mutex
	exports, examinations turns
}

// What each route may answer beside its success.
var (
	errorsAsking  = []int{400, 401, 403, 408, 413, 415, 429, 503, 500}
	errorsTelling = []int{400, 401, 403, 408, 413, 415, 429, 503, 500}
	errorsFinding = []int{400, 401, 403, 404, 429, 503, 500}
	errorsListing = []int{400, 401, 403, 429, 503, 500}
	errorsAny     = []int{401, 429} // of what needs a key, but no scope
)

// Register adds all routes under /api/v1 to mux, and describes those under /
// that web serves.
func Register(mux *http.ServeMux, o Options) {
	s := &server{Options: o, api: humago.New(shortcut{mux, o.Asker, o.Problem, o.Room}, config(o.Version)),
		exports: newTurns(maxExports, fmt.Sprintf("%d exports are under way", maxExports)), examinations: newTurns(maxExaminations, "an examination is under way")}

	s.describe("POST", "/api/v1/documents", "tell", "Tell documents", 202, errorsTelling, describeTell)
	mux.HandleFunc("POST /api/v1/documents", s.tell)
	handle(s, "GET", "/api/v1/documents", "list-documents", "List documents", errorsListing, s.documents)
	handle(s, "GET", "/api/v1/documents/{id}", "get-document", "Get a document and its text", errorsFinding, s.document)
	handle(s, "DELETE", "/api/v1/documents/{id}", "delete-document", "Forget a document", errorsFinding, s.delete)
	handle(s, "GET", "/api/v1/answer", "ask", "Ask a question", errorsListing, s.answer)
	handle(s, "POST", "/api/v1/answer", "ask-by-post", "Ask a question that the log of no proxy shall show", errorsAsking, s.answerPost)
	handle(s, "GET", "/api/v1/collections", "list-collections", "List collections", errorsListing, s.collections)
	handle(s, "GET", "/api/v1/collections/{collection}/datum", "get-datum", "Get the first text of a collection", errorsFinding, s.datum)

	handle(s, "GET", "/api/v1/positions/{position}", "reach", "Wait until answers come from a position, for a while", errorsListing, s.position)

	if s.Keeper != nil {
		s.keeping(mux)
	}
	if s.Keys != nil {
		handle(s, "POST", "/api/v1/keys", "make-key", "Make a key", errorsAsking, s.makeKey)
		handle(s, "GET", "/api/v1/keys", "list-keys", "List keys", errorsListing, s.keys)
		handle(s, "DELETE", "/api/v1/keys/{id}", "revoke-key", "Revoke a key", errorsFinding, s.revokeKey)
	}

	s.describe("GET", "/livez", "livez", "Say that the process lives", 200, nil, describeText)
	s.describe("GET", "/readyz", "readyz", "Say how far the index is", 200, errorsAny, describeReady)
	s.describe("GET", "/metrics", "metrics", "Metrics for Prometheus", 200, errorsAny, describeText)
	s.describe("GET", "/", "welcome", "The first page, for a browser; else a welcome", 200, errorsAny, describeText)
	s.describe("GET", "/multivac", "classic-answer", "The first datum told, or the answer to a question, as text", 200, errorsListing, describeClassicAnswer)
	s.describe("POST", "/multivac/data", "classic-data", "Tell a datum by a form", 200, errorsTelling, describeClassicData)

	document := sync.OnceValues(s.api.OpenAPI().MarshalJSON)
	mux.HandleFunc("GET /api/v1/openapi.json", serve("application/openapi+json", document))
	mux.HandleFunc("GET /api/v1/openapi.yaml", serve("application/openapi+yaml", sync.OnceValues(s.api.OpenAPI().YAML)))
	mux.HandleFunc("GET /api/v1/docs", docs(s.api.OpenAPI()))
}

// config is huma's without the pages, which load scripts from elsewhere.
func config(version string) huma.Config {
	jsonOnly := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       "MultiVAC",
				Version:     version,
				Description: "Tell it documents, ask it questions. It answers with the exact sentence and where it stands, or says that it does not know.",
				License:     &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Servers:    []*huma.Server{{URL: "/"}},
			Components: &huma.Components{SecuritySchemes: map[string]*huma.SecurityScheme{"key": keyScheme}},
			Security:   []map[string][]string{{"key": {}}, {}}, // {}: where no key was made, none is needed
		},
		Formats:                      map[string]huma.Format{"application/json": jsonOnly, "json": jsonOnly},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{nameRequest},
	}
}

// unmarshal reads a small body: once into any, which is checked, and once into
// what the handler gets.
func unmarshal(b []byte, v any) error {
	values := 0
	for _, c := range b {
		if c == ',' || c == '[' || c == '{' {
			values++
		}
	}
	if values > maxValues {
		return multivac.Errorf(multivac.ErrTooLarge, "send less", "JSON has over %d values", maxValues)
	}
	return strict.Unmarshal(b, "the body", v)
}

// maxValues bounds what a small body takes of memory once it is read into any,
// where each value takes many times its bytes.
const maxValues = 5000

var keyScheme = &huma.SecurityScheme{
	Type: "http", Scheme: "bearer", BearerFormat: "mvk_<id>_<secret>",
	Description: "A key that `multivac keys create` or POST /api/v1/keys made. Once there is one, every request needs a key, but for the probes.",
}

// nameRequest puts the request's id into a problem.
func nameRequest(ctx huma.Context, _ string, v any) (any, error) {
	if p, ok := v.(*wire.Problem); ok {
		_, w := humago.Unwrap(ctx)
		p.RequestID = w.Header().Get(wire.RequestID)
	}
	return v, nil
}

// huma makes the errors that it finds itself by this variable. What does not
// fit a schema is invalid, as it is where multivac finds it.
func init() {
	huma.ValidateStrictCasing = true
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		kind := wire.KindOfStatus(status)
		if status == http.StatusUnprocessableEntity {
			kind = wire.KindOfStatus(http.StatusBadRequest)
		}
		p := wire.ProblemOf(multivac.Errorf(kind.Err(), "see /api/v1/docs", "%s", message))
		for _, err := range errs {
			detail, ok := err.(huma.ErrorDetailer)
			if !ok { // the body cannot be read
				return wire.ProblemOf(wire.BodyError(err))
			}
			if len(p.Errors) == maxDetails {
				p.Omitted = len(errs) - maxDetails
				break
			}
			d := detail.ErrorDetail()
			p.Errors = append(p.Errors, wire.Detail{Location: d.Location, Message: d.Message})
		}
		if len(p.Errors) > 0 {
			p.Detail = p.Errors[0].Message
			if where := p.Errors[0].Location; where != "" {
				p.Detail = where + ": " + p.Detail
			}
		}
		return p
	}
}

// handle adds a route that huma reads, checks and describes by h's types.
func handle[I, O any](s *server, method, path, id, summary string, errs []int, h func(context.Context, *I) (*O, error)) {
	op := huma.Operation{
		Method: method, Path: path, OperationID: id, Summary: summary, Errors: errs,
		MaxBodyBytes: 64 << 10, BodyReadTimeout: s.Read, Tags: []string{tag(path)},
		Responses: map[string]*huma.Response{},
	}
	if strings.HasPrefix(path, "/api/v1/answer") {
		op.Description = "Always 200 when asked properly: not knowing is an answer. Accept: text/plain gets the answer's text alone."
		op.Responses["200"] = &huma.Response{Description: "The answer, or the refusal", Content: map[string]*huma.MediaType{
			"application/json": {Schema: s.schema(wire.Answer{})},
			"text/plain":       {Schema: text()},
		}}
	}
	if id == "get-document" { // it is streamed, so that its type does not say what it is
		op.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{"application/json": {Schema: s.schema(wire.Document{})}}}
	}
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, in)
		if err != nil {
			return nil, s.Problem(ctx, err)
		}
		return out, nil
	})
	delete(op.Responses, "422") // which huma adds, and init makes 400
}

func tag(path string) string {
	if name, ok := strings.CutPrefix(path, "/api/v1/"); ok {
		name, _, _ = strings.Cut(name, "/")
		return name
	}
	return "other"
}

func (s *server) schema(v any) *huma.Schema {
	return s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(v), true, "")
}

func serve(mediaType string, document func() ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		b, err := document()
		if err != nil { // not for want of trying: the tests make it once
			panic(fmt.Sprintf("OpenAPI: %v", err))
		}
		w.Header().Set("Content-Type", mediaType)
		w.Write(b)
	}
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
		_ = s.Library.Reach(waiting, r.Position) // it is deleted either way; whoever must know asks after the position
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
	out := &listOutput{Body: wire.NewPage(page)}
	if page.Next != "" {
		query := url.Values{"cursor": {page.Next}}
		for name, value := range map[string]string{"collection": in.Collection, "state": in.State} {
			if value != "" {
				query.Set(name, value)
			}
		}
		if in.Limit > 0 {
			query.Set("limit", strconv.Itoa(in.Limit))
		}
		out.Link = fmt.Sprintf(`</api/v1/documents?%s>; rel="next"`, query.Encode())
	}
	return out, nil
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

type answerInput struct {
	wire.Question
	Accept string `header:"Accept" hidden:"true"`
}

type answerPostInput struct {
	Accept string `header:"Accept" hidden:"true"`
	Body   wire.Question
}

type answerOutput struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	Vary        string `header:"Vary" hidden:"true"`
	Body        any
}

func (s *server) answer(ctx context.Context, in *answerInput) (*answerOutput, error) {
	return s.ask(ctx, in.Question, in.Accept)
}

func (s *server) answerPost(ctx context.Context, in *answerPostInput) (*answerOutput, error) {
	return s.ask(ctx, in.Body, in.Accept)
}

func (s *server) ask(ctx context.Context, q wire.Question, accept string) (*answerOutput, error) {
	a, err := s.Asker.Ask(ctx, q.Multivac())
	if err != nil {
		return nil, err
	}
	out := &answerOutput{Vary: "Accept", Body: wire.NewAnswer(a)}
	if first, _, _ := strings.Cut(accept, ","); strings.HasPrefix(strings.TrimSpace(first), "text/plain") {
		out.ContentType, out.Body = "text/plain; charset=utf-8", []byte(a.Text()+"\n")
	}
	return out, nil
}
