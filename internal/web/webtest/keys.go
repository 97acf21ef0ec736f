package webtest

import (
	"context"
	"sync"
	"time"

	"multivac"
)

// Keys keeps keys in memory, for an auth.Keyring.
type Keys struct {
	mu   sync.Mutex
	keys []multivac.Key
	used map[multivac.KeyID]time.Time
}

// PutKey keeps a key.
func (s *Keys) PutKey(_ context.Context, k multivac.Key) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = append(s.keys, k)
	return nil
}

// Keys returns all keys.
func (s *Keys) Keys(context.Context) ([]multivac.Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := make([]multivac.Key, len(s.keys))
	for i, k := range s.keys {
		k.LastUsed = s.used[k.ID]
		keys[i] = k
	}
	return keys, nil
}

// RevokeKey ends a key.
func (s *Keys) RevokeKey(_ context.Context, id multivac.KeyID, now time.Time) (multivac.Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.keys {
		if k := &s.keys[i]; k.ID == id {
			if k.Revoked.IsZero() {
				k.Revoked = now
			}
			return *k, nil
		}
	}
	return multivac.Key{}, multivac.Errorf(multivac.ErrNotFound, "list the keys to see which there are", "there is no key %q", id)
}

// TouchKeys notes when keys were used.
func (s *Keys) TouchKeys(_ context.Context, used map[multivac.KeyID]time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used == nil {
		s.used = map[multivac.KeyID]time.Time{}
	}
	for id, at := range used {
		s.used[id] = at
	}
	return nil
}
