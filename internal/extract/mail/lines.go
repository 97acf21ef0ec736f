package mail

import (
	"context"
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/html"
)

// A line is one of a mail's text, in Markdown.
type line struct {
	quote int // how many times it is quoted
	text  string
}

// maxQuote bounds how deep quotations are marked.
const maxQuote = 8

// cutQuote cuts the marks of a quotation off a line: "> > ".
func cutQuote(t string) (quote int, rest string) {
	rest = t
	for strings.HasPrefix(rest, ">") {
		quote++
		rest = rest[1:]
		if strings.HasPrefix(rest, " >") {
			rest = rest[1:]
		}
	}
	if quote > 0 {
		rest = strings.TrimPrefix(rest, " ")
	}
	return min(quote, maxQuote), rest
}

// unflowed joins the lines of format=flowed (RFC 3676), which are broken after a
// space. With delSp the space is no part of the text.
func unflowed(text string, delSp bool) string {
	var b strings.Builder
	open, before := false, 0
	for l := range strings.Lines(text) {
		l = strings.TrimSuffix(l, "\n")
		quote := len(l) - len(strings.TrimLeft(l, ">"))
		t := strings.TrimPrefix(l[quote:], " ")
		if open && (quote != before || t == "-- ") {
			b.WriteByte('\n')
			open = false
		}
		if !open && quote > 0 {
			b.WriteString(strings.Repeat(">", quote) + " ")
		}
		before, open = quote, strings.HasSuffix(t, " ") && t != "-- "
		if open && delSp {
			t = t[:len(t)-1]
		}
		b.WriteString(t)
		if !open {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// plainLines returns the lines of plain text. What Markdown would take for
// something that hides words is escaped.
func plainLines(text string) (all []line) {
	for l := range strings.Lines(text) {
		quote, t := cutQuote(strings.TrimRight(l, " \t\n"))
		all = append(all, line{quote, t})
	}
	for i := range all {
		t := strings.TrimLeft(all[i].text, " \t")
		if strings.HasPrefix(t, "|") && (i > 0 && isRow(all[i-1].text) || i+1 < len(all) && isRow(all[i+1].text)) {
			continue // rows of a table
		}
		all[i].text = all[i].text[:len(all[i].text)-len(t)] + extract.Escape(t)
	}
	return all
}

func isRow(t string) bool { return strings.HasPrefix(strings.TrimLeft(t, " \t"), "|") }

// Marks in a page of where a quotation begins and ends. Text has none of them.
const (
	quoteBegins = "\ue000"
	quoteEnds   = "\ue001"
)

// pageLines returns the lines of a page, with headings below those of the given
// level. Quotations in it are marked.
func pageLines(ctx context.Context, page string, l extract.Limits, level int) (all []line, err error) {
	e, err := html.Read(ctx, []byte(withMarks(page)), l)
	if err != nil {
		return nil, err
	}
	quote, fence := 0, ""
	for t := range strings.Lines(e.Text) {
		t = strings.TrimSuffix(t, "\n")
		begins, ends := strings.Count(t, quoteBegins), strings.Count(t, quoteEnds)
		if begins+ends > 0 {
			t = strings.TrimRight(strings.NewReplacer(quoteBegins, "", quoteEnds, "").Replace(t), " ")
			quote = min(max(0, quote+begins-ends), maxQuote)
			if t == "" {
				continue
			}
		}
		switch {
		case fence != "":
			if strings.HasPrefix(t, fence) {
				fence = ""
			}
		case strings.HasPrefix(t, "```"):
			fence = t[:len(t)-len(strings.TrimLeft(t, "`"))]
		case strings.HasPrefix(t, "#"):
			if n := len(t) - len(strings.TrimLeft(t, "#")); n <= 6 && (len(t) == n || t[n] == ' ') {
				t = strings.Repeat("#", min(6, n+level)) + t[n:]
			}
		}
		all = append(all, line{quote, t})
	}
	return all, nil
}

// withMarks puts a mark after each <blockquote>, and before its end.
func withMarks(page string) string {
	page = strings.NewReplacer(quoteBegins, "", quoteEnds, "").Replace(page)
	var b strings.Builder
	for {
		i := strings.IndexByte(page, '<')
		if i < 0 {
			b.WriteString(page)
			return b.String()
		}
		b.WriteString(page[:i])
		page = page[i:]
		switch {
		case isTag(page, "</blockquote"):
			b.WriteString("<p>" + quoteEnds + "</p><")
			page = page[1:]
		case isTag(page, "<blockquote"):
			end := strings.IndexByte(page, '>')
			if end < 0 {
				b.WriteString(page)
				return b.String()
			}
			b.WriteString(page[:end+1] + "<p>" + quoteBegins + "</p>")
			page = page[end+1:]
		default:
			b.WriteByte('<')
			page = page[1:]
		}
	}
}

func isTag(s, tag string) bool {
	return len(s) > len(tag) && strings.EqualFold(s[:len(tag)], tag) && strings.IndexByte("> \t\r\n", s[len(tag)]) >= 0
}
