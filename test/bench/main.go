// Command bench compares MultiVAC with its peers, in one run on one machine:
//
//	bench index     our index, Bleve, SQLite's FTS5 and, if Java and Maven are installed, Lucene
//	bench server    a server with a million passages: memory, time of a question, restart
//	bench http      requests per second, compared with a bare net/http handler, and durable tellings
//	bench start     how soon a server, a telling and a folder without a server can be used
//	bench original  the original's design in Python, with Redis and a database, and MultiVAC
//	bench services  the same on the same Redis and database; one web and worker, and two
//
// It writes Markdown to standard output, and JSON to the file that -json names.
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("say what to measure: index, server, http, start, original or services")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	sizes := flags.String("sizes", "", "passages, comma separated (index: 21000,1000000; server: 100000,1000000)")
	engines := flags.String("engines", "multivac,lucene,bleve,fts5", "engines, comma separated")
	out := flags.String("json", "", "`file` for the raw figures")
	dir := flags.String("dir", "", "`folder` for corpora, kept; a temporary one if empty")
	binary := flags.String("multivac", "../../bin/multivac", "the `command` to measure")
	venv := flags.String("venv", "", "`folder` of a Python environment for the original's design, made if it is not there; a temporary one if empty")
	if args[0] == "engine" { // in a process of its own for each engine: NAME PASSAGES QUESTIONS
		m, err := measureEngine(args[1], args[2], args[3])
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(m)
	}
	if args[0] == "bare" { // the handler that benchHTTP compares with: FOLDER URL PATH…
		return serveBare(args[1], args[2], args[3:])
	}
	if args[0] == "serve" { // multivac serve with one commit for each write
		os.Exit(serveAlone(args[1:]))
	}
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if *dir == "" {
		temporary, err := os.MkdirTemp("", "multivac-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temporary)
		*dir = temporary
	}
	if *sizes == "" {
		*sizes = map[string]string{"server": "100000,1000000"}[args[0]]
	}
	counts, err := numbers(cmp.Or(*sizes, "21000,1000000"))
	if err != nil {
		return err
	}
	var figures any
	switch args[0] {
	case "index":
		figures, err = benchIndex(*dir, counts, strings.Split(*engines, ","))
	case "server":
		figures, err = benchServer(*dir, *binary, counts)
	case "original":
		figures, err = benchOriginal(*dir, *binary, *venv)
	case "services":
		figures, err = benchServices(*dir, *binary, *venv)
	case "start":
		figures, err = benchStart(*dir, *binary)
	case "http":
		figures, err = benchHTTP(*dir, *binary)
	default:
		err = fmt.Errorf("unknown measurement %q: use index, server, http, start, original or services", args[0])
	}
	if err != nil || *out == "" {
		return err
	}
	raw, err := json.MarshalIndent(figures, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(*out, append(raw, '\n'), 0o644)
}

func numbers(s string) (all []int, err error) {
	for _, f := range strings.Split(s, ",") {
		n, err := strconv.Atoi(f)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-sizes %q: give numbers of passages, comma separated", s)
		}
		all = append(all, n)
	}
	return all, nil
}

// benchIndex measures each engine at each size, each in a process of its own.
func benchIndex(dir string, sizes []int, engines []string) (all []measure, err error) {
	for _, n := range sizes {
		c, err := makeCorpus(dir, n)
		if err != nil {
			return nil, err
		}
		fmt.Printf("\n%d passages (%s)\n\n", c.Count, c.Source)
		fmt.Println("| engine | build, s | build CPU, s | peak RSS, MiB | RSS asking, MiB | p50, ms | p95, ms | p99, ms | undisturbed p50 / p95 / p99, ms | questions |")
		fmt.Println("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
		for _, name := range engines {
			command, err := engineCommand(name, dir, c)
			if err != nil {
				fmt.Fprintf(os.Stderr, "SKIPPING %s: %v\n", name, err)
				continue
			}
			command.Stderr = os.Stderr
			printed, err := command.Output()
			if err != nil {
				return all, fmt.Errorf("%s: %w", name, err)
			}
			var m measure
			if err := json.Unmarshal(printed, &m); err != nil {
				return all, fmt.Errorf("%s printed %q: %w", name, printed, err)
			}
			all = append(all, m)
			fmt.Printf("| %s | %.1f | %.1f | %.0f | %.0f | %.3f | %.3f | %.3f | %.3f / %.3f / %.3f | %d |\n",
				m.Engine, m.BuildWall, m.BuildCPU, m.PeakMiB, m.SearchMiB, m.P50, m.P95, m.P99, m.BestP50, m.BestP95, m.BestP99, m.Questions)
		}
	}
	return all, nil
}

func engineCommand(name, dir string, c corpus) (*exec.Cmd, error) {
	if name != "lucene" {
		self, err := os.Executable()
		return exec.Command(self, "engine", name, c.Passages, c.Questions), err
	}
	jars := filepath.Join("lucene", "target")
	if _, err := os.Stat(filepath.Join(jars, "lib")); err != nil {
		if _, err := exec.LookPath("java"); err != nil {
			return nil, err
		}
		build := exec.Command("mvn", "-q", "-B", "package", "dependency:copy-dependencies", "-DoutputDirectory=target/lib")
		build.Dir = "lucene"
		if said, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("mvn package: %w\n%s", err, said)
		}
	}
	classes := filepath.Join(jars, "lucene-bench-1.jar") + ":" + filepath.Join(jars, "lib", "*")
	return exec.Command("java", "-Xmx1g", "-cp", classes, "Bench",
		c.Passages, c.Questions, dir), nil
}
