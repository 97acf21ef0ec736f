// Package place says where in a file a text was read from. It packs the places
// of a text into a few bytes, which only it can read.
//
// Most texts have the lines of their file, or lines that follow each other as
// those of the file do. So only the breaks are written down. Between two of
// them, the line of the file goes on by one with each line end of the text:
//
//	text        line of the file
//	# Pumps     1
//	(blank)     2
//	Stop it.    7    a break: front matter, or a tag, was left out
//	Call.       8
//
// These are one version byte and the break {offset +9, line +4}: 3 bytes.
package place

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"multivac"
)

// version is the first byte of all places. A reader that does not know it
// reads no place.
const version = '\x01'

// SameLines are the places of a text that has the lines of its file.
const SameLines multivac.Places = "\x01"

// maxName is the longest name of a sheet, a part or a page that is kept, in bytes.
const maxName = 200

// Kinds of breaks. The kind is the lowest bit of the break's first number.
const (
	lineBreak  = 0 // only the line differs from what the rule says
	placeBreak = 1 // a mask of fields and their values follow
)

// The fields in the mask of a placeBreak. Fields that it does not name are
// unknown.
const (
	hasLine = 1 << iota
	hasPage
	hasSlide
	hasSheet
	hasPart
	hasTime
	hasLabel
)

// A Builder packs the places of a text while the text is made. The zero Builder
// is ready.
type Builder struct {
	offset int            // of the text so far
	last   int            // of the latest break
	place  multivac.Place // by the rule, at offset
	packed []byte         // without the version
	begun  bool
}

// Add notes that the next piece of the text stands at p. Where the piece has
// line ends in it, its line goes on by one with each. A blank piece stands
// nowhere, for nothing is quoted from it.
func (b *Builder) Add(piece string, p multivac.Place) {
	if !b.begun {
		b.place, b.begun = multivac.Place{Line: 1}, true
	}
	if p.Time >= maxNumber { // of no recording
		p.Time = 0
	}
	if p.Page == 0 { // a label is one of a page
		p.Label = ""
	}
	if p.Sheet, p.Part, p.Label = clean(p.Sheet), clean(p.Part), clean(p.Label); p != b.place && !isBlank(piece) {
		b.breakTo(p)
	}
	b.goOn(piece)
}

func isBlank(piece string) bool { return strings.Trim(piece, " \t\r\n") == "" }

// goOn moves the builder behind piece.
func (b *Builder) goOn(piece string) {
	b.offset += len(piece)
	if b.place.Line > 0 {
		b.place.Line += strings.Count(piece, "\n")
	}
}

// breakTo packs a break.
func (b *Builder) breakTo(p multivac.Place) {
	delta := uint64(b.offset-b.last) << 1
	same := p
	same.Line = b.place.Line
	if same == b.place && p.Line > 0 && b.place.Line > 0 {
		b.packed = binary.AppendUvarint(b.packed, delta|lineBreak)
		b.packed = binary.AppendVarint(b.packed, int64(p.Line-b.place.Line))
	} else {
		b.packed = binary.AppendUvarint(b.packed, delta|placeBreak)
		b.packed = appendFields(b.packed, p)
	}
	b.place, b.last = p, b.offset
}

// Places returns the places of the text that was added.
func (b *Builder) Places() multivac.Places {
	return SameLines + multivac.Places(b.packed)
}

// clean returns a name that can be kept and shown.
func clean(name string) string {
	if name = strings.ToValidUTF8(name, "\ufffd"); len(name) > maxName {
		name = multivac.Clip(name, maxName-len("…"))
	}
	return name
}

func appendFields(b []byte, p multivac.Place) []byte {
	at := len(b)
	b = append(b, 0)
	for i, n := range []int{p.Line, p.Page, p.Slide} {
		if n > 0 {
			b[at] |= hasLine << i
			b = binary.AppendUvarint(b, uint64(n))
		}
	}
	for i, name := range []string{p.Sheet, p.Part} {
		if name != "" {
			b[at] |= hasSheet << i
			b = appendName(b, name)
		}
	}
	if p.Time > 0 {
		b[at] |= hasTime
		b = binary.AppendUvarint(b, uint64(p.Time))
	}
	if p.Label != "" {
		b[at] |= hasLabel
		b = appendName(b, p.Label)
	}
	return b
}

func appendName(b []byte, name string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(name))), name...)
}

// At returns where in the file the byte at offset of text stands; p are the
// places of that text. It is the zero Place where that is unknown, or where p
// cannot be read.
func At(p multivac.Places, text string, offset int) multivac.Place {
	return Read(p, text).At(offset)
}

// Of returns where in the file the byte at offset of the document's text
// stands, which passage must hold.
func Of(passage multivac.Passage, offset int) multivac.Place {
	return At(passage.Places, passage.Text, offset-passage.Start)
}

// Fill gives each passage the part of p that it needs. p are the places of
// text, which the passages were made of.
func Fill(passages []multivac.Passage, p multivac.Places, text string) {
	r := Read(p, text)
	for i := range passages {
		passages[i].Places = r.Slice(passages[i].Start, passages[i].End)
	}
}

