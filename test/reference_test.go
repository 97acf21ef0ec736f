package test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"multivac/internal/golden"
)

// The reference of the command is made of its help.
func TestCommandReference(t *testing.T) {
	var b strings.Builder
	b.WriteString("# The command\n\nMade of the command's own help by `make generate`.\n")
	describe(t, &b)
	isReference(t, "cli.md", b.String())
}

var subcommand = regexp.MustCompile(`(?m)^  ([a-z-]+) +\S`)

// describe writes the help of a command and of those below it.
func describe(t *testing.T, b *strings.Builder, path ...string) {
	help, errOut, code := run(t, append(slices.Clip(path), "--help")...)
	if code != 0 {
		t.Fatalf("multivac %s --help: exit code %d\n%s", strings.Join(path, " "), code, errOut)
	}
	fmt.Fprintf(b, "\n## %s\n\n```text\n%s\n```\n", strings.Join(append([]string{"multivac"}, path...), " "), strings.TrimSpace(help))
	_, list, _ := strings.Cut(help, "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	for _, m := range subcommand.FindAllStringSubmatch(list, -1) {
		if name := m[1]; name != "help" && name != "completion" {
			describe(t, b, append(slices.Clip(path), name)...)
		}
	}
	if _, topics, ok := strings.Cut(help, "Additional help topics:\n"); ok && len(path) == 0 {
		topics, _, _ = strings.Cut(topics, "\n\n")
		for _, m := range regexp.MustCompile(`(?m)^  multivac ([a-z-]+)`).FindAllStringSubmatch(topics, -1) {
			describe(t, b, m[1])
		}
	}
}

// The reference of the metrics is made of /metrics.
func TestMetricsReference(t *testing.T) {
	s := serve(t, t.TempDir())
	s.tellAndWait(t, "a.md", runbook)
	s.ask(t, "How long are backups kept?")
	body := s.get(t, "/metrics").body
	kinds := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)`).FindAllStringSubmatch(body, -1) {
		kinds[m[1]] = m[2]
	}
	var b strings.Builder
	b.WriteString("# Metrics\n\nServed at `/metrics` in Prometheus' format, besides the usual ones of Go (`go_…`) and of the process (`process_…`).\n" +
		"Each has the label `role`: web, worker, or all if one process does both. `make generate` writes this page from what is served.\n\n| metric | type | meaning |\n|---|---|---|\n")
	for _, m := range regexp.MustCompile(`(?m)^# HELP (multivac_\S+) (.+)$`).FindAllStringSubmatch(body, -1) {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", m[1], kinds[m[1]], m[2])
	}
	isReference(t, "metrics.md", b.String())
}

// The reference of the settings is made of `config list`.
func TestSettingsReference(t *testing.T) {
	out, errOut, code := run(t, "config", "list", "--json")
	if code != 0 {
		t.Fatalf("config list: exit code %d\n%s", code, errOut)
	}
	var b strings.Builder
	b.WriteString("# Settings\n\n`make generate` writes this page from the table of settings in the program. [How to use them](../how-to/settings.md) says where they are read from.\n\n" +
		"Each has one name: `store.mongodb.uri` is `uri` in the table `[store.mongodb]` of a settings file, the flag `--store.mongodb.uri` of `multivac serve`,\n" +
		"and the variable `MULTIVAC_STORE__MONGODB__URI`. A change of a *live* setting takes effect within 2 seconds; a change of any other needs a restart.\n" +
		"A *secret* is read only from a file of its own. A duration is written `25ms`, `5s` or `2m`; bytes `1048576` or `\"16MiB\"`; a share is a number from 0 to 1.\n")
	section := "-"
	for line := range strings.Lines(out) {
		var s struct {
			Key, Kind, Default, Variable, Help string
			Choices                            []string
			Secret, Live                       bool
		}
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatal(err)
		}
		in := ""
		if cut := strings.LastIndex(s.Key, "."); cut > 0 {
			in = s.Key[:cut]
		}
		if in != section {
			section = in
			title := "Of the process"
			if in != "" {
				title = "`[" + in + "]`"
			}
			fmt.Fprintf(&b, "\n## %s\n\n| setting | kind | default | change | meaning |\n|---|---|---|---|---|\n", title)
		}
		kind, change, standard := s.Kind, "restart", "none"
		if len(s.Choices) > 0 {
			kind = strings.Join(s.Choices, ", ")
		}
		if s.Secret {
			kind = "secret"
		}
		if s.Live {
			change = "live"
		}
		if s.Default != "" {
			standard = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", s.Key, kind, standard, change, s.Help)
	}
	isReference(t, "settings.md", b.String())
}

