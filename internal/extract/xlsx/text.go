package xlsx

import (
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"unicode/utf8"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/parts"
)

// shared are the strings that cells share, by number.
type shared struct {
	all  []byte
	ends []uint32
}

// at returns a string, or "" where there is none of that number.
func (s *shared) at(i int) string {
	if i < 0 || i >= len(s.ends) {
		return ""
	}
	from := uint32(0)
	if i > 0 {
		from = s.ends[i-1]
	}
	return string(s.all[from:s.ends[i]])
}

// readShared reads the part with the strings that cells share.
func readShared(a *parts.Archive, part string, out *extract.Output, most int) (*shared, error) {
	s := &shared{}
	d, err := a.XML(part)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	} else if err != nil {
		return nil, err
	}
	var r richText
	for out.Err() == nil {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return s, nil
		} else if err != nil {
			return nil, parts.Broken(part, err)
		}
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == "si" {
			r = richText{}
			continue
		}
		r.add(t)
		if e, ok := t.(xml.EndElement); ok && e.Name.Local == "si" {
			if s.all = append(s.all, unescape(r.text)...); len(s.ends) == most {
				return nil, tooManyCells(most)
			}
			s.ends = append(s.ends, uint32(len(s.all)))
		}
	}
	return nil, out.Err()
}

// A richText collects the text of runs. How a text is read aloud is not part of
// it.
type richText struct {
	text    []byte
	inText  bool
	reading int // how deep in the reading
}

func (r *richText) add(t xml.Token) {
	switch t := t.(type) {
	case xml.StartElement:
		switch {
		case r.reading > 0 || t.Name.Local == "rPh":
			r.reading++
		case t.Name.Local == "t":
			r.inText = true
		}
	case xml.EndElement:
		if r.reading > 0 {
			r.reading--
		}
		r.inText = false
	case xml.CharData:
		if r.inText && r.reading == 0 {
			r.text = append(r.text, t...)
		}
	}
}

// unescape returns a string of a cell without the _x000D_ that stand for
// characters which XML does not have.
func unescape(t []byte) []byte {
	s := string(t)
	if !strings.Contains(s, "_x") {
		return t
	}
	out := t[:0]
	for len(s) > 0 {
		if len(s) >= 7 && s[0] == '_' && s[1] == 'x' && s[6] == '_' {
			if n, err := strconv.ParseUint(s[2:6], 16, 16); err == nil {
				if r := rune(n); r >= ' ' && utf8.ValidRune(r) && r != 0x7f && r < 0xfffe {
					out = utf8.AppendRune(out, r)
				} else {
					out = append(out, ' ')
				}
				s = s[7:]
				continue
			}
		}
		out = append(out, s[0])
		s = s[1:]
	}
	return out
}

// maxDepth bounds how deep elements may be in the parts of a workbook.
const maxDepth = 100

func tooManyCells(most int) error {
	return extract.MaxCells.Exceeded("split it, save the sheets that matter as CSV", "there are over %d cells in it", most)
}

func tooDeep(part string) error {
	return multivac.Errorf(multivac.ErrInvalid, "save it again with a program for spreadsheets", "the file is broken: elements in %s are over %d deep", part, maxDepth)
}
