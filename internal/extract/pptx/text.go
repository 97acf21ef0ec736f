package pptx

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"multivac/internal/extract"
)

// levels is how deep the lists of a slide can be.
const levels = 9

// A mark is what stands before a paragraph.
type mark byte

// Marks. Of a paragraph that says nothing, others do.
const (
	unsaid mark = iota
	unmarked
	bullet
	numbered
)

// marks are those of the paragraphs of each level.
type marks [levels]mark

// marksOf reads the styles of the levels of a list.
func marksOf(list *element) marks {
	var m marks
	for _, l := range list.in() {
		if n, ok := strings.CutPrefix(l.name, "lvl"); ok && len(n) > 1 && n[0] >= '1' && n[0] <= '9' && n[1:] == "pPr" {
			m[n[0]-'1'] = markOf(l)
		}
	}
	return m
}

// markOf reads the mark that the properties of a paragraph name.
func markOf(properties *element) mark {
	for _, k := range properties.in() {
		switch k.name {
		case "buNone":
			return unmarked
		case "buChar", "buBlip":
			return bullet
		case "buAutoNum":
			return numbered
		}
	}
	return unsaid
}

// or returns m, and of others where m says nothing.
func (m marks) or(others marks) marks {
	for i := range m {
		if m[i] == unsaid {
			m[i] = others[i]
		}
	}
	return m
}

// A paragraph is one of a shape.
type paragraph struct {
	text  string
	mark  mark
	level int
	start int  // the number that a list begins with
	apart bool // an empty line is above
}

// paragraphs returns the paragraphs of a text that are not empty, and sentences that
// run over several as one. Their marks are
// their own, or else those of its list style, or else inherited.
func paragraphs(body *element, inherited marks) []paragraph {
	var all []paragraph
	inherited = marksOf(body.kid("lstStyle")).or(inherited)
	apart := false
	for _, p := range body.all("p") {
		var b strings.Builder
		runs(&b, p)
		t := extract.OneLine(clean(b.String()))
		if t == "" {
			apart = true
			continue
		}
		own := p.kid("pPr")
		one := paragraph{text: t, apart: apart, mark: markOf(own), level: own.integer("lvl", levels-1)}
		if one.mark == unsaid {
			one.mark = inherited[one.level]
		}
		one.start = own.kid("buAutoNum").integer("startAt", 32767)
		all, apart = append(all, one), false
	}
	return joined(all)
}

// oneText returns the text of paragraphs as one line.
func oneText(all []paragraph) string {
	var lines []string
	for _, p := range all {
		lines = append(lines, p.text)
	}
	return strings.Join(lines, " ")
}

// runs writes the text of the runs in e. Fields that PowerPoint fills are left
// out, and so are struck-out words.
func runs(b *strings.Builder, e *element) {
	for _, k := range e.in() {
		switch k.name {
		case "r":
			run(b, k)
		case "br":
			b.WriteByte('\n')
		case "fld":
			if t := strings.ToLower(k.get("type")); t != "slidenum" && t != "header" && t != "footer" && !strings.HasPrefix(t, "datetime") {
				run(b, k)
			}
		case "m":
			formula(b, k)
		case "AlternateContent":
			before := b.Len()
			if runs(b, k.kid("Choice")); b.Len() == before {
				runs(b, k.kid("Fallback"))
			}
		}
	}
}

// run writes a run of text.
func run(b *strings.Builder, r *element) {
	t, properties := r.kid("t").textOf(), r.kid("rPr")
	switch s := properties.get("strike"); {
	case s == "sngStrike" || s == "dblStrike":
	case properties.number("baseline") > 0:
		b.WriteString(raised(b.String(), t))
	default:
		b.WriteString(t)
	}
}

var superscripts = strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹",
	"+", "⁺", "-", "⁻", "−", "⁻")

// raised returns text above the line so that it does not run into the text
// before it: 10⁶ as 10^6, and the number of a note behind a word as ¹.
func raised(before, t string) string {
	last, _ := utf8.DecodeLastRuneInString(before)
	switch {
	case strings.Trim(t, "0123456789+-−") != "" || t == "":
		return t
	case unicode.IsDigit(last):
		return "^" + strings.ReplaceAll(t, "−", "-")
	case unicode.IsSpace(last) || before == "":
		return t
	}
	return superscripts.Replace(t)
}

// formula writes a formula of Office in a line.
func formula(b *strings.Builder, e *element) {
	for _, k := range e.in() {
		switch k.name {
		case "t":
			b.Write(k.text)
		case "f":
			part(b, k.kid("num"))
			b.WriteByte('/')
			part(b, k.kid("den"))
		case "rad":
			b.WriteString("√")
			part(b, k.kid("e"))
		case "sSup":
			formula(b, k.kid("e"))
			b.WriteByte('^')
			part(b, k.kid("sup"))
		case "sSub":
			formula(b, k.kid("e"))
			b.WriteByte('_')
			part(b, k.kid("sub"))
		default:
			formula(b, k)
		}
	}
}

// part writes a part of a formula, in brackets where it is more than a word.
func part(b *strings.Builder, e *element) {
	var inner strings.Builder
	formula(&inner, e)
	t := inner.String()
	if strings.ContainsFunc(t, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' }) {
		t = "(" + t + ")"
	}
	b.WriteString(t)
}
