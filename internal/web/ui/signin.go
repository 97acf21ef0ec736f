package ui

import (
	"net/http"

	"multivac/internal/auth"
)

// signInPages is the form in place of a page that needs a key; web has its routes.
var signInPages = page{name: "signin"}

// A signInPage asks for a key.
type signInPage struct {
	frame
	Next    string // the address that it leads to
	Problem *problem
}

// SignIn answers with the form that asks for a key and leads to next. err says
// what is wrong with the key that came, if one did.
func (s *Site) SignIn(w http.ResponseWriter, r *http.Request, next string, err error) {
	setHeaders(w.Header())
	page, code := signInPage{Next: next}, http.StatusOK
	if err != nil {
		code, page.Problem = s.fail(w, r, err)
	} else if w.Header().Get("WWW-Authenticate") != "" {
		code = http.StatusUnauthorized
	}
	render(w, code, page.html())
}

// A frame is what every page has around it.
type frame struct {
	Key string // the name of the key that the reader signed in with; "" if there is none
}

func newFrame(r *http.Request) frame {
	c, ok := auth.From(r.Context())
	switch {
	case !ok || c.Anonymous:
		return frame{}
	case c.Name != "":
		return frame{c.Name}
	}
	return frame{string(c.ID)}
}
