package ui_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"multivac"
	"multivac/internal/place"
	"multivac/internal/web/ui"
)

// A page is the parsed response of a handler.
type page struct {
	t      *testing.T
	path   string
	Code   int
	Header http.Header
	Body   string
	root   *html.Node
}

func get(t *testing.T, h http.Handler, path string) *page {
	t.Helper()
	w := httptest.NewRecorder()
	w.Header().Set("X-Request-Id", "request-7")
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	root, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return &page{t, path, w.Code, w.Header(), w.Body.String(), root}
}

// texts returns the text of each element of a kind, as a reader sees it.
func (p *page) texts(tag, class string) []string {
	var found []string
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == tag && (class == "" || strings.Contains(" "+attribute(n, "class")+" ", " "+class+" ")) {
			found = append(found, strings.Join(strings.Fields(text(n)), " "))
		}
	}
	return found
}

func (p *page) want(code int, tag, class string, want ...string) {
	p.t.Helper()
	if p.Code != code {
		p.t.Errorf("%s: status %d, want %d", p.path, p.Code, code)
	}
	if got := p.texts(tag, class); strings.Join(got, "|") != strings.Join(want, "|") {
		p.t.Errorf("%s: <%s class=%q>: got %q, want %q", p.path, tag, class, got, want)
	}
}

