package mediawiki

import (
	"html"
	"strconv"
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/light"
)

// Tags: those whose content is not read as a page, those without a text, and
// those that only change how a text looks.
var (
	rawTags  = extract.Words("nowiki pre syntaxhighlight source math chem ce gallery")
	outTags  = extract.Words("includeonly score timeline graph mapframe maplink templatedata templatestyles imagemap hiero inputbox categorytree indicator charinsert style script")
	bareTags = extract.Words(`b i u em strong big small span font tt code kbd samp var cite abbr dfn mark q bdi bdo ins wbr time data noinclude onlyinclude references poem center rp rt ruby rb
		tbody thead tfoot section nobr label languages translate tvar ul ol dl sub tr td th table caption li dt dd p div blockquote br hr h1 h2 h3 h4 h5 h6 ref s del strike sup`)
	blockTags = extract.Words("p div blockquote center section poem")
)

// tag reads a tag of the page, and reports whether it is one.
func (p *preparation) tag() bool {
	rest := p.in[p.pos:]
	end := strings.IndexByte(rest[:min(len(rest), light.MaxTag)], '>')
	if end < 2 {
		return false
	}
	inner := rest[1:end]
	inner, closing := strings.CutPrefix(inner, "/")
	selfClosing := strings.HasSuffix(inner, "/")
	n := 0
	for n < len(inner) && light.IsWordByte(inner[n]) {
		n++
	}
	name, attributes := strings.ToLower(inner[:n]), inner[n:]
	switch {
	case rawTags[name] || outTags[name]:
		switch {
		case closing || selfClosing:
			p.skip(end + 1)
			return true
		default:
			return p.raw(name, attributes, end+1)
		}
	case !bareTags[name]:
		return false
	}
	if frames[name] && !selfClosing {
		if closing {
			p.endFrame(name)
			p.skip(end + 1)
			return true
		}
		return p.push(name, end+1)
	}
	p.skip(end + 1)
	p.layOut(name, attributes, closing)
	return true
}

// frames are the tags whose content is taken out, or rewritten.
var frames = extract.Words("ref s del strike sup")

// endFrame ends a tag: the text of a reference is kept for the end of the
// section, struck-out text is left out, and raised numbers are powers.
func (p *preparation) endFrame(name string) {
	for n := len(p.frames) - 1; n >= 0 && p.frames[n].kind != name; n-- {
		if k := p.frames[n].kind; k == "{{" || k == "{{{" || k == "[[" {
			return // the tag began outside
		}
	}
	t, line, ok := p.pop(name)
	if !ok {
		return
	}
	switch {
	case name == "ref":
		p.note(t, line)
	case name == "sup" && strings.Trim(t, "0123456789-−+") == "" && t != "" && len(p.out) > 0 && light.IsWordByte(p.out[len(p.out)-1]):
		p.put("^"+t, line)
	case name == "sup":
		p.put(t, line)
	}
}

// raw reads a tag whose content is not read as a page. Its start tag takes n
// bytes.
func (p *preparation) raw(name, attributes string, n int) bool {
	if p.open[name] {
		return false
	}
	rest := p.in[p.pos+n:]
	size := indexFold(rest, "</"+name)
	if size < 0 {
		p.open[name] = true
		return false
	}
	line := p.line
	content := rest[:size]
	end := strings.IndexByte(rest[size:], '>')
	if end < 0 {
		end = len(rest) - size - 1
	}
	p.skip(n + size + end + 1)
	if !rawTags[name] {
		return true
	}
	language := attribute(attributes, "lang")
	switch isInline := strings.Contains(attributes, "inline"); {
	case name == "gallery":
		p.gallery(content, line)
	case name == "pre" || (name == "syntaxhighlight" || name == "source") && !isInline && strings.Contains(content, "\n"):
		if name == "pre" {
			content = html.UnescapeString(content)
		}
		p.code(code{language, content, line})
	case name == "syntaxhighlight" && !isInline:
		p.code(code{language, content, line})
	default:
		if name == "nowiki" {
			content = html.UnescapeString(content)
		}
		p.put(protect(strings.ReplaceAll(content, "\n", " ")), line)
	}
	return true
}

