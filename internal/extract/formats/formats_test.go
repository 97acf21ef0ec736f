package formats

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Each format says all that others make their texts of, and nothing that
// another says.
func TestAll(t *testing.T) {
	seen := map[string]string{}
	for _, f := range All {
		if f.Name == "" || len(f.Types) == 0 || len(f.Extensions) == 0 || f.Extract == nil && f.Many == nil {
			t.Errorf("%q is no format", f.Name)
		}
		for _, word := range slices.Concat(f.Types, f.Extensions) {
			if other, ok := seen[word]; ok || word != strings.ToLower(word) {
				t.Errorf("%s is of %s and %s, or has capitals", word, f.Name, other)
			}
			seen[word] = f.Name
		}
	}
}

// The table of formats for readers names each extension.
func TestReference(t *testing.T) {
	page, err := os.ReadFile("../../../doc/reference/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	table, _, _ := strings.Cut(string(page), "\n\nEach may be gzipped")
	for _, f := range All {
		for _, extension := range f.Extensions {
			if !strings.Contains(table, "`"+extension+"`") {
				t.Errorf("doc/reference/formats.md does not name %s, of %s", extension, f.Name)
			}
		}
	}
}
