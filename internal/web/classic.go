package web

import (
	"errors"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"multivac"
	"multivac/internal/web/bodies"
	"multivac/internal/web/openapi"
	"multivac/internal/web/route"
)

// The responses of the original's routes, byte for byte.
const (
	welcome = "Welcome to Multivac!"
	updated = `{"response": "MultiVAC updated!"}`
)

// classicCollection is the collection with the data of the original's routes.
const classicCollection multivac.CollectionName = "multivac"

func (s *server) welcome(w http.ResponseWriter, r *http.Request) { writeText(w, welcome) }

func (s *server) classicAnswer(w http.ResponseWriter, r *http.Request) {
	text, err := s.classicText(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	writeText(w, text)
}

func (s *server) classicText(r *http.Request) (string, error) {
	if question := r.URL.Query().Get("question"); question != "" {
		a, err := s.Asker.Ask(r.Context(), multivac.Question{Text: question, Collection: classicCollection})
		if err != nil {
			return "", err
		}
		return a.Text(), nil
	}
	text, err := s.Library.Datum(r.Context(), classicCollection)
	if errors.Is(err, multivac.ErrNotFound) {
		return multivac.Insufficient, nil
	}
	return text, err
}

func (s *server) classicData(w http.ResponseWriter, r *http.Request) {
	hold := s.room.Hold()
	defer hold.Release()
	form, err := bodies.Form(r, hold, "data")
	if err != nil {
		hold.Finish()
		s.fail(w, r, err)
		return
	}
	data, ok := form["data"]
	if !ok {
		s.fail(w, r, multivac.Errorf(multivac.ErrInvalid, "send it as curl -d data=... does", "the form has no field data"))
		return
	}
	receipts, err := s.Teller.Tell(r.Context(), []multivac.Telling{{
		Collection: classicCollection, MediaType: multivac.Plain, Body: []byte(data),
	}}, multivac.WaitStored)
	if err == nil && len(receipts) == 1 {
		err = receipts[0].Err
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, updated)
}

func writeText(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, text)
}

func describeClassicAnswer(schemas route.Schemas, op *huma.Operation, success *huma.Response) {
	openapi.Plain(schemas, op, success)
	op.Parameters = []*huma.Param{{Name: "question", In: "query", Schema: openapi.Text()}}
}

func describeClassicData(_ route.Schemas, op *huma.Operation, success *huma.Response) {
	form := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"data": openapi.Text()}, Required: []string{"data"}}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/x-www-form-urlencoded": {Schema: form}, "multipart/form-data": {Schema: form},
	}}
	response := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"response": openapi.Text()}, Required: []string{"response"}}
	success.Content = map[string]*huma.MediaType{"application/json": {Schema: response}}
}
