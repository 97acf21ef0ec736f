package api

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"multivac"
	"multivac/internal/web/openapi"
	"multivac/internal/web/wire"
)

// answered describes an answer to OpenAPI.
type answered struct{ Body wire.Answer }

// answer answers GET /api/v1/answer. It is not a typed handler: questions are
// by far the most frequent requests, and a typed handler would cost more than
// everything else for a repeated question.
func (s *server) answer(w http.ResponseWriter, r *http.Request) {
	q, p := s.questionOf(r.URL.RawQuery)
	s.ask(w, r, q, p)
}

// answerPost answers POST /api/v1/answer.
func (s *server) answerPost(w http.ResponseWriter, r *http.Request) {
	hold := s.Room.Hold()
	defer hold.Release()
	r.Body = hold.Reader(r)
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.Read)) // a recorder in a test has none
	var q wire.Question
	p := noParameters(r.URL.RawQuery)
	if p == nil {
		var b []byte
		if b, p = readSmall(r.Body); p == nil {
			q, p = s.questionIn(b, r.Header.Get("Content-Type"))
		}
	}
	s.ask(w, r, q, p)
}

// ask answers q, or answers with its problem.
func (s *server) ask(w http.ResponseWriter, r *http.Request, q wire.Question, p *wire.Problem) {
	var a multivac.Answer
	if p == nil {
		var err error
		if a, err = s.Asker.Ask(r.Context(), q.Multivac()); err != nil {
			p = s.Problem(r.Context(), err)
		}
	}
	if p != nil {
		wire.WriteProblem(w, p)
		return
	}
	h := w.Header()
	h["Vary"] = varyAccept
	if wantsText(r.Header.Get("Accept")) {
		h["Content-Type"] = textPlain
		_, _ = io.WriteString(w, a.Text()+"\n") // the client may have gone
		return
	}
	h["Content-Type"] = jsonType
	line := written.Get().(*[]byte)
	*line = wire.AppendAnswer((*line)[:0], a)
	_, _ = w.Write(*line) // the client may have gone
	if cap(*line) <= maxLineKept {
		written.Put(line)
	}
}

// written are buffers that answers are written to. A buffer with more than
// maxLineKept bytes is not kept, because few answers are that long.
var written = sync.Pool{New: func() any { return new([]byte) }}

const maxLineKept = 64 << 10

// Header values that all responses share.
var jsonType, textPlain, varyAccept = []string{"application/json"}, []string{"text/plain; charset=utf-8"}, []string{"Accept"}

// wantsText reports whether plain text is the first that a client accepts.
func wantsText(accept string) bool {
	first, _, _ := strings.Cut(accept, ",")
	return strings.HasPrefix(strings.TrimSpace(first), "text/plain")
}

// maxQuestion is the largest body with a question, in bytes.
const maxQuestion = 64 << 10

// readSmall reads a body with a question.
func readSmall(body io.Reader) ([]byte, *wire.Problem) {
	b, err := io.ReadAll(io.LimitReader(body, maxQuestion))
	var timeout net.Error
	switch {
	case len(b) == maxQuestion:
		return nil, openapi.NewProblem(http.StatusRequestEntityTooLarge, "request body is too large limit="+strconv.Itoa(maxQuestion)+" bytes")
	case errors.As(err, &timeout) && timeout.Timeout():
		return nil, openapi.NewProblem(http.StatusRequestTimeout, "request body read timeout")
	case err != nil:
		return nil, wire.ProblemOf(wire.BodyError(err))
	case len(b) == 0:
		return nil, openapi.NewProblem(http.StatusBadRequest, "request body is required")
	}
	return b, nil
}

// questionIn returns the question in a body.
func (s *server) questionIn(b []byte, mediaType string) (q wire.Question, p *wire.Problem) {
	if mediaType == "" {
		mediaType = "application/json"
	}
	var checked huma.ValidateResult
	status := http.StatusBadRequest
	var v any
	if err := s.Document.Unmarshal(mediaType, b, &v); err != nil {
		if errors.Is(err, huma.ErrUnknownContentType) {
			status = http.StatusUnsupportedMediaType
		}
		checked.Errors = append(checked.Errors, &huma.ErrorDetail{Location: "body", Message: err.Error()})
	} else {
		s.Document.Check(s.Document.Schema(q), v, &checked, "body")
	}
	if len(checked.Errors) > 0 {
		return q, openapi.NewProblem(status, "validation failed", checked.Errors...)
	}
	if err := s.Document.Unmarshal(mediaType, b, &q); err != nil { // it fits the schema
		return q, openapi.NewProblem(status, "validation failed", &huma.ErrorDetail{Location: "body", Message: err.Error()})
	}
	return q, nil
}

// noParameters returns the problem of a query that is not empty.
func noParameters(query string) *wire.Problem {
	var checked huma.ValidateResult
	for pair := range strings.SplitSeq(query, "&") {
		if name, _ := parameter(pair); pair != "" {
			unknown(name, &checked)
		}
	}
	return problemOf(&checked)
}

// questionOf returns the question in a query whose parameters occur once each.
func (s *server) questionOf(query string) (q wire.Question, p *wire.Problem) {
	var checked huma.ValidateResult
	var count string
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, value := parameter(pair)
		switch name {
		case "question":
			q.Question = value
		case "collection":
			q.Collection = value
		case "stop":
			q.Stop = value
		case "after":
			q.After = value
		case "count":
			count = value
		default:
			unknown(name, &checked)
		}
	}
	if len(checked.Errors) == 0 {
		s.checkQuestion(&q, count, &checked)
	}
	return q, problemOf(&checked)
}

// checkQuestion checks the parameters of a question against their schemas, in
// the order of OpenAPI.
func (s *server) checkQuestion(q *wire.Question, count string, checked *huma.ValidateResult) {
	if q.Question == "" {
		checked.Errors = append(checked.Errors, &huma.ErrorDetail{Location: "query.question", Message: "required query parameter is missing"})
	} else {
		s.checkParameter("question", q.Question, checked)
	}
	if q.Stop != "" {
		s.checkParameter("stop", q.Stop, checked)
	}
	if count == "" {
		return
	}
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		checked.Errors = append(checked.Errors, &huma.ErrorDetail{Location: "query.count", Message: "invalid integer"})
		return
	}
	s.checkParameter("count", n, checked)
	q.Count = int(n)
}

func (s *server) checkParameter(name string, v any, checked *huma.ValidateResult) {
	s.Document.Check(s.question.Properties[name], v, checked, "query", name)
}

// parameter returns the name and the value of a parameter, unescaped. Whether
// it can be unescaped was checked before.
func parameter(pair string) (name, value string) {
	name, value, _ = strings.Cut(pair, "=")
	name, _ = url.QueryUnescape(name)
	value, _ = url.QueryUnescape(value)
	return name, value
}

func unknown(name string, checked *huma.ValidateResult) {
	checked.Errors = append(checked.Errors, &huma.ErrorDetail{Location: "query." + name, Message: "unknown query parameter"})
}

func problemOf(checked *huma.ValidateResult) *wire.Problem {
	if len(checked.Errors) == 0 {
		return nil
	}
	return openapi.NewProblem(http.StatusUnprocessableEntity, "validation failed", checked.Errors...)
}