// A Reader reads the places of a text. It is quick where the offsets ascend.
type Reader struct {
	packed multivac.Places
	text   string

	rest string // what was not read yet
	at   stop   // the latest break, or behind it
	next stop   // the break after it
	last int    // the offset of the break that was read last
	end  bool   // there is no next one
	ok   bool   // all that was read could be read
}

// A stop is an offset of the text from which on a place holds.
type stop struct {
	offset int
	place  multivac.Place
}

// goOn returns the stop at a later offset, by the rule that lines go on.
func (s stop) goOn(text string, offset int) stop {
	if s.place.Line > 0 {
		s.place.Line += strings.Count(text[s.offset:offset], "\n")
	}
	s.offset = offset
	return s
}

// Read returns a reader of p, the places of text.
func Read(p multivac.Places, text string) *Reader {
	r := &Reader{packed: p, text: text}
	r.rewind()
	return r
}

func (r *Reader) rewind() {
	r.at, r.last, r.end = stop{place: multivac.Place{Line: 1}}, 0, false
	if r.ok = r.packed != "" && r.packed[0] == version; r.ok {
		r.rest = string(r.packed[1:])
		r.read()
	}
}

// At returns where the byte at offset of the text stands, or the zero Place
// where that is unknown.
func (r *Reader) At(offset int) multivac.Place {
	if !r.to(offset) {
		return multivac.Place{}
	}
	return r.at.place
}

// to moves r.at to offset, and reports whether its place is known.
func (r *Reader) to(offset int) bool {
	if offset < r.at.offset {
		r.rewind()
	}
	if offset < 0 || offset > len(r.text) {
		return false
	}
	for r.ok && !r.end && r.next.offset <= offset {
		r.at = r.next
		r.read()
	}
	if r.ok {
		r.at = r.at.goOn(r.text, offset)
	}
	return r.ok
}

// Slice returns the places of text[start:end]: none where they are unknown.
func (r *Reader) Slice(start, end int) multivac.Places {
	if end < start || end > len(r.text) || !r.to(start) {
		return ""
	}
	var b Builder
	ahead := *r
	for offset := start; ; {
		next := end
		if !ahead.end {
			next = min(end, ahead.next.offset)
		}
		b.Add(ahead.text[offset:next], ahead.at.place)
		if next == end {
			return b.Places()
		}
		if offset = next; !ahead.to(offset) {
			return ""
		}
	}
}

// read reads the break after r.at.
func (r *Reader) read() {
	if r.rest == "" {
		r.end = true
		return
	}
	n, ok := r.uvarint()
	delta := n >> 1
	if !ok || delta > uint64(len(r.text)-r.last) {
		r.ok = false
		return
	}
	r.last += int(delta)
	r.next = r.at.goOn(r.text, r.last)
	if n&1 == placeBreak {
		r.next.place, r.ok = r.fields()
		return
	}
	more, ok := r.varint()
	r.next.place.Line += more
	r.ok = ok && r.next.place.Line > 0 && r.next.place.Line < maxNumber && r.at.place.Line > 0
}

func (r *Reader) fields() (p multivac.Place, ok bool) {
	if r.rest == "" {
		return p, false
	}
	mask := r.rest[0]
	r.rest = r.rest[1:]
	if mask >= hasLabel<<1 {
		return p, false
	}
	for i, field := range []*int{&p.Line, &p.Page, &p.Slide} {
		if mask&(hasLine<<i) != 0 {
			if *field, ok = r.number(); !ok {
				return p, false
			}
		}
	}
	for i, field := range []*string{&p.Sheet, &p.Part} {
		if mask&(hasSheet<<i) != 0 {
			if *field, ok = r.name(); !ok {
				return p, false
			}
		}
	}
	if mask&hasTime != 0 {
		if p.Time, ok = r.number(); !ok {
			return p, false
		}
	}
	if mask&hasLabel != 0 {
		if p.Label, ok = r.name(); !ok || p.Page == 0 { // a label is one of a page
			return p, false
		}
	}
	return p, true
}

// maxNumber is more than the greatest line, page, slide or time. As a time it is
// 24 days.
const maxNumber = 1 << 31

func (r *Reader) number() (int, bool) {
	n, ok := r.uvarint()
	return int(n), ok && n > 0 && n < maxNumber
}

func (r *Reader) name() (string, bool) {
	n, ok := r.uvarint()
	if !ok || n == 0 || n > maxName || n > uint64(len(r.rest)) || !utf8.ValidString(r.rest[:n]) {
		return "", false
	}
	name := r.rest[:n]
	r.rest = r.rest[n:]
	return name, true
}

func (r *Reader) uvarint() (uint64, bool) {
	v, n := binary.Uvarint([]byte(r.rest[:min(len(r.rest), binary.MaxVarintLen64)]))
	if n <= 0 {
		return 0, false
	}
	r.rest = r.rest[n:]
	return v, true
}

func (r *Reader) varint() (int, bool) {
	v, n := binary.Varint([]byte(r.rest[:min(len(r.rest), binary.MaxVarintLen64)]))
	if n <= 0 || v <= -maxNumber || v >= maxNumber {
		return 0, false
	}
	r.rest = r.rest[n:]
	return int(v), true
}
