package servers

import (
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"multivac/internal/require"
)

// VaultVariable is the environment variable with the path of Vault's program,
// for systems that do not have it in the path.
const VaultVariable = "MULTIVAC_TEST_VAULT"

// A VaultServer is a Vault that a test started: in memory, unsealed, with a
// key-value store at "secret".
type VaultServer struct {
	Addr      string   // URL
	Variables []string // environment of a command that has all rights there

	process
	program string
}

// Vault starts a Vault that ends with the test.
func Vault(t testing.TB) *VaultServer {
	t.Helper()
	require.Long(t, "it starts a Vault")
	program := os.Getenv(VaultVariable)
	ok := program != ""
	if !ok {
		program, ok = installed("vault")
	}
	require.Have(t, "vault", ok, "install it (https://developer.hashicorp.com/vault/install) or name the program in "+VaultVariable)
	v, at, token := &VaultServer{program: program}, "", rand.Text()
	home, bin := t.TempDir(), t.TempDir()
	must(t, os.Symlink(program, filepath.Join(bin, "vault"))) // the program may have another name
	v.process = process{t: t, name: "vault", ready: v.unsealed, log: filepath.Join(t.TempDir(), "log"), command: func() *exec.Cmd {
		cmd := exec.Command(program, "server", "-dev", "-dev-no-store-token", "-dev-listen-address="+at)
		cmd.Env = append(os.Environ(), "HOME="+home, "VAULT_DEV_ROOT_TOKEN_ID="+token)
		return cmd
	}}
	v.begin(func(port string) {
		at = net.JoinHostPort("127.0.0.1", port)
		v.Addr = "http://" + at
	})
	v.Variables = []string{"VAULT_ADDR=" + v.Addr, "VAULT_TOKEN=" + token, "HOME=" + home, "PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH")}
	return v
}

func (v *VaultServer) unsealed() error {
	r, err := http.Get(v.Addr + "/v1/sys/health")
	if err != nil {
		return err
	}
	r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return errors.New(r.Status)
	}
	return nil
}

// Agent starts an agent with the rights of its configuration, and waits until it
// has written a file.
func (v *VaultServer) Agent(config, writes string) {
	v.t.Helper()
	a := &process{t: v.t, name: "vault agent", log: filepath.Join(v.t.TempDir(), "log"),
		ready: func() error { _, err := os.Stat(writes); return err },
		command: func() *exec.Cmd {
			cmd := exec.Command(v.program, "agent", "-config", config)
			cmd.Env = append(os.Environ(), "HOME="+v.t.TempDir())
			return cmd
		}}
	must(v.t, a.start())
	v.t.Cleanup(a.Kill)
}
