package rank

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"multivac"
	"multivac/internal/text"
)

// If two documents say different things about the same subject, the newer one
// comes first. A document states its age in its headings, its title, its front
// matter, its path, or in words such as "in force from 1 March 2025",
// "superseded by" and "replaces".

// An age says how current a passage is, as far as the passage states it.
type age struct {
	date     int // yyyymmdd, with zeros for parts that are not stated; 0 for no date
	version  int // 0 for none
	old      bool
	replaces bool // it says that it replaces something older
}

// newer compares ages. It returns a number above 0 if a is newer than b, and 0
// if that is not known.
func (a age) newer(b age) int {
	switch {
	case a.old != b.old:
		return cmp.Compare(indicator(b.old), indicator(a.old))
	case a.date != 0 && b.date != 0 && commonPart(a.date, b.date) != commonPart(b.date, a.date):
		return cmp.Compare(a.date, b.date)
	case a.version != 0 && b.version != 0 && a.version != b.version:
		return cmp.Compare(a.version, b.version)
	case a.replaces != b.replaces:
		return cmp.Compare(indicator(a.replaces), indicator(b.replaces))
	}
	return 0
}

// commonPart returns year, month and day of a date as far as both dates have
// them.
func commonPart(date, other int) int {
	switch {
	case other%10000 == 0 || date%10000 == 0:
		return date / 10000
	case other%100 == 0 || date%100 == 0:
		return date / 100
	}
	return date
}

var (
	isoDate    = regexp.MustCompile(`(?:\b|_)((?:19|20)\d\d)[-/._](0?[1-9]|1[0-2])(?:[-/._](0?[1-9]|[12]\d|3[01]))?(?:\b|_)`)
	dottedDate = regexp.MustCompile(`\b(\d{1,2})\.(\d{1,2})\.((?:19|20)\d\d)\b`)
	namedDate  = regexp.MustCompile(`(?i)\b(?:(\d{1,2})(?:st|nd|rd|th)? +)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? +(?:(\d{1,2})(?:st|nd|rd|th)?,? +)?((?:19|20)\d\d)\b`)
	year       = regexp.MustCompile(`(?:\b|_)((?:19|20)\d\d)(?:\b|_)`)
	version    = regexp.MustCompile(`(?i)(?:\b|_)v(?:ersion|er\.?)?[ _.:-]*(\d{1,4})(?:\.(\d{1,4}))?(?:\b|_)`)
	// from matches words before a date from which the text is valid.
	from = regexp.MustCompile(`(?i)\b(?:in force|in effect|effective|valid|applies|apply|as of|as at|with effect|updated|revised|published|approved|last (?:changed|reviewed|modified)|stand|gültig ab|en vigueur)\b[^.\n]{0,40}`)
	// until matches words of a text that is no longer valid.
	until    = regexp.MustCompile(`(?i)(?:\b(?:superseded|replaced) (?:by|with)|\b(?:is|are|was|been|now) (?:superseded|deprecated|obsolete|outdated|retired|withdrawn|archived|replaced)\b|\bno longer (?:valid|in force|in use|applies|apply|used|maintained|supported|current)|\b(?:valid|in force) until\b|^\W*(?:deprecated|superseded|obsolete|outdated|archived|withdrawn)\b)`)
	replaces = regexp.MustCompile(`(?i)\b(?:replac(?:es|ing)|supersed(?:es|ing)|takes the place of|ersetzt|remplace|sustituye)\b`)
	// past matches the beginning of a sentence about the past.
	past = regexp.MustCompile(`(?i)^\W*(?:until|before|up to|formerly|previously|in the past|originally|through) `)
)

// oldWords mark a title, a heading, a path or a status as no longer valid.
var oldWords = set("old older former previous legacy deprecated obsolete superseded outdated archive archived archives retired withdrawn expired")

// versionWords distinguish versions of one document, as dates and numbers do.
var versionWords = set(`new newer current latest draft final copy revised revision rev version ver v updated`)

// months distinguish versions, too. A day may stand next to them.
var months = set(monthNames)

const monthNames = "january february march april may june july august september october november december"

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// dateIn returns the latest date in s, or 0.
func dateIn(s string) (latest int) {
	add := func(year, month, day string) {
		y, _ := strconv.Atoi(year)
		m, _ := strconv.Atoi(month)
		d, _ := strconv.Atoi(day)
		latest = max(latest, y*10000+m*100+d)
	}
	for _, m := range isoDate.FindAllStringSubmatch(s, -1) {
		add(m[1], m[2], m[3])
	}
	for _, m := range dottedDate.FindAllStringSubmatch(s, -1) {
		add(m[3], m[2], m[1])
	}
	for _, m := range namedDate.FindAllStringSubmatch(s, -1) {
		add(m[4], strconv.Itoa(strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(m[2]))/3+1), cmp.Or(m[1], m[3]))
	}
	if latest == 0 {
		for _, m := range year.FindAllStringSubmatch(s, -1) {
			add(m[1], "", "")
		}
	}
	return latest
}