// wantText checks that the visible text of the page contains each of want.
func (p *page) wantText(want ...string) {
	p.t.Helper()
	got := strings.Join(strings.Fields(text(p.root)), " ")
	for _, w := range want {
		if !strings.Contains(got, w) {
			p.t.Errorf("%s: %q is not on the page: %s", p.path, w, got)
		}
	}
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func ask(question string) string { return "/?q=" + url.QueryEscape(question) }

func TestAnswer(t *testing.T) {
	f := knowing()
	h := serve(f, f)
	p := get(t, h, ask(askPump))
	p.want(200, "h1", "", askPump)
	p.want(200, "strong", "", pumpQuote, "The plant has two cooling pumps, which run in turns.", "Pumps are serviced by whoever is on call.")
	p.want(200, "mark", "", "cooling", "pump", "serviced", "cooling", "pumps", "Pumps", "serviced")
	p.want(200, "span", "heading", "Maintenance", "Maintenance", "Duties")
	p.wantText("which run in turns. The cooling pump", "Likely right 93%", "22% likely", "handbook/plant/cooling.md")
	if got, want := f.asked[0], (multivac.Question{Text: askPump, Collection: "default"}); got != want {
		t.Errorf("asked %+v, want %+v", got, want)
	}

	start := strings.Index(pumpText, pumpQuote)
	link := fmt.Sprintf("/ui/document/%s?end=%d&amp;revision=1&amp;start=%d#quote", pumpID, start+len(pumpQuote), start)
	if !strings.Contains(p.Body, `href="`+link+`"`) {
		t.Errorf("no link to %s in %s", link, p.Body)
	}
	if json := `href="/api/v1/answer?collection=default&amp;question=When`; !strings.Contains(p.Body, json) {
		t.Errorf("no %s in %s", json, p.Body)
	}
}

// The other side of a conflict stands under the answer, and not among the
// runners-up again.
func TestConflict(t *testing.T) {
	f := knowing()
	p := get(t, serve(f, f), ask(askConflict))
	p.want(200, "strong", "", pumpQuote, "Pumps are serviced by whoever is on call.", "The plant has two cooling pumps, which run in turns.")
	p.want(200, "h3", "", "Two documents disagree. The newer one is of 2025, the older one of 2023.")
	p.wantText("The older one says: Pumps are serviced by whoever is on call. On callDutieshttps://wiki.example.org/on-call?page=2")
	if p := get(t, serve(f, f), ask(askPump)); strings.Contains(p.Body, "conflict") {
		t.Errorf("a conflict is shown where there is none: %s", p.Body)
	}
}

func TestTableRow(t *testing.T) {
	f := knowing()
	p := get(t, serve(f, f), ask(askLimit))
	p.want(200, "th", "", "Country", "Per night", "Per day")
	p.want(200, "tr", "quoted", "Norway240 €110 €")
	p.want(200, "td", "", "Latvia", "120 €", "60 €", "Malta", "140 €", "70 €", "Norway", "240 €", "110 €", "Oman", "190 €", "90 €", "Peru", "120 €", "60 €")
}

func TestListItem(t *testing.T) {
	f := knowing()
	p := get(t, serve(f, f), ask(askSteps))
	p.want(200, "p", "lead", "When the disk is full, do this:")
	p.want(200, "blockquote", "verse", "1. Stop the importer. 2. Delete the oldest snapshots: `snapctl prune --older-than 30d --really-delete-them-all`. 3. Start the importer again.")
}

// All steps are quoted, on lines of their own. The best one is set apart, and a
// runner-up that is among them is not shown again.
func TestSteps(t *testing.T) {
	f := knowing()
	p := get(t, serve(f, f), ask(askDrain))
	p.want(200, "blockquote", "verse whole", "1. Stop the importer. 2. Drain the queue: - wait 3. Start the importer.")
	p.want(200, "strong", "", "Drain the queue:")
	p.want(200, "mark", "", "Drain")
	if strings.Contains(p.Body, `id="also"`) {
		t.Error("a step is shown twice")
	}
	if want := "2. </span><strong><mark>Drain</mark> the queue:</strong><span class=\"part\">\n   - wait\n3. Start"; !strings.Contains(p.Body, want) {
		t.Errorf("no %q in %s", want, p.Body)
	}
}

func TestRefusal(t *testing.T) {
	f := knowing()
	h := serve(f, f)
	p := get(t, h, ask(askTides))
	p.want(200, "b", "word") // the reason names them
	p.want(200, "strong", "", "Pumps are serviced by whoever is on call.")
	p.wantText(multivac.Insufficient, "Nothing told contains “tides”, “harbour” or “Lisbon”.", "What came nearest, and was turned down", "8% likely")
	get(t, h, ask("incomprehensibilities abound")).want(200, "b", "word", "incomprehensibilities", "abound")

	const again = `href="/?collection=default&amp;q=Why+do+tides`
	if strings.Contains(p.Body, again) {
		t.Error("no stop would answer with a confidence of 8%")
	}
	f.answers[askTides].Reason.Nearest.Confidence = .5
	if p := get(t, h, ask(askTides)); !strings.Contains(p.Body, again) || !strings.Contains(p.Body, "stop=eager") {
		t.Errorf("no link to ask less strictly, %s: %s", again, p.Body)
	}
	if p := get(t, h, ask(askTides)+"&stop=eager"); strings.Contains(p.Body, again) {
		t.Error("what was asked with eager cannot be asked less strictly")
	}
}

func TestFirstVisit(t *testing.T) {
	f := knowing()
	p := get(t, serve(f, f, ui.WithExamples(askPump, askLimit)), "/")
	p.want(200, "h1", "", "Ask what it has been told.")
	p.want(200, "ul", "examples", askPump+" "+askLimit)
	p.wantText("It knows 2,067 documents in 12,345 passages, and has 3 more to read.")
	if len(f.asked) > 0 {
		t.Errorf("nothing was asked, and yet %+v", f.asked)
	}
	if p := get(t, serve(f, f), "/?q=++"); p.Code != 200 || len(f.asked) > 0 {
		t.Errorf("blanks are no question: status %d, asked %+v", p.Code, f.asked)
	}
}

// Failed documents were told, too.
func TestNothingRead(t *testing.T) {
	f := &fake{status: multivac.Status{Ready: true}, documents: map[multivac.DocumentID]multivac.Document{"a": {ID: "a", State: multivac.Failed}}}
	p := get(t, serve(f, f), "/")
	p.want(200, "section", "telling")
	p.wantText("What it was told could not be read. multivac jobs list says why.")
	f.answers = map[string]multivac.Answer{"why": {State: multivac.InsufficientData, Reason: &multivac.Reason{Code: multivac.NothingRead, Text: "It could not be read."}}}
	p = get(t, serve(f, f), ask("why"))
	p.want(200, "section", "telling")
	p.wantText("It could not be read.")
}

func TestNothingTold(t *testing.T) {
	f := &fake{status: multivac.Status{Ready: true}}
	h := serve(f, f)
	for _, path := range []string{"/", ask("why")} {
		p := get(t, h, path)
		p.want(200, "section", "telling", p.texts("section", "telling")...)
		p.wantText("$ multivac tell --server http://example.com handbook/", "$ curl http://example.com/api/v1/documents --json")
	}
	r := httptest.NewRequest("GET", "http://127.0.0.1:5000/", nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), "multivac tell handbook/") {
		t.Errorf("at the default address the command needs no flag: %s", w.Body)
	}
}

