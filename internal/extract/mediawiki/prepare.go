package mediawiki

import (
	"strconv"
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/light"
)

// codeMark begins a line that stands for code. No text has a zero byte. noteMark
// stands around the number of a note.
const (
	codeMark = '\x00'
	noteMark = '\x01'
)

// A note is the text of a reference, or the caption of an image.
type note struct {
	text string
	line int
}

// A code is text whose lines are kept.
type code struct {
	language string
	text     string
	line     int
}

// A frame is something that is open while a page is prepared.
type frame struct {
	kind  string // "{{", "{{{", "[[", or the name of a tag
	start int    // where it begins in the text that is made
	open  int    // how many bytes of that are its opening marks
	lines int    // of that text before it
	line  int    // of the file
}

// A preparation takes out of a page what is not seen, and puts in what templates
// say, so that each line that is left is one of the page.
type preparation struct {
	r       *reader
	in      string
	pos     int
	line    int
	out     []byte
	numbers []int // the line of the file of each line of out
	frames  []frame
	images  int             // frames that are images
	open    map[string]bool // tags that do not end in the rest of the page
	lists   []byte          // marks of the lists in HTML that are open
}

// prepare makes the lines of the page.
func (r *reader) prepare(text string) {
	text = strings.ReplaceAll(text, string(noteMark), "")
	p := preparation{r: r, in: text, line: 1, numbers: []int{1}, open: map[string]bool{}}
	p.out = make([]byte, 0, len(text))
	for p.pos < len(p.in) && r.Out.Err() == nil {
		i := strings.IndexAny(p.in[p.pos:], "<{}[]\n")
		if i < 0 {
			p.out = append(p.out, p.in[p.pos:]...)
			break
		}
		p.out = append(p.out, p.in[p.pos:p.pos+i]...)
		p.pos += i
		if !p.piece() {
			p.copy(1)
		}
	}
	r.lines, r.at = strings.Split(string(p.out), "\n"), p.numbers
}

// copy copies n bytes.
func (p *preparation) copy(n int) {
	for _, c := range []byte(p.in[p.pos : p.pos+n]) {
		p.out = append(p.out, c)
		if c == '\n' {
			p.line++
			p.numbers = append(p.numbers, p.line)
		}
	}
	p.pos += n
}

// skip leaves n bytes out.
func (p *preparation) skip(n int) {
	p.line += strings.Count(p.in[p.pos:p.pos+n], "\n")
	p.pos += n
}

// put writes text that stands for what began on that line.
func (p *preparation) put(t string, line int) {
	for _, c := range []byte(t) {
		p.out = append(p.out, c)
		if c == '\n' {
			line = min(line+1, p.line)
			p.numbers = append(p.numbers, line)
		}
	}
}

// atLineStart reports whether nothing was written of the line.
func (p *preparation) atLineStart() bool {
	return len(p.out) == 0 || p.out[len(p.out)-1] == '\n'
}

// breakLine begins a new line, unless nothing was written of this one.
func (p *preparation) breakLine() {
	if !p.atLineStart() {
		p.out = append(p.out, '\n')
		p.numbers = append(p.numbers, p.line)
	}
}

// piece reads what is special, and reports whether that is more than a byte.
func (p *preparation) piece() bool {
	rest := p.in[p.pos:]
	switch rest[0] {
	case '<':
		return p.comment() || p.tag()
	case '{':
		switch {
		case strings.HasPrefix(rest, "{{{") && !strings.HasPrefix(rest, "{{{{"):
			return p.push("{{{", 3)
		case strings.HasPrefix(rest, "{{"):
			return p.push("{{", 2)
		}
	case '}':
		return p.endBraces(rest)
	case '[':
		if strings.HasPrefix(rest, "[[") {
			switch name, _, _ := strings.Cut(rest[2:min(len(rest), 40)], ":"); {
			case images[strings.ToLower(strings.TrimSpace(name))]:
				return p.push("[[", 2)
			case p.images > 0:
				return p.pushLink()
			}
		}
	case ']':
		return strings.HasPrefix(rest, "]]") && p.endImage()
	}
	return false
}

// push opens a frame behind n bytes, unless too many are open.
func (p *preparation) push(kind string, n int) bool {
	if len(p.frames) >= p.r.Limits.Depth {
		return false
	}
	f := frame{kind: kind, start: len(p.out), lines: len(p.numbers), line: p.line}
	if kind[0] == '{' || kind[0] == '[' { // that stay where they are never closed
		f.open = n
		p.copy(n)
	} else {
		p.skip(n)
	}
	p.frames = append(p.frames, f)
	if kind == "[[" {
		p.images++
	}
	return true
}

// pushLink opens a link in the caption of an image.
func (p *preparation) pushLink() bool {
	if len(p.frames) >= p.r.Limits.Depth {
		return false
	}
	p.frames = append(p.frames, frame{kind: "link"})
	p.copy(2)
	return true
}

