package pdf

import (
	"regexp"
	"strconv"
	"strings"
)

// Running heads and feet are told from other text by that they stand on one
// height of several pages, among the first or last lines and apart from the rest,
// with the same words and numbers, but for those that count the pages. So is the
// number of the page, alone or as in "Page 3 of 5".

const (
	edgeLines = 3    // lines at the top and at the bottom that may be running
	sameEdge  = 8    // points between the heights of one running line
	leastRuns = 3    // pages that it stands on
	edgeGap   = 1.5  // between running lines and the rest, in sizes of their font
	edge      = 0.15 // of the height of a page, in which what the file marks as no content is left out
)

var (
	digits     = regexp.MustCompile(`\d+`)
	roman      = regexp.MustCompile(`^[ivxl]{1,7}$`)
	pageNumber = regexp.MustCompile(`(?i)^[-–—\[(|·\s]*(page|seite|pagina|página|pág\.?|p\.|s\.|стр\.?|第)?\s*#\s*((of|/|von|de|di|из|van)\s*#)?\s*(页|頁|ページ)?[-–—\])|·\s]*$`)
)

// running takes the running lines out of all pages.
func (d *document) running() {
	type mark struct {
		page int
		y    float32
	}
	marks := map[string][]mark{}
	d.edges(func(i int, p *leaf, k int) bool {
		y := p.height(k)
		for _, key := range edgeKeys(p.rows[0][k].text(false), p.number) {
			if n := len(marks[key]); n == 0 || marks[key][n-1].page != i { // once a page
				marks[key] = append(marks[key], mark{i, y})
			}
		}
		return false
	})
	d.edges(func(i int, p *leaf, k int) bool {
		r, y := p.rows[0][k], p.height(k)
		if isNumberOf(p, r) {
			return true
		}
		if k+1 < len(p.rows[0]) && aligned(r, p.rows[0][k+1]) || r.main().size >= largerBy*d.body {
			return false // the head of a table, or a heading
		}
		for _, key := range edgeKeys(r.text(false), p.number) {
			same := 0
			for _, m := range marks[key] {
				if abs(m.y-y) <= sameEdge {
					same++
				}
			}
			if same >= leastPages || same >= leastRuns && !strings.HasPrefix(key, counts) {
				return marks[key][0].page != i || !inParagraph(p.rows[0], k)
			}
		}
		return false
	})
}

// longLine is how many letters a line of a paragraph has at least.
const longLine = 40

// inParagraph reports whether a line is one of several long ones. They say
// something, which is read on the first of the pages that have it.
func inParagraph(rows []row, k int) bool {
	long := func(r row) bool { return r.main().letters >= longLine }
	near := func(i, j int) bool {
		return i >= 0 && j < len(rows) && rows[j].y()-rows[i].y() < edgeGap*rows[i].main().size && (long(rows[i]) || long(rows[j]))
	}
	return near(k-1, k) || near(k, k+1)
}

// edges calls drop for each line at the top and bottom of each page, and takes
// those lines out for which it returns true.
func (d *document) edges(drop func(page int, p *leaf, row int) bool) {
	for i := range d.pages {
		p := &d.pages[i]
		if len(p.rows) == 0 {
			continue
		}
		rows := p.rows[0]
		gone := map[int]bool{}
		top, bottom := apart(rows)
		for k := range rows {
			if (k < top || k >= bottom) && drop(i, p, k) {
				gone[k] = true
			}
		}
		if len(gone) == 0 {
			continue
		}
		kept := make([]row, 0, len(rows))
		for k, r := range rows {
			if !gone[k] {
				kept = append(kept, r)
			}
		}
		p.rows[0] = kept
	}
}

// apart returns where the lines end that stand at the top of a page apart from the
// rest, and where those at the bottom begin.
func apart(rows []row) (top, bottom int) {
	bottom = len(rows)
	gap := func(k int) bool {
		return rows[k].y()-rows[k-1].y() > edgeGap*max(rows[k-1].main().size, rows[k].main().size)
	}
	for k := 1; k <= edgeLines && k < len(rows); k++ {
		if gap(k) {
			top = k
		}
		if gap(len(rows) - k) {
			bottom = len(rows) - k
		}
	}
	if len(rows) == 1 {
		top = 1
	}
	return top, bottom
}

// height returns how far below the top of the page a line stands.
func (p *leaf) height(k int) float32 { return p.rows[0][k].y() - p.all[0].top }

// edgeKeys returns what a line at the edge has in common with those of other pages:
// its text, and its text with all numbers, the first or the last one relative to
// the number of the page.
func edgeKeys(t string, page int) []string {
	at := digits.FindAllStringIndex(t, -1)
	if len(at) == 0 {
		return []string{t}
	}
	relative := func(from, to int) string {
		var b strings.Builder
		end := 0
		for _, span := range at[from:to] {
			n, _ := strconv.Atoi(t[span[0]:span[1]])
			b.WriteString(t[end:span[0]] + "\x00" + strconv.Itoa(n-page))
			end = span[1]
		}
		return b.String() + t[end:]
	}
	keys := []string{t, relative(0, len(at)), relative(0, 1), relative(len(at)-1, len(at))}
	if from := at[len(at)-1][0]; at[len(at)-1][1] == len(t) && from > 0 && t[from-1] == ' ' {
		keys = append(keys, counts+"last"+relative(len(at)-1, len(at))[from:])
	}
	if to := at[0][1]; at[0][0] == 0 && to < len(t) && t[to] == ' ' {
		first := relative(0, 1)
		keys = append(keys, counts+"first"+first[:len(first)-len(t)+to])
	}
	return keys
}

// counts begins the key of a line that counts the pages at its beginning or end,
// whatever its words are, such as those of a chapter. Such a line has to stand on
// more pages.
const (
	counts     = "\x00counts "
	leastPages = 6
)

// isNumberOf reports whether a line says the number of its page and nothing else.
func isNumberOf(p *leaf, r row) bool {
	t := strings.Trim(strings.ToLower(r.text(false)), "-–—[]()|· ")
	if p.label != "" && t == strings.ToLower(p.label) || roman.MatchString(t) && len(p.rows[0]) > 1 {
		return true
	}
	if !pageNumber.MatchString(digits.ReplaceAllString(t, "#")) {
		return false
	}
	n := digits.FindString(t)
	return n == digits.FindString(p.label) && n != "" || n == strconv.Itoa(p.number)
}

// aligned reports whether two lines have the same columns, as those of a table do.
func aligned(a, b row) bool {
	if len(a) < 2 || len(a) != len(b) {
		return false
	}
	for i := range a {
		if abs(a[i].x0-b[i].x0) > 2 && abs(a[i].x1-b[i].x1) > 2 {
			return false
		}
	}
	return true
}

// manyAsides is how many characters heads and feet do not have.
const manyAsides = 600

// withoutAsides returns rows without what the file marks as no content at the top
// and bottom of the page, unless it marks much of the page so.
func withoutAsides(rows []row, s *plane) []row {
	marked, all := 0, 0
	for _, g := range s.segments {
		all += g.letters
		if g.aside {
			marked += g.letters
		}
	}
	if 4*marked > all && marked > manyAsides {
		return rows
	}
	height := s.bottom - s.top
	kept := make([]row, 0, len(rows))
	for _, r := range rows {
		out := r.y() < s.top+edge*height || r.y() > s.bottom-edge*height
		for _, g := range r {
			out = out && g.aside
		}
		if !out {
			kept = append(kept, r)
		}
	}
	if len(kept) == 0 {
		return rows
	}
	return kept
}
