package pptx

import (
	"maps"
	"slices"
	"strings"

	"multivac"
	"multivac/internal/extract/parts"
	"multivac/internal/extract/sheet"
)

// A series is a row of values of a chart, by their number.
type series struct {
	name       string
	categories map[int]string
	values     map[int]string
}

// chart writes the words and values of a chart, as they were when it was saved.
func (r *reader) chart(to parts.Reference) error {
	if to.Target == "" || to.Outside {
		r.text("(a chart of this slide cannot be read)")
		return nil
	}
	if r.done[to.Target] {
		return nil
	}
	r.done[to.Target] = true
	root, err := r.load(to.Target)
	if err != nil {
		return r.unread("a chart", err)
	}
	plot, title := root.at("chart", "plotArea"), chartText(root.at("chart", "title"))
	var all []series
	if to.Kind == "chartEx" {
		all = r.extendedSeries(root)
	} else {
		all = r.chartSeries(plot, root.kid("date1904").is("val"))
	}
	if len(all) > 0 && len(title) <= maxHeading { // then each row says which chart it is of
		r.head(innerLevel, title)
	} else {
		r.text(title)
	}
	r.grid(r.axes(plot), all)
	for _, l := range plot.find("dLbl", nil) {
		r.text(chartText(l))
	}
	err = r.drawnOn(to.Target)
	r.head(innerLevel, "")
	return err
}

// drawnOn writes the text that is drawn on a chart.
func (r *reader) drawnOn(chart string) error {
	to, err := r.archive.References(chart)
	if err != nil {
		return err
	}
	part := related(to, "chartUserShapes")
	if part == "" || r.done[part] {
		return nil
	}
	r.done[part] = true
	root, err := r.load(part)
	if err != nil {
		return r.unread("the text on a chart", err)
	}
	for _, body := range root.find("txBody", nil) {
		r.paragraphs(paragraphs(body, marks{}))
	}
	return nil
}

// chartText returns the text of a title or of a label.
func chartText(e *element) string {
	tx := e.kid("tx")
	if rich := tx.kid("rich"); rich != nil {
		return oneText(paragraphs(rich, marks{}))
	}
	return named(tx)
}

// axes writes the titles of the axes. That of the categories is returned: it
// stands above them.
func (r *reader) axes(plot *element) (categories string) {
	allValues := plot.kid("catAx") == nil && plot.kid("dateAx") == nil // then the first one is that from left to right
	for _, a := range plot.in() {
		switch a.name {
		case "catAx", "dateAx", "valAx", "serAx", "axis":
			t := chartText(a.kid("title"))
			if categories == "" && (a.name == "catAx" || a.name == "dateAx" || a.name == "valAx" && allValues) {
				categories = t
			} else {
				r.text(t)
			}
		}
	}
	return categories
}

// chartSeries reads the series of all plots of a chart.
func (r *reader) chartSeries(plot *element, from1904 bool) []series {
	var all []series
	for _, p := range plot.in() {
		if !strings.HasSuffix(p.name, "Chart") {
			continue
		}
		for _, e := range p.all("ser") {
			s := series{name: named(e.kid("tx")), categories: r.points(e.kid("cat"), from1904), values: r.points(e.kid("val"), from1904)}
			if e.kid("yVal") != nil {
				s.categories, s.values = r.points(e.kid("xVal"), from1904), r.points(e.kid("yVal"), from1904)
			}
			all = append(all, s)
			if size := r.points(e.kid("bubbleSize"), from1904); len(size) > 0 {
				all = append(all, series{categories: s.categories, values: size})
			}
		}
	}
	return all
}

// named returns the name in the element tx of a series: as it stands, or as it was
// read from a sheet.
func named(tx *element) string {
	var words []string
	for _, v := range tx.find("v", nil) {
		words = append(words, strings.Fields(clean(v.textOf()))...)
	}
	return strings.Join(words, " ")
}

// points reads the values that are kept of a row of the sheet behind a chart.
func (r *reader) points(e *element, from1904 bool) map[int]string {
	for _, ref := range e.in() {
		for _, cache := range append([]*element{ref}, ref.in()...) {
			switch cache.name {
			case "strCache", "strLit":
				return pointsOf(cache, words)
			case "numCache", "numLit":
				code := cache.kid("formatCode").textOf()
				return pointsOf(cache, func(v, own string) string {
					if own == "" {
						own = code
					}
					return formatted(v, own, from1904)
				})
			case "multiLvlStrCache":
				return r.multiLevel(cache)
			}
		}
	}
	return nil
}

