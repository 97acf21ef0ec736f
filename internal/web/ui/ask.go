package ui

import (
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"multivac"
	"multivac/internal/web/route"
)

var askPages = page{name: "ask", pattern: "GET /{$}", rule: route.AnyKey, serve: (*Site).ask}

// An askPage is the form and, after a question, its answer.
type askPage struct {
	frame
	Question    string
	Collection  multivac.CollectionName
	Collections []multivac.Collection // to choose from; the page shows no choice if there are fewer than 2
	Of          int                   // the number of all collections, if not all are listed; otherwise 0
	Stops       []stopChoice
	Examples    []string
	Host        string // this server, as a URL
	Server      string // the flags that a command needs to reach this server; may be ""
	Status      *multivac.Status
	Unread      bool // some documents that it was told could not be read
	Answer      *answerView
	Refusal     *refusalView
	Problem     *problem
}

// Asked says whether the page is about a question.
func (p askPage) Asked() bool { return p.Answer != nil || p.Refusal != nil || p.Problem != nil }

// A stopChoice is a stop in the form.
type stopChoice struct {
	Stop    multivac.Stop
	Means   string
	Checked bool
}

var stopMeanings = map[multivac.Stop]string{
	multivac.Strict:   "19 of 20 answers are right; it says less",
	multivac.Balanced: "9 of 10 answers are right",
	multivac.Eager:    "4 of 5 answers are right; it says more",
}

// stopChoices are all stops. The chosen one is checked, or else the default.
func stopChoices(chosen, otherwise multivac.Stop) []stopChoice {
	if !slices.Contains(multivac.Stops, chosen) {
		chosen = otherwise
	}
	var choices []stopChoice
	for _, s := range multivac.Stops {
		choices = append(choices, stopChoice{s, stopMeanings[s], s == chosen})
	}
	return choices
}

// Stop is the chosen stop.
func (p askPage) Stop() multivac.Stop {
	for _, c := range p.Stops {
		if c.Checked {
			return c.Stop
		}
	}
	return multivac.Balanced
}

// minRunnerUp is the confidence below which a runner-up is not shown.
const minRunnerUp = 0.01

// An answerView is an answer as the page shows it.
type answerView struct {
	Best     quotationView
	Conflict *conflictView
	Also     []quotationView
	JSON     string // address of the same answer for programs
}

// A conflictView is a quotation that says something else than the answer.
type conflictView struct {
	Text  string // what tells which is newer
	Says  string // introduces the quotation
	Other quotationView
}

func newConflictView(c *multivac.Conflict) *conflictView {
	if c == nil {
		return nil
	}
	return &conflictView{Text: c.Reason, Says: c.Introduction() + ":", Other: newQuotationView(c.With)}
}

// A refusalView is a refusal as the page shows it.
type refusalView struct {
	Says      string
	Text      string
	Unmatched []string // words that Text does not name
	Nearest   *quotationView
	Empty     bool   // nothing has been told
	Eager     string // address of the same question with a less strict stop; "" if there is none
	JSON      string
}

// ask serves "/".
func (s *Site) ask(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	status, err := s.library.Status(r.Context())
	page := askPage{
		frame:       newFrame(r),
		Question:    strings.TrimSpace(query.Get("q")),
		Collection:  multivac.CollectionName(query.Get("collection")),
		Collections: status.Collections,
		Examples:    s.examples,
		Host:        host(r),
		Server:      serverFlag(r),
		Status:      &status,
	}
	page.choose()
	if n := len(page.Collections); n > maxListed {
		page.Collections, page.Of = largest(page.Collections, maxListed), n
	}
	stop := multivac.Stop(query.Get("stop"))
	page.Stops = stopChoices(stop, s.stops().Of(page.Collection))
	code := http.StatusOK
	switch {
	case page.Question != "": // asked even if Status fails, because the answer may not need it
		code = s.answer(w, r, &page, stop)
	case err != nil:
		code, page.Problem = s.fail(w, r, err)
	}
	if err != nil {
		page.Status = nil
	}
	if err == nil && status.Documents+status.Pending == 0 {
		failed, err := s.library.Documents(r.Context(), multivac.Listing{State: multivac.Failed, Limit: 1})
		page.Unread = err == nil && len(failed.Documents) > 0
	}
	render(w, code, page.html())
}

