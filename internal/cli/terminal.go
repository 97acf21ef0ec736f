package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"multivac"
)

// isTerminal reports whether stream is a terminal that understands escapes.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// A style prepares text for a stream: bold and dim where it has colour, safe
// where it is a terminal, word for word where it is a pipe or a file.
type style struct{ terminal, colour bool }

// styleFor colours a terminal, unless NO_COLOR says not to (no-color.org).
func styleFor(stream any) style {
	terminal := isTerminal(stream)
	return style{terminal: terminal, colour: terminal && os.Getenv("NO_COLOR") == ""}
}

func (s style) bold(text string) string { return s.wrap("\x1b[1m", text, "\x1b[22m") }
func (s style) dim(text string) string  { return s.wrap("\x1b[2m", text, "\x1b[22m") }

func (s style) wrap(on, text, off string) string {
	text = s.plain(text)
	if !s.colour || text == "" {
		return text
	}
	return on + text + off
}

// plain replaces control characters on a terminal, so that a quoted document
// cannot drive it.
func (s style) plain(text string) string {
	if !s.terminal {
		return text
	}
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' && r != '\t' || 0x7f <= r && r < 0xa0 {
			return '\uFFFD'
		}
		return r
	}, text)
}

// marked returns text with its marks bold.
func (s style) marked(text string, marks []multivac.Span) string {
	var b strings.Builder
	at := 0
	for _, m := range marks {
		if m.Start < at || m.End > len(text) || m.End < m.Start {
			continue
		}
		b.WriteString(s.plain(text[at:m.Start]))
		b.WriteString(s.bold(text[m.Start:m.End]))
		at = m.End
	}
	b.WriteString(s.plain(text[at:]))
	return b.String()
}

// printJSON prints v on a line.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// size prints bytes as people read them.
func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1000_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	default:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	}
}

// count prints a number of things: "1 document", "2 documents".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
