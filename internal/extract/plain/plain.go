// Package plain reads plain text, and finds the title of a text in Markdown.
package plain

import (
	"context"
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/frontmatter"
	"multivac/internal/place"
)

// Format is plain text. It is kept byte for byte.
var Format = extract.Format{
	Name: "plain text", Types: []string{multivac.Plain}, Extensions: []string{".txt", ".text"}, Text: true,
	Extract: func(_ context.Context, body []byte, _ extract.Limits) (extract.Extracted, error) {
		text := string(body)
		return extract.Extracted{Title: Title(text), Text: text, Places: place.SameLines}, nil
	},
}

// Title returns the title that the front matter of a text gives, or else
// its first heading, if that is of the first level.
func Title(text string) string {
	matter, end := frontmatter.Split(text)
	if matter.Title != "" {
		return matter.Title
	}
	text = strings.TrimPrefix(text[end:], extract.BOM)
	fence, before := "", ""
	for line := range strings.Lines(text) {
		t := strings.TrimSpace(line)
		switch {
		case fence != "":
			if strings.HasPrefix(t, fence) {
				fence = ""
			}
		case strings.HasPrefix(t, "```") || strings.HasPrefix(t, "~~~"):
			fence = t[:3]
		case strings.HasPrefix(t, "# "):
			return bare(strings.TrimRight(strings.TrimPrefix(t, "# "), "# "))
		case len(t) > 2 && strings.Trim(t, "=") == "" && before != "":
			return bare(before)
		case strings.HasPrefix(t, "## "):
			return ""
		}
		before = t
	}
	return ""
}

// bare returns a heading without its marks: emphasis, code, links, anchors.
func bare(t string) string {
	if i := strings.LastIndex(t, "{#"); i > 0 && strings.HasSuffix(t, "}") {
		t = t[:i]
	}
	t = strings.NewReplacer("**", "", "`", "").Replace(t)
	for {
		open := strings.IndexByte(t, '[')
		mid := strings.Index(t, "](")
		if open < 0 || mid < open {
			return strings.TrimSpace(t)
		}
		end := strings.IndexByte(t[mid:], ')')
		if end < 0 {
			return strings.TrimSpace(t)
		}
		t = strings.TrimSuffix(t[:open], "!") + t[open+1:mid] + t[mid+end+1:]
	}
}
