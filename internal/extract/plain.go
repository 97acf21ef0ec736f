package extract

import (
	"strings"
	"unicode"

	"multivac"
	"multivac/internal/frontmatter"
)

// plain is plain text, which is kept byte for byte, and Markdown, which is kept
// so but for what only the generator of a site understands.
type plain struct{ markdown bool }

func (p plain) MediaTypes() []string {
	if p.markdown {
		return []string{multivac.Markdown, "text/x-markdown", "text/mdx"}
	}
	return []string{multivac.Plain}
}

func (p plain) Extensions() []string {
	if p.markdown {
		return []string{".md", ".markdown", ".mdx"}
	}
	return []string{".txt", ".text"}
}

func (p plain) Extract(body []byte) (Extracted, error) {
	text := string(body)
	if !p.markdown {
		return Extracted{Title: heading(text), Text: text}, nil
	}
	text, lines := rewrite(text)
	return Extracted{Title: heading(text), Text: text, Lines: lines}, nil
}

// Bounds of what is looked at to tell a page of settings, in bytes.
const (
	maxSettings = 72 << 10 // with the front matter, which has 64 KiB at most
	maxNothing  = 4 << 10  // after it
)

// isSettings reports whether body is front matter, and nothing after it that
// could be quoted.
func isSettings(body []byte) bool {
	if len(body) > maxSettings {
		return false
	}
	text := string(body)
	_, end := frontmatter.Split(text)
	if end == 0 || len(text)-end > maxNothing {
		return false
	}
	text, _ = rewrite(text[end:])
	for {
		before, after, ok := strings.Cut(text, "<!--")
		if strings.ContainsFunc(before, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
			return false
		}
		if !ok {
			return true
		}
		_, text, _ = strings.Cut(after, "-->")
	}
}

// heading returns the title that the front matter of a text gives, or else
// its first heading, if that is of the first level.
func heading(text string) string {
	matter, end := frontmatter.Split(text)
	if matter.Title != "" {
		return matter.Title
	}
	text = strings.TrimPrefix(text[end:], bom)
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
