package tell

import (
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"multivac"
	"multivac/internal/extract"
)

// Title returns what the teller calls the document, or else the document
// itself, or else its source, or else how it begins.
func Title(d multivac.Document, e extract.Extracted) string {
	for _, t := range []string{d.Title, e.Title, baseName(d.Source), beginning(e.Text)} {
		if t = oneLine(t); t != "" {
			return cut(t, multivac.MaxTitle)
		}
	}
	return ""
}

// oneLine returns a title with one space in place of each run of spaces, ends of
// lines and other controls.
func oneLine(title string) string {
	return strings.Join(strings.FieldsFunc(title, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// baseName returns the last part of a URI or path, without its extension.
func baseName(source string) string {
	if u, err := url.Parse(source); err == nil && u.Scheme != "" && u.Host != "" {
		if source = strings.Trim(u.Path, "/"); source == "" {
			return u.Host
		}
	}
	name := path.Base(strings.ReplaceAll(source, `\`, "/"))
	if name == "." || name == "/" {
		return ""
	}
	if stem := strings.TrimSuffix(name, path.Ext(name)); stem != "" && len(path.Ext(name)) <= 9 && !strings.Contains(path.Ext(name), " ") {
		return stem
	}
	return name
}

// beginning returns the first words of the first line that has any.
func beginning(text string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(strings.TrimLeft(line, " \t#>*-|+`")); line == "" {
			continue
		}
		short := cut(line, 80)
		if i := strings.LastIndexByte(short, ' '); len(short) < len(line) && i > 0 {
			short = short[:i]
		}
		return short
	}
	return ""
}

// cut returns at most n bytes of s, whole runes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
