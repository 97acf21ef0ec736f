package test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

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
			args := []string{"eval", "--json"}
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
			for measure, least := range f.least {
				if v, _ := got[measure].(float64); v < least {
					t.Errorf("%s is %v, under %v", measure, got[measure], least)
				}
			}
		})
	}
}
