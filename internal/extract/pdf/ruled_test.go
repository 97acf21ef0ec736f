package pdf

import (
	"strings"
	"testing"
)

// level draws lines from x0 to x1 at heights.
func (p *Page) level(x0, x1 float32, ys ...float32) *Page {
	for _, y := range ys {
		p.rule(x0, y, x1, y+0.5)
	}
	return p
}

// cells draws a text at each place of a line.
func (p *Page) cells(y float32, xs []float32, texts ...string) *Page {
	for i, t := range texts {
		if t != "" {
			p.put(xs[i], y, t)
		}
	}
	return p
}

// A table has a line above, below its header and below, and none that run down.
func TestLevelRules(t *testing.T) {
	xs := []float32{52, 152, 252}
	head := "| Part | Place | Price |\n|---|---|---|\n"
	short := draw().put(50, 740, "Table 1: All of the parts.").level(50, 300, 716, 700, 672).cells(704, xs, "Part", "Place", "Price").
		cells(688, xs, "Pump", "Hall", "40 EUR").cells(676, xs, "Hose", "Yard", "5 EUR").put(50, 650, "All of them are new.")
	spans := draw().level(50, 300, 716, 688, 660).level(150, 300, 702).put(190, 705, "Stock in").cells(691, xs, "Part", "Hall", "Yard").
		cells(676, xs, "Pump", "4", "7").cells(664, xs, "Hose", "", "9")
	wrapped := draw().level(50, 420, 716, 690, 640).cells(706, xs, "Part", "Price in", "What to do").put(152, 694, "euros").
		cells(678, xs, "Pump", "40", "Stop it before the filter is").put(252, 666, "taken out of it.").cells(654, xs, "Hose", "5", "Change it.").cells(644, xs, "All", "45")
	for name, c := range map[string]struct {
		page *Page
		want string
	}{
		"two rows":         {short, blocks("Table 1: All of the parts.", head+"| Pump | Hall | 40 EUR |\n| Hose | Yard | 5 EUR |", "All of them are new.")},
		"a header of two":  {spans, "| Part | Stock in › Hall | Stock in › Yard |\n|---|---|---|\n| Pump | 4 | 7 |\n| Hose |  | 9 |"},
		"lines that go on": {wrapped, "| Part | Price in euros | What to do |\n|---|---|---|\n| Pump | 40 | Stop it before the filter is taken out of it. |\n| Hose | 5 | Change it. |\n| All | 45 |  |"},
	} {
		if got := text(t, c.page); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// Text between lines is no table: below that of a running head, above that of a
// footnote, in a box, or in columns.
func TestTextBetweenRules(t *testing.T) {
	sentence := strings.Join(alpha, " ")
	for name, p := range map[string]*Page{
		"an abstract": draw().put(50, 760, "The Harbour").put(400, 760, "Volume 3").level(50, 560, 750, 720, 640).put(200, 730, "Abstract").lines(50, 700, alpha...),
		"a footnote":  draw().put(50, 760, "The Harbour").put(400, 760, "Volume 3").level(50, 560, 770, 750, 100).lines(50, 700, alpha...).put(50, 80, "See there."),
		"columns":     draw().level(50, 560, 770, 750, 600).put(50, 760, "The Harbour").put(400, 760, "Volume 3").lines(50, 700, alpha...).lines(320, 700, beta...),
		"a program":   draw().level(50, 560, 740, 720, 600).put(50, 728, "Algorithm 1: the pump").lines(50, 700, alpha...),
	} {
		if got := text(t, p); strings.Contains(got, "|") || !strings.Contains(got, sentence) {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}
