package admit

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"multivac"
	"multivac/internal/auth"
	"multivac/internal/web/bodies"
	"multivac/internal/web/route"
	"multivac/internal/web/wire"
)

// Refuse answers with an error. A browser gets the form that asks for a key, if
// a key would help.
func (d *Door) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	if d.SignIn == nil || !errors.Is(err, multivac.ErrUnauthorized) || r.Method != http.MethodGet || !route.WantsHTML(r) {
		d.Fail(w, r, err)
		return
	}
	w.Header().Set("WWW-Authenticate", wire.Challenge)
	if text, _ := keyOf(r); text == "" {
		err = nil // a request without a key is not a mistake
	}
	d.SignIn(w, r, r.URL.RequestURI(), err)
}

// SignInForm serves the form that asks for a key.
func (d *Door) SignInForm(w http.ResponseWriter, r *http.Request) {
	d.SignIn(w, r, within(r.URL.Query().Get("next")), nil)
}

// TakeKey serves the form when it is sent: the key goes into a cookie.
func (d *Door) TakeKey(w http.ResponseWriter, r *http.Request) {
	hold := d.Room.Hold()
	defer hold.Release()
	form, err := bodies.Form(r, hold, "key", "next")
	if err != nil {
		d.Fail(w, r, err)
		return
	}
	text, next := auth.ReadText(form["key"]), within(form["next"])
	_, leave, err := d.Gate.Enter(r.Context(), text, address(r))
	if err != nil {
		d.SignIn(w, r, next, err)
		return
	}
	leave()
	http.SetCookie(w, newCookie(r, string(text)))
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// SignOut forgets the key of a browser.
func (d *Door) SignOut(w http.ResponseWriter, r *http.Request) {
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

// within returns next if it is an address on this server, and otherwise the
// first page.
func within(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}
