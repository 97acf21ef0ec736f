package extract

import (
	"strings"

	"multivac"
)

// plain is Markdown and plain text, which are kept byte for byte.
type plain struct{ markdown bool }

func (p plain) MediaTypes() []string {
	if p.markdown {
		return []string{multivac.Markdown, "text/x-markdown"}
	}
	return []string{multivac.Plain, "text/x-rst"}
}

func (p plain) Extensions() []string {
	if p.markdown {
		return []string{".md", ".markdown"}
	}
	return []string{".txt", ".text", ".rst"}
}

func (p plain) Extract(body []byte) (Extracted, error) {
	text := string(body)
	return Extracted{Title: heading(text), Text: text}, nil
}

// heading returns the title that the front matter of a text gives, or else
// its first heading, if that is of the first level.
func heading(text string) string {
	text = strings.TrimPrefix(text, bom)
	matter, fence, before := "", "", ""
	first := true
	for line := range strings.Lines(text) {
		t := strings.TrimSpace(line)
		switch {
		case first && (t == "---" || t == "+++"):
			matter = t
		case matter != "":
			if t == matter || t == "..." {
				matter = ""
			} else if title, ok := setting(t, "title"); ok && title != "" {
				return title
			}
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
		before, first = t, false
	}
	return ""
}

// setting returns the value of a line of front matter.
func setting(line, key string) (string, bool) {
	i := strings.IndexAny(line, ":=")
	if i < 0 || strings.TrimSpace(line[:i]) != key {
		return "", false
	}
	v := strings.TrimSpace(line[i+1:])
	if n := len(v); n > 1 && v[0] == v[n-1] && (v[0] == '"' || v[0] == '\'') {
		v = v[1 : n-1]
	}
	return v, true
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
