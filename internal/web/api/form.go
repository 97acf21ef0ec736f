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
	name, mediaType string
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
		packed, size, err := measure(part)
		switch {
		case err != nil:
			return nil, formError(err)
		case len(sizes) == maxDocuments:
			return nil, errDocuments
		case packed:
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

// measure returns the size of a part in bytes, and whether the part is gzipped.
func measure(part io.Reader) (packed bool, size int, err error) {
	var magic [2]byte
	n, err := io.ReadFull(part, magic[:])
	if err == io.EOF || err == io.ErrUnexpectedEOF && n == 1 {
		return false, n, nil
	}
	if err != nil {
		return false, n, err
	}
	rest, err := io.Copy(io.Discard, part)
	return magic == [2]byte{0x1f, 0x8b}, n + int(rest), err
}

// files yields the documents of all files.
func (s *server) files(ctx context.Context, f form, sizes []int, q request) items {
	return func(yield func(item, error) bool) {
		budget := &budget{ctx: ctx}
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
			mediaType, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
			for i := range s.open(file{name, mediaType, part, sizes[n]}, q, budget) {
				if budget.err == nil && !yield(i, nil) {
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
	ctx          context.Context
	bytes, lines int
	err          error // the reason why no more is read
}

// spend counts the bytes and lines read of a file. It returns an error if they
// are too many, or if nothing waits for them any more.
func (b *budget) spend(bytes, lines int) error {
	b.bytes, b.lines = b.bytes+bytes, b.lines+lines
	switch {
	case b.err != nil:
	case b.bytes > maxTold:
		b.err = errDocuments
	case b.lines > maxLines:
		b.err = errLines
	default:
		b.err = b.ctx.Err()
	}
	return b.err
}

func formError(err error) error {
	if !strings.HasPrefix(err.Error(), "multipart:") {
		return wire.BodyError(err)
	}
	return multivac.Errorf(multivac.ErrInvalid, "send a form as curl -F file=@notes.md does", "form cannot be read: %s", multivac.Clip(err.Error(), 120))
}

// open returns the documents of a file. Its name decides about the format,
// unless the part has a media type that is more than a browser's guess.
func (s *server) open(f file, q request, budget *budget) iter.Seq[item] {
	source := cmp.Or(q.source, f.name)
	named := slices.Contains(documentTypes, f.mediaType) && (f.mediaType != multivac.Plain || path.Ext(f.name) == "")
	return func(yield func(item) bool) {
		if named || s.Files == nil {
			t := multivac.Telling{Collection: q.collection, Source: source, Title: q.title, MediaType: f.mediaType, Body: make([]byte, min(f.size, multivac.MaxBody+1))}
			if !named {
				t.MediaType = multivac.Markdown
			}
			_, err := io.ReadFull(f.bytes, t.Body)
			yield(item{Telling: t, where: place{file: f.name}, err: err})
			return
		}
		for t, err := range s.Files(budget.ctx, f.name, f.bytes, q.collection, budget.spend) {
			if t.Source == f.name || (err != nil && t.Source == "") {
				t.Source = source
			}
			if t.Source == source && t.Title == "" {
				t.Title = q.title
			}
			if !yield(item{t, place{file: f.name}, err}) {
				return
			}
		}
	}
}
