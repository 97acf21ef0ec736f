package cli

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/formats"
	"multivac/internal/place"
)

func newExtract() *cobra.Command {
	var x extraction
	c := &cobra.Command{
		Use:   "extract FILE|- ...",
		Short: "Show the text that files are told as",
		Long: `Show the text that files, or standard input ("-"), are told as, and where each
line stands in its file: the words that are searched and quoted, no more and no
less. Nothing is told, and no server is needed. ` + "`multivac formats`" + ` lists the
kinds of files.

Exit codes:
  0    all of it is shown
  1    some of it cannot be read: the message says why
  2    the command line is wrong`,
		Example: `  multivac extract manual.html
  multivac extract --places=false table.csv > table.md
  pg_dump --help | multivac extract - --type text`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("name a file, or - for standard input", "nothing to extract")
			}
			return nil
		},
		RunE: func(c *cobra.Command, paths []string) error { return x.run(c, paths) },
	}
	f := c.Flags()
	f.StringVar(&x.mediaType, "type", "", "`type` of the files, such as md, html, jsonl or text/csv (default by name and content)")
	f.BoolVar(&x.places, "places", true, "write in front of each line where it stands in the file")
	f.BoolVar(&x.hidden, "hidden", false, "read hidden sheets, rows and columns, too, as with the setting extract.hidden")
	f.BoolVar(&x.json, "json", false, "print a line of JSON for each document: source, title, type, text and places")
	return c
}

// extraction holds the flags of the command.
type extraction struct {
	mediaType    string
	places, json bool
	hidden       bool
	formats      extract.Formats
	limits       limits
}

// extracted is a document, as JSON.
type extracted struct {
	Source string  `json:"source"`
	Title  string  `json:"title,omitempty"`
	Type   string  `json:"media_type"`
	Text   string  `json:"text"`
	Places []stand `json:"places"`
}

// stand says where the text stands from an offset on, in bytes.
type stand struct {
	Offset int    `json:"offset"`
	Place  string `json:"place"`
}

func (x *extraction) run(c *cobra.Command, paths []string) error {
	extension := ""
	if x.mediaType != "" {
		var err error
		if extension, err = extensionOf(x.mediaType); err != nil {
			return usageError{err}
		}
	}
	l, err := localLimits()
	if err != nil {
		return err
	}
	l.Hidden = l.Hidden || x.hidden
	var files []file
	for _, p := range paths {
		files = append(files, file{path: p, source: p, extension: extension, limits: l})
	}
	x.limits = l
	pages := pdfReader(l.time)
	defer pages.Close()
	x.formats = formats.With(pages)
	out, failed, shown := bufio.NewWriter(c.OutOrStdout()), false, 0
	for t, err := range allTellings(c.Context(), files, c.InOrStdin(), "", &tally{}, nil) {
		if err == nil {
			if e := cmp.Or(t.Encoding, x.formats.Encoding(t)); e != "" {
				_ = say(c.ErrOrStderr(), "%s: read as %s", t.Source, e)
			}
			err = x.show(c.Context(), out, t, &shown)
		}
		if c.Context().Err() != nil {
			return c.Context().Err()
		}
		if err != nil {
			failed = true
			printError(c.ErrOrStderr(), err)
		}
	}
	if err := out.Flush(); err != nil || !failed {
		return err
	}
	return errSomeFailed
}

// show writes one document; a line of its source stands before each but the
// first.
func (x *extraction) show(ctx context.Context, out io.Writer, t multivac.Telling, shown *int) error {
	ctx, cancel := x.limits.timed(ctx)
	defer cancel()
	e, err := x.formats.Extract(ctx, t.MediaType, t.Body, x.limits.Limits)
	if err != nil {
		return fmt.Errorf("%s: %w", t.Source, err)
	}
	places := standing(e)
	if x.json {
		if t.Title != "" {
			e.Title = t.Title
		}
		return printJSON(out, extracted{t.Source, e.Title, t.MediaType, e.Text, places})
	}
	if *shown++; *shown > 1 {
		fmt.Fprintf(out, "\n%s:\n", t.Source)
	}
	if !x.places {
		_, err := fmt.Fprintln(out, strings.TrimRight(e.Text, "\n"))
		return err
	}
	return inMargin(out, e.Text, places)
}

// standing returns where each line of a text stands, where its place is known.
func standing(e extract.Extracted) (all []stand) {
	read, offset := place.Read(e.Places, e.Text), 0
	for l := range strings.Lines(e.Text) {
		if strings.TrimSpace(l) != "" {
			if p := read.At(offset).String(); p != "" {
				all = append(all, stand{offset, p})
			}
		}
		offset += len(l)
	}
	return all
}

// inMargin writes a text with the place of each line in front of it.
func inMargin(out io.Writer, text string, places []stand) error {
	width := 0
	for _, p := range places {
		width = max(width, len([]rune(p.Place)))
	}
	offset := 0
	for l := range strings.Lines(strings.TrimRight(text, "\n")) {
		at := ""
		if len(places) > 0 && places[0].Offset == offset {
			at, places = places[0].Place, places[1:]
		}
		if _, err := fmt.Fprintf(out, "%-*s  %s\n", width, at, strings.TrimRight(l, "\n")); err != nil {
			return err
		}
		offset += len(l)
	}
	return nil
}
