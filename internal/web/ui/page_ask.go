package ui

import (
	"net/url"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"multivac"
)

func (p askPage) html() g.Node {
	head := lines(stylesheet("ask.css"), h.Script(h.Src(assetAddress("ask.js")), h.Defer()))
	return layout(p.frame, p.Question, head, lines(
		g.If(!p.Asked(), h.H1(h.Class("hello"), g.Text("Ask what it has been told."))),
		p.form(),
		p.outcome(),
	))
}

// outcome returns the part under the form.
func (p askPage) outcome() g.Node {
	asked := h.H1(h.Class("asked"), h.Dir("auto"), g.Text(p.Question))
	switch {
	case p.Problem != nil:
		return p.Problem.html()
	case p.Answer != nil:
		return lines(asked, p.Answer.html())
	case p.Refusal != nil:
		return lines(asked, p.Refusal.html(), g.If(p.Refusal.Empty, p.telling()))
	case p.Status != nil:
		return p.first()
	}
	return nil
}

func (p askPage) form() g.Node {
	return h.Form(h.Class("ask"), h.Action("/"), h.Method("get"), h.Role("search"), lines(
		h.Label(h.Class("hidden"), h.For("q"), g.Text("Question")),
		h.Div(h.Class("line"), lines(
			h.Span(h.Class("prompt"), h.Aria("hidden", "true"), g.Text(">")),
			h.Input(h.ID("q"), h.Name("q"), h.Type("text"), h.Dir("auto"), h.Required(), h.MaxLength("4096"), h.Value(p.Question),
				h.Placeholder("Your question"), h.AutoComplete("off"), g.Attr("enterkeyhint", "search"), g.If(!p.Asked(), h.AutoFocus())),
			h.Kbd(g.Attr("hidden"), h.Title("Press / to come here"), g.Text("/")),
			h.Button(h.Type("submit"), g.Text("Ask")),
		)),
		h.Div(h.Class("choices"), lines(p.chooseCollection(), p.chooseStop())),
	))
}

func (p askPage) chooseCollection() g.Node {
	name := string(p.Collection)
	label := h.Label(h.For("collection"), g.Text("in"))
	switch {
	case p.Of > 0:
		return lines(
			h.P(h.Class("collection"), lines(label,
				h.Input(h.ID("collection"), h.Name("collection"), h.Type("text"), h.List("collections"), h.Required(), h.MaxLength("64"),
					h.Pattern(`[a-z0-9][a-z0-9_\-]*`), h.Value(name), h.AutoComplete("off"), g.Attr("autocapitalize", "off"), g.Attr("spellcheck", "false")),
				h.A(h.Href("/ui/collections"), g.Text("one of "+number(p.Of))))),
			h.DataList(h.ID("collections"), g.Map(p.Collections, func(c multivac.Collection) g.Node {
				return h.Option(h.Value(string(c.Name)))
			})),
		)
	case len(p.Collections) > 1:
		return h.P(h.Class("collection"), lines(label,
			h.Select(h.ID("collection"), h.Name("collection"), each(p.Collections, func(c multivac.Collection) g.Node {
				return h.Option(h.Value(string(c.Name)), g.If(c.Name == p.Collection, h.Selected()), g.Text(string(c.Name)))
			}))))
	case p.Collection != multivac.DefaultCollection:
		return h.Input(h.Type("hidden"), h.Name("collection"), h.Value(name))
	}
	return nil
}

func (p askPage) chooseStop() g.Node {
	return h.Details(lines(
		h.Summary(g.Text("How sure: "), h.B(g.Text(string(p.Stop())))),
		h.FieldSet(lines(
			h.Legend(h.Class("hidden"), g.Text("How sure an answer has to be")),
			each(p.Stops, func(c stopChoice) g.Node {
				stop := string(c.Stop)
				return h.Label(h.Input(h.Type("radio"), h.Name("stop"), h.Value(stop), g.If(c.Checked, h.Checked())), g.Text(" "),
					h.B(g.Text(stop)), g.Text(" "), h.Span(g.Text(c.Means)))
			}),
		)),
	))
}

func (v *answerView) html() g.Node {
	return lines(
		h.Section(h.Class("answer"), h.Aria("labelledby", "answer"), lines(
			h.H2(h.Class("hidden"), h.ID("answer"), g.Text("Answer")),
			v.Best.html(),
			v.Conflict.html(),
			h.P(h.Class("sure"), gauge(v.Best.Of10), h.B(g.Text(v.Best.Words)), g.Text(" "), h.Span(g.Text(v.Best.Percent)), jsonLink(v.JSON)),
		)),
		g.If(len(v.Also) > 0, h.Section(h.Class("also"), h.Aria("labelledby", "also"), lines(
			h.H2(h.ID("also"), g.Text("Also")),
			h.Ol(each(v.Also, func(q quotationView) g.Node { return h.Li(q.html(), q.likely()) })),
		))),
	)
}

