package web

import (
	"context"
	"net/http"

	"multivac/internal/web/wire"
)

// problem returns what the user sees of err, by wire.Kinds, and logs what he
// must not see.
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
