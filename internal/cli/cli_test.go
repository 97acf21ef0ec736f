package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"multivac"
)

func TestExitCodes(t *testing.T) {
	f := func(err error, want int) {
		t.Helper()
		if got := exitCode(err); got != want {
			t.Errorf("%v exits with %d, want %d", err, got, want)
		}
	}
	f(nil, 0)
	f(errors.New("disk on fire"), 1)
	f(errSomeFailed, 1)
	f(multivac.ErrNotFound, 1)
	f(usagef("", "what?"), 2)
	f(usageError{multivac.ErrUnavailable}, 2)
	f(errInsufficient, 3)
	f(errThreshold, 4)
	f(fmt.Errorf("open: %w", multivac.Errorf(multivac.ErrInUse, "", "taken")), 5)
	f(multivac.Errorf(multivac.ErrUnavailable, "", "gone"), 5)
	f(multivac.Errorf(multivac.ErrLimited, "", "too many"), 5)
	f(multivac.ErrForbidden, 1)
	f(fmt.Errorf("tell: %w", context.Canceled), 130)
}

func TestErrorsComeWithTheirRemedy(t *testing.T) {
	var b strings.Builder
	printError(&b, fmt.Errorf("tell: %w", multivac.Errorf(multivac.ErrInvalid, "send UTF-8", "a.md is not UTF-8")))
	if got, want := b.String(), "multivac: tell: a.md is not UTF-8\n  send UTF-8\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTallyLine(t *testing.T) {
	f := func(bytes, total, documents int64, elapsed time.Duration, want string) {
		t.Helper()
		tally := tally{total: total}
		tally.bytes.Store(bytes)
		tally.documents.Store(documents)
		if got := tally.line(elapsed); got != want {
			t.Errorf("after %s: %q, want %q", elapsed, got, want)
		}
	}
	f(500, 2_000_000, 1, 500*time.Millisecond, "500 B of 2.0 MB, 1 document, 2/s")
	f(500_000, 2_000_000, 100, 10*time.Second, "500.0 kB of 2.0 MB, 100 documents, 10/s, 30s left")
	f(1_500_000, 0, 7, 7*time.Second, "1.5 MB, 7 documents, 1/s")
	f(0, 10, 0, 0, "0 B of 10 B, 0 documents, 0/s")
}

func TestStyles(t *testing.T) {
	text, marks := "stop \x1b[2J pump", []multivac.Span{{Start: 0, End: 4}}
	f := func(s style, want string) {
		t.Helper()
		if got := s.marked(text, marks); got != want {
			t.Errorf("%+v: %q, want %q", s, got, want)
		}
	}
	f(style{}, text)
	f(style{terminal: true}, `stop \x1b[2J pump`)
	f(style{terminal: true, colour: true}, "\x1b[1mstop\x1b[22m "+`\x1b[2J pump`)
}

// A flag's wrong value is refused in words that users understand.
func TestValuesOfFlags(t *testing.T) {
	f := func(want string, args ...string) {
		t.Helper()
		var out, errOut strings.Builder
		code := Main(t.Context(), args, strings.NewReader(""), &out, &errOut)
		if code != 2 || errOut.String() != want {
			t.Errorf("%q: exit code %d, %q, want 2, %q", args, code, errOut.String(), want)
		}
	}
	f("multivac: --count: \"x\" is not a whole number\n  give it as a whole number\n", "ask", "--count", "x", "why")
	f("multivac: --count: \"99999999999999999999\" is not a whole number\n  give it as a whole number\n", "ask", "-n", "99999999999999999999", "why")
	f("multivac: --json: \"maybe\" is not true or false\n  give it as true or false\n", "ask", "--json=maybe", "why")
	f("multivac: --timeout: \"5\" is not a duration, such as 90s or 5m\n  give it as a duration, such as 90s or 5m\n", "tell", "--timeout", "5", "x")
	f("multivac: --rate: \"x\" is not a number\n  give it as a number\n", "keys", "create", "--rate", "x")
}

// Each kind of flag value has a name in plain words.
func TestKindsOfFlagsAreNamed(t *testing.T) {
	root, _ := newRoot()
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if _, own := f.Value.(interface{ GetSlice() []string }); !own && f.Value.Set("\x00") != nil && kinds[f.Value.Type()] == "" {
				t.Errorf("%s --%s: nothing says what a %s is", c.CommandPath(), f.Name, f.Value.Type())
			}
		})
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// The help of these commands says what each exit code means.
func TestExitCodesAreDocumented(t *testing.T) {
	f := func(command string, codes ...int) {
		t.Helper()
		var out, errOut strings.Builder
		Main(t.Context(), []string{command, "--help"}, strings.NewReader(""), &out, &errOut)
		_, table, _ := strings.Cut(out.String(), "\nExit codes:\n")
		table, _, _ = strings.Cut(table, "\n\n")
		var got []int
		for line := range strings.Lines(table) {
			if code, err := strconv.Atoi(strings.Fields(line)[0]); err == nil && strings.HasPrefix(line, "  ") && line[2] != ' ' {
				got = append(got, code)
			}
		}
		if !slices.Equal(got, codes) {
			t.Errorf("the help of %s explains the exit codes %d, want %d", command, got, codes)
		}
	}
	f("ask", exitOK, exitFailed, exitUsage, exitInsufficient, exitUnavailable, exitInterrupted)
	f("tell", exitOK, exitFailed, exitUsage, exitUnavailable, exitInterrupted)
	f("keys", exitOK, exitFailed, exitUsage, exitUnavailable, exitInterrupted)
}
