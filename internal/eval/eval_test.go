package eval

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac"
)

func TestHolds(t *testing.T) {
	f := func(want bool, sentence, answer string) {
		t.Helper()
		if got := holds(sentence, []string{fold(answer)}); got != want {
			t.Errorf("holds(%q, %q) = %v, want %v", sentence, answer, got, want)
		}
	}
	f(true, "It began in October 1973.", "october 1973")
	f(true, "It began in the October of 1973.", "The October of 1973!")
	f(true, "The reign (1985–1990) was short.", "1990")
	f(true, "He moved to the U.S. in 1901.", "U. S.")
	f(true, "Torque: 3 Nm", "3 Nm")
	f(false, "Torque: 13 Nm", "3 Nm")
	f(false, "The category is empty.", "cat")
	f(false, "October was cold; 1973 was not.", "October 1973")
	f(true, "An answer to a question", "answer to question")
	f(true, "Vitamin A", "A")
	f(false, "Vitamin B", "A")
	f(false, "Everything ends.", ".")
	f(true, "萨克森花园里有夏季剧院。", "夏季剧院")
	f(false, "夏天的剧院", "夏季剧院")
	f(true, "กรุงเทพมหานครเป็นเมืองหลวง", "เมืองหลวง")
	f(true, "6½ Sacks, für Übungen", "FÜR ÜBUNGEN")
	if got := fold("the"); got != " the " {
		t.Errorf("fold(the) = %q: an answer of articles alone would be in everything", got)
	}
	if got := fold("$ –"); got != "" {
		t.Errorf("fold of marks = %q, want nothing", got)
	}
}

func TestRead(t *testing.T) {
	const lines = `{"id":"1","question":"Who?","answers":["Asimov"],"document":"a.md","kind":"lexical"}

{"question":"When?","answers":[],"document":""}`
	want := []Question{
		{ID: "1", Question: "Who?", Answers: []string{"Asimov"}, Document: "a.md", Kind: "lexical"},
		{ID: "q.jsonl:3", Question: "When?", Answers: []string{}},
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, lines)
	z.Close()
	for name, r := range map[string]*bytes.Buffer{"plain": bytes.NewBufferString(lines), "gzipped": &zipped} {
		got, err := Read(r, "q.jsonl")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got)\n%s", name, d)
		}
	}
	for _, bad := range []string{"\n{", "\n" + `{"question":""}`, `{"question":5}`, `[1]`, `{"question":"a","answers":"b"}`} {
		_, err := Read(strings.NewReader(bad), "bad.jsonl")
		line := fmt.Sprintf("bad.jsonl:%d", 1+strings.Count(bad, "\n"))
		if !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(fmt.Sprint(err), line) {
			t.Errorf("Read(%q): %v; want an ErrInvalid that names %s", bad, err, line)
		}
		if strings.Contains(fmt.Sprint(err), "Go ") {
			t.Errorf("Read(%q): %v; want no type of Go", bad, err)
		}
	}
}

// reaching returns the results with the stops that their confidences reach.
func reaching(asked []Asked) []Asked {
	asked = slices.Clone(asked)
	for i := range asked {
		switch a := &asked[i]; {
		case a.Confidence >= 0.85:
			a.Reaches = multivac.Strict
		case a.Confidence >= 0.5:
			a.Reaches = multivac.Balanced
		case a.Confidence >= 0.25:
			a.Reaches = multivac.Eager
		}
	}
	return asked
}

func sentence(text, document string) Sentence { return Sentence{Text: text, Document: document} }

