package html

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"

	"multivac/internal/extract"
)

// An element is an element as its start tag describes it.
type element struct {
	tag      string
	id, role string
	href     string
	labelled string   // the id of the element that names it
	words    []string // of its classes
	idWords  []string // of its id and of the id that it is a label for
	controls []string // ids that it refers to, and other values that scripts use for that
	toggle   string   // its action in Bootstrap

	hidden  bool // not shown at first
	silent  bool // not read aloud
	struck  bool
	raised  bool
	expands bool // shows or hides something
	popup   bool // that is a menu or a dialog
	submits bool // sends a form
	level   int  // of a heading that is not written <h1> to <h6>
	cols    int
	rows    int
}

// maxControls is the largest number of values kept of one tag. maxValue is how
// many bytes of an attribute are read.
const (
	maxControls = 16
	maxValue    = 4 << 10
)

// read reads the attributes of the tag at z.
func (e *element) read(z *html.Tokenizer, tag string, more bool) {
	*e = element{tag: tag, words: e.words[:0], idWords: e.idWords[:0], controls: e.controls[:0]}
	for more {
		var k, v []byte
		k, v, more = z.TagAttr()
		e.attribute(string(k), strings.ToValidUTF8(string(v[:min(len(v), maxValue)]), ""))
	}
	e.controls = e.controls[:min(len(e.controls), maxControls)]
}

func (e *element) attribute(key, value string) {
	switch key {
	case "id":
		e.id = value
		e.idWords = appendNames(e.idWords, value)
	case "class":
		e.words = appendNames(e.words, value)
	case "for":
		e.controls = append(e.controls, value)
		e.idWords = appendNames(e.idWords, value)
	case "role":
		e.role = strings.ToLower(strings.TrimSpace(value))
	case "href":
		e.href = value
		if id, ok := strings.CutPrefix(value, "#"); ok && id != "" {
			e.controls = append(e.controls, id)
		}
	case "hidden":
		e.hidden = true
		if strings.EqualFold(value, "until-found") {
			e.words = append(e.words, "collapse")
		}
	case "style":
		e.styled(strings.ReplaceAll(strings.ToLower(value), " ", ""))
	case "colspan":
		e.cols = span(value)
	case "rowspan":
		if e.rows = span(value); e.rows == 0 {
			e.rows = maxRows
		}
	case "type":
		e.submits = value == "submit" || value == "reset"
	case "onclick":
		for i, part := range strings.FieldsFunc(value, func(r rune) bool { return r == '\'' || r == '"' }) {
			if i%2 == 1 && i < 2*maxControls {
				e.controls = append(e.controls, strings.TrimLeft(part, "#."))
			}
		}
	default:
		e.other(key, value)
	}
}

// other reads an attribute that says what scripts do with the element.
func (e *element) other(key, value string) {
	switch key {
	case "aria-hidden":
		// A caption is seen. Pandoc silences it where the picture's text for readers aloud is the same.
		e.silent = value == "true" && e.tag != "figcaption"
	case "aria-expanded":
		e.expands = true
	case "aria-haspopup":
		e.popup = value != "false"
	case "aria-level":
		e.level, _ = strconv.Atoi(value)
	case "aria-labelledby":
		e.labelled = value
	case "aria-controls":
		e.controls = append(e.controls, strings.Fields(value)...)
	case "data-toggle", "data-bs-toggle":
		e.toggle = value
	default:
		if v := strings.TrimLeft(value, "#."); strings.HasPrefix(key, "data-") && v != "" && v != "true" && v != "false" && len(v) < 200 {
			e.controls = append(e.controls, v)
		}
	}
}

func (e *element) styled(s string) {
	e.hidden = e.hidden || strings.Contains(s, "display:none") || strings.Contains(s, "visibility:hidden")
	e.struck = strings.Contains(s, "line-through")
	e.raised = strings.Contains(s, "vertical-align:super")
}

// maxRows is the largest number of rows of a cell, as in browsers.
const maxRows = 65534

func span(value string) int {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || n < 0 {
		return 1
	}
	return min(n, maxRows)
}

// appendNames appends the words of a name: tab-pane, tabPane, tab__pane.
func appendNames(to []string, name string) []string {
	start := 0
	for i, r := range name {
		switch {
		case len(to) >= 4*maxControls:
			return to
		case unicode.IsUpper(r) && i > start && unicode.IsLower(rune(name[i-1])):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			continue
		}
		if i > start {
			to = append(to, strings.ToLower(name[start:i]))
		}
		if start = i; !unicode.IsUpper(r) {
			start += len(string(r))
		}
	}
	if start < len(name) {
		to = append(to, strings.ToLower(name[start:]))
	}
	return to
}

func (e *element) is(words map[string]bool) bool {
	return slices.ContainsFunc(e.words, func(w string) bool { return words[w] })
}

