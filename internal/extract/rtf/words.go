package rtf

import "multivac/internal/extract"

// left are the destinations of which no reader sees anything, besides those
// with a star that are not known.
var left = extract.Words(`colortbl header headerl headerr headerf footer footerl footerr footerf pict nonshppict listtable listoverridetable revtbl rsidtbl
	ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn annotation atnid atnauthor atndate atnref atntime atrfstart atrfend bkmkstart bkmkend
	xe tc tcn rxe txe template filetbl generator userprops xmlnstbl mmathPr mmathPict mctrlPr pgdsctbl nonesttables shprslt
	objdata objclass objname datafield formfield ffdeftext listpicture pn pnseclvl fchars lchars latentstyles datastore themedata colorschememapping
	background docvar passwordhash protusertbl htmltag private do_not_read`)

// starred are the destinations with a star that are read.
var starred = map[string]destination{
	"footnote": body, "shpinst": drawing, "do": drawing, "nesttableprops": nested, "ud": body,
	"moMath": body, "moMathPara": body, "shptxt": body, "dptxbxtext": body, "fldinst": instruction, "shppict": nowhere, "cs": body,
}

// plain are the destinations without a star.
var plain = map[string]destination{
	"fonttbl": fontTable, "stylesheet": styleSheet, "info": info, "title": docTitle, "listtext": label, "pntext": label,
	"fldinst": instruction, "upr": upr, "footnote": body, "shptxt": body, "dptxbxtext": body, "fldrslt": body,
}

// destination handles the first word of a group, if it says where the text of
// the group goes. It returns false for any other word.
func (r *reader) destination(word string, star bool) bool {
	if r.dest == nowhere {
		return false
	}
	d, known := plain[word]
	if star {
		d, known = starred[word]
	}
	switch {
	case left[word], star && !known && r.dest != styleSheet && r.dest != fontTable, star && word == "falt":
		r.dest = nowhere
		return true
	case !known, word == "title" && r.dest != info:
		return false
	case star && word == "cs":
		return false
	}
	switch word {
	case "footnote", "shptxt", "dptxbxtext":
		if r.dest == instruction || r.dest == nowhere {
			return true
		}
		r.startFlow(word == "footnote")
	case "ud":
		d = r.upper
	case "upr":
		r.upper = r.dest
	case "fldinst":
		r.code = r.code[:0]
	case "fldrslt":
		if d = r.dest; r.isIndex() {
			d = nowhere
		}
		r.code = r.code[:0]
	}
	if r.deep > 0 && d != body { // the end of the group restores nothing
		return true
	}
	r.dest = d
	return true
}

// isIndex reports whether the result of the field repeats what stands elsewhere:
// a table of contents, an index.
func (r *reader) isIndex() bool {
	word := firstWord(string(r.code))
	return word == "TOC" || word == "INDEX" || word == "RD"
}

// characters are the words that stand for one.
var characters = map[string]string{
	"tab": " ", "emdash": "—", "endash": "–", "emspace": " ", "enspace": " ", "qmspace": " ", "bullet": "•",
	"lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "zwj": "\u200d", "zwnj": "\u200c", "zwbo": "", "zwnbo": "", "ltrmark": "", "rtlmark": "",
}

// apply does what a control word says.
func (r *reader) apply(word string, n int, has bool) {
	if t, ok := characters[word]; ok {
		r.special(t)
		return
	}
	switch word {
	case "u":
		r.unicode(n)
		return
	case "bin":
		r.at += min(max(n, 0), len(r.in)-r.at)
		return
	}
	r.skip = 0
	switch r.dest {
	case fontTable:
		r.describeFont(word, n)
		return
	case styleSheet:
		r.describeStyle(word, n)
		return
	case nested:
		if word == "nestrow" {
			r.nestedEnd()
		}
		return
	}
	on := !has || n != 0
	switch word {
	case "ansi", "mac", "pc", "pca", "ansicpg", "deff":
		r.document(word, n)
	case "f":
		r.state.font = n
	case "uc":
		r.uc = min(max(n, 0), 255)
	case "v":
		r.hidden = on
	case "deleted", "mvf":
		r.deleted = on
	case "b":
		r.bold = on
	case "plain":
		r.state.font, r.hidden, r.deleted, r.bold = -1, false, false, false
	default:
		if r.dest == body {
			r.paragraphWord(word, n)
		}
	}
}

// document reads what the document says of its encoding and font.
func (r *reader) document(word string, n int) {
	switch word {
	case "mac":
		r.ansi = pages[10000]
	case "pc":
		r.ansi = pages[437]
	case "pca":
		r.ansi = pages[850]
	case "ansicpg":
		if in, ok := pages[n]; ok {
			r.ansi = in
		}
	case "deff":
		r.first = n
	}
}

// paragraphWord does what a word says that is about paragraphs and tables.
func (r *reader) paragraphWord(word string, n int) {
	switch word {
	case "par", "sect":
		r.paragraphEnd()
	case "line", "softline", "page", "column", "softpage":
		if word != "softpage" && word != "softline" {
			r.text("\n")
		}
	case "pard":
		r.state.style, r.outline, r.level, r.list, r.table = 0, 0, 0, false, false
	case "s":
		r.state.style = n
	case "outlinelevel":
		r.outline = -1
		if n >= 0 && n < 9 {
			r.outline = n + 1
		}
	case "ilvl":
		r.level = min(max(n, 0), 8)
	case "ls":
		r.list = n > 0
	case "intbl":
		r.table = true
	case "itap":
		r.table = n > 0
	case "cell":
		r.cellEnd()
	case "nestcell", "nestrow":
		r.nestedEnd()
	case "row":
		r.rowEnd()
	default:
		r.rowWord(word, n)
	}
}

func (r *reader) describeFont(word string, n int) {
	switch word {
	case "f":
		r.endFont()
		r.font, r.fontAt = &font{charset: -1}, n
	case "fcharset":
		if r.font != nil {
			r.font.charset = n
		}
	case "cpg":
		if r.font != nil {
			r.font.page = n
		}
	}
}

func (r *reader) describeStyle(word string, n int) {
	switch word {
	case "s":
		r.endStyle()
		r.style, r.styleAt = &style{based: -1}, n
	case "cs", "ds", "ts", "tsrowd": // of characters, sections and tables
		r.endStyle()
		r.style, r.styleAt = &style{based: -1}, -1
	case "sbasedon":
		r.describe().based = n
	case "outlinelevel":
		r.describe().outline = -1
		if n >= 0 && n < 9 {
			r.describe().outline = n + 1
		}
	}
}

// describe returns the style that is being described, which is the one without
// a number where none is named.
func (r *reader) describe() *style {
	if r.style == nil {
		r.style, r.styleAt = &style{based: -1}, 0
	}
	return r.style
}