func TestScore(t *testing.T) {
	questions := []Question{
		{ID: "first", Answers: []string{"red"}, Document: "a"},
		{ID: "third, elsewhere", Answers: []string{"blue"}, Document: "b"},
		{ID: "nowhere", Answers: []string{"green"}, Document: "c"},
		{ID: "first, elsewhere", Answers: []string{"grey", "gray"}, Document: "d"},
		{ID: "stranger"},
		{ID: "stranger that nothing matched"},
	}
	asked := []Asked{
		{Confidence: 0.9, Sentences: []Sentence{sentence("It is red.", "a")}, Documents: []string{"a"}},
		{Confidence: 0.3, Sentences: []Sentence{sentence("No.", "x"), sentence("Nor.", "y"), sentence("Blue!", "z")}, Documents: []string{"x", "b", "y"}},
		{Confidence: 0.6, Sentences: []Sentence{sentence("It is evergreen.", "c")}, Documents: []string{"c"}},
		{Confidence: 0.8, Sentences: []Sentence{sentence("A gray one.", "e")}, Documents: []string{"e", "f"}},
		{Confidence: 0.6, Sentences: []Sentence{sentence("It is grey.", "e")}, Documents: []string{"e"}},
		{Confidence: 0},
	}
	r := Score(questions, reaching(asked))
	f := func(name string, got *float64, want float64) {
		t.Helper()
		if got == nil || math.Abs(*got-want) > 1e-12 {
			t.Errorf("%s = %v, want %v", name, format(got), want)
		}
	}
	f("hit_at_1", r.HitAt1, 2./4)
	f("hit_at_3", r.HitAt3, 3./4)
	f("gold_at_1", r.GoldAt1, 1./4)
	f("mrr_at_10", r.MRRAt10, (1+1./3+0+1)/4)
	f("recall_at_1", r.RecallAt1, 2./4)
	f("recall_at_5", r.RecallAt5, 3./4)
	// Pairs of answerable {.9 .3 .6 .8} and not {.6 0}: 2 + 1 + 1.5 + 2 of 8.
	f("auroc", r.AUROC, 6.5/8)
	// Right {.9 .8} are above all else.
	f("auroc_correct", r.AUROCCorrect, 1)
	// At .8 both answers are right; at .6 one answerable and one of two
	// strangers are wrong.
	f("coverage_at_90", r.CoverageAt90, 2./4)
	f("strict coverage", r.Stops[multivac.Strict].Coverage, 1./4)
	f("strict precision", r.Stops[multivac.Strict].Precision, 1)
	f("strict false answers", r.Stops[multivac.Strict].FalseAnswerRate, 0)
	f("balanced coverage", r.Stops[multivac.Balanced].Coverage, 2./4)
	f("balanced precision", r.Stops[multivac.Balanced].Precision, (2./8)/(3./8+1./4))
	f("balanced false answers", r.Stops[multivac.Balanced].FalseAnswerRate, 1./2)
	f("eager precision", r.Stops[multivac.Eager].Precision, (2./8)/(4./8+1./4))
	// Weights 1/8 for .9 .8 .6 .3, 1/4 for .6 and 0. In tenths: .9 right |
	// a quarter of .9 and three of .8 right | half of .8, half of the first .6 …
	f("ece", r.ECE, bruteECE(marksOf(questions, asked), 10))
	if r.Questions != 6 || r.Answerable != 4 {
		t.Errorf("%d questions, %d answerable; want 6 and 4", r.Questions, r.Answerable)
	}
}

// A procedure is quoted whole if the quotation has all of its answers. Its
// sentence still decides about the other measures.
func TestProcedures(t *testing.T) {
	q := Question{Answers: []string{"stop it", "start it"}, Kind: Procedure}
	asked := func(quotation, sentence string) Asked {
		return Asked{Confidence: 0.9, Sentences: []Sentence{{Text: sentence}}, Quotation: &Quotation{Text: quotation, Shape: multivac.ShapeSteps}}
	}
	r := Score([]Question{q, q, q, q, {Answers: []string{"start it"}, Kind: "list"}}, []Asked{
		asked("1. Stop it.\n2. Run it.\n3. Start it.", "Run it."), asked("1. Stop it.", "Stop it."), {}, asked("Stop it, start it.", "Start it."),
		asked("1. Start it.", "Start it."),
	})
	if r.ProceduresWhole == nil || *r.ProceduresWhole != 2./4 || *r.HitAt1 != 3./5 {
		t.Errorf("procedures whole %s, hit %s; want 0.5 and 0.6", format(r.ProceduresWhole), format(r.HitAt1))
	}
	if f, err := ParseFloor("procedures_whole=0.6"); err != nil || f.Check(r) == nil {
		t.Errorf("%v: half of the procedures are over a floor of 0.6", err)
	}
	if !strings.Contains(r.String(), "whole 50.0%") {
		t.Errorf("no share of procedures in\n%s", r)
	}
}

