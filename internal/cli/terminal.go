package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/term"

	"multivac"
)

// isTerminal reports whether stream is a terminal that understands escapes.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// A style prepares text for a stream: bold and dim if it has colour, with
// control characters escaped if it is a terminal, unchanged if it is a pipe or
// a file.
type style struct{ terminal, colour bool }

// styleFor colours a terminal, unless NO_COLOR is set (no-color.org).
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

// plain escapes text for a terminal, so that a quoted document cannot control
// it. It keeps the lines of the text.
func (s style) plain(text string) string {
	if !s.terminal {
		return text
	}
	return writeOut(text, true)
}

// marked returns text with its marks in bold.
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

// visible returns text on one line. It escapes, as \x1b or \u202e, each
// character that controls a terminal, looks like the end of a line, changes the
// writing direction, or is invisible. All text that others may have chosen,
// such as sources, titles and messages of a server, is printed with it, also
// into pipes, so that a program can rely on lines.
func visible(text string) string { return writeOut(text, false) }

// visibleLines is visible for text that may have several lines.
func visibleLines(text string) string { return writeOut(text, true) }

// say prints a line, with control characters escaped.
func say(w io.Writer, format string, args ...any) error {
	_, err := fmt.Fprintln(w, visible(fmt.Sprintf(format, args...)))
	return err
}

// writeOut escapes the hidden runes of text. With lines, it keeps line ends and
// tabs, and drops what is there for typesetting only: byte order marks and soft
// hyphens.
func writeOut(text string, lines bool) string {
	if !strings.ContainsFunc(text, suspicious) {
		return text
	}
	var b strings.Builder
	before := rune(0)
	for i, size := 0, 0; i < len(text); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1: // a byte that is not UTF-8
			fmt.Fprintf(&b, `\x%02x`, text[i])
			r = 'x'
		case lines && (r == '\n' || r == '\t'):
			b.WriteRune(r)
		case lines && (r == '\u00ad' || r == '\ufeff' && i == 0 || r == '\r' && strings.HasPrefix(text[i+1:], "\n")):
		case hidden(r, before):
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
			r = 'x' // an escaped character is now in front of the next one
		default:
			b.WriteRune(r)
		}
		before = r
	}
	return b.String()
}

// suspicious reports whether a rune may have to be escaped.
func suspicious(r rune) bool {
	return r < ' ' || r == 0x7f || r == utf8.RuneError || r > 0x7f && !unicode.IsPrint(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// hidden reports whether a rune has to be escaped: it is a control character, a
// line separator, or a format character, which has no shape. Two joiners and
// the variation selectors change the shape of the rune before them in some
// scripts and in emoji. After such a rune they are not hidden.
func hidden(r, before rune) bool {
	const zwnj, zwj = '\u200c', '\u200d'
	switch {
	case r == zwnj || r == zwj || unicode.Is(unicode.Variation_Selector, r):
		keycap := strings.ContainsRune("0123456789#*", before)
		return !keycap && (before < utf8.RuneSelf || unicode.In(before, unicode.Cf, unicode.Latin, unicode.Greek, unicode.Cyrillic))
	case unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point)
}

// printJSON prints v on one line. It escapes hidden characters as JSON does, so
// that the value stays the same.
func printJSON(w io.Writer, v any) error {
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	text := strings.TrimSuffix(line.String(), "\n")
	if strings.ContainsFunc(text, suspicious) {
		line.Reset()
		before := rune(0)
		for _, r := range text {
			switch {
			case !hidden(r, before):
				line.WriteRune(r)
			case r > 0xffff:
				high, low := utf16.EncodeRune(r)
				fmt.Fprintf(&line, `\u%04x\u%04x`, high, low)
			default:
				fmt.Fprintf(&line, `\u%04x`, r)
			}
			before = r
		}
		text = line.String()
	}
	_, err := io.WriteString(w, text+"\n")
	return err
}

// size writes a number of bytes for people.
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

// count writes a number of things: "1 document", "2 documents".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
