package ui_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/eventually"
	"multivac/internal/web/ui"
)

// look are the pages that a browser opens.
var look = []struct{ name, path string }{
	{"first", "/"},
	{"answer", "/?q=" + url.QueryEscape(askPump)},
	{"table", "/?q=" + url.QueryEscape(askLimit)},
	{"list", "/?collection=laws&stop=strict&q=" + url.QueryEscape(askSteps)},
	{"hebrew", "/?q=" + url.QueryEscape(askHebrew)},
	{"refusal", "/?q=" + url.QueryEscape(askTides)},
	{"unmatched", "/?q=" + strings.Repeat("incomprehensibilities", 10)},
	{"long", "/?q=" + url.QueryEscape(strings.TrimSpace(strings.Repeat(askTides+" ", 12)))},
	{"invalid", "/?q=why&stop=sometimes"},
	{"document", fmt.Sprintf("/ui/document/%s?revision=1&start=%d&end=%d#quote", pumpID, strings.Index(pumpText, pumpQuote), strings.Index(pumpText, pumpQuote)+len(pumpQuote))},
	{"missing", "/ui/document/none"},
}

func TestBrowserAsks(t *testing.T) {
	browser := startChrome(t)
	f := func(script bool) {
		t.Helper()
		server := httptest.NewServer(serve(knowing(), knowing()))
		defer server.Close()
		b := browser.tab(t, 1280, "light", script)
		b.open(server.URL + "/")
		eventually.True(t, "the question has the focus", func() bool { return b.value("document.activeElement.id") == "q" })
		b.load(func() { b.write(askPump); b.press("Enter", "\r") })
		if got, want := b.value("document.querySelector('.answer strong').textContent"), pumpQuote; got != want {
			t.Errorf("script %v: answer %q, want %q", script, got, want)
		}
		if got, want := b.value("document.getElementById('q').value"), askPump; got != want {
			t.Errorf("script %v: the form holds %q, want %q", script, got, want)
		}
		b.load(func() { b.value("document.querySelector('figcaption a').click()") })
		if got := b.value("document.getElementById('quote').textContent"); got != pumpQuote {
			t.Errorf("script %v: the document marks %q, want %q", script, got, pumpQuote)
		}
		for _, complaint := range b.complaints() {
			t.Errorf("script %v: the console shows %s", script, complaint)
		}
	}
	f(false)
	f(true)
}

// A character that changes the direction of writing only changes it in its own
// text, and not in the text next to it.
func TestBrowserDirections(t *testing.T) {
	const turn = "a\u202ab\u202ec\u2067"
	q := multivac.Quotation{Text: turn, Title: turn, Source: turn + "/", Heading: turn, Before: turn, After: turn, Document: "turning", Revision: 1, End: len(turn)}
	d := multivac.Document{ID: "turning", Text: turn + turn, Title: turn, Source: turn + "/", State: multivac.Indexed, Revision: 1}
	f := &fake{
		answers:   map[string]multivac.Answer{turn: {State: multivac.Answered, Sentences: []multivac.Quotation{q}}},
		status:    multivac.Status{Ready: true, Documents: 1},
		documents: map[multivac.DocumentID]multivac.Document{"turning": d},
	}
	server := httptest.NewServer(serve(f, f))
	defer server.Close()
	b := startChrome(t).tab(t, 1280, "light", true)
	// For each text with such a character, the innermost element that isolates
	// it must contain nothing else.
	const leaks = `[...document.querySelectorAll("body *")].filter((e) => {
		const texts = [...e.childNodes].filter((n) => n.nodeType === 3 && n.textContent.trim());
		if (!texts.some((n) => n.textContent.includes("\u202e"))) return false;
		for (let at = e; ; at = at.parentElement) {
			const style = getComputedStyle(at);
			if (style.unicodeBidi.includes("isolate") || style.unicodeBidi === "plaintext") return false;
			if (style.display !== "inline" || at.parentElement === null) return true;
			if (at.parentElement.textContent.trim() !== at.textContent.trim()) return true;
		}
	}).map((e) => e.tagName + "." + e.className).join(" ") + (document.title.includes("\u202e") ? " title" : "")`
	for _, path := range []string{"/?q=" + url.QueryEscape(turn), "/ui/document/turning?start=0&end=" + fmt.Sprint(len(turn))} {
		b.open(server.URL + path)
		if got := b.value(leaks); got != "" {
			t.Errorf("%s: the direction leaks out of %s", path, got)
		}
	}
}

