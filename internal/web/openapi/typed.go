package openapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Typed returns a handler that reads, checks and describes requests by the
// fields of I, and responses by those of O, as huma does. [Document.Add] has to
// be called with its route before it serves.
func Typed[I, O any](h func(context.Context, *I) (*O, error)) http.Handler {
	return &typed{make: func(d *Document, op *huma.Operation) http.HandlerFunc {
		return register(d, op, func(ctx context.Context, in *I) (*O, error) {
			out, err := h(ctx, in)
			if err != nil {
				return nil, d.Problem(ctx, err)
			}
			return out, nil
		})
	}}
}

type typed struct {
	make  func(*Document, *huma.Operation) http.HandlerFunc
	serve http.HandlerFunc
}

// ServeHTTP implements http.Handler.
func (t *typed) ServeHTTP(w http.ResponseWriter, r *http.Request) { t.serve(w, r) }

// Modelled returns h as it is, described by the fields of I and O as [Typed]
// does: for what h reads and writes itself.
func Modelled[I, O any](h http.HandlerFunc) http.Handler {
	return modelled{h, func(d *Document, op *huma.Operation) {
		register(d, op, func(context.Context, *I) (*O, error) { panic("openapi: a handler of its own serves this") })
	}}
}

type modelled struct {
	http.HandlerFunc
	describe func(*Document, *huma.Operation)
}

// register has huma describe an operation and make its handler, which counts
// the memory of the body: huma reads it whole.
func register[I, O any](d *Document, op *huma.Operation, h func(context.Context, *I) (*O, error)) http.HandlerFunc {
	huma.Register(d.API, *op, h)
	delete(op.Responses, "422") // huma adds it, and NewProblem makes it 400
	made := d.adapter.made
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Body != http.NoBody {
			hold := d.Room.Hold()
			defer hold.Release()
			r.Body = hold.Reader(r)
		}
		made(humago.NewContext(op, r, w))
	}
}
