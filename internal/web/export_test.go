package web

import (
	"cmp"
	"log/slog"

	"multivac/internal/web/route"
)

// Routes returns what New serves, and what NewAdmin does.
func Routes(o Options) (all, admin []route.Route) {
	o.Log = cmp.Or(o.Log, slog.Default())
	s := newServer(o)
	return s.routes(), append(s.probes(), profiles()...)
}
