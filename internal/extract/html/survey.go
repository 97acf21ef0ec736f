package html

import (
	"bytes"
	"context"
	"strings"

	"golang.org/x/net/html"

	"multivac/internal/extract"
)

// A survey is what the writer must know about the whole page before it writes
// the text: the names of the tabs, the parts that can be opened, and the
// footnotes.
type survey struct {
	tabs     []tab
	at       map[int]int    // the tab that begins with a start tag, by the tag's number
	headed   map[int]bool   // the summaries with a heading, by the tag's number
	panels   map[string]int // the tab that refers to a panel, by the panel's id
	named    map[string]int // the tab that a panel refers to, by the tab's id
	refs     names          // ids and other values that something on the page refers to
	ids      names          // of all elements
	captions int            // of tables
	panes    bool           // there are elements that are called panes of tabs
	notes    names          // the marks that notes begin with
	marks    names          // the raised texts
}

// A tab names a panel. It may be the button of an accordion, too.
type tab struct {
	name    string
	keys    []string // of its panel
	toggler bool     // it belongs to an accordion
	inside  bool     // it is in a heading or term, or has one in it
	text    bool     // it is text, not a button
	keyed   bool     // its panel is on the page
	list    int      // the number of its list of tabs, or of the last list before it
}

// isName reports whether the tab's text can be a heading.
func (t tab) isName() bool { return t.name != "" && len(t.name) <= maxName }

// maxSurveyed is how many tabs, names or notes a survey keeps. No page written
// for people has more.
const maxSurveyed = 1 << 15

// names is a set of bounded size.
type names map[string]bool

func (n names) add(name string) {
	if len(n) < maxSurveyed {
		n[name] = true
	}
}

// maxName is how many bytes the name of a panel may have.
const maxName = 200

// An open element is one whose end has not come yet.
type open struct {
	tag string
	n   int // how many of that name are open
}

// start and end count the tags of that name. end reports whether the tag was
// the end of the element itself.
func (o *open) start(tag string) {
	if o.n > 0 && o.tag == tag {
		o.n++
	}
}

func (o *open) end(tag string) bool {
	if o.n == 0 || o.tag != tag {
		return false
	}
	o.n--
	return o.n == 0
}

// A surveyor makes a survey.
type surveyor struct {
	*survey
	e       element
	skip    open // an element that is not text
	nav     open
	heading open
	holder  int  // the number of the tag of a summary or button, or 0
	list    open // of tabs
	lists   int
	tab     open // whose name is being read
	sup     open
	raised  strings.Builder
	bare    bool // the block has no text yet
	first   bool // the current raised text is the first in its block
}

// contextEvery is after how many tokens the context is checked.
const contextEvery = 256

// surveyOf returns the survey of a page.
func surveyOf(ctx context.Context, body []byte) *survey {
	s := surveyor{survey: &survey{
		at: map[int]int{}, headed: map[int]bool{}, panels: map[string]int{}, named: map[string]int{},
		refs: names{}, ids: names{}, notes: names{}, marks: names{},
	}}
	z := html.NewTokenizer(bytes.NewReader(body))
	for n, tokens := 0, 0; ; tokens++ {
		kind := z.Next()
		if kind == html.ErrorToken || tokens%contextEvery == 0 && ctx.Err() != nil {
			s.finish()
			return s.survey
		}
		switch kind {
		case html.TextToken:
			s.text(z.Text())
		case html.StartTagToken:
			n++
			name, more := z.TagName()
			s.e.read(z, string(name), more)
			s.start(n)
		case html.SelfClosingTagToken:
			n++
		case html.EndTagToken:
			name, _ := z.TagName()
			s.end(string(name))
		}
	}
}

// finish finds the panels of the tabs.
func (s *surveyor) finish() {
	if s.tab.n > 0 {
		s.endTab()
	}
	for i := range s.tabs {
		t := &s.tabs[i]
		for _, key := range t.keys {
			t.keyed = t.keyed || s.ids[key]
			if _, ok := s.panels[key]; !ok {
				s.panels[key] = i
			}
		}
	}
}

func (s *surveyor) start(n int) {
	e := &s.e
	if e.id != "" && !Voids[e.tag] { // an input is not a panel
		s.ids.add(e.id)
		if mark, ok := noteID(e.id); ok {
			s.notes.add(mark)
		}
	}
	s.impliedEnds(e.tag)
	for _, o := range []*open{&s.skip, &s.nav, &s.heading, &s.list, &s.tab, &s.sup} {
		o.start(e.tag)
	}
	if s.skip.n > 0 || Voids[e.tag] {
		return
	}
	if skipped[e.tag] && e.tag != "nav" || inline[e.tag] && (e.isUnseen() || e.hidden || e.silent) {
		s.skip = open{e.tag, 1}
		return
	}
	s.bare = s.bare || isBlock(e.tag)
	s.panes = s.panes || e.role == "tabpanel" || e.is(tabPanes) || e.is(tabWords) && e.is(innerPanes)
	s.opens(n)
	if s.tab.n > 0 {
		s.refer(&s.tabs[len(s.tabs)-1])
		return
	}
	isTab := e.isTab(s.list.n > 0)
	if len(s.tabs) == maxSurveyed {
		return
	}
	if isTab || s.nav.n == 0 && e.isToggler() {
		s.begin(n, isTab)
	} else if e.tag == "a" || e.tag == "button" || e.tag == "label" || e.tag == "input" {
		s.refer(nil)
	}
}