// html returns both sides of a conflict in words, and the other quotation.
func (v *conflictView) html() g.Node {
	if v == nil {
		return nil
	}
	return h.Section(h.Class("conflict"), h.Aria("labelledby", "conflict"), lines(
		h.H3(h.ID("conflict"), g.Text(v.Text)),
		h.P(g.Text(v.Says)),
		v.Other.html(),
	))
}

func (v *refusalView) html() g.Node {
	page := lines(h.Section(h.Class("refusal"), h.Aria("labelledby", "refusal"), lines(
		h.H2(h.ID("refusal"), g.Text(v.Says)),
		optional("p", v.Text, h.Class("reason")),
		g.If(len(v.Unmatched) > 0, h.P(g.Text("Not found: "), unmatched(v.Unmatched), g.Text("."))),
		h.P(h.Class("small"),
			g.If(v.Eager != "", g.Group{h.A(h.Href(v.Eager), g.Text("Ask again, less strictly")), g.Text(" ")}),
			jsonLink(v.JSON)),
	)))
	if v.Nearest != nil {
		page = append(page, h.Section(h.Class("also nearest"), h.Aria("labelledby", "nearest"), lines(
			h.H2(h.ID("nearest"), g.Text("What came nearest, and was turned down")),
			v.Nearest.html(), v.Nearest.likely())))
	}
	return page
}

// unmatched lists words. Each is isolated with its direction of writing.
func unmatched(words []string) g.Group {
	var list g.Group
	for i, word := range words {
		if i > 0 {
			list = append(list, g.Text(", "))
		}
		list = append(list, h.B(h.Class("word"), h.Dir("auto"), g.Text(word)))
	}
	return list
}

// jsonLink returns a link to the same answer for programs.
func jsonLink(address string) g.Node { return h.A(h.Class("json"), h.Href(address), g.Text("JSON")) }

// first returns the part under the form before anything is asked.
func (p askPage) first() g.Node {
	var about g.Node
	switch {
	case p.Status.Documents+p.Status.Pending > 0:
		about = lines(h.P(g.Text(knows(p.Status))), p.examples())
	case p.Unread:
		about = h.P(h.Role("status"), g.Text("What it was told could not be read. "), h.Code(g.Text("multivac jobs list")), g.Text(" says why."))
	default:
		about = p.telling()
	}
	return h.Div(h.Class("first"), lines(
		g.If(!p.Status.Ready, h.P(h.Role("status"), g.Text("MultiVAC is starting, and may not know all it was told yet. "+p.Status.Reason))),
		about))
}

// knows says how much MultiVAC was told.
func knows(status *multivac.Status) string {
	s := "It answers with the exact sentence and where it stands, or says that it does not know. It knows " +
		plural(status.Documents, "document") + " in " + plural(status.Passages, "passage")
	if status.Pending > 0 {
		s += ", and has " + number(status.Pending) + " more to read"
	}
	s += "."
	if status.Outdated > 0 {
		s += " Still to be enriched or cut anew, and answered from meanwhile: " + plural(status.Outdated, "document") + "."
	}
	return s
}

func (p askPage) examples() g.Node {
	if len(p.Examples) == 0 {
		return nil
	}
	return lines(
		h.H2(h.ID("examples"), g.Text("For example")),
		h.Ul(h.Class("examples"), h.Aria("labelledby", "examples"), each(p.Examples, func(question string) g.Node {
			return h.Li(h.A(h.Href("/?q="+url.QueryEscape(question)), g.Text(question)))
		})),
	)
}

// telling says how to tell MultiVAC something.
func (p askPage) telling() g.Node {
	prompt := func() g.Node { return h.I(g.Text("$ ")) }
	key := ""
	if p.Key != "" {
		key = "-H 'Authorization: Bearer mvk_…' "
	}
	return h.Section(h.Class("telling"), h.Aria("labelledby", "telling"), lines(
		h.H2(h.ID("telling"), g.Text("It has been told nothing yet")),
		h.P(g.Text("Tell it a folder, a file, or a line of text:")),
		h.Pre(h.Code(
			prompt(), g.Text("multivac tell "+p.Server+"handbook/\n"),
			prompt(), g.Text(`echo "The pump is serviced every May." | multivac tell `+p.Server+"-"),
		)),
		h.P(g.Text("Or without the command, over HTTP:")),
		h.Pre(h.Code(
			prompt(), g.Text("curl "+p.Host+"/api/v1/documents "+key+`--json '{"title": "Pump", "text": "The pump is serviced every May."}'`),
		)),
		h.P(g.Text("Then "), h.A(h.Href("/?q=When+is+the+pump+serviced%3F"), g.Text("ask when the pump is serviced")), g.Text(".")),
	))
}
