package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"multivac"
	"multivac/internal/clock"
	"multivac/internal/eval"
	"multivac/internal/web/wire"
)

func newCalibrate() *cobra.Command {
	var a calibration
	c := &cobra.Command{
		Use:   "calibrate --questions FILE | --show | --remove",
		Short: "Fit a collection's confidence to questions of your own",
		Long: `Fit a collection's confidence to questions of your own whose answers you know, 50
or more. Each is asked. What is right and what is wrong then says how far the
confidence can be trusted, and which confidence a stop has to ask for. The
result is kept with the collection until it is taken back with --remove.

Questions are JSON Lines of {"id","question","answers":[...],"document"}, gzipped
or not, as for eval. Without answers, the documents must not have one: give
such questions, too.

The table compares how reliable the confidence is before and after. "After" is
measured on questions that were held out.`,
		Example: `  multivac calibrate --questions ours.jsonl --dry-run
  multivac calibrate --questions ours.jsonl --collection runbooks
  multivac calibrate --show
  multivac calibrate --remove`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.run(c) },
	}
	a.target.flags(c)
	f := c.Flags()
	f.StringArrayVar(&a.questions, "questions", nil, "`file` of questions, or - for standard input; may be given several times")
	f.StringVarP(&a.collection, "collection", "c", string(multivac.DefaultCollection), "`name` of the collection")
	f.BoolVar(&a.dryRun, "dry-run", false, "show what it would be like, and keep nothing")
	f.BoolVar(&a.show, "show", false, "show the calibration that the collection has")
	f.BoolVar(&a.remove, "remove", false, "take the calibration back")
	f.BoolVar(&a.json, "json", false, "print an object of JSON")
	_ = c.MarkFlagFilename("questions")
	return c
}

// calibration holds the flags of the command.
type calibration struct {
	target               target
	questions            []string
	collection           string
	dryRun, show, remove bool
	json                 bool
}

func (a *calibration) run(c *cobra.Command) error {
	if err := oneOf(c, "questions", "show", "remove"); err != nil {
		return err
	}
	name := multivac.CollectionName(a.collection)
	if err := name.Validate(); err != nil {
		return usageError{err}
	}
	switch {
	case a.show:
		return a.target.with(c, false, func(ctx context.Context, h multivac.Verbs) error {
			k, err := h.Calibration(ctx, name)
			if err != nil {
				return err
			}
			return a.print(c, k)
		})
	case a.remove:
		return a.target.with(c, false, func(ctx context.Context, h multivac.Verbs) error { return a.takeBack(ctx, c, h, name) })
	case len(a.questions) == 0:
		return usagef("name a file of questions with --questions, or give --show or --remove", "there is nothing to calibrate with")
	}
	questions, err := a.read(c.InOrStdin())
	if err != nil {
		return err
	}
	return a.target.with(c, false, func(ctx context.Context, h multivac.Verbs) error { return a.fit(ctx, c, h, name, questions) })
}

func (a *calibration) read(in io.Reader) (all []multivac.LabelledQuestion, err error) {
	for _, path := range a.questions {
		r, name := io.NopCloser(in), "standard input"
		if path != stdin {
			f, err := os.Open(path)
			if err != nil {
				return nil, unreadable(err)
			}
			r, name = f, path
		}
		questions, err := eval.Read(r, name)
		r.Close()
		if err != nil {
			return nil, err
		}
		for _, q := range questions {
			all = append(all, multivac.LabelledQuestion{ID: q.ID, Text: q.Question, Answers: q.Answers, Document: q.Document})
		}
	}
	return all, nil
}

