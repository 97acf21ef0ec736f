// Package admit decides which requests are let in: by their host, by the site
// whose page sends them, and by their key.
package admit

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"strings"

	"multivac"
	"multivac/internal/auth"
	"multivac/internal/web/bodies"
	"multivac/internal/web/route"
)

// A Gate knows the keys; auth.Keyring is one.
type Gate interface {
	// Needed says whether a key is needed at all.
	Needed(ctx context.Context) (bool, error)
	// Enter returns the caller who sends text from address, or an ErrUnauthorized
	// or ErrLimited. The caller counts as present until leave is called.
	Enter(ctx context.Context, text multivac.KeyText, address string) (c *auth.Caller, leave func(), err error)
}

// A Door lets requests in. Without a Gate everyone may come in. Only Room and
// Fail are required.
type Door struct {
	Gate Gate
	// SignIn answers with the form that asks for a key; no form if nil.
	SignIn func(w http.ResponseWriter, r *http.Request, next string, err error)
	// Refused is called with the action of a rule if a key lacks its scopes. If
	// it returns an error, that is answered instead of the refusal.
	Refused     func(ctx context.Context, action string) error
	OpenClassic bool                    // the original's routes need no key
	Classic     multivac.CollectionName // the collection of these routes
	Local       bool                    // only this machine can reach the address
	Hosts       func() []string         // names of this server, at the moment
	Room        *bodies.Room
	Fail        func(w http.ResponseWriter, r *http.Request, err error) // answers with an error
}

// Check returns an error if r is for another host, or comes from the page of
// another site. Such a page must not tell or delete with the user's browser,
// and must not make it do costly reads. Requests of programs pass.
func (d *Door) Check(r *http.Request, rule route.Rule) error {
	switch {
	case !d.isHost(r) && !d.wantsKey(r, rule):
		return errHost(r)
	case crossOrigin.Check(r) != nil, rule.Costly && isForeign(r):
		return errCrossOrigin
	}
	return nil
}

func stay() {}

// Enter returns the caller of r, and the function that ends the caller's visit.
// The caller is nil if no key was checked and the rule needs none.
func (d *Door) Enter(ctx context.Context, r *http.Request, rule route.Rule) (*auth.Caller, func(), error) {
	if d.Gate == nil {
		return &auth.Anyone, stay, nil
	}
	if rule.Open() {
		return nil, stay, nil
	}
	needed, err := d.Gate.Needed(ctx)
	if err != nil {
		return nil, nil, err
	}
	text, bearer := keyOf(r)
	switch {
	case text != "" && (needed || bearer): // a cookie may belong to another server on this host
		c, leave, err := d.Gate.Enter(ctx, text, address(r))
		if err != nil {
			return nil, nil, err
		}
		if err := c.Need(rule.Scopes...); err != nil {
			leave()
			if d.Refused != nil && rule.Action != "" {
				err = cmp.Or(d.Refused(auth.With(ctx, c), rule.Action), err)
			}
			return nil, nil, err
		}
		return c, leave, nil
	case !needed:
		return &auth.Anyone, stay, auth.Anyone.Need(rule.Scopes...)
	case rule.Known():
		return nil, stay, nil
	case rule.Classic && d.OpenClassic:
		return auth.Classic(d.Classic), stay, nil
	}
	return nil, nil, multivac.NoKey()
}

// address returns the address that r comes from, without its port.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// cookie holds the key of a browser that signed in, until the browser is closed.
const cookie = "multivac_key"

// keyOf returns the key that r carries, and whether it is in the header. Anything
// else in the header, such as the password of a proxy, is ignored.
func keyOf(r *http.Request) (text multivac.KeyText, bearer bool) {
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return auth.ReadText(rest), true
	}
	if c, err := r.Cookie(cookie); err == nil {
		return auth.ReadText(c.Value), false
	}
	return "", false
}
