package pdf

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/place"
)

// A drawing is a file as a Reader reads it.
type drawing struct {
	info  Info
	pages []Page
}

// Read implements Reader.
func (d drawing) Read(_ context.Context, _ []byte, _ Limits, page func(Page) error) (Info, error) {
	for i, p := range d.pages {
		p.Number = i + 1
		if err := page(p); err != nil {
			return d.info, err
		}
	}
	return d.info, nil
}

// draw returns a page on which nothing is drawn yet.
func draw() *Page { return &Page{Box: Rect{0, 0, 600, 800}} }

// style returns the number of a style.
func (p *Page) style(s Style) int32 {
	if s.Size == 0 {
		s.Size = 10
	}
	if s.Colour == 0 {
		s.Colour = 0xff
	}
	if i := slices.Index(p.Styles, s); i >= 0 {
		return int32(i)
	}
	p.Styles = append(p.Styles, s)
	return int32(len(p.Styles) - 1)
}

// put draws a text, with letters half as wide as high.
func (p *Page) put(x, y float32, text string, styles ...Style) *Page {
	s := Style{}
	for _, s = range styles {
	}
	n := p.style(s)
	size := p.Styles[n].Size
	flags := SpaceBefore
	for i, c := range []rune(text) {
		left := x + float32(i)*size/2
		p.Glyphs = append(p.Glyphs, Glyph{Rune: c, Style: n, X: left, Y: y, Box: Rect{left, y - size/4, left + size/2, y + size*3/4}, Flags: flags})
		flags = 0
	}
	return p
}

// together takes the gaps out that are noted between what is drawn.
func (p *Page) together() *Page {
	for i := range p.Glyphs {
		p.Glyphs[i].Flags = 0
	}
	return p
}

// lines draws lines below each other.
func (p *Page) lines(x, y float32, lines ...string) *Page {
	for i, l := range lines {
		p.put(x, y-float32(12*i), l)
	}
	return p
}

func format(info Info, pages ...*Page) extract.Format {
	d := drawing{info: info}
	for _, p := range pages {
		d.pages = append(d.pages, *p)
	}
	return New(d)
}

// text returns what is made of pages.
func text(t *testing.T, pages ...*Page) string {
	t.Helper()
	return strings.TrimSpace(extracttest.Read(t, format(Info{}, pages...), magic).Text)
}

func blocks(all ...string) string { return strings.Join(all, "\n\n") }

