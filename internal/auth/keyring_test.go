package auth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/auth"
	"multivac/internal/web/webtest"
)

const home = "127.0.0.1"

// A ring is a keyring with a key of scope admin. Its clock is the bubble's.
func ring(t *testing.T) (*auth.Keyring, *webtest.Keys, multivac.KeyText) {
	t.Helper()
	store := &webtest.Keys{}
	r := auth.NewKeyring(store, time.Now)
	return r, store, make1(t, r, multivac.Key{Scopes: []multivac.Scope{multivac.ScopeAdmin}})
}

func make1(t *testing.T, r *auth.Keyring, k multivac.Key) multivac.KeyText {
	t.Helper()
	_, text, err := r.MakeKey(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func asker() multivac.Key { return multivac.Key{Scopes: []multivac.Scope{multivac.ScopeAsk}} }

// enter wants the error's kind; nil for none.
func enter(t *testing.T, r *auth.Keyring, text multivac.KeyText, kind error) func() {
	t.Helper()
	_, leave, err := r.Enter(t.Context(), text, home)
	if !errors.Is(err, kind) || kind == nil && err != nil {
		t.Errorf("Enter(%s): %v, want %v", text, err, kind)
	}
	if leave == nil {
		leave = func() {}
	}
	return leave
}

func TestFirstKeyIsAnAdmins(t *testing.T) {
	r := auth.NewKeyring(&webtest.Keys{}, time.Now)
	if needed, err := r.Needed(t.Context()); needed || err != nil {
		t.Errorf("a key is needed before there is one: %v, %v", needed, err)
	}
	if _, _, err := r.MakeKey(t.Context(), asker()); !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), "--scope admin") {
		t.Errorf("the first key is no admin's: %v", err)
	}
	make1(t, r, multivac.Key{Scopes: []multivac.Scope{multivac.ScopeAdmin}})
	make1(t, r, asker())
	if needed, err := r.Needed(t.Context()); !needed || err != nil {
		t.Errorf("no key is needed though there is one: %v, %v", needed, err)
	}
}

// That all keys are revoked opens nothing.
func TestRevokedAtOnce(t *testing.T) {
	r, _, admin := ring(t)
	enter(t, r, admin, nil)
	id, err := auth.Parse(admin)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.RevokeKey(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	enter(t, r, admin, multivac.ErrUnauthorized)
	if needed, err := r.Needed(t.Context()); !needed || err != nil {
		t.Errorf("no key is needed after all were revoked: %v, %v", needed, err)
	}
}

// Another replica knows within the time that a keyring believes what it read.
func TestRevokedElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, store, _ := ring(t)
		text := make1(t, r, asker())
		enter(t, r, text, nil)
		id, _ := auth.Parse(text)
		if _, err := store.RevokeKey(t.Context(), id, time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		enter(t, r, text, multivac.ErrUnauthorized)
	})
}

func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, _ := ring(t)
		k := asker()
		k.Expires = time.Now().Add(time.Hour)
		text := make1(t, r, k)
		enter(t, r, text, nil)
		time.Sleep(time.Hour)
		enter(t, r, text, multivac.ErrUnauthorized)
	})
}

// A key that nobody made, and one with the name of another, are refused alike.
func TestWrongKeys(t *testing.T) {
	r, _, _ := ring(t)
	_, stranger := auth.NewText()
	_, _, unknown := r.Enter(t.Context(), stranger, home)
	enter(t, r, stranger, multivac.ErrUnauthorized)
	enter(t, r, "", multivac.ErrUnauthorized)
	enter(t, r, multivac.KeyText(strings.Repeat("mvk_", 1000)), multivac.ErrUnauthorized)

	// The same name with another secret and a checksum that fits.
	other := auth.NewKeyring(&webtest.Keys{}, time.Now)
	_, forged := auth.NewText()
	id, _ := auth.Parse(forged)
	if _, _, err := other.Adopt(t.Context(), forged, "x"); err != nil {
		t.Fatal(err)
	}
	store := &webtest.Keys{}
	if err := store.PutKey(t.Context(), multivac.Key{ID: id, Scopes: []multivac.Scope{multivac.ScopeAdmin}, Hash: multivac.KeyHash{1}}); err != nil {
		t.Fatal(err)
	}
	_, _, err := auth.NewKeyring(store, time.Now).Enter(t.Context(), forged, home)
	if !errors.Is(err, multivac.ErrUnauthorized) || err.Error() != unknown.Error() {
		t.Errorf("a wrong secret: %v, want as of an unknown key: %v", err, unknown)
	}
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, _ := ring(t)
		k := asker()
		k.Limits = multivac.Limits{Rate: 0.5, Burst: 3}
		text := make1(t, r, k)
		for range 3 {
			enter(t, r, text, nil)()
		}
		_, _, err := r.Enter(t.Context(), text, home)
		var limited *multivac.Error
		if !errors.Is(err, multivac.ErrLimited) || !errors.As(err, &limited) || limited.RetryAfter != 2*time.Second {
			t.Fatalf("the fourth request: %v", err)
		}
		time.Sleep(limited.RetryAfter)
		enter(t, r, text, nil)()
		time.Sleep(5500 * time.Millisecond) // longer than a snapshot lives: the count goes on
		for range 2 {
			enter(t, r, text, nil)()
		}
		enter(t, r, text, multivac.ErrLimited)
	})
}

