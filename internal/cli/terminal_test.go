package cli

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"multivac"
)

func TestVisible(t *testing.T) {
	f := func(text, want, lines string) {
		t.Helper()
		if got := visible(text); got != want {
			t.Errorf("visible(%q) is %q, want %q", text, got, want)
		}
		if got := visibleLines(text); got != lines {
			t.Errorf("visibleLines(%q) is %q, want %q", text, got, lines)
		}
	}
	same := func(text string) { t.Helper(); f(text, text, text) }
	out := func(text, want string) { t.Helper(); f(text, want, want) }

	same("")
	same("docs/Größe (neu) – 2.md")
	same("文書/手順　書.md")            // a wide space
	same("prix\u00a0: 10\u202f€") // no-break spaces
	same("דוח.pdf")
	same("می\u200cخواهم")             // the joiner of Persian
	same("क्\u200dष")                 // the joiner of Hindi
	same("👩\u200d🚒 ❤\ufe0f 1\ufe0f⃣") // the joiner of emoji
	same("\u0600١٢٣")                 // a visible format character
	same("e\u0301")
	same("\ue0b0") // private use, as in fonts for terminals

	out("\x1b[2Jgone", `\x1b[2Jgone`)
	out("\x1b]0;title\x07", `\x1b]0;title\a`)
	out("a\x00b\x7fc", `a\x00b\x7fc`)
	out("\u009b31mred\u0085", `\u009b31mred\u0085`) // some terminals read it as ESC [
	out("a\vb\fc\bd", `a\vb\fc\bd`)
	out("fdp.\u202etxt.exe", `fdp.\u202etxt.exe`)
	out("\u202aa\u202bb\u202cc\u202dd\u2066e\u2067f\u2068g\u2069h\u200ei\u200fj\u061ck", `\u202aa\u202bb\u202cc\u202dd\u2066e\u2067f\u2068g\u2069h\u200ei\u200fj\u061ck`)
	out("a\u2028b\u2029c", `a\u2028b\u2029c`)
	out("a\u200bb\u2060c\ufeffd\u180ee\u3164f\u115fg\u034fh", `a\u200bb\u2060c\ufeffd\u180ee\u3164f\u115fg\u034fh`)
	out("a\u200db\ufe0fc\u200c", `a\u200db\ufe0fc\u200c`) // joiners that join nothing
	out("é\u200d", `é\u200d`)
	out("क\u200d\u200d", "क\u200d"+`\u200d`)
	out("\U000e0041\U000e007f", `\U000e0041\U000e007f`) // tags, which can hide text
	out("a\x9bb\xffc", `a\x9bb\xffc`)

	f("a\nb\tc\r\nd\re", `a\nb\tc\r\nd\re`, "a\nb\tc\nd"+`\re`)
	f("\ufeffDo\u00adnau", `\ufeffDo\u00adnau`, "Donau")
}

func FuzzVisible(f *testing.F) {
	f.Add("a\x1b[0m\u202e\xff\u200d\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		got := visible(text)
		before := rune(0)
		for i, r := range got {
			if hidden(r, before) || r == utf8.RuneError && !strings.Contains(text, "\ufffd") {
				t.Errorf("visible(%q) is %q, where %U at %d is hidden", text, got, r, i)
			}
			before = r
		}
		if again := visible(got); again != got {
			t.Errorf("visible(%q) is %q, and of that %q", text, got, again)
		}
		var b strings.Builder
		if err := printJSON(&b, text); err != nil {
			t.Fatal(err)
		}
		var read string
		if err := json.Unmarshal([]byte(b.String()), &read); err != nil || read != strings.ToValidUTF8(text, "\ufffd") && utf8.ValidString(text) {
			t.Errorf("printJSON(%q) is %q, which reads %q: %v", text, b.String(), read, err)
		}
	})
}

// nasty clears the screen, forges a line and reverses the writing direction.
const nasty = `a\u001b[2Jb\u009b2Jc\nforged  indexed  default  row\u202egnp.\u2028d\u200be`

