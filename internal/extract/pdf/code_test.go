package pdf

import (
	"strings"
	"testing"
)

var fixed = Style{Fixed: true}

// code draws lines in a font whose characters are all as wide.
func (p *Page) code(x, y float32, lines ...string) *Page {
	for i, l := range lines {
		for start := 0; start < len(l); { // spaces are gaps, as TeX draws them
			end := len(l)
			if n := strings.Index(l[start:], "  "); n >= 0 {
				end = start + n
			}
			if text := l[start:end]; text != "" {
				p.put(x+5*float32(start), y-12*float32(i), text, fixed)
			}
			start = end + len(l[end:]) - len(strings.TrimLeft(l[end:], " "))
		}
	}
	return p
}

// Lines in a font of a typewriter are code, with what they are indented by and
// where they end; words in it are not, nor is a whole file in such a font.
func TestCode(t *testing.T) {
	const before, after = "The pump is started by this function, which waits for the valve:", "Nothing else starts it."
	program := []string{"func start(p *pump) {", "    for !p.valve.open {", "        wait()      // for the valve", "    }", "", "    p.run()", "}"}
	shown := "```\n" + strings.Join(program, "\n") + "\n```"
	const sentence, long = "An office that is open all day calls the function", "that is named here and that begins with a letter,"
	letter := []string{"The pump has to be stopped before", "the filter is taken out of it.", "", "Nothing else is to be done then,", "and nobody has to wait for it."}
	for name, c := range map[string]struct {
		page *Page
		want string
	}{
		"a program":             {draw().put(50, 700, before).code(60, 680, program...).put(50, 580, after), blocks(before, shown, after)},
		"close to its text":     {draw().put(50, 700, before).code(50, 688, program...).put(50, 604, after), blocks(before, shown, after)},
		"lines of both margins": {draw().put(50, 700, before).code(50, 680, "{", "                    one()", "}", "{", "                    two()", "}", "{", "                    three()", "}").put(50, 560, after), blocks(before, "```\n{\n                    one()\n}\n{\n                    two()\n}\n{\n                    three()\n}\n```", after)},
		"a command":             {draw().put(50, 700, before).code(70, 680, "pump start --now").put(50, 660, after), blocks(before, "```\npump start --now\n```", after)},
		"a fence in it":         {draw().put(50, 700, before).code(70, 680, "```", "go on").put(50, 650, after), blocks(before, "````\n```\ngo on\n````", after)},
		"words in a sentence": {draw().put(50, 700, "Call").put(75, 700, "p.run()", fixed).put(115, 700, "to start the pump at once."),
			"Call p.run() to start the pump at once."},
		"a line in a sentence": {draw().put(50, 700, sentence).put(50, 688, "start_the_pump(valve, filter, hall, yard, gate)", fixed).put(50, 676, long).put(50, 664, "and ends."),
			sentence + " start_the_pump(valve, filter, hall, yard, gate) " + long + " and ends."},
		"an address": {draw().put(50, 700, before).put(50, 670, "https://example.org/pumps", fixed).put(50, 640, after), blocks(before+" https://example.org/pumps", after)},
		"a heading":  {draw().put(50, 700, "p.run()", Style{Fixed: true, Size: 16}).lines(50, 670, before, after), blocks("# p.run()", before+" "+after)},
		"a letter":   {draw().code(50, 700, letter...), blocks("The pump has to be stopped before the filter is taken out of it.", "Nothing else is to be done then, and nobody has to wait for it.")},
		"a quotation": {draw().put(50, 700, long+" at").put(50, 688, "the end.").code(50, 660, "The pump has to be stopped before the night,", "and nobody has to wait for it in the hall."),
			blocks(long+" at the end.", "The pump has to be stopped before the night, and nobody has to wait for it in the hall.")},
	} {
		if got := text(t, c.page); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// Code in a column stands where it is read, whatever stands next to it.
func TestCodeInColumns(t *testing.T) {
	program := []string{"func start() {", "    run()", "}"}
	p := draw().lines(50, 700, alpha...).code(50, 640, program...).lines(50, 590, alpha...)
	for i := range 4 {
		p.lines(320, 703-float32(48*i), beta...)
	}
	got := text(t, p)
	a, b := strings.Join(alpha, " "), strings.Join(beta, " ")
	if want := blocks(a, "```\n"+strings.Join(program, "\n")+"\n```", a); !strings.HasPrefix(got, want) || strings.Count(got, b) != 4 {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
