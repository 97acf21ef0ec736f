package jsontext_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"multivac/internal/jsontext"
)

func FuzzWrite(f *testing.F) {
	f.Add("", 1)
	f.Add("a \"word\"\n<b>\x00\u2028", 20_000)
	f.Add("sch\u00f6n \U0001f600", 9_000)
	f.Fuzz(func(t *testing.T, s string, times int) {
		if !utf8.ValidString(s) || times < 0 || times*len(s) > 1<<20 {
			t.Skip()
		}
		s = strings.Repeat(s, times)
		var got, want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(s); err != nil {
			t.Fatal(err)
		}
		if err := jsontext.Write(&got, s); err != nil {
			t.Fatal(err)
		}
		if got.String()+"\n" != want.String() {
			t.Errorf("got %.200q, want %.200q", &got, &want)
		}
	})
}

func FuzzAppend(f *testing.F) {
	f.Add("")
	f.Add("a \"word\"\\\n\r\t\b\f<b>&\x00\x1f\x7f\u2028\u2029")
	f.Add("sch\u00f6n \U0001f600 \xff\xc3 \ufffd")
	f.Fuzz(func(t *testing.T, s string) {
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(s); err != nil {
			t.Fatal(err)
		}
		if got := string(jsontext.Append([]byte("x"), s)) + "\n"; got != "x"+want.String() {
			t.Errorf("got %q, want %q", got[1:], &want)
		}
	})
}
