package auth_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/auth"
	"multivac/internal/web/webtest"
)

// Two replicas have one store of keys: a key that is made at one counts at the
// other at once, and one that is revoked lets nobody in after a second.
func TestKeysOfTwoReplicas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, store, _ := ring(t)
		two := auth.NewKeyring(store, time.Now)
		one.Shared, two.Shared = true, true
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { two.Run(ctx) })
		defer running.Wait()
		defer cancel()
		if needed, err := two.Needed(t.Context()); !needed || err != nil {
			t.Errorf("the other replica needs no key: %v, %v", needed, err)
		}
		text := make1(t, one, asker())
		enter(t, two, text, nil)
		id, _ := auth.Parse(text)
		if _, err := one.RevokeKey(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		enter(t, two, text, multivac.ErrUnauthorized)
	})
}

type kept = *webtest.Keys

// stuck is a store that does not answer while held.
type stuck struct {
	kept
	mu   sync.Mutex
	held bool
}

func (s *stuck) Keys(ctx context.Context) ([]multivac.Key, error) {
	s.mu.Lock()
	held := s.held
	s.mu.Unlock()
	if held {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.kept.Keys(ctx)
}

// While the store does not say which keys were revoked, none is believed.
func TestNoKeyIsBelievedWithoutTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &stuck{kept: &webtest.Keys{}}
		r := auth.NewKeyring(store, time.Now)
		r.Shared = true
		text := make1(t, r, multivac.Key{Scopes: []multivac.Scope{multivac.ScopeAdmin}})
		enter(t, r, text, nil)
		store.mu.Lock()
		store.held = true
		store.mu.Unlock()
		time.Sleep(900 * time.Millisecond)
		enter(t, r, text, nil)
		time.Sleep(100 * time.Millisecond)
		enter(t, r, text, multivac.ErrUnavailable)
	})
}

// Replicas that start at the same time have one admin key from one file.
func TestAdoptedByAllAtOnce(t *testing.T) {
	store := &unique{kept: &webtest.Keys{}}
	_, text := auth.NewText()
	var adopting sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for range 8 {
		r := auth.NewKeyring(store, time.Now)
		r.Shared = true
		if _, err := r.Needed(t.Context()); err != nil {
			t.Fatal(err)
		}
		adopting.Go(func() {
			_, adopted, err := r.Adopt(t.Context(), text, "admin")
			mu.Lock()
			defer mu.Unlock()
			if adopted {
				made++
			}
			if err != nil {
				t.Errorf("adopt: %v", err)
			}
		})
	}
	adopting.Wait()
	if keys, err := store.Keys(t.Context()); err != nil || len(keys) != 1 || made != 1 {
		t.Errorf("%d adopted it, the keys are %+v, %v; want one", made, keys, err)
	}
}

// unique refuses a second key of the same name, as stores do.
type unique struct {
	kept
	mu sync.Mutex
}

func (u *unique) PutKey(ctx context.Context, k multivac.Key) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	keys, err := u.kept.Keys(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(keys, func(o multivac.Key) bool { return o.ID == k.ID }) {
		return multivac.Errorf(multivac.ErrInvalid, "make it again", "there is a key %s already", k.ID)
	}
	return u.kept.PutKey(ctx, k)
}
