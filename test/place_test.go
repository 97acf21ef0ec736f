package test

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// pumps is a page whose text has fewer lines than its file: a module line is
// left out, an element goes on over lines, and a table becomes one of Markdown.
const pumps = `---
title: Pumps
owner: team-heron
---
import Steps from '@site/steps'

# Pumps

<Card
  title="Limits"
>

The blue pump stops at 80 degrees.

</Card>

<table>
<tr>
<th>Part</th>
<th>Price</th>
</tr>
<tr>
<td>Rubber seal</td>
<td>40 euros</td>
</tr>
</table>
`

// questionsOfPumps have answers, which are on these lines of the file.
var questionsOfPumps = map[string]int{
	"At how many degrees does the blue pump stop?": 13,
	"What is the price of the rubber seal?":        23,
}

// asksOfPumps asks a server, as a program and as a reader of its pages do.
func asksOfPumps(t *testing.T, s *server) {
	t.Helper()
	for question, line := range questionsOfPumps {
		a := s.ask(t, question)
		if a["state"] != "answered" || at(a, "source", "place", "line") != float64(line) {
			t.Errorf("%s: got %v at %v, want line %d", question, a["text"], at(a, "source", "place"), line)
			continue
		}
		want := fmt.Sprint("line ", line)
		page := s.get(t, "/?q="+url.QueryEscape(question), "Accept", "text/html").body
		contains(t, "the page of the answer", page, want)
		_, link, _ := strings.Cut(page, `href="/ui/document/`)
		link, _, _ = strings.Cut(link, `#quote"`)
		document := s.get(t, "/ui/document/"+strings.ReplaceAll(link, "&amp;", "&"), "Accept", "text/html").body
		contains(t, "the page of the document", document, "Quoted from", want)
	}
}

// An answer says on which line of the file it is, to programs, to readers and
// on the command line, and so does a copy.
func TestPlacesOfAnswers(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "pumps.mdx")
	write(t, page, pumps)
	data := filepath.Join(dir, "data")
	s := serve(t, data)
	s.ready(t)
	if _, errOut, code := run(t, "tell", "--server", s.URL, page); code != 0 {
		t.Fatalf("tell: exit code %d\n%s", code, errOut)
	}
	asksOfPumps(t, s)
	out, errOut, code := run(t, "ask", "--server", s.URL, "At how many degrees does the blue pump stop?")
	if code != 0 {
		t.Fatalf("ask: exit code %d\n%s", code, errOut)
	}
	contains(t, "the command", out, "pumps.mdx:13  ")
	out, _, _ = run(t, "ask", "--in", dir, "--json", "At how many degrees does the blue pump stop?")
	contains(t, "the command with --in", out, `"place":{"line":13}`, `"line":13`)

	// A document told over HTTP has the lines of the body that was sent.
	s.tellAndWait(t, "valves", "The valves are old.\n\nThe red valve opens at 4 bar.")
	if a := s.ask(t, "At how many bar does the red valve open?"); at(a, "source", "place", "line") != float64(3) {
		t.Errorf("got %v, want line 3", a["source"])
	}

	file := filepath.Join(dir, "copy.jsonl.gz")
	if _, errOut, code := run(t, "export", "--server", s.URL, "-o", file); code != 0 {
		t.Fatalf("export: exit code %d\n%s", code, errOut)
	}
	s.stop(t)
	other := serve(t, filepath.Join(dir, "other"))
	other.ready(t)
	if _, errOut, code := run(t, "import", "--server", other.URL, file); code != 0 {
		t.Fatalf("import: exit code %d\n%s", code, errOut)
	}
	other.until(t, "/api/v1/answer?question="+url.QueryEscape("At how many degrees does the blue pump stop?"), func(r reply) bool {
		return strings.Contains(r.body, `"answered"`)
	})
	asksOfPumps(t, other)
}

// A table says the line of the row.
func TestPlacesOfRows(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "prices.csv"), "Prices of parts\n\nPart,Price\nBrass nut,3 euros\nRubber seal,40 euros\nSteel bolt,5 euros\n")
	out, _, _ := run(t, "ask", "--in", dir, "What is the price of the rubber seal?")
	contains(t, "the command", out, filepath.Join(dir, "prices.csv")+":5  ")
}
