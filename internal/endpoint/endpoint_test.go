package endpoint_test

import (
	"log/slog"
	"strings"
	"testing"

	"multivac/internal/endpoint"
)

func TestPlainConnectionsToOthersWarn(t *testing.T) {
	f := func(want bool, e endpoint.Endpoint, hosts ...string) {
		t.Helper()
		var log strings.Builder
		e.WarnPlain("queue", hosts, slog.New(slog.NewTextHandler(&log, nil)))
		if got := log.Len() > 0; got != want {
			t.Errorf("%+v at %q: warned %v, want %v\n%s", e, hosts, got, want, &log)
		}
	}
	var plain endpoint.Endpoint
	f(false, plain)
	f(false, plain, "")
	f(false, plain, "localhost", "127.0.0.1:1", "[::1]", "[::1]:6379")
	f(true, plain, "queue:6379")
	f(true, plain, "127.0.0.1:1", "10.0.0.7:27017")
	f(true, plain, "localhost.example")
	f(false, endpoint.Endpoint{TLS: true}, "queue:6379")
	f(false, endpoint.Endpoint{CA: "ca.crt"}, "queue:6379")
	f(false, endpoint.Endpoint{Cert: "client.crt"}, "queue:6379")
}

func TestURIs(t *testing.T) {
	f := func(uri, hosts string, encrypted bool) {
		t.Helper()
		if got := strings.Join(endpoint.Hosts(uri), " "); got != hosts || endpoint.Encrypted(uri) != encrypted {
			t.Errorf("%s: hosts %q, encrypted %v; want %q, %v", uri, got, endpoint.Encrypted(uri), hosts, encrypted)
		}
	}
	f("", "", false)
	f("mongodb://susan@a:1,b:2/?replicaSet=rs0", "a:1 b:2", false)
	f("mongodb://susan:p%40ss@db", "db", false)
	f("mongodb://[::1]", "[::1]", false)
	f("mongodb://db:1/?tls=true", "db:1", true)
	f("mongodb://db:1/?ssl=true", "db:1", true)
	f("mongodb+srv://db.example", "db.example", true)
	f("mongodb+srv://db.example/?tls=false", "db.example", false)
}