// words is the form of a value that is text.
func words(v, _ string) string { return strings.Join(strings.Fields(clean(v)), " ") }

// pointsOf reads points, each in a form that may be its own.
func pointsOf(cache *element, form func(value, code string) string) map[int]string {
	all := map[int]string{}
	for _, pt := range cache.all("pt") {
		v := pt.kid("v").textOf()
		if v == "" {
			v = pt.textOf() // of the newer charts
		}
		if v = form(v, pt.get("formatCode")); v != "" {
			all[pt.integer("idx", maxElements)] = v
		}
	}
	return all
}

// multiLevel reads categories that stand in groups. The first level is the
// innermost. A group is named at its first category.
func (r *reader) multiLevel(cache *element) map[int]string {
	const most = 8 // levels
	levels := cache.all("lvl")
	if len(levels) == 0 {
		return nil
	}
	all := pointsOf(levels[0], words)
	numbers := slices.Sorted(maps.Keys(all))
	for _, l := range levels[1:min(len(levels), most)] {
		outer := pointsOf(l, words)
		starts := slices.Sorted(maps.Keys(outer))
		name := ""
		for _, i := range numbers {
			for len(starts) > 0 && starts[0] <= i {
				name, starts = outer[starts[0]], starts[1:]
			}
			if n := len(name) + len(all[i]); name != "" && n <= r.spare {
				r.spare -= n
				all[i] = name + multivac.HeadingSeparator + all[i]
			}
		}
	}
	return all
}

// extendedSeries reads the series of the kinds of charts that came later, such as
// waterfalls.
func (r *reader) extendedSeries(root *element) []series {
	data := map[string]*element{}
	for _, d := range root.at("chartData").all("data") {
		data[d.get("id")] = d
	}
	var all []series
	for _, e := range root.find("series", nil) {
		s := series{name: named(e.kid("tx"))}
		for _, dim := range data[e.kid("dataId").get("val")].in() {
			switch dim.name {
			case "strDim":
				s.categories = r.multiLevel(dim)
			case "numDim":
				l := dim.kid("lvl")
				s.values = pointsOf(l, func(v, _ string) string { return formatted(v, l.get("formatCode"), false) })
			}
		}
		all = append(all, s)
	}
	return all
}

// grid writes series as tables, those of the same categories as one.
func (r *reader) grid(corner string, all []series) {
	for len(all) > 0 {
		n := 1
		for n < len(all) && maps.Equal(all[0].categories, all[n].categories) {
			n++
		}
		r.gridOf(corner, all[:n])
		all = all[n:]
	}
}

// gridOf writes series with the same categories as a table.
func (r *reader) gridOf(corner string, all []series) {
	numbers := maps.Clone(all[0].categories)
	if numbers == nil {
		numbers = map[int]string{}
	}
	points := len(numbers)
	for _, s := range all {
		points += len(s.values)
		for i := range s.values {
			if _, ok := numbers[i]; !ok {
				numbers[i] = ""
			}
		}
	}
	if len(all) > 1 && len(numbers)*len(all) > 8*points+1024 { // hardly a series has a value where another has
		for _, s := range all {
			r.gridOf(corner, []series{s})
		}
		return
	}
	header := []string{corner}
	for _, s := range all {
		header = append(header, s.name)
	}
	var b strings.Builder
	if strings.Join(header, "") != "" && len(numbers) > 0 {
		b.WriteString(sheet.RowOf(header) + "\n" + strings.Repeat("|---", len(header)) + "|\n")
	}
	for _, i := range slices.Sorted(maps.Keys(numbers)) {
		row := []string{numbers[i]}
		for _, s := range all {
			row = append(row, s.values[i])
		}
		b.WriteString(sheet.RowOf(row) + "\n")
		if int64(b.Len()) > r.limits.Bytes {
			break // the output says so
		}
	}
	if len(numbers) == 0 {
		r.text(strings.Join(strings.Fields(strings.Join(header, " ")), " "))
		return
	}
	r.lines(b.String())
}
