package ui

import (
	"net/url"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"multivac"
)

func (p collectionsPage) html() g.Node {
	main := lines(
		h.H1(g.Text("Collections")),
		h.Form(h.Class("find"), h.Action("/ui/collections"), h.Method("get"), h.Role("search"), lines(
			h.Label(h.For("find"), g.Text("Part of a name")),
			h.Input(h.ID("find"), h.Name("find"), h.Type("search"), h.MaxLength("64"), h.Value(p.Find),
				h.AutoComplete("off"), g.Attr("autocapitalize", "off"), g.Attr("spellcheck", "false")),
			h.Button(h.Type("submit"), g.Text("Find")))),
		h.P(h.Role("status"), g.Text(p.summary())),
		h.Ul(h.Class("collections"), each(p.Listed, func(c multivac.Collection) g.Node {
			return h.Li(h.A(h.Href("/?collection="+url.QueryEscape(string(c.Name))), g.Text(string(c.Name))), g.Text(" "+plural(c.Documents, "document")))
		})),
	)
	if p.Problem != nil {
		main = g.Group{p.Problem.html()}
	}
	return layout(p.frame, "Collections", stylesheet("collections.css"), main)
}

// summary says how many collections there are, and how many of them are shown.
func (p collectionsPage) summary() string {
	s := plural(p.All, "collection") + "."
	if p.Find != "" {
		s = number(p.Found) + " of " + plural(p.All, "collection") + " found."
	}
	if len(p.Listed) < p.Found {
		s += " The " + number(len(p.Listed)) + " with the most documents are listed."
	}
	return s
}
