package notebook

import (
	"encoding/json"
	"strings"

	"multivac"
)

// An output is something that came out of a cell of code.
type output struct {
	Type   string `json:"output_type"`
	Stream string `json:"name"`
	Older  string `json:"stream"` // Stream, before format 4
	Text   lines  `json:"text"`   // of a stream; before format 4, of any output
	HTML   lines  `json:"html"`   // before format 4
	Data   struct {
		Plain    lines `json:"text/plain"`
		Markdown lines `json:"text/markdown"`
		HTML     lines `json:"text/html"`
	} `json:"data"`
	Error string `json:"ename"`
	Value string `json:"evalue"` // of the error
}

// What is kept of an output. The first lines say what it is, and the last ones
// what it came to.
const (
	firstLines = 20
	lastLines  = 10
	maxLine    = 400       // bytes
	maxPage    = 128 << 10 // of HTML: more is a drawing
)

// outputs writes what came out of a cell. What a program wrote in pieces is one
// output.
func (w *writer) outputs(raw json.RawMessage) {
	var stream strings.Builder
	name := ""
	flush := func() {
		w.code(short(stream.String()), "")
		stream.Reset()
	}
	each(raw, func(d *json.Decoder) bool {
		var o output
		err := tolerate(d.Decode(&o))
		if o.Type == "stream" {
			if of := o.Stream + o.Older; of != name {
				flush()
				name = of
			}
			stream.WriteString(string(o.Text))
		} else {
			flush()
			w.output(&o)
		}
		return err == nil && w.out.Err() == nil
	})
	flush()
}

// output writes a value, or an error. A table is one; other values are as they
// are printed, unless that only names a thing in memory.
func (w *writer) output(o *output) {
	printed, page := string(o.Data.Plain), string(o.Data.HTML+o.HTML)
	if o.Type == "pyout" || o.Type == "display_data" {
		printed += string(o.Text)
	}
	readable := page != "" && len(page) <= maxPage
	switch {
	case o.Type == "error" || o.Type == "pyerr":
		w.code(short(o.Error+": "+o.Value), "")
	case o.Data.Markdown != "":
		w.markdown(strings.Trim(clean(string(o.Data.Markdown)), "\n"))
	case readable && strings.Contains(page, "<table"):
		w.page(page)
	case strings.TrimSpace(printed) != "" && !isThing(printed):
		w.code(short(printed), "")
	case readable:
		w.page(page)
	}
}

// isThing reports whether a printed value only names a thing in memory, or a
// picture.
func isThing(printed string) bool {
	t := strings.TrimSpace(printed)
	if strings.Contains(t, "\n") {
		return false
	}
	return strings.Contains(t, " at 0x") || strings.HasPrefix(t, "<Figure size ") || strings.HasPrefix(t, "<IPython.core.") ||
		strings.HasPrefix(t, "<AxesSubplot") || strings.HasPrefix(t, "<Axes: ")
}

// short returns a printed text as it is seen, without its middle where it is
// long.
func short(printed string) string {
	all := strings.Split(strings.Trim(withoutEscapes(strings.ReplaceAll(printed, "\r\n", "\n")), "\n"), "\n")
	if len(all) > firstLines+lastLines+1 {
		all = append(append(all[:firstLines:firstLines], "…"), all[len(all)-lastLines:]...)
	}
	for i, l := range all {
		l = strings.TrimRight(l, "\r")
		l = l[strings.LastIndexByte(l, '\r')+1:] // a bar of progress is written over itself
		all[i] = multivac.Clip(clean(l), maxLine)
	}
	return strings.Join(all, "\n")
}

// withoutEscapes returns a text without what a terminal takes for colours and the
// like.
func withoutEscapes(text string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(text, "\x1b")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		text = after[escape(after):]
	}
}

// escape returns how many bytes a sequence takes whose mark stands before t.
func escape(t string) int {
	if t == "" {
		return 0
	}
	switch t[0] {
	case '[': // up to a letter
		n := 1
		for n < len(t) && t[n] >= ' ' && t[n] < '@' {
			n++
		}
		return min(n+1, len(t))
	case ']': // a link or a title, up to a bell or the next sequence, which ends it
		if i := strings.IndexAny(t, "\a\x1b\n"); i >= 0 && t[i] == '\a' {
			return i + 1
		} else if i >= 0 {
			return i
		}
		return len(t)
	}
	n := 0
	for n < len(t) && t[n] >= ' ' && t[n] < '0' {
		n++
	}
	if n < len(t) && t[n] < 0x7f && t[n] >= '0' {
		n++
	}
	return n
}

// clean returns a text without characters that cannot be shown, and with line
// ends as they are here.
func clean(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r < ' ' && r != '\n' && r != '\t', r >= 0x7f && r < 0xa0, r == 0xfffe, r == 0xffff:
			return -1
		}
		return r
	}, text)
}
