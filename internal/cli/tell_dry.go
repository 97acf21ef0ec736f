package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/formats"
	"multivac/internal/folder"
)

// A dryRun reads files as tell does, and tells nothing. It counts what would be
// told, and notes what would not be.
type dryRun struct {
	*tell
	kinds   extract.Formats
	rows    map[string]*kindCount // by the name of the kind
	refused notes
	passed  notes
}

// A kindCount is what would be told of one kind.
type kindCount struct {
	files, documents int
	bytes            int64 // of text
}

// maxNotes is how many files a list of a dry run names.
const maxNotes = 50

// Notes are lines about files: the first maxNotes, and how many there are.
type notes struct {
	lines []string
	count int
}

func (n *notes) add(line string) {
	if n.count++; n.count <= maxNotes {
		n.lines = append(n.lines, line)
	}
}

// A foreseen says what would become of a document or a file, as JSON.
type foreseen struct {
	Source    string `json:"source,omitempty"`
	Outcome   string `json:"outcome"` // told, refused or passed over
	Kind      string `json:"kind,omitempty"`
	MediaType string `json:"media_type,omitempty"`
	Title     string `json:"title,omitempty"`
	TextBytes int    `json:"text_bytes,omitempty"`
	Reason    string `json:"reason,omitempty"`
	Remedy    string `json:"remedy,omitempty"`
}

// dry says what would be told of a plan.
func (t *tell) dry(c *cobra.Command, p plan) error {
	pages := pdfReader(p.limits.time)
	defer pages.Close()
	d := &dryRun{tell: t, kinds: formats.With(pages), rows: map[string]*kindCount{}}
	t.tally.total = p.bytes
	t.progress = newProgress(c.ErrOrStderr(), t.quiet, t.tally.line)
	err := d.read(c.Context(), p, c.InOrStdin())
	t.progress.Close()
	switch {
	case err != nil:
		return err
	case !t.json:
		err = d.report()
	}
	if err == nil && d.refused.count > 0 {
		err = errSomeFailed
	}
	return err
}

// read reads the files of a plan.
func (d *dryRun) read(ctx context.Context, p plan, in io.Reader) error {
	for _, problem := range p.problems {
		if err := d.refuse("", problem); err != nil {
			return err
		}
	}
	for _, one := range p.passed {
		if err := d.passOver(one.path, one.why); err != nil {
			return err
		}
	}
	for _, f := range p.files {
		if err := d.file(ctx, f, in); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// file reads the documents of a file. It counts as one of its kind if one of them
// would be told.
func (d *dryRun) file(ctx context.Context, f file, in io.Reader) (err error) {
	kind, counted := "", false
	f.source = cmp.Or(f.source, stdin) // so that what is within it has a name
	if media, unknown := formats.All.MediaType(f.name(nil), nil); unknown == nil {
		kind = formats.All.Name(media)
	}
	passedOver := func(path string) {
		err = errors.Join(err, d.passOver(path, multivac.Errorf(multivac.ErrInvalid, "write a text below it", "there is nothing but front matter in it")))
	}
	for t, failed := range allTellings(ctx, []file{f}, in, multivac.CollectionName(d.collection), &d.tally, passedOver) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var text extract.Extracted
		if failed == nil {
			t.Title = extract.OneLine(t.Title)
			text, failed = d.extract(ctx, t, f.limits)
			if failed != nil {
				failed = fmt.Errorf("%s: %w", cmp.Or(t.Source, f.path), failed)
			}
		}
		if failed != nil {
			err = errors.Join(err, d.refuse(t.Source, failed))
		} else {
			own := d.kinds.Name(t.MediaType)
			kind = cmp.Or(kind, own)
			if !strings.HasPrefix(t.Source, f.source+"/") { // not a file within this one
				own = kind
			}
			err = errors.Join(err, d.count(t, own, text))
			if !counted {
				counted = true
				d.row(kind).files++
			}
		}
		if err != nil {
			return err
		}
	}
	return err
}

// extract returns the text of a document, or why it would not be told.
func (d *dryRun) extract(ctx context.Context, t multivac.Telling, l limits) (extract.Extracted, error) {
	ctx, cancel := l.timed(ctx)
	defer cancel()
	text, _, err := folder.Read(ctx, d.kinds, t, l.Limits)
	return text, err
}

func (d *dryRun) row(kind string) *kindCount {
	if d.rows[kind] == nil {
		d.rows[kind] = &kindCount{}
	}
	return d.rows[kind]
}

// count notes a document that would be told.
func (d *dryRun) count(t multivac.Telling, kind string, text extract.Extracted) error {
	d.tally.documents.Add(1)
	r := d.row(kind)
	r.documents++
	r.bytes += int64(len(text.Text))
	return d.print(foreseen{Source: t.Source, Outcome: "told", Kind: kind, MediaType: t.MediaType, Title: cmp.Or(t.Title, text.Title), TextBytes: len(text.Text)})
}

// refuse notes what would be an error.
func (d *dryRun) refuse(source string, err error) error {
	line := strings.ReplaceAll(err.Error(), "\n", " ")
	d.refused.add(line)
	f := foreseen{Source: source, Outcome: "refused", Reason: line}
	if told := new(multivac.Error); errors.As(err, &told) {
		f.Remedy = told.Remedy
		f.Reason = strings.TrimSuffix(line, "; "+told.Remedy)
	}
	return d.print(f)
}

// passOver notes what would be passed over.
func (d *dryRun) passOver(path string, why *multivac.Error) error {
	d.passed.add(path + ": " + why.Error())
	return d.print(foreseen{Source: path, Outcome: "passed over", Reason: why.Message, Remedy: why.Remedy})
}

func (d *dryRun) print(f foreseen) error {
	if !d.json {
		return nil
	}
	return printJSON(d.out, f)
}

// report prints the table of kinds, and the lists of what would not be told.
func (d *dryRun) report() error {
	if !d.quiet {
		if err := d.table(); err != nil {
			return err
		}
	}
	if err := d.list("would not be told", d.refused); err != nil || d.quiet {
		return err
	}
	return d.list("would be passed over", d.passed)
}

func (d *dryRun) table() error {
	w := tabwriter.NewWriter(d.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KIND\tFILES\tDOCUMENTS\tTEXT")
	var all kindCount
	for _, kind := range slices.Sorted(maps.Keys(d.rows)) {
		r := d.rows[kind]
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", kind, r.files, r.documents, size(r.bytes))
		all.files, all.documents, all.bytes = all.files+r.files, all.documents+r.documents, all.bytes+r.bytes
	}
	fmt.Fprintf(w, "all\t%d\t%d\t%s\n", all.files, all.documents, size(all.bytes))
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(d.out)
	return say(d.out, "%s would be told to %s; nothing was", count(all.documents, "document"), d.collection)
}

// list prints notes under a heading, unless there are none.
func (d *dryRun) list(heading string, n notes) error {
	if n.count == 0 {
		return nil
	}
	fmt.Fprintln(d.out)
	err := say(d.out, "%s: %d", heading, n.count)
	for _, line := range n.lines {
		err = errors.Join(err, say(d.out, "  %s", line))
	}
	if more := n.count - len(n.lines); more > 0 {
		err = errors.Join(err, say(d.out, "  and %d more; --json names all", more))
	}
	return err
}
