package odf

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// A style is what a style says that matters to a reader of the text.
type style struct {
	parent string
	hidden bool
	unset  bool // it says that its text is not hidden
	bold   int  // 1 if bold, -1 if not, 0 if it says nothing
	level  int  // of a heading, or 0
}

// A listLevel is how the items of one level of a list are marked.
type listLevel struct {
	format, prefix, suffix string
	levels                 int // how many numbers are shown: 2 for "1.2"
	start                  int
	numbered               bool
}

// styles are the styles of a document, by family and name.
type styles struct {
	all     map[[2]string]*style
	lists   map[string]map[int]listLevel
	outline map[int]listLevel

	// What is being read.
	style *style
	list  map[int]listLevel
}

func newStyles() *styles {
	return &styles{all: map[[2]string]*style{}, lists: map[string]map[int]listLevel{}, outline: map[int]listLevel{}}
}

// start reads the start of an element within styles.
func (s *styles) start(e element) {
	switch e.tag {
	case "style:style", "style:default-style":
		family, name := e.get("style:family"), e.get("style:name")
		s.style = &style{parent: e.get("style:parent-style-name")}
		s.style.level, _ = strconv.Atoi(e.get("style:default-outline-level"))
		s.all[[2]string{family, name}] = s.style
	case "style:text-properties", "style:table-properties", "style:drawing-page-properties":
		if s.style != nil {
			s.style.properties(e)
		}
	case "text:list-style":
		s.list = map[int]listLevel{}
		s.lists[e.get("style:name")] = s.list
	case "text:outline-style":
		s.list = s.outline
	case "text:list-level-style-number", "text:outline-level-style":
		if n, err := strconv.Atoi(e.get("text:level")); err == nil && s.list != nil {
			s.list[n] = levelOf(e)
		}
	}
}

func (s *styles) end(tag string) {
	switch tag {
	case "style:style", "style:default-style":
		s.style = nil
	case "text:list-style", "text:outline-style":
		s.list = nil
	}
}

func (st *style) properties(e element) {
	switch e.get("text:display") {
	case "none":
		st.hidden = true
	case "":
	default:
		st.unset = true
	}
	switch e.get("fo:font-weight") {
	case "":
	case "bold", "600", "700", "800", "900":
		st.bold = 1
	default:
		st.bold = -1
	}
	if e.get("table:display") == "false" || e.get("presentation:visibility") == "hidden" {
		st.hidden = true
	}
}

func levelOf(e element) listLevel {
	l := listLevel{format: e.get("style:num-format"), prefix: e.get("style:num-prefix"), suffix: e.get("style:num-suffix"), levels: 1, start: 1, numbered: true}
	if n, err := strconv.Atoi(e.get("text:display-levels")); err == nil {
		l.levels = n
	}
	if n, err := strconv.Atoi(e.get("text:start-value")); err == nil {
		l.start = n
	}
	return l
}

// maxChain bounds how many styles one is based on; some are based on
// themselves.
const maxChain = 32

// chain calls f with the style of a name and those it is based on, until f
// returns false.
func (s *styles) chain(family, name string, f func(name string, st *style) bool) {
	for range maxChain {
		if name == "" {
			return
		}
		st := s.all[[2]string{family, name}]
		if st == nil {
			st = &style{}
		}
		if !f(name, st) {
			return
		}
		name = st.parent
	}
}

// hidden reports whether what has the style is not shown.
func (s *styles) hidden(family, name string) (hidden bool) {
	s.chain(family, name, func(_ string, st *style) bool {
		hidden = st.hidden
		return !st.hidden && !st.unset
	})
	return hidden
}

// bold returns 1 if the style is bold, -1 if it is not, and 0 if it says nothing.
func (s *styles) bold(family, name string) (bold int) {
	s.chain(family, name, func(_ string, st *style) bool {
		bold = st.bold
		return bold == 0
	})
	return bold
}

// is reports whether the style is one of the names, or based on one.
func (s *styles) is(name string, names ...string) (is bool) {
	s.chain("paragraph", name, func(name string, _ *style) bool {
		for _, n := range names {
			is = is || name == n
		}
		return !is
	})
	return is
}

// heading returns the level of the heading that the style of a paragraph
// makes, or 0.
func (s *styles) heading(name string) (level int) {
	s.chain("paragraph", name, func(name string, st *style) bool {
		if n, ok := strings.CutPrefix(name, "Heading_20_"); ok {
			level, _ = strconv.Atoi(n)
		}
		if level == 0 {
			level = st.level
		}
		return level == 0
	})
	return level
}

// Namespaces of OpenDocument, by the prefix that this package calls them.
var prefixes = map[string]string{
	"urn:oasis:names:tc:opendocument:xmlns:office:1.0":                     "office",
	"urn:oasis:names:tc:opendocument:xmlns:text:1.0":                       "text",
	"urn:oasis:names:tc:opendocument:xmlns:table:1.0":                      "table",
	"urn:oasis:names:tc:opendocument:xmlns:style:1.0":                      "style",
	"urn:oasis:names:tc:opendocument:xmlns:drawing:1.0":                    "draw",
	"urn:oasis:names:tc:opendocument:xmlns:presentation:1.0":               "presentation",
	"urn:oasis:names:tc:opendocument:xmlns:chart:1.0":                      "chart",
	"urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0":          "fo",
	"urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0":             "svg",
	"urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0": "loext",
	"urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0": "calcext",
	"http://purl.org/dc/elements/1.1/":                                     "dc",
	"http://www.w3.org/1999/xlink":                                         "xlink",
	"http://www.w3.org/1998/Math/MathML":                                   "math",
	"http://www.w3.org/XML/1998/namespace":                                 "xml",
}

// An element is the start of one: its name and attributes with the usual
// prefixes.
type element struct {
	tag   string
	attrs []xml.Attr
}

// names keeps the names of elements with their prefix.
type names map[xml.Name]string

func (n names) of(x xml.Name) string {
	name, ok := n[x]
	if !ok {
		name = prefixes[x.Space] + ":" + x.Local
		if len(n) < 4096 {
			n[x] = name
		}
	}
	return name
}

// get returns an attribute, or "".
func (e element) get(name string) string {
	prefix, local, _ := strings.Cut(name, ":")
	for _, a := range e.attrs {
		if a.Name.Local == local && prefixes[a.Name.Space] == prefix {
			return a.Value
		}
	}
	return ""
}

// count returns an attribute that counts something, which is 1 where it is
// missing.
func (e element) count(name string) int {
	n, err := strconv.Atoi(e.get(name))
	if err != nil || n < 1 {
		return 1
	}
	return n
}
