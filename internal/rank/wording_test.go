package rank

import (
	"slices"
	"testing"
	"unicode/utf8"

	"multivac/internal/find"
)

// The wording asks for everything that weighing a question needs to know,
// whatever the collection knows.
func FuzzWording(f *testing.F) {
	for _, seed := range []string{
		"When was the bridge built?", "What is the impact of KubeAPIDown/KubeletDown?", "How do I set --max-lag on payments-db-7 to 30ms?",
		"Is e-mail sent by PaymentsDBDwon or payments_db_down?", "debian 12 and ledgerd writer stalled", "C++ or .NET 4.5, 10.0.0.1/24?",
		"state-of-the-art ten-year-old post-1945 red/green/blue", "公园里有游泳池吗 KubeAPI公园？", "O'Neill d'OpenShift's 19th URLs", "",
	} {
		f.Add(seed, uint64(0))
		f.Add(seed, uint64(3))
		f.Add(seed, uint64(7))
	}
	f.Fuzz(func(t *testing.T, question string, knows uint64) {
		if !utf8.ValidString(question) {
			t.Skip("no question")
		}
		w := NewWording(question)
		count := func(stem uint64) int { return int((stem >> 7) % (knows%9 + 1) % 3) }
		v := &vocabulary{Wording: w, passages: 50, also: map[uint64]int{}}
		for _, stem := range w.Stems() {
			v.found.Counts = append(v.found.Counts, count(stem))
		}
		for _, m := range w.Mistakes() {
			v.found.Meant = append(v.found.Meant, readingOf(count, m))
		}
		v.missed = func(stem uint64) { t.Errorf("%q: the stem %x was not counted", question, stem) }
		Default().newQuestion(v).Terms()
	})
}

// readingOf is the answer of a finder to a mistake.
func readingOf(count func(uint64) int, m find.Mistake) (r find.Reading) {
	if slices.ContainsFunc(m.Typed, func(stem uint64) bool { return count(stem) > 0 }) {
		return r
	}
	for y := range m.Meant {
		if n := count(y.Stem); n > r.Count && (y.Unless == 0 || count(y.Unless) == 0) {
			r = find.Reading{Stem: y.Stem, Count: n, With: count(y.With)}
		}
	}
	return r
}
