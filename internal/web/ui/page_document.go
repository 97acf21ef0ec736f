package ui

import (
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

func (p documentPage) html() g.Node {
	title, main := p.Title, p.article()
	if p.Problem != nil {
		title, main = p.Problem.Title, p.Problem.html()
	}
	return layout(p.frame, title, stylesheet("document.css"), main)
}

func (p documentPage) article() g.Node {
	leftOut := func(is bool, where string) g.Node {
		return g.If(is, h.P(h.Class("note"), g.Text(where+" is left out here; "), h.A(h.Href(p.JSON), g.Text("all of it as JSON")), g.Text(".")))
	}
	return h.Article(lines(
		h.H1(h.Dir("auto"), g.Text(p.Title)),
		p.facts(),
		optional("p", p.Note, h.Class("note"), h.Role("status")),
		g.If(p.Quote != "", h.P(h.Class("jump"), h.A(h.Href("#quote"), g.Text("To the quoted sentence")))),
		leftOut(p.CutBefore, "What stands before"),
		g.If(p.Before != "" || p.Quote != "" || p.After != "", h.Div(h.Class("text"), h.Dir("auto"),
			p.text(0, p.Before), g.If(p.Quote != "" && !p.Begins, optional("span", p.Place, h.Class("at"), h.Dir("auto"))), g.If(p.Quote != "", h.Mark(h.ID("quote"), p.text(len(p.Before), p.Quote))), p.text(len(p.Before)+len(p.Quote), p.After))),
		leftOut(p.CutAfter, "What follows"),
	))
}

// text returns a part of the shown text, which begins at an offset of it, with
// its stops.
func (p documentPage) text(offset int, t string) g.Node {
	var all g.Group
	done := 0
	for _, s := range p.Stops {
		at := s.Offset - offset
		if at < 0 || at >= len(t) {
			continue
		}
		class := "stop"
		if s.Time {
			class = "time"
		}
		all = append(all, g.Text(t[done:at]), h.Span(h.Class(class), h.Dir("auto"), g.Text(s.Place)))
		done = at
	}
	return append(all, g.Text(t[done:]))
}

// facts lists the properties of the document.
func (p documentPage) facts() g.Node {
	fact := func(name string, value g.Node) g.Node { return h.Div(h.Dt(g.Text(name)), h.Dd(value)) }
	source := isolated(p.Source)
	if p.SourceURL != "" {
		source = h.A(h.Href(p.SourceURL), h.Rel("noreferrer nofollow"), source)
	}
	return h.Dl(lines(
		g.If(p.Source != "", fact("Source", source)),
		g.If(p.Place != "", fact("Quoted from", isolated(p.Place))),
		fact("Collection", g.Text(string(p.Collection))),
		g.If(!p.Told.IsZero(), fact("Told", h.Time(h.DateTime(p.Told.Format(time.RFC3339)), g.Text(p.Told.Format("2 January 2006, 15:04 MST"))))),
		g.If(p.Original != "", fact("As told", h.A(h.Href(p.Original), g.Text("Download")))),
		fact("For programs", h.A(h.Href(p.JSON), g.Text("JSON"))),
	))
}
