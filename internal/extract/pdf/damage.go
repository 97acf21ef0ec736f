package pdf

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"strconv"

	"multivac/internal/extract"
)

// PDFium says nothing of a page whose data is damaged: it draws what comes before
// the damage, or nothing. So the data of pages is unpacked here once more, to
// tell such a page from one that is blank.

// damaged returns which pages, from 1, have data that cannot be unpacked. It reads
// at most as many bytes of unpacked data as l says; n is how many pages there are. Of a file
// that it does not understand, such as an encrypted one, it returns none.
func damaged(body []byte, n int, l extract.Limits) map[int]bool {
	f := &file{body: body, at: map[int]int{}, packed: map[int][]byte{}, left: l.Unpacked, most: l.Pages}
	if bytes.Contains(body, []byte("/Encrypt")) {
		return nil
	}
	f.index()
	pages := f.pages()
	if len(pages) != n {
		return nil
	}
	bad := map[int]bool{}
	for i, p := range pages {
		for _, content := range f.contents(p) {
			if !f.whole(content) {
				bad[i+1] = true
			}
		}
	}
	return bad
}

// A file is what is known of the objects in a PDF.
type file struct {
	body   []byte
	at     map[int]int    // where each object begins, behind "obj"
	packed map[int][]byte // objects within others
	left   int64          // bytes that may still be unpacked
	most   int            // pages
}

// maxFileObjects bounds the objects of a file.
const maxFileObjects = 1 << 20

// index finds the objects. The last one of a number counts.
func (f *file) index() {
	mark := []byte(" obj")
	for i := 0; len(f.at) < maxFileObjects; {
		k := bytes.Index(f.body[i:], mark)
		if k < 0 {
			break
		}
		end := i + k
		i = end + len(mark)
		start := digitsBefore(f.body, end)
		space := start
		for space > 0 && isSpace(f.body[space-1]) {
			space--
		}
		first := digitsBefore(f.body, space)
		if n, err := strconv.Atoi(string(f.body[first:space])); err == nil && start < end && space < start {
			f.at[n] = i
		}
	}
	for n := range f.at {
		if o := f.object(n); bytes.Contains(head(o), []byte("/ObjStm")) {
			f.unpack(o)
		}
	}
}

func digitsBefore(b []byte, end int) int {
	i := end
	for i > 0 && end-i < 11 && b[i-1] >= '0' && b[i-1] <= '9' {
		i--
	}
	return i
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

// object returns the text of an object, with all that comes behind it.
func (f *file) object(n int) []byte {
	if at, ok := f.at[n]; ok {
		return f.body[at:]
	}
	return f.packed[n]
}

// head returns the part of an object before its data. It looks no further than the
// next object, so that the heads of all objects take one look at the file.
func head(o []byte) []byte {
	const most = 64 << 10
	o = o[:min(len(o), most)]
	for _, end := range []string{" obj", "stream", "endobj"} {
		if i := bytes.Index(o, []byte(end)); i >= 0 {
			o = o[:i]
		}
	}
	return o
}

// unpack notes the objects within an object.
func (f *file) unpack(o []byte) {
	data, err := f.data(o)
	if err != nil {
		return
	}
	first := integer(value(head(o), "/First"))
	fields := bytes.Fields(data[:min(max(first, 0), len(data))])
	for i := 0; i+1 < len(fields); i += 2 {
		n, offset := integer(fields[i]), integer(fields[i+1])
		if at := first + offset; n >= 0 && offset >= 0 && at < len(data) && len(f.packed) < maxFileObjects {
			f.packed[n] = data[at:]
		}
	}
}

// errOther is that data is packed in a way that is not looked into.
var errOther = errors.New("packed otherwise")

// data unpacks the data of an object.
func (f *file) data(o []byte) ([]byte, error) {
	h := head(o)
	filter := bytes.Trim(bytes.TrimSpace(value(h, "/Filter")), "[] \r\n")
	o = o[len(h):]
	if !bytes.HasPrefix(o, []byte("stream")) {
		return nil, io.ErrUnexpectedEOF
	}
	if string(filter) != "/FlateDecode" && string(filter) != "/Fl" {
		return nil, errOther
	}
	o = bytes.TrimPrefix(bytes.TrimPrefix(o[len("stream"):], []byte("\r")), []byte("\n"))
	if len(o) < 2 {
		return nil, io.ErrUnexpectedEOF
	}
	data, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(o[2:])), max(f.left, 0)))
	f.left -= int64(len(data))
	if f.left <= 0 {
		return nil, errOther
	}
	return data, err
}

// whole reports whether the data of an object can be unpacked, as far as it is
// looked into.
func (f *file) whole(n int) bool {
	_, err := f.data(f.object(n))
	return err == nil || errors.Is(err, errOther)
}

// value returns what stands behind a key, up to the next one: a name, a number, a
// reference or a list.
func value(h []byte, key string) []byte {
	for {
		i := bytes.Index(h, []byte(key))
		if i < 0 {
			return nil
		}
		h = h[i+len(key):]
		if len(h) > 0 && isLetter(h[0]) {
			continue // of a longer name
		}
		v := bytes.TrimLeft(h, " \t\r\n")
		end := bytes.IndexAny(v[min(1, len(v)):], "/>") + 1
		if len(v) > 0 && v[0] == '[' {
			end = bytes.IndexByte(v, ']')
		}
		if end <= 0 {
			return v
		}
		return v[:end]
	}
}

func isLetter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }

func integer(b []byte) int {
	b = bytes.TrimSpace(b)
	if i := bytes.IndexAny(b, " \t\r\n"); i >= 0 {
		b = b[:i]
	}
	n, err := strconv.Atoi(string(b))
	if err != nil {
		return -1
	}
	return n
}

// references returns the objects that a value names: "4 0 R", or "[4 0 R 5 0 R]".
func references(v []byte) (all []int) {
	fields := bytes.Fields(bytes.Trim(bytes.TrimSpace(v), "[]"))
	for i := 0; i+2 < len(fields); i++ {
		if string(fields[i+2]) == "R" {
			all = append(all, integer(fields[i]))
		}
	}
	return all
}

// pages returns the objects of the pages, in order.
func (f *file) pages() (all []int) {
	var root []byte
	if i := bytes.LastIndex(f.body, []byte("/Root")); i >= 0 {
		root = value(f.body[i:min(len(f.body), i+100)], "/Root")
	}
	var open []int
	for _, r := range references(root) {
		open = references(value(head(f.object(r)), "/Pages"))
	}
	seen := map[int]bool{}
	for len(open) > 0 && len(all) <= f.most {
		n := open[len(open)-1]
		open = open[:len(open)-1]
		if seen[n] {
			continue
		}
		seen[n] = true
		h := head(f.object(n))
		kids := references(f.list(value(h, "/Kids")))
		if len(kids) == 0 {
			if bytes.Contains(h, []byte("/Page")) {
				all = append(all, n)
			}
			continue
		}
		for i := len(kids) - 1; i >= 0; i-- {
			open = append(open, kids[i])
		}
	}
	return all
}

// list returns a list that may stand in an object of its own.
func (f *file) list(v []byte) []byte {
	if r := references(v); len(r) == 1 && !bytes.HasPrefix(v, []byte("[")) {
		if l := bytes.TrimSpace(head(f.object(r[0]))); bytes.HasPrefix(l, []byte("[")) {
			return l
		}
	}
	return v
}

// contents returns the objects with the data of a page.
func (f *file) contents(page int) []int {
	return references(f.list(value(head(f.object(page)), "/Contents")))
}
