package asciidoc

import (
	"encoding/csv"
	"strconv"
	"strings"

	"multivac/internal/extract/light"
)

// properties are what the lines above a block say of it.
type properties struct {
	style    string
	language string
	title    string
	by       string // whom it is quoted from
	start    int    // the number of the first item, less 1
	header   bool
	noHeader bool
	footer   bool
	columns  []string
	format   string
	between  string // cells
}

// isProperties reports whether l says something of the next block: [source,go],
// [[id]], [#id.role%option].
func isProperties(l string) bool {
	return len(l) > 1 && l[0] == '[' && l[len(l)-1] == ']' && (len(l) == 2 || l[1] != ' ' && l[1] != ']') && !strings.Contains(l, "]: ")
}

// read reads what stands between the brackets.
func (p *properties) read(t string) {
	if strings.HasPrefix(t, "[") { // an id
		return
	}
	c := csv.NewReader(strings.NewReader(t))
	c.LazyQuotes, c.TrimLeadingSpace = true, true
	values, err := c.Read()
	if err != nil {
		return
	}
	for i, v := range splitAttributes(t, values) {
		v = strings.TrimSpace(v)
		name, value, named := strings.Cut(v, "=")
		if named && light.IsIdentifier(strings.TrimSpace(name)) {
			p.set(strings.TrimSpace(name), strings.Trim(strings.TrimSpace(value), `"'`))
			continue
		}
		p.positional(i, v)
	}
}

// splitAttributes returns the parts of t that commas outside quotation marks set
// apart, or else the values that were read of it.
func splitAttributes(t string, values []string) []string {
	if !strings.Contains(t, "=") {
		return values
	}
	var all []string
	quote, from := byte(0), 0
	for i := range len(t) {
		switch c := t[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == ',':
			all = append(all, t[from:i])
			from = i + 1
		}
	}
	return append(all, t[from:])
}

// positional reads a value that has no name.
func (p *properties) positional(i int, v string) {
	switch {
	case i == 0:
		for _, option := range strings.Split(v, "%")[1:] {
			option, _, _ = strings.Cut(option, ".")
			option, _, _ = strings.Cut(option, "#")
			p.option(option)
		}
		v, _, _ = strings.Cut(v, "%")
		v, _, _ = strings.Cut(v, "#")
		v, _, _ = strings.Cut(v, ".")
		if v != "" {
			p.style = v
		}
	case i == 1 && (p.style == "" || p.style == "source"):
		p.style, p.language = "source", v
	case i == 1:
		p.by = v
	case i == 2 && p.by != "":
		p.by += ", " + v
	}
}

func (p *properties) option(name string) {
	switch name {
	case "header":
		p.header = true
	case "noheader":
		p.noHeader = true
	case "footer":
		p.footer = true
	}
}

func (p *properties) set(name, value string) {
	switch name {
	case "options", "opts":
		for o := range strings.SplitSeq(value, ",") {
			p.option(strings.TrimSpace(o))
		}
	case "cols":
		p.columns = columns(value)
	case "format":
		p.format = value
	case "separator":
		p.between = value
	case "language":
		p.language = value
	case "attribution":
		p.by = value
	case "citetitle":
		p.by = strings.TrimPrefix(p.by+", "+value, ", ")
	case "start":
		if n, err := strconv.Atoi(value); err == nil {
			p.start = n - 1
		}
	}
}

// Kinds of blocks between two lines that are the same.
const (
	compound = iota
	verbatim
	passed
	comment
	tabular
)

// delimiter returns the kind of the block that l begins, and the mark of the
// cells of a table.
func delimiter(l string) (kind int, mark string, ok bool) {
	switch {
	case l == "--":
		return compound, "", true
	case strings.HasPrefix(l, "```"):
		return verbatim, "", !strings.Contains(l[3:], "`")
	case len(l) < 4:
		return 0, "", false
	case l[1:] == "===" && strings.IndexByte("|,:!", l[0]) >= 0:
		return tabular, l[:1], true
	case strings.Trim(l, l[:1]) != "":
		return 0, "", false
	}
	switch l[0] {
	case '=', '*', '_':
		return compound, "", true
	case '-', '.':
		return verbatim, "", true
	case '+':
		return passed, "", true
	case '/':
		return comment, "", true
	}
	return 0, "", false
}

// openBlock reads a block, or its beginning.
func (r *reader) openBlock(kind int, mark, l string) {
	as := r.upcoming
	r.upcoming = properties{}
	end := l
	if strings.HasPrefix(l, "```") {
		end = "```"
		if as.language == "" {
			as.language, _, _ = strings.Cut(strings.TrimSpace(l[3:]), ",")
		}
	}
	if kind == compound && (isCode[as.style] || as.style == "comment" || as.style == "pass") {
		kind = map[string]int{"comment": comment, "pass": passed}[as.style]
		if kind == compound {
			kind = verbatim
		}
	}
	switch kind {
	case comment:
		r.lines(end)
	case tabular:
		r.table(mark, end, as)
	case passed:
		r.passed(end, as)
	case verbatim:
		r.writeTitle(as.title, r.Line)
		b := r.lines(end)
		r.Code(as.language, withoutCallouts(&b))
	default:
		r.openCompound(end, as)
	}
}

