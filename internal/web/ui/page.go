package ui

import (
	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

// layout returns a page: its main part, and the parts that all pages have. Head
// links the page's own style and script. Title may be "".
func layout(f frame, title string, head, main g.Node) g.Node {
	if title != "" {
		title = undirected(title) + " – "
	}
	return h.Doctype(h.HTML(h.Lang("en"), lines(
		h.Head(lines(
			h.Meta(h.Charset("utf-8")),
			h.Meta(h.Name("viewport"), h.Content("width=device-width, initial-scale=1")),
			h.Meta(h.Name("color-scheme"), h.Content("light dark")),
			h.TitleEl(g.Text(title+"MultiVAC")),
			h.Link(h.Rel("icon"), h.Type("image/svg+xml"), h.Href(assetAddress("icon.svg"))),
			stylesheet("base.css"),
			head,
		)),
		h.Body(lines(
			h.A(h.Class("skip"), h.Href("#main"), g.Text("Skip to the content")),
			f.html(),
			h.Main(h.ID("main"), main),
			h.Footer(h.Class("bottom"), h.P(g.Text("Every answer is a quotation, word for word. Where there is none, MultiVAC says so."))),
		)),
	)))
}

func stylesheet(name string) g.Node {
	return h.Link(h.Rel("stylesheet"), h.Href(assetAddress(name)))
}

func (f frame) html() g.Node {
	return h.Header(h.Class("top"), lines(
		h.A(h.Class("wordmark"), h.Href("/"), h.Aria("label", "MultiVAC, to the first page"), logo(), g.Text("MultiVAC")),
		g.If(f.Key != "", h.Form(h.Class("sign-out"), h.Action("/ui/sign-out"), h.Method("post"),
			g.El("bdi", h.Class("small"), g.Text(f.Key)), g.Text(" "),
			h.Button(h.Type("submit"), g.Text("Sign out")),
		)),
	))
}

func logo() g.Node {
	return h.SVG(g.Attr("viewBox", "0 0 22 22"), h.Width("22"), h.Height("22"), h.Aria("hidden", "true"), g.Attr("focusable", "false"),
		g.El("g", h.Class("lamps"), circle("4", "4"), circle("18", "4"), circle("4", "11"), circle("11", "18"), circle("18", "18")),
		g.El("g", h.Class("lit"), circle("11", "4"), circle("11", "11"), circle("18", "11"), circle("4", "18")),
	)
}

// circle returns a lamp at (x, y).
func circle(x, y string, more ...g.Node) g.Node {
	return g.El("circle", g.Attr("cx", x), g.Attr("cy", y), g.Attr("r", "2.5"), g.Group(more))
}

func (p *problem) html() g.Node {
	return h.Section(h.Class("problem"), h.Aria("labelledby", "problem"), lines(
		h.H1(h.ID("problem"), g.Text(p.Title)),
		h.P(g.Text(p.Message)),
		g.If(p.RequestID != "", h.P(h.Class("small"), g.Text("Request "), h.Code(g.Text(p.RequestID)))),
	))
}

// lines puts each node on its own line. That keeps their texts apart for
// programs that read them without the styles.
func lines(nodes ...g.Node) g.Group {
	var all g.Group
	for _, n := range nodes {
		if n != nil {
			all = append(all, n, g.Text("\n"))
		}
	}
	return all
}

// each returns a node for each of all, each on its own line.
func each[T any](all []T, node func(T) g.Node) g.Group { return lines(g.Map(all, node)...) }

// optional returns an element with a text, or nil if the text is empty.
func optional(tag, text string, attributes ...g.Node) g.Node {
	if text == "" {
		return nil
	}
	return g.El(tag, g.Group(attributes), g.Text(text))
}
