// Package golden compares what code does with files of testdata that people
// read. The flag -update writes the files again, so that a change of behaviour
// shows as a diff. It is for tests only.
package golden

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write again the files that tests compare with")

// Updating reports whether the files are to be written again.
func Updating() bool { return *update }

// A Command is one step of a file that [Run] plays.
type Command struct {
	Name  string   // the first word of its line
	Args  []string // the other words
	Input string   // the lines below it that begin with "| ", without that mark
}

// Run plays the commands of a file in order and compares the output of each
// with what stands below it:
//
//	# Comments begin with a number sign.
//	put a.md
//	| The input of a command.
//	| It may have many lines.
//	  The output is indented by two spaces.
//
//	search input
//	  a.md 1.23
//
// do returns a command's output. It ends the test itself where a command makes
// no sense.
func Run(t testing.TB, file string, do func(Command) string) {
	t.Helper()
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, b := range blocks(string(want)) {
		got.WriteString(b.above)
		if b.command.Name != "" {
			got.WriteString(indented(do(b.command)))
		}
		got.WriteString(b.below)
	}
	Equal(t, file, got.String())
}

// Equal compares got with a whole file.
func Equal(t testing.TB, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; write it with: go test -run '^%s$' -update", err, t.Name())
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("other output than in %s (-want +got). If it is as it should be, keep it with: go test -run '^%s$' -update\n%s", file, t.Name(), d)
	}
}

// A block is a command with the lines around it. What is left out between
// above and below is its output.
type block struct {
	above   string // comments, the command and its input, as they stand in the file
	command Command
	below   string // empty lines
}

// blocks cuts a file into its commands.
func blocks(text string) []block {
	var all []block
	var b block
	for line := range strings.Lines(text) {
		bare := strings.TrimSuffix(line, "\n")
		switch {
		case b.command.Name != "" && strings.HasPrefix(bare, "| "), b.command.Name != "" && bare == "|":
			b.command.Input += strings.TrimPrefix(strings.TrimPrefix(line, "|"), " ")
			b.above += line
		case b.command.Name != "" && strings.HasPrefix(bare, "  "):
			b.below = "" // an empty line before it was part of the output
		case bare == "" && b.command.Name != "":
			b.below += line
		case bare == "" || strings.HasPrefix(bare, "#"):
			if b.command.Name != "" {
				all, b = append(all, b), block{}
			}
			b.above += line
		default:
			if b.command.Name != "" {
				all, b = append(all, b), block{}
			}
			words := strings.Fields(bare)
			b.above += line
			b.command.Name, b.command.Args = words[0], words[1:]
		}
	}
	return append(all, b)
}

// indented returns output as it stands in a file: each line that is not empty
// with two spaces before it, and a line break at the end.
func indented(output string) string {
	output = strings.TrimRight(output, "\n")
	if output == "" {
		return ""
	}
	var b strings.Builder
	for line := range strings.SplitSeq(output, "\n") {
		if line == "" {
			b.WriteString("\n")
			continue
		}
		fmt.Fprintf(&b, "  %s\n", line)
	}
	return b.String()
}
