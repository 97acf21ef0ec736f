package web

import (
	"context"
	"net/http"

	"multivac/internal/web/wire"
)

// problem returns the part of err that the client may see, by wire.Kinds, and
// logs the rest.
func (s *server) problem(ctx context.Context, err error) *wire.Problem {
	p := wire.ProblemOf(err)
	if p.Internal() {
		s.Log.ErrorContext(ctx, "request failed", "error", err)
	}
	return p
}

func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	wire.WriteProblem(w, s.problem(r.Context(), err))
}