// note keeps a note, and marks where it stands.
func (p *preparation) note(t string, line int) {
	if strings.TrimSpace(t) == "" {
		return
	}
	p.out = append(p.out, noteMark)
	p.out = strconv.AppendInt(p.out, int64(len(p.r.notes)), 10)
	p.out = append(p.out, noteMark)
	p.r.notes = append(p.r.notes, note{t, line})
}

// pop ends the innermost frame, if it is of that kind, and returns what is in it.
func (p *preparation) pop(kind string) (t string, line int, ok bool) {
	n := len(p.frames) - 1
	if n < 0 || p.frames[n].kind != kind {
		return "", 0, false
	}
	f := p.frames[n]
	t = string(p.out[f.start+f.open:])
	p.out, p.numbers, p.frames = p.out[:f.start], p.numbers[:f.lines], p.frames[:n]
	if kind == "[[" {
		p.images--
	}
	return t, f.line, true
}

// endBraces ends a template or a parameter of one.
func (p *preparation) endBraces(rest string) bool {
	if strings.HasPrefix(rest, "}}}") {
		if t, line, ok := p.pop("{{{"); ok {
			_, value, _ := strings.Cut(t, "|")
			p.put(value, line)
			p.skip(3)
			return true
		}
	}
	if !strings.HasPrefix(rest, "}}") {
		return false
	}
	t, line, ok := p.pop("{{")
	if !ok {
		return false
	}
	p.skip(2)
	p.put(p.r.template(t, p.atLineStart()), line)
	return true
}

// images are the names of what images are in.
var images = extract.Words("file image media datei bild fichier archivo imagen immagine ficheiro imagem bestand afbeelding plik grafika файл изображение ファイル 画像 文件 图像 파일 soubor fil kuva dosya")

// endImage ends an image, whose caption is kept for the end of the section, or a
// link in a caption.
func (p *preparation) endImage() bool {
	if n := len(p.frames) - 1; n >= 0 && p.frames[n].kind == "link" {
		p.frames = p.frames[:n]
		return false
	}
	t, line, ok := p.pop("[[")
	if !ok {
		return false
	}
	p.skip(2)
	p.note(captionOf(t), line)
	return true
}

// captionOf returns the text below an image.
func captionOf(t string) string {
	values := split(t)
	shown, caption := false, ""
	for _, v := range values[1:] {
		v = strings.TrimSpace(v)
		name, _, named := strings.Cut(v, "=")
		switch lower := strings.ToLower(v); {
		case lower == "thumb" || lower == "thumbnail" || lower == "frame" || lower == "framed" || lower == "mini" || lower == "miniatur" || lower == "vignette" || lower == "miniatura":
			shown = true
		case layout[lower] || strings.HasSuffix(lower, "px") && len(lower) < 14 || named && layout[strings.ToLower(strings.TrimSpace(name))]:
		default:
			caption = v
		}
	}
	if !shown {
		return ""
	}
	return caption
}

var layout = extract.Words("left right center none upright frameless border baseline sub super top text-top middle bottom text-bottom alt link page lang class hochkant links rechts zentriert rechte gauche droite")

// comment leaves out a comment, with its line if nothing else is in that.
func (p *preparation) comment() bool {
	rest := p.in[p.pos:]
	if !strings.HasPrefix(rest, "<!--") {
		return false
	}
	n := len(rest)
	if i := strings.Index(rest[4:], "-->"); i >= 0 {
		n = 4 + i + 3
	}
	alone := p.atLineStart()
	p.skip(n)
	if alone && strings.HasPrefix(p.in[p.pos:], "\n") {
		p.line++
		p.pos++
		if k := len(p.numbers); k > 0 {
			p.numbers[k-1] = p.line
		}
	}
	return true
}

// protected are the signs that are marks; while a page is read, others that no
// text has stand for them where they are none.
const protected = "'[]{}|=*#;:!<>~_-"

const standIn = '\ufdd0'

func protect(t string) string {
	return strings.Map(func(c rune) rune {
		if i := strings.IndexRune(protected, c); i >= 0 {
			return standIn + rune(i)
		}
		return c
	}, t)
}

// bare returns what is seen of a character.
func bare(c rune) rune {
	switch {
	case c >= standIn && int(c-standIn) < len(protected):
		return rune(protected[c-standIn])
	case c == '\u00a0':
		return ' '
	case c == noteMark || c == '\u00ad' || c == '\u200b' || c == '\u200e' || c == '\u200f' || c == codeMark:
		return -1
	}
	return c
}

// code writes the code that a line stands for.
func (r *reader) code(index string) {
	n, err := strconv.Atoi(index)
	if err != nil || n < 0 || n >= len(r.codes) {
		return
	}
	c := r.codes[n]
	var b light.Block
	for i, l := range strings.Split(c.text, "\n") {
		b.Add(l, c.line+i)
	}
	r.Code(c.language, &b)
}
