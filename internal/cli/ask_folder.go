package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/folder"
	"multivac/internal/meaning"
)

// folder reads the documents in the folder and calls ask with an Asker for
// them. It names documents that cannot be read and leaves them out.
func (a *ask) folder(c *cobra.Command, ask func(context.Context, multivac.Asker) error) error {
	if _, err := os.Stat(a.in); err != nil && a.in != stdin {
		return usageError{unreadable(err)}
	}
	l, err := localLimits()
	if err != nil {
		return err
	}
	p := walk(c.Context(), []string{a.in}, l)
	if a.in == stdin {
		p.files[0].source = stdin // so that answers can name a source
	}
	t := &tally{total: p.bytes}
	shown := newProgress(a.err, false, t.line)
	pages := pdfReader(l.time)
	defer pages.Close()
	documents := folder.New(pages, l.Limits)
	report := func(err error) {
		documents.Unread()
		shown.Printf("not read: %s", err)
	}
	for _, problem := range p.problems {
		report(problem)
	}

	group, ctx := errgroup.WithContext(c.Context())
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, f := range p.files {
		group.Go(func() error {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			addFile(ctx, documents, f, c.InOrStdin(), t, report)
			return nil
		})
	}
	err = group.Wait()
	shown.Close()
	if err != nil {
		return err
	}
	if len(p.files) == 0 {
		_ = say(a.err, "there are no documents in %s", filepath.Clean(a.in))
	}
	asker, err := a.understand(c.Context(), documents)
	if err != nil {
		return err
	}
	return ask(c.Context(), asker)
}

// How many sentences without vectors a folder may have for them to be made
// unasked.
const (
	fewSentences  = 200  // takes no longer than one notices: nobody is told
	someSentences = 2000 // takes a few seconds
)

// understand returns what answers from the documents: by meaning, if it is known
// of all sentences or soon made. It depends on nothing but the folder and what
// was kept of it, so that a script gets the same answer on every machine. A
// person at a terminal gets an answer by words first, and then the better one.
func (a *ask) understand(ctx context.Context, documents *folder.Folder) (multivac.Asker, error) {
	mode, reason := meaning.Choose(meaning.Mode(a.meaning), meaning.Fast())
	if reason != "" {
		_ = say(a.err, "answered by words: %s", reason)
	}
	if mode == meaning.Off {
		a.byWords = reason == ""
		return documents.Asker(mode), nil
	}
	missing := documents.Recall(vectorCache(a.in))
	better := func(ctx context.Context) (multivac.Asker, error) {
		err := a.makeVectors(ctx, documents, missing)
		return documents.Asker(mode), err
	}
	prompt := !a.json && isTerminal(a.out) && isTerminal(a.err)
	switch {
	case missing <= fewSentences, !prompt && (missing <= someSentences || a.wait):
		return better(ctx)
	case missing <= someSentences || a.wait:
		_ = say(a.err, "answered by words; what %s mean is found out next (Ctrl-C stops it, and the next run goes on)", count(missing, "sentence"))
		a.better = better
	default:
		_ = say(a.err, "answered by words; add --wait to find out first what %s mean, once", count(missing, "sentence"))
	}
	return documents.Asker(meaning.Off), nil
}

// vectorCache returns where vectors are kept: in the user's folder for such
// files. It returns nil, for nowhere, if there is none, and for what comes from
// standard input.
func vectorCache(in string) *folder.Cache {
	dir, err := os.UserCacheDir()
	if err != nil || in == stdin {
		return nil
	}
	return folder.NewCache(filepath.Join(dir, "multivac", "vectors"))
}

// makeVectors makes the missing vectors, and shows how far that is.
func (a *ask) makeVectors(ctx context.Context, documents *folder.Folder, missing int) error {
	var done atomic.Int64
	shown := newProgress(a.err, missing <= fewSentences, func(elapsed time.Duration) string {
		n := done.Load()
		return fmt.Sprintf("found out what %d of %s mean%s", n, count(missing, "sentence"), left(n, int64(missing), elapsed))
	})
	defer shown.Close()
	vectors := func(ctx context.Context, title string, p multivac.Passage) ([]byte, error) {
		return meaning.Default().Vectors(ctx, title, p)
	}
	unkept, err := documents.MakeVectors(ctx, vectors, func(sentences int) { done.Add(int64(sentences)) })
	if unkept != nil {
		shown.Printf("what sentences mean is not kept for the next time: %s", unkept)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// again asks a question that was answered by words once more, by meaning, and
// prints the answer if it is another one.
func (a *ask) again(ctx context.Context, text string, byWords multivac.Answer) error {
	asker, err := a.better(ctx)
	if err != nil {
		return err
	}
	a.asker, a.better = asker, nil
	answer, err := asker.Ask(ctx, a.ask(text))
	if err != nil {
		return err
	}
	if sameAnswer(answer, byWords, max(a.question.count, 1)) {
		_ = say(a.err, "By meaning, the answer is the same.")
	} else {
		_ = say(a.err, "By meaning:")
		err = a.print(answer)
	}
	if err == nil && answer.State != multivac.Answered {
		return errInsufficient
	}
	return err
}

// sameAnswer reports whether two answers quote the same n sentences, or whether
// there is none in either, for the same reason.
func sameAnswer(a, b multivac.Answer, n int) bool {
	switch {
	case a.State != b.State:
		return false
	case a.Reason != nil && b.Reason != nil:
		return a.Reason.Text == b.Reason.Text
	}
	return slices.EqualFunc(a.Sentences[:min(n, len(a.Sentences))], b.Sentences[:min(n, len(b.Sentences))],
		func(a, b multivac.Quotation) bool {
			return a.Document == b.Document && a.Start == b.Start && a.End == b.End
		})
}

// addFile adds the documents of a file, and reports those that cannot be read.
func addFile(ctx context.Context, documents *folder.Folder, f file, in io.Reader, t *tally, report func(error)) {
	opened, err := f.open(in)
	if err != nil {
		report(err)
		return
	}
	defer opened.Close()
	for telling, err := range f.tellings(ctx, t.reading(opened), "") {
		if err == nil {
			t.documents.Add(1)
			if err = documents.Add(telling, telling.Source == f.source); err != nil {
				err = fmt.Errorf("%s: %w", telling.Source, err)
			}
		}
		if err != nil && !(f.found && errors.Is(err, extract.ErrNoText)) {
			report(err)
		}
	}
}
