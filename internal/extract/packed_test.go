package extract_test

import (
	"strings"
	"testing"

	"multivac/internal/extract/formats"
)

// Whatever may make more than it has is known by how it begins, or by what it is.
func TestUnpacks(t *testing.T) {
	f := func(name, mediaType, head string, want bool) {
		t.Helper()
		if got := formats.All.Unpacks(name, mediaType, []byte(head)); got != want {
			t.Errorf("%s %s %q: got %v, want %v", name, mediaType, head, got, want)
		}
	}
	for _, head := range []string{"\x1f\x8b\x08", "\x28\xb5\x2f\xfd\x04\x00", "\xfd7zXZ\x00", "PK\x03\x04\x14\x00"} {
		f("", "", head, true)
	}
	for _, head := range []string{"", "\x1f", "# Pumps", "%PDF-1.7"} {
		f("", "", head, false)
	}
	f("a.tar", "", "a.md", true)
	f("a", "application/x-tar", "a.md", true)
	f("a", "", strings.Repeat("\x00", 257)+"ustar\x00", true)
	f("a.eml", "", "Hi", true)
	f("a", "message/rfc822", "Hi", true)
	f("a.jsonl", "", `{"text":"Hi"}`, false)
}
