package require_test

import (
	"fmt"
	"testing"

	"multivac/internal/require"
)

func TestHave(t *testing.T) {
	f := func(variable, name string, ok bool, want string) {
		t.Helper()
		t.Setenv(require.Variable, variable)
		r := &recorder{TB: t, outcome: "went on"}
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer func() { _ = recover() }()
			require.Have(r, name, ok, "install it")
		}()
		<-done
		if r.outcome != want {
			t.Errorf("%s=%q, %s there: %v: got %q, want %q", require.Variable, variable, name, ok, r.outcome, want)
		}
	}
	f("", "browser", true, "went on")
	f("browser", "browser", true, "went on")
	f("", "browser", false, "skipped: SKIPPED: there is no browser here; install it, or set MULTIVAC_TEST_REQUIRE=browser to have this fail")
	f("docker,browserless", "browser", false, "skipped: SKIPPED: there is no browser here; install it, or set MULTIVAC_TEST_REQUIRE=browser to have this fail")
	f("docker, browser", "browser", false, "failed: MULTIVAC_TEST_REQUIRE=browser, but there is no browser here; install it")
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
