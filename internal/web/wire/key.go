package wire

import (
	"time"

	"multivac"
)

// A NewKey says what a new key should allow.
type NewKey struct {
	Name        string    `json:"name,omitempty" maxLength:"200" example:"nightly import" doc:"What it is for"`
	Scopes      []string  `json:"scopes" enum:"ask,tell,admin" minItems:"1" doc:"ask: ask, and read documents; tell: tell and delete; admin: all, and make and revoke keys"`
	Collections []string  `json:"collections,omitempty" doc:"All if left out"`
	Expires     time.Time `json:"expires,omitzero" doc:"Never if left out"`
	Rate        float64   `json:"rate,omitempty" minimum:"0" doc:"Requests per second, in the long run; no limit if left out"`
	Burst       int       `json:"burst,omitempty" minimum:"0" doc:"Requests at once after a pause; 1 if left out"`
	Concurrent  int       `json:"concurrent,omitempty" minimum:"0" doc:"Requests at the same time; no limit if left out"`
}

// NewNewKey returns the rights of k for the wire.
func NewNewKey(k multivac.Key) NewKey {
	return NewKey{
		Name: k.Name, Scopes: plainStrings(k.Scopes), Collections: plainStrings(k.Collections), Expires: k.Expires,
		Rate: k.Limits.Rate, Burst: k.Limits.Burst, Concurrent: k.Limits.Concurrent,
	}
}

// Key returns the key that w asks for.
func (w NewKey) Key() multivac.Key {
	k := multivac.Key{
		Name: w.Name, Expires: w.Expires.UTC(),
		Limits: multivac.Limits{Rate: w.Rate, Burst: w.Burst, Concurrent: w.Concurrent},
	}
	for _, s := range w.Scopes {
		k.Scopes = append(k.Scopes, multivac.Scope(s))
	}
	for _, c := range w.Collections {
		k.Collections = append(k.Collections, multivac.CollectionName(c))
	}
	return k
}

// A Key is a key in a list, without its text and its hash.
type Key struct {
	ID string `json:"id" example:"k3jq7x2a4m" doc:"Names the key; no secret"`
	NewKey
	Created  time.Time `json:"created"`
	LastUsed time.Time `json:"last_used,omitzero" doc:"To the minute; left out where it never was"`
	Revoked  time.Time `json:"revoked,omitzero" doc:"Left out where it was not"`
}

// KeyOf returns k for the wire.
func KeyOf(k multivac.Key) Key {
	return Key{ID: string(k.ID), NewKey: NewNewKey(k), Created: k.Created, LastUsed: k.LastUsed, Revoked: k.Revoked}
}

// Key returns the key that w was made of, without its hash.
func (w Key) Key() multivac.Key {
	k := w.NewKey.Key()
	k.ID, k.Created, k.LastUsed, k.Revoked = multivac.KeyID(w.ID), w.Created, w.LastUsed, w.Revoked
	return k
}

// A MadeKey is a key that was just made.
type MadeKey struct {
	Key
	Text string `json:"key" doc:"What its holder sends as Authorization: Bearer. It is shown here only"`
}

// Keys are all keys.
type Keys struct {
	Keys []Key `json:"keys"`
}

func plainStrings[S ~string](list []S) []string {
	if list == nil {
		return nil
	}
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = string(s)
	}
	return words
}