// hostile answers every route with nasty in each text.
func hostile(w http.ResponseWriter, r *http.Request) {
	document := `{"id":"I","collection":"I","source":"I","title":"I","revision":1,"state":"failed","step":"I","attempts":1,"last_error":"I","text":"I"}`
	quotation := `{"text":"I","confidence":0.5,"document":"I","source":"I","title":"I","heading":"I","lead":"I","before":"I","after":"I"}`
	problem := `{"type":"/api/v1/docs#invalid","title":"I","status":400,"detail":"I","remedy":"I","request_id":"I"}`
	body := map[string]string{
		"GET /readyz":                    `{"ready":false,"reason":"I","pending":1,"outdated":1,"meaning":"I","meaning_reason":"I"}`,
		"GET /api/v1/collections":        `{"collections":[{"name":"I","documents":1}]}`,
		"GET /api/v1/documents":          `{"documents":[` + document + `]}`,
		"GET /api/v1/documents/x":        document,
		"GET /api/v1/documents/I":        document,
		"DELETE /api/v1/documents/x":     `{"id":"I"}`,
		"POST /api/v1/documents/x/retry": `{"id":"x","source":"I","state":"failed"}`,
		"POST /api/v1/documents":         `{"documents":[{"source":"I","error":` + problem + `}]}`,
		"GET /api/v1/keys":               `{"keys":[{"id":"I","name":"I","scopes":["I"],"collections":["I"]}]}`,
		"POST /api/v1/keys":              `{"id":"I","name":"I","scopes":["I"],"collections":["I"],"key":"I"}`,
		"DELETE /api/v1/keys/x":          `{"id":"I","name":"I","scopes":["ask"]}`,
		"GET /api/v1/doctor":             `{"faults":[{"document":"I","problem":"I","repair":"I"}],"notices":["I"]}`,
		"POST /api/v1/import":            `{"broken":1,"lines":[{"line":1,"error":` + problem + `}]}`,
		"POST /api/v1/answer":            `{"state":"answered","text":"I","confidence":0.9,"document":"I","source":"I","title":"I","heading":"I","lead":"I","before":"I","also":[` + quotation + `]}`,
	}[r.Method+" "+r.URL.Path]
	w.Header().Set("Content-Type", "application/json")
	if strings.Contains(r.Header.Get("Authorization"), "refused") {
		body = `{"state":"insufficient_data","text":"I","reason":{"code":"not_confident","text":"I","nearest":` + quotation + `}}`
	}
	if body == "" {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(400)
		body = problem
	}
	_, _ = w.Write([]byte(strings.ReplaceAll(body, `"I"`, `"`+nasty+`"`)))
}

// Text that others have chosen never controls the terminal or looks like a line
// of its own, whichever command prints it.
func TestNothingForeignSteersTheTerminal(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(hostile))
	defer server.Close()
	dir := t.TempDir()
	t.Chdir(dir)
	named := "b\x1b[2J\nforged\u202e.md"
	for _, name := range []string{"a.md", named, "\x1b[2J.jsonl"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("It rains."), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f := func(args ...string) {
		t.Helper()
		var out, errOut strings.Builder
		Main(t.Context(), args, strings.NewReader(""), &out, &errOut)
		if out.Len()+errOut.Len() == 0 {
			t.Errorf("%q prints nothing", args)
		}
		for _, text := range []string{out.String(), errOut.String()} {
			before := rune(0)
			for _, r := range text {
				if r != '\n' && hidden(r, before) {
					t.Errorf("%q prints %U: %q", args, r, text)
					break
				}
				before = r
			}
			for line := range strings.Lines(text) {
				if strings.HasPrefix(line, "forged") {
					t.Errorf("%q prints a line that was forged: %q", args, text)
				}
			}
		}
	}
	remote := func(args ...string) { t.Helper(); f(append(args, "--server", server.URL)...) }
	remote("status")
	remote("documents", "list")
	remote("documents", "delete", "x", "--wait=false")
	remote("jobs", "list")
	remote("jobs", "retry", "x")
	remote("keys", "list")
	remote("keys", "create", "name")
	remote("keys", "revoke", "x")
	remote("doctor")
	remote("import", "a.md")
	remote("tell", ".")
	remote("export")
	for _, command := range [][]string{{"status"}, {"documents", "list"}, {"documents", "show", "x"}, {"jobs", "list"}, {"keys", "list"}, {"doctor"}, {"ask", "x"}} {
		remote(append(command, "--json")...)
	}
	f("ask", "--in", ".", "Which volcano?")
	f("ask", "--in", named, "Which volcano?")
	f("tell", named+"x", "--data", "d")
	f("eval", "--documents", ".", "--questions", named)
	f("\x1b[2J\nforged")
	f("ask", "--\x1b[2J\nforged", "x")
	f("ask", "x", "--server", "\x1b[2J\nforged")
	f("config", "validate", "--listen", "\x1b[2J\nforged")
	f("config", "get", "\x1b[2J\nforged")
}

// On a terminal, control characters in a quotation are escaped, too. In a pipe
// the quotation is unchanged.
func TestQuotationsOnATerminal(t *testing.T) {
	const text = "It\x1b[2J rains.\u202e"
	answer := multivac.Answer{State: multivac.Answered, Sentences: []multivac.Quotation{{Text: text, Lead: text, Source: text}}}
	var b strings.Builder
	a := ask{out: &b, style: style{terminal: true}}
	if err := a.print(answer); err != nil {
		t.Fatal(err)
	}
	const seen = `It\x1b[2J rains.\u202e`
	if got, want := b.String(), seen+"\n"+seen+"\n  "+seen+"  (under 1% sure)\n"; got != want {
		t.Errorf("on a terminal: %q, want %q", got, want)
	}
	b.Reset()
	a.style = style{}
	if err := a.print(answer); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), text+"\n"+text+"\n  "+seen+"  (under 1% sure)\n"; got != want {
		t.Errorf("in a pipe: %q, want %q", got, want)
	}
}
