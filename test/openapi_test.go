package test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"multivac/internal/extract/formats"
	"multivac/internal/servers"
)

const schemathesis = "schemathesis==4.32.5"

// hooks make schemathesis send texts as they are.
var hooks = `import schemathesis


@schemathesis.serializer("application/x-ndjson", "` + strings.Join(formats.All.Documents(), `", "`) + `")
def text(_, value):
    return value if isinstance(value, bytes) else str(value).encode()
`

// The answers of the API match its OpenAPI for every request, and are never a
// server error.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	st := servers.Python(t, "schemathesis", schemathesis, "st")
	const revoke = "revoke-key" // it would revoke the key that the test uses
	conform(ctx, t, st, "--max-time", "40", "--exclude-operation-id", revoke)
	conform(ctx, t, st, "--max-time", "5", "--include-operation-id", revoke)
}

// conform runs schemathesis on a server of its own.
func conform(ctx context.Context, t *testing.T, st string, args ...string) {
	t.Helper()
	dir := t.TempDir()
	key := filepath.Join(dir, "admin.key")
	s := serve(t, t.TempDir(), "--sample", "--admin-key-file", key)
	s.ready(t)
	secret, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "hooks.py"), hooks)
	checks := []string{
		"not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
		"response_schema_conformance", "unsupported_method", "ignored_auth",
	}
	cmd := exec.CommandContext(ctx, st, append([]string{"run", s.URL + "/api/v1/openapi.json", "--no-color", "--max-examples", "30",
		"--continue-on-failure", "--generation-database", "none", "--warnings", "off", "--checks", strings.Join(checks, ","),
		"--header", "Authorization: Bearer " + strings.TrimSpace(string(secret))}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "SCHEMATHESIS_HOOKS=hooks.py", "PYTHONPATH=.")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Errorf("%v\n%s", err, &out)
	}
	if log := s.stderr.String(); strings.Contains(log, "panic") {
		t.Errorf("the server panicked:\n%s", log)
	}
	if summary := regexp.MustCompile(`\d+ generated, .*`).FindString(out.String()); summary != "" {
		t.Log("test cases: ", summary)
	}
}
