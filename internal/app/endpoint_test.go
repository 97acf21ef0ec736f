package app

import (
	"log/slog"
	"strings"
	"testing"
)

func TestPlainConnectionsToOthersWarn(t *testing.T) {
	f := func(want bool, s Settings) {
		t.Helper()
		var log strings.Builder
		s.warnPlain(slog.New(slog.NewTextHandler(&log, nil)))
		if got := log.Len() > 0; got != want {
			t.Errorf("%+v: warned %v, want %v\n%s", s, got, want, &log)
		}
	}
	store := func(uri string) Settings { return Settings{Mongo: Mongo{URI: uri}} }
	f(false, Settings{})
	f(true, store("mongodb://susan@a:1,b:2/?replicaSet=rs0"))
	f(true, store("mongodb://127.0.0.1:1,10.0.0.7:27017"))
	f(false, store("mongodb://127.0.0.1:1/?replicaSet=secantus"))
	f(false, store("mongodb://[::1]"))
	f(false, store("mongodb://localhost"))
	f(false, store("mongodb://db:1/?tls=true"))
	f(false, store("mongodb+srv://db.example"))
	f(true, store("mongodb+srv://db.example/?tls=false"))
	f(false, Settings{Mongo: Mongo{URI: "mongodb://db", Endpoint: Endpoint{CA: "ca.crt"}}})
	f(true, Settings{Redis: Redis{Addr: "queue:6379"}})
	f(false, Settings{Redis: Redis{Addr: "queue:6379", Endpoint: Endpoint{TLS: true}}})
	f(true, Settings{Far: Far{Addrs: []string{"127.0.0.1:6379", "cache:6379"}}})
}