// openCompound opens a block with blocks in it.
func (r *reader) openCompound(end string, as properties) {
	if len(r.blocks) >= r.Limits.Depth {
		return
	}
	kind := ""
	if admonitions[as.style] {
		kind = strings.ToLower(as.style)
	}
	b := block{delimiter: end, lists: r.lists, open: len(r.Open), as: as}
	if kind != "" || as.title != "" {
		r.Begin(light.Container{Form: light.Tagged, Indent: r.Inner()}, kind, r.inline(as.title, r.Line))
	}
	if r.Inner() > 0 {
		r.base += len(r.lists)
	}
	r.lists = nil
	r.blocks = append(r.blocks, b)
}

// endsBlock ends the block whose last line is l, and reports whether there is
// one.
func (r *reader) endsBlock(l string) bool {
	for i := len(r.blocks) - 1; i >= 0; i-- {
		if r.blocks[i].delimiter == l {
			r.closeTo(i)
			return true
		}
	}
	return false
}

// closeTo ends the open block i, and those in it.
func (r *reader) closeTo(i int) {
	r.endLists()
	for k := len(r.blocks) - 1; k >= i; k-- {
		b := r.blocks[k]
		r.attribute(b.as, r.Line)
		if len(r.Open) > b.open {
			r.Close(b.open)
		}
		r.base = max(0, r.base-len(b.lists))
		r.lists, r.blocks = b.lists, r.blocks[:k]
	}
	if i == 0 && len(r.blocks) == 0 && len(r.lists) == 0 {
		r.base = 0
	}
	r.Inside(r.base + len(r.lists))
}

// lines returns the lines of a block up to its last one, or to the end of a
// block around it.
func (r *reader) lines(end string) light.Block {
	var b light.Block
	for r.Out.Err() == nil {
		l, ok := r.next()
		if !ok || l == end {
			break
		}
		outer := false
		for _, o := range r.blocks {
			outer = outer || o.delimiter == l
		}
		if outer {
			r.held, r.holds = l, true
			break
		}
		b.Add(l, r.Line)
	}
	return b
}

// withoutCallouts leaves out the marks that refer to the list below the code.
func withoutCallouts(b *light.Block) *light.Block {
	t, at := b.Take()
	for i, l := range strings.Split(t, "\n") {
		if i < len(at) {
			b.Add(withoutCallout(l), at[i])
		}
	}
	return b
}

func withoutCallout(l string) string {
	t := strings.TrimRight(l, " \t")
	found := false
	for strings.HasSuffix(t, ">") {
		i := strings.LastIndexByte(t, '<')
		if i < 0 || i == 0 || !isCallout(strings.ReplaceAll(strings.ReplaceAll(t[i:], "!--", ""), "--", "")) || !light.IsSpace(t[i-1]) && t[i-1] != '>' {
			break
		}
		t, found = strings.TrimRight(t[:i], " \t"), true
	}
	if !found {
		return l
	}
	for _, mark := range [...]string{"//", "#", ";;", "--"} {
		if rest, ok := strings.CutSuffix(t, mark); ok {
			return strings.TrimRight(rest, " \t")
		}
	}
	return t
}

// passed reads lines that are written into the page as they are: HTML, of which
// the tags are left out, or a formula.
func (r *reader) passed(end string, as properties) {
	b := r.lines(end)
	if isCode[as.style] {
		r.Code("", &b)
		return
	}
	t, at := b.Take()
	if len(at) > 0 {
		r.Paragraph(withoutTags(t), at)
	}
}

// withoutTags returns HTML without tags.
func withoutTags(t string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(t, '<')
		if i < 0 {
			break
		}
		b.WriteString(t[:i])
		n := strings.IndexByte(t[i:], '>')
		if n < 0 {
			t = t[i:]
			break
		}
		for _, name := range [...]string{"script", "style"} {
			if len(t) > i+1+len(name) && strings.EqualFold(t[i+1:i+1+len(name)], name) {
				if k := strings.Index(t[i:], "</"+name); k > n {
					n = k + strings.IndexByte(t[i+k:], '>')
				}
			}
		}
		n = max(n, 0)
		for range strings.Count(t[i:i+n+1], "\n") {
			b.WriteByte('\n')
		}
		t = t[i+n+1:]
	}
	b.WriteString(t)
	return b.String()
}
