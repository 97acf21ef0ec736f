package ui_test

import (
	"context"
	"net/http"
	"strings"
	"time"

	"multivac"
	"multivac/internal/web/ui"
)

// A fake is an Asker and a Library with the content that a test sets.
type fake struct {
	answers   map[string]multivac.Answer // by question
	err       error                      // of Ask
	status    multivac.Status
	statusErr error
	documents map[multivac.DocumentID]multivac.Document
	asked     []multivac.Question
}

func (f *fake) Ask(_ context.Context, q multivac.Question) (multivac.Answer, error) {
	f.asked = append(f.asked, q)
	if err := q.Validate(); err != nil {
		return multivac.Answer{}, err
	}
	if f.err != nil {
		return multivac.Answer{}, f.err
	}
	if a, ok := f.answers[q.Text]; ok {
		return a, nil
	}
	if f.status.Documents == 0 {
		return multivac.Answer{State: multivac.InsufficientData, Reason: &multivac.Reason{
			Code: multivac.NothingTold, Text: "The collection is empty.",
		}}, nil
	}
	return multivac.Answer{State: multivac.InsufficientData, Reason: &multivac.Reason{
		Code: multivac.NothingFound, Text: "No document holds any of the question's words.", Unmatched: strings.Fields(q.Text),
	}}, nil
}

func (f *fake) Document(_ context.Context, id multivac.DocumentID) (multivac.Document, error) {
	d, ok := f.documents[id]
	if !ok {
		return d, multivac.Errorf(multivac.ErrNotFound, "look at the list of documents", "document %q does not exist", id)
	}
	return d, nil
}

func (f *fake) Original(context.Context, multivac.DocumentID) (multivac.Telling, error) {
	panic("pages show no originals")
}

func (f *fake) Status(context.Context) (multivac.Status, error) { return f.status, f.statusErr }

func (f *fake) Reach(context.Context, multivac.Position) error { panic("pages wait for nothing") }

// Documents returns one failed document, if something failed: a page asks
// whether there is one.
func (f *fake) Documents(_ context.Context, list multivac.Listing) (multivac.Page, error) {
	if list.State != multivac.Failed || list.Limit != 1 {
		panic("pages list no documents")
	}
	for _, d := range f.documents {
		if d.State == multivac.Failed {
			return multivac.Page{Documents: []multivac.Document{d}}, nil
		}
	}
	return multivac.Page{}, nil
}

func (f *fake) Delete(context.Context, multivac.DocumentID) (multivac.Receipt, error) {
	panic("pages delete nothing")
}

func (f *fake) Datum(context.Context, multivac.CollectionName) (string, error) {
	panic("pages show no datum")
}

const (
	askPump     = "When is the cooling pump serviced?"
	askConflict = "Who services the cooling pump?"
	askLimit    = "What is the limit for travel in Norway?"
	askDrain    = "How do I drain the queue?"
	askSteps    = "What do I do when the disk is full?"
	askHebrew   = "מתי נוסדה ירושלים?"
	askTides    = "Why do tides rise in the harbour of Lisbon?"
	pumpText    = "# Cooling\n\n## Maintenance\n\nThe plant has two cooling pumps, which run in turns. The cooling pump is serviced every May, by the night shift. While it stands still, the other one carries the load alone.\n"
	pumpID      = multivac.DocumentID("0123456789abcdef0123456789abcdef")
	hebrewText  = "ירושלים היא עיר הבירה. העיר נוסדה לפני יותר משלושת אלפים שנה. היא יושבת בהרים."
	pumpQuote   = "The cooling pump is serviced every May, by the night shift."
	hebrewQuote = "העיר נוסדה לפני יותר משלושת אלפים שנה."
)

// quote returns the sentence of text as a quotation, with the words marked.
func quote(text, sentence string, confidence float64, words ...string) multivac.Quotation {
	start := strings.Index(text, sentence)
	q := multivac.Quotation{
		Text: sentence, Confidence: confidence, Document: pumpID, Revision: 1, Title: "Cooling",
		Source: "handbook/plant/cooling.md", Heading: "Cooling" + multivac.HeadingSeparator + "Maintenance",
		Start: start, End: start + len(sentence),
	}
	for _, w := range words {
		if i := strings.Index(sentence, w); i >= 0 {
			q.Marks = append(q.Marks, multivac.Span{Start: i, End: i + len(w)})
		}
	}
	return q
}