func TestStarting(t *testing.T) {
	f := &fake{status: multivac.Status{Documents: 1, Reason: "It has read 1 of 2 documents."}}
	get(t, serve(f, f), "/").wantText("MultiVAC is starting", "It has read 1 of 2 documents.", "1 document in 0 passages")
}

func TestForm(t *testing.T) {
	f := knowing()
	h := serve(f, f, ui.WithStops(func() multivac.DefaultStops {
		return multivac.DefaultStops{Collections: map[multivac.CollectionName]multivac.Stop{"laws": multivac.Strict}}
	}))
	chosen := func(path, tag, sign string) string {
		t.Helper()
		for n := range get(t, h, path).root.Descendants() {
			for _, a := range n.Attr {
				if n.Data == tag && a.Key == sign {
					return attribute(n, "value")
				}
			}
		}
		return ""
	}
	g := func(path, collection, stop string) {
		t.Helper()
		if got := chosen(path, "option", "selected"); got != collection {
			t.Errorf("%s: collection %q, want %q", path, got, collection)
		}
		if got := chosen(path, "input", "checked"); got != stop {
			t.Errorf("%s: stop %q, want %q", path, got, stop)
		}
	}
	g("/", "default", "balanced")
	g("/?collection=laws&stop=eager", "laws", "eager")
	g("/?collection=gone&q=why", "gone", "balanced")
	g("/?stop=sometimes", "default", "balanced")
	g("/?collection=laws", "laws", "strict")

	f.status.Collections = []multivac.Collection{{Name: "laws", Documents: 1}, {Name: "multivac", Documents: 1}}
	g("/", "laws", "strict")

	f.status.Collections = []multivac.Collection{{Name: "multivac", Documents: 1}}
	p := get(t, h, ask("why"))
	if p.want(200, "select", ""); !strings.Contains(p.Body, `<input type="hidden" name="collection" value="multivac">`) {
		t.Errorf("the only collection is no choice, but must be kept: %s", p.Body)
	}
	if got := f.asked[len(f.asked)-1].Collection; got != "multivac" {
		t.Errorf("asked of %q, want the only collection there is", got)
	}
}

func TestErrors(t *testing.T) {
	g := func(err error, path string, code int, title, message string) {
		t.Helper()
		f := knowing()
		f.err = err
		p := get(t, serve(f, f, ui.WithLog(slog.New(slog.DiscardHandler))), path)
		p.want(code, "h1", "", title)
		p.wantText(message)
		if strings.Contains(p.Body, "10.0.0.7") {
			t.Errorf("%s: the page tells what is inside", path)
		}
	}
	behind := multivac.Errorf(multivac.ErrBehind, "try again", "the index is behind")
	behind.RetryAfter = 1500 * time.Millisecond
	g(nil, "/?q=why&stop=sometimes", 400, "That cannot be asked", `Unknown stop "sometimes". Use strict, balanced or eager.`)
	g(nil, "/?q=why&collection=A%2FB", 400, "That cannot be asked", `Collection name "A/B" is not allowed.`)
	g(nil, ask(strings.Repeat("a", multivac.MaxQuestion+1)), 400, "That cannot be asked", "Ask in fewer words")
	g(behind, ask("why"), 503, "Not available just now", "The index is behind. Try again. Request request-7")
	g(multivac.ErrUnavailable, ask("why"), 503, "Not available just now", "Try again in a moment.")
	g(errors.New("dial 10.0.0.7: refused"), ask("why"), 500, "Something went wrong in here", "Request request-7")
	g(nil, "/ui/document/none", 404, "There is no such document", `Document "none" does not exist.`)
	g(nil, "/ui/nothing", 404, "There is no such page", "Nothing is kept at this address.")

	f := knowing()
	f.err = behind
	if got := get(t, serve(f, f), ask("why")).Header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %q, want 2", got)
	}
	f = &fake{statusErr: multivac.ErrUnavailable}
	get(t, serve(f, f), "/").want(503, "h1", "", "Not available just now")
	get(t, serve(f, f), "/ui/collections").want(503, "h1", "", "Not available just now")
	signIn := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ui.New(f, f).SignIn(w, r, "/", multivac.Errorf(multivac.ErrUnauthorized, "look for another", "the key was revoked"))
	})
	get(t, signIn, "/").want(401, "h1", "", "That key does not fit")
	know := knowing()
	get(t, serve(know, f), ask(askPump)).want(200, "h1", "", askPump) // can still be answered
}

