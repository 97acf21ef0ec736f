package inverted

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/golden"
	"multivac/internal/meaning"
	"multivac/internal/text"
)

// TestGolden plays commands on an index. testdata/index.txt shows what the
// index finds, and which segments it has.
func TestGolden(t *testing.T) {
	p := player{x: New(), texts: map[multivac.DocumentID]Document{}}
	golden.Run(t, "testdata/index.txt", func(c golden.Command) string { return p.do(t, c) })
}

type player struct {
	x     *Index
	texts map[multivac.DocumentID]Document
}

func (p *player) do(t *testing.T, c golden.Command) string {
	switch c.Name {
	case "put": // a document for each line of the input
		p.x.Put(p.documents(t, c)...)
		return p.segments()
	case "attach": // vectors to documents
		var docs []Document
		for _, id := range c.Args {
			d := p.texts[multivac.DocumentID(id)]
			for _, s := range d.Passages {
				d.Vectors = append(d.Vectors, make([]byte, meaning.Width*len(s.Sentences))...)
			}
			docs = append(docs, d)
		}
		p.x.Attach(docs...)
		return p.segments()
	case "remove":
		for _, id := range c.Args {
			p.x.Remove(multivac.DocumentID(id))
		}
		return p.segments()
	case "fill": // this number of documents of one word, one by one
		n, err := strconv.Atoi(c.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			p.x.Put(Document{ID: multivac.DocumentID(fmt.Sprint(c.Args[1], i)), Revision: 1, Passages: text.Segment(c.Args[1])})
		}
		return p.segments()
	case "search":
		return p.search(strings.Join(c.Args, " "))
	}
	t.Fatalf("unknown command %s", c.Name)
	return ""
}

// documents reads lines such as "a@2 The text."
func (p *player) documents(t *testing.T, c golden.Command) (docs []Document) {
	for line := range strings.Lines(c.Input) {
		name, body, _ := strings.Cut(strings.TrimSpace(line), " ")
		id, revision, _ := strings.Cut(name, "@")
		r, err := strconv.Atoi(revision)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		d := Document{ID: multivac.DocumentID(id), Revision: multivac.Revision(r), Passages: text.Segment(strings.ReplaceAll(body, " ¶ ", "\n\n# Next\n\n"))}
		p.texts[d.ID] = d
		docs = append(docs, d)
	}
	return docs
}

// segments lists, for each segment, how many passages are live, and how many
// vectors each of its blocks has.
func (p *player) segments() string {
	var b strings.Builder
	for _, m := range p.x.Snapshot().members {
		fmt.Fprintf(&b, "%d of %d passages", m.passages, len(m.segment.passages))
		for _, v := range m.vectors {
			fmt.Fprintf(&b, ", %d vectors", v.size())
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (p *player) search(question string) string {
	var b strings.Builder
	s := p.x.Snapshot()
	terms := query(s, question)
	for i, w := range strings.Fields(question) {
		fmt.Fprintf(&b, "%s is in %d passages and weighs %.2f\n", w, s.Count(terms[i].Stem), terms[i].Weight)
	}
	for _, h := range s.Search(terms, 4) {
		fmt.Fprintf(&b, "%s@%d/%d %.4f\n", h.Document, h.Revision, h.Number, h.Score)
	}
	return b.String()
}
