package test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multivac/internal/eval"
)

// Each folder of test/faults has small documents that once got wrong answers, and
// questions about them. Every question must have the right answer at the default
// stop. A question without answers must be refused.
func TestFaults(t *testing.T) {
	folders, err := filepath.Glob("faults/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no folders of faults: %v", err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			answers := filepath.Join(t.TempDir(), "answers.jsonl")
			questions := filepath.Join(folder, "questions.jsonl")
			if out, errOut, code := run(t, "eval", "--documents", filepath.Join(folder, "docs"), "--questions", questions, "--answers", answers); code != 0 {
				t.Fatalf("exit code %d\n%s%s", code, errOut, out)
			}
			asked := answered(t, answers)
			for i, q := range questionsIn(t, questions) {
				said, isAnswered := "", asked[i].State == "answered"
				if len(asked[i].Sentences) > 0 {
					said = asked[i].Sentences[0].Text
				}
				if right := isAnswered && q.AnsweredBy(said); right != q.Answerable() || isAnswered != q.Answerable() {
					t.Errorf("%s %s\n%s at %.2f: %q\nwant one of %q", q.ID, q.Question, asked[i].State, asked[i].Confidence, said, q.Answers)
				}
			}
		})
	}
}

func answered(t *testing.T, path string) (asked []eval.Asked) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for d := json.NewDecoder(f); d.More(); {
		var a eval.Asked
		if err := d.Decode(&a); err != nil {
			t.Fatal(err)
		}
		asked = append(asked, a)
	}
	return asked
}

// Things that no measure covers: what else is in the quotation, and above it.
func TestFaultsToTheEye(t *testing.T) {
	f := func(folder, question string, wrong func(text, lead string) bool) {
		t.Helper()
		out, errOut, code := run(t, "ask", "--in", filepath.Join("faults", folder, "docs"), "--json", question)
		var a struct{ Text, Lead string }
		if err := json.Unmarshal([]byte(out), &a); err != nil || code != 0 {
			t.Fatalf("%s: exit code %d, %v\n%s%s", folder, code, err, out, errOut)
		}
		if wrong(a.Text, a.Lead) {
			t.Errorf("%s %s\n got %q under %q", folder, question, a.Text, a.Lead)
		}
	}
	f("09-callouts", "Can deleting a queue be undone?", func(text, _ string) bool { return strings.ContainsAny(text, ":!") })
	f("09-callouts", "On which port does the relay listen?", func(text, _ string) bool { return strings.ContainsAny(text, ":!") })
	f("09-callouts", "What must never be shared over chat?", func(text, _ string) bool { return strings.ContainsAny(text, "{%!") })
	f("11-html-in-markdown", "How many seats does Team have?", func(text, _ string) bool { return strings.ContainsAny(text, "<>\n") })
	f("11-html-in-markdown", "How many seats did Basic have until 2023?", func(text, _ string) bool { return strings.ContainsAny(text, "<>\n") })
	f("13-lead-that-is-none", "When are roses cut?", func(_, lead string) bool { return lead != "" })
	f("14-docs-site", "How many boards may a workspace have?", func(text, _ string) bool { return strings.ContainsAny(text, "<>") })
}
