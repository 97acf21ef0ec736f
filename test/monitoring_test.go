package test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"multivac/internal/eventually"
	"multivac/internal/golden"
	"multivac/internal/servers"
)

const alerts = "../deploy/monitoring/alerts.yaml"

// The rules for Google's Prometheus and for the operator's have the same alerts in
// another format.
func TestRulesAreMadeOfTheAlerts(t *testing.T) {
	f := func(component, head string) {
		t.Helper()
		var b strings.Builder
		b.WriteString("# Made of deploy/monitoring/alerts.yaml by `make generate`.\n" + head +
			"metadata:\n  name: multivac\n  labels: {app: multivac}\nspec:\n")
		_, groups, _ := strings.Cut(readFile(t, alerts), "\ngroups:\n")
		for line := range strings.Lines("groups:\n" + groups) {
			b.WriteString("  " + line)
		}
		path := filepath.Join("../deploy/kubernetes/components", component, "rules.yaml")
		if golden.Updating() {
			write(t, path, b.String())
		} else if readFile(t, path) != b.String() {
			t.Errorf("%s is out of step with %s, run make generate", path, alerts)
		}
	}
	f("managed-prometheus", "apiVersion: monitoring.googleapis.com/v1\nkind: Rules\n")
	f("prometheus-operator", "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\n")
}

