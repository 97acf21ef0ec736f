package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"multivac"
	"multivac/internal/meaning"
	"multivac/internal/percent"
	"multivac/internal/text"
	"multivac/internal/web/wire"
)

func newAsk() *cobra.Command {
	var a ask
	c := &cobra.Command{
		Use:   "ask [QUESTION|-]",
		Short: "Ask a question",
		Long: `Ask a question. The answer is a sentence of a document, word for word, and where
it stands. Where nothing told is close enough to be worth saying, it prints
    ` + multivac.Insufficient + `
and, to standard error, the reason; the exit code is then 3.

With --in, the documents in a folder are read and asked, with no server. What
their sentences mean is found out once and kept in multivac/vectors in your
folder for caches ($XDG_CACHE_HOME or ~/.cache), so that a changed file only
costs its own sentences. Up to 2,000 new sentences are understood first, which
takes seconds; on a terminal, an answer by words comes at once, and the better
one follows. If there are more, the answer is by words, unless you --wait.
Ctrl-C keeps what was found out, and the next run goes on.

Without a question, or with -, questions are read from standard input, one a
line.

Exit codes:
  0    every question was answered
  1    failed, or the server refuses: no key, one that does not allow it, or a name
       that it is not known by
  2    the command line, a setting or the path of --in is wrong
  3    ` + multivac.Insufficient + `
       (of one question at least): nothing told is close enough, nothing was told,
       or none of it could be read
  5    unavailable: no server or data folder, the server is busy or still reading
       what it was told at its start, or a limit of the key is reached
  130  interrupted`,
		Example: `  multivac ask "How long are backups kept?"
  multivac ask --in docs/ "Who is on call?"   # with file:line
  multivac ask --json --count 3 "Which port?"
  multivac ask --stop strict < questions.txt`,
		RunE: func(c *cobra.Command, words []string) error { return a.run(c, words) },
	}
	a.target.flags(c)
	f := c.Flags()
	f.StringVar(&a.in, "in", "", "read the documents in this `folder` and ask them; a file or - will do, too")
	f.StringVarP(&a.question.collection, "collection", "c", string(multivac.DefaultCollection), "`name` of the collection to ask")
	f.StringVar(&a.question.stop, "stop", "", "how `sure` an answer has to be: strict, balanced or eager (default that of the server, or balanced)")
	f.IntVarP(&a.question.count, "count", "n", 1, "`number` of sentences to show, the answer and its runners-up")
	f.StringVar(&a.meaning, "meaning", string(meaning.Read), "with --in, `how` far questions are understood beyond their words: off, find or read")
	f.BoolVar(&a.wait, "wait", false, "with --in, find out what all sentences mean, however many are new")
	f.BoolVar(&a.json, "json", false, "print a line of JSON for each question")
	_ = c.MarkFlagDirname("in")
	_ = c.RegisterFlagCompletionFunc("stop", cobra.FixedCompletions(
		[]string{string(multivac.Strict), string(multivac.Balanced), string(multivac.Eager)}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// ask holds the flags of the command, and its input and output.
type ask struct {
	target   target
	in       string
	question struct {
		collection, stop string
		count            int
	}
	json    bool
	meaning string
	wait    bool

	asker  multivac.Asker
	better func(context.Context) (multivac.Asker, error) // makes an asker that answers better, later; nil for none
	out    io.Writer
	err    io.Writer
	style  style // of out

	byWords bool // questions are matched by words only, and that still has to be said
}

func (a *ask) run(c *cobra.Command, words []string) error {
	text := strings.Join(words, " ")
	lines := len(words) == 0 || text == stdin
	check := text
	if lines {
		check = "?"
	}
	if err := a.ask(check).Validate(); err != nil {
		return usageError{err}
	}
	a.out, a.err, a.style = c.OutOrStdout(), c.ErrOrStderr(), styleFor(c.OutOrStdout())

	ask := func(ctx context.Context, asker multivac.Asker) error {
		a.asker = asker
		if lines {
			return a.lines(ctx, c.InOrStdin())
		}
		return a.one(ctx, text)
	}
	if a.in != "" {
		if err := oneOf(c, "in", "server", "data"); err != nil {
			return err
		}
		if _, err := meaning.ParseMode(a.meaning); err != nil {
			return usageError{err}
		}
		return a.folder(c, ask)
	}
	if a.wait || c.Flags().Changed("meaning") {
		return usageError{errors.New("--meaning and --wait need --in; a server has a setting meaning")}
	}
	return a.target.with(c, false, func(ctx context.Context, h multivac.Verbs) error {
		if st, err := h.Status(ctx); err == nil && st.Pending > 0 {
			_ = say(a.err, "%s told but not yet answered from", count(st.Pending, "document"))
		}
		return ask(ctx, h)
	})
}

func (a *ask) ask(text string) multivac.Question {
	return multivac.Question{
		Text:       text,
		Collection: multivac.CollectionName(a.question.collection),
		Stop:       multivac.Stop(a.question.stop),
		Count:      max(a.question.count, 1),
	}
}

// lines asks each line. It returns errInsufficient if one of them has no
// answer, unless a person typed it and has seen that.
func (a *ask) lines(ctx context.Context, in io.Reader) error {
	prompt := isTerminal(in) && isTerminal(a.err)
	if prompt {
		fmt.Fprintln(a.err, "Ask a question a line; Ctrl-D ends.")
	}
	var result error
	for scan := newLines(ctx, in); ; {
		if prompt {
			fmt.Fprint(a.err, "? ")
		}
		line, err := scan()
		if prompt && err != nil {
			fmt.Fprintln(a.err) // ends the line of the prompt
		}
		switch {
		case err == io.EOF && prompt:
			return nil
		case err == io.EOF:
			return result
		case err != nil:
			return err
		}
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		switch err := a.one(ctx, line); err {
		case nil:
		case errInsufficient:
			result = err
		default:
			return err
		}
		if !a.json {
			fmt.Fprintln(a.out)
		}
	}
}

// newLines returns a function that waits for the next line, or until ctx ends.
func newLines(ctx context.Context, in io.Reader) func() (string, error) {
	type line struct {
		text string
		err  error
	}
	lines := make(chan line)
	go func() {
		scan := bufio.NewScanner(in)
		scan.Buffer(nil, 1<<20)
		for scan.Scan() {
			lines <- line{text: scan.Text()}
		}
		err := scan.Err()
		if err == nil {
			err = io.EOF
		}
		lines <- line{err: err}
	}()
	return func() (string, error) {
		select {
		case l := <-lines:
			return l.text, l.err
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// one asks one question and prints the answer. It returns errInsufficient if
// there is none.
func (a *ask) one(ctx context.Context, text string) error {
	answer, err := a.asker.Ask(ctx, a.ask(text))
	if err != nil {
		return err
	}
	if a.json {
		err = a.printJSON(answer)
	} else {
		err = a.print(answer)
	}
	if err == nil && a.better != nil {
		return a.again(ctx, text, answer)
	}
	if err == nil && answer.State != multivac.Answered {
		return errInsufficient
	}
	return err
}

func (a *ask) print(answer multivac.Answer) error {
	if answer.State != multivac.Answered {
		_, err := fmt.Fprintln(a.out, answer.Text())
		a.printReason(answer.Reason)
		return err
	}
	var b strings.Builder
	a.write(&b, answer.Sentences[0])
	if c := answer.Conflict; c != nil {
		fmt.Fprintf(&b, "\n%s %s:\n", c.Reason, c.Introduction())
		a.write(&b, c.With)
	}
	also := answer.RunnersUp()
	for i, q := range also[:min(len(also), max(a.question.count, 1)-1)] {
		if i == 0 {
			b.WriteString("\nAlso:\n")
		}
		a.write(&b, q)
	}
	_, err := io.WriteString(a.out, b.String())
	return err
}

// write writes a quotation, with what it leans on, and where it stands.
func (a *ask) write(b *strings.Builder, q multivac.Quotation) {
	if q.Lead != "" {
		b.WriteString(a.style.dim(q.Lead) + "\n")
	}
	if leans(q) {
		b.WriteString(a.style.dim(oneLine(q.Before)) + "\n")
	}
	b.WriteString(a.style.marked(q.Text, q.Marks) + "\n")
	b.WriteString("  " + a.style.dim(visible(a.where(q))) + "\n")
}

// printReason prints on standard error why there is no answer.
func (a *ask) printReason(r *multivac.Reason) {
	if r == nil {
		return
	}
	if known := r.Code == multivac.NothingFound || r.Code == multivac.NotConfident; known && a.byWords {
		a.byWords = false
		defer func() {
			_ = say(a.err, "With --meaning off it goes by words only.")
		}()
	}
	s := styleFor(a.err)
	_ = say(a.err, "%s", r.Text)
	if q := r.Nearest; q != nil {
		said := oneLine(q.Text)
		if leans(*q) {
			said = oneLine(q.Before) + " " + said
		}
		fmt.Fprintf(a.err, "Nearest: %s\n  %s\n", visible(said), s.dim(visible(a.where(*q))))
	}
}

// leans reports whether a quotation is shown with the sentence before it: it
// begins with a pronoun, and nothing else introduces it.
func leans(q multivac.Quotation) bool {
	return q.Before != "" && q.Lead == "" && q.Shape == multivac.ShapeSentence && text.Leans(q.Text)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// where returns the place of a quotation and its confidence.
func (a *ask) where(q multivac.Quotation) string {
	place := cmp.Or(q.Source, string(q.Document))
	switch line := q.Place.Line; {
	case q.Place == (multivac.Place{}):
	case q.Place == (multivac.Place{Line: line}):
		place = fmt.Sprintf("%s:%d", place, line) // as editors read it
	default:
		place += ", " + q.Place.String()
	}
	path := q.Title
	if q.Heading != "" && q.Heading != q.Title {
		path = strings.TrimPrefix(path+multivac.HeadingSeparator+q.Heading, multivac.HeadingSeparator)
	}
	if strings.HasPrefix(q.Heading, q.Title+multivac.HeadingSeparator) { // the first heading is often the title
		path = q.Heading
	}
	if path != "" {
		place += "  " + path
	}
	return fmt.Sprintf("%s  (%s sure)", place, percent.Of(q.Confidence))
}

// An askedJSON is the answer as the HTTP API has it, with the line numbers that
// --in knows.
type askedJSON struct {
	wire.Answer
	Line int             `json:"line,omitempty"`
	Also []quotationJSON `json:"also"`
}

type quotationJSON struct {
	wire.Quotation
	Line int `json:"line,omitempty"`
}

func (a *ask) printJSON(answer multivac.Answer) error {
	line := func(multivac.Quotation) int { return 0 }
	if a.in != "" {
		line = func(q multivac.Quotation) int { return q.Place.Line }
	}
	out := askedJSON{Answer: wire.NewAnswer(answer), Also: []quotationJSON{}}
	for i, also := range out.Answer.Also {
		out.Also = append(out.Also, quotationJSON{also, line(answer.Sentences[i+1])})
	}
	if answer.State == multivac.Answered {
		out.Line = line(answer.Sentences[0])
	}
	return printJSON(a.out, out)
}