// impliedEnds ends the elements that a start tag ends.
func (s *surveyor) impliedEnds(tag string) {
	if s.heading.n > 0 && (isHeadingTag(tag) || s.heading.tag == "dt" && (tag == "dt" || tag == "dd")) {
		s.heading.n = 0
	}
	if s.tab.n > 0 && s.tab.tag == tag && enders[tag] != nil {
		s.endTab()
	}
}

// opens notes other ways by which the element opens something.
func (s *surveyor) opens(n int) {
	e := &s.e
	switch {
	case e.tag == "caption":
		s.captions++
	case e.tag == "summary", e.tag == "button" && s.holder == 0:
		s.holder = n
	case s.holder > 0 && len(s.headed) < maxSurveyed && (isHeadingTag(e.tag) || e.role == "heading"):
		s.headed[s.holder] = true
	}
	if s.nav.n == 0 && (e.tag == "nav" || otherRoles[e.role]) {
		s.nav = open{e.tag, 1}
	}
	if s.heading.n == 0 && (isHeadingTag(e.tag) || e.tag == "dt" || e.tag == "summary" || e.role == "heading") {
		s.heading = open{e.tag, 1}
		if s.tab.n > 0 {
			s.tabs[len(s.tabs)-1].inside = true
		}
	}
	if s.list.n == 0 && (e.role == "tablist" || (e.tag == "ul" || e.tag == "ol" || e.tag == "nav") && e.is(tabWords)) {
		s.list = open{e.tag, 1}
		s.lists++
	}
	if s.sup.n == 0 && (e.tag == "sup" || e.raised) {
		s.sup, s.first = open{e.tag, 1}, s.bare
		s.raised.Reset()
	}
}

// begin begins to read the name of a tab.
func (s *surveyor) begin(n int, isTab bool) {
	e := &s.e
	i := len(s.tabs)
	s.tab, s.at[n] = open{e.tag, 1}, i
	if e.id != "" {
		s.named[e.id] = i
	}
	s.tabs = append(s.tabs, tab{toggler: !isTab, inside: s.heading.n > 0, text: !isTab && e.tag != "button" && e.role != "button", list: s.lists})
	s.refer(&s.tabs[i])
}

// Names of panes, alone and inside an element that is called the content of
// tabs.
var (
	tabPanes   = extract.Words("tabpane tabpanel")
	innerPanes = extract.Words("pane panel block")
)

// refer notes the ids that the element refers to.
func (s *surveyor) refer(t *tab) {
	for _, c := range s.e.controls {
		s.refs.add(c)
		if t != nil && len(t.keys) < maxControls {
			t.keys = append(t.keys, c)
		}
	}
}

func (s *surveyor) end(tag string) {
	s.skip.end(tag)
	s.nav.end(tag)
	s.heading.end(tag)
	s.list.end(tag)
	if tag == "summary" || tag == "details" || tag == "button" {
		s.holder = 0
	}
	if s.sup.end(tag) {
		mark := noteMark(s.raised.String())
		s.marks.add(mark)
		if s.first {
			s.notes.add(mark)
		}
	}
	if s.tab.end(tag) || s.tab.n > 0 && enders[s.tab.tag][tag] {
		s.endTab()
	}
}

// endTab ends the name of a tab.
func (s *surveyor) endTab() {
	s.tab.n = 0
	t := &s.tabs[len(s.tabs)-1]
	t.name = extract.OneLine(t.name)
}

func (s *surveyor) text(t []byte) {
	if s.skip.n > 0 || len(bytes.TrimSpace(t)) == 0 {
		return
	}
	s.bare = false
	if s.tab.n > 0 {
		if tab := &s.tabs[len(s.tabs)-1]; len(tab.name) <= maxName {
			tab.name += string(t[:min(len(t), 2*maxName)])
		}
	}
	if s.sup.n > 0 && s.raised.Len() < maxMark {
		s.raised.Write(t[:min(len(t), maxMark)])
	}
}

func isHeadingTag(tag string) bool {
	return len(tag) == 2 && tag[0] == 'h' && tag[1] >= '1' && tag[1] <= '6'
}

func isBlock(tag string) bool {
	return Blocks[tag] || isHeadingTag(tag) || inTable[tag] || tag == "li" || tag == "dt" || tag == "dd"
}

var inTable = extract.Words("table tr td th")
