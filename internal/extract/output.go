package extract

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"multivac"
	"multivac/internal/place"
)

// An Output is the text that a format makes, line by line, and where in the
// file each line stands. It takes no more than the limit: a format looks at Err
// now and then, and ends where there is one.
type Output struct {
	ctx    context.Context
	limit  int64
	text   strings.Builder
	begun  int // where the line begins that is being written
	places place.Builder
	asked  int // how often Err was called
	err    error
}

// NewOutput returns an empty output. It ends with ctx, and at l.Bytes.
func NewOutput(ctx context.Context, l Limits) *Output { return &Output{ctx: ctx, limit: l.Bytes} }

// contextEvery is how many calls of Err share a look at the context.
const contextEvery = 256

// Err returns why the text is not to go on: ErrTooLarge where the limit is
// reached, or the reason why the context ended.
func (o *Output) Err() error {
	if o.asked++; o.err == nil && o.asked%contextEvery == 1 && o.ctx.Err() != nil {
		o.err = context.Cause(o.ctx)
	}
	return o.err
}

// Fail ends the text with an error from elsewhere, unless err is nil or the text
// has ended before.
func (o *Output) Fail(err error) { o.err = cmp.Or(o.err, err) }

// Context returns the context that the output ends with.
func (o *Output) Context() context.Context { return o.ctx }

// Grow makes room for n more bytes, as far as the limit allows them.
func (o *Output) Grow(n int) { o.text.Grow(int(min(int64(n), o.limit))) }

// Len returns how many bytes were written.
func (o *Output) Len() int { return o.text.Len() }

// String returns what was written.
func (o *Output) String() string { return o.text.String() }

// WriteString writes a part of a line. What is over the limit is dropped, and
// Err says so. The error is always nil.
func (o *Output) WriteString(s string) (int, error) {
	switch {
	case o.err != nil:
	case int64(o.text.Len()+len(s)) > o.limit:
		o.err = tooMuch(o.limit)
	default:
		o.text.WriteString(s)
	}
	return len(s), nil
}

// Write does what WriteString does.
func (o *Output) Write(b []byte) (int, error) { return o.WriteString(string(b)) }

// Line ends the line with s. It stands at p, with all that was written of it
// before.
func (o *Output) Line(s string, p multivac.Place) {
	_, _ = o.WriteString(s)
	_, _ = o.WriteString("\n")
	o.places.Add(o.text.String()[o.begun:], p)
	o.begun = o.text.Len()
}

// Extracted returns the text and its places, and what Err returns.
func (o *Output) Extracted(title string) (Extracted, error) {
	return Extracted{Title: title, Text: o.String(), Places: o.places.Places()}, o.err
}

// tooMuch says that a text is over the limit.
func tooMuch(limit int64) error {
	return MaxText.Exceeded("split it", "there are over %d bytes of text in it", limit)
}

// Escape keeps a paragraph from being taken for something else in Markdown,
// where that would hide its words.
func Escape(t string) string {
	hides := false
	switch {
	case t == "":
	case t[0] == '#':
		hides = strings.HasPrefix(strings.TrimLeft(t, "#"), " ")
	case t[0] == '<' || t[0] == '|':
		hides = strings.HasPrefix(t, "<!--") || strings.HasSuffix(t, ">") || strings.HasSuffix(t, "|")
	case t[0] == '[':
		hides = strings.HasPrefix(t, "[!") || strings.Contains(t, "]: ")
	default:
		hides = strings.HasPrefix(t, "```") || strings.HasPrefix(t, "~~~") || strings.HasPrefix(t, "![")
	}
	if hides {
		return `\` + t
	}
	return t
}

// OneLine returns t with one space in place of each run of white space.
func OneLine(t string) string { return strings.Join(strings.Fields(t), " ") }

// Words returns the set of the words in a text.
func Words(text string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(text) {
		m[w] = true
	}
	return m
}

// Fence returns the fence around a block of code: three backticks, or one more than
// the code has in a row.
func Fence(code string) string {
	longest, run := 2, 0
	for i := range len(code) {
		if run++; code[i] != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	return strings.Repeat("`", longest+1)
}

// Roman returns a number from 1 to 3999 in Roman numerals, and any other as it is.
func Roman(n int) string {
	if n < 1 || n > 3999 {
		return strconv.Itoa(n)
	}
	var b strings.Builder
	for _, r := range [...]struct {
		value int
		sign  string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for ; n >= r.value; n -= r.value {
			b.WriteString(r.sign)
		}
	}
	return b.String()
}

// HiddenSheet returns the heading of a sheet.
func HiddenSheet(name string, hidden bool) string {
	if hidden {
		name += " (hidden sheet)"
	}
	return strings.TrimSpace(name)
}

// AtLine is the place of a line of the file.
func AtLine(n int) multivac.Place { return multivac.Place{Line: n} }
