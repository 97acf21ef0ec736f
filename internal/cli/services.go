package cli

import (
	"multivac/internal/app"
	"multivac/internal/config"
	"multivac/internal/endpoint"
	"multivac/internal/meaning"
)

// services returns the settings of a MultiVAC, except for its data folder. Names
// and passwords are read from live each time they are needed.
func services(s config.Settings, live *config.Live) app.Settings {
	redis := func(r config.Redis, section string) endpoint.Endpoint {
		return endpoint.Endpoint{Credentials: live.Credentials(section), TLS: r.TLS, CA: r.TLSCA, Cert: r.TLSCert, Key: r.TLSKey, ServerName: r.TLSServerName}
	}
	m := s.Store.MongoDB
	local := app.Settings{
		Role: app.Role(s.Role),
		Mongo: app.Mongo{URI: m.URI, Database: m.Database, Changed: live.Changed(),
			Endpoint: endpoint.Endpoint{Credentials: live.Credentials("store.mongodb"), CA: m.TLSCA, Cert: m.TLSCert, Key: m.TLSKey}},
		Redis:      app.Redis{Addr: s.Queue.Addr, Endpoint: redis(s.Queue.Redis, "queue")},
		Far:        app.Far{Addrs: s.Cache.Addrs, Timeout: s.Cache.Timeout, Endpoint: redis(s.Cache.Redis, "cache")},
		Meaning:    meaning.Mode(s.Meaning),
		Originals:  s.KeepOriginals,
		Workers:    s.Workers,
		CacheBytes: int(s.Cache.NearBytes),
	}
	local.Requests.Documents, local.Requests.Unpacked, local.Requests.Time = s.Request.MaxDocuments, s.Request.MaxUnpacked, s.Request.MaxTime
	return limitsOf(s).on(local)
}
