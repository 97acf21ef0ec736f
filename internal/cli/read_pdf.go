package cli

import (
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"multivac/internal/pdfium"
)

// readPDF is the subcommand that reads PDF files for another process. People have no
// use for it.
const readPDF = "read-pdf"

// pdfMemory is how much memory PDFium may have.
const pdfMemory = 256 << 20

func newReadPDF() *cobra.Command {
	o := pdfium.Options{Memory: pdfMemory}
	c := &cobra.Command{
		Use:    readPDF,
		Short:  "Read PDF files for another process",
		Hidden: true,
		Args:   noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return pdfium.Serve(c.Context(), c.InOrStdin(), c.OutOrStdout(), o)
		},
	}
	c.Flags().StringVar(&o.Cache, "cache", "", "`folder` that keeps the machine code of PDFium")
	return c
}

// pdfReader returns what reads PDF files: this program, in a process of its own.
// A file may take as long as limit says. The machine code of PDFium is kept in the
// user's folder for such files, where there is one.
func pdfReader(limit time.Duration) *pdfium.Pool {
	program, err := os.Executable()
	if err != nil {
		program = os.Args[0]
	}
	command := []string{program, readPDF}
	if dir, err := os.UserCacheDir(); err == nil {
		command = append(command, "--cache", filepath.Join(dir, "multivac", "pdfium"))
	}
	pool := pdfium.New(command...)
	pool.Document = limit
	return pool
}