// choose sets the collection if the query names none. A named collection that
// does not exist stays, so that the form shows what was asked.
func (p *askPage) choose() {
	has := func(name multivac.CollectionName) bool {
		return slices.ContainsFunc(p.Collections, func(c multivac.Collection) bool { return c.Name == name })
	}
	switch {
	case p.Collection != "" && !has(p.Collection) && len(p.Collections) > 0:
		p.Collections = append(slices.Clone(p.Collections), multivac.Collection{Name: p.Collection})
	case p.Collection == "" && !has(multivac.DefaultCollection) && len(p.Collections) > 0:
		p.Collection = p.Collections[0].Name
	}
	p.Collection = p.Collection.OrDefault()
}

// answer asks the question of the page and sets its answer.
func (s *Site) answer(w http.ResponseWriter, r *http.Request, page *askPage, stop multivac.Stop) int {
	answer, err := s.asker.Ask(r.Context(), multivac.Question{Text: page.Question, Collection: page.Collection, Stop: stop})
	if err != nil {
		code, problem := s.fail(w, r, err)
		page.Problem = problem
		return code
	}
	values := url.Values{"question": {page.Question}, "collection": {string(page.Collection)}, "stop": {string(page.Stop())}}
	json := "/api/v1/answer?" + values.Encode()
	if answer.State == multivac.Answered && len(answer.Sentences) > 0 {
		page.Answer = &answerView{Best: newQuotationView(answer.Sentences[0]), Conflict: newConflictView(answer.Conflict), JSON: json}
		for _, q := range answer.RunnersUp() {
			if q.Confidence < minRunnerUp {
				break // they are sorted, the likeliest first
			}
			page.Answer.Also = append(page.Answer.Also, newQuotationView(q))
		}
		return http.StatusOK
	}
	page.Refusal = &refusalView{Says: multivac.Insufficient, JSON: json}
	if reason := answer.Reason; reason != nil {
		page.Refusal.explain(reason, page)
	}
	return http.StatusOK
}

// minEager is the confidence below which even the eager stop gives no answer.
const minEager = .25

// explain sets the reason why there is no answer, and what the reader can do.
func (v *refusalView) explain(reason *multivac.Reason, page *askPage) {
	v.Text, v.Empty = reason.Text, reason.Code == multivac.NothingTold
	if !allIn(reason.Text, reason.Unmatched) {
		v.Unmatched = reason.Unmatched
	}
	if reason.Nearest == nil {
		return
	}
	nearest := newQuotationView(*reason.Nearest)
	v.Nearest = &nearest
	if page.Stop() != multivac.Eager && reason.Nearest.Confidence >= minEager {
		values := url.Values{"q": {page.Question}, "collection": {string(page.Collection)}, "stop": {string(multivac.Eager)}}
		v.Eager = "/?" + values.Encode()
	}
}

// Hosts that may be part of a command: a name or an address that a shell takes
// unchanged, and an address whose brackets a shell would take for a pattern.
var (
	plainHost     = regexp.MustCompile(`^[A-Za-z0-9._-]+(:[0-9]+)?$`)
	bracketedHost = regexp.MustCompile(`^\[[0-9A-Fa-f:.]+\](:[0-9]+)?$`)
)

// host returns the address by which the reader reached the page, for commands
// to copy. A proxy reports it in headers. A client that sends these headers
// itself only misleads its own reader.
func host(r *http.Request) string {
	scheme, name := "http", r.Host
	if r.TLS != nil || strings.EqualFold(forwarded(r, "X-Forwarded-Proto"), "https") {
		scheme = "https"
	}
	if before := forwarded(r, "X-Forwarded-Host"); plainHost.MatchString(before) {
		name = before
	}
	if at, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && !plainHost.MatchString(name) && !bracketedHost.MatchString(name) {
		name = at.String()
	}
	if strings.HasPrefix(name, "[") {
		return "'" + scheme + "://" + name + "'"
	}
	return scheme + "://" + name
}

// forwarded returns the first value of a header of proxies; "" if there is none.
func forwarded(r *http.Request, header string) string {
	first, _, _ := strings.Cut(r.Header.Get(header), ",")
	return strings.TrimSpace(first)
}

// serverFlag returns the flags that a command needs to reach this server. There
// are none if the command looks here by default and needs no key.
func serverFlag(r *http.Request) string {
	flags := ""
	if h := host(r); h != "http://127.0.0.1:5000" && h != "http://localhost:5000" {
		flags = "--server " + h + " "
	}
	if newFrame(r).Key != "" {
		flags += "--key-file FILE "
	}
	return flags
}

// allIn reports whether s contains all words.
func allIn(s string, words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(s, w) })
}
