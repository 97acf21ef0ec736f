package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"multivac"
	"multivac/internal/golden"
	"multivac/internal/store"
)

// feedFile has commands and what the feed says after them. It is the same for
// every implementation; their packages lie next to this one.
const feedFile = "../storetest/testdata/feed.txt"

// feedGolden plays feedFile.
func feedGolden(s *subject) {
	p := &player{subject: s, latest: map[string]multivac.Receipt{}, tasks: map[string]multivac.Task{}}
	golden.Run(s.T, feedFile, p.play)
}

// A player plays commands. Each of them but feed and scan has the source of a
// document as its first argument.
type player struct {
	*subject
	latest map[string]multivac.Receipt // by source
	tasks  map[string]multivac.Task    // that were leased last, by source
	seen   multivac.Position           // what the command feed has shown
}

func (p *player) play(c golden.Command) string {
	p.Helper()
	source := ""
	if len(c.Args) > 0 {
		source = c.Args[0]
	}
	switch c.Name {
	case "tell":
		return p.tellSource(source, strings.TrimSuffix(c.Input, "\n"))
	case "publish", "replace", "attach":
		return outcome(p.makes(c.Name, p.latest[source], string(p.document(p.latest[source].ID).Body)))
	case "lease":
		p.tasks[source] = p.lease(p.latest[source])
		return ""
	case "fail":
		return outcome(p.Fail(p.ctx, p.tasks[source], "broken", true, p.tick(), time.Time{}))
	case "delete":
		r, err := p.Delete(p.ctx, p.latest[source].ID, p.tick())
		p.must(err)
		return receiptLine(r)
	case "retry":
		r, err := p.Retry(p.ctx, p.latest[source].ID, p.tick())
		p.must(err)
		r.Source = source
		p.latest[source] = r
		return receiptLine(r)
	case "feed":
		changes := p.follow(p.seen)
		p.seen = p.feedEnd()
		return changeLines(changes)
	case "again":
		return changeLines(p.follow(""))
	case "scan":
		var all []store.Change
		for _, change := range p.scan() {
			all = append(all, change)
		}
		slices.SortFunc(all, func(a, b store.Change) int { return strings.Compare(a.Source, b.Source) })
		return changeLines(all)
	}
	p.Fatalf("no command %q", c.Name)
	return ""
}

func (p *player) tellSource(source, body string) string {
	r := p.tell(multivac.Telling{Collection: "c", Source: source, Body: []byte(body)})
	p.latest[source] = r
	return receiptLine(r)
}

// makes has the store keep what a worker makes of a document: at first of its
// body, and later of what is published.
func (p *player) makes(command string, r multivac.Receipt, body string) error {
	t := task(r)
	if command == "publish" {
		cut := Cut(body)
		cut.Version, cut.Vectors = store.Version{Segmenter: 1}, nil
		_, err := p.Publish(p.ctx, t, cut, p.tick())
		return err
	}
	is, err := p.Published(p.ctx, t)
	if err != nil {
		return err
	}
	if command == "replace" {
		return p.Replace(p.ctx, t, whole(is.Text, store.Version{Segmenter: is.Version.Segmenter + 1}))
	}
	is.Version.Vectors++
	return p.Attach(p.ctx, t, is.Version, vectors(is.Passages))
}

// outcome is empty where err is nil.
func outcome(err error) string {
	if err != nil {
		return "refused"
	}
	return ""
}

func receiptLine(r multivac.Receipt) string {
	line := fmt.Sprintf("%s at revision %d", r.State, r.Revision)
	if !r.Changed {
		line += ", as before"
	}
	return line
}

// changeLines has a line for each change, and under it one for each passage.
func changeLines(changes []store.Change) string {
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&b, "%s %s at revision %d", c.Source, c.State, c.Revision)
		if c.State == multivac.Indexed {
			fmt.Fprintf(&b, ", title %q, segmenter %d, vectors %d (%d bytes)", c.Title, c.Version.Segmenter, c.Version.Vectors, len(c.Vectors))
		}
		b.WriteString("\n")
		for _, p := range c.Passages {
			fmt.Fprintf(&b, "    %d %s [%d:%d] %q under %q, places %q, sentences %v\n", p.Number, p.Kind, p.Start, p.End, p.Text, p.Heading, p.Places, p.Sentences)
		}
	}
	if b.Len() == 0 {
		return "nothing"
	}
	return b.String()
}
