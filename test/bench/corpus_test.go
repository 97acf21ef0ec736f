package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestCorpusIsTheSameEachTime(t *testing.T) {
	t.Setenv("MULTIVAC_EVAL_DATA", "")
	const n = 5000
	var made [2][]byte
	for i := range made {
		c, err := makeCorpus(t.TempDir(), n)
		if err != nil {
			t.Fatal(err)
		}
		if made[i], err = os.ReadFile(c.Passages); err != nil {
			t.Fatal(err)
		}
		if got := bytes.Count(made[i], []byte("\n")); got != n || c.Count != n {
			t.Errorf("%d passages of %d", got, n)
		}
	}
	if !bytes.Equal(made[0], made[1]) {
		t.Error("two corpora of the same size differ")
	}
	words := len(strings.Fields(string(made[0]))) / n
	if words < wordsWanted || words > 2*wordsWanted {
		t.Errorf("%d words a passage", words)
	}
}

// Each engine finds a passage.
func TestEngines(t *testing.T) {
	for _, name := range []string{"multivac", "bleve", "fts5"} {
		e, err := open(name, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if err := e.add([]line{{"Backups", "They are kept for 35 days."}, {"Pumps", "The pump has an orange cap."}}); err != nil {
			t.Fatal(err)
		}
		if err := e.finish(); err != nil {
			t.Fatal(err)
		}
		if n, err := e.search("Which cap is orange?"); n != 1 || err != nil {
			t.Errorf("%s finds %d passages, %v; want 1", name, n, err)
		}
	}
}