func TestDocument(t *testing.T) {
	f := knowing()
	h := serve(f, f)
	start := strings.Index(pumpText, pumpQuote)
	at := func(id multivac.DocumentID, revision, start, end int) string {
		return fmt.Sprintf("/ui/document/%s?revision=%d&start=%d&end=%d", id, revision, start, end)
	}
	p := get(t, h, at(pumpID, 1, start, start+len(pumpQuote)))
	p.want(200, "mark", "", pumpQuote)
	p.want(200, "h1", "", "Cooling")
	p.wantText("4 March 2026, 05:06 UTC", "# Cooling ## Maintenance The plant")

	p = get(t, h, at(pumpID, 2, start, start+len(pumpQuote)))
	p.want(200, "mark", "")
	p.wantText("told anew since it was quoted", "# Cooling ## Maintenance The plant")
	for _, bad := range [][2]int{{-1, 5}, {5, 5}, {9, 5}, {0, 1 << 40}} {
		get(t, h, at(pumpID, 1, bad[0], bad[1])).want(200, "mark", "")
	}
	get(t, h, "/ui/document/"+string(pumpID)).want(200, "mark", "")

	f.documents["split"] = multivac.Document{ID: "split", Text: "añb", State: multivac.Indexed, Revision: 1}
	get(t, h, at("split", 1, 2, 4)).want(200, "mark", "") // a quotation ends at the end of a rune
	f.documents["large"] = multivac.Document{ID: "large", Text: strings.Repeat("é", 1<<20) + "here" + strings.Repeat("é", 1<<20), State: multivac.Indexed, Revision: 1}
	p = get(t, h, at("large", 1, 2<<20, 2<<20+4))
	p.want(200, "mark", "", "here")
	p.wantText("What stands before is left out here", "What follows is left out here")
	if len(p.Body) > 1<<19 || strings.Contains(p.Body, "\uFFFD") {
		t.Errorf("a large document makes a page of %d bytes, or one that cuts a rune", len(p.Body))
	}
	f.documents["new"] = multivac.Document{ID: "new", State: multivac.Pending, Source: "https://example.org/new"}
	get(t, h, "/ui/document/new").wantText("still to be read")
	f.documents["bad"] = multivac.Document{ID: "bad", State: multivac.Failed, LastError: "the table has no header"}
	get(t, h, "/ui/document/bad").wantText("could not be read. The table has no header.")
	f.documents["kept"] = multivac.Document{ID: "kept", State: multivac.Indexed, Text: "Stop the pump.", Original: true}
	if p := get(t, h, "/ui/document/kept"); !strings.Contains(p.Body, `<a href="/api/v1/documents/kept/original">Download</a>`) || strings.Contains(get(t, h, "/ui/document/bad").Body, "/original") {
		t.Error("what was told is offered where it is not kept, or not where it is")
	}
	f.documents["gone"] = multivac.Document{ID: "gone", State: multivac.Deleted}
	get(t, h, "/ui/document/gone").want(410, "h1", "", "This document was deleted")
}

