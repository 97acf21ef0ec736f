package cli

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"multivac"
	"multivac/internal/web/wire"
)

func newDocuments() *cobra.Command {
	c := &cobra.Command{
		Use:   "documents",
		Short: "List, show and delete what was told",
		Example: `  multivac documents list --state failed
  multivac documents delete 3f6c0a1b2c3d4e5f60718293a4b5c6d7`,
		Args: subcommandArgs,
		RunE: showHelp,
	}
	c.AddCommand(newDocumentsList(), newDocumentsShow(), newDocumentsDelete())
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
	var asJSON bool
	c := &cobra.Command{
		Use:     "show ID",
		Short:   "Print the text of a document",
		Example: `  multivac documents show 3f6c0a1b2c3d4e5f60718293a4b5c6d7`,
		Args:    identifiers(1, 1),
		RunE: func(c *cobra.Command, ids []string) error {
			return t.with(c, false, func(ctx context.Context, h multivac.Verbs) error {
				d, err := h.Document(ctx, multivac.DocumentID(ids[0]))
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(c.OutOrStdout(), wire.NewDocument(d))
				}
				_ = say(c.ErrOrStderr(), "%s", documentLine(d))
				out := c.OutOrStdout()
				_, err = io.WriteString(out, styleFor(out).plain(strings.TrimSuffix(d.Text, "\n")+"\n"))
				return err
			})
		},
	}
	t.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print an object of JSON")
	return c
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