func TestECEByHand(t *testing.T) {
	// One answerable, right, at .8 and one unanswerable at .4, half a weight
	// each: five bins are .2 too unsure, five are .4 too sure.
	m := newMix([]mark{{answerable: true, hit: 1, something: true, confidence: 0.8}, {something: true, confidence: 0.4}})
	if got := m.ece(10); math.Abs(*got-0.3) > 1e-12 {
		t.Errorf("ece = %v, want 0.3", *got)
	}
}

func TestCoverageAtExactly90(t *testing.T) {
	marks := []mark{{confidence: 0}} // the stranger, not answered
	for i := range 10 {
		marks = append(marks, mark{answerable: true, something: true, hit: int(one(i > 0)), confidence: 0.5})
	}
	if got := newMix(marks).coverageAt90(); got == nil || *got != 0.9 {
		t.Errorf("9 right of 10: coverage %s, want 0.9", format(got))
	}
}

func TestOneHalfAlone(t *testing.T) {
	one := []Asked{{Confidence: 0.9, Sentences: []Sentence{sentence("red", "a")}, Documents: []string{"a"}}}
	f := func(q Question, asked []Asked, want string) {
		t.Helper()
		var questions []Question
		if q.ID != "" {
			questions = append(questions, q)
		}
		r, err := json.Marshal(Score(questions, reaching(asked)))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(r), want) {
			t.Errorf("%+v: %s\ndoes not contain %s", q, r, want)
		}
	}
	const noMix = `"auroc":null,"auroc_correct":null,"coverage_at_90":null,"ece":null`
	answerable := Question{ID: "1", Answers: []string{"red"}, Document: "a"}
	f(answerable, one, `"hit_at_1":1,`)
	f(answerable, one, noMix)
	f(answerable, one, `"balanced":{"coverage":1,"precision":null,"false_answer_rate":null}`)
	f(Question{ID: "2"}, one, `"hit_at_1":null,`)
	f(Question{ID: "2"}, one, noMix)
	f(Question{ID: "2"}, one, `"balanced":{"coverage":null,"precision":null,"false_answer_rate":1}`)
	f(Question{ID: "3", Answers: []string{"red"}}, one, `"gold_at_1":null,"mrr_at_10":1,"recall_at_1":null,`)
	f(Question{}, nil, noMix)
}

// The measures over a mix, against their definitions written down naively.
func TestScoreAgainstBruteForce(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 1))
	for range 300 {
		marks := randomMarks(rng)
		m := newMix(marks)
		for name, pair := range map[string][2]float64{
			"auroc":          {*m.auroc(func(k mark) bool { return k.answerable }), bruteAUROC(marks, func(k mark) bool { return k.answerable })},
			"coverage_at_90": {*m.coverageAt90(), bruteCoverage(marks)},
			"ece":            {*m.ece(10), bruteECE(marks, 10)},
		} {
			if math.Abs(pair[0]-pair[1]) > 1e-9 {
				t.Fatalf("%s = %v, want %v; seed %d, marks %+v", name, pair[0], pair[1], seed, marks)
			}
		}
		if got := m.auroc(mark.right); got != nil && math.Abs(*got-bruteAUROC(marks, mark.right)) > 1e-9 {
			t.Fatalf("auroc_correct = %v, want %v; seed %d, marks %+v", *got, bruteAUROC(marks, mark.right), seed, marks)
		}
	}
}

