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
			return t.with(c, false, func(ctx context.Context, h multivac.Verbs) error {
				st, err := h.Status(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(c.OutOrStdout(), struct {
						wire.Status
						wire.Collections
					}{wire.NewStatus(st), wire.NewCollections(st.Collections)})
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
	lines := []string{ready, fmt.Sprintf("%s in %s answered from, %d pending", count(st.Passages, "passage"), count(st.Documents, "document"), st.Pending)}
	if st.Outdated > 0 {
		lines = append(lines, count(st.Outdated, "document")+" still to be enriched or cut anew; answered from meanwhile")
	}
	if st.MeaningReason != "" {
		lines = append(lines, fmt.Sprintf("meaning is %s: %s", st.Meaning, st.MeaningReason))
	}
	if st.FreeBytes >= 1<<20 {
		lines = append(lines, fmt.Sprintf("%d MiB of the %d MiB of the database file are free", st.FreeBytes>>20, st.StoreBytes>>20))
	}
	for _, col := range st.Collections {
		lines = append(lines, fmt.Sprintf("  %-24s %s", col.Name, count(col.Documents, "document")+calibrated(col.Calibration)))
	}
	for _, line := range lines {
		if err := say(c.OutOrStdout(), "%s", line); err != nil {
			return err
		}
	}
	return nil
}

// calibrated says that a collection is calibrated.
func calibrated(s multivac.CalibrationState) string {
	switch s {
	case multivac.Calibrated:
		return ", calibrated"
	case multivac.CalibrationOutdated:
		return ", calibrated for another model: calibrate it again"
	}
	return ""
}
