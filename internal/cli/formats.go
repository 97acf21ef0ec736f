package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"multivac"
	"multivac/internal/config"
	"multivac/internal/extract/formats"
)

func newFormats() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "formats",
		Short: "List the kinds of files that can be told, and their bounds",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if asJSON {
				return printJSON(c.OutOrStdout(), formatList())
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "FORMAT\tEXTENSIONS\tMEDIA TYPE")
			for _, k := range formatList() {
				fmt.Fprintf(w, "%s\t%s\t%s\n", k.Name, strings.Join(k.Extensions, " "), k.Types[0])
			}
			if err := w.Flush(); err != nil {
				return err
			}
			return printBounds(c.OutOrStdout())
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print an array of JSON")
	return c
}

// printBounds prints the bounds in force, of a document and of the settings. On a
// server they are those of its own settings.
func printBounds(out io.Writer) error {
	loaded, _ := config.Load(config.Here(nil)) // with a mistake in it, the other settings count
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\nBOUND\tVALUE\tFROM\na document\t%d MiB\tfixed\n", multivac.MaxBody>>20)
	for _, e := range loaded.List() {
		if strings.HasPrefix(e.Key, "extract.") || strings.HasPrefix(e.Key, "request.") {
			fmt.Fprintf(w, "%s\t%s\t%s\n", e.Key, e.Text(), e.Where)
		}
	}
	return w.Flush()
}

// A kind of files, as JSON.
type kind struct {
	Name       string   `json:"name"`
	Extensions []string `json:"extensions"`
	Types      []string `json:"media_types"`
}

func formatList() (all []kind) {
	for _, f := range formats.All {
		all = append(all, kind{f.Name, f.Extensions, f.Types})
	}
	return all
}
