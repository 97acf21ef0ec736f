package keep

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"

	"multivac"
	"multivac/internal/memory"
	"multivac/internal/store"
	"multivac/internal/strict"
)

// What an import holds in memory: a batch, and a line. A line has at most a
// document's body, text and original.
const (
	batchRecords = 64
	batchBytes   = 8 << 20
	maxLine      = 320 << 20 // bytes
)

// Import implements multivac.Keeper. The export in r may be gzipped.
func (s *Service) Import(ctx context.Context, r io.Reader, merge bool) (_ multivac.Imported, err error) {
	defer multivac.Wrap(&err, "import")
	in, err := newLines(ctx, r)
	if err != nil {
		return multivac.Imported{}, err
	}
	defer in.buffer.Free()
	if err := in.head(); err != nil {
		return multivac.Imported{}, cmp.Or(ctx.Err(), err)
	}
	if !merge {
		if err := s.empty(ctx); err != nil {
			return multivac.Imported{}, err
		}
	}
	i := &importing{Service: s, ctx: ctx, merge: merge, standing: map[multivac.CollectionName]bool{}}
	err = errors.Join(i.all(in), i.flush())
	if i.calibrated {
		err = errors.Join(err, s.Calibrated(ctx))
	}
	return i.done, err
}

// empty returns an error where the store has any document.
func (s *Service) empty(ctx context.Context) error {
	for _, state := range multivac.States {
		p, err := s.store.Documents(ctx, multivac.Listing{State: state, Limit: 1})
		if err != nil {
			return err
		}
		if len(p.Documents) > 0 {
			return multivac.Errorf(multivac.ErrInvalid,
				"import into an empty data folder, or add --merge (over HTTP: ?merge=true): of two that are the same document the one of the higher revision stays",
				"something was told here before")
		}
	}
	return nil
}

// importing is the state of one import.
type importing struct {
	*Service
	ctx      context.Context
	merge    bool
	done     multivac.Imported
	standing map[multivac.CollectionName]bool // whether a collection had a datum before

	batch []store.Record
	lines []int // the numbers of the batch's lines
	bytes int   // the length of these lines
	read  end   // counts what was read
	ended *end  // what the end says

	calibrated bool // it brought a calibration
}

func (i *importing) all(in *lines) error {
	for in.next() {
		if err := i.ctx.Err(); err != nil {
			return err
		}
		err := in.broken
		if err == nil {
			err = i.line(in)
		}
		var fatal *fatal
		if errors.As(err, &fatal) {
			return fatal.error
		}
		if err != nil {
			i.broken(in.number, err)
		}
	}
	switch {
	case i.ctx.Err() != nil:
		return i.ctx.Err()
	case in.err != nil:
		return multivac.Errorf(multivac.ErrInvalid, "make the export again", "it cannot be read beyond line %d: %v", in.number, in.err)
	case i.ended == nil:
		return multivac.Errorf(multivac.ErrInvalid, "make the export again; what it has was imported", "it ends early, after line %d", in.number)
	case i.done.Broken == 0 && *i.ended != i.read:
		return multivac.Errorf(multivac.ErrInvalid, "make the export again; what it has was imported",
			"it has %d documents and %d keys, and was written with %d and %d", i.read.Documents, i.read.Keys, i.ended.Documents, i.ended.Keys)
	}
	return nil
}

// fatal is an error that ends the import. It comes from the store and not from a
// line.
type fatal struct{ error }

func (i *importing) broken(number int, err error) {
	if i.done.Broken++; len(i.done.Lines) < multivac.MaxBrokenLines {
		i.done.Lines = append(i.done.Lines, multivac.BrokenLine{Line: number, Err: err})
	}
}

func (i *importing) line(in *lines) error {
	var l line
	if err := strict.Unmarshal(in.bytes, "the line", &l); err != nil {
		return invalid("it cannot be read: %s", strict.Reason(err))
	}
	switch {
	case i.ended != nil:
		return invalid("it stands after the end")
	case l.Document != nil:
		i.read.Documents++
		return i.document(l.Document, in)
	case l.Key != nil:
		i.read.Keys++
		return i.key(l.Key)
	case l.Calibration != nil:
		return i.calibration(l.Calibration)
	case l.End != nil:
		i.ended = l.End
		return nil
	}
	return invalid("it is neither a document, a key nor a calibration")
}

func (i *importing) document(d *document, in *lines) error {
	r, err := d.record()
	if err != nil {
		return err
	}
	if r.Published != nil {
		if err := i.cut(r.Published); err != nil {
			return err
		}
	}
	if r.Datum && i.merge {
		standing, err := i.hasDatum(r.Collection)
		if err != nil {
			return &fatal{err}
		}
		r.Datum = !standing
	}
	i.batch, i.lines, i.bytes = append(i.batch, r), append(i.lines, in.number), i.bytes+len(in.bytes)
	if len(i.batch) == batchRecords || i.bytes >= batchBytes {
		if err := i.flush(); err != nil {
			return &fatal{err}
		}
	}
	return nil
}

