package servers

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"multivac/internal/require"
)

// Python returns the path of a program of a Python package. requirement is the
// package with its version, "name==1.2.3". It is installed once for all tests,
// in an environment of its own. Where that is impossible, the test is skipped,
// or fails if name is required.
func Python(t testing.TB, name, requirement, program string) string {
	t.Helper()
	require.Long(t, "it starts a server in Python")
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "multivac-test", strings.ReplaceAll(requirement, "==", "-"))
	path, done := filepath.Join(dir, "bin", program), filepath.Join(dir, "installed")
	if exists(done) {
		return path
	}
	const how = "install Python 3 with venv, and let pip reach PyPI"
	python, err := exec.LookPath("python3")
	require.Have(t, name, err == nil, how)
	must(t, os.MkdirAll(filepath.Dir(dir), 0o755))
	unlock := lock(t, dir+".lock") // tests of other packages may install it now
	defer unlock()
	if exists(done) {
		return path
	}
	os.RemoveAll(dir) // left by an earlier attempt
	out, err := exec.CommandContext(t.Context(), python, "-m", "venv", dir).CombinedOutput()
	if err == nil {
		out, err = exec.CommandContext(t.Context(), filepath.Join(dir, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check", requirement).CombinedOutput()
	}
	if err == nil {
		err = os.WriteFile(done, nil, 0o644)
	}
	if err != nil {
		os.RemoveAll(dir)
		t.Logf("%v\n%s", err, out)
	}
	require.Have(t, name, err == nil, how)
	return path
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
