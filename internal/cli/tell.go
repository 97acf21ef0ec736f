package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/formats"
	"multivac/internal/web/wire"
)

func newTell() *cobra.Command {
	var t tell
	c := &cobra.Command{
		Use:   "tell PATH|- ...",
		Short: "Tell files, folders or standard input",
		Long: `Tell files, folders or standard input ("-"), gzipped or not:
` + kindsOfFiles() + `.
A line of JSON Lines is {"id","title","text"}, where "content" or "page_content"
does for "text". In folders, hidden files, what .gitignore leaves out, symbolic
links, what is no document and pages of nothing but front matter are passed
over. A path is the document's source: telling it again replaces it. A file
that cannot be told is named, with why, and stops none of the others.

Messages go to standard error; with --json, standard output has a line for each
document.

With --dry-run the files are read and nothing is told: standard output says how
many files, documents and bytes of text of each kind would be told, which files
would not be, and why. It needs no server and makes no data folder. What a store
would refuse, as a key that does not allow it, is not found out.

Exit codes:
  0    all of it is told, and answered from unless --wait=false
  1    some of it is not told: it cannot be read, is no document, is too large, or
       has a control character in its source; the rest is told. Or the server
       refuses: no key, one that does not allow it, or a name that it is not
       known by
  2    the command line or a setting is wrong
  5    unavailable: no server, the data folder has another owner, the server is
       full or busy, or a limit of the key is reached; or what is told was not
       answered from within --timeout: it is kept
  130  interrupted`,
		Example: `  multivac tell docs/ README.md
  multivac tell --collection laws corpus.jsonl.gz
  pg_dump --help | multivac tell - --source pg_dump.txt --type text
  multivac tell --data ./data docs/           # with no server
  multivac tell --dry-run docs/               # what would be told?`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("name a file or a folder, or - for standard input", "nothing to tell")
			}
			return nil
		},
		RunE: func(c *cobra.Command, paths []string) error { return t.run(c, paths) },
	}
	t.target.flags(c)
	f := c.Flags()
	f.StringVarP(&t.collection, "collection", "c", string(multivac.DefaultCollection), "`name` of the collection to tell")
	f.StringVar(&t.source, "source", "", "`source` of the one document told, in place of its path")
	f.StringVar(&t.title, "title", "", "`title` of the one document told")
	f.StringVar(&t.mediaType, "type", "", "`type` of the one file told, such as md, html, jsonl or text/csv (default by its name and content)")
	f.BoolVar(&t.wait, "wait", true, "wait until the documents are answered from, and not only kept")
	f.DurationVar(&t.timeout, "timeout", 0, "longest `time` to wait for that, such as 90s; what is kept by then is kept (default as long as it takes)")
	f.BoolVar(&t.dryRun, "dry-run", false, "say what would be told, kind by kind, and what would not be and why; tell nothing")
	f.BoolVar(&t.json, "json", false, "print a line of JSON for each document")
	f.BoolVarP(&t.quiet, "quiet", "q", false, "print errors only")
	return c
}

// kindsOfFiles names the kinds of files that can be told.
func kindsOfFiles() string {
	var names []string
	for _, f := range formats.All {
		names = append(names, f.Name)
	}
	return extract.List(names, "and")
}

// tell holds the flags of the command and its counts.
type tell struct {
	target                   target
	collection               string
	source, title, mediaType string
	wait, json, quiet        bool
	dryRun                   bool
	timeout                  time.Duration // 0: wait for ever

	tally    tally
	progress *progress
	out      io.Writer
	// Counts of documents.
	told, unchanged, pending, failed int
}

func (t *tell) run(c *cobra.Command, paths []string) error {
	if err := multivac.CollectionName(t.collection).Validate(); err != nil {
		return usageError{err}
	}
	begin := time.Now()
	l, err := localLimits()
	if err != nil {
		return err
	}
	p := walk(c.Context(), paths, l)
	if err := t.describe(&p); err != nil {
		return usageError{err}
	}
	t.out = c.OutOrStdout()
	if t.dryRun {
		return t.dry(c, p)
	}

	err = t.target.with(c, true, func(ctx context.Context, h multivac.Verbs) error {
		t.tally.total = p.bytes
		t.progress = newProgress(c.ErrOrStderr(), t.quiet, t.tally.line)
		defer t.progress.Close()
		for _, problem := range p.problems {
			t.fail(problem)
			if err := t.print("", multivac.Receipt{Err: problem}); err != nil {
				return err
			}
		}
		return t.send(ctx, h, allTellings(ctx, p.files, c.InOrStdin(), multivac.CollectionName(t.collection), &t.tally, t.passOver))
	})
	if err == nil || t.told > 0 {
		t.summary(c.ErrOrStderr(), p, time.Since(begin))
	}
	switch {
	case err != nil:
	case t.failed > 0:
		err = errSomeFailed
	case t.pending > 0:
		err = multivac.Errorf(multivac.ErrBehind, "see `multivac status` for how far it is", "%s not answered from within %s", count(t.pending, "document"), t.timeout)
	}
	return err
}

// describe applies --source, --title and --type to the only file of p.
func (t *tell) describe(p *plan) error {
	if t.source == "" && t.title == "" && t.mediaType == "" {
		return nil
	}
	if len(p.files) != 1 {
		return usagef("tell one file at a time with these", "--source, --title and --type are of one file, not of %d", len(p.files))
	}
	f := &p.files[0]
	if t.source != "" {
		f.source = t.source
	}
	f.title = t.title
	if t.mediaType != "" {
		extension, err := extensionOf(t.mediaType)
		f.extension = extension
		return err
	}
	return nil
}

