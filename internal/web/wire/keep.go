package wire

import "multivac"

// ExportType is the media type of an export.
const ExportType = "application/x-ndjson"

// Imported is the result of an import.
type Imported struct {
	Documents int          `json:"documents" doc:"Imported"`
	Unchanged int          `json:"unchanged" doc:"As new or newer here"`
	Broken    int          `json:"broken" doc:"Lines that could not be read"`
	Lines     []BrokenLine `json:"lines,omitempty" doc:"The first of them"`
}

// A BrokenLine is a line of an import that could not be read.
type BrokenLine struct {
	Line  int      `json:"line" doc:"From 1"`
	Error *Problem `json:"error" doc:"What is wrong with it"`
}

// NewImported returns i for the wire.
func NewImported(i multivac.Imported) Imported {
	w := Imported{Documents: i.Documents, Unchanged: i.Unchanged, Broken: i.Broken}
	for _, l := range i.Lines {
		w.Lines = append(w.Lines, BrokenLine{l.Line, ProblemOf(l.Err)})
	}
	return w
}

// Imported returns the result that w was made of.
func (w Imported) Imported() multivac.Imported {
	i := multivac.Imported{Documents: w.Documents, Unchanged: w.Unchanged, Broken: w.Broken}
	for _, l := range w.Lines {
		i.Lines = append(i.Lines, multivac.BrokenLine{Line: l.Line, Err: l.Error.Err()})
	}
	return i
}

// An Examination says what was examined and what was found.
type Examination struct {
	Sound     bool     `json:"sound" doc:"Nothing is broken any more"`
	Documents int      `json:"documents" doc:"Examined, deleted ones among them"`
	Passages  int      `json:"passages" doc:"Examined"`
	Faults    []Fault  `json:"faults"`
	More      int      `json:"more,omitempty" doc:"Faults beyond those"`
	Notices   []string `json:"notices,omitempty" doc:"What is not broken and worth knowing, such as a setting that waits for a restart"`
}

// A Fault is a broken invariant.
type Fault struct {
	Document string `json:"document,omitempty" doc:"Left out where it is none's"`
	Problem  string `json:"problem" doc:"What is wrong"`
	Repair   string `json:"repair,omitempty" doc:"What was done about it; left out where nothing was"`
}

// NewExamination returns e for the wire.
func NewExamination(e multivac.Examination) Examination {
	w := Examination{Sound: e.Sound(), Documents: e.Documents, Passages: e.Passages, Faults: []Fault{}, More: e.More, Notices: e.Notices}
	for _, f := range e.Faults {
		w.Faults = append(w.Faults, Fault{string(f.Document), f.Problem, f.Repair})
	}
	return w
}

// Examination returns the examination that w was made of.
func (w Examination) Examination() multivac.Examination {
	e := multivac.Examination{Documents: w.Documents, Passages: w.Passages, More: w.More, Notices: w.Notices}
	for _, f := range w.Faults {
		e.Faults = append(e.Faults, multivac.Fault{Document: multivac.DocumentID(f.Document), Problem: f.Problem, Repair: f.Repair})
	}
	return e
}
