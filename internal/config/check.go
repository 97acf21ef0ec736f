package config

import (
	"net"
	"slices"
	"strings"
)

// crossCheck checks settings against each other. It skips a setting whose own
// value is wrong, so that each mistake is reported once.
func (l *loading) crossCheck() {
	if l.astray {
		return // some of the settings could not be read
	}
	for _, p := range l.problems {
		l.bad = append(l.bad, strings.TrimSuffix(p.Key, fileSuffix))
	}
	l.together("tls-cert", "tls-key")
	// A name and password without a server are no mistake: the folder of
	// secrets may serve other processes, too.
	for _, server := range []string{"store.mongodb.uri", "queue.addr", "cache.addrs"} {
		section := server[:strings.LastIndex(server, ".")]
		l.together(section+".tls-cert", section+".tls-key")
		used := l.has(server) && (section != "cache" || l.Role != "worker") // a worker has no cache, so it needs no password for one
		l.needs(section+".username", section+".password", used)
	}
	l.needs("store.mongodb.password", "store.mongodb.username", l.has("store.mongodb.uri"))
	for _, section := range []string{"queue", "cache"} {
		for _, name := range []string{"tls-ca", "tls-cert", "tls-server-name"} {
			if key := section + "." + name; l.has(key) && !l.has(section+".tls") {
				l.wrong(wrong("set "+section+".tls = true", "%s is for TLS, and %s.tls is not set", key, section), key, section+".tls")
			}
		}
	}
	l.roles()
	if !l.has("listen") {
		l.wrong(wrong("give it as host:port, such as 127.0.0.1:5000", "listen is empty"), "listen")
	}
	if _, port, _ := net.SplitHostPort(l.Listen); l.Listen != "" && l.Listen == l.AdminListen && port != "0" {
		l.wrong(wrong("give them different ports", "listen and admin-listen are the same address"), "admin-listen", "listen")
	}
}

// roles checks that several processes have what they share.
func (l *loading) roles() {
	if l.Role == "all" {
		return
	}
	if !l.has("store.mongodb.uri") {
		l.wrong(wrong("set store.mongodb.uri", "role %s needs a store that others can reach", l.Role), "role", "store.mongodb.uri")
	}
	if !l.has("queue.addr") {
		l.wrong(wrong("set queue.addr", "role %s needs a queue that others can reach", l.Role), "role", "queue.addr")
	}
}

// has reports whether a setting is not the zero value of its kind.
func (l *loading) has(key string) bool {
	g, _ := l.winner(key)
	switch v := g.value.(type) {
	case string:
		return v != ""
	case bool:
		return v
	case []string:
		return len(v) > 0
	}
	return g.value != nil
}

func (l *loading) together(a, b string) {
	if !l.has(a) {
		a, b = b, a
	}
	if l.has(a) && !l.has(b) {
		l.wrong(wrong("give "+b+", too", "%s and %s belong together", a, b), a, b)
	}
}

// needs adds a problem if a setting is useless without another one.
func (l *loading) needs(key, other string, when bool) {
	if when && l.has(key) && !l.has(other) {
		l.wrong(wrong("give "+other+", too", "%s needs %s", key, other), key, other, "secrets")
	}
}

// wrong adds a problem between settings, at the place of the first one. It adds
// nothing if one of them is wrong by itself.
func (l *loading) wrong(err error, keys ...string) {
	for _, key := range keys {
		if slices.Contains(l.bad, key) {
			return
		}
	}
	where := l.where(keys[0])
	if where == "default" {
		where = ""
	}
	l.problems.add(keys[0], where, err)
}
