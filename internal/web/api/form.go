package api

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"iter"
	"mime"
	"mime/multipart"
	"path"
	"slices"
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/formats"
	"multivac/internal/extract/jsonl"
	"multivac/internal/web/bodies"
	"multivac/internal/web/wire"
)

// A form is a body of type multipart/form-data.
type form struct {
	bytes    []byte
	boundary string
}

// A file is a file that a form uploads.
type file struct {
	name, mediaType string // see kindOf
	bytes           io.Reader
	size            int
}

// parts yields the parts of a form.
func (f form) parts(ctx context.Context) iter.Seq2[*multipart.Part, error] {
	return func(yield func(*multipart.Part, error) bool) {
		r := multipart.NewReader(bytes.NewReader(f.bytes), f.boundary)
		for {
			err := ctx.Err()
			var part *multipart.Part
			if err == nil {
				part, err = r.NextRawPart()
			}
			if err == nil {
				err = bodies.CheckPart(part)
			}
			if err == io.EOF || !yield(part, err) || err != nil {
				return
			}
		}
	}
}

// filename returns the name of the file in a part, and whether the part is a
// file.
func filename(part *multipart.Part) (name string, ok bool) {
	_, disposition, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	name, ok = disposition["filename"]
	return name, ok
}

// readForm reads the whole form first, because fields may come after the files
// that they are about.
func (s *server) readForm(ctx context.Context, f form, q request, hold *bodies.Hold) (items, error) {
	fields := map[string]*string{"collection": (*string)(&q.collection), "source": &q.source, "title": &q.title}
	seen := map[string]bool{}
	var sizes []int // of the files
	for part, err := range f.parts(ctx) {
		if err != nil {
			return nil, formError(err)
		}
		if _, ok := filename(part); !ok {
			if err := readField(part, fields, seen); err != nil {
				return nil, err
			}
			continue
		}
		unpacks, size, err := measure(part)
		switch {
		case err != nil:
			return nil, formError(err)
		case len(sizes) == s.Limits.Documents:
			return nil, s.Limits.errDocuments()
		case unpacks:
			if err := hold.Unpack(ctx); err != nil {
				return nil, err
			}
		}
		sizes = append(sizes, size)
	}
	if len(sizes) > 1 && (q.source != "" || q.title != "") {
		return nil, multivac.Errorf(multivac.ErrInvalid, "send the files one by one, or leave source and title out", "source and title are for one file, but there are %d", len(sizes))
	}
	return s.files(ctx, f, sizes, q), nil
}

// readField reads a part that is not a file.
func readField(part *multipart.Part, fields map[string]*string, seen map[string]bool) error {
	name := part.FormName()
	field, ok := fields[name]
	switch {
	case !ok:
		return multivac.Errorf(multivac.ErrInvalid, "send files with their filename, and beside them only collection, source and title",
			"form field %q is unknown", multivac.Clip(name, 40))
	case seen[name]:
		return multivac.Errorf(multivac.ErrInvalid, "leave one of them out", "form field %q is there twice", name)
	}
	seen[name] = true
	b, err := io.ReadAll(io.LimitReader(part, maxField))
	if err != nil {
		return formError(err)
	}
	*field = string(b)
	return nil
}

// typeOf returns the media type that a part has by its header.
func typeOf(part *multipart.Part) string {
	mediaType, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
	return mediaType
}

// measure returns the size of a file in bytes, and whether it unpacks.
func measure(part *multipart.Part) (unpacks bool, size int, err error) {
	head := make([]byte, extract.SniffLen)
	n, err := io.ReadFull(part, head)
	name, _ := filename(part)
	unpacks = formats.All.Unpacks(name, kindOf(name, typeOf(part)), head[:n])
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return unpacks, n, nil
	}
	if err != nil {
		return false, n, err
	}
	rest, err := io.Copy(io.Discard, part)
	return unpacks, n + int(rest), err
}

// files yields the documents of all files.
func (s *server) files(ctx context.Context, f form, sizes []int, q request) items {
	return func(yield func(item, error) bool) {
		budget := &budget{ctx: ctx, limits: s.Limits}
		n := 0
		for part, err := range f.parts(ctx) {
			if err != nil {
				yield(item{}, formError(err))
				return
			}
			name, ok := filename(part)
			if !ok {
				continue
			}
			q := q
			q.source = cmp.Or(q.source, name)
			for i := range s.open(file{name, kindOf(name, typeOf(part)), part, sizes[n]}, q, budget) {
				if budget.check() == nil && !yield(i, nil) {
					return
				}
			}
			n++
			if budget.err != nil {
				yield(item{}, budget.err)
				return
			}
		}
	}
}