// Limits of a batch. They are large enough that documents share commits and
// round trips, and small enough that batches need little memory.
const (
	batchTellings = 256
	batchBytes    = 4 << 20
	batchesAtOnce = 4
)

// A sent is a batch on its way.
type sent struct {
	tellings []multivac.Telling
	done     chan struct{} // closed when receipts and err are set
	receipts []multivac.Receipt
	err      error
}

// A sending sends batches, up to batchesAtOnce at the same time, and takes their
// receipts in the order of the batches.
type sending struct {
	*tell
	h       multivac.Teller
	ctx     context.Context
	waiting context.Context // ends when the command stops waiting for documents
	way     []*sent         // the oldest first
}

// send tells the documents in batches. It stops if a batch fails as a whole.
func (t *tell) send(ctx context.Context, h multivac.Teller, tellings iter.Seq2[multivac.Telling, error]) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &sending{tell: t, h: h, ctx: ctx, waiting: ctx}
	if t.timeout > 0 {
		s.waiting, cancel = context.WithTimeout(ctx, t.timeout)
		defer cancel()
	}
	var batch []multivac.Telling
	bytes := 0
	for telling, err := range tellings {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			t.fail(err)
			if err := t.print(telling.Source, multivac.Receipt{Err: err}); err != nil {
				return err
			}
			continue
		}
		if len(batch) == batchTellings || bytes+len(telling.Body) > batchBytes {
			if err := s.post(batch); err != nil {
				return err
			}
			batch, bytes = nil, 0
		}
		batch = append(batch, telling)
		bytes += len(telling.Body)
	}
	if err := s.post(batch); err != nil {
		return err
	}
	for len(s.way) > 0 {
		if err := s.settle(); err != nil {
			return err
		}
	}
	return nil
}

// post sends a batch, unless it is empty. If too many are on their way, it waits
// for the oldest.
func (s *sending) post(batch []multivac.Telling) error {
	if len(batch) == 0 {
		return nil
	}
	if len(s.way) == batchesAtOnce {
		if err := s.settle(); err != nil {
			return err
		}
	}
	one := &sent{tellings: batch, done: make(chan struct{})}
	s.way = append(s.way, one)
	go func() {
		defer close(one.done)
		one.receipts, one.err = s.tell.tell(s.ctx, s.waiting, s.h, batch)
	}()
	return nil
}

// settle waits for the oldest batch and takes its receipts.
func (s *sending) settle() error {
	oldest := s.way[0]
	s.way = s.way[1:]
	<-oldest.done
	if oldest.err != nil {
		return oldest.err
	}
	return s.take(oldest)
}

// tell tells a batch, and waits for it until waiting ends. Then it tells the
// batch again without waiting, because part of it may not have been stored.
// Telling a document twice changes nothing.
func (t *tell) tell(ctx, waiting context.Context, h multivac.Teller, batch []multivac.Telling) ([]multivac.Receipt, error) {
	if t.wait && waiting.Err() == nil {
		receipts, err := h.Tell(waiting, batch, multivac.WaitIndexed)
		if err == nil || waiting.Err() == nil || ctx.Err() != nil {
			return receipts, err
		}
	}
	return h.Tell(ctx, batch, multivac.WaitStored)
}

// take counts and prints the receipts of a batch.
func (t *tell) take(s *sent) error {
	for i, r := range s.receipts {
		name := r.Source
		if name == "" {
			name = s.tellings[i].Source
		}
		switch {
		case r.Err != nil:
			t.fail(fmt.Errorf("%s: %w", name, r.Err))
		case r.State == multivac.Pending && t.wait:
			t.pending++
			t.told++
		default:
			t.told++
		}
		if r.Err == nil && !r.Changed {
			t.unchanged++
		}
		if e := cmp.Or(r.Encoding, s.tellings[i].Encoding); e != "" && !t.quiet {
			t.progress.Printf("%s: read as %s", name, e)
		}
		if err := t.print(name, r); err != nil {
			return err
		}
	}
	t.tally.documents.Add(int64(len(s.receipts)))
	return nil
}

func (t *tell) passOver(path string) {
	if !t.quiet {
		t.progress.Printf("passed over: %s: there is nothing but front matter in it", path)
	}
}

func (t *tell) fail(err error) {
	t.failed++
	t.progress.Printf("not told: %s", strings.ReplaceAll(err.Error(), "\n", " "))
}

func (t *tell) print(source string, r multivac.Receipt) error {
	if !t.json {
		return nil
	}
	r.Source = source
	return printJSON(t.out, wire.NewReceipt(r))
}

func (t *tell) summary(w io.Writer, p plan, took time.Duration) {
	if t.quiet {
		return
	}
	line := "told " + count(t.told, "document")
	if t.unchanged > 0 {
		line += fmt.Sprintf(" (%d unchanged)", t.unchanged)
	}
	line += fmt.Sprintf(" to %s in %s", t.collection, took.Round(time.Millisecond))
	if t.failed > 0 {
		line += fmt.Sprintf("; %d not told, see above", t.failed)
	}
	if t.pending > 0 {
		line += fmt.Sprintf("; %d kept, not yet answered from", t.pending)
	}
	if kinds := p.kinds(); kinds != "" {
		line += "; passed over " + kinds
	}
	_ = say(w, "%s", line)
}
