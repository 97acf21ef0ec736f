package frontmatter

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSplit(t *testing.T) {
	f := func(in, title, context, rest string) {
		t.Helper()
		m, end := Split(in)
		if m.Title != title || m.Context != context || in[end:] != rest {
			t.Errorf("%q\ngot  %q, %q, text %q\nwant %q, %q, text %q", in, m.Title, m.Context, in[end:], title, context, rest)
		}
	}
	// YAML
	f("---\ntitle: Drain\nowner: team-heron\nseverity: critical\ndate: 2025-03-01\nweight: 30\n---\nText", "Drain", "owner: team-heron, severity: critical, date: 2025-03-01", "Text")
	f("\ufeff---\r\ntitle: \"A \\\"b\\\"\"\r\nowner: x\r\n...\r\nText", `A "b"`, "owner: x", "Text")
	f("---\ntitle: >-\n  Two\n  lines\ntags: [disk full, queue]\n---\n", "Two lines", "tags: disk full / queue", "")
	f("---\ntags:\n  - a\n  - b: c\ncontact:\n  slack: '#ops'\n  on_call: Ada\n---\n", "", "tags: a / c, contact slack: #ops, contact on call: Ada", "")
	f("---\ndate: 2025-03-01T10:00:00+01:00\nversion: 1.20\nyear: 2024\ncount: 7\nok: true\nnone: ~\n---\n", "", "date: 2025-03-01, version: 1.20, year: 2024", "")
	f("---\nlayout: post\nsidebar_position: 4\npermalink: /a/\nimage: /b.png\ndocs: https://example.org\n---\n", "", "", "")
	f("---\nowner: &o north\nteam: *o\n---\n", "", "owner: north, team: north", "")
	f("---\ndescription: "+strings.Repeat("long ", 60)+"\nowner: north\n---\n", "", "description: "+strings.Repeat("long ", 20)+"…, owner: north", "")
	f("---\nbase: &b {team: north}\nmore:\n  <<: *b\n---\n", "", "base team: north, more team: north", "")
	// TOML and JSON
	f("+++\ntitle = 'Drain'\nowner = \"heron\"\ndate = 2025-03-01T10:00:00Z\n[params]\nx = 1\n+++\nText", "Drain", "date: 2025-03-01, owner: heron", "Text")
	f("{\n\t\"title\": \"Drain\",\n\t\"owner\": \"heron\"\n}\n\nText", "Drain", "owner: heron", "\n\nText")
	f(";;;\n{\"title\": \"Drain\", \"owner\": \"heron\"}\n;;;\nText", "Drain", "owner: heron", "Text")
	// Broken front matter is read line by line.
	f("---\ntitle: Drain: the queue\nowner: {{ .Team\nseverity: high\ndraft: true\n---\nText", "Drain: the queue", "severity: high", "Text")
	f("+++\ntitle = Drain\nseverity = high\n+++\nText", "Drain", "severity: high", "Text")
	// No front matter
	for _, in := range []string{"", "Text", "---\n", "---\n\nText\n\n---\n", "---\nA rule above\n---\n", "---\nopen: to the end\n", " ---\na: b\n---\n",
		`{"title": "x"}`, "{\"a\": 1}\n\nText", "{\"title\": 1} Text", "---\na: " + strings.Repeat("x", maxMatter) + "\n---\n"} {
		f(in, "", "", in)
	}
}

// Values that aliases repeat exponentially are read a bounded number of times.
func TestAliases(t *testing.T) {
	var b strings.Builder
	b.WriteString("---\na0: &a0 [x, x]\n")
	for _, c := range "123456789" {
		b.WriteString("a" + string(c) + ": &a" + string(c) + " [" + strings.Repeat("*a"+string(c-1)+", ", 50) + "]\n")
	}
	b.WriteString("---\nText")
	if m, end := Split(b.String()); end == 0 || len(m.Context) > maxContext {
		t.Errorf("got context %q, text from %d", m.Context, end)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("---\na: &x [b, {c: d}]\ne: *x\n---\n")
	f.Add("+++\na = 2025-01-01\n[b]\nc = [1, 'd']\n+++\n")
	f.Add("{\"title\": \"x\", \"a\": {\"b\": [1]}}\nText")
	f.Add("---\n? [a]\n: <<: *x\n...\n")
	f.Fuzz(func(t *testing.T, in string) {
		m, end := Split(in)
		if end < 0 || end > len(in) || len(m.Context) > maxContext || strings.ContainsAny(m.Context+m.Title, "\r\n") {
			t.Errorf("got %+v, %d", m, end)
		}
		if utf8.ValidString(in) && !utf8.ValidString(m.Context+m.Title) {
			t.Errorf("%+v is no UTF-8", m)
		}
	})
}