// The text says where its pages, slides, sheets and times begin, and the sentence
// has its place next to it.
func TestPlacesOfADocument(t *testing.T) {
	f := knowing()
	h := serve(f, f)
	show := func(query string, pieces ...any) *page {
		t.Helper()
		var text strings.Builder
		var b place.Builder
		for i := 0; i < len(pieces); i += 2 {
			b.Add(pieces[i].(string), pieces[i+1].(multivac.Place))
			text.WriteString(pieces[i].(string))
		}
		f.documents["d"] = multivac.Document{ID: "d", Text: text.String(), Places: b.Places(), State: multivac.Indexed, Revision: 1}
		return get(t, h, "/ui/document/d"+query)
	}
	book := []any{"Thanks to all.\n", multivac.Place{Page: 1, Label: "i"}, "\n", multivac.Place{Page: 1, Label: "i"},
		"The pump stops.\n", multivac.Place{Page: 2}, "The valve opens.\n", multivac.Place{Page: 2}, "The end.\n", multivac.Place{Page: 3}}
	p := show("?start=33&end=49", book...)
	p.want(200, "mark", "", "he valve opens.")
	p.want(200, "span", "at", "page 2")
	p = show("?start=16&end=57", book...)
	p.want(200, "span", "stop", "page 1 (i)", "page 2", "page 3")
	p.want(200, "span", "at") // the stop says it
	p.want(200, "mark", "", "page 2The pump stops. The valve opens. page 3The end.")
	p.wantText("Quoted frompage 2", "page 1 (i)Thanks to all. page 2The pump")
	show("", book...).want(200, "span", "at")
	show("", "Hi.\n", multivac.Place{Time: 1}, "Ho.\n", multivac.Place{Time: 751_000}).want(200, "span", "time", "0:00", "12:31")
	show("", "| a |\n", multivac.Place{Sheet: "Prices", Line: 1}, "| b |\n", multivac.Place{Sheet: "Prices", Line: 7}, "So.\n", multivac.Place{Slide: 4}).
		want(200, "span", "stop", "sheet Prices", "slide 4")
	show("?start=0&end=3", "Hi.\nHo.\n", multivac.Place{Line: 4}).want(200, "span", "stop")

	var many []any
	for n := range 30_000 {
		many = append(many, "a\n", multivac.Place{Page: n + 1})
	}
	p = show("?start=30000&end=30001", many...)
	if stops := p.texts("span", "stop"); len(stops) != 2000 || stops[0] != "page 14001" || stops[1999] != "page 16000" {
		t.Errorf("got %d stops, from %s", len(stops), stops[0])
	}
}

// No document and no question can become markup, whatever the marks say.
func TestHostile(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	q := multivac.Quotation{
		Text: evil + "é漢字", Title: evil, Source: "javascript:alert(1)" + evil, Heading: evil, Lead: evil, Before: evil, After: evil,
		Document: evil, Marks: []multivac.Span{{Start: 40, End: 5}, {Start: len(evil) + 1, End: len(evil) + 3}, {Start: -5, End: 3}, {Start: 2, End: 9}, {Start: 8, End: 1 << 40}},
	}
	row := q
	row.Lead, row.Text = "| a | "+evil+" |", "| "+evil+" | b |"
	link := q
	link.Source = "HTTP://example.org/?" + evil
	answer := multivac.Answer{State: multivac.Answered, Sentences: []multivac.Quotation{q, row, link}}
	refusal := multivac.Answer{State: multivac.InsufficientData, Reason: &multivac.Reason{Text: evil, Unmatched: []string{evil}, Nearest: &q}}
	f := &fake{
		answers:   map[string]multivac.Answer{evil: answer, evil + "?": refusal},
		status:    multivac.Status{Documents: 1, Reason: evil, Collections: []multivac.Collection{{Name: evil}, {Name: "default"}}},
		documents: map[multivac.DocumentID]multivac.Document{"evil": {ID: evil, Text: evil, Title: evil, Source: "javascript:alert(1)", State: multivac.Indexed}},
	}
	h := serve(f, f, ui.WithExamples(evil))
	for _, path := range []string{"/", ask(evil), ask(evil + "?"), "/ui/document/evil?start=0&end=9", "/?q=x&stop=" + url.QueryEscape(evil)} {
		p := get(t, h, path)
		for n := range p.root.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			switch href := strings.ToLower(attribute(n, "href")); {
			case n.Data == "img", n.Data == "script" && !strings.HasPrefix(attribute(n, "src"), "/ui/assets/"), strings.HasPrefix(href, "javascript:"):
				t.Errorf("%s: there is <%s %v>", path, n.Data, n.Attr)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
					t.Errorf("%s: there is <%s %v>", path, n.Data, n.Attr)
				}
			}
		}
		if !strings.Contains(text(p.root), evil[:20]) && strings.HasPrefix(path, "/?q=%22") {
			t.Errorf("%s: what was told is not shown as it is", path)
		}
	}
}

