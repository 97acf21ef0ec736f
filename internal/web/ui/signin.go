package ui

import (
	"net/http"

	"multivac/internal/auth"
)

// signInPages is the form that replaces a page that needs a key. Package web
// has its routes.
var signInPages = page{name: "signin"}

// A signInPage asks for a key.
type signInPage struct {
	frame
	Next    string // the address that the form leads to
	Problem *problem
}

// SignIn answers with the form that asks for a key and leads to next. err says
// what is wrong with the key that was sent, if one was.
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

// A frame is the part around every page.
type frame struct {
	Key string // the name of the key by which the reader signed in; "" if there is none
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
