package openapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Typed returns a handler that reads, checks and describes requests by the
// fields of I, and responses by the fields of O, as huma does. Call
// [Document.Add] with its route before it serves.
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

// Modelled returns h unchanged, described by the fields of I and O like
// [Typed]. It is for an h that reads and writes by itself.
func Modelled[I, O any](h http.HandlerFunc) http.Handler {
	return modelled{h, func(d *Document, op *huma.Operation) {
		register(d, op, func(context.Context, *I) (*O, error) { panic("openapi: a handler of its own serves this") })
	}}
}

type modelled struct {
	http.HandlerFunc
	describe func(*Document, *huma.Operation)
}

// register makes huma describe an operation and make its handler. The handler
// counts the memory of the body, because huma reads it as a whole.
func register[I, O any](d *Document, op *huma.Operation, h func(context.Context, *I) (*O, error)) http.HandlerFunc {
	huma.Register(d.API, *op, h)
	delete(op.Responses, "422") // huma adds it, but NewProblem turns it into 400
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