// A link leads to these pages, or to the web: the source of a document may be
// any text.
func TestLinksLeadNowhereElse(t *testing.T) {
	addresses := []string{
		"javascript:alert(1)", " javascript:alert(1)", "JaVaScript:alert(1)", "java\nscript:alert(1)", "javascript://example.org/%0aalert(1)", "\x01javascript:alert(1)",
		"vbscript:x", "data:text/html,<script>alert(1)</script>", "file:///etc/passwd", "ftp://example.org/", "//example.org/", `/\example.org`, `\\example.org`, "http:example.org", "http://", "../up", "?q=x", "",
		"https://example.org/a?b=c&d=(e)", "HTTP://example.org/\" onclick=\"alert(1)", "http://example.org/\u202Egnp.exe", "https://bücher.example/wörter?ß='",
	}
	followed := map[string]bool{}
	for _, a := range addresses {
		q := multivac.Quotation{Text: "a", Title: a, Source: a, Document: multivac.DocumentID(a)}
		other := q
		other.Title = "another"
		f := &fake{
			answers: map[string]multivac.Answer{
				"answer":  {State: multivac.Answered, Sentences: []multivac.Quotation{q, other}},
				"refusal": {State: multivac.InsufficientData, Reason: &multivac.Reason{Text: a, Unmatched: []string{a}, Nearest: &other}},
			},
			status:    multivac.Status{Documents: 1, Collections: []multivac.Collection{{Name: multivac.CollectionName(a)}, {Name: "default"}}},
			documents: map[multivac.DocumentID]multivac.Document{"d": {ID: multivac.DocumentID(a), Collection: multivac.CollectionName(a), Text: a, Source: a, State: multivac.Indexed}},
		}
		h := serve(f, f, ui.WithExamples(a))
		pages := []*page{get(t, h, "/"), get(t, h, ask("answer")), get(t, h, ask("refusal")), get(t, h, ask(a)+"&collection="+url.QueryEscape(a)),
			get(t, h, "/ui/document/d?start=0&end=1"), get(t, h, "/ui/collections"), get(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { ui.New(f, f).SignIn(w, r, a, nil) }), "/")}
		for _, p := range pages {
			for n := range p.root.Descendants() {
				for _, name := range []string{"href", "src", "action", "formaction"} {
					switch address := attribute(n, name); {
					case foreign.MatchString(address):
						followed[a] = true
					case !ours.MatchString(address):
						t.Errorf("source %q, page %s: <%s %s=%q> leads elsewhere", a, p.path, n.Data, name, address)
					}
				}
			}
		}
	}
	if len(followed) != 4 {
		t.Errorf("the web addresses are links, the last four; got %v", followed)
	}
}

var (
	foreign = regexp.MustCompile(`^(?i:https?)://[A-Za-z0-9.%-]+(/[!-~]*)?$`)
	ours    = regexp.MustCompile(`^(|/|/[?a-z][!-~]*|#[a-z]+)$`) // "": no attribute
)

func TestHeaders(t *testing.T) {
	f := knowing()
	h := serve(f, f)
	for _, path := range []string{"/", ask(askPump), "/ui/document/none", "/ui/nothing", "/ui/assets/ask.js"} {
		p := get(t, h, path)
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":  "nosniff",
			"Referrer-Policy":         "no-referrer",
		} {
			if got := p.Header.Get(name); got != want {
				t.Errorf("%s: %s: got %q, want %q", path, name, got, want)
			}
		}
	}
}

func TestAssets(t *testing.T) {
	f := knowing()
	h := serve(f, f)
	g := func(path, mediaType, cache string) {
		t.Helper()
		p := get(t, h, path)
		if got := p.Header.Get("Content-Type"); p.Code != 200 || !strings.HasPrefix(got, mediaType) || p.Header.Get("Cache-Control") != cache || p.Body == "" {
			t.Errorf("%s: status %d, type %q, cache %q; want 200, %q, %q", path, p.Code, got, p.Header.Get("Cache-Control"), mediaType, cache)
		}
	}
	const forever = "public, max-age=31536000, immutable"
	linked := regexp.MustCompile(`"(/ui/assets/[^"]+)"`)
	types := map[string]string{"css": "text/css", ".js": "text/javascript", "svg": "image/svg+xml"}
	for _, path := range []string{"/", "/ui/document/" + string(pumpID)} {
		for _, m := range linked.FindAllStringSubmatch(get(t, h, path).Body, -1) {
			name, _, _ := strings.Cut(m[1], "?")
			g(m[1], types[name[len(name)-3:]], forever)
		}
	}
	g("/ui/assets/base.css?v=of-another-replica", "text/css", "no-cache")
	if p := get(t, h, "/ui/assets/none.css"); p.Code != 404 {
		t.Errorf("an asset that is not there: status %d, want 404", p.Code)
	}
}

