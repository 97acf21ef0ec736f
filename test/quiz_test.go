package test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/eval"
	"multivac/internal/golden"
)

// The quiz is 123 questions about the documentation, which does not answer 40 of
// them. Its paths begin at the root of the repository.
const (
	quizQuestions = "test/quiz/questions.jsonl"
	quizAnswers   = "test/quiz/answers.txt"
)

func quiz(t *testing.T) []eval.Question {
	t.Helper()
	return questionsIn(t, filepath.Join("..", quizQuestions))
}

// questionsIn reads a file of questions.
func questionsIn(t *testing.T, path string) []eval.Question {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	questions, err := eval.Read(f, path)
	if err != nil {
		t.Fatal(err)
	}
	return questions
}

// The right answers of the quiz are still in the documentation.
func TestQuizIsTrue(t *testing.T) {
	without := 0
	for _, q := range quiz(t) {
		if !q.Answerable() {
			without++
			continue
		}
		text, err := os.ReadFile(filepath.Join("..", q.Document))
		if err != nil {
			t.Errorf("%s %q: %v", q.ID, q.Question, err)
			continue
		}
		q.Answers = q.Answers[:1] // the others may be in other pages
		if !q.AnsweredBy(string(text)) {
			t.Errorf("%s %q: %s does not say %q any more; correct one of them", q.ID, q.Question, q.Document, q.Answers)
		}
	}
	if n := len(quiz(t)); n != 123 || without != 40 {
		t.Errorf("%d questions, %d of them without an answer; want 123 and 40", n, without)
	}
}

// Measured as a newcomer would. The floors are a little under what is reached,
// because one question is about a point.
func TestQuizIsAnswered(t *testing.T) {
	t.Chdir("..")
	out, errOut, code := run(t, "eval", "--documents", "doc/", "--questions", quizQuestions, "--json",
		"--fail-under", "hit_at_1=0.68", "--fail-under", "hit_at_3=0.80", "--fail-under", "recall_at_5=0.90",
		"--fail-under", "auroc=0.82", "--fail-under", "auroc_correct=0.90", "--fail-under", "stops.balanced.coverage=0.50")
	if code != 0 {
		t.Errorf("exit code %d\n%s%s", code, errOut, out)
	}
}

// The answers to the quiz are in a file, so that a change of the ranking or of the
// documentation shows as a readable diff.
func TestQuizAnswers(t *testing.T) {
	questions := quiz(t)
	var lines strings.Builder
	for _, q := range questions {
		fmt.Fprintln(&lines, q.Question)
	}
	t.Chdir("..")
	out, errOut, _ := runIn(t, lines.String(), "ask", "--in", "doc/", "--json")
	answers := json.NewDecoder(strings.NewReader(out))
	blocks, verdicts := "", map[string]int{}
	for _, q := range questions {
		var a quizAnswer
		if err := answers.Decode(&a); err != nil {
			t.Fatalf("%s: %v\n%s", q.ID, err, errOut)
		}
		verdict, said := a.judge(q)
		verdicts[verdict]++
		blocks += fmt.Sprintf("\n%s %s\n     %s%s\n", q.ID, q.Question, verdict, said)
	}
	got := fmt.Sprintf("What is answered to questions.jsonl: %d right, %d wrong, %d missed, %d rightly refused.\n"+
		"Made by: go test ./test -run Quiz -update\n%s", verdicts["right"], verdicts["wrong"], verdicts["missed"], verdicts["refused"], blocks)
	golden.Equal(t, quizAnswers, got)
}

// quizAnswer is the output of `ask --json`.
type quizAnswer struct {
	State      multivac.AnswerState
	Text       string
	Confidence float64
	Source     struct{ Source string }
	Reason     struct {
		Unmatched []string
		Nearest   struct {
			Text   string
			Source struct{ Source string }
		}
	}
}

// judge returns right, wrong, missed or refused, and the answer with a rough
// confidence: the exact one moves with every change.
func (a quizAnswer) judge(q eval.Question) (verdict, said string) {
	text := func(s string) string { return "\n     " + strings.Join(strings.Fields(s), " ") }
	switch {
	case a.State == multivac.Answered:
		verdict = "wrong"
		if q.AnsweredBy(a.Text) {
			verdict = "right"
		}
		return verdict, fmt.Sprintf(", %s: %s%s", band(a.Confidence), a.Source.Source, text(a.Text))
	case q.Answerable():
		nearest := a.Reason.Nearest
		what := "nearest"
		if q.AnsweredBy(nearest.Text) {
			what = "though nearest"
		}
		return "missed", fmt.Sprintf(", %s: %s%s", what, nearest.Source.Source, text(nearest.Text))
	case len(a.Reason.Unmatched) > 0:
		return "refused", ", nothing contains: " + strings.Join(a.Reason.Unmatched, " ")
	}
	return "refused", ""
}

func band(confidence float64) string {
	switch {
	case confidence >= .9:
		return "high"
	case confidence >= .75:
		return "mid"
	}
	return "low"
}
