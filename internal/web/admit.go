package web

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"multivac"
	"multivac/internal/auth"
	"multivac/internal/web/wire"
)

// A Gate knows the keys; auth.Keyring is one.
type Gate interface {
	// Needed says whether a key is needed at all.
	Needed(ctx context.Context) (bool, error)
	// Enter returns who sends text from address, counted in until leave is
	// called, or an ErrUnauthorized or ErrLimited.
	Enter(ctx context.Context, text multivac.KeyText, address string) (c *auth.Caller, leave func(), err error)
}

// A rule says who may come in. The zero rule wants a key, of whatever scope.
type rule struct {
	open    bool             // no key is looked at
	known   bool             // a key is looked at, and not needed
	classic bool             // a route of the original's: needs no key with OpenClassic
	scopes  []multivac.Scope // one of them, where any
	action  string           // what Refused is told, where a scope is missing
	costly  bool             // it reads, and costs so much that no page of another site may have a browser send it
}

var (
	asking    = rule{scopes: []multivac.Scope{multivac.ScopeAsk}}
	telling   = rule{scopes: []multivac.Scope{multivac.ScopeTell}, action: "tell"}
	deleting  = rule{scopes: telling.scopes, action: "delete"}
	looking   = rule{scopes: []multivac.Scope{multivac.ScopeAsk, multivac.ScopeTell}}
	governing = rule{scopes: []multivac.Scope{multivac.ScopeAdmin}}
	making    = rule{scopes: governing.scopes, action: "make-key"}
	revoking  = rule{scopes: governing.scopes, action: "revoke-key"}
	open      = rule{open: true}
	costly    = rule{costly: true}
)

// rules are those of each route but the ones that want any key. What a rule
// lets in is held against its key by auth.Guard again: the rules are there to
// say no before a body is read, and for what is behind no verb.
var rules = map[string]rule{
	"GET /livez":               open,
	"GET /readyz":              {known: true},
	"GET /ui/sign-in":          open,
	"POST /ui/sign-in":         open,
	"POST /ui/sign-out":        open,
	"GET /{$}":                 {classic: true}, // of a page, see home
	"GET /multivac":            {classic: true, scopes: asking.scopes},
	"POST /multivac/data":      {classic: true, scopes: telling.scopes, action: telling.action},
	"POST /api/v1/documents":   telling,
	"GET /api/v1/documents":    looking,
	"GET /api/v1/answer":       asking,
	"POST /api/v1/answer":      asking,
	"GET /api/v1/collections":  looking,
	"POST /api/v1/keys":        making,
	"GET /api/v1/keys":         governing,
	"DELETE /api/v1/keys/{id}": revoking,
	"GET /api/v1/export":       costly,
	"GET /api/v1/doctor":       costly,
	"GET /debug/pprof/profile": costly,
	"GET /debug/pprof/trace":   costly,
	"GET /debug/pprof/":        costly,

	"GET /api/v1/documents/{id}":                 looking,
	"DELETE /api/v1/documents/{id}":              deleting,
	"POST /api/v1/documents/{id}/retry":          telling,
	"GET /api/v1/collections/{collection}/datum": asking,
}

// assets are open: the form that asks for a key is made of them.
const assets = "/ui/assets/"

func (s *server) ruleOf(pattern string, r *http.Request) rule {
	switch {
	case pattern == "GET /ui/" && strings.HasPrefix(r.URL.Path, assets):
		return open
	case pattern == "GET /{$}" && s.UI != nil && wantsHTML(r.Header.Values("Accept")):
		return rule{}
	}
	return rules[pattern]
}

