// Package markdown reads Markdown. It keeps it byte for byte, except marks that
// only the generator of a site understands: callouts, tabs, JSX, shortcodes and
// HTML.
package markdown

import (
	"context"
	"strings"
	"unicode"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/frontmatter"
)

// Format is Markdown. It is kept byte for byte, except marks that only the
// generator of a site understands.
var Format = extract.Format{
	Name: "Markdown", Types: []string{multivac.Markdown, "text/x-markdown", "text/mdx"}, Extensions: []string{".md", ".markdown", ".mdx"}, Text: true,
	Extract: func(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
		text := string(body)
		return rewrite(ctx, l, text).Extracted(text)
	},
	Check: func(body []byte) error {
		if isSettings(body) {
			return multivac.Errorf(extract.ErrNoText, "leave it out, or write the text", "there is nothing but front matter in it")
		}
		return nil
	},
}

// How much of a page is read to find out whether it only has settings, in
// bytes.
const (
	maxSettings = 72 << 10 // with the front matter, which has at most 64 KiB
	maxNothing  = 4 << 10  // after it
)

// isSettings reports whether body is front matter with nothing after it that
// can be quoted.
func isSettings(body []byte) bool {
	if len(body) > maxSettings {
		return false
	}
	text := string(body)
	_, end := frontmatter.Split(text)
	if end == 0 || len(text)-end > maxNothing {
		return false
	}
	text = rewrite(context.Background(), extract.Default, text[end:]).Made(text[end:])
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
