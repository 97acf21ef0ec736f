package cli

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"multivac"
	"multivac/internal/web/wire"
)

func newDocuments() *cobra.Command {
	c := &cobra.Command{
		Use:   "documents",
		Short: "List, show, read again and delete what was told",
		Example: `  multivac documents list --state failed
  multivac documents delete 3f6c0a1b2c3d4e5f60718293a4b5c6d7`,
		Args: subcommandArgs,
		RunE: showHelp,
	}
	c.AddCommand(newDocumentsList(), newDocumentsShow(), newDocumentsReread(), newDocumentsDelete())
	return c
}

func newDocumentsList() *cobra.Command {
	var t target
	var collection, state string
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List documents: identifier, state, collection, source",
		Example: `  multivac documents list
  multivac documents list --collection laws --state failed
  multivac documents list --json`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			list := multivac.Listing{Collection: multivac.CollectionName(collection), State: multivac.State(state)}
			return t.with(c, false, func(ctx context.Context, h multivac.Verbs) error {
				return eachDocument(ctx, h, list, func(d multivac.Document) error {
					if asJSON {
						return printJSON(c.OutOrStdout(), wire.NewDocument(d))
					}
					return say(c.OutOrStdout(), "%s", documentLine(d))
				})
			})
		},
	}
	t.flags(c)
	f := c.Flags()
	f.StringVarP(&collection, "collection", "c", "", "`name` of the collection (default all)")
	f.StringVar(&state, "state", "", "`state`: pending, indexed, failed or deleted (default all but deleted)")
	f.BoolVar(&asJSON, "json", false, "print a line of JSON for each document")
	return c
}

func eachDocument(ctx context.Context, h multivac.Library, list multivac.Listing, fn func(multivac.Document) error) error {
	for {
		page, err := h.Documents(ctx, list)
		if err != nil {
			return err
		}
		for _, d := range page.Documents {
			if err := fn(d); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		list.Cursor = page.Next
	}
}

func documentLine(d multivac.Document) string {
	name := d.Source
	if name == "" {
		name = d.Title
	}
	line := fmt.Sprintf("%s  %-7s  %s  %s", d.ID, d.State, d.Collection, name)
	if d.State == multivac.Failed {
		line += "  (" + d.LastError + ")"
	}
	return strings.TrimRight(line, " ")
}

// identifiers accepts from least to most identifiers as arguments.
func identifiers(least, most int) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return usagef("`multivac documents list` shows the identifiers", "%s given", count(len(args), "identifier"))
		}
		return nil
	}
}

func newDocumentsShow() *cobra.Command {
	var t target
	var asJSON, original bool
	c := &cobra.Command{
		Use:   "show ID",
		Short: "Print the text of a document, or what was told",
		Example: `  multivac documents show 3f6c0a1b2c3d4e5f60718293a4b5c6d7
  multivac documents show --original 3f6c0a1b2c3d4e5f60718293a4b5c6d7 > told.pdf`,
		Args: identifiers(1, 1),
		RunE: func(c *cobra.Command, ids []string) error {
			if err := oneOf(c, "json", "original"); err != nil {
				return err
			}
			if original {
				return t.with(c, false, func(ctx context.Context, h multivac.Verbs) error {
					told, err := h.Original(ctx, multivac.DocumentID(ids[0]))
					if err == nil {
						_, err = c.OutOrStdout().Write(told.Body)
					}
					return err
				})
			}
			return t.with(c, false, func(ctx context.Context, h multivac.Verbs) error {
				d, err := h.Document(ctx, multivac.DocumentID(ids[0]))
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(c.OutOrStdout(), wire.NewDocument(d))
				}
				_ = say(c.ErrOrStderr(), "%s", documentLine(d))
				_ = say(c.ErrOrStderr(), "%s", originalLine(d))
				out := c.OutOrStdout()
				_, err = io.WriteString(out, styleFor(out).plain(strings.TrimSuffix(d.Text, "\n")+"\n"))
				return err
			})
		},
	}
	t.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print an object of JSON")
	c.Flags().BoolVar(&original, "original", false, "print what was told, byte for byte")
	return c
}

// originalLine says whether what was told is kept.
func originalLine(d multivac.Document) string {
	if d.Original {
		return "original kept: --original prints it"
	}
	return "original not kept"
}

