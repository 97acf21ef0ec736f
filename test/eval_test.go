package test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"multivac"
	"multivac/internal/eval"
	"multivac/internal/require"
)

// The least that answers may be worth. What is reached is in
// doc/explanation/ranking.md; here stands what may not be lost.
var floors = []struct {
	name      string
	documents []string
	questions []string
	least     map[string]float64
}{
	{
		name:      "squad-dev",
		documents: []string{"squad-dev/documents.jsonl.gz"},
		questions: []string{"squad-dev/questions.jsonl.gz", "squad-dev/unanswerable.jsonl.gz"},
		least:     map[string]float64{"hit_at_1": 0.72, "recall_at_5": 0.93},
	},
	{
		name:      "strangers",
		documents: []string{"squad-dev/stranger-documents.jsonl.gz"},
		questions: []string{"squad-dev/stranger-questions.jsonl.gz"},
		least:     map[string]float64{"auroc": 0.93},
	},
	{
		name:      "full",
		documents: []string{"squad-train/documents.jsonl.gz", "squad-dev/documents.jsonl.gz"},
		questions: []string{"squad-dev/questions.jsonl.gz"},
		least:     map[string]float64{"hit_at_1": 0.67},
	},
}

func TestAnswersAreGood(t *testing.T) {
	data := os.Getenv("MULTIVAC_EVAL_DATA")
	if data == "" {
		data = "../../shared/data"
	}
	_, err := os.Stat(filepath.Join(data, "squad-dev"))
	require.Have(t, "eval-data", err == nil, "set MULTIVAC_EVAL_DATA to a folder with squad-dev and squad-train in it (doc/how-to/evaluate.md)")
	for _, f := range floors {
		t.Run(f.name, func(t *testing.T) {
			answers := filepath.Join(t.TempDir(), "answers.jsonl")
			args := []string{"eval", "--json", "--answers", answers}
			for _, d := range f.documents {
				args = append(args, "--documents", filepath.Join(data, d))
			}
			for _, q := range f.questions {
				args = append(args, "--questions", filepath.Join(data, q))
			}
			out, errOut, code := run(t, args...)
			if code != 0 {
				t.Fatalf("exit code %d\n%s", code, errOut)
			}
			t.Logf("%s", out)
			var got map[string]any
			if err := json.Unmarshal([]byte(out), &got); err != nil {
				t.Fatal(err)
			}
			if want, got := falseAnswerRate(t, answers, data, f.questions), at(got, "stops", "balanced", "false_answer_rate"); want != got {
				t.Errorf("false_answer_rate is %v, but by the states of the answers %v", got, want)
			}
			// Over squad-dev a question takes under 2 ms; here other tests share the machine.
			if p50, _ := at(got, "latency_ms", "p50").(float64); p50 == 0 || p50 > 10 {
				t.Errorf("half of the questions took over %v ms", p50)
			}
			for measure, least := range f.least {
				if v, _ := got[measure].(float64); v < least {
					t.Errorf("%s is %v, under %v", measure, got[measure], least)
				}
			}
		})
	}
}

// falseAnswerRate is the share of unanswerable questions that were answered,
// by the states in the answers file: nil where there is none.
func falseAnswerRate(t *testing.T, answers, data string, files []string) any {
	t.Helper()
	var questions []eval.Question
	for _, name := range files {
		f, err := os.Open(filepath.Join(data, name))
		if err != nil {
			t.Fatal(err)
		}
		more, err := eval.Read(f, name)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		questions = append(questions, more...)
	}
	f, err := os.Open(answers)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unanswerable, wrong := 0., 0.
	lines := json.NewDecoder(f)
	for _, q := range questions {
		var a eval.Asked
		if err := lines.Decode(&a); err != nil || a.ID != q.ID {
			t.Fatalf("answer to %q is of %q, %v", q.ID, a.ID, err)
		}
		if !q.Answerable() {
			unanswerable++
			if a.State == multivac.Answered {
				wrong++
			}
		}
	}
	if unanswerable == 0 {
		return nil
	}
	return wrong / unanswerable
}
