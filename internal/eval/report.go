package eval

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"multivac"
)

// A Report holds the measures. A measure is nil, null in JSON, if the questions
// do not allow it.
type Report struct {
	Documents  int `json:"documents"`
	Questions  int `json:"questions"`
	Answerable int `json:"answerable"`

	HitAt1    *float64 `json:"hit_at_1"`    // the first sentence contains an answer
	HitAt3    *float64 `json:"hit_at_3"`    // one of the first three does
	GoldAt1   *float64 `json:"gold_at_1"`   // the first does, and is from the named document
	MRRAt10   *float64 `json:"mrr_at_10"`   // mean of 1 / rank of the first that does
	RecallAt1 *float64 `json:"recall_at_1"` // the named document is the first
	RecallAt5 *float64 `json:"recall_at_5"` // it is among the first five
	// The share of the questions of kind procedure whose quotation has all of
	// their answers: the first step and the last.
	ProceduresWhole *float64 `json:"procedures_whole"`

	AUROC        *float64 `json:"auroc"`          // how well confidence separates answerable from unanswerable questions
	AUROCCorrect *float64 `json:"auroc_correct"`  // how well confidence separates right answers from all else
	CoverageAt90 *float64 `json:"coverage_at_90"` // share of right answers at a threshold where 90% of the answers are right
	ECE          *float64 `json:"ece"`            // expected calibration error

	Stops map[multivac.Stop]Stop `json:"stops"`
	Kinds map[string]Kind        `json:"kinds,omitempty"` // of questions that name their kind
	// Curve has the measures at other thresholds, the lowest first. It is empty
	// if there are no answerable or no unanswerable questions.
	Curve []Point `json:"curve,omitempty"`
	// SuggestedStop is the stop that answers most, of those with at least 90%
	// right answers; strict if there is none, empty without a curve.
	SuggestedStop multivac.Stop `json:"suggested_stop,omitempty"`

	IndexSeconds       float64 `json:"index_seconds"`  // from the first telling until all documents are indexed
	EnrichSeconds      float64 `json:"enrich_seconds"` // from then until all are found by meaning, too
	DocumentsPerSecond float64 `json:"documents_per_second"`
	RSSBytes           int64   `json:"rss_bytes"` // of the whole process, at the end; 0: the system does not say
	LatencyMS          Latency `json:"latency_ms"`
}

// A Stop holds the measures at one shipped threshold.
type Stop struct {
	Coverage        *float64 `json:"coverage"`          // share of answerable questions with the right answer
	Precision       *float64 `json:"precision"`         // share of the answers that are right
	FalseAnswerRate *float64 `json:"false_answer_rate"` // share of unanswerable questions that were answered
}

// A Kind counts one kind of questions.
type Kind struct {
	Questions  int `json:"questions"`
	Answerable int `json:"answerable"`
	Right      int `json:"right"`    // questions whose first sentence contains an answer
	Answered   int `json:"answered"` // questions answered at the balanced stop
}

// Latency of a question, in milliseconds.
type Latency struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// measures returns, by name, the measures of which more is better.
func (r Report) measures() map[string]*float64 {
	all := map[string]*float64{
		"hit_at_1": r.HitAt1, "hit_at_3": r.HitAt3, "gold_at_1": r.GoldAt1, "mrr_at_10": r.MRRAt10,
		"recall_at_1": r.RecallAt1, "recall_at_5": r.RecallAt5, "procedures_whole": r.ProceduresWhole,
		"auroc": r.AUROC, "auroc_correct": r.AUROCCorrect, "coverage_at_90": r.CoverageAt90,
		"documents_per_second": &r.DocumentsPerSecond,
	}
	for _, stop := range multivac.Stops {
		all["stops."+string(stop)+".coverage"] = r.Stops[stop].Coverage
		all["stops."+string(stop)+".precision"] = r.Stops[stop].Precision
	}
	return all
}

// A Floor is the least value that a measure may have.
type Floor struct {
	Measure string
	Least   float64
}

