package app

import (
	"crypto/tls"
	"log/slog"
	"strings"
	"testing"
)

func TestPlainConnectionsToOthersWarn(t *testing.T) {
	f := func(want bool, c *tls.Config, hosts ...string) {
		t.Helper()
		var log strings.Builder
		warnPlain(slog.New(slog.NewTextHandler(&log, nil)), "store", c, hosts...)
		if got := log.Len() > 0; got != want {
			t.Errorf("%v, TLS %v: warned %v, want %v\n%s", hosts, c != nil, got, want, &log)
		}
	}
	f(true, nil, "db:27017")
	f(true, nil, "127.0.0.1:1", "10.0.0.7:27017")
	f(false, &tls.Config{}, "db:27017")
	f(false, nil, "127.0.0.1:27017", "localhost:1", "[::1]:1", "::1", "localhost")
	f(true, nil, "db")
	f(true, nil, hostsOf("mongodb://susan@a:1,b:2/?replicaSet=rs0")...)
	f(false, nil, hostsOf("mongodb://127.0.0.1:1/?replicaSet=secantus")...)
	f(false, nil, hostsOf("mongodb://127.0.0.1")...)
	f(false, nil, hostsOf("mongodb://db:1/?tls=true")...)
	f(false, nil, hostsOf("mongodb+srv://db.example")...)
	f(true, nil, hostsOf("mongodb+srv://db.example/?tls=false")...)
}
