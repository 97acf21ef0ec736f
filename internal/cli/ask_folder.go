package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/folder"
)

// folder reads the documents in the folder and calls ask with an Asker for
// them. It names documents that cannot be read and leaves them out.
func (a *ask) folder(c *cobra.Command, ask func(context.Context, multivac.Asker) error) error {
	if _, err := os.Stat(a.in); err != nil && a.in != stdin {
		return usageError{unreadable(err)}
	}
	p := walk(c.Context(), []string{a.in})
	if a.in == stdin {
		p.files[0].source = stdin // so that answers can name a source
	}
	t := &tally{total: p.bytes}
	shown := newProgress(a.err, false, t.line)
	documents := folder.New()
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
	err := group.Wait()
	shown.Close()
	if err != nil {
		return err
	}
	if len(p.files) == 0 {
		_ = say(a.err, "there are no documents in %s", filepath.Clean(a.in))
	}
	a.byWords = len(p.files) > 0
	return ask(c.Context(), documents.Asker())
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
