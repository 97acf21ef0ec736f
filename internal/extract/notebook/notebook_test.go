package notebook

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/place"
)

type object = map[string]any

// store returns a notebook of cells, as Jupyter stores it.
func store(t testing.TB, cells ...object) string {
	t.Helper()
	b, err := json.MarshalIndent(object{
		"cells": cells, "nbformat": 4, "nbformat_minor": 5,
		"metadata": object{"kernelspec": object{"name": "python3", "language": "python"}, "language_info": object{"name": "python"}},
	}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func said(source ...string) object {
	return object{"cell_type": "markdown", "metadata": object{}, "source": source}
}

func ran(source string, outputs ...object) object {
	return object{"cell_type": "code", "metadata": object{}, "execution_count": 1, "source": source, "outputs": outputs}
}

func printed(stream, words string) object {
	return object{"output_type": "stream", "name": stream, "text": words}
}

// gave is a value, by media type.
func gave(data ...string) object {
	m := object{}
	for i := 0; i < len(data); i += 2 {
		m[data[i]] = data[i+1]
	}
	return object{"output_type": "execute_result", "data": m, "metadata": object{}, "execution_count": 1}
}

// wantText compares the whole text.
func wantText(t *testing.T, in, want string) {
	t.Helper()
	if d := cmp.Diff(want, extracttest.Read(t, Format, in).Text); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestNotebook(t *testing.T) {
	in := store(t,
		said("# Pumps\n", "\n", "The pump stops at **80** degrees:\n"),
		ran("stop = 80\n\nprint(stop)\n", printed("stdout", "80\n")),
		ran(""),
		said("It costs 40 euros."))
	wantText(t, in, "# Pumps\n\nThe pump stops at **80** degrees:\n\n```python\nstop = 80\n\nprint(stop)\n```\n\n```\n80\n```\n\nIt costs 40 euros.\n")
	e := extracttest.Read(t, Format, in)
	if e.Title != "Pumps" {
		t.Errorf("got title %q", e.Title)
	}
	for words, want := range map[string]string{"The pump": "cell 1", "stop = 80": "cell 2", "80\n```\n\nIt": "cell 2", "It costs": "cell 4"} {
		if got := place.At(e.Places, e.Text, strings.Index(e.Text, words)).String(); got != want {
			t.Errorf("%q is at %q, want %q", words, got, want)
		}
	}
	want := []string{"Pumps; The pump stops at **80** degrees:; The pump stops at **80** degrees:", "Pumps; The pump stops at **80** degrees:; stop = 80", "Pumps; The pump stops at **80** degrees:; print(stop)",
		"Pumps; ; 80", "Pumps; ; It costs 40 euros."}
	if d := cmp.Diff(want, extracttest.Quotable(t, Format, in)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// Before format 4, cells stand in worksheets, and headings are cells.
func TestFormat3(t *testing.T) {
	wantText(t, `{"metadata":{"name":"Old pumps"},"nbformat":3,"worksheets":[{"cells":[
		{"cell_type":"heading","level":2,"source":["Old\n","pumps"]},
		{"cell_type":"code","language":"ruby","input":["puts 1\n"],"outputs":[{"output_type":"stream","stream":"stdout","text":["1\n"]},
			{"output_type":"pyout","text":["2"],"html":["<p>two</p>"]},{"output_type":"pyerr","ename":"Oops","evalue":"no","traceback":["deep"]},{"output_type":"display_data","png":"aaaa"}]},
		{"cell_type":"html","source":"<p>It is <b>old</b>.</p>"},
		{"cell_type":"raw","source":"as it is"}]},{"cells":[{"cell_type":"markdown","source":"The end."}]}]}`,
		"## Old pumps\n\n```ruby\nputs 1\n```\n\n```\n1\n```\n\n```\n2\n```\n\n```\nOops: no\n```\n\nIt is old.\n\n```\nas it is\n```\n\nThe end.\n")
	if got := extracttest.Read(t, Format, `{"nbformat":3,"metadata":{"name":"Old pumps"},"worksheets":[{"cells":[{"cell_type":"markdown","source":"a"}]}]}`).Title; got != "Old pumps" {
		t.Errorf("got title %q", got)
	}
}

// What a cell of Markdown leaves open hides nothing below it.
func TestOpenCells(t *testing.T) {
	for _, source := range []string{
		"It is:\n```\ncode", "~~~~ sh\ncode\n~~~", "- Do it.\n\n      ```\n      code", "    ```\n    code", "It is. <!-- a --> It was.\n\n<!-- TODO",
		"<!-- a\n--> <!-- b\n```\n\nc", "<div>\n\nIt is.", "It is. `<!--`", "$$\na", "| a |\n|---|\n| b |", "```\ncode\n```", "<!-- a -->",
	} {
		got := extracttest.Quotable(t, Format, store(t, said(source), said("Below.")))
		if n := len(got) - 1; n < 0 || got[n] != "; ; Below." {
			t.Errorf("%q: got %q", source, got)
		}
	}
}

func TestOutputs(t *testing.T) {
	f := func(want string, outputs ...object) {
		t.Helper()
		in := store(t, ran("run()", outputs...))
		if got := strings.TrimPrefix(extracttest.Read(t, Format, in).Text, "```python\nrun()\n```\n"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f("\n```\nab\nc\n```\n\n```\nwarned\n```\n", printed("stdout", "a"), printed("stdout", "b\nc"), printed("stderr", "warned\n"))
	f("\n```\n100% done\nred\nlink\n```\n", printed("stdout", "  1%\r 50%\r100% done\r\n\x1b[1;31mred\x1b[0m\a\n\x1b]8;;http://x\alink\x1b]8;;\x1b\\\x00\n"))
	f("\n```\n42\n```\n", gave("text/plain", "42"))
	f("", gave("text/plain", "<Figure size 640x480 with 1 Axes>", "image/png", "aaaa"), gave("text/plain", "[<matplotlib.lines.Line2D at 0x7f3c>]"), gave("application/json", "{}"))
	f("\nIt is **so**.\n", gave("text/plain", "<IPython.core.display.Markdown object>", "text/markdown", "It is **so**."))
	f("\nIt is so.\n", gave("text/plain", "<IPython.core.display.HTML object>", "text/html", "<p>It is so.</p><script>x</script>"))
	f("\n```\n1\n```\n", gave("text/plain", "1", "text/html", "<p>one</p>"))
	f("\n```\nIt is `code`\n```\n", gave("text/plain", "It is `code`"))
	f("\n````\n```\n````\n", gave("text/plain", "```"))
	f("\n```\nValueError: no pump\n```\n", object{"output_type": "error", "ename": "ValueError", "evalue": "no pump", "traceback": []string{"\x1b[0;31mdeep"}})
	f("\n|  | part | price |\n|---|---|---|\n| 0 | seal | 40 |\n| 1 | lid | 50 |\n", gave("text/plain", "   part  price\n0  seal  40\n1 lid 50", "text/html",
		`<div><style scoped>.x {}</style><table border="1" class="dataframe"><thead><tr style="text-align: right;"><th></th><th>part</th><th>price</th></tr></thead>`+
			`<tbody><tr><th>0</th><td>seal</td><td>40</td></tr><tr><th>1</th><td>lid</td><td>50</td></tr></tbody></table></div>`))
	// Too large a page is a drawing.
	f("\n```\nplain\n```\n", gave("text/plain", "plain", "text/html", "<table>"+strings.Repeat("<tr><td>a", maxPage/8)))
}

// Of a long output the beginning and the end are kept.
func TestLongOutput(t *testing.T) {
	long := "first\n" + strings.Repeat("more\n", 1000) + "last " + strings.Repeat("x", 1000)
	got := extracttest.Read(t, Format, store(t, ran("", printed("stdout", long)))).Text
	if n := strings.Count(got, "\n"); n != firstLines+lastLines+3 || !strings.HasPrefix(got, "```\nfirst\nmore\n") || !strings.Contains(got, "more\n…\nmore\n") ||
		!strings.HasSuffix(got, "xxx…\n```\n") || strings.Contains(got, strings.Repeat("x", maxLine)) {
		t.Errorf("got %d lines, %q", n, got)
	}
}

func TestCells(t *testing.T) {
	raw := func(media, source string) object {
		return object{"cell_type": "raw", "metadata": object{"format": media}, "source": source}
	}
	wantText(t, store(t, ran("%%bash\nls"), ran("%%timeit\nf()"), object{"cell_type": "code", "source": "select 1", "metadata": object{"vscode": object{"languageId": "sql"}}}),
		"```bash\n%%bash\nls\n```\n\n```python\n%%timeit\nf()\n```\n\n```sql\nselect 1\n```\n")
	wantText(t, store(t, ran("\x1b a\r\nb\rc\x00\n````")), "`````python\n a\nb\nc\n````\n`````\n")
	in := store(t, raw("", "---\ntitle: All pumps\nowner: north\n---"), raw("text/html", "<p>It is <i>so</i>.</p>"), raw("text/markdown", "It *is*."), raw("text/latex", `\section{a}`), object{"cell_type": "new", "source": 5})
	wantText(t, in, "---\ntitle: All pumps\nowner: north\n---\n\nIt is so.\n\nIt *is*.\n\n```\n\\section{a}\n```\n")
	if got := extracttest.Read(t, Format, in).Title; got != "All pumps" {
		t.Errorf("got title %q", got)
	}
	// Values of other types than usual are left out, and the rest is read.
	wantText(t, `{"metadata":[],"cells":[5,{"cell_type":"markdown","metadata":null,"source":["a",1,"b"]},{"cell_type":"code","metadata":{"vscode":1},"source":"c","outputs":{"a":1}},{"cell_type":"code","source":"","outputs":[1,{"output_type":"stream","text":"d"}]}]}`,
		"ab\n\n```\nc\n```\n\n```\nd\n```\n")
}

func TestRefused(t *testing.T) {
	for in, want := range map[string]string{
		`{"cells":[{"cell_type":"markdown"`: "mend it, or save it again in Jupyter",
		`<<<<<<< HEAD`:                      "mend it, or save it again in Jupyter",
		`{"name":"a"}`:                      "check that it is the right file",
		`{"cells":{}}`:                      "check that it is the right file",
		`[1]`:                               "check that it is the right file",
		`{"cells":[]}`:                      "check that it is the right file",
		strings.Repeat("[", 100_000):        "mend it",
		`{"cells":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}": "mend it",
	} {
		_, err := extract.Formats{Format}.Extract(t.Context(), Format.Types[0], []byte(in), extract.Default)
		var e *multivac.Error
		if !errors.Is(err, multivac.ErrInvalid) || !errors.As(err, &e) || !strings.Contains(e.Remedy, want) {
			t.Errorf("%.60s: got %v, want an ErrInvalid with %q", in, err, want)
		}
	}
}

func TestLimits(t *testing.T) {
	var cells []object
	for range 10_000 {
		cells = append(cells, said("A line."))
	}
	in := []byte(store(t, cells...))
	if e, err := Format.Extract(t.Context(), in, extract.Limits{Bytes: 10_000, Depth: 32}); !errors.Is(err, multivac.ErrTooLarge) || len(e.Text) > 10_000 {
		t.Errorf("got %d bytes and %v, want ErrTooLarge", len(e.Text), err)
	}
}

func TestBegins(t *testing.T) {
	for in, want := range map[string]bool{
		store(t, said("a")):                       true,
		`{"nbformat":4,"cells":[]}`:               true,
		`{"cells":[{"cell_type":"raw","text":""}`: true,
		`{"text":"a"}`:                            false,
		`"cell_type"`:                             false,
	} {
		if got := begins([]byte(in)); got != want {
			t.Errorf("%q: got %v, want %v", in, got, want)
		}
	}
}

// Whatever the bytes are, what is made of them can be kept, shown and quoted.
func FuzzNotebook(f *testing.F) {
	f.Add(store(f, said("# A\n<!-- b\n```"), ran("%%bash\nls", printed("stdout", "\x1b[1ma\rb"), gave("text/html", "<table><tr><td>c"), gave("text/plain", "d"))))
	f.Add(`{"worksheets":[{"cells":[{"cell_type":"heading","level":9,"source":"a"},{"cell_type":"code","input":"b","outputs":[{"output_type":"pyout","text":["c"]}]}]}]}`)
	f.Fuzz(func(t *testing.T, in string) {
		e, ok := extracttest.Sound(t, Format, in, extract.Default)
		if ok && (len(e.Text) > 8*len(in)+1<<18 || strings.ContainsFunc(e.Text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' })) {
			t.Errorf("text %q is not as it should be", e.Text)
		}
	})
}
