package rank

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/text"
)

// asking returns a question to a collection that knows every word, and none in
// another spelling. Its words are as rare as in general English text.
func asking(s string) *Question {
	q := Default().newQuestion(&vocabulary{Wording: NewWording(s), complete: true})
	q.passages = 100
	return q
}

// candidates makes one passage of each text; "heading: " may stand before it.
func candidates(texts ...string) (found []Candidate) {
	for i, t := range texts {
		heading, body, ok := strings.Cut(t, ":: ")
		if !ok {
			heading, body = "", t
		}
		p := text.Segment(body)[0]
		p.Heading = heading
		found = append(found, Candidate{Score: 10 - float64(i), Excerpt: multivac.Excerpt{Passage: p, Document: multivac.DocumentID(fmt.Sprint("d", i)), Title: fmt.Sprint("T", i)}})
	}
	return found
}

func rank(asked string, found []Candidate) []Sentence {
	return Default().Order(asking(asked), found).With(nil)
}

func TestRankPutsTheAnswerFirst(t *testing.T) {
	f := func(question, want string, texts ...string) {
		t.Helper()
		found := candidates(texts...)
		ranked := rank(question, found)
		if len(ranked) == 0 {
			t.Fatalf("%q: nothing ranked", question)
		}
		if got := found[ranked[0].Candidate].Sentence(ranked[0].Span); got != want {
			t.Errorf("%q\n got %q\nwant %q", question, got, want)
		}
	}
	f("When was the bridge built?", "It was built in 1931 by engineers.", "The bridge crosses the river. It was built in 1931 by engineers. The bridge is painted red.")
	f("Who built the bridge?", "The bridge was built by John Roebling.", "The bridge was built in 1931. The bridge was built by John Roebling. The bridge was built of steel.")
	f("How many people cross the bridge every day?", "Every day 40,000 people cross the bridge.", "Many people cross the bridge on foot. Every day 40,000 people cross the bridge. People like the bridge.")
	// The heading asks, the first sentence answers.
	f("How do I reset the pump?", "Hold the button for five seconds.", "Cleaning:: The pump is cleaned each month.", "How do I reset the pump?:: Hold the button for five seconds. It beeps.")
	// An example of the question does not answer it.
	f("What is the default port of the server?", "The port is 5000 unless you change it.",
		"Ask: *What is the default port of the server?*\n\nNow read on, for there is more to say about this than one would think.", "The port is 5000 unless you change it.")
}

func TestQuotedPhrases(t *testing.T) {
	f := func(question string, want ...string) {
		t.Helper()
		q := asking(question)
		var got []string
		for _, p := range q.phrases {
			got = append(got, fmt.Sprint(len(p)))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: phrases of %v words, want %v", question, got, want)
		}
	}
	f(`Who sang "Crazy in Love" and “Halo”?`, "3")
	f("Wer sang „Über den Wolken“ «und mehr»?", "3", "2")
	f(`What's "not closed here?`)
	f("谁写了「最后的问题」？", "5")

	many := asking(strings.Repeat(`"law of" `, 2*maxTerms))
	if missing := Default().Examine(many, candidates("The law of the robot."))[0].Features[fPhrasesMissing]; missing != 0 {
		t.Errorf("of more phrases than count, a share of %v is missing where all stand, want 0", missing)
	}

	found := candidates("The law of the robot is love. It was crazy.", "He is a crazy robot in love with a law.")
	q := asking(`What is the "law of the robot"?`)
	seen := Default().Examine(q, found)
	if has, lacks := seen[0].Features[fPhrasesMissing], seen[2].Features[fPhrasesMissing]; has != 0 || lacks != 1 {
		t.Errorf("phrase missing %v where it stands and %v where it does not, want 0 and 1", has, lacks)
	}
}

func TestConfidence(t *testing.T) {
	told := candidates("The Golden Gate Bridge was built in 1933 by Joseph Strauss. It is red.", "Bridges are made of steel.")
	sure := rank("Who built the Golden Gate Bridge?", told)[0].Confidence
	unsure := rank("Who painted the Mona Lisa in Florence?", candidates("The Golden Gate Bridge was opened in 1937."))[0].Confidence
	if sure < 0.5 || unsure > 0.3 {
		t.Errorf("confidence is %.2f with an answer and %.2f without, want over 0.5 and under 0.3", sure, unsure)
	}
	ranked := rank("Who built the Golden Gate Bridge?", told)
	if !slices.IsSortedFunc(ranked, func(a, b Sentence) int { return int(1000 * (b.Confidence - a.Confidence)) }) {
		t.Errorf("confidence rises down the ranks: %+v", ranked)
	}
}

