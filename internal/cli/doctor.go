package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"multivac"
	"multivac/internal/web/wire"
)

func newDoctor() *cobra.Command {
	var t target
	var repair, asJSON bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what is broken, and mend it",
		Long: `Hold what is kept against what must be true of it at any time: the database file,
each document's state, text and passages, the feed of changes, and what every
collection begins with. Of a server it tells which changed settings wait for a
restart, too. Exit code 0 where nothing is broken, or is any more; else 1.

With --repair, on a data folder that no server has, it mends what can be mended
and says what it did. A document whose text is lost is forgotten, so that it can
be told again; make a copy of the folder before.`,
		Example: `  multivac doctor                             # a server, while it runs
  multivac doctor --repair --data ./data`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return t.withKeeper(c, false, func(ctx context.Context, k multivac.Keeper) error {
				e, err := k.Examine(ctx, repair)
				if err != nil {
					return err
				}
				if err := printExamination(c, e, asJSON); err != nil {
					return err
				}
				if !e.Sound() {
					return errBroken
				}
				return nil
			})
		},
	}
	t.flags(c)
	c.Flags().BoolVar(&repair, "repair", false, "mend what can be mended; on a data folder only")
	c.Flags().BoolVar(&asJSON, "json", false, "print an object of JSON")
	return c
}

func printExamination(c *cobra.Command, e multivac.Examination, asJSON bool) error {
	out := c.OutOrStdout()
	if asJSON {
		return printJSON(out, wire.NewExamination(e))
	}
	mended := 0
	for _, f := range e.Faults {
		line := f.Problem
		if f.Document != "" {
			line = fmt.Sprintf("%s  %s", f.Document, line)
		}
		if f.Repair != "" {
			mended++
			line += ": " + f.Repair
		}
		if err := say(out, "%s", line); err != nil {
			return err
		}
	}
	for _, n := range e.Notices {
		if err := say(out, "notice: %s", n); err != nil {
			return err
		}
	}
	found := "nothing is broken"
	if n := len(e.Faults) + e.More; n > 0 {
		found = fmt.Sprintf("%s, %d mended", count(n, "fault"), mended)
	}
	return say(out, "examined %s, %s: %s", count(e.Documents, "document"), count(e.Passages, "passage"), found)
}
