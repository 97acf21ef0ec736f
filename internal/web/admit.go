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
	"multivac/internal/web/route"
	"multivac/internal/web/wire"
)

// A Gate knows the keys; auth.Keyring is one.
type Gate interface {
	// Needed says whether a key is needed at all.
	Needed(ctx context.Context) (bool, error)
	// Enter returns the caller who sends text from address, or an ErrUnauthorized
	// or ErrLimited. The caller counts as present until leave is called.
	Enter(ctx context.Context, text multivac.KeyText, address string) (c *auth.Caller, leave func(), err error)
}

// admit lets in the callers that the rule of a route allows. The context of the
// request gets the caller, and the time that the request may take.
func (s *server) admit(of route.Route, next http.Handler) http.Handler {
	rule, size, timeout := of.Rule, of.Bounds.OrSmall().Body, of.Bounds.OrSmall().Time
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if s.limits != nil && !of.Stream {
			term := s.limits.Term(ctx, timeout)
			defer term.Finish()
			ctx = term
		}
		if rule.Costly && isForeign(r) {
			s.fail(w, r, errCrossOrigin)
			return
		}
		c, leave, err := s.enter(ctx, r, rule)
		if err == nil {
			defer leave()
			err = accept(w, r, size)
		}
		if c != nil {
			ctx = auth.With(ctx, c)
		}
		r = r.WithContext(ctx)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func stay() {}

// enter returns the caller of r, or nil where the rule does not ask for one.
func (s *server) enter(ctx context.Context, r *http.Request, rule route.Rule) (*auth.Caller, func(), error) {
	if s.Gate == nil {
		return &auth.Anyone, stay, nil
	}
	if rule.Open() {
		return nil, stay, nil
	}
	needed, err := s.Gate.Needed(ctx)
	if err != nil {
		return nil, nil, err
	}
	text, bearer := keyOf(r)
	switch {
	case text != "" && (needed || bearer): // a cookie may belong to another server on this host
		c, leave, err := s.Gate.Enter(ctx, text, address(r))
		if err != nil {
			return nil, nil, err
		}
		if err := c.Need(rule.Scopes...); err != nil {
			leave()
			if s.Refused != nil && rule.Action != "" {
				err = cmp.Or(s.Refused(auth.With(ctx, c), rule.Action), err)
			}
			return nil, nil, err
		}
		return c, leave, nil
	case !needed:
		return &auth.Anyone, stay, auth.Anyone.Need(rule.Scopes...)
	case rule.Known():
		return nil, stay, nil
	case rule.Classic && s.OpenClassic:
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

// refuse answers with an error, or a browser with the form that asks for a key,
// if a key would help.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if s.SignIn == nil || !errors.Is(err, multivac.ErrUnauthorized) || r.Method != http.MethodGet || !wantsHTML(r.Header.Values("Accept")) {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("WWW-Authenticate", wire.Challenge)
	if text, _ := keyOf(r); text == "" {
		err = nil // to come without a key is no mistake
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

// newCookie returns a cookie that no script reads and no page of another site sends.
func newCookie(r *http.Request, value string) *http.Cookie {
	return &http.Cookie{
		Name: cookie, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	}
}

// within returns next if it is an address on this server, otherwise the first page.
func within(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}