// cut is that of the service. The text may be anything, so a panic of the
// segmenter is an error of the line.
func (i *importing) cut(published *store.Published) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = invalid("its text cannot be cut into sentences: %v", p)
		}
	}()
	i.Service.cut(published)
	return nil
}

// hasDatum reports whether a collection had a datum before the import brought
// one.
func (i *importing) hasDatum(c multivac.CollectionName) (bool, error) {
	if standing, known := i.standing[c]; known {
		return standing, nil
	}
	_, err := i.store.Datum(i.ctx, c)
	if err != nil && !errors.Is(err, multivac.ErrNotFound) {
		return false, err
	}
	i.standing[c] = err == nil
	return err == nil, nil
}

func (i *importing) key(w *key) error {
	k, err := w.key()
	if err != nil {
		return err
	}
	if !i.Keys(i.ctx) {
		return multivac.Errorf(multivac.ErrForbidden, "", "keys are imported with a key of scope admin, or into a data folder")
	}
	known, err := i.store.Keys(i.ctx)
	if err != nil {
		return &fatal{err}
	}
	for _, other := range known {
		if other.ID == k.ID {
			return nil // the key that is here stays: it may have been revoked
		}
	}
	if err := i.store.PutKey(i.ctx, k); err != nil {
		return &fatal{err}
	}
	return nil
}

// flush restores the batch. Where the store finds a record invalid, the import
// names its line and restores the others.
func (i *importing) flush() error {
	batch, numbers := i.batch, i.lines
	i.batch, i.lines, i.bytes = nil, nil, 0
	if len(batch) == 0 {
		return nil
	}
	n, err := i.store.Restore(i.ctx, batch, i.Now())
	if !errors.Is(err, multivac.ErrInvalid) {
		if err == nil {
			i.done.Documents, i.done.Unchanged = i.done.Documents+n, i.done.Unchanged+len(batch)-n
		}
		return err
	}
	for at, r := range batch {
		switch n, err := i.store.Restore(i.ctx, []store.Record{r}, i.Now()); {
		case errors.Is(err, multivac.ErrInvalid):
			i.broken(numbers[at], err)
		case err != nil:
			return err
		default:
			i.done.Documents, i.done.Unchanged = i.done.Documents+n, i.done.Unchanged+1-n
		}
	}
	return nil
}

// lines reads a stream line by line, gzipped or not.
type lines struct {
	ctx    context.Context
	r      *bufio.Reader
	number int    // of the last line that was read, from 1
	bytes  []byte // of that line, until the next one is read
	buffer memory.Buffer
	broken error // why that line cannot be used
	err    error // why reading ended before the end
}

func newLines(ctx context.Context, r io.Reader) (*lines, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	if start, _ := in.Peek(2); string(start) == "\x1f\x8b" {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, multivac.Errorf(multivac.ErrInvalid, "make the export again", "its gzip is broken: %v", err)
		}
		in = bufio.NewReaderSize(z, 64<<10)
	}
	return &lines{ctx: ctx, r: in}, nil
}

// next reads the next line that is not empty.
func (l *lines) next() bool {
	for l.err == nil {
		if l.err = l.ctx.Err(); l.err != nil {
			return false
		}
		length, err := l.line()
		if err != nil && !errors.Is(err, io.EOF) {
			l.err = err
			return false
		}
		if length == 0 {
			return false
		}
		l.number++
		l.broken = nil
		if length > maxLine {
			l.broken = fmt.Errorf("it has over %d bytes", maxLine)
			return true
		}
		if l.bytes = bytes.TrimSpace(l.buffer.Bytes()); len(l.bytes) > 0 {
			return true
		}
	}
	return false
}

// line reads a line into the buffer, up to maxLine bytes of it, and returns its
// length.
func (l *lines) line() (length int, err error) {
	l.buffer.Reset()
	for {
		part, err := l.r.ReadSlice('\n')
		if length += len(part); length <= maxLine {
			l.buffer.Append(part)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return length, err
		}
	}
}

// head reads the first line.
func (l *lines) head() error {
	var head line
	switch {
	case !l.next(), l.broken != nil, strict.Unmarshal(l.bytes, "the line", &head) != nil, head.Format != format:
		return multivac.Errorf(multivac.ErrInvalid, "give it what `multivac export` wrote; documents are told with `multivac tell`",
			"its first line is not that of an export")
	case head.Version > version:
		return multivac.Errorf(multivac.ErrInvalid, "use the newer program",
			"it is of version %d, written by a newer program; this one knows versions up to %d", head.Version, version)
	}
	return nil
}
