package pdf

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"multivac/internal/extract"
)

// Code is told by its font, whose characters are all as wide: lines that have
// nothing else are a block of code, with the spaces and the line ends that their
// places say. They are no code where the whole file is typed so, where they are
// headings or addresses, where they are text of whole sentences, and where a
// sentence runs on into them.

const (
	mostlyTyped = 0.8  // of the letters of a file that is typed as a whole
	codeGap     = 4.5  // between lines of one block at most, in sizes of their font
	sameSize    = 0.1  // by what part the sizes of its lines differ at most
	apartBy     = 1.2  // times the usual distance of lines from other text
	tight       = 1.35 // between lines of code that nothing divides, in sizes of their font
	halfCode    = 0.5  // of the letters of a line that are typed, where its words may be code, too
	maxBlank    = 2    // blank lines that follow each other
	widest      = 400  // characters that a line is indented by at most
	plainWords  = 0.9  // of the words of lines that are text
	longText    = 5    // words that a line of text has at least
)

// isCode reports whether a row has nothing but characters that are as wide.
func (r row) isCode() bool {
	for _, s := range r {
		if s.pitch == 0 || s.pieces != nil || s.grid != nil || abs(s.size-r[0].size) > sameSize*s.size {
			return false
		}
	}
	return true
}

// notCode takes the mark of code from rows where they are none for what the file
// says: all of it is typed, or they are headings.
func (w *writer) notCode(p *leaf, rows []row) {
	all := float32(w.typed) > mostlyTyped*float32(w.letters)
	for i, r := range rows {
		if !r.isCode() {
			continue
		}
		m := r.main()
		if all || m.size >= largerBy*w.body || p.heading(m.block) > 0 || headingOf(w.marks[p.number], r.text(false)) > 0 && !inCode(rows, i) {
			for i := range r {
				r[i].pitch, r[i].typed = 0, 0
			}
		}
	}
}

// inCode reports whether code stands close above or below a row. A manual has code of
// the same words as the heading above it.
func inCode(rows []row, i int) bool {
	near := func(a, b int) bool {
		return a >= 0 && b < len(rows) && rows[a].isCode() && rows[b].isCode() && rows[b].y()-rows[a].y() < tight*rows[a].main().size
	}
	return near(i-1, i) || near(i, i+1)
}

// A stretch is rows[from:to].
type stretch struct{ from, to int }

// codeIn returns the blocks of code among rows, in order.
func codeIn(rows []row) (all []stretch) {
	right := float32(0)
	for i := 0; i < len(rows); {
		if !rows[i].isCode() {
			i++
			continue
		}
		if right == 0 {
			for _, r := range rows {
				right = max(right, r.x1())
			}
		}
		c := stretch{i, i + 1}
		for c.to < len(rows) && goesOnAsCode(rows[c.to-1], rows[c.to]) {
			c.to++
		}
		i = c.to
		if c.isBlock(rows, right) {
			all = append(all, c)
		}
	}
	return all
}

// goesOnAsCode reports whether b is the next line of the code that a belongs to.
// Code is drawn line by line: what is drawn otherwise are columns.
func goesOnAsCode(a, b row) bool {
	if gap := b.y() - a.y(); !b.isCode() || gap > codeGap*a[0].size || gap < 0.7*a[0].size || abs(a[0].size-b[0].size) > sameSize*a[0].size {
		return false
	}
	return len(a)+len(b) <= 2 || !slices.ContainsFunc(a, func(s segment) bool { return s.first > b[0].first })
}

// isBlock reports whether rows that are typed are a block of code.
func (c stretch) isBlock(rows []row, right float32) bool {
	inside := rows[c.from:c.to]
	if c.hasHeader(rows) || areAddresses(inside) || isText(inside) || len(inside) == 1 && (inside[0].bold() || inside[0].main().letters < 2) {
		return false
	}
	above, below := c.from == 0, c.to == len(rows)
	if !above {
		r := rows[c.from-1]
		if besides(r, inside[0]) {
			return false
		}
		text := r.text(false)
		ends := endsSentence(text) || r.x1()+wordOf(inside[0])+0.5*r.main().size < right
		above = (far(rows, c.from-1, c.from) || ends) && (inside[0].x0() > r.x0()+r.main().size || far(rows, c.from-1, c.from)) || ends && len(inside) > 1
	}
	if !below {
		r := rows[c.to]
		if besides(inside[len(inside)-1], r) {
			return false
		}
		below = far(rows, c.to, c.to-1) || inside[0].x0() > r.x0()+r.main().size || len(inside) > 1 && !startsLow(r.text(false))
	}
	return len(inside) > 2 || above && below
}