func randomMarks(rng *rand.Rand) []mark {
	marks := []mark{{answerable: true, something: true, hit: rng.IntN(2), confidence: 0.5}, {something: true, confidence: 0.5}}
	for range rng.IntN(30) {
		m := mark{something: rng.IntN(8) > 0, answerable: rng.IntN(3) > 0, confidence: float64(rng.IntN(12)) / 12}
		if m.answerable && m.something {
			m.hit = rng.IntN(3)
		}
		marks = append(marks, m)
	}
	return marks
}

func marksOf(questions []Question, asked []Asked) []mark {
	var marks []mark
	for i, q := range questions {
		marks = append(marks, judge(q, asked[i]))
	}
	return marks
}

func bruteAUROC(marks []mark, positive func(mark) bool) float64 {
	m := newMix(marks)
	var won, all float64
	for _, p := range marks {
		for _, n := range marks {
			if !positive(p) || positive(n) {
				continue
			}
			w := m.weight(p) * m.weight(n)
			all += w
			switch {
			case p.confidence > n.confidence:
				won += w
			case p.confidence == n.confidence:
				won += w / 2
			}
		}
	}
	return won / all
}

func bruteCoverage(marks []mark) float64 {
	m := newMix(marks)
	best := 0.
	for _, at := range marks {
		var right, given, share float64
		for _, k := range marks {
			if k.given(at.confidence) {
				given += m.weight(k)
				if k.right() {
					right += m.weight(k)
					share += 1 / float64(m.answerable)
				}
			}
		}
		if given > 0 && right/given >= 0.9-1e-12 {
			best = max(best, share)
		}
	}
	return best
}

// bruteECE cuts every question into pieces so small that each bin takes whole
// ones, a run of equal confidences mixed evenly.
func bruteECE(marks []mark, bins int) float64 {
	m := newMix(marks)
	type piece struct{ from, to, excess float64 }
	var pieces []piece
	at := 0.
	for tie := range m.ties {
		var w, e float64
		for _, k := range tie {
			w += m.weight(k)
			e += m.weight(k) * (k.confidence - one(k.right()))
		}
		pieces = append(pieces, piece{at, at + w, e / w})
		at += w
	}
	sum := 0.
	for b := range bins {
		from, to := float64(b)/float64(bins), float64(b+1)/float64(bins)
		gap := 0.
		for _, p := range pieces {
			gap += max(0, min(to, p.to)-max(from, p.from)) * p.excess
		}
		sum += math.Abs(gap)
	}
	return sum
}

func TestFloor(t *testing.T) {
	half := 0.5
	r := Report{HitAt1: &half, Stops: map[multivac.Stop]Stop{multivac.Balanced: {Precision: &half}}}
	f := func(floor, want string) {
		t.Helper()
		at, err := ParseFloor(floor)
		if err == nil {
			err = at.Check(r)
		}
		if got := fmt.Sprint(err); !strings.Contains(got, want) {
			t.Errorf("%s: %q does not contain %q", floor, got, want)
		}
	}
	f("hit_at_1=0.5", "<nil>")
	f("hit_at_1=0.7", "hit_at_1 is 0.5000, under 0.7")
	f("stops.balanced.precision=0.9", "under 0.9")
	f("auroc=0.9", "auroc cannot be measured")
	f("hits=0.9", `no measure is called "hits"; use one of auroc,`)
	f("hit_at_1", "has no number; write hit_at_1=0.7")
	f("ece=0.1", "no measure")
}

func TestPercentile(t *testing.T) {
	f := func(want float64, p int, sorted ...float64) {
		t.Helper()
		if got := percentile(sorted, p); got != want {
			t.Errorf("p%d of %v = %v, want %v", p, sorted, got, want)
		}
	}
	f(0, 50)
	f(7, 99, 7)
	f(2, 50, 1, 2, 3)
	f(2, 50, 1, 2, 3, 4)
	f(4, 95, 1, 2, 3, 4)
}

// library answers every question with every sentence that it was told.
type library struct {
	told    []multivac.Telling
	refuse  string // a source
	waiting multivac.Wait
	asked   []multivac.Question
	lock    chan struct{}
}

