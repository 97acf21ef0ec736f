package ui

import (
	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

func (p signInPage) html() g.Node {
	title := h.H1(g.Text("A key is needed"))
	if p.Problem != nil {
		title = p.Problem.html()
	}
	return layout(p.frame, "Sign in", stylesheet("signin.css"), lines(
		title,
		h.Form(h.Class("sign-in"), h.Action("/ui/sign-in"), h.Method("post"), lines(
			h.Label(h.For("key"), g.Text("Key")),
			h.Input(h.ID("key"), h.Name("key"), h.Type("password"), h.Required(), h.MaxLength("256"), h.Placeholder("mvk_…"),
				h.AutoComplete("current-password"), g.Attr("autocapitalize", "off"), g.Attr("spellcheck", "false"), h.AutoFocus()),
			h.Input(h.Type("hidden"), h.Name("next"), h.Value(p.Next)),
			h.Button(h.Type("submit"), g.Text("Sign in")))),
		h.P(h.Class("small"),
			g.Text("It begins with "), h.Code(g.Text("mvk_")), g.Text(". Whoever runs this MultiVAC makes one with "), h.Code(g.Text("multivac keys create")),
			g.Text(". It is kept in a cookie until you sign out or close the browser.")),
	))
}
