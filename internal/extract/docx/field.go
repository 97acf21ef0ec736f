package docx

import "strings"

// A field is code and its result, such as a link or a cross-reference. Only the
// result is seen.
type field struct {
	code   []byte // its beginning
	result bool   // the code has ended
	veils  bool   // text in it is not seen now

	box     string // the mark of a box to tick, or the choice of a list
	choice  int    // its number in the list
	entries int    // of the list so far
}

// maxCode is how many bytes of a code are kept: its name is enough.
const maxCode = 64

// fieldMark reads a mark at the beginning of a field, between its code and its
// result, or at its end.
func (w *walker) fieldMark(kind string) {
	n := len(w.fields)
	switch {
	case kind == "begin":
		w.fields = append(w.fields, field{veils: true})
		w.veiled++
	case n <= w.flow.fields:
	case kind == "separate":
		f := &w.fields[n-1]
		f.result = true
		w.veil(f, isListing(string(f.code)))
	case kind == "end":
		box := w.fields[n-1].box
		w.dropFields(n - 1)
		w.put(box)
	}
}

func (w *walker) veil(f *field, veils bool) {
	if f.veils && !veils {
		w.veiled--
	}
	if !f.veils && veils {
		w.veiled++
	}
	f.veils = veils
}

// dropFields ends all but the first n fields.
func (w *walker) dropFields(n int) {
	for len(w.fields) > n {
		w.veil(&w.fields[len(w.fields)-1], false)
		w.fields = w.fields[:len(w.fields)-1]
	}
	w.settled = min(w.settled, len(w.fields))
}

// settleFields is called at the end of a paragraph. A code that goes on behind it
// may lack its end, and must not hide the rest of the document.
func (w *walker) settleFields() {
	for i := w.settled; i < len(w.fields); i++ {
		if !w.fields[i].result {
			w.veil(&w.fields[i], false)
		}
	}
	w.settled = len(w.fields)
}

// fieldCode reads a piece of the code of the innermost field.
func (w *walker) fieldCode(t []byte) {
	if n := len(w.fields); n > 0 && !w.fields[n-1].result {
		f := &w.fields[n-1]
		f.code = append(f.code, t[:min(len(t), maxCode-len(f.code))]...)
	}
}

// isListing reports whether a field of that code lists headings, figures or
// words that stand elsewhere in the document.
func isListing(code string) bool {
	words := strings.Fields(strings.ToUpper(code))
	return len(words) > 0 && (words[0] == "TOC" || words[0] == "INDEX" || words[0] == "TOA")
}

// endListings ends the listings that are open. A heading stands in none, so that
// one without an end must not hide it.
func (w *walker) endListings() {
	for i := w.flow.fields; i < len(w.fields); i++ {
		if w.fields[i].result {
			w.veil(&w.fields[i], false)
		}
	}
}
