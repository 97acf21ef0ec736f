package app

import (
	"bytes"
	"io/fs"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/doc"
)

// Of equally good passages, the first in the index comes first. That is the one
// told first, and the order changes a confidence by less than 0.005.
var alike = cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 0.005 })

// A MultiVAC that has imported a copy answers like the one that exported it.
func TestACopyAnswersTheSame(t *testing.T) {
	from, _ := running(t, Settings{Data: t.TempDir()})
	err := fs.WalkDir(doc.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".md") {
			return err
		}
		b, err := fs.ReadFile(doc.Files, path)
		tellOne(t, from, multivac.Telling{Source: path, Body: b})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var copied bytes.Buffer
	if err := from.Export(t.Context(), &copied, true); err != nil {
		t.Fatal(err)
	}
	to, _ := running(t, Settings{Data: t.TempDir()})
	if i, err := to.Import(t.Context(), bytes.NewReader(copied.Bytes()), false); err != nil || i.Broken > 0 {
		t.Fatalf("imported %+v, %v", i, err)
	}
	if err := to.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	answered := 0
	for _, question := range []string{
		"What is the default port?", "How do I stop the server?", "How large may a document be?", "Where is the data kept?",
		"How many attempts has a document?", "What is a passage?", "How long may a question be?", "What does exit code 3 mean?",
		"What is a position?", "Who wrote Hamlet?",
	} {
		want, got := askOne(t, from, question), askOne(t, to, question)
		want.Position, got.Position = "", "" // they differ between stores
		if d := cmp.Diff(want, got, alike); d != "" {
			t.Errorf("%q (-exported +imported)\n%s", question, d)
		}
		if want.State == multivac.Answered {
			answered++
		}
	}
	if answered < 5 {
		t.Errorf("%d questions have an answer, so this test proves little", answered)
	}
}
