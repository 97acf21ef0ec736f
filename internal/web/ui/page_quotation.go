package ui

import (
	"fmt"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

func (v quotationView) html() g.Node {
	return h.Figure(lines(v.quoted(), h.FigCaption(
		h.A(h.Href(v.Address), isolated(v.Title)),
		optional("span", v.Heading, h.Class("heading"), h.Dir("auto")),
		v.sourceLink(),
		g.If(v.Place != "", h.A(h.Class("source"), h.Href(v.Address), isolated(v.Place))),
	)))
}

// quoted returns the quotation with its context, or the row in its table.
func (v quotationView) quoted() g.Node {
	if v.Table != nil {
		return v.Table.html()
	}
	return lines(
		optional("p", v.Lead, h.Class("lead"), h.Dir("auto")),
		h.BlockQuote(h.Dir("auto"), v.class(),
			h.Span(h.Class("context"), g.Text(v.Before)),
			part(v.Prior),
			h.Strong(marked(v.Pieces)),
			part(v.Rest),
			h.Span(h.Class("context"), g.Text(v.After)),
		),
	)
}

// class says whether line breaks matter, and whether more than one sentence is
// quoted.
func (v quotationView) class() g.Node {
	var names []string
	if v.Verse {
		names = append(names, "verse")
	}
	if v.Whole {
		names = append(names, "whole")
	}
	return g.If(len(names) > 0, h.Class(strings.Join(names, " ")))
}

// part returns what is quoted before or after the best sentence.
func part(pieces []piece) g.Node {
	return g.If(len(pieces) > 0, h.Span(h.Class("part"), marked(pieces)))
}

// sourceLink returns the source, as a link if it is a web address.
func (v quotationView) sourceLink() g.Node {
	if v.SourceURL != "" {
		return h.A(h.Class("source"), h.Href(v.SourceURL), h.Rel("noreferrer nofollow"), isolated(v.Source))
	}
	return optional("span", v.Source, h.Class("source"), h.Dir("auto"))
}

// likely says how likely it is that a quotation answers the question.
func (v quotationView) likely() g.Node {
	return h.P(h.Class("sure"), g.Text(v.Percent+" likely"))
}

// isolated isolates the direction of writing of s from its surroundings.
func isolated(s string) g.Node { return g.El("bdi", g.Text(s)) }

func marked(pieces []piece) g.Group {
	return g.Map(pieces, func(p piece) g.Node {
		if p.Mark {
			return h.Mark(g.Text(p.Text))
		}
		return g.Text(p.Text)
	})
}

func (v *tableView) html() g.Node {
	cell := func(s string) g.Node { return h.Td(h.Dir("auto"), g.Text(s)) }
	row := func(cells []string) g.Node { return h.Tr(g.Map(cells, cell)) }
	return h.Div(h.Class("table"), h.Role("region"), h.Aria("label", "Rows of the table"), h.TabIndex("0"), h.Table(lines(
		h.THead(h.Tr(g.Map(v.Header, func(s string) g.Node { return h.Th(h.Scope("col"), h.Dir("auto"), g.Text(s)) }))),
		h.TBody(
			each(v.Before, row),
			h.Tr(h.Class("quoted"), g.Map(v.Row, func(cell []piece) g.Node { return h.Td(h.Dir("auto"), marked(cell)) })), g.Text("\n"),
			each(v.After, row),
		),
	)))
}

// gauge shows a number from 0 to 10 as lamps.
func gauge(lit int) g.Node {
	var lamps g.Group
	for i := range 10 {
		lamps = append(lamps, circle(fmt.Sprint(lamp(i)), "4", g.If(i < lit, h.Class("lit"))))
	}
	return h.SVG(h.Class("gauge"), g.Attr("viewBox", "0 0 68 8"), h.Width("68"), h.Height("8"), h.Aria("hidden", "true"), g.Attr("focusable", "false"), lamps)
}
