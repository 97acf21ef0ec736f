package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"multivac"
)

func TestText(t *testing.T) {
	seen := map[multivac.KeyText]bool{}
	for range 100 {
		id, text := NewText()
		if got, err := Parse(text); err != nil || got != id {
			t.Fatalf("Parse(%s): %q, %v, want %q", string(text), got, err, id)
		}
		if seen[text] || len(text) != 74 {
			t.Errorf("key %s is %d bytes long, or was made before", string(text), len(text))
		}
		seen[text] = true
	}
}

func TestParseRefuses(t *testing.T) {
	_, text := NewText()
	whole := string(text)
	f := func(s, want string) {
		t.Helper()
		_, err := Parse(multivac.KeyText(s))
		if !errors.Is(err, multivac.ErrUnauthorized) || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): %v, want %q", s, err, want)
		}
		if len(s) > 20 && strings.Contains(err.Error(), s[15:]) {
			t.Errorf("Parse(%q) repeats the secret: %v", s, err)
		}
	}
	f("", "no key")
	f("hunter2", "no key")
	f("mvk_", "cut off")
	f(whole[:len(whole)-1], "cut off")
	f(whole+"a", "cut off")
	f(strings.ToUpper(whole), "no key")
	for i := len("mvk_"); i < len(whole); i++ { // each letter counts
		other := byte('a')
		if whole[i] == 'a' {
			other = 'b'
		}
		f(whole[:i]+string(other)+whole[i+1:], "mistyped")
	}
}

// However it is printed, a key's text hides its secret.
func TestTextHidesItsSecret(t *testing.T) {
	id, text := NewText()
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "key", text)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", text)
	inJSON, _ := json.Marshal(map[string]any{"key": text})
	for _, printed := range []string{
		log.String(), string(inJSON), fmt.Sprint(text), fmt.Sprintf("%s %v %#v %+v", text, text, text, struct{ K multivac.KeyText }{text}),
		multivac.KeyText("mvk_whatever").String(), multivac.KeyText(string(text)[4:]).String(),
	} {
		if strings.Contains(printed, string(text)[16:]) || strings.Contains(printed, "whatever") {
			t.Errorf("the secret of %s is in %s", id, printed)
		}
	}
	if got := text.String(); !strings.Contains(got, string(id)) {
		t.Errorf("%s does not name the key %s", got, id)
	}
}

func FuzzParse(f *testing.F) {
	_, text := NewText()
	f.Add(string(text))
	f.Add("mvk__")
	f.Add("mvk_a_b")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := Parse(multivac.KeyText(s))
		if whole := len(s) == len(text) && len(id) == 10 && strings.HasPrefix(s, "mvk_"+string(id)+"_"); (err == nil) != whole || err != nil && id != "" {
			t.Errorf("Parse(%q): %q, %v", s, id, err)
		}
		_ = multivac.KeyText(s).String()
	})
}
