package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"multivac"
	"multivac/internal/app"
	"multivac/internal/eval"
	"multivac/internal/meaning"
)

func newEval() *cobra.Command {
	var e evaluation
	c := &cobra.Command{
		Use:   "eval --documents PATH --questions FILE",
		Short: "Measure answers to questions whose answers are known",
		Long: `Measure answers to questions whose answers are known. The documents are told to
a MultiVAC of their own in a temporary folder, which is then asked: what is
measured is what serving does.

Documents are files or folders, as for tell. Questions are JSON Lines of
{"id","question","answers":[...],"document"}; without answers, the documents
must not have one. Either may be gzipped.`,
		Example: `  multivac eval --documents docs/ --questions questions.jsonl
  multivac eval --documents corpus.jsonl.gz --questions q.jsonl --questions none.jsonl \
      --fail-under hit_at_1=0.7 --fail-under auroc=0.9 --json`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return e.run(c) },
	}
	f := c.Flags()
	f.StringArrayVar(&e.documents, "documents", nil, "`path` of documents; may be given several times")
	f.StringArrayVar(&e.questions, "questions", nil, "`file` of questions; may be given several times")
	f.StringVar(&e.answers, "answers", "", "`file` to write to what was answered, a line of JSON a question")
	f.StringArrayVar(&e.floors, "fail-under", nil, "`measure=number` to be reached, such as hit_at_1=0.7, lest the exit code be 4; may be given several times")
	f.StringVar(&e.meaning, "meaning", string(meaning.Read), "`how` far questions are understood beyond their words: off, find or read")
	f.BoolVar(&e.json, "json", false, "print the measures as one object")
	_ = c.MarkFlagRequired("documents")
	_ = c.MarkFlagRequired("questions")
	return c
}

// evaluation holds the flags of the command.
type evaluation struct {
	documents, questions []string
	answers, meaning     string
	floors               []string
	json                 bool
}

func (e *evaluation) run(c *cobra.Command) error {
	var floors []eval.Floor
	for _, s := range e.floors {
		floor, err := eval.ParseFloor(s)
		if err != nil {
			return usageError{err}
		}
		floors = append(floors, floor)
	}
	questions, err := readQuestions(e.questions)
	if err != nil {
		return err
	}
	report, asked, err := e.measure(c, questions)
	if err != nil {
		return err
	}
	if err := e.writeAnswers(asked); err != nil {
		return err
	}
	if e.json {
		err = printJSON(c.OutOrStdout(), report)
	} else {
		_, err = io.WriteString(c.OutOrStdout(), visibleLines(report.String()))
	}
	if err != nil {
		return err
	}
	for _, floor := range floors {
		if under := floor.Check(report); under != nil {
			_ = say(c.ErrOrStderr(), "multivac: %s", under)
			err = errThreshold
		}
	}
	return err
}

// measure tells the documents to a MultiVAC in a temporary folder, and asks it
// the questions.
func (e *evaluation) measure(c *cobra.Command, questions []eval.Question) (report eval.Report, asked []eval.Asked, err error) {
	l, err := localLimits()
	if err != nil {
		return report, nil, err
	}
	p := walk(c.Context(), e.documents, l)
	if len(p.problems) > 0 {
		return report, nil, p.problems[0]
	}
	dir, err := os.MkdirTemp("", "multivac-eval-")
	if err != nil {
		return report, nil, err
	}
	defer os.RemoveAll(dir)

	var at atomic.Value // eval.Progress
	at.Store(eval.Progress{Step: "tell"})
	shown := newProgress(c.ErrOrStderr(), false, func(elapsed time.Duration) string {
		return evalLine(at.Load().(eval.Progress), elapsed)
	})
	defer shown.Close()
	err = withStore(c.Context(), l.on(app.Settings{Data: dir, Meaning: meaning.Mode(e.meaning)}), func(ctx context.Context, a *app.App) error {
		report, asked, err = eval.Run(ctx, eval.Engine{
			Teller: a, Asker: a, Enriched: a.Refreshed,
			Progress: func(p eval.Progress) { at.Store(p) },
		}, allTellings(ctx, p.files, c.InOrStdin(), "", &tally{}, func(string) {}), questions)
		return err
	})
	return report, asked, err
}

func evalLine(p eval.Progress, elapsed time.Duration) string {
	switch p.Step {
	case "enrich":
		return fmt.Sprintf("finding out what %s mean", count(p.Done, "document"))
	case "tell":
		return fmt.Sprintf("told %s in %s", count(p.Done, "document"), elapsed.Round(time.Second))
	}
	return fmt.Sprintf("asked %d of %s", p.Done, count(p.Total, "question"))
}

func (e *evaluation) writeAnswers(asked []eval.Asked) error {
	if e.answers == "" {
		return nil
	}
	f, err := os.Create(e.answers)
	if err != nil {
		return err
	}
	if err := eval.WriteAnswers(f, asked); err != nil {
		f.Close()
		return fmt.Errorf("write %s: %w", e.answers, err)
	}
	return f.Close()
}

func readQuestions(paths []string) ([]eval.Question, error) {
	var all []eval.Question
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, unreadable(err)
		}
		questions, err := eval.Read(f, path)
		f.Close()
		if err != nil {
			return nil, err
		}
		all = append(all, questions...)
	}
	if len(all) == 0 {
		return nil, multivac.Errorf(multivac.ErrInvalid, "name a file with questions", "there are no questions in %q", paths)
	}
	return all, nil
}
