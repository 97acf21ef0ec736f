package app

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"multivac"
	"multivac/internal/cache"
	"multivac/internal/endpoint"
	"multivac/internal/fleet"
	"multivac/internal/meaning"
	"multivac/internal/queue"
	"multivac/internal/queue/redisqueue"
	"multivac/internal/store"
	"multivac/internal/store/mongodb"
	"multivac/internal/store/sqlite"
)

// Mongo is the MongoDB that stores documents; none if URI is empty.
type Mongo struct {
	URI, Database string
	Changed       <-chan struct{} // receives when the credentials may have changed
	endpoint.Endpoint
}

// Redis is the queue; none if Addr is empty.
type Redis struct {
	Addr string
	endpoint.Endpoint
}

// Far is the far cache; none without Addrs.
type Far struct {
	Addrs   []string // host:port; a name stands for all its addresses
	Timeout time.Duration
	endpoint.Endpoint
}

// queueLength is how many tasks the queue of this process holds: more than many
// callers tell within seconds. The sweeper finds tasks that do not fit.
const queueLength = 1 << 16

// shared reports whether other processes may have the store open, too.
func (s *Settings) shared() bool { return s.openStore != nil || s.Mongo.URI != "" }

// check returns an ErrInvalid if the settings do not fit together.
func (s *Settings) check() error {
	role, err := ParseRole(string(s.Role))
	if err != nil {
		return err
	}
	s.Role = role
	if s.Meaning, err = meaning.ParseMode(string(s.Meaning)); err != nil {
		return err
	}
	if role == All {
		return nil
	}
	if !s.shared() {
		return multivac.Errorf(multivac.ErrInvalid, "name a MongoDB with store.mongodb.uri, or leave the role out",
			"role %s needs a store that others can reach, and a data folder has one owner", role)
	}
	if s.openQueue == nil && s.Redis.Addr == "" {
		return multivac.Errorf(multivac.ErrInvalid, "name a Redis with queue.addr, or leave the role out",
			"role %s needs a queue that others can reach", role)
	}
	return nil
}

// store opens the store of the settings.
func (s *Settings) store(ctx context.Context) (store.Store, error) {
	switch {
	case s.openStore != nil:
		return s.openStore(ctx)
	case s.shared():
		return s.mongo(ctx)
	}
	open := sqlite.Open
	if s.Readable {
		open = sqlite.OpenReadable
	}
	db, err := open(s.Data)
	if err != nil {
		return nil, err
	}
	if from, to := db.Migrated(); from != 0 && from != to {
		logOf(s.Telemetry).Info("data brought to a newer version", "from", from, "to", to)
	}
	return db, nil
}

func (s *Settings) mongo(ctx context.Context) (store.Store, error) {
	log := logOf(s.Telemetry)
	c, err := s.Mongo.Config("store", log)
	if err != nil {
		return nil, err
	}
	db, err := mongodb.Open(ctx, mongodb.Options{URI: s.Mongo.URI, Database: s.Mongo.Database, Credentials: s.Mongo.Credentials, Changed: s.Mongo.Changed, TLS: c, Log: log})
	if err != nil {
		return nil, err
	}
	return db, nil
}

// join makes this process known to the others that have the store open. A store
// that only this process has open has no members.
func (s *Settings) join(ctx context.Context, db store.Store, role string) (*fleet.Member, error) {
	shared, ok := db.(store.Shared)
	if !ok {
		return nil, nil
	}
	return fleet.Join(ctx, shared, role, Version(), s.forms)
}

// open opens the store of the settings for a tool that works next to other
// processes. The returned function closes it.
func (s *Settings) open(ctx context.Context) (store.Store, func() error, error) {
	db, err := s.store(ctx)
	if err != nil {
		return nil, nil, err
	}
	m, err := s.join(ctx, db, "tool")
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, func() error {
		if m != nil {
			m.Leave(ctx)
		}
		return db.Close()
	}, nil
}

// queue opens the queue of the settings. If many processes share the queue, a
// worker also gets a spare one of its own: while the shared queue is away, its
// sweeper enqueues there.
func (s *Settings) queue() (queue.Queue, error) {
	q, err := s.namedQueue()
	if _, own := q.(*queue.Local); own || err != nil || !s.Role.works() {
		return q, err
	}
	return queue.WithSpare(q, queueLength), nil
}

func (s *Settings) namedQueue() (queue.Queue, error) {
	switch log := logOf(s.Telemetry); {
	case s.openQueue != nil:
		return s.openQueue()
	case s.Redis.Addr != "":
		c, err := s.Redis.Config("queue", log)
		if err != nil {
			return nil, err
		}
		q, err := redisqueue.Open(redisqueue.Options{Addr: s.Redis.Addr, Credentials: s.Redis.Credentials, TLS: c, Log: log})
		if err != nil {
			return nil, err
		}
		return q, nil
	}
	return queue.NewLocal(queueLength), nil
}

// fingerprintKey returns the key of the fingerprints of content. All processes
// of a store have the same key. If only this process has the store open,
// fingerprints are only used in its own cache, so the key may be random.
func fingerprintKey(ctx context.Context, s store.Store) (key [16]byte, err error) {
	if shared, ok := s.(store.Shared); ok {
		return shared.SharedKey(ctx)
	}
	rand.Read(key[:])
	return key, nil
}

// far returns the far cache of the settings, or nil.
func (s *Settings) far(key [16]byte, log *slog.Logger) (*cache.Ring, error) {
	if len(s.Far.Addrs) == 0 {
		return nil, nil
	}
	c, err := s.Far.Config("cache", log)
	if err != nil {
		return nil, err
	}
	return cache.NewRing(cache.RingOptions{
		Addrs: s.Far.Addrs, Credentials: s.Far.Credentials, TLS: c, Timeout: s.Far.Timeout, Secret: key[:], Log: log,
	})
}

// warnPlain warns of unencrypted connections to other machines.
func (s *Settings) warnPlain(log *slog.Logger) {
	if !endpoint.Encrypted(s.Mongo.URI) {
		s.Mongo.WarnPlain("store", endpoint.Hosts(s.Mongo.URI), log)
	}
	s.Redis.WarnPlain("queue", []string{s.Redis.Addr}, log)
	s.Far.WarnPlain("cache", s.Far.Addrs, log)
}