// code puts a line into the page that stands for code.
func (p *preparation) code(c code) {
	if len(p.frames) > 0 { // in a template or a reference it is text
		p.put(protect(strings.ReplaceAll(c.text, "\n", " ")), c.line)
		return
	}
	p.breakLine()
	p.out = append(p.out, codeMark)
	p.out = strconv.AppendInt(p.out, int64(len(p.r.codes)), 10)
	p.r.codes = append(p.r.codes, c)
	p.breakLine()
}

// gallery puts the captions of images into the page, as a list.
func (p *preparation) gallery(content string, line int) {
	for i, l := range strings.Split(content, "\n") {
		if _, caption, ok := strings.Cut(l, "|"); ok && strings.TrimSpace(caption) != "" {
			p.breakLine()
			p.numbers[len(p.numbers)-1] = min(line+i, p.line)
			p.put("* "+strings.TrimSpace(caption), line+i)
		}
	}
	p.breakLine()
}

// indexFold returns where name is in t, whatever its case.
func indexFold(t, name string) int {
	from := 0
	for {
		i := strings.Index(t[from:], name[:2])
		if i < 0 || from+i+len(name) > len(t) {
			return -1
		}
		if from += i; strings.EqualFold(t[from:from+len(name)], name) {
			return from
		}
		from++
	}
}

// attribute returns the value of an attribute of a tag or a cell.
func attribute(t, name string) string {
	i := strings.Index(strings.ToLower(t), name)
	if i < 0 || i+len(name) > len(t) {
		return ""
	}
	value, ok := strings.CutPrefix(strings.TrimLeft(t[i+len(name):], " "), "=")
	if !ok {
		return ""
	}
	value = strings.TrimLeft(value, " ")
	if value != "" && (value[0] == '"' || value[0] == '\'') {
		value, _, _ = strings.Cut(value[1:], value[:1])
		return value
	}
	if end := strings.IndexAny(value, " /|\t"); end >= 0 {
		value = value[:end]
	}
	return value
}

// layOut writes what the markup of a page has for a tag of HTML.
func (p *preparation) layOut(name, attributes string, closing bool) {
	line := p.line
	switch {
	case name == "br":
		p.put(" ", line)
	case name == "table" && closing:
		p.breakLine()
		p.put("|}\n", line)
	case closing && (name == "ul" || name == "ol" || name == "dl"):
		p.lists = p.lists[:max(0, len(p.lists)-1)]
		p.breakLine()
	case blockTags[name]:
		p.breakLine()
		if !closing || len(p.frames) == 0 {
			p.put("\n", line)
		}
	case len(name) == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6':
		if !closing {
			p.breakLine()
		}
		p.put(strings.Repeat("=", int(name[1]-'0')), line)
		if closing {
			p.put("\n", line)
		}
	case closing:
	case name == "ul" || name == "ol" || name == "dl":
		if len(p.lists) < p.r.Limits.Depth {
			p.lists = append(p.lists, map[string]byte{"ul": '*', "ol": '#', "dl": ';'}[name])
		}
	default:
		p.layOutPart(name, attributes, line)
	}
}

// layOutPart writes the mark of an item, a row or a cell.
func (p *preparation) layOutPart(name, attributes string, line int) {
	marks := string(p.lists)
	if marks == "" {
		marks = "*"
	}
	mark := map[string]string{
		"li": marks + " ", "dt": marks[:len(marks)-1] + "; ", "dd": marks[:len(marks)-1] + ": ", "hr": "----\n",
		"table": "{|\n", "tr": "|-\n", "td": "| ", "th": "! ", "caption": "|+ ",
	}[name]
	if mark == "" {
		return
	}
	p.breakLine()
	if (name == "td" || name == "th") && strings.Contains(attributes, "span") {
		mark += strings.ReplaceAll(attributes, "\n", " ") + " | "
	}
	p.put(mark, line)
}