func TestAlertsFireAsTheyShould(t *testing.T) {
	promtool := servers.Promtool(t)
	for _, args := range [][]string{{"check", "rules", "alerts.yaml"}, {"test", "rules", "alerts_test.yaml"}, {"check", "config", "--syntax-only", "prometheus.yaml"}} {
		cmd := exec.Command(promtool, args...)
		cmd.Dir = filepath.Dir(alerts)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// The tests of each alert have a time at which it fires and one at which it does
// not. Its annotation leads to a page that exists.
func TestEachAlertHasItsTestsAndItsPage(t *testing.T) {
	tests, runbook := readFile(t, "../deploy/monitoring/alerts_test.yaml"), readFile(t, "../doc/how-to/runbook.md")
	names := regexp.MustCompile(`(?m)^  - alert: (\w+)$`).FindAllStringSubmatch(readFile(t, alerts), -1)
	for _, m := range names {
		name := m[1]
		expected := regexp.MustCompile(`alertname: `+name+`\n    exp_alerts:( \[\])?\n`).FindAllStringSubmatch(tests, -1)
		fires := slices.ContainsFunc(expected, func(e []string) bool { return e[1] == "" })
		stays := slices.ContainsFunc(expected, func(e []string) bool { return e[1] != "" })
		if !fires || !stays {
			t.Errorf("%s has no test in which it fires, or none in which it stays quiet", name)
		}
		if !strings.Contains(runbook, "\n## "+name+"\n") {
			t.Errorf("doc/how-to/runbook.md says nothing about %s", name)
		}
		if !strings.Contains(readFile(t, alerts), "runbook: doc/how-to/runbook.md#"+strings.ToLower(name)+"\n") {
			t.Errorf("%s does not name its page", name)
		}
	}
	if pages := strings.Count(runbook, "\n## Multivac"); pages != len(names) {
		t.Errorf("the runbook has %d pages for %d alerts", pages, len(names))
	}
}

// A dashboard is the part of Grafana's format that this test needs.
type dashboard struct {
	Panels []struct {
		ID                 int
		Type, Title        string
		Description        string
		Targets            []struct{ Expr string }
		GridPos            struct{ X, Y, W, H int }
		LibraryPanel, Mode any
	}
	Annotations struct{ List []struct{ Expr string } }
}

// A real Prometheus scrapes a real server and the exporters of its Redis servers.
// It finds something for each query of the dashboard and for each series of an
// alert, and no alert fires.
func TestDashboardAndAlertsAgainstPrometheus(t *testing.T) {
	servers.Promtool(t) // first, so that the test is skipped early
	const password, exporter = "of-multivac-4711", "of-exporter-4711"
	ca := servers.NewCA(t)
	newRedis := func(policy string, appendOnly bool) *servers.RedisServer {
		return servers.Redis(t, servers.RedisOptions{CA: ca, MaxMemory: "64mb", Policy: policy, AppendOnly: appendOnly, ACL: []string{
			"user default off",
			servers.ACLUser("multivac", password, "~* &* +@all"),
			servers.ACLUser("exporter", exporter, exporterRules(t)),
		}})
	}
	cache, queue := newRedis("allkeys-lru", false), newRedis("noeviction", true)
	dir := t.TempDir()
	secret := filepath.Join(dir, "password")
	write(t, secret, password)
	s := serve(t, filepath.Join(dir, "data"), "--queue.addr", queue.Addr, "--queue.username", "multivac", "--queue.password-file", secret, "--queue.tls", "--queue.tls-ca", ca.File,
		"--cache.addrs", cache.Addr, "--cache.username", "multivac", "--cache.password-file", secret, "--cache.tls", "--cache.tls-ca", ca.File)
	s.ready(t)
	absolute, err := filepath.Abs(alerts)
	if err != nil {
		t.Fatal(err)
	}
	p := servers.Prometheus(t, absolute, map[string]map[string]string{
		strings.TrimPrefix(s.URL, "http://"):                      nil,
		servers.RedisExporter(t, cache, ca, "exporter", exporter): {"role": "cache"},
		servers.RedisExporter(t, queue, ca, "exporter", exporter): {"role": "queue"},
	})

	var d dashboard
	if err := json.Unmarshal([]byte(readFile(t, "../deploy/monitoring/dashboard.json")), &d); err != nil {
		t.Fatal(err)
	}
	variables := strings.NewReplacer("$__rate_interval", "1m", `"$role"`, `".*"`)
	queries := map[string]string{} // query → where it is used
	for _, panel := range d.Panels {
		if panel.Type != "row" && (panel.Description == "" || len(panel.Targets) == 0) {
			t.Errorf("panel %q has no description, or nothing to show", panel.Title)
		}
		for _, target := range panel.Targets {
			queries[variables.Replace(target.Expr)] = "panel " + panel.Title
		}
	}
	for _, a := range d.Annotations.List {
		for _, series := range seriesOf(a.Expr) {
			queries[variables.Replace(series)] = "an annotation"
		}
	}
	for _, m := range regexp.MustCompile(`(?ms)^  - alert: (\w+)$.*?expr: (.*?)\n    (?:for|labels):`).FindAllStringSubmatch(readFile(t, alerts), -1) {
		for _, series := range seriesOf(m[2]) {
			// The test makes no errors. It checks that the counter exists.
			queries[strings.ReplaceAll(series, `"5.."`, `"2.."`)] = "alert " + m[1]
		}
	}
	if len(queries) < 60 {
		t.Errorf("there are only %d queries", len(queries))
	}

	// Until Prometheus has seen the counters rise.
	eventually.Nil(t, "every query of the dashboard finds something", func() error {
		s.tellAndWait(t, "a.md", runbook+time.Now().String())
		s.ask(t, "How long are backups kept?")
		s.ask(t, "What is the colour of the sea?")
		s.get(t, "/multivac?question="+url.QueryEscape("How long are backups kept?"))
		for query := range queries {
			found, err := p.Query(query)
			if err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(found, func(v servers.Sample) bool { return v.Value[1] != "NaN" }) {
				delete(queries, query)
			}
		}
		if len(queries) > 0 {
			return fmt.Errorf("these find nothing: %q", queries)
		}
		return nil
	})
	// An alert may be pending while a document waits and Prometheus has only one
	// sample of the worker. It must end by itself.
	eventually.Nil(t, "there is no alert, for nothing is wrong", func() error {
		alarms, err := p.Query("ALERTS")
		if err == nil && len(alarms) > 0 {
			err = fmt.Errorf("there are %v", alarms)
		}
		return err
	})
	up, err := p.Query(`redis_up{role=~"cache|queue"} == 1`)
	if err != nil || len(up) != 2 {
		t.Errorf("%d Redis servers are up for their exporters, want 2 (%v)", len(up), err)
	}
}

// exporterRules returns the ACL rules that the manifests give the exporter.
func exporterRules(t *testing.T) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^user exporter on \S+ /run/redis/exporter\) (.+)$`).FindStringSubmatch(readFile(t, "../deploy/kubernetes/base/redis-start.sh"))
	if m == nil {
		t.Fatal("redis-start.sh makes no user exporter")
	}
	return m[1]
}

// seriesOf returns the selectors in an expression.
func seriesOf(expr string) []string {
	return regexp.MustCompile(`\b(?:multivac|redis|process|go)_\w+(?:\{[^}]*\})?`).FindAllString(expr, -1)
}

// The commands of the page find the lines that the page shows, except for what is
// different every time.
func TestPageAboutFollowingARequest(t *testing.T) {
	dir := t.TempDir()
	page := readFile(t, "../doc/how-to/follow-a-request.md")
	script := regexp.MustCompile("(?s)```sh\n(multivac serve .*?&)\n(.*?)(grep .*?)\n```\n\n```text\n(.*?)```").FindStringSubmatch(page)
	if script == nil {
		t.Fatal("the page has no commands and no lines")
	}
	flags := strings.Fields(strings.TrimSuffix(script[1], "> multivac.log &"))[2:]
	log, err := os.Create(filepath.Join(dir, "multivac.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s := launchLogged(t, log, filepath.Join(dir, "data"), flags[2:]...) // after --data
	s.listens(t)
	s.ready(t)
	sh := func(command string) string {
		t.Helper()
		cmd := exec.Command("sh", "-ec", strings.ReplaceAll(command, "http://127.0.0.1:5000", s.URL))
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil && len(out) > 0 {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
		return string(out)
	}
	if receipt := sh(script[2]); !strings.Contains(receipt, `"indexed"`) {
		t.Fatalf("the telling was answered with %s", receipt)
	}
	field := regexp.MustCompile(`"(?:severity|message|request_id)":"[^"]*"`)
	fields := func(lines string) (all []string) {
		for line := range strings.Lines(lines) {
			all = append(all, strings.Join(field.FindAllString(line, -1), " "))
		}
		slices.Sort(all) // the order is random
		return all
	}
	want := fields(script[4])
	eventually.Nil(t, "the lines of the page come", func() error { // the log is written with a small delay
		if got := fields(sh(script[3])); !slices.Equal(want, got) {
			return fmt.Errorf("the page shows\n%q\nbut what comes is\n%q", want, got)
		}
		return nil
	})
}