// nameAge returns the age that a title, heading or path states.
func nameAge(s string) (a age) {
	a.date = dateIn(s)
	if m := version.FindStringSubmatch(s); m != nil {
		major, _ := strconv.Atoi(m[1])
		minor, _ := strconv.Atoi(m[2])
		a.version = major*10000 + minor + 1
	}
	a.old = saysOld(s)
	return a
}

// saysOld reports whether a title, heading or path has a word for what is no
// longer valid.
func saysOld(s string) bool {
	for w := range strings.FieldsFuncSeq(strings.ToLower(s), isNoWord) {
		if oldWords[w] {
			return true
		}
	}
	return false
}

// openingOf returns how the document of c begins, if that is known.
func openingOf(candidates []Candidate, c *Candidate) string {
	for i := range candidates {
		if o := &candidates[i]; o.Document == c.Document && o.Number == 0 {
			return o.Text
		}
	}
	return c.Opening
}

// commonFolder returns the folders that two paths have in common. The names of
// these folders do not distinguish the documents.
func commonFolder(a, b string) string {
	end := 0
	for i := 0; i < len(a) && i < len(b) && a[i] == b[i]; i++ {
		if a[i] == '/' {
			end = i + 1
		}
	}
	return a[:end]
}

// ageOf returns the age of sentence s of c. Its document begins with opening
// and has this path.
func ageOf(c *Candidate, s, opening, path string) (a age) {
	for _, said := range []age{nameAge(lastHeading(c.Heading)), nameAge(c.Title), nameAge(c.Heading), nameAge(path)} {
		a.date, a.version, a.old = cmp.Or(a.date, said.date), cmp.Or(a.version, said.version), a.old || said.old
	}
	for _, t := range []string{s, c.Text, opening} {
		latest := 0
		for _, m := range from.FindAllString(t, -1) {
			latest = max(latest, dateIn(m))
		}
		if a.date == 0 || a.date%10000 == 0 && latest/10000 == a.date/10000 { // the day of the year that a name states
			a.date = latest
		}
		a.replaces = a.replaces || replaces.MatchString(t)
	}
	a.old = a.old || past.MatchString(s) || until.MatchString(s) || until.MatchString(opening)
	return a
}

// skeleton returns a title or path without the parts that distinguish versions:
// years with the days and months next to them, version numbers, and words such
// as "old".
func skeleton(s string) string {
	var b strings.Builder
	dropped := false // the word before distinguishes versions
	words := strings.FieldsFunc(strings.ToLower(s), isNoWord)
	for i, w := range words {
		number := len(w) <= 2 && strings.Trim(w, "0123456789") == ""
		switch {
		case oldWords[w] || versionWords[w] || months[w] || isYear(w) || w[0] == 'v' && len(w) > 1 && strings.Trim(w[1:], "0123456789") == "":
			dropped = true
		case number && (dropped || i+1 < len(words) && (months[words[i+1]] || isYear(words[i+1]))):
		default:
			b.WriteString(w + " ")
			dropped = false
		}
	}
	return b.String()
}

func isYear(w string) bool {
	return len(w) == 4 && (w[:2] == "19" || w[:2] == "20") && isDigit(w[2]) && isDigit(w[3])
}

// versions reports whether a and b come from two versions of a document, or
// from two sections of a document that are versions of each other, by title,
// path or heading.
func versions(a, b *Candidate) bool {
	return alike(a.Title, b.Title) || alike(withoutExtension(a.Source), withoutExtension(b.Source)) || a.Document == b.Document && alike(a.Heading, b.Heading)
}

func withoutExtension(source string) string { return strings.TrimSuffix(source, path.Ext(source)) }

// alike reports whether two names differ only in parts that distinguish
// versions.
func alike(a, b string) bool {
	if a == b || a == "" || b == "" {
		return false
	}
	s := skeleton(a)
	return s != "" && s == skeleton(b)
}

// Unopened returns the documents of candidates that have another version among
// the candidates, if no candidate shows how the document begins. The beginning
// of a document often says what the document replaces.
func Unopened(candidates []Candidate) (documents []multivac.DocumentID) {
	byName := map[string][]int{} // a candidate of each document
	seen := map[multivac.DocumentID]bool{}
	for i, c := range candidates {
		if seen[c.Document] {
			continue
		}
		seen[c.Document] = true
		byName["title "+skeleton(c.Title)] = append(byName["title "+skeleton(c.Title)], i)
		byName["source "+skeleton(withoutExtension(c.Source))] = append(byName["source "+skeleton(withoutExtension(c.Source))], i)
	}
	shown := map[multivac.DocumentID]bool{}
	for _, c := range candidates {
		shown[c.Document] = shown[c.Document] || c.Number == 0
	}
	for _, group := range byName {
		for _, i := range group {
			a := &candidates[i]
			if !shown[a.Document] && slices.ContainsFunc(group, func(k int) bool { return versions(a, &candidates[k]) }) {
				shown[a.Document] = true
				documents = append(documents, a.Document)
			}
		}
	}
	slices.Sort(documents)
	return documents
}

