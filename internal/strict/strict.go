// Package strict reads JSON that has one meaning only: one value, in UTF-8, with
// each member once and in its exact spelling, and without half surrogate pairs.
// encoding/json accepts all of these.
package strict

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"multivac"
)

// Unmarshal reads b, which is one JSON value, into v, and refuses members that v
// has no place for. What v gets are copies. An error is an ErrInvalid, which
// calls the value by its name, such as "a document".
func Unmarshal(b []byte, name string, v any) error {
	return read(b, name, v, json.RejectUnknownMembers(true))
}

// UnmarshalKnown does what [Unmarshal] does, but passes over members that v has
// no place for.
func UnmarshalKnown(b []byte, name string, v any) error { return read(b, name, v) }

// AppendString appends to dst the text of b, a JSON string that was checked.
func AppendString[T ~[]byte](dst T, b []byte) (T, error) { return jsontext.AppendUnquote(dst, b) }

// ErrTrailing says that there is more than one JSON value.
var ErrTrailing error = multivac.Errorf(multivac.ErrInvalid, "send one value, or many as application/x-ndjson, one a line", "something follows the JSON value")

// loose accepts base64 with line ends in it, as earlier versions did.
var loose = jsonv1.ParseBytesWithLooseRFC4648(true)

func read(b []byte, name string, v any, options ...json.Options) error {
	if !utf8.Valid(b) {
		return multivac.Errorf(multivac.ErrInvalid, "send UTF-8, or the document's bytes as content in base64", "JSON is not UTF-8")
	}
	err := json.Unmarshal(b, v, json.JoinOptions(append(options, loose)...))
	if err == nil {
		return nil
	}
	return Explain(err, name)
}

// Explain says what an error in reading JSON means to its writer. It calls the
// whole value by its name.
func Explain(err error, name string) error {
	var (
		syntax *jsontext.SyntacticError
		typed  *json.SemanticError
		base   base64.CorruptInputError
		told   *multivac.Error
	)
	meant := errors.As(err, &typed)
	switch {
	case errors.As(err, &syntax):
		return explainSyntax(syntax)
	case errors.Is(err, io.EOF):
		return early(0)
	case errors.As(err, &base), meant && typed.GoType == reflect.TypeFor[[]byte]() && typed.JSONKind == '"':
		return multivac.Errorf(multivac.ErrInvalid, "encode the bytes in base64, or send text", "%s is not base64", path(typed, name))
	case errors.As(err, &told):
		return told // by a type that reads itself
	case meant && errors.Is(typed.Err, json.ErrUnknownName):
		return multivac.Errorf(multivac.ErrInvalid, "use "+members(typed.GoType), "unknown field %q", multivac.Clip(typed.JSONPointer.LastToken(), 40))
	case meant && typed.JSONKind != 0:
		return multivac.Errorf(multivac.ErrInvalid, "see /api/v1/docs", "%s cannot be a JSON %s", path(typed, name), kinds[typed.JSONKind])
	}
	return multivac.Errorf(multivac.ErrInvalid, "correct it", "JSON cannot be read: %s", multivac.Clip(err.Error(), 120))
}

func early(offset int64) error {
	return multivac.Errorf(multivac.ErrInvalid, "send all of it", "JSON cannot be read after byte %d: unexpected end, for it ends early", offset)
}

// Reason returns what an error says without its remedy, for a caller that knows
// a better one.
func Reason(err error) string {
	var told *multivac.Error
	if errors.As(err, &told) {
		return told.Message
	}
	return err.Error()
}

func explainSyntax(err *jsontext.SyntacticError) error {
	switch {
	case errors.Is(err.Err, io.ErrUnexpectedEOF):
		return early(err.ByteOffset)
	case errors.Is(err.Err, jsontext.ErrDuplicateName):
		return multivac.Errorf(multivac.ErrInvalid, "leave one of them out", "field %q is there twice", multivac.Clip(err.JSONPointer.LastToken(), 40))
	case strings.Contains(err.Err.Error(), "after top-level value"):
		return ErrTrailing
	case strings.Contains(err.Err.Error(), "surrogate"):
		return multivac.Errorf(multivac.ErrInvalid, "write the character itself, or both halves of its pair",
			"JSON has half of a surrogate pair after byte %d", err.ByteOffset)
	}
	message := strings.TrimPrefix(err.Err.Error(), "jsontext: ")
	return multivac.Errorf(multivac.ErrInvalid, "correct it", "JSON cannot be read after byte %d: %s", err.ByteOffset, multivac.Clip(message, 120))
}

var kinds = map[jsontext.Kind]string{'n': "null", 't': "boolean", 'f': "boolean", '"': "string", '0': "number", '[': "array", '{': "object"}

// KindOf returns what kind of value b begins with, such as "number".
func KindOf(b []byte) string { return kinds[jsontext.NewDecoder(bytes.NewBuffer(b)).PeekKind()] }

// path names the member that an error is about, or the value itself.
func path(err *json.SemanticError, name string) string {
	if err == nil || err.JSONPointer == "" {
		return name
	}
	var tokens []string
	for token := range err.JSONPointer.Tokens() {
		tokens = append(tokens, token)
	}
	return multivac.Clip(strings.Join(tokens, "."), 80)
}

// members lists the names that the struct has a place for.
func members(t reflect.Type) string {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return "none that is not described"
	}
	var names []string
	for _, field := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " or " + names[n-1]
	}
	return strings.Join(names, "")
}
