package web

import (
	"cmp"
	"log/slog"

	"multivac/internal/web/route"
)

// Routes returns the routes of New and those of NewAdmin.
func Routes(o Options) (all, admin []route.Route) {
	o.Log = cmp.Or(o.Log, slog.Default())
	s := newServer(o)
	return s.routes(), append(s.probes(), profiles()...)
}
