package api

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"multivac/internal/extract/formats"
	"multivac/internal/web/openapi"
	"multivac/internal/web/route"
	"multivac/internal/web/wire"
)

func describeTell(schemas route.Schemas, op *huma.Operation, success *huma.Response) {
	op.Description = "Answers once the documents are durable. Some may be refused: each has its own error then; " +
		"where all are, the answer is the first one's problem. What is sent again changes nothing, so it is safe to try again. " +
		"At most 64 MiB and 50,000 documents a request, 16 MiB a document. Members that are there twice are refused, and in JSON those that are unknown, which JSON Lines pass over."
	op.Parameters = []*huma.Param{
		{Name: "wait", In: "query", Description: "With indexed, answers when the documents are answered from or have failed, or after a while",
			Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"stored", "indexed"}}},
		{Name: "collection", In: "query", Description: "Where documents go that name none", Schema: openapi.Text()},
		{Name: "source", In: "query", Description: "Of a body that is one document or file: what is in an archive or a mail is called source/path", Schema: openapi.Text()},
		{Name: "title", In: "query", Description: "Of a body that is one document", Schema: openapi.Text()},
	}
	one, receipt := schemas.Schema(wire.Telling{}), schemas.Schema(wire.Receipt{})
	schemas.Resolve(one).Properties["media_type"].Description += "; or " + strings.Join(formats.All.Usual()[1:], ", ") +
		". Of a file that holds others, all of them are told, except in JSON Lines: " + strings.Join(holdingTypes, ", ")
	many := &huma.Schema{Type: huma.TypeArray, Items: one}
	wrapped := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"collection": openapi.Text(), "documents": many}, Required: []string{"documents"}}
	file := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{
		"collection": openapi.Text(), "source": openapi.Text(), "title": openapi.Text(),
		"file": {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		typeJSON:  {Schema: &huma.Schema{OneOf: []*huma.Schema{one, many, wrapped}}},
		typeLines: {Schema: openapi.Text()},
		typeForm:  {Schema: file},
	}}
	for _, f := range formats.All {
		if f.Extract == nil {
			continue
		}
		schema := openapi.Text()
		if !f.Text {
			schema.Format = "binary"
		}
		for _, mediaType := range f.Types {
			op.RequestBody.Content[mediaType] = &huma.MediaType{Schema: schema}
		}
	}
	for _, mediaType := range holdingTypes {
		op.RequestBody.Content[mediaType] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	success.Description = "Kept. One receipt where one document was sent that holds no others, else all of them"
	success.Content = map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{OneOf: []*huma.Schema{receipt, schemas.Schema(wire.Receipts{})}}}}
}

func describeDocument(schemas route.Schemas, _ *huma.Operation, success *huma.Response) {
	// The response is streamed, so its type does not describe it.
	success.Content = map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(wire.Document{})}}
}

func describeOriginal(_ route.Schemas, op *huma.Operation, success *huma.Response) {
	op.Description = "Byte for byte, with its media type, as a file to keep. Of a document that is pending or has failed, it is always there; " +
		"of one that is indexed, where its text is what was told, or the setting keep-originals was on."
	success.Description = "What was told"
	success.Content = map[string]*huma.MediaType{"*/*": {}} // any bytes: JSON may have been told, too
}

func describeReread(_ route.Schemas, op *huma.Operation, _ *huma.Response) {
	op.Description = "It becomes pending at its next revision. Until it is read, answers come from what is published of it. " +
		"One that is pending already stays as it is."
}

func describeAnswer(schemas route.Schemas, op *huma.Operation, success *huma.Response) {
	op.Description = "Always 200 when asked properly: not knowing is an answer. Accept: text/plain gets the answer's text alone."
	success.Description = "The answer, or the refusal"
	success.Content = map[string]*huma.MediaType{
		"application/json": {Schema: schemas.Schema(wire.Answer{})},
		"text/plain":       {Schema: openapi.Text()},
	}
}

func describeExport(_ route.Schemas, op *huma.Operation, success *huma.Response) {
	op.Description = "A stream of JSON Lines, with an object for each document. The last line says how many there are: without it, the stream was cut off."
	op.Parameters = []*huma.Param{{Name: "originals", In: "query",
		Description: "With true, what was told is in it, too, where it is kept next to the text that was read from it",
		Schema:      &huma.Schema{Type: huma.TypeBoolean}}}
	success.Content = map[string]*huma.MediaType{wire.ExportType: {Schema: openapi.Text()}}
}

func describeImport(schemas route.Schemas, op *huma.Operation, success *huma.Response) {
	op.Description = "Takes what an export gave, gzipped or not. A line that cannot be read is named and stops none of the others."
	op.Parameters = []*huma.Param{{Name: "merge", In: "query",
		Description: "With true, into what was told before: of two that are the same document the one of the higher revision stays",
		Schema:      &huma.Schema{Type: huma.TypeBoolean}}}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{wire.ExportType: {Schema: openapi.Text()}}}
	success.Content = map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(wire.Imported{})}}
}
