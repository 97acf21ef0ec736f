package config

import (
	"log/slog"
	"time"

	"multivac"
)

// Settings are the values of the table, each under its key. In later Settings,
// the values that are live may differ.
type Settings struct {
	Role           string            `koanf:"role"`
	Listen         string            `koanf:"listen"`
	Open           bool              `koanf:"open"`
	AllowedHosts   []string          `koanf:"allowed-hosts"`
	AdminKeyFile   string            `koanf:"admin-key-file"`
	TLSCert        string            `koanf:"tls-cert"`
	TLSKey         string            `koanf:"tls-key"`
	AdminListen    string            `koanf:"admin-listen"`
	AuditLog       string            `koanf:"audit-log"`
	Data           string            `koanf:"data"`
	Secrets        string            `koanf:"secrets"`
	Stop           string            `koanf:"stop"`
	CollectionStop map[string]string `koanf:"collection-stop"`
	Meaning        string            `koanf:"meaning"`
	KeepOriginals  bool              `koanf:"keep-originals"`
	Workers        int               `koanf:"workers"`
	Linger         time.Duration     `koanf:"linger"`
	LogFormat      string            `koanf:"log-format"`
	LogLevel       string            `koanf:"log-level"`
	LogQuestions   bool              `koanf:"log-questions"`
	Extract        Extract           `koanf:"extract"`
	Request        Request           `koanf:"request"`
	Store          Store             `koanf:"store"`
	Queue          Queue             `koanf:"queue"`
	Cache          Cache             `koanf:"cache"`
	Traces         Traces            `koanf:"traces"`
}

// Extract is what may be used for one file, and for each document in it, and what is
// read of it.
type Extract struct {
	MaxText     int64         `koanf:"max-text"`
	MaxUnpacked int64         `koanf:"max-unpacked"`
	MaxRatio    int           `koanf:"max-ratio"`
	MaxDepth    int           `koanf:"max-depth"`
	MaxMembers  int           `koanf:"max-members"`
	MaxPages    int           `koanf:"max-pages"`
	MaxCells    int           `koanf:"max-cells"`
	MaxTime     time.Duration `koanf:"max-time"`
	Hidden      bool          `koanf:"hidden"`
}

// Request is what a request that tells may use.
type Request struct {
	MaxDocuments int           `koanf:"max-documents"`
	MaxUnpacked  int64         `koanf:"max-unpacked"`
	MaxTime      time.Duration `koanf:"max-time"`
}

// Store says where documents are stored.
type Store struct {
	MongoDB MongoDB `koanf:"mongodb"`
}

// MongoDB is the server of the documents; none if URI is empty.
type MongoDB struct {
	URI      string `koanf:"uri"`
	Database string `koanf:"database"`
	Username string `koanf:"username"`
	Password Secret `koanf:"password"`
	TLSCA    string `koanf:"tls-ca"`
	TLSCert  string `koanf:"tls-cert"`
	TLSKey   string `koanf:"tls-key"`
}

// Redis says how to sign in to Redis servers.
type Redis struct {
	Username      string `koanf:"username"`
	Password      Secret `koanf:"password"`
	TLS           bool   `koanf:"tls"`
	TLSCA         string `koanf:"tls-ca"`
	TLSCert       string `koanf:"tls-cert"`
	TLSKey        string `koanf:"tls-key"`
	TLSServerName string `koanf:"tls-server-name"`
}

// Queue is the Redis with the queue; none if Addr is empty.
type Queue struct {
	Addr  string `koanf:"addr"`
	Redis `koanf:",squash"`
}

// Cache is the near cache, and the far one if there are Addrs.
type Cache struct {
	Addrs     []string `koanf:"addrs"`
	Redis     `koanf:",squash"`
	Timeout   time.Duration `koanf:"timeout"`
	NearBytes int64         `koanf:"near-bytes"`
}

// Traces says where traces are sent, and how many.
type Traces struct {
	Endpoint string  `koanf:"endpoint"`
	Sample   float64 `koanf:"sample"`
	Project  string  `koanf:"project"`
}

// Stops returns the stops of questions that name none.
func (s *Settings) Stops() multivac.DefaultStops {
	return defaultStops(s.Stop, s.CollectionStop)
}

func defaultStops(stop string, collections map[string]string) multivac.DefaultStops {
	d := multivac.DefaultStops{Stop: multivac.Stop(stop), Collections: map[multivac.CollectionName]multivac.Stop{}}
	for name, stop := range collections {
		d.Collections[multivac.CollectionName(name)] = multivac.Stop(stop)
	}
	return d
}

// Level returns the lowest level that is logged.
func (s *Settings) Level() slog.Level {
	var l slog.Level
	_ = l.UnmarshalText([]byte(s.LogLevel)) // was checked when it was read
	return l
}