func (l *library) Tell(_ context.Context, tellings []multivac.Telling, wait multivac.Wait) ([]multivac.Receipt, error) {
	l.lock <- struct{}{}
	defer func() { <-l.lock }()
	var receipts []multivac.Receipt
	for _, t := range tellings {
		r := multivac.Receipt{Source: t.Source, State: multivac.Indexed}
		if t.Source == l.refuse && l.refuse != "" {
			r.Err = errors.New("not a text")
		}
		receipts = append(receipts, r)
	}
	l.told, l.waiting = append(l.told, tellings...), wait
	return receipts, nil
}

func (l *library) Ask(_ context.Context, q multivac.Question) (multivac.Answer, error) {
	l.asked = append(l.asked, q)
	a := multivac.Answer{State: multivac.Answered, Confidence: 0.75, Reaches: multivac.Balanced}
	for _, t := range l.told {
		a.Sentences = append(a.Sentences, multivac.Quotation{
			Text: string(t.Body), Source: t.Source, End: len(t.Body), Shape: multivac.ShapeSentence, Sentence: multivac.Span{End: len(t.Body)},
		})
		a.Sources = append(a.Sources, t.Source)
	}
	return a, nil
}

func told(n int) iter.Seq2[multivac.Telling, error] {
	return func(yield func(multivac.Telling, error) bool) {
		for i := range n {
			if !yield(multivac.Telling{Source: fmt.Sprint("d", i), Body: fmt.Appendf(nil, "Fact %d.", i)}, nil) {
				return
			}
		}
	}
}

func TestRun(t *testing.T) {
	l := &library{lock: make(chan struct{}, 1)}
	var steps []Progress
	e := Engine{Teller: l, Asker: l, Collection: "exam", Progress: func(p Progress) { steps = append(steps, p) }}
	questions := []Question{{ID: "1", Question: "Which fact?", Answers: []string{"fact 0"}, Document: "d0"}, {ID: "2", Question: "Whose?"}}

	r, asked, err := Run(t.Context(), e, told(1), questions)
	if err != nil {
		t.Fatal(err)
	}
	if *r.HitAt1 != 1 || *r.RecallAt1 != 1 || *r.AUROC != 0.5 || r.Documents != 1 {
		t.Errorf("report %v: the one fact was not found in the one document", r)
	}
	if l.told[0].Collection != "exam" || l.waiting != multivac.WaitIndexed || l.asked[1].Collection != "exam" || l.asked[1].Count != Depth {
		t.Errorf("told %+v (wait %d), asked %+v: want collection exam, waited for, %d sentences", l.told[0], l.waiting, l.asked[1], Depth)
	}
	want := []Progress{{"tell", 1, 0}, {"ask", 1, 2}, {"ask", 2, 2}}
	if d := cmp.Diff(want, steps); d != "" {
		t.Errorf("progress (-want +got)\n%s", d)
	}

	var lines bytes.Buffer
	if err := WriteAnswers(&lines, asked); err != nil {
		t.Fatal(err)
	}
	wantLine := `{"id":"1","state":"answered","confidence":0.75,"reaches":"balanced","sentences":[{"text":"Fact 0.","document":"d0","start":0,"end":7,"confidence":0}],"documents":["d0"],"quotation":{"text":"Fact 0.","shape":"sentence","start":0,"end":7}}`
	if got, _, _ := strings.Cut(lines.String(), "\n"); got != wantLine {
		t.Errorf("answers\n%s, want\n%s", got, wantLine)
	}
}

func TestRunTellsAllInBatches(t *testing.T) {
	l := &library{lock: make(chan struct{}, 1)}
	const n = 3*batchTellings + 1
	r, asked, err := Run(t.Context(), Engine{Teller: l, Asker: l}, told(n), []Question{{Question: "?", ID: "1"}})
	if err != nil || r.Documents != n || len(l.told) != n {
		t.Fatalf("%d documents, %d told, %v; want %d", r.Documents, len(l.told), err, n)
	}
	if got := len(asked[0].Sentences); got != Depth {
		t.Errorf("%d sentences recorded, want %d", got, Depth)
	}
	sources := map[string]bool{}
	for _, t := range l.told {
		sources[t.Source] = true
	}
	if len(sources) != n {
		t.Errorf("%d different documents told, want %d", len(sources), n)
	}
}

