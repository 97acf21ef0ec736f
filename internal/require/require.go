// Package require skips tests that cannot run where they are: for want of what
// is not everywhere, or of time. Where it must not be missing they fail. The
// package looks for nothing itself.
package require

import (
	"os"
	"strings"
	"testing"
)

// Variable names, separated by commas, what tests must not do without: there a
// test that would be skipped fails.
const Variable = "MULTIVAC_TEST_REQUIRE"

// Have goes on where ok. Otherwise it ends the test: failed where Variable
// names name, skipped elsewhere. How tells the reader how to get it.
func Have(t testing.TB, name string, ok bool, how string) {
	t.Helper()
	if ok {
		return
	}
	for required := range strings.SplitSeq(os.Getenv(Variable), ",") {
		if strings.TrimSpace(required) == name {
			t.Fatalf("%s=%s, but there is no %s here; %s", Variable, name, name, how)
		}
	}
	t.Skipf("SKIPPED: there is no %s here; %s, or set %s=%s to have this fail", name, how, Variable, name)
}

// Long skips a test that takes seconds where `go test -short` is run, as `make
// check` does. What the test does that takes so long is told: "it starts a Redis".
func Long(t testing.TB, what string) {
	t.Helper()
	if testing.Short() {
		t.Skipf("SKIPPED by -short: %s; run it without", what)
	}
}
