package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"multivac"
	"multivac/internal/config"
)

// Exit codes, as `multivac help exit-codes` explains them.
const (
	exitOK           = 0
	exitFailed       = 1
	exitUsage        = 2
	exitInsufficient = 3
	exitThreshold    = 4
	exitUnavailable  = 5
	exitInterrupted  = 130
)

const exitCodesHelp = `  0    done; every question was answered
  1    failed, or some of the documents did; the messages name them
       a key is missing or does not allow it, or the server is not known by this name
       doctor: something is broken
  2    the command line or a setting is wrong
  3    INSUFFICIENT DATA FOR MEANINGFUL ANSWER (of one question at least)
  4    eval: a measure is under its --fail-under
  5    unavailable: no server, or one that has too much to do; address in use; the
       data folder has another owner, was taken away or cannot be written; nobody
       reads the audit log; or the limit of the key is reached
  130  interrupted`

func newExitCodes() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "What the exit codes mean",
		Long:  "The exit codes of multivac:\n\n" + exitCodesHelp,
	}
}

// Errors that only set the exit code: the output has already said what is
// wrong.
var (
	errInsufficient = errors.New("insufficient data")
	errSomeFailed   = errors.New("some documents were not told")
	errBroken       = errors.New("something is broken")
	errThreshold    = errors.New("under a threshold")
)

// A usageError is an error in the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(remedy, format string, args ...any) error {
	return usageError{multivac.Errorf(multivac.ErrInvalid, remedy, format, args...)}
}

// exitCode returns the exit code of an error. No other place does.
func exitCode(err error) int {
	is := func(kinds ...error) bool {
		for _, kind := range kinds {
			if errors.Is(err, kind) {
				return true
			}
		}
		return false
	}
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		return exitUsage
	case is(errInsufficient):
		return exitInsufficient
	case is(errThreshold):
		return exitThreshold
	case is(context.Canceled):
		return exitInterrupted
	case is(multivac.ErrUnavailable, multivac.ErrInUse, multivac.ErrBehind, multivac.ErrLimited):
		return exitUnavailable
	default:
		return exitFailed
	}
}

// printError prints what is wrong on one line and the remedy on the next.
func printError(w io.Writer, err error) {
	if err == nil || errors.Is(err, errInsufficient) || errors.Is(err, errSomeFailed) || errors.Is(err, errBroken) || errors.Is(err, errThreshold) {
		return
	}
	if errors.Is(err, context.Canceled) {
		_ = say(w, "multivac: interrupted")
		return
	}
	var settings config.Problems
	if errors.As(err, &settings) {
		for _, p := range settings {
			printProblem(w, "", p)
		}
		return
	}
	message, remedy := err.Error(), ""
	var known *multivac.Error
	if errors.As(err, &known) && known.Remedy != "" {
		remedy = known.Remedy
		message = strings.TrimSuffix(message, "; "+remedy)
	}
	printLines(w, message, remedy)
}

func printProblem(w io.Writer, what string, p config.Problem) {
	remedy := p.Remedy
	p.Remedy = "" // is printed on a line of its own
	printLines(w, what+p.Error(), remedy)
}

func printLines(w io.Writer, message, remedy string) {
	for i, line := range strings.Split(strings.TrimRight(message, "\n"), "\n") {
		if i == 0 {
			line = "multivac: " + line
		} else {
			line = "  " + line // so that it does not look like another message
		}
		_ = say(w, "%s", line)
	}
	if remedy != "" {
		_ = say(w, "  %s", remedy)
	}
}

// noArgs refuses any arguments.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef(seeHelp(c), "`%s` takes no arguments, but was given %q", c.CommandPath(), args[0])
	}
	return nil
}

// oneOf refuses more than one of the flags.
func oneOf(c *cobra.Command, names ...string) error {
	var given []string
	for _, name := range names {
		if c.Flags().Changed(name) {
			given = append(given, "--"+name)
		}
	}
	if len(given) > 1 {
		return usagef("give one of them", "%s exclude each other", strings.Join(given, " and "))
	}
	return nil
}

func seeHelp(c *cobra.Command) string { return fmt.Sprintf("see `%s --help`", c.CommandPath()) }

// subcommandArgs refuses a word that is no subcommand and suggests the most
// similar one.
func subcommandArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	remedy := seeHelp(c)
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		remedy = fmt.Sprintf("did you mean `%s %s`?", c.CommandPath(), near[0])
	}
	return usagef(remedy, "unknown command %q", args[0])
}

// suggestFlag adds the most similar flag to an error about an unknown flag. It
// removes text that may be a value: -queue.password=… is read as a series of
// short flags.
func suggestFlag(c *cobra.Command, err error) error {
	var given string
	var unknown *pflag.NotExistError
	var malformed *pflag.InvalidSyntaxError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		given = cmp.Or(unknown.GetSpecifiedShortnames(), unknown.GetSpecifiedName())
	case errors.As(err, &malformed):
		given = malformed.GetSpecifiedFlag()
	case errors.As(err, &invalid):
		return invalidValue(c, invalid)
	default:
		return usagef(seeHelp(c), "%s", err)
	}
	name, remedy := config.Name(given), seeHelp(c)
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := config.Nearest(strings.Trim(name, "-…"), names); near != "" {
		remedy = fmt.Sprintf("did you mean --%s?", near)
	}
	return usagef(remedy, "%s%s", strings.TrimSuffix(err.Error(), given), name)
}

// kinds names, in plain words, the kinds of flag values that can be wrong.
var kinds = map[string]string{"int": "a whole number", "float64": "a number", "bool": "true or false", "duration": "a duration, such as 90s or 5m"}

// invalidValue says what the value of a flag has to be. pflag's own message
// quotes the Go function that could not read it.
func invalidValue(c *cobra.Command, err *pflag.InvalidValueError) error {
	wants, ok := kinds[err.GetFlag().Value.Type()]
	if !ok {
		return usagef(seeHelp(c), "--%s: %s", err.GetFlag().Name, err.Unwrap())
	}
	return usagef("give it as "+wants, "--%s: %q is not %s", err.GetFlag().Name, multivac.Clip(err.GetValue(), 80), wants)
}
