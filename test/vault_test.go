package test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"multivac/internal/eventually"
	"multivac/internal/servers"
)

// The how-to on Vault, executed: a real Vault, its agent with the configuration of
// the page, and a rotation that a running server follows.
func TestVaultRotation(t *testing.T) {
	vault := servers.Vault(t)
	one, two := "one-4711-password", "two-4711-password"
	const user = "~* &* +@all"
	redis := servers.Redis(t, servers.RedisOptions{ACL: []string{"user default off", servers.ACLUser("multivac", one, user)}})

	dir := t.TempDir()
	here := strings.NewReplacer("/etc/vault-agent", filepath.Join(dir, "agent"), "/run/multivac/secrets", filepath.Join(dir, "secrets"),
		"http://127.0.0.1:8200", vault.Addr, `"1m"`, `"1s"`)
	for _, folder := range []string{"agent", "secrets"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	blocks := regexp.MustCompile("(?s)```(hcl|sh)\n(.*?)```").FindAllStringSubmatch(here.Replace(readFile(t, "../doc/how-to/vault.md")), -1)
	if len(blocks) < 3 || blocks[0][1] != "hcl" || blocks[1][1] != "sh" || blocks[2][1] != "hcl" {
		t.Fatalf("the page has no policy, commands and configuration in that order: %q", blocks)
	}
	config, password := filepath.Join(dir, "agent", "agent.hcl"), filepath.Join(dir, "secrets", "queue.password")
	write(t, filepath.Join(dir, "policy.hcl"), blocks[0][2])
	write(t, filepath.Join(dir, "password"), one+"\n")
	write(t, config, blocks[2][2])
	sh := func(script string) {
		t.Helper()
		cmd := exec.Command("sh", "-ec", script)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), vault.Variables...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", script, err, out)
		}
	}
	sh(blocks[1][2])
	vault.Agent(config, password)
	if info, err := os.Stat(password); err != nil || info.Mode().Perm() != 0o400 {
		t.Errorf("the agent wrote %v, %v; want mode 0400", info.Mode(), err)
	}

	log := newWatched()
	cmd := in(t, dir, nil, "serve", "--listen", "127.0.0.1:0", "--data", "data", "--secrets", "secrets", "--queue.addr", redis.Addr, "--queue.username", "multivac")
	cmd.Stdout = log
	s := start(t, cmd)
	s.listens(t)
	signedIn(t, redis)

	redis.SetACL("user default off", servers.ACLUser("multivac", one, user)+" #"+servers.PasswordHash(two)) // it has both for a while
	write(t, filepath.Join(dir, "password"), two+"\n")
	began := time.Now()
	sh("vault kv put -mount=secret multivac queue.password=@password")
	log.wait(t, regexp.MustCompile(`"a setting was changed".*"queue\.password"`), s.exited)
	t.Logf("the new password took %s", time.Since(began).Round(time.Millisecond))
	redis.SetACL("user default off", servers.ACLUser("multivac", two, user)) // ends connections of the old one
	redis.Do("ACL", "LOG", "RESET")
	redis.Do("CLIENT", "KILL", "USER", "multivac")
	s.tellAndWait(t, "a.md", runbook)
	signedIn(t, redis)
	if refused := redis.Do("ACL", "LOG"); strings.Contains(refused, "auth") {
		t.Errorf("Redis refused a connection: %s", refused)
	}
	for _, secret := range []string{one, two} {
		if strings.Contains(log.String()+s.stderr.String(), secret) {
			t.Error("a password is shown")
		}
	}
	if code := s.stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// signedIn waits until MultiVAC is signed in at Redis.
func signedIn(t *testing.T, redis *servers.RedisServer) {
	t.Helper()
	eventually.Nil(t, "MultiVAC is signed in", func() error {
		if clients := redis.Do("CLIENT", "LIST"); !strings.Contains(clients, "user=multivac") {
			return errors.New("the clients are " + clients)
		}
		return nil
	})
}
