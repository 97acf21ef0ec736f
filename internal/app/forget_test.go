package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"multivac"
	"multivac/internal/find"
	"multivac/internal/text"
)

// running runs an App until the end of the test or stop.
func running(t testing.TB, s Settings) (a *App, stop func()) {
	t.Helper()
	a, err := Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		ended <- nil
	}
	t.Cleanup(stop)
	if err := a.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a, stop
}

func tellOne(t *testing.T, a *App, telling multivac.Telling) multivac.Receipt {
	t.Helper()
	r, err := a.Tell(t.Context(), []multivac.Telling{telling}, multivac.WaitIndexed)
	if err != nil || r[0].State != multivac.Indexed {
		t.Fatalf("tell %s: %+v, %v", telling.Source, r, err)
	}
	return r[0]
}

func askOne(t testing.TB, a *App, question string) multivac.Answer {
	t.Helper()
	answer, err := a.Ask(t.Context(), multivac.Question{Text: question, Stop: multivac.Eager})
	if err != nil {
		t.Fatalf("ask %q: %v", question, err)
	}
	return answer
}

// After a deletion, no revision of the document is in a file, an index, an
// answer or a cache.
func TestForgotten(t *testing.T) {
	data := t.TempDir()
	a, _ := running(t, Settings{Data: data})
	const secret, question = "xyzzyplugh", "What is the password of the vault?"
	tellOne(t, a, multivac.Telling{Source: "other.md", Body: []byte("The valve opens at 4 bar.\n")})
	before, _ := a.web.index.View(multivac.DefaultCollection)
	askOne(t, a, question)

	r := tellOne(t, a, multivac.Telling{Source: "vault.md", Title: "Of " + secret, Body: []byte("# The " + secret + "\n\nThe password of the vault is " + secret + ".\n")})
	if answer := askOne(t, a, question); !strings.Contains(answer.Text(), secret) {
		t.Fatalf("before the deletion the answer is %q, so this test proves nothing", answer.Text())
	}
	tellOne(t, a, multivac.Telling{Source: "vault.md", MediaType: multivac.HTML,
		Body: []byte("<title>" + secret + "</title><p>The password of the vault is " + secret + " and longer.</p>" + strings.Repeat("<p>Not "+secret+".</p>", 2000))})
	askOne(t, a, question)
	// The key of far answers can be made from the hash of a document.
	told, err := a.Document(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	hash := string(told.Hash[:])
	if places(t, data, secret) == 0 || places(t, data, hash) == 0 || a.web.answers.Stats().Answers == 0 {
		t.Fatal("the secret or its hash is in no file, or no answer in the cache, so this test proves nothing")
	}

	gone, err := a.Delete(t.Context(), r.ID)
	if err == nil {
		err = a.Reach(t.Context(), gone.Position)
	}
	if err != nil {
		t.Fatal(err)
	}
	if n := a.web.answers.Stats().Answers; n != 0 {
		t.Errorf("%d answers from before the deletion are in the cache", n)
	}
	after, _ := a.web.index.View(multivac.DefaultCollection)
	if after.Fingerprint != before.Fingerprint {
		t.Error("the collection is what it was before the secret was told, and has another fingerprint")
	}
	stem := text.AppendWords(nil, secret)[0].Stem
	found, err := a.web.index.Find(t.Context(), find.Query{In: after, Stems: []uint64{stem}, Terms: []find.Term{{Stem: stem, Weight: 1}}, Passages: 10})
	if err != nil || len(found.Hits) > 0 || found.Counts[0] > 0 {
		t.Errorf("the index finds %+v, %v", found, err)
	}
	if reason := askOne(t, a, "What is a "+secret+"?").Reason; reason == nil || !slices.Contains(reason.Unmatched, secret) {
		t.Errorf("asked for the secret, the reason is %+v, which does not say that nothing told contains it", reason)
	}
	answer := askOne(t, a, question)
	if b, err := json.Marshal(answer); err != nil || bytes.Contains(b, []byte(secret)) {
		t.Errorf("the answer after the deletion is %s, %v", b, err)
	}
	for revision := multivac.Revision(1); revision <= gone.Revision; revision++ {
		x, err := a.store.Excerpts(t.Context(), []multivac.PassageID{{Document: r.ID, Revision: revision}})
		if err != nil || x[0].Text != "" || x[0].Title != "" {
			t.Errorf("revision %d: %+v, %v", revision, x, err)
		}
	}
	if d, err := a.Document(t.Context(), r.ID); err != nil || strings.Contains(fmt.Sprintf("%+v", d), secret) {
		t.Errorf("the document is %+v, %v", d, err)
	}

	// The write-ahead log is emptied after the deletion was answered. The time
	// until then has a limit.
	late := time.After(10 * time.Second)
	for places(t, data, secret)+places(t, data, hash) > 0 {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-late:
			t.Fatalf("10 s after the deletion the secret is in the data folder, %d times, and its hash, %d times", places(t, data, secret), places(t, data, hash))
		}
	}
}

// places counts a word in the files of a folder.
func places(t *testing.T, dir, word string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		n += bytes.Count(b, []byte(word))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
