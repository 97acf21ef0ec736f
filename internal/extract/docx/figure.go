package docx

import (
	"encoding/xml"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"multivac/internal/extract/parts"
)

// foreign reads a tag that is none of Word's own.
func (w *walker) foreign(e xml.StartElement) {
	switch e.Name.Local {
	case "symEx": // a sign beyond the first 65,536
		w.put(symbol("", attribute(e, "char")))
	case "chart":
		w.figure(attribute(e, "id"), func() reader { return &chart{} })
	case "relIds":
		w.figure(attribute(e, "dm"), func() reader { return &diagram{} })
	}
}

// shape reads a tag of a drawing that was made in PowerPoint. Text in it is as
// that of a text box.
func (w *walker) shape(e xml.StartElement, parent string) {
	switch e.Name.Local {
	case "txBody":
		w.startBox()
	case "p", "r", "t":
		w.top().name = e.Name.Local
		w.word(e, parent)
	case "br":
		w.put("\n")
	}
}

// drawn reads a text that is drawn along a line.
func (w *walker) drawn(text string) {
	if p := w.flow.par; p != nil && w.seen() {
		w.count(len(text))
		p.after = append(p.after, block{text: broken(text)})
	}
}

// A reader reads a figure, which is a part of its own.
type reader interface {
	start(e xml.StartElement)
	end(name string)
	text(t string)
	blocks() []block
}

// figure reads the figure of a relationship, where it is seen for the first time.
func (w *walker) figure(id string, kind func() reader) {
	p := w.flow.par
	part := w.references[id].Target
	if p == nil || id == "" || !w.seen() || w.figures[part] {
		return
	}
	if w.figures == nil {
		w.figures = map[string]bool{}
	}
	w.figures[part] = true
	d, err := openPart(w.archive, part, false)
	if err != nil {
		p.after = append(p.after, unread(part))
		return
	}
	r := kind()
	for w.out.Err() == nil {
		t, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			w.out.Fail(parts.Broken(part, err))
			return
		}
		switch t := t.(type) {
		case xml.StartElement:
			r.start(t)
		case xml.EndElement:
			r.end(t.Name.Local)
		case xml.CharData:
			w.count(len(t))
			r.text(string(t))
		}
	}
	p.after = append(p.after, r.blocks()...)
}

// A diagram is boxes with text. Each paragraph is an item.
type diagram struct {
	open  int // of tags with letters
	words strings.Builder
	items []block
}

func (d *diagram) start(e xml.StartElement) {
	if e.Name.Local == "t" && strings.HasSuffix(e.Name.Space, "/main") {
		d.open++
	}
}

func (d *diagram) end(name string) {
	switch {
	case name == "t" && d.open > 0:
		d.open--
	case name == "br":
		d.words.WriteByte(' ')
	case name == "p":
		if t := strings.Join(strings.Fields(d.words.String()), " "); t != "" {
			d.items = append(d.items, block{kind: item, label: "- ", text: t})
		}
		d.words.Reset()
	}
}

func (d *diagram) text(t string) {
	if d.open > 0 {
		d.words.WriteString(t)
	}
}

func (d *diagram) blocks() []block { return d.items }

// A chart is titles and the table of what it shows.
type chart struct {
	inTitle  bool
	reading  string // what the values being read are: tx, cat or val
	letters  bool   // in a tag with text or a value
	point    int
	words    strings.Builder
	titles   []block
	names    []string
	values   []map[int]string // of each series, by point
	category map[int]string
}

func (c *chart) start(e xml.StartElement) {
	switch name := e.Name.Local; name {
	case "title":
		c.inTitle = true
	case "ser":
		c.names, c.values = append(c.names, ""), append(c.values, map[int]string{})
	case "tx", "cat", "val", "xVal", "yVal":
		c.reading = strings.ToLower(strings.TrimLeft(name, "xy"))
		if name == "xVal" {
			c.reading = "cat"
		}
	case "pt":
		c.point, _ = strconv.Atoi(attribute(e, "idx"))
	case "t", "v":
		c.letters = true
	}
}

func (c *chart) text(t string) {
	if c.letters {
		c.words.WriteString(t)
	}
}

func (c *chart) end(name string) {
	switch name {
	case "t":
		c.letters = false
	case "v":
		c.letters = false
		if n := len(c.names); n > 0 && !c.inTitle {
			c.value(n-1, shown(c.words.String()))
		}
		c.words.Reset()
	case "p":
		c.words.WriteByte(' ')
	case "title":
		if t := strings.Join(strings.Fields(c.words.String()), " "); t != "" {
			c.titles = append(c.titles, block{text: t})
		}
		c.words.Reset()
		c.inTitle = false
	case "tx", "cat", "val", "xVal", "yVal":
		if !c.inTitle {
			c.reading = ""
			c.words.Reset()
		}
	}
}

func (c *chart) value(series int, v string) {
	switch c.reading {
	case "tx":
		c.names[series] = v
	case "cat":
		if c.category == nil {
			c.category = map[int]string{}
		}
		c.category[c.point] = v
	case "val":
		c.values[series][c.point] = v
	}
}

// shown returns a number as people write it; files have 4.2999999999999998 for 4.3.
func shown(v string) string {
	if n, err := strconv.ParseFloat(v, 64); err == nil && len(v) > 15 && strings.Contains(v, ".") {
		return strconv.FormatFloat(n, 'g', 15, 64)
	}
	return v
}

// blocks returns the titles and the table: a column for each series, a row for each
// point.
func (c *chart) blocks() []block {
	if len(c.names) == 0 {
		return c.titles
	}
	points := map[int]bool{}
	for _, v := range append(c.values, c.category) {
		for i := range v {
			points[i] = true
		}
	}
	cells := func(texts ...string) (all []cell) {
		for _, t := range texts {
			all = append(all, cell{blocks: []block{{text: t}}, cols: 1})
		}
		return all
	}
	rows := []row{{cells: cells(append([]string{""}, c.names...)...), head: true}}
	for _, i := range slices.Sorted(maps.Keys(points)) {
		texts := []string{c.category[i]}
		for _, v := range c.values {
			texts = append(texts, v[i])
		}
		rows = append(rows, row{cells: cells(texts...)})
	}
	return append(c.titles, block{kind: grid, rows: rows, table: tableLook{columns: len(c.names) + 1}})
}
