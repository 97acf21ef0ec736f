package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"multivac"
	"multivac/internal/web/bodies"
	"multivac/internal/web/wire"
)

// A shortcut is a mux on which the plainest way to ask, and the most frequent,
// is answered without the reflection that all else goes through.
type shortcut struct {
	*http.ServeMux
	asker   multivac.Asker
	problem func(context.Context, error) *wire.Problem
	room    *bodies.Room
}

const answerRoute = "GET /api/v1/answer"

// HandleFunc registers a route as http.ServeMux does.
func (m shortcut) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	if pattern != answerRoute {
		m.ServeMux.HandleFunc(pattern, m.held(h))
		return
	}
	m.ServeMux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if question, ok := plain(r); !ok || !m.answer(w, r, question) {
			h(w, r)
		}
	})
}

// held counts the body of a request, which huma reads whole.
func (m shortcut) held(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Body != http.NoBody {
			hold := m.room.Hold()
			defer hold.Release()
			r.Body = hold.Reader(r)
		}
		h(w, r)
	}
}

// plain returns the question of a request that has nothing else in it that
// matters.
func plain(r *http.Request) (question string, ok bool) {
	if accept := r.Header.Get("Accept"); accept != "" && accept != "*/*" && accept != "application/json" || r.ContentLength != 0 {
		return "", false
	}
	query, found := strings.CutPrefix(r.URL.RawQuery, "question=")
	if !found || strings.ContainsAny(query, "&;") {
		return "", false
	}
	question, err := url.QueryUnescape(query)
	q := multivac.Question{Text: question}
	return question, err == nil && q.Validate() == nil
}

// answer asks, and reports false where what comes of it cannot be written.
func (m shortcut) answer(w http.ResponseWriter, r *http.Request, question string) bool {
	a, err := m.asker.Ask(r.Context(), multivac.Question{Text: question})
	if err != nil {
		wire.WriteProblem(w, m.problem(r.Context(), err))
		return true
	}
	body := encode(a)
	if body == nil {
		return false
	}
	h := w.Header()
	h["Content-Type"], h["Vary"] = jsonOnly, varyAccept
	_, _ = w.Write(body) // a client that has gone
	return true
}

func encode(a multivac.Answer) []byte {
	body := bytes.NewBuffer(make([]byte, 0, 2048))
	e := json.NewEncoder(body)
	e.SetEscapeHTML(false)
	if err := e.Encode(wire.NewAnswer(a)); err != nil {
		return nil
	}
	return body.Bytes()
}

var jsonOnly, varyAccept = []string{"application/json"}, []string{"Accept"}