// With script, the key "/" moves to the question, but not while the reader
// types there.
func TestBrowserKey(t *testing.T) {
	browser := startChrome(t)
	server := httptest.NewServer(serve(knowing(), knowing()))
	defer server.Close()
	b := browser.tab(t, 1280, "light", true)
	b.open(server.URL + "/?q=" + url.QueryEscape(askTides))
	if got := b.value("document.activeElement.id + document.querySelector('kbd').hidden"); got != "false" {
		t.Errorf("focus and hint hidden: got %q, want no focus and the hint shown", got)
	}
	b.press("/", "/")
	b.write("and/or")
	b.press("/", "/")
	if got := b.value("document.activeElement.id + document.activeElement.value"); got != "qand/or/" {
		t.Errorf("after /, and/or and /: got %q, want the question replaced by and/or/", got)
	}
}

// Every page fits a small and a wide window, in light and dark, and follows its
// own policy. MULTIVAC_TEST_PICTURES names a folder for pictures.
func TestBrowserLooks(t *testing.T) {
	browser := startChrome(t)
	server := httptest.NewServer(serve(knowing(), knowing(), ui.WithExamples(askPump, askLimit, askTides)))
	defer server.Close()
	empty := httptest.NewServer(serve(&fake{status: multivac.Status{Ready: true}}, &fake{status: multivac.Status{Ready: true}}))
	defer empty.Close()
	down := httptest.NewServer(serve(&fake{err: multivac.ErrUnavailable}, &fake{}))
	defer down.Close()
	crowd := knowing()
	for n := range 10_000 {
		crowd.status.Collections = append(crowd.status.Collections, multivac.Collection{Name: multivac.CollectionName(fmt.Sprintf("team-%d-runbooks", n)), Documents: n % 700})
	}
	many := httptest.NewServer(serve(crowd, crowd))
	defer many.Close()
	for _, width := range []int{320, 768, 1280} {
		for _, colours := range []string{"light", "dark"} {
			b := browser.tab(t, width, colours, true)
			f := func(name, address string) {
				b.open(address)
				if over := b.value("document.documentElement.scrollWidth - document.documentElement.clientWidth"); over != "0" {
					t.Errorf("%s at %d pixels scrolls sideways by %s", name, width, over)
				}
				for _, fault := range strings.Fields(b.value(contrast)) {
					t.Errorf("%s, %s: too little contrast: %s", name, colours, fault)
				}
				if folder := os.Getenv("MULTIVAC_TEST_PICTURES"); folder != "" {
					file := filepath.Join(folder, fmt.Sprintf("%s-%d-%s.png", name, width, colours))
					if err := os.WriteFile(file, b.picture(), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
			for _, l := range look {
				f(l.name, server.URL+l.path)
			}
			f("empty", empty.URL+"/")
			f("nothing-told", empty.URL+"/?q=why")
			f("down", down.URL+"/?q=why")
			f("many", many.URL+"/?collection=laws")
			f("collections", many.URL+"/ui/collections?find=99")
			for _, complaint := range b.complaints() {
				if !strings.Contains(complaint, "the server responded with a status of") { // the pages of errors
					t.Errorf("at %d pixels, %s: the console shows %s", width, colours, complaint)
				}
			}
		}
	}
}

// contrast lists the elements whose text has less contrast than WCAG's 4.5 to
// 1, as "tag.class=ratio".
const contrast = `(() => {
	const parse = (c) => { const n = c.match(/[\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
	const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
	const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] > 0) return c; } return [255, 255, 255, 1]; };
	const faults = new Set();
	for (const e of document.body.querySelectorAll("*")) {
		if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
		const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))];
		const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
		if (ratio < 4.5) faults.add(e.tagName + "." + e.className + "=" + ratio.toFixed(2));
	}
	return [...faults].join(" ");
})()`
