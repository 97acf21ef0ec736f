package charset

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
)

// codingLine is how the line of a text names its encoding for Emacs, Vim, Python
// and AsciiDoc.
var codingLine = regexp.MustCompile(`(?i)(?:coding[:=]|\bfenc=)[ \t]*["']?([a-z0-9][-_.a-z0-9]*)`)

const (
	codingLines  = 2   // of the text are searched
	maxCodingEnd = 500 // bytes into the text, a name is not searched for
)

// Named returns the encoding that the first or second line of b names for editors,
// as in -*- coding: koi8-r -*-. It returns false where there is no such name, and
// where b is not in that encoding.
func Named(b []byte) (Encoding, bool) {
	head := b[:min(len(b), maxCodingEnd)]
	for range codingLines {
		line, rest, _ := bytes.Cut(head, []byte("\n"))
		if m := codingLine.FindSubmatch(line); m != nil {
			e, ok := byName(string(m[1]))
			return e, ok && (utf8.Valid(b) || !looksBroken(b)) && e.valid(b)
		}
		head = rest
	}
	return Encoding{}, false
}

// otherNames are those of editors that the web does not have.
var otherNames = map[string]string{
	"latin-1": "latin1", "iso-latin-1": "latin1", "cp932": "shift_jis", "cp936": "gbk", "cp949": "euc-kr", "cp950": "big5",
	"cp437": "ibm437", "cp850": "ibm850", "cp852": "ibm852", "cp855": "ibm855", "cp858": "ibm858", "cp862": "ibm862",
}

// byName returns an encoding in which ASCII is ASCII, and which is not UTF-8.
func byName(name string) (Encoding, bool) {
	name = strings.ToLower(strings.TrimRight(name, "."))
	for _, lineEnds := range []string{"-unix", "-dos", "-mac"} {
		name = strings.TrimSuffix(name, lineEnds)
	}
	if other, ok := otherNames[name]; ok {
		name = other
	}
	for _, e := range encodings() {
		if e.Name == name && !isUTF16(e) {
			return e, true
		}
	}
	e, err := htmlindex.Get(name)
	if err != nil || e == encoding.Replacement {
		return Encoding{}, false
	}
	name, err = htmlindex.Name(e)
	return Encoding{Name: name, codec: e}, err == nil && !strings.HasPrefix(name, "utf-")
}
