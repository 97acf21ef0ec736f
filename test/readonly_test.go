package test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A read-only data folder can be asked, exported and examined, whether its last
// server stopped or was killed. Commands that write refuse and say what to do.
func TestReadOnlyFolder(t *testing.T) {
	for _, end := range []string{"stopped", "killed"} {
		t.Run(end, func(t *testing.T) {
			dir := disk(t, "size=16m")
			data := filepath.Join(dir, "data")
			s := serve(t, data)
			s.tellAndWait(t, "payments.md", runbook)
			if end == "killed" {
				s.kill()
				if info, err := os.Stat(filepath.Join(data, "multivac.db-wal")); err != nil || info.Size() == 0 {
					t.Fatalf("there is no log of writes, so this test proves nothing: %v, %v", info, err)
				}
			} else {
				s.stop(t)
			}
			if err := syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
				t.Fatal(err)
			}
			works := func(want string, args ...string) {
				t.Helper()
				out, errOut, code := run(t, append(args, "--data", data)...)
				if code != 0 || !strings.Contains(out, want) {
					t.Errorf("multivac %s: exit code %d, %q, want %q\n%s", strings.Join(args, " "), code, out, want, errOut)
				}
			}
			works("35 days", "ask", "How long are backups of the payments database kept?")
			works("payments.md", "documents", "list")
			works("1 document", "status")
			works(`"source":"payments.md"`, "export")
			works("", "doctor")
			refused := func(args ...string) {
				t.Helper()
				_, errOut, code := run(t, append(args, "--data", data)...)
				if code != 5 && code != 1 || !strings.Contains(errOut, "the data folder cannot be written") || !strings.Contains(errOut, "mounted for writing") {
					t.Errorf("multivac %s: exit code %d, want to be told what to do\n%s", strings.Join(args, " "), code, errOut)
				}
			}
			file := filepath.Join(t.TempDir(), "other.md")
			write(t, file, "The bell hangs in the tower.")
			refused("tell", file)
			if out, _, _ := run(t, "documents", "list", "--data", data); strings.Contains(out, "other.md") {
				t.Errorf("what was refused is there: %s", out)
			}
			refused("keys", "create", "--scope", "admin")
			refused("documents", "delete", "payments.md")
		})
	}
}