// knowing returns a fake with an answer of each kind.
func knowing() *fake {
	pump := quote(pumpText, pumpQuote, .93, "cooling", "pump", "serviced")
	pump.Before, pump.After = "The plant has two cooling pumps, which run in turns.", "While it stands still, the other one carries the load alone."
	also := quote(pumpText, "The plant has two cooling pumps, which run in turns.", .22, "cooling", "pumps")
	other := multivac.Quotation{Text: "Pumps are serviced by whoever is on call.", Confidence: .08, Document: pumpID, Title: "On call",
		Source: "https://wiki.example.org/on-call?page=2", Heading: "Duties", Marks: []multivac.Span{{Start: 0, End: 5}, {Start: 10, End: 18}}}

	row := multivac.Quotation{Text: "| Norway | 240 € | 110 € |", Confidence: .97, Document: pumpID, Title: "Travel", Source: "travel.csv",
		Lead: "Country | Per night | Per day", Before: "| Country | Per night | Per day |\n|---|---|---|\n| Iceland | 250 € | 120 € |\n| Latvia | 120 € | 60 € |\n| Malta | 140 € | 70 € |\n",
		After: "\n| Oman | 190 € | 90 € |\n| Peru | 120 € | 60 € |\n| Qatar | 220 € | 100 € |\n", Marks: []multivac.Span{{Start: 2, End: 8}}}

	item := multivac.Quotation{Text: "2. Delete the oldest snapshots: `snapctl prune --older-than 30d --really-delete-them-all`.", Confidence: .71, Document: pumpID, Title: "Disk is full",
		Source: "runbooks/disk-is-full.md", Lead: "When the disk is full, do this:", Before: "1. Stop the importer.", After: "3. Start the importer again.", Marks: nil}

	const drain = "1. Stop the importer.\n2. Drain the queue:\n   - wait\n3. Start the importer."
	steps := multivac.Quotation{Text: drain, Shape: multivac.ShapeSteps, Sentence: multivac.Span{Start: 22 + 3, End: 22 + 19}, End: len(drain), Confidence: .9,
		Document: pumpID, Revision: 1, Title: "Queue", Source: "runbooks/queue.md", Marks: []multivac.Span{{Start: 25, End: 30}}}
	step := multivac.Quotation{Text: "Start the importer.", Start: 55, End: 74, Sentence: multivac.Span{Start: 55, End: 74}, Shape: multivac.ShapeSentence,
		Confidence: .3, Document: pumpID, Revision: 1, Title: "Queue"}

	hebrew := quote(hebrewText, hebrewQuote, .88, "נוסדה")
	hebrew.Title, hebrew.Heading, hebrew.Source = "ירושלים", "", "he/jerusalem.txt"
	hebrew.Before, hebrew.After = "ירושלים היא עיר הבירה. ", " היא יושבת בהרים."

	answered := func(qs ...multivac.Quotation) multivac.Answer {
		return multivac.Answer{State: multivac.Answered, Confidence: qs[0].Confidence, Sentences: qs}
	}
	conflict := answered(pump, also, other)
	conflict.Conflict = &multivac.Conflict{With: other, Known: true, Reason: "Two documents disagree. The newer one is of 2025, the older one of 2023."}
	return &fake{
		answers: map[string]multivac.Answer{
			askConflict: conflict,
			askPump:     answered(pump, also, other), askLimit: answered(row, pump), askSteps: answered(item), askDrain: answered(steps, step), askHebrew: answered(hebrew, also),
			askTides: {State: multivac.InsufficientData, Confidence: .06, Reason: &multivac.Reason{
				Code: multivac.NotConfident, Text: "Nothing told contains “tides”, “harbour” or “Lisbon”. The nearest sentence is too unlikely to be an answer.",
				Unmatched: []string{"tides", "harbour", "Lisbon"}, Nearest: &other}},
		},
		status: multivac.Status{Ready: true, Documents: 2067, Passages: 12345, Pending: 3, Collections: []multivac.Collection{
			{Name: "default", Documents: 2000, Passages: 12000}, {Name: "laws", Documents: 67, Passages: 345}}},
		documents: map[multivac.DocumentID]multivac.Document{
			pumpID: {ID: pumpID, Collection: "default", Source: "handbook/plant/cooling.md", Title: "Cooling", Text: pumpText, Revision: 1,
				State: multivac.Indexed, Told: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)},
		},
	}
}

// serve serves the pages without the rest of a server.
func serve(asker multivac.Asker, library multivac.Library, options ...ui.Option) http.Handler {
	mux := http.NewServeMux()
	for _, r := range ui.New(asker, library, options...).Routes() {
		mux.Handle(r.Pattern, r.Handler)
	}
	return mux
}
