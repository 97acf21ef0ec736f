package cli

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"multivac"
	"multivac/internal/app"
	"multivac/internal/web/wire"
)

// withKeeper calls fn with the Keeper of the target. It opens a data folder
// without starting work on pending documents.
func (t target) withKeeper(c *cobra.Command, create bool, fn func(context.Context, multivac.Keeper) error) error {
	server, local, err := t.find(c, create)
	switch {
	case err != nil:
		return err
	case server != "":
		return t.withServer(c.Context(), server, func(ctx context.Context, h multivac.Verbs) error { return fn(ctx, h) })
	}
	k, shut, err := app.OpenKeeper(c.Context(), local)
	if err != nil {
		return err
	}
	return errors.Join(fn(c.Context(), k), shut())
}

func newExport() *cobra.Command {
	var t target
	var to string
	var originals bool
	c := &cobra.Command{
		Use:   "export",
		Short: "Copy all that is kept into a file",
		Long: `Copy all that is kept, as lines of JSON: every document with its revision, what
was told, what is answered from, what failed and what was deleted, and the keys
with their hashes. What was forgotten or replaced is not in it. ` + "`multivac import`" + `
reads it, whatever the store. Whoever has the file can read every document.

Without --originals, what was told is left out where only the text that was read
from it is answered from, such as a PDF. Where that is imported, it cannot be read
again.`,
		Example: `  multivac export -o backup.jsonl.gz          # of the server, while it runs
  multivac export --data ./data > backup.jsonl`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return t.withKeeper(c, false, func(ctx context.Context, k multivac.Keeper) error {
				if to == "" || to == "-" {
					return k.Export(ctx, c.OutOrStdout(), originals)
				}
				return writeFile(to, func(w io.Writer) error { return k.Export(ctx, w, originals) })
			})
		},
	}
	t.flags(c)
	c.Flags().StringVarP(&to, "output", "o", "", "`file` to write, gzipped where its name ends in .gz (default standard output)")
	_ = c.MarkFlagFilename("output")
	c.Flags().BoolVar(&originals, "originals", false, "with what was told, where it is kept (see keep-originals in the settings)")
	return c
}

// writeFile writes a file that only its owner may read. The file appears only
// when it is complete.
func writeFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return multivac.Errorf(multivac.ErrInvalid, "choose another with --output", "cannot write %s: %v", path, errors.Unwrap(err))
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	defer func() { err = errors.Join(err, f.Close()) }()
	w := io.WriteCloser(keepOpen{f})
	if strings.HasSuffix(path, ".gz") {
		w = gzip.NewWriter(f)
	}
	if err := errors.Join(write(w), w.Close(), f.Sync()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return multivac.Errorf(multivac.ErrInvalid, "choose another with --output", "cannot write %s: %v", path, errors.Unwrap(err))
	}
	return nil
}

type keepOpen struct{ io.Writer }

func (keepOpen) Close() error { return nil }

func newImport() *cobra.Command {
	var t target
	var merge, asJSON bool
	c := &cobra.Command{
		Use:   "import FILE|-",
		Short: "Restore what was exported",
		Long: `Restore what ` + "`multivac export`" + ` wrote, gzipped or not: revisions, times, titles
and states as they were. Where something was told before, it refuses, unless
--merge is given: then, of two that are the same document, the one of the higher
revision stays, be it deleted, and of equal ones that which was there. So what was
forgotten stays forgotten, and to import twice changes nothing.

A line that cannot be read is named and stops none of the others.`,
		Example: `  multivac import backup.jsonl.gz --data ./new-data
  multivac import --merge - < other.jsonl`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef(seeHelp(c), "name one file, or - for standard input")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			in, name := io.NopCloser(c.InOrStdin()), "standard input"
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return multivac.Errorf(multivac.ErrInvalid, "check the path", "cannot read %s: %v", args[0], errors.Unwrap(err))
				}
				in, name = f, args[0]
			}
			defer in.Close()
			return t.withKeeper(c, true, func(ctx context.Context, k multivac.Keeper) error {
				imported, err := k.Import(ctx, in, merge)
				if e := printImported(c, name, imported, asJSON, err == nil); err == nil {
					err = e
				}
				return err
			})
		},
	}
	t.flags(c)
	c.Flags().BoolVar(&merge, "merge", false, "into what was told before")
	c.Flags().BoolVar(&asJSON, "json", false, "print an object of JSON")
	return c
}

// printImported prints the result of an import, and returns an error if a line
// was broken.
func printImported(c *cobra.Command, name string, i multivac.Imported, asJSON, whole bool) error {
	if asJSON && whole {
		if err := printJSON(c.OutOrStdout(), wire.NewImported(i)); err != nil {
			return err
		}
	}
	w := c.ErrOrStderr()
	for _, l := range i.Lines {
		_ = say(w, "not imported: %s:%d: %v", name, l.Line, l.Err)
	}
	if more := i.Broken - len(i.Lines); more > 0 {
		_ = say(w, "not imported: %s more", count(more, "line"))
	}
	if whole || i.Documents > 0 {
		line := "imported " + count(i.Documents, "document")
		if i.Unchanged > 0 {
			line += fmt.Sprintf(", %d as new or newer here", i.Unchanged)
		}
		_ = say(w, "%s", line)
	}
	if i.Broken > 0 {
		return errSomeFailed
	}
	return nil
}