func (a *calibration) fit(ctx context.Context, c *cobra.Command, h multivac.Verbs, name multivac.CollectionName, questions []multivac.LabelledQuestion) error {
	left, err := waitForDocuments(ctx, c.ErrOrStderr(), h)
	if err != nil {
		return err
	}
	if left > 0 {
		_ = say(c.ErrOrStderr(), "%s still to be read or enriched; calibrate again once that is done", count(left, "document"))
	}
	shown := newProgress(c.ErrOrStderr(), false, func(elapsed time.Duration) string {
		return fmt.Sprintf("asking %s, %s so far", count(len(questions), "question"), elapsed.Round(time.Second))
	})
	k, err := h.Calibrate(ctx, name, questions, !a.dryRun)
	shown.Close()
	if err != nil {
		return err
	}
	if err := a.print(c, k); err != nil {
		return err
	}
	if a.dryRun {
		return say(c.ErrOrStderr(), "Nothing was changed.")
	}
	return say(c.ErrOrStderr(), "It counts from now on; `multivac calibrate --remove` takes it back.")
}

const (
	documentsInterval = 200 * time.Millisecond // between two looks at the documents
	documentsTimeout  = 20 * time.Second       // for one of them to be read or refreshed
)

// waitForDocuments waits until all documents are read and refreshed, as long as
// that goes on, and returns how many are not: what is answered from part of the
// documents says little about the confidence that they will have.
func waitForDocuments(ctx context.Context, w io.Writer, h multivac.Verbs) (left int, err error) {
	var waiting atomic.Int64
	shown := newProgress(w, false, func(time.Duration) string {
		return fmt.Sprintf("waiting until %s are read and enriched", count(int(waiting.Load()), "document"))
	})
	defer shown.Close()
	for since := time.Now(); ; {
		st, err := h.Status(ctx)
		if err != nil {
			return 0, err
		}
		now := st.Pending + st.Outdated
		if waiting.Swap(int64(now)) != int64(now) {
			since = time.Now()
		}
		if now == 0 || time.Since(since) > documentsTimeout {
			return now, nil
		}
		if err := clock.Sleep(ctx, documentsInterval); err != nil {
			return now, err
		}
	}
}

func (a *calibration) takeBack(ctx context.Context, c *cobra.Command, h multivac.Verbs, name multivac.CollectionName) error {
	changed, err := h.Uncalibrate(ctx, name)
	switch {
	case err != nil:
		return err
	case a.json:
		return printJSON(c.OutOrStdout(), wire.Uncalibrated{Collection: string(name), Changed: changed})
	case !changed:
		return say(c.ErrOrStderr(), "the collection %s was not calibrated", name)
	}
	return say(c.ErrOrStderr(), "the collection %s is no longer calibrated", name)
}

func (a *calibration) print(c *cobra.Command, k multivac.Calibration) error {
	if a.json {
		return printJSON(c.OutOrStdout(), wire.CalibrationOf(k))
	}
	_, err := io.WriteString(c.OutOrStdout(), visibleLines(calibrationTable(k)))
	return err
}

// calibrationTable writes a calibration for people.
func calibrationTable(k multivac.Calibration) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s: %s, %d with an answer, %d answered rightly", k.Collection, count(k.Questions, "question"), k.Answerable, k.Right)
	line("confidence p becomes sigmoid(%.2f * logit(p) %+.2f)", k.Factor, k.Offset)
	line("")
	line("%-30s %7s %7s", "", "before", "after")
	row := func(what string, before, after *float64) {
		line("%-30s %7s %7s", what, hundredth(before), hundredth(after))
	}
	row("calibration error", k.Before.ECE, k.After.ECE)
	for _, s := range multivac.Stops {
		before, after := k.Before.Stops[s], k.After.Stops[s]
		row(fmt.Sprintf("%s, from %.0f%%: coverage", s, 100*k.Stops[s]), before.Coverage, after.Coverage)
		row("  precision", before.Precision, after.Precision)
		row("  false answers", before.FalseAnswers, after.FalseAnswers)
	}
	if k.Answerable == k.Questions {
		line("\nNo question is one that the documents do not answer, so precision and false\nanswers are not known, and confidence is only lowered. Add such questions.")
	}
	if k.Outdated {
		line("\nIt was made for another model, so it corrects nothing. Calibrate again.")
	}
	return b.String()
}

// hundredth writes a share in percent.
func hundredth(share *float64) string {
	if share == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100**share)
}
