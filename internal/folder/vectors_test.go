package folder_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/folder"
	"multivac/internal/meaning"
)

// pages are told by name.
func pages(t *testing.T, bodies map[string]string) *folder.Folder {
	t.Helper()
	f := folder.New(nil, extract.Default)
	for source, body := range bodies {
		if err := f.Add(multivac.Telling{Source: source, Body: []byte(body)}, true); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// counted makes vectors of nothing, and counts the sentences.
func counted(n *atomic.Int64) func(context.Context, string, multivac.Passage) ([]byte, error) {
	return func(_ context.Context, _ string, p multivac.Passage) ([]byte, error) {
		n.Add(int64(len(p.Sentences)))
		return bytes.Repeat([]byte{1}, len(p.Sentences)*meaning.Width), nil
	}
}

// made returns how many sentences got vectors in a run over bodies.
func made(t *testing.T, dir string, bodies map[string]string) int {
	t.Helper()
	var n atomic.Int64
	f := pages(t, bodies)
	missing := f.Recall(folder.NewCache(dir))
	unkept, err := f.MakeVectors(t.Context(), counted(&n), func(int) {})
	if unkept != nil || err != nil {
		t.Fatal(unkept, err)
	}
	if int(n.Load()) != missing {
		t.Errorf("%d sentences had no vectors, and those of %d were made", missing, n.Load())
	}
	return int(n.Load())
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestVectorsAreKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vectors")
	bodies := map[string]string{"a.md": "# A\n\nOne is here. Two is here.", "b.md": "# B\n\nThree is here."}
	f := func(what string, want int) {
		t.Helper()
		if got := made(t, dir, bodies); got != want {
			t.Errorf("%s: made the vectors of %d sentences, want %d", what, got, want)
		}
	}
	f("at first", 3)
	f("again", 0)
	bodies["b.md"] = "# B\n\nFour is here."
	f("a changed file", 1)
	bodies["c.md"] = bodies["a.md"]
	f("a copy", 0)
	for _, name := range files(t, dir) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b[0]++
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	delete(bodies, "c.md")
	f("damaged", 3)
	for _, name := range files(t, dir) {
		if err := os.Truncate(name, 0); err != nil {
			t.Fatal(err)
		}
	}
	f("cut off", 3)
	f("after all", 0)
}

// What was made before an interruption is kept.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	bodies := map[string]string{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"} {
		bodies[name+".md"] = "# Page " + name + "\n\nA sentence."
	}
	f := pages(t, bodies)
	f.Recall(folder.NewCache(dir))
	ctx, cancel := context.WithCancel(t.Context())
	var done atomic.Int64
	_, err := f.MakeVectors(ctx, func(ctx context.Context, title string, p multivac.Passage) ([]byte, error) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return make([]byte, len(p.Sentences)*meaning.Width), nil
	}, func(n int) {
		if done.Add(int64(n)) >= 3 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if got, want := made(t, dir, bodies), len(bodies)-int(done.Load()); got != want || want == 0 {
		t.Errorf("then made %d, want %d", got, want)
	}
}

// Runs at the same time leave whole files.
func TestConcurrentRuns(t *testing.T) {
	dir := t.TempDir()
	bodies := map[string]string{"a.md": "# A\n\nOne is here. Two is here.", "b.md": "# B\n\nThree is here."}
	var runs sync.WaitGroup
	for range 8 {
		runs.Go(func() {
			var n atomic.Int64
			f := pages(t, bodies)
			f.Recall(folder.NewCache(dir))
			if unkept, err := f.MakeVectors(t.Context(), counted(&n), func(int) {}); unkept != nil || err != nil {
				t.Error(unkept, err)
			}
		})
	}
	runs.Wait()
	if got := made(t, dir, bodies); got != 0 {
		t.Errorf("made %d again", got)
	}
	if got := files(t, dir); len(got) != 2 {
		t.Errorf("left %v", got)
	}
}

// A cache that cannot be written costs only the next run its time.
func TestUnkept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f := pages(t, map[string]string{"pay.md": "# Expenses\n\nClaims are reimbursed within ten days."})
	f.Recall(folder.NewCache(dir))
	unkept, err := f.MakeVectors(t.Context(), meaning.Default().Vectors, func(int) {})
	if unkept == nil || err != nil {
		t.Fatalf("got %v, %v", unkept, err)
	}
	a, err := f.Asker(meaning.Read).Ask(t.Context(), multivac.Question{Text: "When do I get my money back?"})
	if err != nil || len(a.Sentences) == 0 {
		t.Errorf("in other words: %+v, %v", a, err)
	}
}