// A sentence is a rival by age if its score and its place are at most so far
// behind the first.
const (
	rivalBehind = 2.5
	rivalPlaces = 12
)

// asksForOld are words of questions that ask for something no longer valid.
var asksForOld = foldedSet("old older former formerly previous previously earlier originally past superseded")

// asksForOld reports whether the question asks for something no longer valid.
func (q *Question) asksForOld() bool {
	return slices.ContainsFunc(q.terms, func(t term) bool { return asksForOld[t.Folded] })
}

// A scored is a sentence with its score in its stage.
type scored struct {
	*sentence
	score float64
}

// newest returns which of the sentences, sorted best first, has to come first,
// because it is the row that was asked for, or because it is newer. It also
// returns older sentences about the same subject, which are not rivals of the
// first.
func newest(q *Question, candidates []Candidate, all []scored) (first int, older []int) {
	if row := q.wholeRow(all); row > 0 || len(all) < 2 || year.MatchString(q.Text) {
		return row, nil
	}
	direction := 1
	if q.asksForOld() {
		direction = -1
	}
	top := &candidates[all[0].candidate]
	said := newStatement(top.Sentence(all[0].Span))
	rivals := []int{0}
	for i := 1; i < min(len(all), rivalPlaces); i++ {
		if all[i].standing == all[0].standing && q.rivals(candidates, &said, all[0], all[i]) {
			rivals = append(rivals, i)
		}
	}
	if len(rivals) == 1 {
		return 0, nil
	}
	folder := top.Source
	for _, i := range rivals {
		folder = commonFolder(folder, candidates[all[i].candidate].Source)
	}
	ages := make([]age, len(rivals))
	for n, i := range rivals {
		c := &candidates[all[i].candidate]
		ages[n] = ageOf(c, c.Sentence(all[i].Span), openingOf(candidates, c), strings.TrimPrefix(c.Source, folder))
	}
	best := 0
	for n := range rivals {
		if direction*ages[n].newer(ages[best]) > 0 {
			best = n
		}
	}
	for n, i := range rivals {
		if direction*ages[best].newer(ages[n]) > 0 {
			older = append(older, i)
		}
	}
	return rivals[best], older
}

// rivals reports whether two sentences are about the same subject, and score so
// nearly the same that age may decide. said is what the first one says.
func (q *Question) rivals(candidates []Candidate, said *statement, first, other scored) bool {
	a, b, behind := &candidates[first.candidate], &candidates[other.candidate], first.score-other.score
	return behind <= rivalBehind && sameMatter(a, b, first.sentence, other.sentence) ||
		q.opposed(a, b, said, a.Sentence(first.Span), b.Sentence(other.Span), behind)
}

// sameMatter reports whether two sentences are about the same subject: they
// come from versions of one document and have the same words of the question,
// or they have nearly the same words.
func sameMatter(a, b *Candidate, s, t *sentence) bool {
	if s.matched == t.matched && s.matched != 0 && versions(a, b) {
		return true
	}
	return (a.Document != b.Document || a.Heading != b.Heading) && nearlyEqual(a.Sentence(s.Span), b.Sentence(t.Span))
}

// nearlyEqual reports whether two sentences share most of their words. Numbers
// do not count.
func nearlyEqual(s, t string) bool {
	a, b := wordsBeside(s), wordsBeside(t)
	common := 0
	for w := range a {
		if b[w] {
			common++
		}
	}
	return common >= 3 && 10*common >= 6*(len(a)+len(b)-common)
}

// wordsBeside returns the words of s that are not numbers.
func wordsBeside(s string) map[uint64]bool {
	m := map[uint64]bool{}
	for _, w := range text.AppendWords(nil, s) {
		if w.Flags&text.Digits == 0 {
			m[w.Stem] = true
		}
	}
	return m
}

// recent are words of questions that ask for something valid now. They say
// which of several versions is wanted, and texts seldom repeat them.
var recent = foldedSet("current latest newest present actual recent currently now today nowadays presently")

// recentRate is the rate of such a word if it stands before another meaningful
// word or ends the question. It applies to "the current limit", but not to "the
// current of the pump".
const recentRate = 0.15

// asksForRecent reports whether word i of a question asks for something valid
// now.
func asksForRecent(words []text.Word, i int) bool {
	if !recent[words[i].Folded] {
		return false
	}
	if i+1 == len(words) {
		return i > 1 && !formWords[words[i-1].Stem]
	}
	return !formWords[words[i+1].Stem]
}
