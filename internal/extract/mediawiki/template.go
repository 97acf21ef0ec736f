package mediawiki

import (
	"strings"

	"multivac/internal/extract"
)

// Templates that many wikis have, by what of them is seen.
var (
	firstValue = extract.Words(`nowrap nobr small big larger smaller em strong code mono kbd var tt ic bc pkg aur grp abbr ill interlanguage_link sic math mvar center block_indent
		nihongo translit transl lead noprint circa quote blockquote cquote bq quotation key note tip hint important warning caution danger info ambox_note
		lang-en lang-de lang-fr lang-es lang-it lang-la lang-el lang-ru u underline s_b bold italic highlight strongbad gaps val smallcaps sc text color_text`)
	secondValue = extract.Words("lang langue color font_color colour linktext hover tooltip_text")
	callouts    = extract.Words("note tip hint important warning caution danger info")
	fixed       = map[string]string{
		"=": protect("="), "!": protect("|"), "(": protect("{"), ")": protect("}"), "((": protect("{{"), "))": protect("}}"), "pipe": protect("|"), "dash": " – ", "ndash": "–", "snd": " – ", "spaced_ndash": " – ", "spnd": " – ", "mdash": "—", "em_dash": "—", "spaced_en_dash": " – ",
		"nbsp": " ", "'": "'", "'s": "'s", "-": " ", "clear": "", "sp": " ", "space": " ", "yes": "Yes", "no": "No", "y": "Yes", "n": "No", "tick": "✓", "cross": "✗", "euro": "€", "·": " · ", "•": " • ", "br": " ",
	}
)

// template returns what is seen of a template: nothing, where that is not known.
func (r *reader) template(t string, lineStart bool) string {
	values := split(t)
	name := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(values[0]), " ", "_"))
	if text, ok := fixed[name]; ok {
		return text
	}
	if function, argument, ok := strings.Cut(strings.TrimSpace(values[0]), ":"); ok {
		switch strings.ToLower(function) {
		case "displaytitle":
			r.title = extract.OneLine(r.inline(argument))
		case "formatnum", "lc", "uc", "lcfirst", "ucfirst":
			return argument
		}
		return ""
	}
	var plain []string
	named := map[string]string{}
	for _, v := range values[1:] {
		key, value, ok := strings.Cut(v, "=")
		if key = strings.ToLower(strings.TrimSpace(key)); !ok || strings.ContainsAny(key, "[<\n ") {
			plain = append(plain, strings.TrimSpace(v))
			continue
		}
		named[key] = strings.TrimSpace(value)
	}
	for i := range 3 {
		key := string(rune('1' + i))
		if v := named[key]; v != "" && len(plain) == i {
			plain = append(plain, v)
		}
	}
	at := func(i int) string {
		if i < len(plain) {
			return plain[i]
		}
		return ""
	}
	switch {
	case strings.HasPrefix(name, "infobox"):
		return r.infobox(values[1:])
	case callouts[name] && lineStart:
		return callout(name, at(0)+named["text"])
	case firstValue[name]:
		return at(0) + named["text"] + named["quote"]
	case secondValue[name]:
		return at(1)
	}
	return composed(name, plain, at)
}

// composed returns what templates with several values say.
func composed(name string, plain []string, at func(int) string) string {
	switch name {
	case "convert", "cvt":
		return at(0) + " " + at(1)
	case "key_press", "keypress", "keys":
		return strings.Join(plain, "+")
	case "frac", "sfrac", "fraction":
		return strings.Join(plain, "/")
	case "man":
		return at(1) + "(" + at(0) + ")"
	case "hc":
		return at(0) + ": " + at(1)
	case "start_date", "end_date", "date", "birth_date", "death_date", "start_date_and_age", "birth_date_and_age":
		return strings.Join(plain[:min(3, len(plain))], "-")
	case "as_of":
		return "As of " + at(0)
	case "ubl", "unbulleted_list", "plainlist", "flatlist", "hlist":
		return strings.ReplaceAll(strings.Join(plain, ", "), "\n*", ", ")
	}
	return ""
}

// callout returns a note as a paragraph, with its kind where that tells
// something.
func callout(kind, t string) string {
	if kind != "note" && kind != "tip" && kind != "hint" && kind != "info" {
		t = strings.ToUpper(kind[:1]) + kind[1:] + ": " + t
	}
	return t
}

// infobox returns the values of a box of facts as rows of a table.
func (r *reader) infobox(values []string) string {
	var b strings.Builder
	b.WriteString("\n{|\n")
	for _, v := range values {
		key, value, ok := strings.Cut(v, "=")
		key, value = extract.OneLine(strings.ReplaceAll(key, "_", " ")), extract.OneLine(value)
		lower := strings.ToLower(key)
		if !ok || value == "" || key == "" || isLayout(lower, value) || strings.HasPrefix(value, "{|") {
			continue
		}
		b.WriteString("|-\n| " + key + " || " + value + "\n")
	}
	b.WriteString("|}\n")
	return b.String()
}

// isLayout reports whether a value of a box of facts is not a fact.
func isLayout(key, value string) bool {
	for _, word := range [...]string{"image", "logo", "photo", "alt", "size", "width", "style", "color", "colour", "map", "coord", "align"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	value = strings.ToLower(value)
	for _, end := range [...]string{".jpg", ".jpeg", ".png", ".svg", ".gif", ".webp"} {
		if strings.HasSuffix(value, end) {
			return true
		}
	}
	return false
}

// split returns what bars set apart that are in no link.
func split(t string) []string {
	var all []string
	from, links := 0, 0
	for i := 0; i < len(t); i++ {
		switch {
		case strings.HasPrefix(t[i:], "[["):
			links++
			i++
		case strings.HasPrefix(t[i:], "]]"):
			links = max(0, links-1)
			i++
		case t[i] == '|' && links == 0 && !strings.HasPrefix(t[i:], "|}") && (i == 0 || t[i-1] != '{'):
			all = append(all, t[from:i])
			from = i + 1
		}
	}
	return append(all, t[from:])
}
