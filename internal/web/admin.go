package web

import (
	"cmp"
	"log/slog"
	"net/http"
	"net/http/pprof"
)

// NewAdmin returns the handler of what operators have at an address of their
// own: probes, metrics and profiles. It looks at no key.
func NewAdmin(o Options) http.Handler {
	o.Log, o.Gate = cmp.Or(o.Log, slog.Default()), nil
	s := &server{o}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", live)
	mux.HandleFunc("GET /readyz", s.ready)
	if s.Metrics != nil {
		mux.Handle("GET /metrics", s.Metrics)
	}
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	return secure(s.recover(s.admit(mux)))
}