func TestToldTwiceIsRankedOnce(t *testing.T) {
	once := rank("Who built it?", candidates("Roebling built it."))
	twice := rank("Who built it?", candidates("Roebling built it.", "Roebling built it."))
	if len(once) != 1 || len(twice) != 1 {
		t.Errorf("ranked %d and %d sentences, want 1 and 1", len(once), len(twice))
	}
}

func TestRankOfNothing(t *testing.T) {
	if got := rank("Who?", nil); got != nil {
		t.Errorf("Rank of no candidates = %v, want none", got)
	}
	if got := rank("?!", candidates("Some text.")); len(got) != 1 {
		t.Errorf("a question without words ranks %d sentences, want 1", len(got))
	}
	long := strings.Repeat("a1 b2 c3 d4 e5 f6 g7 h8 i9 ", 100)
	if got := rank(long, candidates("h8 g7 "+long[:500])); len(got) == 0 {
		t.Error("a question of 900 words ranks nothing")
	}
}

func TestMeaningfulWords(t *testing.T) {
	q := asking("Which company in Bergen makes it?")
	if got := q.Lacking("A company makes many things."); !slices.Equal(got, []string{"Bergen"}) {
		t.Errorf("Lacking = %q, want Bergen alone", got)
	}
	s := "The company in Bergen makes it."
	var marked []string
	for _, m := range q.Marks(s) {
		marked = append(marked, s[m.Start:m.End])
	}
	if !slices.Contains(marked, "Bergen") || slices.Contains(marked, "it") {
		t.Errorf("Marks = %q, want Bergen and no word of form", marked)
	}
}

func TestClasses(t *testing.T) {
	f := func(question, s string, want ...string) {
		t.Helper()
		set := ClassesBeyond(question, s)
		for _, w := range want {
			if c := slices.Index(classNames[:], w); set&(1<<c) == 0 {
				t.Errorf("%q beyond %q has no %s", s, question, w)
			}
		}
		if len(want) == 0 && set != 0 {
			t.Errorf("%q beyond %q has classes %b, want none", s, question, set)
		}
	}
	f("", "it was there")
	f("", "They met John Smith in Paris", "name", "full name", "place")
	f("", "it cost $3 or 5% of 1931's 12 euros", "money", "percent", "year", "number")
	f("", "in March because of three days", "month", "cause", "count", "duration")
	f("", "painted by Leonardo (called \"the old\"), a, b", "agent", "bracket", "naming", "list")
	f("Who is John Smith?", "then John Smith came")
}

func TestModelOfAnotherVersionIsRefused(t *testing.T) {
	if _, err := NewModel(Parameters{Version: Version + 1}, &Translations{}); err == nil {
		t.Error("a model of the next version is taken")
	}
	if _, err := Load([]byte("{"), &Translations{}); err == nil {
		t.Error("half a model is taken")
	}
	if _, err := LoadTranslations([]byte{1, 2, 3, 4, 0, 9, 1}); err == nil {
		t.Error("half a table is taken")
	}
}

// TestModelIsWhole holds that what was learned has a weight for each feature
// and a threshold for each stop, the surest the highest.
func TestModelIsWhole(t *testing.T) {
	var p Parameters
	if err := json.NewDecoder(bytes.NewReader(embedded)).Decode(&p); err != nil {
		t.Fatal(err)
	}
	for _, f := range featureNames {
		if _, ok := p.Weights[f]; !ok {
			t.Errorf("no weight for %s", f)
		}
	}
	if len(p.Weights) != len(featureNames) || len(p.Answers) == 0 || len(p.Rates) == 0 {
		t.Errorf("%d weights, %d answers, %d rates", len(p.Weights), len(p.Answers), len(p.Rates))
	}
	m := Default()
	all := []Thresholds{m.thresholds, m.sense.Find.Headed.Thresholds, m.sense.Find.Bare.Thresholds, m.sense.Read.Headed.Thresholds, m.sense.Read.Bare.Thresholds}
	for _, asked := range all {
		if s, b, e := asked[multivac.Strict], asked[multivac.Balanced], asked[multivac.Eager]; !(s > b && b > e && e > 0) {
			t.Errorf("thresholds %v, %v, %v, want them to fall", s, b, e)
		}
	}
}

func BenchmarkRank(b *testing.B) {
	body := strings.Repeat("The 1973 oil crisis began in October 1973 when the members of OAPEC proclaimed an embargo. ", 5)
	var texts []string
	for i := range Passages {
		texts = append(texts, fmt.Sprintf("Paragraph %d. %s", i, body))
	}
	found := candidates(texts...)
	b.ReportAllocs()
	for b.Loop() {
		Default().Order(asking("When did the 1973 oil crisis begin?"), found).With(nil)
	}
}
