package extracttest

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/place"
)

// An expectation says what a reader of a file sees, and what not. Text is
// compared in NFC, with each run of white space as one space and without marks of
// direction.
type expectation struct {
	File      string
	Must      []phrases // to be found, in text or title
	MustNot   []string  `json:"must_not"`
	Once      []string
	Order     [][2]string    // the first place of the one is before that of the other
	Pages     map[string]int // by phrase; of slides, the place in the show
	Sheet     map[string]string
	Documents int
	Names     []string // in a document's source or title
	Unread    []int    // pages that messages have to name
	Refused   string   // the reason has one of these words, set apart by a bar
	Note      string
}

// phrases are several of which one is enough. In JSON a single one stands by
// itself.
type phrases []string

// UnmarshalJSON implements json.Unmarshaler.
func (p *phrases) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*p = phrases{""}
		return json.Unmarshal(b, &(*p)[0])
	}
	return json.Unmarshal(b, (*[]string)(p))
}

// Expected reads the files with f and compares what it makes of them with what
// expected.jsonl says. Files and expected.jsonl are in folder or else in formats,
// a folder in that of MULTIVAC_EVAL_DATA.
func Expected(t *testing.T, folder string, f extract.Format, files ...string) {
	t.Helper()
	ExpectedOf(t, folder, extract.Formats{f}, files...)
}

// ExpectedOf does what Expected does, with formats by the names of the files. Of
// files with several documents it reads all.
func ExpectedOf(t *testing.T, folder string, formats extract.Formats, files ...string) {
	t.Helper()
	all := expectations(t, folder)
	for _, file := range files {
		i := slices.IndexFunc(all, func(x expectation) bool { return x.File == file })
		if i < 0 {
			t.Errorf("expected.jsonl does not name %s", file)
			continue
		}
		t.Run(file, func(t *testing.T) { all[i].compare(t, formats, sample(t, folder, file)) })
	}
}

// sample returns a file of the folder, or of the one with the data.
func sample(t *testing.T, folder, file string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(file)))
	if data := os.Getenv("MULTIVAC_EVAL_DATA"); errors.Is(err, os.ErrNotExist) && data != "" {
		body, err = os.ReadFile(filepath.Join(data, "formats", filepath.FromSlash(file)))
	}
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func expectations(t *testing.T, folder string) (all []expectation) {
	t.Helper()
	lines := bufio.NewScanner(bytes.NewReader(sample(t, folder, "expected.jsonl")))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var x expectation
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		all = append(all, x)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// A seen is all that a reader sees of a file.
type seen struct {
	text     string // of all documents, as it is compared
	titles   string
	names    []string
	starts   []int // where in text each line begins
	places   []multivac.Place
	messages string // of errors
}

// add adds a document.
func (s *seen) add(source string, e extract.Extracted) {
	at, offset := place.Read(e.Places, e.Text), 0
	for line := range strings.Lines(e.Text) {
		if l := compared(line); l != "" {
			s.starts, s.places = append(s.starts, len(s.text)), append(s.places, at.At(offset))
			s.text += l + " "
		}
		offset += len(line)
	}
	s.titles += compared(e.Title) + "\n"
	s.names = append(s.names, source+"\n"+e.Title)
}

// at returns the place of the first time that the phrase is seen.
func (s *seen) at(phrase string) (multivac.Place, bool) {
	i := strings.Index(s.text, compared(phrase))
	if i < 0 {
		return multivac.Place{}, false
	}
	n, found := slices.BinarySearch(s.starts, i)
	if !found {
		n--
	}
	return s.places[n], true
}

// compared returns t as it is compared.
func compared(t string) string {
	return extract.OneLine(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, norm.NFC.String(t)))
}

// see reads body with the formats.
func see(t *testing.T, formats extract.Formats, file string, body []byte) (*seen, error) {
	s := &seen{}
	for told, err := range Tellings(t.Context(), formats, file, bytes.NewReader(body)) {
		var e extract.Extracted
		if err == nil {
			e, err = formats.Extract(t.Context(), told.MediaType, told.Body, extract.Default)
		}
		if err != nil {
			s.messages += err.Error() + "\n"
			continue
		}
		e.Title = cmp.Or(told.Title, e.Title)
		s.add(told.Source, e)
	}
	if len(s.names) == 0 && s.messages != "" {
		return s, errors.New(s.messages)
	}
	return s, nil
}

func (x expectation) compare(t *testing.T, formats extract.Formats, body []byte) {
	s, err := see(t, formats, x.File, body)
	if err != nil {
		if words := strings.Split(x.Refused, "|"); x.Refused == "" || !slices.ContainsFunc(words, func(w string) bool {
			return strings.Contains(strings.ToLower(err.Error()), strings.ToLower(w))
		}) {
			t.Errorf("refused: %v; want %q", err, x.Refused)
		}
		return
	}
	if x.Refused != "" && len(x.Must) == 0 {
		t.Errorf("got %q, want an error that says %q", s.text, x.Refused)
	}
	for _, any := range x.Must {
		if !slices.ContainsFunc(any, func(p string) bool {
			return strings.Contains(s.text, compared(p)) || strings.Contains(s.titles, compared(p))
		}) {
			t.Errorf("%q is missing", any)
		}
	}
	for _, p := range x.MustNot {
		if strings.Contains(s.text, compared(p)) {
			t.Errorf("%q is in the text", p)
		}
	}
	for _, p := range x.Once {
		if n := strings.Count(s.text, compared(p)); n != 1 {
			t.Errorf("%q is %d times in the text, want 1", p, n)
		}
	}
	for _, o := range x.Order {
		if a, b := strings.Index(s.text, compared(o[0])), strings.Index(s.text, compared(o[1])); a < 0 || b < a {
			t.Errorf("%q is at %d, %q at %d", o[0], a, o[1], b)
		}
	}
	x.comparePlaces(t, s)
	if t.Failed() {
		t.Log(s.text)
	}
}

// comparePlaces compares where things stand, and what there is besides text.
func (x expectation) comparePlaces(t *testing.T, s *seen) {
	for p, page := range x.Pages {
		if at, ok := s.at(p); !ok || max(at.Page, at.Slide) != page {
			t.Errorf("%q is at %v, want page %d", p, at, page)
		}
	}
	for p, sheet := range x.Sheet {
		if at, ok := s.at(p); !ok || at.Sheet != sheet {
			t.Errorf("%q is at %v, want sheet %s", p, at, sheet)
		}
	}
	for _, n := range x.Unread {
		if page := "page " + strconv.Itoa(n); !strings.Contains(s.messages+s.text, page) {
			t.Errorf("nothing says that %s could not be read", page)
		}
	}
	if x.Documents > 0 && len(s.names) != x.Documents {
		t.Errorf("got %d documents, want %d", len(s.names), x.Documents)
	}
	for _, name := range x.Names {
		if !slices.ContainsFunc(s.names, func(n string) bool { return strings.Contains(n, name) }) {
			t.Errorf("no document has the name %q: %q", name, s.names)
		}
	}
	for i, r := range s.text {
		if unicode.IsControl(r) || r == '\ufffe' || r == '\uffff' {
			t.Errorf("%q is in the text, after %q", r, s.text[max(0, i-40):i])
		}
	}
}
