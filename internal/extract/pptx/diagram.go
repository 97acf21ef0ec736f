package pptx

import (
	"slices"

	"multivac/internal/extract/parts"
)

// diagram writes the text of a diagram (SmartArt). It stands twice in the file: as it
// is drawn, and as data. What is drawn is read, and the data where nothing is.
func (r *reader) diagram(ids *element, to map[string]parts.Reference) error {
	data := to[ids.get("r:dm")]
	if data.Target == "" || data.Outside {
		r.text("(a diagram of this slide cannot be read)")
		return nil
	}
	if r.done[data.Target] {
		return nil
	}
	r.done[data.Target] = true
	root, err := r.load(data.Target)
	if err != nil {
		return r.unread("a diagram", err)
	}
	prompts := map[string]bool{}
	for _, pt := range root.kid("ptLst").all("pt") {
		if p := pt.kid("prSet"); p.is("phldr") {
			prompts[p.get("phldrT")] = true
		}
	}
	drawn, err := r.drawn(root, to)
	if err != nil {
		return err
	}
	if len(drawn) == 0 {
		drawn = r.nodes(root)
	}
	r.paragraphs(slices.DeleteFunc(drawn, func(p paragraph) bool { return prompts[p.text] }))
	return nil
}

// drawn returns the paragraphs of a diagram as it is drawn, as a list.
func (r *reader) drawn(data *element, to map[string]parts.Reference) ([]paragraph, error) {
	id := ""
	for _, e := range data.find("dataModelExt", nil) {
		id = e.get("relId")
	}
	part := to[id].Target
	if to[id].Kind != "diagramDrawing" || to[id].Outside {
		if part = related(to, "diagramDrawing"); count(to, "diagramDrawing") != 1 || count(to, "diagramData") != 1 {
			return nil, nil
		}
	}
	root, err := r.load(part)
	if err != nil {
		return nil, r.fatal(err)
	}
	var all []paragraph
	for _, body := range root.find("txBody", nil) {
		all = append(all, listed(paragraphs(body, marks{}), 0)...)
	}
	return all, nil
}

func count(to map[string]parts.Reference, kind string) (n int) {
	for _, t := range to {
		if t.Kind == kind {
			n++
		}
	}
	return n
}

// listed returns paragraphs as items of a list, that many levels deeper.
func listed(all []paragraph, deeper int) []paragraph {
	for i := range all {
		if all[i].mark != numbered {
			all[i].mark = bullet
		}
		all[i].level = min(all[i].level+deeper, levels-1)
	}
	return all
}

// nodes returns the paragraphs of the data of a diagram: each node, and below it
// those that hang on it.
func (r *reader) nodes(data *element) []paragraph {
	points := map[string]*element{}
	var ids []string
	for _, pt := range data.kid("ptLst").all("pt") {
		switch pt.get("type") {
		case "", "node", "asst", "doc":
			ids = append(ids, pt.get("modelId"))
			points[pt.get("modelId")] = pt
		}
	}
	below := map[string][]*element{}
	for _, c := range data.kid("cxnLst").all("cxn") {
		if kind := c.get("type"); kind == "" || kind == "parOf" {
			below[c.get("srcId")] = append(below[c.get("srcId")], c)
		}
	}
	for _, c := range below {
		slices.SortStableFunc(c, func(a, b *element) int {
			return a.integer("srcOrd", maxElements) - b.integer("srcOrd", maxElements)
		})
	}
	t := tree{points: points, below: below, deepest: min(r.limits.Depth, levels)}
	for _, id := range ids {
		if points[id] != nil && points[id].get("type") == "doc" {
			t.walk(id, -1)
		}
	}
	for _, id := range ids { // nodes that hang on none
		t.walk(id, 0)
	}
	return t.all
}

// A tree is the data of a diagram. A node that was read is no longer among its
// points.
type tree struct {
	points  map[string]*element
	below   map[string][]*element
	deepest int
	all     []paragraph
}

// walk appends the paragraphs of a node and of those below it.
func (t *tree) walk(id string, level int) {
	pt := t.points[id]
	if pt == nil || level > maxDepth {
		return
	}
	delete(t.points, id)
	if !pt.kid("prSet").is("phldr") {
		t.all = append(t.all, listed(paragraphs(pt.kid("t"), marks{}), min(max(level, 0), t.deepest))...)
	}
	for _, c := range t.below[id] {
		t.walk(c.get("destId"), level+1)
	}
}
