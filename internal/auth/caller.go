package auth

import (
	"context"
	"strings"

	"multivac"
)

// A Caller is the sender of a request, as far as it matters for what is allowed.
type Caller struct {
	multivac.Key
	Anonymous bool // no key was sent, and none is needed
}

// Anyone is the caller where no key is needed. They may do everything except make
// and revoke keys: otherwise the first caller could lock out all others.
var Anyone = Caller{Anonymous: true, Key: multivac.Key{Scopes: []multivac.Scope{multivac.ScopeAsk, multivac.ScopeTell}}}

// Classic is the caller without a key where only the original's routes are open.
// These use a collection of their own.
func Classic(collection multivac.CollectionName) *Caller {
	c := Anyone
	c.Collections = []multivac.CollectionName{collection}
	return &c
}

type callerKey struct{}

// With returns ctx with its caller, which must not be changed.
func With(ctx context.Context, c *Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// From returns the caller of ctx, which must not be changed, or false if there is
// none.
func From(ctx context.Context) (*Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(*Caller)
	return c, ok
}

// caller returns the caller of ctx, or an ErrUnauthorized: without one, a guard
// refuses.
func caller(ctx context.Context) (*Caller, error) {
	if c, ok := From(ctx); ok {
		return c, nil
	}
	return nil, multivac.NoKey()
}

// Need returns an ErrForbidden that names the scopes if the caller has none of
// them.
func (c *Caller) Need(scopes ...multivac.Scope) error {
	if len(scopes) == 0 {
		return nil
	}
	for _, s := range scopes {
		if c.Has(s) {
			return nil
		}
	}
	if c.Anonymous {
		return multivac.Errorf(multivac.ErrForbidden,
			"give the server a first key: start it with --admin-key-file FILE, or stop it and run `multivac keys create --scope admin --data DIR`",
			"keys are made and revoked with a key of scope admin only")
	}
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = string(s)
	}
	return multivac.Errorf(multivac.ErrForbidden, "use a key that has it, or ask an admin for one",
		"key %s has not the scope %s", c.ID, strings.Join(names, " or "))
}

// NeedIn returns an ErrForbidden that names the collection if the caller's key is
// not for it.
func (c *Caller) NeedIn(name multivac.CollectionName) error {
	name = name.OrDefault()
	switch {
	case c.In(name):
		return nil
	case c.Anonymous:
		return multivac.NoKey()
	}
	return multivac.Errorf(multivac.ErrForbidden, "use a key for that collection, or ask an admin for one",
		"key %s is not for the collection %q", c.ID, multivac.Clip(string(name), 80))
}
