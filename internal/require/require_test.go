package require_test

import (
	"flag"
	"fmt"
	"testing"

	"multivac/internal/require"
)

func TestHave(t *testing.T) {
	f := func(variable, name string, ok bool, want string) {
		t.Helper()
		t.Setenv(require.Variable, variable)
		if got := outcome(t, func(r *recorder) { require.Have(r, name, ok, "install it") }); got != want {
			t.Errorf("%s=%q, %s there: %v: got %q, want %q", require.Variable, variable, name, ok, got, want)
		}
	}
	f("", "browser", true, "went on")
	f("browser", "browser", true, "went on")
	f("", "browser", false, "skipped: SKIPPED: there is no browser here; install it, or set MULTIVAC_TEST_REQUIRE=browser to have this fail")
	f("docker,browserless", "browser", false, "skipped: SKIPPED: there is no browser here; install it, or set MULTIVAC_TEST_REQUIRE=browser to have this fail")
	f("docker, browser", "browser", false, "failed: MULTIVAC_TEST_REQUIRE=browser, but there is no browser here; install it")
}

// outcome returns how a test would have ended.
func outcome(t *testing.T, test func(*recorder)) string {
	r := &recorder{TB: t, outcome: "went on"}
	func() {
		defer func() { _ = recover() }()
		test(r)
	}()
	return r.outcome
}

// A recorder notes how a test would have ended, and ends it by a panic.
type recorder struct {
	testing.TB
	outcome string
}

func (r *recorder) Helper() {}

func (r *recorder) Skipf(format string, args ...any) { r.end("skipped: ", format, args) }

func (r *recorder) Fatalf(format string, args ...any) { r.end("failed: ", format, args) }

func (r *recorder) end(outcome, format string, args []any) {
	r.outcome = outcome + fmt.Sprintf(format, args...)
	panic(r.outcome)
}

func TestLong(t *testing.T) {
	short := flag.Lookup("test.short")
	defer short.Value.Set(short.Value.String())
	for value, want := range map[string]string{"false": "went on", "true": "skipped: SKIPPED by -short: it starts a Redis; run it without"} {
		short.Value.Set(value)
		if got := outcome(t, func(r *recorder) { require.Long(r, "it starts a Redis") }); got != want {
			t.Errorf("-short=%s: got %q, want %q", value, got, want)
		}
	}
}
