package multivac

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A Scope is something that a key allows.
type Scope string

const (
	ScopeAsk   Scope = "ask"   // ask, and read documents
	ScopeTell  Scope = "tell"  // tell and delete documents, and see what became of them
	ScopeAdmin Scope = "admin" // all of these, and make and revoke keys
)

// Scopes are all scopes.
var Scopes = []Scope{ScopeAsk, ScopeTell, ScopeAdmin}

// MaxKeyName is the longest name of a key, in bytes.
const MaxKeyName = 200

// KeyID names a key. It stands in the key's text, and is no secret.
type KeyID string

// KeyHash is the SHA-256 of a key's text.
type KeyHash [32]byte

// KeyText is what the holder of a key sends. It is shown when the key is made
// and kept nowhere; printed or logged as it is, it hides its secret.
type KeyText string

// String returns the text without its secret. string(t) has it.
func (t KeyText) String() string {
	prefix, rest, _ := strings.Cut(string(t), "_")
	id, secret, _ := strings.Cut(rest, "_")
	if prefix != "mvk" || secret == "" {
		return "<redacted>"
	}
	return "mvk_" + Clip(id, 20) + "_<redacted>"
}

// GoString is String, for %#v.
func (t KeyText) GoString() string { return t.String() }

// MarshalText is String, for logs and JSON.
func (t KeyText) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Limits bound what the holder of a key may ask for. Zero is no limit.
type Limits struct {
	Rate       float64 // requests per second, in the long run
	Burst      int     // requests at once after a pause; at least 1 where Rate is set
	Concurrent int     // requests at the same time
}

// A Key allows its holder some things.
type Key struct {
	ID          KeyID
	Name        string           // what it is for
	Scopes      []Scope          // at least one
	Collections []CollectionName // all if empty
	Limits      Limits
	Created     time.Time
	Expires     time.Time // never if zero
	LastUsed    time.Time // to the minute or so; never used if zero
	Revoked     time.Time // not revoked if zero
	Hash        KeyHash
}

// Validate returns an ErrInvalid that says what to change about what a key is
// to allow.
func (k Key) Validate() error {
	switch {
	case len(k.Name) > MaxKeyName || !utf8.ValidString(k.Name) || strings.ContainsFunc(k.Name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return Errorf(ErrInvalid, "name it in one line of up to 200 bytes", "key's name %q is not allowed", Clip(k.Name, 40))
	case len(k.Scopes) == 0:
		return Errorf(ErrInvalid, "give it one of ask, tell and admin", "key has no scope")
	case len(k.Collections) > 0 && slices.Contains(k.Scopes, ScopeAdmin):
		return Errorf(ErrInvalid, "leave the collections out, or the scope admin", "key of scope admin cannot be bound to collections")
	case k.Limits.Rate < 0 || math.IsNaN(k.Limits.Rate) || math.IsInf(k.Limits.Rate, 0) || k.Limits.Burst < 0 || k.Limits.Concurrent < 0:
		return Errorf(ErrInvalid, "give positive numbers, or 0 for no limit", "key's limits are out of range")
	case k.Limits.Rate == 0 && k.Limits.Burst > 0:
		return Errorf(ErrInvalid, "give a rate, too", "key has a burst, but no rate")
	case !k.Expires.IsZero() && !k.Expires.After(k.Created):
		return Errorf(ErrInvalid, "give a time to come", "key would expire before it was made")
	}
	for _, s := range k.Scopes {
		if !slices.Contains(Scopes, s) {
			return Errorf(ErrInvalid, "use ask, tell or admin", "unknown scope %q", Clip(string(s), 40))
		}
	}
	for _, c := range k.Collections {
		if err := c.Validate(); err != nil {
			return err
		}
	}
	return nil
}

// Has reports whether the key has a scope, or admin, which has all.
func (k Key) Has(s Scope) bool {
	return slices.Contains(k.Scopes, s) || slices.Contains(k.Scopes, ScopeAdmin)
}

// In reports whether the key is for a collection.
func (k Key) In(c CollectionName) bool {
	return len(k.Collections) == 0 || slices.Contains(k.Collections, c.OrDefault())
}

// Standing says whether the key holds at now, and if not, why.
func (k Key) Standing(now time.Time) error {
	switch {
	case !k.Revoked.IsZero():
		return Errorf(ErrUnauthorized, "ask an admin for a new one", "key %s was revoked", k.ID)
	case !k.Expires.IsZero() && !now.Before(k.Expires):
		return Errorf(ErrUnauthorized, "ask an admin for a new one", "key %s has expired", k.ID)
	}
	return nil
}

// NoKey returns the ErrUnauthorized for whoever sends no key.
func NoKey() error {
	return Errorf(ErrUnauthorized,
		"give one with --key-file FILE, or name the file in $MULTIVAC_KEY_FILE; over HTTP, send Authorization: Bearer mvk_...", "a key is needed")
}

// Keys are the keys of a MultiVAC. Where there is one, revoked ones too, it
// wants a key of everyone.
type Keys interface {
	// MakeKey makes a key that allows what k says; ID, Created, LastUsed,
	// Revoked and Hash are set by it. The text is not to be had again. The
	// first key has to be of scope admin.
	MakeKey(ctx context.Context, k Key) (Key, KeyText, error)
	// ListKeys lists all keys, the oldest first.
	ListKeys(ctx context.Context) ([]Key, error)
	// RevokeKey ends a key for good, or returns ErrNotFound. Revoking twice
	// changes nothing.
	RevokeKey(ctx context.Context, id KeyID) (Key, error)
}
