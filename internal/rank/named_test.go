package rank

import (
	"slices"
	"testing"

	"multivac"
)

func TestStandings(t *testing.T) {
	f := func(question string, c Candidate, want ...standing) {
		t.Helper()
		q := asking(question)
		var r reading
		r.read(q, []Candidate{c}, Default())
		var got []standing
		for _, s := range r.sentences {
			got = append(got, s.standing)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: standings %v, want %v", question, got, want)
		}
	}
	told := candidates("Impact:: Nobody can log in. The queue grows.")[0]
	told.Title = "KubeAPIDown"
	f("What is the impact of KubeAPIDown?", told, named, named)
	f("KUBE_API_DOWN", told, named, named)
	f("How long does KubeAPIDown last?", told, usual, usual)
	f("What is the impact of KubeAPISlow?", told, strange, strange)
	told.Title = "Runbook: KubeAPIDown"
	f("What is the impact of KubeAPIDown?", told, named, named)
	told.Title = "KubeAPIDown, KubeletDown and more"
	f("What is the impact of KubeAPIDown?", told, usual, usual)
	told = candidates("GitHub hosts the code. It is fast. GitLab hosts the mirror. The rest is old.")[0]
	f("What hosts the code, GitHub?", told, usual, usual, elsewhere, elsewhere)
	told.Kind = multivac.List
	f("What hosts the code, GitHub?", told, usual, elsewhere, elsewhere, elsewhere)
	f("What hosts the code?", told, usual, usual, usual, usual)
}

func TestPlace(t *testing.T) {
	f := func(standings []standing, scores, want []float64) {
		t.Helper()
		place(len(scores), func(i int) (standing, *float64) { return standings[i], &scores[i] })
		if !slices.Equal(scores, want) {
			t.Errorf("scores of %v are %v, want %v", standings, scores, want)
		}
	}
	f([]standing{usual, usual}, []float64{3, 5}, []float64{3, 5})
	f([]standing{strange, strange}, []float64{3, 5}, []float64{3, 5})
	f([]standing{usual, named, usual}, []float64{9, 2, 7}, []float64{1, 2, -1})
	f([]standing{named, usual}, []float64{9, 2}, []float64{9, 2})
	f([]standing{strange, elsewhere, named}, []float64{9, 2, 5}, []float64{1, 2, 5})
}