func (e *element) isCalled(words map[string]bool) bool {
	return e.is(words) || slices.ContainsFunc(e.idWords, func(w string) bool { return words[w] })
}

// Names of classes, by what they say about an element.
var (
	tabWords     = extract.Words("tab tabs tabbed tabset tablink tablinks tabitem tablabel tabbutton tabbtn")
	tabWhole     = extract.Words("pane panes panel panels content contents container list nav wrapper group set bar body menu")
	tabPanels    = extract.Words("tabpanel tabpane tabcontent tabpage")
	paneWords    = extract.Words("pane panel content block body page")
	togglerWords = extract.Words("accordion faq collapsible collapsable expander expand expandable spoiler disclosure")
	titleWords   = extract.Words("title header heading head button btn trigger toggle question label control link summary")
	openWords    = extract.Words(`tab tabs tabbed tabpanel tabpane tabcontent tabpage pane panel accordion collapse collapsed collapsible collapsable
		expand expander expandable expanded toggle toggled faq answer details detail spoiler disclosure more readmore content`)
	otherWords = extract.Words(`modal dialog popup popover tooltip offcanvas dropdown menu submenu nav navbar navigation sidebar drawer hamburger cookie
		cookies consent gdpr search toast overlay loading loader spinner lightbox breadcrumb breadcrumbs toc pagination`)
	trailWords = extract.Words("breadcrumb breadcrumbs pagination")
	skipWords  = extract.Words("skip skiplink skipnav skiptocontent")
	unseen     = extract.Words("sr-only visually-hidden screen-reader-text")
)

// inline are the elements with a few words within a line.
var inline = extract.Words("a abbr b button code em font i kbd label mark s del strike small span strong sub sup time u var cite q ins bdi bdo samp")

// otherRoles are the roles of elements that do not belong to the page's text.
var otherRoles = extract.Words("navigation menu menubar search dialog alertdialog tooltip doc-toc doc-pagelist doc-backlink doc-noteref progressbar")

// isNote reports whether the element is a mark that links to a footnote or back
// from it.
func (e *element) isNote() bool {
	return e.tag == "a" && e.is(noteWords)
}

var noteWords = extract.Words("footnote footnotes noteref footnoteref backref footback")

// isOther reports whether an element does not belong to the page's text. Such
// elements are navigation, dialogs, marks of footnotes, struck-out words, and
// text for screen readers only.
func (e *element) isOther() bool {
	switch {
	case e.tag == "body" || e.tag == "html":
		return false
	case otherRoles[e.role] || e.isNote() || e.struck && inline[e.tag]:
		return true
	case e.tag == "a":
		return e.is(skipWords)
	case e.tag == "ol" || e.tag == "ul" || e.tag == "div":
		return e.is(trailWords) && len(e.words) < 4
	case e.tag == "span":
		return e.isUnseen()
	}
	return false
}

// isUnseen reports whether only screen readers read the element.
func (e *element) isUnseen() bool {
	return unseen[strings.Join(e.words, "-")] || slices.Contains(e.words, "visuallyhidden") || strings.Contains(strings.Join(e.words, "-"), "sr-only")
}

// isTab reports whether the element names one of several panels, of which one
// is shown. In a list of tabs, every link and every button does.
func (e *element) isTab(inList bool) bool {
	switch e.tag {
	case "a", "button", "label", "li", "div", "span":
	default:
		return e.role == "tab"
	}
	if e.role == "tab" || e.toggle == "tab" || e.toggle == "pill" {
		return true
	}
	local := e.tag == "button" || e.tag == "label" || e.tag == "a" && len(e.href) > 1 && e.href[0] == '#'
	switch {
	case inList && local:
		return true
	case !e.is(tabWords) && !(e.tag == "label" && e.isCalled(tabWords)), e.is(tabWhole):
		return false
	default:
		return local || e.tag != "label" && e.href == "" && len(e.controls) > 0
	}
}

// isToggler reports whether the element shows and hides the next element, or
// one that it refers to.
func (e *element) isToggler() bool {
	if e.popup || e.is(otherWords) || e.href != "" && e.href[0] != '#' {
		return false
	}
	switch {
	case e.toggle == "collapse":
		return true
	case e.tag == "button" || e.role == "button":
		return e.expands || e.is(togglerWords)
	case e.tag == "a" || e.tag == "div" || e.tag == "p" || e.tag == "span" || e.tag == "label":
		return e.is(togglerWords) && e.is(titleWords) || e.expands && e.tag != "a"
	}
	return false
}

// isPanel reports whether the element is marked as one of several panels. If
// other elements are called panes, "tab content" is the element around all
// panels.
func (e *element) isPanel(panes bool) bool {
	return e.role == "tabpanel" || e.is(tabPanels) && (!panes || !slices.Contains(e.words, "tabcontent")) ||
		e.is(tabWords) && e.is(paneWords) && (!panes || !slices.Contains(e.words, "content"))
}
