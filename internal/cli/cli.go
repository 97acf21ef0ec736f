// Package cli is the command multivac, with one file per subcommand. It reads
// arguments, calls the verbs of the root package on a server, a data folder or
// a folder of files, and prints the results. It decides nothing about documents
// or answers.
package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"multivac/internal/telemetry"
)

// Main runs the command and returns its exit code. args does not include the
// name of the program. Results go to out, messages to errOut.
func Main(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := untilSignal(ctx)
	defer stop()

	root, began := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	c, err := root.ExecuteContextC(ctx)
	if err != nil && !*began && !errors.As(err, new(usageError)) {
		err = usagef(seeHelp(c), "%s", err)
	}
	w := c.ErrOrStderr() // serve replaces it by a writer that blocks nobody
	printError(w, err)
	if o, ok := w.(*telemetry.Outlet); ok {
		o.Flush()
	}
	return exitCode(err)
}

// untilSignal returns a context that ends with the first signal to stop. The
// second signal ends the process at once. The code handles both itself and does
// not restore the default: a shell starts background processes with interrupts
// ignored, so the default may be to ignore them.
func untilSignal(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		for n := range 2 {
			select {
			case <-signals:
			case <-done:
				return
			}
			if n == 1 {
				os.Exit(exitInterrupted)
			}
			cancel()
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel()
	}
}

// newRoot returns the command. began becomes true when a subcommand begins to
// run: an error before that is an error of usage.
func newRoot() (root *cobra.Command, began *bool) {
	root = &cobra.Command{
		Use:   "multivac",
		Short: "Tell it documents, ask it questions",
		Long: `MultiVAC is told documents and answers questions with the exact sentence and
where it stands, or says that it does not know.

Results go to standard output, messages to standard error. Exit codes: 0 done,
1 failed, 2 wrong usage, 3 insufficient data, 4 under a threshold, 5 unavailable;
more with ` + "`multivac help exit-codes`" + `.`,
		Example: `  multivac serve --sample                     # a server with something to ask
  multivac tell docs/                         # tell it a folder
  multivac ask "How do I rotate the keys?"    # ask it
  multivac ask --in docs/ "Who is on call?"   # ask a folder, with no server`,
		Args:          subcommandArgs,
		RunE:          showHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(suggestFlag)
	root.AddCommand(newServe(), newTell(), newFormats(), newExtract(), newAsk(), newStatus(), newDocuments(), newJobs(), newExport(), newImport(), newDoctor(), newKeys(), newEval(), newCalibrate(), newConfig(), newMongoDB(), newVersion(), newExitCodes(), newReadPDF())
	root.SetHelpCommand(newHelp(root))
	root.InitDefaultCompletionCmd()
	began = new(bool)
	noteBegin(root, began)
	return root, began
}

func noteBegin(c *cobra.Command, began *bool) {
	if run := c.RunE; run != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			*began = true
			return run(c, args)
		}
	}
	for _, sub := range c.Commands() {
		noteBegin(sub, began)
	}
}

// newHelp returns cobra's help command, but an unknown topic is an error.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command",
		RunE: func(_ *cobra.Command, topic []string) error {
			c, rest, err := root.Find(topic)
			if err != nil || len(rest) > 0 {
				return usageError{subcommandArgs(c, rest)}
			}
			c.InitDefaultHelpFlag()
			return c.Help()
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, c := range root.Commands() {
				names = append(names, c.Name()+"\t"+c.Short)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

func showHelp(c *cobra.Command, _ []string) error { return c.Help() }