func newDocumentsReread() *cobra.Command {
	var t target
	var collection string
	var all, asJSON bool
	var timeout time.Duration
	c := &cobra.Command{
		Use:   "reread ID ...",
		Short: "Read again what was told, with the reader of today",
		Long: `Read again what was told, with the reader of today, where it is kept: text that
is answered from as it was told always is, anything else where the setting
keep-originals was on. Each document is pending at its next revision. Until it is
read, it is answered from as it is.

It waits until they are answered from or have failed; exit code 1 if one has. Of
all documents, or those of a collection, it counts those that are not kept.`,
		Example: `  multivac documents reread 3f6c0a1b2c3d4e5f60718293a4b5c6d7
  multivac documents reread --collection laws
  multivac documents reread --all --timeout 1h`,
		Args: func(c *cobra.Command, ids []string) error {
			if (all || collection != "") == (len(ids) > 0) {
				return usagef("`multivac documents list` shows the identifiers", "name documents, or give --all or --collection")
			}
			return nil
		},
		RunE: func(c *cobra.Command, ids []string) error {
			return t.with(c, false, func(ctx context.Context, h multivac.Verbs) error {
				if len(ids) > 0 {
					return rereadEach(ctx, c, h, ids, timeout, asJSON)
				}
				return rereadAll(ctx, c, h, multivac.CollectionName(collection), timeout, asJSON)
			})
		},
	}
	t.flags(c)
	f := c.Flags()
	f.BoolVar(&all, "all", false, "all documents of which what was told is kept")
	f.StringVarP(&collection, "collection", "c", "", "the same of the collection of this `name`")
	f.DurationVar(&timeout, "timeout", time.Minute, "`time` to wait for what becomes of them; 0 not to wait")
	f.BoolVar(&asJSON, "json", false, "print a line of JSON for each document")
	return c
}

// rereadAll reads again what is kept of a collection, or of all, and counts the
// rest.
func rereadAll(ctx context.Context, c *cobra.Command, h multivac.Verbs, collection multivac.CollectionName, timeout time.Duration, asJSON bool) error {
	var ids []string
	lacking := 0
	err := eachDocument(ctx, h, multivac.Listing{Collection: collection}, func(d multivac.Document) error {
		if d.Original {
			ids = append(ids, string(d.ID))
		} else {
			lacking++
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = rereadEach(ctx, c, h, ids, timeout, asJSON)
	if lacking > 0 {
		_ = say(c.ErrOrStderr(), "%s not read again: what was told is not kept; set keep-originals and tell it again", count(lacking, "document"))
	}
	return err
}

// rereadEach reads documents again, and prints the receipt of each with what
// becomes of it.
func rereadEach(ctx context.Context, c *cobra.Command, h multivac.Verbs, ids []string, timeout time.Duration, asJSON bool) error {
	return again(ctx, h, ids, h.Reread, timeout, func(r multivac.Receipt, d multivac.Document) error {
		switch {
		case asJSON:
			r.State = d.State
			if d.State == multivac.Failed {
				r.Err = multivac.Errorf(multivac.ErrInvalid, "", "%s", d.LastError)
			}
			return printJSON(c.OutOrStdout(), wire.NewReceipt(r))
		case !r.Changed:
			return say(c.OutOrStdout(), "%s  (unchanged: it was pending already)", documentLine(d))
		}
		return say(c.OutOrStdout(), "%s", documentLine(d))
	})
}

func newDocumentsDelete() *cobra.Command {
	var t target
	var wait, asJSON bool
	c := &cobra.Command{
		Use:   "delete ID ...",
		Short: "Forget documents",
		Long: `Forget documents: their text, in every revision, is in no file of the data folder
a few seconds later. The identifier and the number of revisions stay.`,
		Example: `  multivac documents delete 3f6c0a1b2c3d4e5f60718293a4b5c6d7`,
		Args:    identifiers(1, math.MaxInt),
		RunE: func(c *cobra.Command, ids []string) error {
			return t.with(c, false, func(ctx context.Context, h multivac.Verbs) error {
				for _, id := range ids {
					r, err := h.Delete(ctx, multivac.DocumentID(id))
					if err == nil && wait {
						err = h.Reach(ctx, r.Position)
					}
					if err != nil {
						return err
					}
					if asJSON {
						err = printJSON(c.OutOrStdout(), wire.NewReceipt(r))
					} else {
						_ = say(c.ErrOrStderr(), "deleted %s", id)
					}
					if err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	t.flags(c)
	c.Flags().BoolVar(&wait, "wait", true, "wait until nothing is answered from them any more")
	c.Flags().BoolVar(&asJSON, "json", false, "print a line of JSON for each document")
	return c
}