// admit lets in whom the rule of his route lets in, and says to those behind
// who he is and how long there is. Where mux has no route, it answers with a problem.
func (s *server) admit(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		r.Pattern = pattern // Wrap reads it of the request that it passed on
		ctx := r.Context()
		if s.Stop != nil { // else it may take as long as it likes
			_, timeout := bounds(r)
			term := newTerm(ctx, timeout, s.Stop, s.answers)
			defer term.finish()
			ctx = term
		}
		rule := s.ruleOf(pattern, r)
		if rule.costly && isForeign(r) {
			s.fail(w, r, errCrossOrigin)
			return
		}
		c, leave, err := s.enter(ctx, r, rule)
		if err == nil {
			defer leave()
			err = accept(w, r)
		}
		if c != nil {
			ctx = auth.With(ctx, c)
		}
		r = r.WithContext(ctx)
		switch {
		case err != nil:
			s.refuse(w, r, err)
		case pattern == "":
			s.noRoute(w, r, h)
		case strings.Contains(pattern, "{"):
			mux.ServeHTTP(w, r) // which notes what the wildcards stand for
		default:
			h.ServeHTTP(w, r)
		}
	})
}

func stay() {}

// enter returns who sends r, or nil where that does not matter.
func (s *server) enter(ctx context.Context, r *http.Request, rule rule) (*auth.Caller, func(), error) {
	if s.Gate == nil {
		return &auth.Anyone, stay, nil
	}
	if rule.open {
		return nil, stay, nil
	}
	needed, err := s.Gate.Needed(ctx)
	if err != nil {
		return nil, nil, err
	}
	text, bearer := keyOf(r)
	switch {
	case text != "" && (needed || bearer): // a cookie may be of another server on this host
		c, leave, err := s.Gate.Enter(ctx, text, address(r))
		if err != nil {
			return nil, nil, err
		}
		if err := c.Need(rule.scopes...); err != nil {
			leave()
			if s.Refused != nil && rule.action != "" {
				err = cmp.Or(s.Refused(auth.With(ctx, c), rule.action), err)
			}
			return nil, nil, err
		}
		return c, leave, nil
	case !needed:
		return &auth.Anyone, stay, auth.Anyone.Need(rule.scopes...)
	case rule.known:
		return nil, stay, nil
	case rule.classic && s.OpenClassic:
		return auth.Classic(classicCollection), stay, nil
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

// cookie holds the key of a browser that signed in, until it is closed.
const cookie = "multivac_key"

// keyOf returns the key that r carries, and whether it is in its header. What
// else stands there, such as the password of a proxy before the server, is not ours.
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

// refuse says no: to a browser with the form that asks for a key, where one
// would help.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if s.SignIn == nil || !errors.Is(err, multivac.ErrUnauthorized) || r.Method != http.MethodGet || !wantsHTML(r.Header.Values("Accept")) {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("WWW-Authenticate", wire.Challenge)
	if text, _ := keyOf(r); text == "" {
		err = nil // it is not wrong to come without one
	}
	s.SignIn(w, r, r.URL.RequestURI(), err)
}

func (s *server) signInForm(w http.ResponseWriter, r *http.Request) {
	s.SignIn(w, r, within(r.URL.Query().Get("next")), nil)
}

// signIn takes the key of a form into a cookie.
func (s *server) signIn(w http.ResponseWriter, r *http.Request) {
	hold := s.room.Hold()
	defer hold.Release()
	form, err := readForm(r, hold, "key", "next")
	if err != nil {
		s.fail(w, r, err)
		return
	}
	text, next := auth.ReadText(form["key"]), within(form["next"])
	_, leave, err := s.Gate.Enter(r.Context(), text, address(r))
	if err != nil {
		s.SignIn(w, r, next, err)
		return
	}
	leave()
	http.SetCookie(w, newCookie(r, string(text)))
	http.Redirect(w, r, next, http.StatusSeeOther)
}

func (s *server) signOut(w http.ResponseWriter, r *http.Request) {
	gone := newCookie(r, "")
	gone.MaxAge = -1
	http.SetCookie(w, gone)
	http.Redirect(w, r, "/ui/sign-in", http.StatusSeeOther)
}

// newCookie is for this server only, and for no script and no page of another.
func newCookie(r *http.Request, value string) *http.Cookie {
	return &http.Cookie{
		Name: cookie, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	}
}

// within returns next where it leads to a page of this server, else the first.
func within(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}
