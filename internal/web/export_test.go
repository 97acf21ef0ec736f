package web

import (
	"cmp"
	"log/slog"

	"multivac/internal/web/bodies"
	"multivac/internal/web/route"
)

// Routes returns what New serves, and what NewAdmin does.
func Routes(o Options) (all, admin []route.Route) {
	o.Log = cmp.Or(o.Log, slog.Default())
	s := &server{Options: o, room: bodies.NewRoom()}
	return s.routes(), append(s.probes(), profiles()...)
}
