package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"multivac/internal/extract/formats"
	"multivac/internal/web/wire"
)

// describe adds a route to the OpenAPI document that huma does not serve.
func (s *server) describe(method, path, id, summary string, status int, errs []int, more func(*server, *huma.Operation, *huma.Response)) {
	success := &huma.Response{Description: http.StatusText(status)}
	op := &huma.Operation{
		Method: method, Path: path, OperationID: id, Summary: summary, Tags: []string{tag(path)},
		Responses: map[string]*huma.Response{strconv.Itoa(status): success},
	}
	for _, code := range errs {
		op.Responses[strconv.Itoa(code)] = &huma.Response{
			Description: http.StatusText(code),
			Content:     map[string]*huma.MediaType{wire.ProblemType: {Schema: s.schema(wire.Problem{})}},
		}
	}
	more(s, op, success)
	s.api.OpenAPI().AddOperation(op)
}

func describeText(_ *server, _ *huma.Operation, success *huma.Response) {
	success.Content = map[string]*huma.MediaType{"text/plain": {Schema: text()}}
}

func describeReady(s *server, op *huma.Operation, success *huma.Response) {
	status := &huma.Schema{AnyOf: []*huma.Schema{s.schema(wire.Status{}), s.schema(wire.Readiness{})}}
	success.Content = map[string]*huma.MediaType{"application/json": {Schema: status}}
	op.Responses["503"] = &huma.Response{Description: "Not ready", Content: success.Content}
}

func describeClassicAnswer(s *server, op *huma.Operation, success *huma.Response) {
	describeText(s, op, success)
	op.Parameters = []*huma.Param{{Name: "question", In: "query", Schema: text()}}
}

func describeClassicData(_ *server, op *huma.Operation, success *huma.Response) {
	form := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"data": text()}, Required: []string{"data"}}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/x-www-form-urlencoded": {Schema: form}, "multipart/form-data": {Schema: form},
	}}
	response := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"response": text()}, Required: []string{"response"}}
	success.Content = map[string]*huma.MediaType{"application/json": {Schema: response}}
}

func describeTell(s *server, op *huma.Operation, success *huma.Response) {
	op.Description = "Answers once the documents are durable. Some may be refused: each has its own error then; " +
		"where all are, the answer is the first one's problem. What is sent again changes nothing, so it is safe to try again. " +
		"At most 64 MiB and 50,000 documents a request, 16 MiB a document. Members that are there twice are refused, and in JSON those that are unknown, which JSON Lines pass over."
	op.Parameters = []*huma.Param{
		{Name: "wait", In: "query", Description: "With indexed, answers when the documents are answered from or have failed, or after a while",
			Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"stored", "indexed"}}},
		{Name: "collection", In: "query", Description: "Where documents go that name none", Schema: text()},
		{Name: "source", In: "query", Description: "Of a body that is one text", Schema: text()},
		{Name: "title", In: "query", Description: "Of a body that is one text", Schema: text()},
	}
	one, receipt := s.schema(wire.Telling{}), s.schema(wire.Receipt{})
	s.api.OpenAPI().Components.Schemas.SchemaFromRef(one.Ref).Properties["media_type"].Description += "; or " + strings.Join(formats.All.Usual()[1:], ", ")
	many := &huma.Schema{Type: huma.TypeArray, Items: one}
	wrapped := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"collection": text(), "documents": many}, Required: []string{"documents"}}
	file := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{
		"collection": text(), "source": text(), "title": text(),
		"file": {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		typeJSON:  {Schema: &huma.Schema{OneOf: []*huma.Schema{one, many, wrapped}}},
		typeLines: {Schema: text()},
		typeForm:  {Schema: file},
	}}
	for _, f := range formats.All {
		if f.Extract == nil {
			continue
		}
		schema := text()
		if !f.Text {
			schema.Format = "binary"
		}
		for _, mediaType := range f.Types {
			op.RequestBody.Content[mediaType] = &huma.MediaType{Schema: schema}
		}
	}
	success.Description = "Kept. One receipt where one JSON object was sent, else all of them"
	success.Content = map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{OneOf: []*huma.Schema{receipt, s.schema(wire.Receipts{})}}}}
}

func text() *huma.Schema { return &huma.Schema{Type: huma.TypeString} }
