package strict_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/strict"
)

type value struct {
	Text    string          `json:"text"`
	Count   int             `json:"count"`
	Content []byte          `json:"content"`
	ID      json.RawMessage `json:"id"`
	Inner   *value          `json:"inner"`
}

func TestUnmarshal(t *testing.T) {
	good := func(in string, want value) {
		t.Helper()
		var got value
		if err := strict.Unmarshal([]byte(in), "it", &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v, want %+v", in, got, err, want)
		}
	}
	good(`{}`, value{})
	good(` {"text":"é\u00e9\ud83d\ude00","count":2} `, value{Text: "éé😀", Count: 2})
	good(`{"content":"YQ=="}`, value{Content: []byte("a")})
	good(`{"content":"YW\nE="}`, value{Content: []byte("aa")})
	good(`{"id":5,"inner":{"text":null}}`, value{ID: json.RawMessage("5"), Inner: &value{}})
	good(`null`, value{})

	bad := func(in, want, remedy string) {
		t.Helper()
		var got value
		err := strict.Unmarshal([]byte(in), "it", &got)
		var told *multivac.Error
		if !errors.Is(err, multivac.ErrInvalid) || !errors.As(err, &told) || !strings.Contains(told.Message, want) || !strings.Contains(told.Remedy, remedy) {
			t.Errorf("%s: got %v, want %q and the remedy %q", in, err, want, remedy)
		}
		if strings.Contains(err.Error(), "strict_test") || strings.Contains(err.Error(), "jsontext") {
			t.Errorf("%s: %v names what only a programmer knows", in, err)
		}
	}
	bad(`{"text":"a","text":"a"}`, `field "text" is there twice`, "leave one")
	bad(`{"inner":{"count":1,"count":2}}`, `field "count" is there twice`, "")
	bad(`{"text":"a","t\u0065xt":"a"}`, "twice", "")
	bad(`{"Text":"a"}`, `unknown field "Text"`, "use text, count, content, id or inner")
	bad(`{"inner":{"more":1}}`, `unknown field "more"`, "use text")
	bad(`{"text":5}`, "text cannot be a JSON number", "")
	bad(`{"inner":{"text":[]}}`, "inner.text cannot be a JSON array", "")
	bad(`[]`, "it cannot be a JSON array", "")
	bad(`{"count":"1"}`, "count cannot be a JSON string", "")
	bad(`{"content":"!"}`, "content is not base64", "base64")
	bad(`{"text":"\ud800"}`, "half of a surrogate pair", "both halves")
	bad(`{"text":"\ude00\ud83d"}`, "half of a surrogate pair", "")
	bad(`{"\ud800":1}`, "half of a surrogate pair", "")
	bad("{\"text\":\"\xff\"}", "not UTF-8", "UTF-8")
	bad("{\"text\":\"\x00\"}", "after byte 9", "correct it")
	bad(`{"text":`, "after byte 8: unexpected end", "all of it")
	bad(``, "unexpected end", "all of it")
	bad(`{"text":"a"}{}`, "something follows", "one value")
	bad(`{'text':1}`, "cannot be read after byte 1", "correct it")
	bad(strings.Repeat("[", 20_000), "", "")

	var known value
	if err := strict.UnmarshalKnown([]byte(`{"more":[1],"text":"a"}`), "it", &known); err != nil || known.Text != "a" {
		t.Errorf("a member that is not known: got %+v, %v", known, err)
	}
	if err := strict.UnmarshalKnown([]byte(`{"more":1,"more":2}`), "it", &known); err == nil {
		t.Error("a member that is not known may be there twice")
	}
}

// Whatever Unmarshal accepts, encoding/json reads in the same way.
func FuzzUnmarshal(f *testing.F) {
	for _, in := range []string{`{"text":"a","count":-1,"content":"YQ==","id":"x","inner":{}}`, `{"text":"\ud83d\ude00"}`, `{"text":"a","text":"b"}`, `[`, `{"id":{"a":[1e9,null]}}`, "\xff"} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var got, want value
		if strict.Unmarshal(in, "it", &got) != nil {
			return
		}
		dec := json.NewDecoder(bytes.NewReader(in))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&want); err != nil {
			t.Fatalf("%q is read as %+v, but %v", in, got, err)
		}
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if !bytes.Equal(a, b) {
			t.Errorf("%q: got %s, want %s", in, a, b)
		}
	})
}