func TestConcurrency(t *testing.T) {
	r, _, admin := ring(t)
	k := asker()
	k.Limits.Concurrent = 2
	text := make1(t, r, k)
	first := enter(t, r, text, nil)
	enter(t, r, text, nil)
	enter(t, r, text, multivac.ErrLimited)
	enter(t, r, admin, nil) // another's limit
	first()
	enter(t, r, text, nil)
}

// Wrong keys are answered more and more rarely, of that address only, and the
// right one always.
func TestWrongKeysAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, admin := ring(t)
		wrong := func(address string) error {
			_, text := auth.NewText()
			_, _, err := r.Enter(t.Context(), text, address)
			return err
		}
		for n := range 10 {
			if err := wrong("192.0.2.1"); !errors.Is(err, multivac.ErrUnauthorized) {
				t.Fatalf("wrong key %d: %v", n+1, err)
			}
		}
		err := wrong("192.0.2.1")
		var limited *multivac.Error
		if !errors.Is(err, multivac.ErrLimited) || !errors.As(err, &limited) || limited.RetryAfter != 6*time.Second {
			t.Errorf("the eleventh wrong key: %v, want to wait 6s", err)
		}
		if err := wrong("192.0.2.2"); !errors.Is(err, multivac.ErrUnauthorized) {
			t.Errorf("another address: %v", err)
		}
		if _, _, err := r.Enter(t.Context(), admin, "192.0.2.1"); err != nil {
			t.Errorf("the right key, from the same address: %v", err)
		}
		for range 10 {
			wrong("2001:db8::1")
		}
		if err := wrong("2001:db8::2"); !errors.Is(err, multivac.ErrLimited) {
			t.Errorf("the same user's next IPv6 address: %v", err)
		}
		time.Sleep(limited.RetryAfter)
		if err := wrong("192.0.2.1"); !errors.Is(err, multivac.ErrUnauthorized) {
			t.Errorf("after the wait: %v", err)
		}
	})
}

// The last use is written once a minute, and what is left at the end.
func TestLastUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, store, text := ring(t)
		id, _ := auth.Parse(text)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.Run(ctx) }()
		used := func() time.Time {
			keys, err := store.Keys(t.Context())
			if err != nil || keys[0].ID != id {
				t.Fatalf("%+v, %v", keys, err)
			}
			return keys[0].LastUsed
		}
		first := time.Now()
		for range 59 {
			enter(t, r, text, nil)()
			synctest.Wait()
			if !used().Equal(first) {
				t.Fatalf("last use is %v, want %v", used(), first)
			}
			time.Sleep(time.Second)
		}
		time.Sleep(time.Second)
		cancel()
		synctest.Wait() // Run wants to end here
		enter(t, r, text, nil)()
		if err := <-ended; err != nil || !used().Equal(first) {
			t.Errorf("Run: %v, used %v", err, used())
		}
		ctx, cancel = context.WithCancel(t.Context())
		cancel()
		if err := r.Run(ctx); err != nil || !used().Equal(first.Add(time.Minute)) {
			t.Errorf("Run: %v, last use %v, want %v", err, used(), first.Add(time.Minute))
		}
	})
}

func TestAdopt(t *testing.T) {
	r := auth.NewKeyring(&webtest.Keys{}, time.Now)
	id, text := auth.NewText()
	for n, want := range []bool{true, false} {
		k, adopted, err := r.Adopt(t.Context(), text, "from a file")
		if err != nil || adopted != want || k.ID != id || !k.Has(multivac.ScopeAdmin) {
			t.Errorf("adopted %d times: %+v, %v, %v", n+1, k, adopted, err)
		}
	}
	enter(t, r, text, nil)
	if _, err := r.RevokeKey(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Adopt(t.Context(), text, ""); !errors.Is(err, multivac.ErrUnauthorized) {
		t.Errorf("adopted after it was revoked: %v", err)
	}
	small := make1(t, r, asker())
	if _, _, err := r.Adopt(t.Context(), small, ""); !errors.Is(err, multivac.ErrForbidden) {
		t.Errorf("adopted a key that is no admin's: %v", err)
	}
}

func BenchmarkEnter(b *testing.B) {
	r := auth.NewKeyring(&webtest.Keys{}, time.Now)
	_, text := auth.NewText()
	if _, _, err := r.Adopt(b.Context(), text, ""); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		_, leave, err := r.Enter(b.Context(), text, home)
		if err != nil {
			b.Fatal(err)
		}
		leave()
	}
}