func TestRunEndsWithABadDocument(t *testing.T) {
	l := &library{lock: make(chan struct{}, 1), refuse: "d7"}
	_, _, err := Run(t.Context(), Engine{Teller: l, Asker: l}, told(9), nil)
	if err == nil || !strings.Contains(err.Error(), "d7") {
		t.Errorf("refused document: %v, want an error that names d7", err)
	}
	broken := func(yield func(multivac.Telling, error) bool) {
		yield(multivac.Telling{}, errors.New("d.jsonl:3: broken line"))
	}
	if _, _, err := Run(t.Context(), Engine{Teller: l, Asker: l}, broken, nil); err == nil || !strings.Contains(err.Error(), "d.jsonl:3") {
		t.Errorf("broken line: %v, want it back", err)
	}
	if len(l.asked) != 0 {
		t.Errorf("%d questions asked in spite of it", len(l.asked))
	}
}

func TestReportReadsWell(t *testing.T) {
	got := Score(nil, nil).String()
	if !strings.Contains(got, "auroc            –") {
		t.Errorf("a measure that cannot be given is not shown as –:\n%s", got)
	}
	if lines := strings.Split(got, "\n"); slices.ContainsFunc(lines, func(l string) bool { return len(l) > 100 }) {
		t.Errorf("lines over 100 bytes:\n%s", got)
	}
}

func format(v *float64) string {
	if v == nil {
		return "null"
	}
	return fmt.Sprint(*v)
}

// The names are read by programs of others.
func TestNamesInJSON(t *testing.T) {
	b, err := json.Marshal(Score([]Question{{ID: "1"}}, []Asked{{}}))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(`documents questions answerable hit_at_1 hit_at_3 gold_at_1 mrr_at_10 recall_at_1 recall_at_5 procedures_whole
		auroc auroc_correct coverage_at_90 ece enrich_seconds stops
		eager coverage precision false_answer_rate balanced coverage precision false_answer_rate strict coverage precision false_answer_rate
		index_seconds documents_per_second rss_bytes latency_ms p50 p95 p99`)
	var got []string
	for _, m := range regexp.MustCompile(`"([a-z0-9_]+)":`).FindAllStringSubmatch(string(b), -1) {
		got = append(got, m[1])
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got)\n%s", b, d)
	}
}

func TestCurveAndSuggestion(t *testing.T) {
	questions := []Question{{Question: "a", Answers: []string{"x"}}, {Question: "b", Answers: []string{"x"}}, {Question: "c"}, {Question: "d"}}
	var asked []Asked
	for _, a := range []Asked{{Confidence: 0.95, Reaches: multivac.Strict}, {Confidence: 0.55, Reaches: multivac.Eager}, {Confidence: 0.75, Reaches: multivac.Eager}, {Confidence: 0.05}} {
		a.Sentences = []Sentence{{Text: "x"}}
		asked = append(asked, a)
	}
	r := Score(questions, asked)
	if r.SuggestedStop != multivac.Balanced {
		t.Errorf("suggested %q, want balanced: all it answers is right, and eager answers a third wrong", r.SuggestedStop)
	}
	if len(r.Curve) != 9 || *r.Curve[0].Precision != 2.0/3 || *r.Curve[8].Precision != 1 || *r.Curve[8].Coverage != 0.5 {
		t.Errorf("curve %+v, want nine points from 2/3 to 1 right", r.Curve)
	}
	if !strings.Contains(r.String(), "use --stop balanced") {
		t.Errorf("the table does not say what to use:\n%s", r)
	}
	if r := Score(questions[:2], asked[:2]); r.Curve != nil || r.SuggestedStop != "" {
		t.Errorf("curve %v and suggestion %q without unanswerable questions, want none", r.Curve, r.SuggestedStop)
	}
}
