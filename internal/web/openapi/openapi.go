// Package openapi makes the OpenAPI document of the served routes, and a page
// of it for people. It also makes handlers from functions whose types describe
// their requests and responses.
package openapi

import (
	"context"
	"fmt"
	"net/http"
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
	"multivac/internal/web/route"
	"multivac/internal/web/wire"
)

// Options are the parts of the server that a document needs. All are required.
type Options struct {
	Version string
	Room    *bodies.Room                               // shared by the bodies of all requests
	Problem func(context.Context, error) *wire.Problem // what the client sees of an error; logs the rest
	Read    time.Duration                              // the longest that reading a small body takes
}

// A Document describes routes.
type Document struct {
	Options
	huma.API
	adapter adapter
}

// New returns a document without routes.
func New(o Options) *Document {
	d := &Document{Options: o}
	d.API = huma.NewAPI(config(o.Version), &d.adapter)
	return d
}

// An adapter takes the handler that huma makes for an operation.
type adapter struct{ made func(huma.Context) }

// Handle implements huma.Adapter.
func (a *adapter) Handle(_ *huma.Operation, h func(huma.Context)) { a.made = h }

// ServeHTTP implements huma.Adapter.
func (*adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

// config is huma's configuration without its pages, because these load scripts
// from other servers.
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
			Security:   []map[string][]string{{"key": {}}, {}}, // {}: no key is needed if none was made
		},
		Formats:                      map[string]huma.Format{"application/json": jsonOnly, "json": jsonOnly},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{nameRequest},
	}
}

// unmarshal reads a small body. A typed handler calls it twice: once with an
// any, which is checked, and once with the handler's input.
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

const (
	// maxValues limits the memory of a small body that is read into an any.
	// There, each value takes many times its bytes.
	maxValues  = 5000
	maxBody    = 64 << 10 // bytes of the body of a typed handler
	maxDetails = 100      // errors in a problem
)

var keyScheme = &huma.SecurityScheme{
	Type: "http", Scheme: "bearer", BearerFormat: "mvk_<id>_<secret>",
	Description: "A key that `multivac keys create` or POST /api/v1/keys made. Once there is one, every request needs a key, but for the probes.",
}

// nameRequest sets the request's id in a problem.
func nameRequest(ctx huma.Context, _ string, v any) (any, error) {
	if p, ok := v.(*wire.Problem); ok {
		_, w := humago.Unwrap(ctx)
		p.RequestID = w.Header().Get(wire.RequestID)
	}
	return v, nil
}

// huma uses this variable to make the errors that it finds itself. A value that
// does not fit its schema is invalid, as it is if multivac finds it.
func init() {
	huma.ValidateStrictCasing = true
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return NewProblem(status, message, errs...)
	}
}

// NewProblem returns the problem of a request that does not fit its description.
func NewProblem(status int, message string, errs ...error) *wire.Problem {
	kind := wire.KindOfStatus(status)
	if status == http.StatusUnprocessableEntity {
		kind = wire.KindOfStatus(http.StatusBadRequest)
	}
	p := wire.ProblemOf(multivac.Errorf(kind.Err(), "see /api/v1/docs", "%s", message))
	for _, err := range errs {
		detail, ok := err.(huma.ErrorDetailer)
		if !ok { // the body could not be read
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

// Add describes a route. If its handler is [Typed], it also makes that handler.
func (d *Document) Add(r route.Route) {
	if t, ok := r.Handler.(*typed); ok {
		t.serve = t.make(d, d.operation(r))
		return
	}
	if m, ok := r.Handler.(modelled); ok {
		m.describe(d, d.operation(r))
		return
	}
	if r.About != nil {
		d.API.OpenAPI().AddOperation(d.operation(r))
	}
}

// operation returns the operation that About describes.
func (d *Document) operation(r route.Route) *huma.Operation {
	op := &huma.Operation{
		Method: r.Method(), Path: r.Path(), Tags: []string{tag(r.Path())}, MaxBodyBytes: maxBody, BodyReadTimeout: d.Read,
		Responses: map[string]*huma.Response{}, Hidden: r.About == nil,
	}
	if r.About == nil {
		return op
	}
	op.OperationID, op.Summary, op.Errors = r.About.ID, r.About.Summary, r.About.Errors
	status := r.About.Status
	if status == 0 {
		status = http.StatusOK
	}
	for _, code := range r.About.Errors {
		op.Responses[strconv.Itoa(code)] = &huma.Response{
			Description: http.StatusText(code),
			Content:     map[string]*huma.MediaType{wire.ProblemType: {Schema: d.Schema(wire.Problem{})}},
		}
	}
	if r.About.More != nil {
		success := &huma.Response{Description: http.StatusText(status)}
		op.Responses[strconv.Itoa(status)] = success
		r.About.More(d, op, success)
	}
	return op
}

func tag(path string) string {
	if name, ok := strings.CutPrefix(path, "/api/v1/"); ok {
		name, _, _ = strings.Cut(name, "/")
		return name
	}
	return "other"
}

// Schema returns the schema of a type of the API.
func (d *Document) Schema(v any) *huma.Schema {
	return d.API.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(v), true, "")
}

// Resolve returns the schema that s refers to.
func (d *Document) Resolve(s *huma.Schema) *huma.Schema {
	for s.Ref != "" {
		s = d.API.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// Check adds the faults of v to result. where are the elements of the path to
// v.
func (d *Document) Check(s *huma.Schema, v any, result *huma.ValidateResult, where ...string) {
	path := huma.NewPathBuffer(make([]byte, 0, 64), 0)
	for _, element := range where {
		path.Push(element)
	}
	huma.Validate(d.API.OpenAPI().Components.Schemas, s, path, huma.ModeWriteToServer, v, result)
}

// Text is the schema of a string.
func Text() *huma.Schema { return &huma.Schema{Type: huma.TypeString} }

// Plain describes a response in plain text.
func Plain(_ route.Schemas, _ *huma.Operation, success *huma.Response) {
	success.Content = map[string]*huma.MediaType{"text/plain": {Schema: Text()}}
}

// Routes returns the routes that serve the document itself. It contains the
// routes that were added before the first of them is called.
func (d *Document) Routes() []route.Route {
	document := d.API.OpenAPI()
	return []route.Route{
		{Pattern: "GET /api/v1/openapi.json", Rule: route.AnyKey, Handler: serve("application/openapi+json", sync.OnceValues(document.MarshalJSON))},
		{Pattern: "GET /api/v1/openapi.yaml", Rule: route.AnyKey, Handler: serve("application/openapi+yaml", sync.OnceValues(document.YAML))},
		{Pattern: "GET /api/v1/docs", Rule: route.AnyKey, Handler: docs(document)},
	}
}

func serve(mediaType string, document func() ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		b, err := document()
		if err != nil { // a test would see it, because tests make the document
			panic(fmt.Sprintf("OpenAPI: %v", err))
		}
		w.Header().Set("Content-Type", mediaType)
		w.Write(b)
	}
}