// Pages stay small however many collections there are. Each collection can be
// found and chosen without script.
func TestManyCollections(t *testing.T) {
	f := knowing()
	f.status.Collections = nil
	for n := range 10_000 {
		name := fmt.Sprintf("%05d-%s", n, strings.Repeat("x", 50))
		f.status.Collections = append(f.status.Collections, multivac.Collection{Name: multivac.CollectionName(name), Documents: n})
	}
	h := serve(f, f)
	const last = "09999-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	for _, path := range []string{"/", ask(askPump), ask(askTides), ask("why"), "/?q=x&stop=sometimes", "/?collection=" + last, "/ui/collections", "/ui/collections?find=9", "/ui/collections?find=nowhere"} {
		p := get(t, h, path)
		if n := len(p.Body); n >= 60_000 {
			t.Errorf("%s has %d bytes, want under 60,000", path, n)
		}
	}
	p := get(t, h, "/?collection="+last)
	if !strings.Contains(p.Body, `value="`+last+`"`) || !strings.Contains(p.Body, "one of 10,000") {
		t.Errorf("the collection that is asked is not named: %s", p.Body)
	}
	p = get(t, h, "/ui/collections?find=0499")
	p.wantText("11 of 10,000 collections found.")
	if !strings.Contains(p.Body, `href="/?collection=04990-xxx`) {
		t.Errorf("a collection that is looked for is not offered: %s", p.Body)
	}
	get(t, h, "/ui/collections?find=X").wantText("The 100 with the most documents are listed.", "9,999 documents")
	get(t, h, "/ui/collections").wantText("10,000 collections.")
	get(t, h, "/ui/collections?find=nowhere").wantText("0 of 10,000 collections found.")
	f.status.Collections = f.status.Collections[:3]
	if p := get(t, h, "/"); !strings.Contains(p.Body, "<select") || strings.Contains(p.Body, "datalist") {
		t.Errorf("of three collections there is no choice: %s", p.Body)
	}
}

// Commands to copy use the address by which the reader reached the page,
// whatever proxies are in between.
func TestAddressesAsReached(t *testing.T) {
	f := &fake{status: multivac.Status{Ready: true}}
	h := serve(f, f)
	g := func(host, want string, headers ...string) {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.Host = host
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			r.Header.Set(name, value)
		}
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(&net.TCPAddr{IP: net.IPv4(10, 0, 0, 7), Port: 5000})))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if want := "curl " + html.EscapeString(want) + "/api/v1/documents"; !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s %q: there is no %q in %s", host, headers, want, w.Body)
		}
	}
	g("localhost:5000", "http://localhost:5000")
	g("wiki.example.org", "http://wiki.example.org")
	g("wiki.example.org", "https://wiki.example.org", "X-Forwarded-Proto: https")
	g("wiki.example.org:8443", "https://wiki.example.org:8443", "X-Forwarded-Proto: HTTPS, http")
	g("wiki.example.org", "http://wiki.example.org", "X-Forwarded-Proto: gopher")
	g("127.0.0.1:5000", "https://wiki.example.org", "X-Forwarded-Proto: https", "X-Forwarded-Host: wiki.example.org")
	g("wiki.example.org", "http://wiki.example.org", "X-Forwarded-Host: $(id)")
	g("[::1]:5000", "'http://[::1]:5000'")
	g("[::1]", "'http://[::1]'")
	g("$(id).example.org", "http://10.0.0.7:5000")
	g("a;b", "http://10.0.0.7:5000")
	g("", "http://10.0.0.7:5000")
}

func BenchmarkAnswerPage(b *testing.B) {
	f := knowing()
	h := serve(f, f)
	r := httptest.NewRequest("GET", ask(askPump), nil)
	b.ReportAllocs()
	for b.Loop() {
		f.asked = nil
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
