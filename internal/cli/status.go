package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"multivac"
	"multivac/internal/web/wire"
)

func newStatus() *cobra.Command {
	var t target
	var asJSON bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Show what was told and how far the index is",
		Example: `  multivac status
  multivac status --data ./data --json`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return t.with(c, false, func(ctx context.Context, h house) error {
				st, err := h.Status(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(c.OutOrStdout(), wire.NewStatus(st))
				}
				return printStatus(c, st)
			})
		},
	}
	t.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print an object of JSON")
	return c
}

func printStatus(c *cobra.Command, st multivac.Status) error {
	ready := "ready"
	if !st.Ready {
		ready = "not ready: " + st.Reason
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "%s\n%s in %s answered from, %d pending\n",
		ready, count(st.Passages, "passage"), count(st.Documents, "document"), st.Pending)
	if st.Outdated > 0 && err == nil {
		_, err = fmt.Fprintf(c.OutOrStdout(), "%s still to be enriched or cut anew; answered from meanwhile\n", count(st.Outdated, "document"))
	}
	if st.MeaningReason != "" && err == nil {
		_, err = fmt.Fprintf(c.OutOrStdout(), "meaning is %s: %s\n", st.Meaning, st.MeaningReason)
	}
	if st.FreeBytes >= 1<<20 && err == nil {
		_, err = fmt.Fprintf(c.OutOrStdout(), "%d MiB of the %d MiB of the database file are free\n", st.FreeBytes>>20, st.StoreBytes>>20)
	}
	for _, col := range st.Collections {
		if err == nil {
			_, err = fmt.Fprintf(c.OutOrStdout(), "  %-24s %s\n", col.Name, count(col.Documents, "document"))
		}
	}
	return err
}