// isReference compares got with a page of the reference; `make generate` writes it.
func isReference(t *testing.T, name, got string) {
	t.Helper()
	golden.Equal(t, filepath.Join("..", "doc", "reference", name), got)
}

// Every link between pages of the documentation has a target.
func TestDocumentationLinks(t *testing.T) {
	pages, err := filepath.Glob("../doc/*.md")
	if err != nil {
		t.Fatal(err)
	}
	more, _ := filepath.Glob("../doc/*/*.md")
	for _, page := range append(append(pages, more...), "../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`).FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			}
		}
	}
}

// Every test that a page names exists.
func TestNamesOfTests(t *testing.T) {
	var tests strings.Builder
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(path, ".txtar") {
			return err
		}
		text, err := os.ReadFile(path)
		if name, ok := strings.CutSuffix(filepath.Base(path), ".txtar"); ok {
			text = []byte("func TestScripts/" + name + "(")
		}
		tests.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	pages, _ := filepath.Glob("../doc/*/*.md")
	for _, page := range pages {
		for _, m := range regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]*(?:/[a-z_]+)?)`").FindAllStringSubmatch(readFile(t, page), -1) {
			if !strings.Contains(tests.String(), "func "+m[1]+"(") {
				t.Errorf("%s names %s, which is not there", page, m[1])
			}
		}
	}
}

// The reference of the API names every route that OpenAPI describes.
func TestAPIReference(t *testing.T) {
	s := serve(t, t.TempDir())
	var document struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal([]byte(s.get(t, "/api/v1/openapi.json").body), &document); err != nil {
		t.Fatal(err)
	}
	if len(document.Paths) == 0 {
		t.Fatal("OpenAPI describes no route")
	}
	page, err := os.ReadFile("../doc/reference/api.md")
	if err != nil {
		t.Fatal(err)
	}
	for path, methods := range document.Paths {
		for method := range methods {
			contains(t, "doc/reference/api.md", string(page), "`"+strings.ToUpper(method)+" "+path+"`")
		}
	}
}

// The sample gives the answers that the README shows, except for the confidence
// and for what came nearest, which change with every line of the documentation.
func TestReadmeShowsWhatIsAnswered(t *testing.T) {
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(page), "```console\n")
	shown, _, _ = strings.Cut(shown, "```")
	s := serve(t, t.TempDir(), "--sample")
	s.ready(t)
	var got strings.Builder
	for _, m := range regexp.MustCompile(`(?m)^\$ multivac ask "(.+)"$`).FindAllStringSubmatch(shown, -1) {
		out, errOut, _ := run(t, "ask", "--server", s.URL, m[1])
		fmt.Fprintf(&got, "%s\n%s%s\n", m[0], out, errOut)
	}
	moves := regexp.MustCompile(`(?m)(under )?\d+%|^Nearest: .*\n(  .*\n)?`)
	if want, got := moves.ReplaceAllString(shown, ""), moves.ReplaceAllString(strings.TrimSuffix(got.String(), "\n"), ""); want != got {
		t.Errorf("README.md shows\n%s\nbut the sample answers\n%s", want, got)
	}
}