// besides reports whether a row below another one stands next to it rather, or next
// to code in it: so rows do that belong to columns.
func besides(a, b row) bool {
	gap, size := b.y()-a.y(), min(a.main().size, b.main().size)
	return gap < 0.7*size || gap < tight*size && (a.isMixed() || b.isMixed())
}

// isMixed reports whether a row has parts that are typed, and others: the words of
// a column, or code whose keywords have another font.
func (r row) isMixed() bool {
	parts, typed, letters := 0, 0, 0
	for _, s := range r {
		if s.pitch > 0 {
			parts++
		}
		typed, letters = typed+s.typed, letters+s.letters
	}
	return parts > 0 && parts < len(r) || parts == 0 && float32(typed) > halfCode*float32(letters)
}

// hasHeader reports whether all rows are those of a table, whose header is the row
// above them: they have the same columns.
func (c stretch) hasHeader(rows []row) bool {
	if c.from == 0 || c.to-c.from < 2 {
		return false
	}
	head := rows[c.from-1]
	for _, r := range rows[c.from:c.to] {
		if len(r) < 2 || len(r) != len(head) {
			return false
		}
		for i := range r {
			if abs(r[i].x0-head[i].x0) > r[i].size {
				return false
			}
		}
	}
	return rows[c.from].y()-head.y() < codeGap*head.main().size
}

// far reports whether rows[i], which is text, stands farther from rows[next] than
// from the row on its other side, if there is one near.
func far(rows []row, i, next int) bool {
	size := rows[i].main().size
	usual := 1.25 * size
	if other := 2*i - next; other >= 0 && other < len(rows) {
		if d := abs(rows[other].y() - rows[i].y()); d > 0.8*size && d < 2.5*size {
			usual = d
		}
	}
	return abs(rows[next].y()-rows[i].y()) > apartBy*usual
}

// wordOf returns how wide the first word of a row is.
func wordOf(r row) float32 { return float32(utf8.RuneCountInString(firstWord(r[0].text))) * r[0].pitch }

var address = regexp.MustCompile(`^[<(]?(\w+://\S+|www\.\S+|\S+@\S+)$`)

// areAddresses reports whether rows are those of pages and people.
func areAddresses(rows []row) bool {
	return !slices.ContainsFunc(rows, func(r row) bool { return !address.MatchString(r.text(false)) })
}

// isText reports whether rows are lines of sentences that somebody typed: words, and
// nothing indented but the first line.
func isText(rows []row) bool {
	words, plain := 0, 0
	for i, r := range rows {
		if len(r) > 1 || i > 1 && abs(r.x0()-rows[1].x0()) > r[0].pitch {
			return false
		}
		for f := range strings.FieldsSeq(r[0].text) {
			words++
			if isWord(f) {
				plain++
			}
		}
	}
	return len(rows) > 1 && words >= longText*len(rows) && float64(plain) >= plainWords*float64(words)
}

// isWord reports whether a text is a word or number, with signs of sentences around it.
func isWord(s string) bool {
	s = strings.TrimLeft(strings.TrimRight(s, `.,;:!?)"'’”`), `("'‘“`)
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '-' && c != '’' && c != '\''
	})
}

// code writes a block of code.
func (w *writer) code(rows []row) {
	lines := codeLines(rows)
	fence := extract.Fence(strings.Join(lines, "\n"))
	w.flush()
	w.items = nil
	w.block(fence)
	for _, l := range lines {
		w.out.Line(l, w.at())
	}
	w.out.Line(fence, w.at())
}

// codeLines returns the lines of code as they are typed.
func codeLines(rows []row) (lines []string) {
	left, leading := rows[0].x0(), float32(0)
	for i, r := range rows {
		left = min(left, r.x0())
		if i > 0 && (leading == 0 || r.y()-rows[i-1].y() < leading) {
			leading = r.y() - rows[i-1].y()
		}
	}
	leading = min(leading, 1.5*rows[0][0].size)
	for i, r := range rows {
		if i > 0 {
			for range min(int((r.y()-rows[i-1].y())/leading-0.6), maxBlank) {
				lines = append(lines, "")
			}
		}
		lines = append(lines, r.typed(left))
	}
	return lines
}

// typed returns the text of a row with the spaces between left and each part of it.
func (r row) typed(left float32) string {
	var b strings.Builder
	for i, s := range r {
		n := int((s.x0-left)/s.pitch + 0.5)
		if i > 0 {
			n = max(n, 1)
		}
		b.WriteString(strings.Repeat(" ", min(max(n, 0), widest)))
		b.WriteString(s.text)
		left = s.x1
	}
	return b.String()
}