// A budget limits the total size of the unpacked files of a request.
type budget struct {
	ctx    context.Context
	limits Limits
	bytes  int64
	lines  int
	err    error // the reason why no more is read
}

// spend counts the bytes and lines read of a file. It returns an error if they
// are too many, or if nothing waits for them any more.
func (b *budget) spend(bytes, lines int) error {
	b.bytes, b.lines = b.bytes+int64(bytes), b.lines+lines
	switch {
	case b.err != nil:
	case b.bytes > b.limits.Unpacked:
		b.err = b.limits.errUnpacked()
	case b.lines > maxLines:
		b.err = errLines
	default:
		b.err = b.ctx.Err()
	}
	return b.err
}

// check returns why no more is read, if so. A file may end for that reason before
// it spends anything.
func (b *budget) check() error { return b.spend(0, 0) }

func formError(err error) error {
	if !strings.HasPrefix(err.Error(), "multipart:") {
		return wire.BodyError(err)
	}
	return multivac.Errorf(multivac.ErrInvalid, "send a form as curl -F file=@notes.md does", "form cannot be read: %s", multivac.Clip(err.Error(), 120))
}

// open returns the documents of a file, which are called by source. Without
// Files, it is one document of the media type.
func (s *server) open(f file, q request, budget *budget) iter.Seq[item] {
	return func(yield func(item) bool) {
		where := place{file: f.name}
		if s.Files == nil {
			t := multivac.Telling{Collection: q.collection, Source: q.source, Title: q.title, MediaType: cmp.Or(f.mediaType, multivac.Markdown), Body: make([]byte, min(f.size, multivac.MaxBody+1))}
			_, err := io.ReadFull(f.bytes, t.Body)
			yield(item{Telling: t, where: where, err: err})
			return
		}
		in := extract.Input{Source: q.source, Name: f.name, MediaType: f.mediaType, Collection: q.collection, Reader: f.bytes, Spend: budget.spend}
		for t, err := range s.Files(budget.ctx, in) {
			if t.Source == q.source && t.Title == "" {
				t.Title = q.title
			}
			if !yield(item{t, where, err}) {
				return
			}
		}
	}
}

// kindOf returns the media type of a file, or "" where its name has to say what
// it is: a type that is no more than a browser's guess, or that of an archive,
// which documents may be, counts less than an extension that is known.
func kindOf(name, mediaType string) string {
	switch {
	case formats.All.HoldsFiles(mediaType):
		if formats.All.Known(name) {
			return ""
		}
		return mediaType
	case mediaType == multivac.Plain && path.Ext(name) != "", !slices.Contains(documentTypes, mediaType) && !slices.Contains(jsonl.Format.Types, mediaType):
		return ""
	}
	return mediaType
}

// within yields the documents of all, and in place of a file that holds others
// what is in it.
func (s *server) within(ctx context.Context, all items, hold *bodies.Hold) items {
	budget := &budget{ctx: ctx, limits: s.Limits}
	return func(yield func(item, error) bool) {
		for i, err := range all {
			if err != nil || i.err != nil || s.Files == nil || !formats.All.HoldsFiles(i.MediaType) {
				if !yield(i, err) {
					return
				}
				continue
			}
			for i, err := range s.held(i.Telling, hold, budget, i.where) {
				if !yield(i, err) || err != nil {
					return
				}
			}
		}
	}
}

// held yields the tellings of a body of a type that holds files.
func (s *server) held(t multivac.Telling, hold *bodies.Hold, budget *budget, where place) items {
	return func(yield func(item, error) bool) {
		if err := hold.Unpack(budget.ctx); err != nil {
			yield(item{}, err)
			return
		}
		f := file{name: t.Source, mediaType: kindOf(t.Source, t.MediaType), bytes: bytes.NewReader(t.Body), size: len(t.Body)}
		for i := range s.open(f, request{collection: t.Collection, source: t.Source, title: t.Title}, budget) {
			i.where = where
			if budget.check() == nil && !yield(i, nil) {
				return
			}
		}
		if budget.err != nil {
			yield(item{}, budget.err)
		}
	}
}