func TestText(t *testing.T) {
	for name, c := range map[string]struct {
		page *Page
		want string
	}{
		"a paragraph": {draw().lines(50, 700, "The pump has to be stopped before", "the filter is taken out of it."),
			"The pump has to be stopped before the filter is taken out of it."},
		"a gap between paragraphs": {draw().lines(50, 700, "The pump stops.").lines(50, 670, "The filter is new."),
			blocks("The pump stops.", "The filter is new.")},
		"the next word would have fitted": {draw().lines(50, 700, "The pump stops for the night and all day.", "It is old.", "The filter is new and has no holes in it."),
			blocks("The pump stops for the night and all day. It is old.", "The filter is new and has no holes in it.")},
		"a broken word":                   {draw().lines(50, 700, "It needs mainte-", "nance at once."), "It needs maintenance at once."},
		"a word with a hyphen of its own": {draw().lines(50, 700, "The on-call list has the on-", "call numbers."), "The on-call list has the on-call numbers."},
		"years and capitals":              {draw().lines(50, 700, "From 2019-", "2020 in Baden-", "Baden and COVID-", "19 there."), "From 2019-2020 in Baden-Baden and COVID-19 there."},
		"no spaces in Japanese":           {draw().lines(50, 700, "港の事務所は九時に開き、五時", "に閉まります。"), "港の事務所は九時に開き、五時に閉まります。"},
		"gaps are spaces":                 {draw().put(50, 700, "Two").put(68, 700, "words"), "Two words"},
		"a raised number":                 {draw().put(50, 700, "m").put(55, 704, "2", Style{Size: 6}).put(62, 700, "of floor"), "m 2 of floor"},
		"the foot is drawn first": {draw().put(50, 20, "At the foot of the page.").put(50, 700, "At its head."),
			blocks("At its head.", "At the foot of the page.")},
		"an accent before its letter": {draw().put(50, 700, "Br").put(60, 700, "¨").put(60, 700, "oker").together(), "Bröker"},
		"a space that is not drawn":   {draw().put(50, 700, "any").put(67.5, 700, "remaining").together(), "any remaining"},
		"a heading of two lines":      {draw().put(50, 730, "Pumps and", Style{Size: 20}).put(50, 706, "filters", Style{Size: 20}).lines(50, 680, "The pump stops here."), blocks("# Pumps and filters", "The pump stops here.")},
		"the number of a section":     {draw().put(50, 730, "1.2", Style{Bold: true}).put(80, 730, "Pumps", Style{Bold: true}).lines(50, 715, "They stop."), blocks("## 1.2 Pumps", "They stop.")},
		"a list": {draw().put(50, 700, "•").put(70, 700, "the pump, which is").put(70, 688, "old").put(50, 676, "•").put(70, 676, "the filter").put(90, 664, "– of paper"),
			"- the pump, which is old\n- the filter\n  - of paper"},
		"numbers of a list": {draw().lines(50, 700, "1. Stop the pump.", "2. Take out the filter."), "1. Stop the pump.\n2. Take out the filter."},
		"headings": {draw().put(50, 750, "Pumps", Style{Size: 18}).put(50, 720, "Care", Style{Size: 14}).lines(50, 700, "The pump stops.").put(50, 660, "Filters", Style{Bold: true}).lines(50, 645, "They are new."),
			blocks("# Pumps", "## Care", "The pump stops.", "#### Filters", "They are new.")},
		"not taken for Markdown": {draw().lines(50, 700, "# not a heading"), `\# not a heading`},
		"twice for a shadow":     {draw().put(50, 700, "Shadow").put(51, 699, "Shadow"), "Shadow"},
		"twice letter by letter": {draw().put(50, 700, "B").put(50.5, 700, "B").put(55, 700, "e").put(55.5, 700, "e").together(), "Be"},
		"a leader":               {draw().put(50, 700, "Pumps ...... 5"), "Pumps… 5"},
		"half characters":        {draw().put(50, 700, "a\U0001f600b"), "a😀b"},
		"upside down":            {draw().put(550, 100, "x", Style{Angle: 180}), "x"},
	} {
		if got := text(t, c.page); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

var (
	alpha = []string{"Alpha column text speaks about the", "harbour office and its opening hours", "on weekdays. It opens at nine and", "closes at five."}
	beta  = []string{"Beta column text speaks about the", "museum shop and the price of tickets", "for groups. A group of ten pays", "eight euros."}
	both  = blocks("Alpha column text speaks about the harbour office and its opening hours on weekdays. It opens at nine and closes at five.",
		"Beta column text speaks about the museum shop and the price of tickets for groups. A group of ten pays eight euros.")
)

// Columns are read one after the other, however they are drawn.
func TestColumns(t *testing.T) {
	byRow, shifted := draw(), draw()
	for i := range alpha {
		y := 700 - float32(12*i)
		byRow.put(50, y, alpha[i]).put(320, y, beta[i])
		shifted.put(50, y, alpha[i]).put(320, y-5, beta[i])
	}
	upwards := draw()
	for i := len(alpha) - 1; i >= 0; i-- {
		upwards.put(320, 700-float32(12*i), beta[i]).put(50, 700-float32(12*i), alpha[i])
	}
	for name, p := range map[string]*Page{"column by column": draw().lines(50, 700, alpha...).lines(320, 700, beta...), "row by row": byRow, "not on one line": shifted, "from below": upwards} {
		if got := text(t, p); got != both {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
	p := draw().put(50, 730, strings.Repeat("Above both ", 9)).lines(50, 700, alpha...).lines(320, 700, beta...).put(50, 600, strings.Repeat("Below both ", 9))
	if got := text(t, p); !strings.HasPrefix(got, "Above both") || !strings.Contains(got, both) || !strings.HasSuffix(got, "Below both") {
		t.Errorf("got\n%s", got)
	}
}

func TestTable(t *testing.T) {
	p := draw().put(50, 740, "Prices of all that there is.")
	for i, r := range [][3]string{{"Part", "Price", "Stock"}, {"Pump", "40 EUR", "7"}, {"Filter", "5 EUR", "120"}, {"", "with case", ""}, {"Hose", "12 EUR", ""}} {
		for c, cell := range r {
			if cell != "" {
				p.put(50+float32(150*c), 700-float32(12*i), cell)
			}
		}
	}
	want := blocks("Prices of all that there is.", "| Part | Price | Stock |\n|---|---|---|\n| Pump | 40 EUR | 7 |\n| Filter | 5 EUR with case | 120 |\n| Hose | 12 EUR |  |")
	if got := text(t, p); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Words with what is said of each are no table.
func TestHanging(t *testing.T) {
	p := draw()
	for i, r := range [][2]string{{"-c", "If this option is there, then commands are read"}, {"", "from the first argument that is no option."}, {"-i", "The shell asks for commands."}, {"-l", "It acts as if it had been the first one that"}, {"", "the user has seen."}} {
		for c, cell := range r {
			if cell != "" {
				p.put(50+float32(60*c), 700-float32(12*i), cell)
			}
		}
	}
	want := blocks("-c If this option is there, then commands are read from the first argument that is no option.", "-i The shell asks for commands.", "-l It acts as if it had been the first one that the user has seen.")
	if got := text(t, p); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Columns stay columns where a few lines are drawn elsewhere, and where one of them
// has a table.
func TestColumnsWithTable(t *testing.T) {
	p := draw().put(50, 715, "Left head here").put(320, 715, "Right head here").lines(50, 700, alpha...).lines(50, 640, alpha...).lines(320, 700, beta...)
	for i, r := range [][2]string{{"Part", "Price"}, {"Pump", "40 EUR"}, {"Filter", "5 EUR"}, {"Hose", "12 EUR"}} {
		p.put(320, 640-float32(12*i), r[0]).put(450, 640-float32(12*i), r[1])
	}
	got := text(t, p)
	if !strings.Contains(got, "at five. Alpha") && !strings.Contains(got, "at five.\n\nAlpha") || !strings.Contains(got, "| Filter | 5 EUR |") || strings.Index(got, "Beta") < strings.LastIndex(got, "at five.") {
		t.Errorf("got\n%s", got)
	}
}

// A table of contents is left out; a list of prices is not.
func TestContents(t *testing.T) {
	list := func(numbers ...string) *Page {
		p := draw().put(50, 730, "What there is")
		for i, n := range numbers {
			p.put(50, 700-float32(30*i), "Pumps and filters .......... "+n)
		}
		return p.lines(50, 500, "That is", "all that there", "is of", "these.")
	}
	if got := text(t, list("1", "3", "3", "12", "iv")); strings.Contains(got, "Pumps") || !strings.Contains(got, "What there is") || !strings.Contains(got, "these.") {
		t.Errorf("got\n%s", got)
	}
	if got := text(t, list("9", "3", "4", "2")); strings.Count(got, "Pumps and filters… ") != 4 {
		t.Errorf("got\n%s", got)
	}
}

// What nobody sees is left out.
func TestUnseen(t *testing.T) {
	seen := func() *Page { return draw().put(50, 700, "Seen.") }
	white, noInk, clips := Style{Colour: 0xffffffff}, Style{Mode: 3}, Style{Mode: 7}
	for name, p := range map[string]*Page{
		"outside":         seen().put(50, 900, "Not"),
		"white":           seen().put(50, 600, "Not", white),
		"without ink":     seen().put(50, 600, "Not", noInk),
		"without opacity": seen().put(50, 600, "Not", Style{Colour: 0xff000000}),
		"clips":           seen().put(50, 600, "Not", clips),
		"tiny":            seen().put(50, 600, "Not", Style{Size: 0.5}),
	} {
		if got := text(t, p); got != "Seen." {
			t.Errorf("%s: got %q", name, got)
		}
	}
	on := func(p *Page) *Page { p.Fills = append(p.Fills, Rect{0, 580, 600, 640}); return p }
	scan := func(p *Page) *Page { p.Pictures = append(p.Pictures, Rect{0, 0, 600, 800}); return p }
	for name, p := range map[string]*Page{"white on colour": on(seen().put(50, 600, "Too", white)), "under a scan": scan(seen().put(50, 600, "Too", noInk))} {
		if got := text(t, p); got != blocks("Seen.", "Too") {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

// Text of pages goes on over their borders, without heads and feet, and stands
// on its page.
func TestPages(t *testing.T) {
	page := func(n string, lines ...string) *Page {
		return draw().put(50, 780, "The Harbour Handbook").put(280, 20, "Page "+n+" of 4").lines(50, 700, lines...)
	}
	filled := strings.Repeat("The office is open all day. ", 3)
	f := format(Info{}, page("1", filled, "A sentence that begins on page one and"), page("2", "ends on page two, where the main-"), page("3", "tenance begins."), page("4", filled))
	e := extracttest.Read(t, f, magic)
	want := blocks(strings.TrimSpace(filled)+" A sentence that begins on page one and\nends on page two, where the maintenance\nbegins.", strings.TrimSpace(filled)) + "\n"
	if e.Text != want {
		t.Errorf("got\n%s\nwant\n%s", e.Text, want)
	}
	for what, n := range map[string]int{"A sentence": 1, "ends on": 2, "begins.": 3} {
		if got := place.At(e.Places, e.Text, strings.Index(e.Text, what)); got != (multivac.Place{Page: n}) {
			t.Errorf("%q is at %v, want page %d", what, got, n)
		}
	}
}

// A page is cited by its label, too, where that is not its number.
func TestLabels(t *testing.T) {
	page := func(label, line string) *Page {
		p := draw().put(50, 700, line)
		p.Label = label
		return p
	}
	f := format(Info{}, page("i", "The preface thanks all."), page("2", "The valve opens at four bar."), page("\u202eA\x00 -\n3", "The appendix lists parts."), page("", "The index ends it."))
	e := extracttest.Read(t, f, magic)
	for what, want := range map[string]multivac.Place{
		"The preface": {Page: 1, Label: "i"}, "The valve": {Page: 2}, "The appendix": {Page: 3, Label: "A - 3"}, "The index": {Page: 4},
	} {
		if got := place.At(e.Places, e.Text, strings.Index(e.Text, what)); got != want {
			t.Errorf("%q is at %v, want %v", what, got, want)
		}
	}
}

// A paragraph that several pages begin with is read once.
func TestRepeatedParagraph(t *testing.T) {
	page := func(n string) *Page {
		return draw().put(50, 780, "The Harbour Handbook").lines(50, 740, "Nobody may enter the hall of the pumps while a red lamp", "is on.").lines(50, 690, "This is page "+n, "of all.", "It ends", "here.")
	}
	got := text(t, page("one"), page("two"), page("three"))
	if strings.Count(got, "Nobody may enter the hall of the pumps while a red lamp is on.") != 1 || strings.Contains(got, "Handbook") {
		t.Errorf("got\n%s", got)
	}
}

// A head of a table, or a heading, is no running head.
func TestNoRunningHead(t *testing.T) {
	page := func(a, b string) *Page {
		p := draw().put(50, 780, "Rules", Style{Size: 16})
		for i, r := range [][2]string{{"Part", "Price"}, {a, "1"}, {b, "2"}} {
			p.put(50, 700-float32(12*i), r[0]).put(300, 700-float32(12*i), r[1])
		}
		return p
	}
	if got := text(t, page("a", "b"), page("c", "d"), page("e", "f")); strings.Count(got, "# Rules") != 3 || strings.Count(got, "| Part | Price |") < 1 {
		t.Errorf("got\n%s", got)
	}
}

func TestBookmarksAndStructure(t *testing.T) {
	p := draw().lines(50, 700, "1 Pumps").lines(50, 680, "They stop.")
	e := extracttest.Read(t, format(Info{Title: "Microsoft Word - x.docx", Bookmarks: []Bookmark{{"Pumps", 1, 1}}}, p), magic)
	if e.Text != "## 1 Pumps\n\nThey stop.\n" || e.Title != "1 Pumps" {
		t.Errorf("got %q, title %q", e.Text, e.Title)
	}
	p = draw().put(50, 700, "Pumps", Style{Element: 2}).put(50, 688, "All of them", Style{Element: 3}).put(50, 676, "Large.", Style{Size: 30, Element: 4})
	p.Elements = []Element{{"Document", 0}, {"H2", 1}, {"P", 1}, {"P", 1}}
	if got := text(t, p); got != blocks("## Pumps", "All of them", "Large.") {
		t.Errorf("got %q", got)
	}
}

func TestForms(t *testing.T) {
	p := draw().put(50, 700, "Name:")
	p.Values = []Field{{Rect{100, 696, 200, 710}, "Bella"}}
	p.Comments = []string{"Ask her\nfirst."}
	if got := text(t, p); got != blocks("Name: Bella", "Ask her first.") {
		t.Errorf("got %q", got)
	}
}

// Lines from right to left are read in the order of reading, whichever the order of
// drawing is; numbers and words of other scripts in them from left to right.
func TestRightToLeft(t *testing.T) {
	reverse := func(s string) string { r := []rune(s); slices.Reverse(r); return string(r) }
	for want, drawn := range map[string]string{
		"המשרד נפתח בשעה 9:00 בבוקר.": "." + reverse("בבוקר") + " 9:00 " + reverse("בשעה") + " " + reverse("נפתח") + " " + reverse("המשרד"),
		"the word שלום עולם in it":    "the word " + reverse("שלום עולם") + " in it",
		"גרסה Version 2.0 חדשה":       reverse("חדשה") + " Version 2.0 " + reverse("גרסה"),
		"المكتب (مفتوح) يوم 5":        "5 " + reverse("يوم") + " (" + reverse("مفتوح") + ") " + reverse("المكتب"),
	} {
		if got := text(t, draw().put(50, 700, drawn)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		backwards := draw().put(50, 700, drawn)
		slices.Reverse(backwards.Glyphs)
		if got := text(t, backwards); got != want && isRTL([]rune(want)[0]) {
			t.Errorf("drawn from the right: got %q, want %q", got, want)
		}
	}
}

func TestUnread(t *testing.T) {
	picture := draw()
	picture.Pictures = []Rect{{0, 0, 600, 800}}
	controls := draw().put(50, 700, strings.Repeat("\x03", 30))
	failed := &Page{Failed: "it is broken"}
	for want, p := range map[string]*Page{"(page 2 is a picture without text)": picture, "(page 2 could not be read: its fonts do not say which characters they draw)": controls, "(page 2 could not be read: it is broken)": failed} {
		if got := text(t, draw().put(50, 700, "One."), p); got != blocks("One.", want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for want, p := range map[string]*Page{"(OCR)": picture, "which characters": controls, "it is broken": failed, "no text in it": draw()} {
		if _, err := (extract.Formats{format(Info{}, p)}).Extract(t.Context(), "application/pdf", []byte(magic), extract.Default); !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want ErrInvalid with %q", err, want)
		}
	}
}

// Fonts that do not say what they draw are read where their numbers make sense.
func TestGuessed(t *testing.T) {
	unnamed := func(lines ...string) *Page {
		p := draw().lines(50, 700, lines...)
		for i := range p.Glyphs {
			p.Glyphs[i].Flags |= NoUnicode
		}
		return p
	}
	said := "The pump has to be stopped before the filter is taken out of it."
	for _, want := range []string{said, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"} {
		if got := text(t, unnamed(want)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	shifted := strings.Map(func(c rune) rune { return c + 3 }, said)
	if got := text(t, draw().put(50, 700, "One."), unnamed(shifted, shifted)); !strings.Contains(got, "(page 2 could not be read") {
		t.Errorf("got %q", got)
	}
}

func TestNotPDF(t *testing.T) {
	f := format(Info{}, draw())
	for in, want := range map[string]string{"": "empty", "<html>": "not a PDF file"} {
		for _, err := range []error{f.Check([]byte(in)), second(f.Extract(t.Context(), []byte(in), extract.Default))} {
			if !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: got %v, want %q", in, err, want)
			}
		}
	}
	if _, err := New(nil).Extract(t.Context(), []byte(magic), extract.Default); err == nil || !strings.Contains(err.Error(), "no reader of PDF") {
		t.Errorf("got %v", err)
	}
	if !f.Begins([]byte("\n%PDF-1.7")) || f.Begins([]byte("PDF")) {
		t.Error("a PDF is not known by how it begins")
	}
}

func second[A, B any](_ A, b B) B { return b }

func TestLimits(t *testing.T) {
	p := draw()
	for i := range 50 {
		p.put(50, 790-float32(15*i), strings.Repeat("word ", 20))
	}
	f := format(Info{}, slices.Repeat([]*Page{p}, 100)...)
	if _, err := f.Extract(t.Context(), []byte(magic), extract.Limits{Bytes: 10_000, Pages: 5000}); !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if _, err := f.Extract(ctx, []byte(magic), extract.Default); !errors.Is(err, enough) {
		t.Errorf("got %v, want the reason why its time ended", err)
	}
}

// What is drawn to take long is read in time that grows with it.
func TestHostile(t *testing.T) {
	one, many := draw(), draw()
	for i := range 100_000 {
		x, y := float32(i%1000)*0.6, 799-float32(i/1000)*7.9
		many.put(x, y, "•", Style{Size: 1.2})
		one.put(x, 400, "-", Style{Size: 1.2})
	}
	boxes := draw()
	for i := range 600 { // each with its four cells
		x, y := float32(i%30)*20, 799-float32(i/30)*39
		boxes.grid([]float32{x, x + 8, x + 16}, []float32{y, y - 16, y - 32})
		for c := range 30 {
			boxes.put(x+float32(c%2)*8+1, y-12-float32(c/2), "x", Style{Size: 1.2})
		}
	}
	for name, p := range map[string]*Page{"a page full of bullets": many, "a line of them": one, "a page full of boxes": boxes} {
		if _, err := format(Info{}, p).Extract(t.Context(), []byte(magic), extract.Default); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	objects := strings.Repeat("1 0 obj<</Type/ObjStm ", 200_000)
	damaged([]byte(magic+objects), 1, extract.Default)
}

// Whatever is drawn, the text can be kept, and all of it is seen text.
func FuzzPage(f *testing.F) {
	f.Add([]byte("The pump\x00stops"), byte(3))
	f.Fuzz(func(t *testing.T, in []byte, seed byte) {
		p := draw()
		p.Elements = []Element{{"H1", 2}, {"P", int32(seed)}}
		p.Styles = []Style{{Size: float32(seed), Angle: float32(seed) * 3, Colour: 255, Element: int32(seed % 4)}, {Size: 10, Colour: 255, Angle: 90}, {Size: 10, Colour: 255, Fixed: seed%2 == 0}}
		for i := 0; i+4 < len(in); i += 5 {
			x, y, size := float32(in[i])*3, float32(in[i+1])*4, float32(in[i+2]%32)
			if in[i+4]%8 == 7 {
				p.rule(x, y, x+size*20, y+1).rule(x, y, x+1, y+size*20)
			}
			p.Glyphs = append(p.Glyphs, Glyph{Rune: rune(in[i+3]) << (in[i+4] % 13), Style: int32(in[i+4]%4) - 1, X: x, Y: y, Box: Rect{x, y, x + size/2, y + size}, Flags: Flags(in[i+4] >> 4)})
		}
		e, err := format(Info{Title: string(in)}, p, p, p).Extract(t.Context(), []byte(magic), extract.Default)
		if err != nil && !errors.Is(err, multivac.ErrInvalid) {
			t.Fatal(err)
		}
		if strings.ContainsFunc(e.Text, func(c rune) bool { return c < ' ' && c != '\n' || c == 0xfffd || c&0xfffe == 0xfffe }) {
			t.Errorf("%q has characters that nobody sees", e.Text)
		}
	})
}

// The pages of a file whose data is damaged are told from the others, in files of
// any structure; and it takes any bytes.
func FuzzDamaged(f *testing.F) {
	f.Add([]byte("1 0 obj<</Pages 2 0 R>>endobj 2 0 obj<</Kids[3 0 R]>>endobj 3 0 obj<</Type/Page/Contents 4 0 R>>endobj 4 0 obj<</Filter/FlateDecode>>stream\nxx\nendstream /Root 1 0 R"), 1)
	f.Add([]byte("1 0 obj<</Pages 1 0 R/Kids[1 0 R]>>endobj /Root 1 0 R"), 1)
	f.Fuzz(func(_ *testing.T, body []byte, n int) { damaged(body, n, extract.Default) })
}

// rule draws a line.
func (p *Page) rule(x0, y0, x1, y1 float32) *Page {
	p.Rules = append(p.Rules, Rect{x0, y0, x1, y1})
	return p
}

// grid draws the lines of a table.
func (p *Page) grid(xs, ys []float32) *Page {
	for _, x := range xs {
		p.rule(x, ys[len(ys)-1], x+0.5, ys[0])
	}
	for _, y := range ys {
		p.rule(xs[0], y, xs[len(xs)-1], y+0.5)
	}
	return p
}

// Lines say where the cells of a table are, whatever the gaps in its text are.
func TestRuledTable(t *testing.T) {
	xs, ys := []float32{50, 150, 250, 400}, []float32{712, 698, 662, 636}
	head := func(p *Page) *Page {
		b := Style{Bold: true}
		return p.put(52, 702, "Part", b).put(152, 702, "Place", b).put(252, 702, "What to do", b)
	}
	// The number of the row stands in its middle, and texts of two rows on one line.
	wrapped := head(draw().put(50, 730, "Parts that wear out.")).grid(xs, ys).put(52, 676, "Pump").put(152, 686, "North hall,").put(152, 676, "at the door").
		lines(252, 688, "Stop it before the", "filter is taken out,", "and wait.").put(52, 646, "Hose").put(152, 652, "Yard").lines(252, 652, "Change it each", "year.").put(50, 610, "All of them are new.")
	// A cell that stands for two rows, and one for two columns.
	spans := head(draw()).rule(50, 712, 400, 712.5).rule(50, 698, 400, 698.5).rule(150, 680, 400, 680.5).rule(50, 662, 400, 662.5).rule(50, 644, 400, 644.5).
		rule(50, 644, 50.5, 712).rule(150, 644, 150.5, 712).rule(250, 662, 250.5, 712).rule(400, 644, 400.5, 712).
		put(52, 676, "Pump").put(152, 685, "Hall").put(252, 685, "Stop").put(152, 667, "Yard").put(252, 667, "Start").put(52, 650, "Hose").put(152, 650, "Everywhere")
	for name, c := range map[string]struct {
		page *Page
		want string
	}{
		"wrapped": {wrapped, blocks("Parts that wear out.", "| Part | Place | What to do |\n|---|---|---|\n| Pump | North hall, at the door | Stop it before the filter is taken out, and wait. |\n| Hose | Yard | Change it each year. |", "All of them are new.")},
		"spans":   {spans, "| Part | Place | What to do |\n|---|---|---|\n| Pump | Hall | Stop |\n| Pump | Yard | Start |\n| Hose | Everywhere | Everywhere |"},
	} {
		if got := text(t, c.page); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// Between two lines there may be many rows; double lines and frames add no cells.
func TestUnruledRows(t *testing.T) {
	p := draw().grid([]float32{50, 53, 150, 250}, []float32{712, 709, 696, 640})
	for i, r := range [][2]string{{"Part", "Price"}, {"Pump", "40"}, {"Filter", "5"}, {"Hose", "12"}, {"Belt", "7"}} {
		style := Style{Bold: i == 0}
		p.put(56, 700-float32(12*i), r[0], style).put(152, 700-float32(12*i), r[1], style)
	}
	if got, want := text(t, p), "| Part | Price |\n|---|---|\n| Pump | 40 |\n| Filter | 5 |\n| Hose | 12 |\n| Belt | 7 |"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A line between two words divides them, however near they are.
func TestDivided(t *testing.T) {
	p := draw().grid([]float32{50, 84, 130}, []float32{712, 698, 684, 670})
	for i, r := range [][2]string{{"Part", "No."}, {"Pumps", "14"}, {"Hoses", "15"}} {
		p.put(53, 702-float32(14*i), r[0]).put(86, 702-float32(14*i), r[1])
	}
	if got := text(t, p); !strings.Contains(got, "| Pumps | 14 |") {
		t.Errorf("got\n%s", got)
	}
}

// Frames around texts are no table.
func TestFrames(t *testing.T) {
	p := draw().grid([]float32{45, 310, 560}, []float32{720, 640, 560}).lines(50, 700, alpha...).lines(320, 700, beta...).lines(50, 620, alpha...).lines(320, 620, beta...)
	for _, lines := range [][]string{alpha, beta} {
		if got, want := text(t, p), strings.Join(lines, " "); strings.Contains(got, "|") || !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

// Where a file marks most of a page as no content, the marks say nothing.
func TestAsides(t *testing.T) {
	aside := Style{Aside: true}
	p := draw().put(50, 790, "Running head", aside).put(50, 400, "Text.")
	if got := text(t, p); got != "Text." {
		t.Errorf("got %q", got)
	}
	p = draw()
	for i := range 60 {
		p.put(50, 790-float32(12*i), "All of this is said to be no content.", aside)
	}
	if got := text(t, p); strings.Count(got, "no content") != 60 {
		t.Errorf("got\n%s", got)
	}
}

// A heading that runs into its text is the beginning of the paragraph.
func TestRunInHeading(t *testing.T) {
	b := Style{Bold: true}
	p := draw().put(50, 740, "Notes on the valve", b).put(50, 700, "Which numbers there are. ", b)
	p.put(50+float32(len("Which numbers there are. "))*5.5, 700, "The valve has no").lines(50, 688, "other number than the one on its plate, which is always", "given with its letter.")
	got := text(t, p)
	if !strings.Contains(got, "# Notes on the valve\n") || !strings.Contains(got, "\nWhich numbers there are. The valve has no other number than") {
		t.Errorf("got\n%s", got)
	}
}

// A first line that is bold or larger, and runs on into the next one, is the
// beginning of its paragraph. One that ends before the margin is a heading, and so
// is one with a gap below it.
func TestFirstLine(t *testing.T) {
	b, large := Style{Bold: true}, Style{Size: 12}
	const runsOn, rest, end = "The harbour office reminds all owners of", "boats that the gate is closed at night and that", "nobody may land there."
	one := runsOn + " " + rest + " " + end
	for name, c := range map[string]struct {
		page *Page
		want string
	}{
		"bold":              {draw().put(50, 700, runsOn+" small", b).lines(50, 688, rest, end), strings.Replace(one, "of boats", "of small boats", 1)},
		"bold, then a name": {draw().put(50, 700, runsOn+" the good old", b).lines(50, 688, "Baltic "+rest, end), strings.Replace(one, "of boats", "of the good old Baltic boats", 1)},
		"larger":            {draw().put(50, 700, runsOn, large).lines(50, 687, rest, end), one},
		"a heading above":   {draw().put(50, 700, "The harbour office", b).lines(50, 688, rest, end), blocks("## The harbour office", rest+" "+end)},
		"a wide heading":    {draw().put(50, 706, runsOn+" small", b).lines(50, 688, rest, end, end, end, end), blocks("## "+runsOn+" small", rest+" "+end, end, end, end)},
		"a title":           {draw().put(50, 700, runsOn, Style{Size: 20}).lines(50, 680, rest, end), blocks("# "+runsOn, rest+" "+end)},
	} {
		if got := text(t, c.page); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}
