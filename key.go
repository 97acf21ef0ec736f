package multivac

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A Scope is a right that a key gives.
type Scope string

const (
	ScopeAsk   Scope = "ask"   // ask, and read documents
	ScopeTell  Scope = "tell"  // tell and delete documents, and read their state
	ScopeAdmin Scope = "admin" // all of these, and make and revoke keys
)

// Scopes are all scopes.
var Scopes = []Scope{ScopeAsk, ScopeTell, ScopeAdmin}

// MaxKeyName is the longest name of a key, in bytes.
const MaxKeyName = 200

// KeyID names a key. It is part of the key's text and no secret.
type KeyID string

// KeyHash is the SHA-256 of a key's text.
type KeyHash [32]byte

// KeyText is the text that the holder of a key sends. It is shown once, when
// the key is made, and not stored. Printing or logging a KeyText hides its
// secret.
type KeyText string

// String returns the text without its secret. string(t) returns all of it.
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

// Limits bound the requests of a key's holder. 0 is no limit.
type Limits struct {
	Rate       float64 // requests per second, in the long run
	Burst      int     // requests at once after a pause; at least 1 if Rate is set
	Concurrent int     // requests at the same time
}

// A Key gives its holder some rights.
type Key struct {
	ID          KeyID
	Name        string           // what the key is for
	Scopes      []Scope          // at least one
	Collections []CollectionName // all if empty
	Limits      Limits
	Created     time.Time
	Expires     time.Time // never if zero
	LastUsed    time.Time // accurate to about a minute; never used if zero
	Revoked     time.Time // not revoked if zero
	Hash        KeyHash
}

// Validate returns an ErrInvalid that says what to change before a key can be
// made like this.
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

// Has reports whether the key has the scope. A key with ScopeAdmin has all.
func (k Key) Has(s Scope) bool {
	return slices.Contains(k.Scopes, s) || slices.Contains(k.Scopes, ScopeAdmin)
}

// In reports whether the key may be used for the collection.
func (k Key) In(c CollectionName) bool {
	return len(k.Collections) == 0 || slices.Contains(k.Collections, c.OrDefault())
}

// Standing returns nil if the key is valid at now, or an error that says why it
// is not.
func (k Key) Standing(now time.Time) error {
	switch {
	case !k.Revoked.IsZero():
		return Errorf(ErrUnauthorized, "ask an admin for a new one", "key %s was revoked", k.ID)
	case !k.Expires.IsZero() && !now.Before(k.Expires):
		return Errorf(ErrUnauthorized, "ask an admin for a new one", "key %s has expired", k.ID)
	}
	return nil
}

// NoKey returns the ErrUnauthorized for a request without a key.
func NoKey() error {
	return Errorf(ErrUnauthorized,
		"give one with --key-file FILE, or name the file in $MULTIVAC_KEY_FILE; over HTTP, send Authorization: Bearer mvk_...", "a key is needed")
}

// Keys are the keys of a MultiVAC. As soon as one key exists, even a revoked
// one, every request needs a key.
type Keys interface {
	// MakeKey makes a key with the rights of k and sets its ID, Created,
	// LastUsed, Revoked and Hash. The text cannot be read again later. The
	// first key must have ScopeAdmin.
	MakeKey(ctx context.Context, k Key) (Key, KeyText, error)
	// ListKeys lists all keys, the oldest first.
	ListKeys(ctx context.Context) ([]Key, error)
	// RevokeKey makes a key invalid for ever, or returns ErrNotFound. Revoking
	// again changes nothing.
	RevokeKey(ctx context.Context, id KeyID) (Key, error)
}
