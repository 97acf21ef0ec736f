package multivac_test

import (
	"errors"
	"strings"
	"testing"

	"multivac"
)

// Lists print sources, so a source must have no character that ends a line or
// controls a terminal. Characters that only change the writing direction are
// allowed: file names in Hebrew and Arabic have them.
func TestSourcesHaveNoControls(t *testing.T) {
	f := func(source string, valid bool) {
		t.Helper()
		err := multivac.Telling{Source: source, Body: []byte("x")}.Validate()
		if valid && err != nil || !valid && !errors.Is(err, multivac.ErrInvalid) {
			t.Errorf("source %q: %v", source, err)
		}
		if err != nil && strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r == 0x9b }) {
			t.Errorf("source %q is repeated as it is: %q", source, err)
		}
	}
	f("docs/Größe (neu) – 2.md", true)
	f("דוח\u200f (2).md", true)
	f("क्\u200dष.md", true)
	f("a\u00a0b", true)
	f("a\nb", false)
	f("a\tb", false)
	f("a\x00b", false)
	f("\x1b[2J", false)
	f("a\x7f", false)
	f("a\u0085b", false)
	f("a\u009b2Jb", false)
}
