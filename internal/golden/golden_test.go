package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// do adds numbers, or says lines of which every second is empty.
func do(c Command) string {
	switch c.Name {
	case "sum":
		sum := 0
		for _, word := range append(c.Args, strings.Fields(c.Input)...) {
			n, _ := strconv.Atoi(word)
			sum += n
		}
		return strconv.Itoa(sum)
	case "lines":
		return "0\n\n2\n"
	}
	return ""
}

func TestRun(t *testing.T) {
	Run(t, "testdata/sum.txt", do)
}

// Another output fails the test, and the flag keeps it, with all that stands
// around it.
func TestUpdate(t *testing.T) {
	right, err := os.ReadFile("testdata/sum.txt")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "sum.txt")
	wrong := strings.NewReplacer("  3\n", "  30\n", "  0\n\n  2\n", "", "nothing\n", "nothing\n  something\n").Replace(string(right))
	if err := os.WriteFile(file, []byte(wrong), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &recorder{TB: t}
	Run(r, file, do)
	for _, part := range []string{`-`, `"  30"`, `+`, `"  3"`, `"  something"`, "-update"} {
		if !strings.Contains(r.failed, part) {
			t.Errorf("the failure does not say %s:\n%s", part, r.failed)
		}
	}
	defer func(before bool) { *update = before }(*update)
	*update = true
	Run(t, file, do)
	if got, _ := os.ReadFile(file); string(got) != string(right) {
		t.Errorf("written again: got\n%s\nwant\n%s", got, right)
	}
}

// A recorder notes a failure in place of failing.
type recorder struct {
	testing.TB
	failed string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) { r.failed += fmt.Sprintf(format, args...) }
