package docx

import (
	"encoding/xml"
	"strings"
	"unicode"
)

// An asking is a content control that is open and has the mark of an empty one.
// An empty control holds its prompt. But programs that fill in forms, and authors
// of templates, put words in its place and leave the mark. These are seen.
type asking struct {
	prompt string // what has not been read of it
	filled bool   // there is something else
}

// A glossary has the building blocks of a document, as they are written. Prompts
// are among them.
type glossary struct {
	Parts []struct {
		Name value   `xml:"docPartPr>name"`
		Body letters `xml:"docPartBody"`
	} `xml:"docParts>docPart"`
}

// prompts returns the letters of each building block by its name.
func (g glossary) prompts() map[string]string {
	p := make(map[string]string, len(g.Parts))
	for _, b := range g.Parts {
		p[b.Name.Val] = string(b.Body)
	}
	return p
}

// letters are those of a text, however it is cut into runs: it has no white space.
type letters string

func lettersOf(s []byte) letters {
	return letters(strings.Join(strings.FieldsFunc(string(s), unicode.IsSpace), ""))
}

// UnmarshalXML implements xml.Unmarshaler.
func (l *letters) UnmarshalXML(d *xml.Decoder, _ xml.StartElement) error {
	var b []byte
	for open, tag := 1, ""; open > 0; {
		t, err := d.Token()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			open, tag = open+1, t.Name.Local
		case xml.EndElement:
			open, tag = open-1, ""
		case xml.CharData:
			if tag == "t" {
				b = append(b, t...)
			}
		}
	}
	*l = lettersOf(b)
	return nil
}

// controlSetting reads a setting of a content control: what its prompt is called,
// and whether what it holds is that prompt or a table of contents.
func (w *walker) controlSetting(e xml.StartElement) {
	control := len(w.open) - 3
	if w.open[len(w.open)-2].name != "sdtPr" {
		control--
	}
	if control < 0 || w.open[control].name != "sdt" {
		return
	}
	switch c := &w.open[control]; e.Name.Local {
	case "docPart":
		c.prompt = attribute(e, "val")
	case "showingPlcHdr":
		if isSet(e) {
			w.open[control+1].ends = w.ask
		}
	case "docPartGallery":
		if attribute(e, "val") == "Table of Contents" && !c.hides {
			c.hides = true
			w.hidden++
		}
	}
}

// ask begins the content of a control with the mark of an empty one. Where its
// prompt is not known, all of it counts as the prompt.
func (w *walker) ask() {
	c := w.top()
	prompt, known := w.prompts[c.prompt]
	switch n := len(w.asking); {
	case c.hides || c.ends != nil:
	case !known:
		w.hide()
	default:
		w.asking = append(w.asking, asking{prompt: prompt})
		c.ends = func() { w.asking = w.asking[:n] }
	}
}

// waits reports whether no words but those of the prompt were read in the innermost
// control that has the mark of an empty one.
func (w *walker) waits() bool {
	n := len(w.asking)
	return n > 0 && !w.asking[n-1].filled
}

// answer compares letters with what is next in the prompt.
func (w *walker) answer(t []byte) {
	if !w.waits() {
		return
	}
	a := &w.asking[len(w.asking)-1]
	rest, ok := strings.CutPrefix(a.prompt, string(lettersOf(t)))
	a.prompt, a.filled = rest, !ok
}
