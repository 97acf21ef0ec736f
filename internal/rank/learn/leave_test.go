package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multivac/internal/rank"
)

// organisationOf writes an organisation and reads it.
func organisationOf(t *testing.T, documents, questions string) *organisation {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	writeOrganisation(t, dir, documents, questions)
	o, err := readOrganisation(filepath.Join(dir, "documents.jsonl.gz"), filepath.Join(dir, "questions.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	o.name = "shop"
	if o.meaning, err = openMind("", t.TempDir()); err != nil {
		t.Fatal(err)
	}
	o.embed(o.large())
	return o
}

// writeOrganisation writes documents and questions into a folder.
func writeOrganisation(t *testing.T, dir, documents, questions string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, lines := range map[string]string{"documents.jsonl.gz": documents, "questions.jsonl.gz": questions} {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, err := z.Write([]byte(lines))
		if err = errors.Join(err, z.Close(), os.WriteFile(filepath.Join(dir, name), packed.Bytes(), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
}

const (
	shopDocuments = `{"id":"till.md","title":"Till","text":"# Till\n\nCount the money twice.\n\nThe till is closed at nine."}
{"id":"claims.md","title":"Claims","text":"# Claims\n\nClaims are paid within ten days.\n\nThe till is closed at nine."}`
	shopQuestions = `{"id":"1","question":"When is the till closed?","answers":["closed at nine","Count the money"],"document":"till.md","kind":"procedure"}
{"id":"2","question":"How long do claims take?","answers":["ten days"],"document":"claims.md","kind":"natural"}
{"id":"3","question":"Who counts the claims?","answers":[],"document":"claims.md","kind":"miss"}
{"id":"4","question":"Is there a dog in the shop?","answers":[],"document":"","kind":"stranger"}`
)

func marksOf(trial *senseTrial) map[string]mark {
	marks := map[string]mark{}
	for i, m := range trial.marks {
		c, span := trial.find.Sentence(i)
		marks[c.Source+": "+c.Sentence(span)] = m
	}
	return marks
}

// Each answer of a procedure is right in its document. In another document the
// same words are neither right nor wrong.
func TestMarks(t *testing.T) {
	o := organisationOf(t, shopDocuments, shopQuestions)
	in := o.collection(o.whole())
	marks := marksOf(o.senseTrial(rank.Default(), senseJob{in: in, q: o.questions[0], answerable: true}))
	for sentence, want := range map[string]mark{
		"till.md: The till is closed at nine.": right, "till.md: Count the money twice.": right,
		"claims.md: Claims are paid within ten days.": wrong,
	} {
		if got, ok := marks[sentence]; !ok || got != want {
			t.Errorf("%q has mark %v (found: %v), want %v", sentence, got, ok, want)
		}
	}
	hidden := o.senseTrial(rank.Default(), senseJob{in: in, q: o.questions[0], hidden: true})
	for sentence, m := range marksOf(hidden) {
		if strings.HasPrefix(sentence, "till.md") || m == right {
			t.Errorf("the document is hidden, but %q has mark %v", sentence, m)
		}
	}
	if m := marksOf(hidden)["claims.md: The till is closed at nine."]; m != neither {
		t.Errorf("the copy in another document has mark %v", m)
	}
}

// Every question with an answer is asked of all collections, and others have no
// answer there.
func TestJobsOfOrganisation(t *testing.T) {
	o := organisationOf(t, shopDocuments, shopQuestions)
	with, without := map[string]int{}, map[string]int{}
	for _, j := range o.jobs(o.questions, rand.New(rand.NewPCG(1, 1))) {
		if j.answerable {
			with[j.size]++
		} else {
			without[j.size]++
		}
	}
	for _, size := range []string{"whole", "large", "single", "few"} {
		if with[size] != 2 || without[size] == 0 {
			t.Errorf("%s: %d questions with an answer and %d without", size, with[size], without[size])
		}
	}
}

// Nothing is learned from the organisation that is left out.
func TestLeaveOneOut(t *testing.T) {
	s := &study{learn: []*senseTrial{{domain: squad}, {domain: "clinic"}, {domain: "shop"}, {domain: "clinic"}}}
	for _, trial := range s.without("clinic") {
		if trial.domain == "clinic" {
			t.Error("a trial of the clinic is learned from")
		}
	}
	if n := len(s.without("clinic")); n != 2 {
		t.Errorf("%d trials are left", n)
	}
	if n := len(s.without("")); n != 4 {
		t.Errorf("%d trials are left if nothing is left out", n)
	}
}

// Outcomes of the organisation that is left out do not calibrate what is tested
// with it.
func TestCalibrationLeavesOut(t *testing.T) {
	folds := func(clinicRight bool) map[string]learned {
		all := map[string]learned{}
		for _, without := range []string{"", "clinic", "shop"} {
			l := learned{}
			l.Find.Confidence = rank.Network{Output: []float32{1}}
			l.Read.Confidence = rank.Network{Output: []float32{1}}
			for i := range 40 {
				logit := float64(i%10) - 5
				yes := (logit > 0) != (i%4 == 0)
				l.find = append(l.find, outcome{squad, yes, logit, yes, 1})
				if without == "clinic" && clinicRight {
					yes = true
				}
				if without != "" {
					l.find = append(l.find, outcome{without, i%2 == 0, logit, yes, 1})
				}
			}
			l.read = append([]outcome(nil), l.find...)
			all[without] = l
		}
		return all
	}
	a, b := calibrated(folds(false), "clinic"), calibrated(folds(true), "clinic")
	if a.Find.Headed.Offset != b.Find.Headed.Offset {
		t.Error("the clinic's own outcomes calibrate what is tested with the clinic")
	}
	a, b = calibrated(folds(false), "shop"), calibrated(folds(true), "shop")
	if a.Find.Headed.Offset == b.Find.Headed.Offset {
		t.Error("the clinic's outcomes do not calibrate what is tested with the shop")
	}
}

// A calibration makes probabilities of odds, and a threshold keeps its promise.
func TestCalibrate(t *testing.T) {
	var outcomes []outcome
	for i := range 1400 {
		logit := float64(i%7) - 3
		p := 1 / (1 + math.Exp(-(0.5*logit - 1)))
		outcomes = append(outcomes, outcome{squad, true, logit, float64(i/7%100)+0.5 < 100*p, 1})
	}
	c := calibrate(outcomes)
	if math.Abs(c.Factor-0.5) > 0.1 || math.Abs(c.Offset+1) > 0.1 {
		t.Errorf("factor %.2f and offset %.2f, want 0.5 and -1", c.Factor, c.Offset)
	}
}

// All organisations together count as the ratio says, each of them the same.
func TestBalance(t *testing.T) {
	var trials []*senseTrial
	for domain, n := range map[string]int{squad: 10, "clinic": 30, "shop": 5} {
		for range n {
			trials = append(trials, &senseTrial{domain: domain})
		}
	}
	balance(trials, 2)
	sums := map[string]float64{}
	for _, trial := range trials {
		sums[trial.domain] += trial.weight
	}
	if math.Abs(sums[squad]-15) > 1e-9 || math.Abs(sums["clinic"]-15) > 1e-9 || math.Abs(sums["shop"]-15) > 1e-9 {
		t.Errorf("weights %v, want 15 each", sums)
	}
}

// What a mind has computed is the same after it was kept.
func TestMindRemembers(t *testing.T) {
	dir := t.TempDir()
	m, err := openMind("", dir)
	if err != nil {
		t.Fatal(err)
	}
	want := m.vector("When is the till closed?")
	if err := m.save(); err != nil {
		t.Fatal(err)
	}
	if m, err = openMind("", dir); err != nil {
		t.Fatal(err)
	}
	if len(m.known.Questions) != 1 || m.vector("When is the till closed?") != want {
		t.Error("the vector of a question was not kept")
	}
}

// Organisations are read, learned from and reported on, and what is learned is
// what the program can load.
func TestSecondStageOfOrganisations(t *testing.T) {
	teams := t.TempDir()
	for _, name := range []string{"clinic", "shop"} {
		writeOrganisation(t, filepath.Join(teams, name), shopDocuments, shopQuestions)
	}
	var k recipe
	k.flags(flag.NewFlagSet("", flag.PanicOnError))
	from := source{teams: teams, kept: t.TempDir(), out: "../..", sizes: "whole,few", quick: true, seed: 1}
	s, err := from.study(&corpus{})
	if err != nil {
		t.Fatal(err)
	}
	p := s.learnSense([]recipe{k})
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.first.LoadSense(data)
	if err != nil {
		t.Fatal(err)
	}
	// The program answers a question as the report did.
	asked, _ := s.ask(s.tests[0], &p, &k, false)
	ranked := m.Order(s.tests[0].trials[1].find.Asked()).With(nil)
	if math.Abs(ranked[0].Confidence-asked[1].Confidence) > 1e-6 {
		t.Errorf("confidence %v in the report, %v in the program", asked[1].Confidence, ranked[0].Confidence)
	}
}
