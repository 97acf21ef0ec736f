package app

import (
	"context"
	"crypto/rand"
	"errors"

	"multivac"
	"multivac/internal/queue"
	"multivac/internal/queue/redisqueue"
	"multivac/internal/store"
	"multivac/internal/store/mongodb"
	"multivac/internal/store/sqlite"
)

// queueLength is how many hints wait for a worker in this process; the sweeper
// finds what does not fit. What a crowd tells within seconds does.
const queueLength = 1 << 16

// shared says whether other processes have the store, too.
func (s *Settings) shared() bool { return s.openStore != nil || s.Mongo.URI != "" }

// check returns an ErrInvalid where the settings do not go together.
func (s *Settings) check() error {
	role, err := ParseRole(string(s.Role))
	if err != nil {
		return err
	}
	s.Role = role
	if s.Meaning, err = ParseMeaning(string(s.Meaning)); err != nil {
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
	c, err := s.Mongo.config("store", log)
	if err != nil {
		return nil, err
	}
	db, err := mongodb.Open(ctx, mongodb.Options{URI: s.Mongo.URI, Database: s.Mongo.Database, Credentials: s.Mongo.Credentials, Changed: s.Mongo.Changed, TLS: c, Log: log})
	if err != nil {
		return nil, err
	}
	return db, nil
}

// open opens the store of the settings for a while, for a tool that works on
// it beside the others.
func (s *Settings) open(ctx context.Context) (store.Store, func() error, error) {
	db, err := s.store(ctx)
	if err != nil {
		return nil, nil, err
	}
	m, err := join(ctx, db, "tool", s.forms)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, func() error {
		if m != nil {
			m.leave(ctx)
		}
		return db.Close()
	}, nil
}

// queue opens the queue of the settings. Who works has a spare beside that of
// others: while it is away, the sweeper has the work done here.
func (s *Settings) queue() (queue.Queue, error) {
	q, err := s.first()
	if _, own := q.(*queue.Local); own || err != nil || !s.Role.works() {
		return q, err
	}
	return queue.WithSpare(q, queueLength), nil
}

func (s *Settings) first() (queue.Queue, error) {
	switch log := logOf(s.Telemetry); {
	case s.openQueue != nil:
		return s.openQueue()
	case s.Redis.Addr != "":
		c, err := s.Redis.config("queue", log)
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

// fingerprintKey returns the key by which all replicas name the same content
// alike. Where there are none, fingerprints name content in this process's
// cache only, so that a key of this process will do.
func fingerprintKey(ctx context.Context, s store.Store) (key [16]byte, err error) {
	if shared, ok := s.(store.Shared); ok {
		return shared.SharedKey(ctx)
	}
	rand.Read(key[:])
	return key, nil
}
