package ask

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// A text for which plain is true is equal to its normal form.
func FuzzPlain(f *testing.F) {
	for _, seed := range []string{"Who wrote it?", "", " a", "a ", "a  b", "a\tb", "caf\u00e9", "cafe\u0301", "a\u00a0b", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if normal := strings.Join(strings.Fields(norm.NFC.String(text)), " "); plain(text) && text != normal {
			t.Errorf("%q is called plain, but its normal form is %q", text, normal)
		}
	})
	if !plain("Who wrote it?") {
		f.Error("the plainest question is not called plain")
	}
}