// ParseFloor reads a floor such as "hit_at_1=0.7". Only measures of which more
// is better can have one.
func ParseFloor(s string) (Floor, error) {
	name, number, found := strings.Cut(s, "=")
	known := Report{}.measures()
	if _, ok := known[name]; !ok {
		return Floor{}, multivac.Errorf(multivac.ErrInvalid,
			"use one of "+strings.Join(slices.Sorted(maps.Keys(known)), ", "), "no measure is called %q", multivac.Clip(name, 40))
	}
	least, err := strconv.ParseFloat(number, 64)
	if !found || err != nil {
		return Floor{}, multivac.Errorf(multivac.ErrInvalid, "write "+name+"=0.7", "floor %q has no number", multivac.Clip(s, 60))
	}
	return Floor{Measure: name, Least: least}, nil
}

// Check returns an error if r is under the floor or does not have the measure.
func (f Floor) Check(r Report) error {
	switch got := r.measures()[f.Measure]; {
	case got == nil:
		return fmt.Errorf("%s cannot be measured with these questions", f.Measure)
	case *got < f.Least:
		return fmt.Errorf("%s is %.4f, under %g", f.Measure, *got, f.Least)
	}
	return nil
}

// A Point has the measures at a threshold of confidence.
type Point struct {
	Confidence float64 `json:"confidence"`
	Stop
}

// String returns the measures as a table for people.
func (r Report) String() string {
	var b strings.Builder
	share := func(v *float64) string {
		if v == nil {
			return "–"
		}
		return strconv.FormatFloat(*v*100, 'f', 1, 64) + "%"
	}
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-16s "+format+"\n", append([]any{name}, args...)...)
	}
	row("documents", "%d, indexed in %.1f s (%.0f a second)", r.Documents, r.IndexSeconds, r.DocumentsPerSecond)
	if r.EnrichSeconds > 0 {
		row("meaning", "found by in %.1f s more", r.EnrichSeconds)
	}
	row("questions", "%d, answerable %d", r.Questions, r.Answerable)
	row("hit", "@1 %s  @3 %s  gold@1 %s", share(r.HitAt1), share(r.HitAt3), share(r.GoldAt1))
	row("mrr", "@10 %s", share(r.MRRAt10))
	row("recall", "@1 %s  @5 %s", share(r.RecallAt1), share(r.RecallAt5))
	if r.ProceduresWhole != nil {
		row("procedures", "whole %s", share(r.ProceduresWhole))
	}
	row("auroc", "%s  of right answers %s", share(r.AUROC), share(r.AUROCCorrect))
	row("coverage", "@90 %s", share(r.CoverageAt90))
	row("ece", "%s", share(r.ECE))
	for _, name := range multivac.Stops {
		s := r.Stops[name]
		row(string(name), "coverage %s  precision %s  false answers %s", share(s.Coverage), share(s.Precision), share(s.FalseAnswerRate))
	}
	for _, p := range r.Curve {
		row(fmt.Sprintf("  from %.0f%% on", 100*p.Confidence), "coverage %s  precision %s  false answers %s", share(p.Coverage), share(p.Precision), share(p.FalseAnswerRate))
	}
	if r.SuggestedStop != "" {
		row("for these", "use --stop %s", r.SuggestedStop)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Kinds)) {
		k := r.Kinds[name]
		if k.Answerable == 0 {
			row("  "+name, "%d of %d answered, without an answer", k.Answered, k.Questions)
			continue
		}
		row("  "+name, "%d of %d right, %d answered", k.Right, k.Questions, k.Answered)
	}
	row("latency", "p50 %.2f ms  p95 %.2f ms  p99 %.2f ms", r.LatencyMS.P50, r.LatencyMS.P95, r.LatencyMS.P99)
	row("memory", "%.0f MiB", float64(r.RSSBytes)/(1<<20))
	return b.String()
}

// WriteAnswers writes the results, one JSON object a line.
func WriteAnswers(w io.Writer, asked []Asked) error {
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	for _, a := range asked {
		if err := lines.Encode(a); err != nil {
			return fmt.Errorf("write answer to %q: %w", a.ID, err)
		}
	}
	return nil
}

// rss returns the resident memory of the process, in bytes.
func rss() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0 // not Linux
	}
	for line := range bytes.Lines(status) {
		if value, ok := bytes.CutPrefix(line, []byte("VmRSS:")); ok {
			kib, _ := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(value), []byte("kB")))), 10, 64)
			return kib << 10
		}
	}
	return 0
}
