// Package archive reads ZIP and TAR archives: each file in one is told as if it
// stood in a folder with the name of the archive.
package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"multivac"
	"multivac/internal/extract"
)

// freely is how many bytes may unpack of an archive, however small it is. Text
// rarely packs better than 20 to 1.
const freely = 16 << 20

// A reading is one archive that is read, and what was unpacked of it so far.
type reading struct {
	ctx      context.Context
	file     extract.File
	limits   extract.Limits
	yield    func(multivac.Telling, error) bool
	packed   int64 // bytes of the archive, as far as it was read
	unpacked int64
	count    func(bytes int) error // bounds what unpacks of it
	members  int
	seen     map[string]int // how often each name came
	ended    bool           // the caller wants no more
}

func read(each func(*reading)) func(context.Context, extract.File, extract.Limits) iter.Seq2[multivac.Telling, error] {
	return func(ctx context.Context, f extract.File, l extract.Limits) iter.Seq2[multivac.Telling, error] {
		return func(yield func(multivac.Telling, error) bool) {
			each(&reading{ctx: ctx, file: f, limits: l, yield: yield, count: l.Unpacking(f.Name), seen: map[string]int{}})
		}
	}
}

// fail yields an error about the archive.
func (r *reading) fail(err error) {
	if !r.ended {
		r.ended = !r.yield(multivac.Telling{Source: r.file.Name}, fmt.Errorf("%s: %w", r.file.Name, err))
	}
}

// refuse yields an error about a member.
func (r *reading) refuse(name string, err error) {
	name = r.file.Name + "/" + strings.Map(printable, name)
	r.ended = !r.yield(multivac.Telling{Source: name}, fmt.Errorf("%s: %w", name, err))
}

func printable(c rune) rune {
	if c < ' ' || c == 0x7f || c == utf8.RuneError {
		return '_'
	}
	return c
}

// more counts a member, and reports whether it is to be read. It is false for
// good where there are too many, or the context ended.
func (r *reading) more() bool {
	if r.ended {
		return false
	}
	if err := context.Cause(r.ctx); err != nil {
		r.fail(err)
		r.ended = true
		return false
	}
	if r.members++; r.members > r.limits.Members {
		r.fail(extract.MaxMembers.Exceeded("unpack it and tell the folder", "there are over %d files in it", r.limits.Members))
		r.ended = true
		return false
	}
	return true
}

// member yields what a member tells, whose content is in. Hidden files are
// passed over, as they are in a folder.
func (r *reading) member(name string, in io.Reader) {
	clean, ok := within(name)
	switch {
	case !ok:
		r.refuse(name, multivac.Errorf(multivac.ErrInvalid, "pack it with names that stay in one folder", "its name leads out of the archive"))
		return
	case hidden(clean):
		return
	}
	source := r.file.Name + "/" + clean
	if r.seen[source]++; r.seen[source] > 1 { // the one that came first may be another document
		extension := path.Ext(source)
		source = fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(source, extension), r.seen[source], extension)
	}
	for t, err := range r.file.Within(source, &checked{in}, r.spend) {
		if r.ended = !r.yield(t, err) || errors.Is(err, extract.ErrSpent); r.ended {
			return
		}
	}
}

// spend counts bytes that unpack of the archive, and of what is within it. After
// its error, nothing more is read.
func (r *reading) spend(bytes int) error {
	if r.unpacked += int64(bytes); r.unpacked > freely && r.unpacked > int64(r.limits.Ratio)*r.packed {
		return extract.Spent(extract.MaxRatio.Exceeded("unpack it and tell the folder, if it is what it should be",
			"%s unpacks to over %d times its size", r.file.Name, r.limits.Ratio))
	}
	return r.count(bytes)
}

// checked is a member, whose errors say what to do about them.
type checked struct{ in io.Reader }

// Read implements io.Reader.
func (c *checked) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	if err != nil && err != io.EOF {
		err = broken(err)
	}
	return n, err
}

func broken(err error) error {
	if known := new(multivac.Error); errors.As(err, &known) {
		return err
	}
	return multivac.Errorf(multivac.ErrInvalid, "make or fetch it again", "the archive is broken: %v", err)
}

// within returns the name of a member below its archive. It is false for one
// that leads out of it.
func within(name string) (string, bool) {
	name = strings.ReplaceAll(name, `\`, "/")
	clean := path.Clean(name)
	if name == "" || path.IsAbs(name) || clean == ".." || strings.HasPrefix(clean, "../") || len(name) > 1 && name[1] == ':' {
		return "", false
	}
	return strings.Map(printable, clean), true
}

// hidden reports whether a member is hidden, or what a system keeps next to it.
func hidden(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") || part == "__MACOSX" {
			return true
		}
	}
	return false
}

// inUTF8 returns a name, whose encoding a ZIP archive need not say: UTF-8 where it is valid, else
// the code page of DOS, which the format names.
func inUTF8(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	decoded, err := charmap.CodePage437.NewDecoder().String(name)
	if err != nil {
		return strings.ToValidUTF8(name, "_")
	}
	return decoded
}
