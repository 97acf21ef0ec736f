package openapi

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"
	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"multivac/internal/web/wire"
)

func docsPage(info *huma.Info, sections []section) g.Node {
	return h.Doctype(h.HTML(h.Lang("en"),
		h.Head(
			h.Meta(h.Charset("utf-8")),
			h.Meta(h.Name("viewport"), h.Content("width=device-width, initial-scale=1")),
			h.TitleEl(g.Text(info.Title+" API")),
			h.StyleEl(g.Raw(docsStyle)), // a file of this package
		),
		h.Body(
			h.H1(g.Text(info.Title+" API")),
			h.P(g.Text(info.Description)),
			h.P(g.Text("As OpenAPI 3.1: "), h.A(h.Href("/api/v1/openapi.json"), g.Text("JSON")), g.Text(", "), h.A(h.Href("/api/v1/openapi.yaml"), g.Text("YAML")), g.Text(".")),
			g.Map(sections, section.html),
			h.H2(h.ID("problems"), g.Text("Problems")),
			h.P(g.Text("An error is "), code("application/problem+json"), g.Text(" with "),
				codes([]string{"type", "title", "status", "detail", "remedy"}), g.Text(" and "), code("request_id"),
				g.Text(". The type is one of these:")),
			h.Dl(g.Map(wire.Kinds, func(k wire.Kind) g.Node {
				return g.Group{h.Dt(h.ID(k.Name), code(k.Name)), h.Dd(g.Textf("%d: %s", k.Status, k.Title))}
			})),
		),
	))
}

func (r section) html() g.Node {
	return h.Section(h.ID(r.OperationID),
		h.H2(code(r.Method+" "+r.Path)),
		h.P(g.Text(strings.TrimSpace(r.Summary+". "+r.Description))),
		g.If(len(r.Parameters) > 0, h.Dl(g.Map(r.Parameters, parameter))),
		g.If(len(r.Sends) > 0, h.P(g.Text("Send "), codes(r.Sends), g.Text("."))),
		h.P(g.Text("Answers "+strings.Join(r.Statuses, ", ")+".")),
	)
}

func parameter(p *huma.Param) g.Node {
	where := " in " + p.In
	if p.Required {
		where += ", required"
	}
	return g.Group{
		h.Dt(code(p.Name), g.Text(where)),
		g.If(p.Description != "", h.Dd(g.Text(p.Description))),
	}
}

func code(s string) g.Node { return h.Code(g.Text(s)) }

// codes lists all codes, separated by commas.
func codes(all []string) g.Group {
	var list g.Group
	for i, s := range all {
		if i > 0 {
			list = append(list, g.Text(", "))
		}
		list = append(list, code(s))
	}
	return list
}
