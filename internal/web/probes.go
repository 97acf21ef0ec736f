package web

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"multivac"
	"multivac/internal/auth"
	"multivac/internal/web/route"
	"multivac/internal/web/wire"
)

func live(w http.ResponseWriter, _ *http.Request) { writeText(w, "ok") }

// ready answers 200 once questions are answered from everything that was
// indexed at the start, and 503 before that. Both responses say how far the
// index is.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	status, err := s.Library.Status(r.Context())
	if err != nil {
		p := s.problem(r.Context(), err)
		status = multivac.Status{Reason: p.Detail}
	}
	w.Header().Set("Content-Type", "application/json")
	if !status.Ready {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	if s.Gate == nil {
		wire.WriteJSON(w, wire.NewStatus(status))
	} else if _, known := auth.From(r.Context()); known {
		wire.WriteJSON(w, wire.NewStatus(status))
	} else {
		wire.WriteJSON(w, wire.Readiness{Ready: status.Ready, Reason: status.Reason, KeyNeeded: true})
	}
}

func describeReady(schemas route.Schemas, op *huma.Operation, success *huma.Response) {
	status := &huma.Schema{AnyOf: []*huma.Schema{schemas.Schema(wire.Status{}), schemas.Schema(wire.Readiness{})}}
	success.Content = map[string]*huma.MediaType{"application/json": {Schema: status}}
	op.Responses["503"] = &huma.Response{Description: "Not ready", Content: success.Content}
}
