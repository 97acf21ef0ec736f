package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"multivac/internal/require"
)

// A desk is a folder in which commands of the page on images run, on images in
// the registry of the tests.
type desk struct {
	t         *testing.T
	dir, page string
}

func newDesk(t *testing.T, programs ...string) *desk {
	t.Helper()
	need(t)
	for _, p := range programs {
		_, err := exec.LookPath(p)
		require.Have(t, p, err == nil, "install it")
	}
	d := &desk{t: t, dir: t.TempDir()}
	page, err := os.ReadFile(filepath.Join(root, "doc/how-to/run-on-kubernetes.md"))
	must(t, err)
	d.page = strings.NewReplacer("docker.io/library/redis:7", image("redis"), "docker.io/library/mongo:8", image("mongo"),
		"registry.example.com/multivac:1f0c2d3e4b5a", registry+"/multivac:"+tag, "registry.example.com/multivac", registry+"/multivac",
		"registry.example.com", registry+"/mirror").Replace(string(page))
	must(t, os.Symlink(filepath.Join(root, "bin"), filepath.Join(d.dir, "bin")))
	if host, _, _ := strings.Cut(registry, "/"); strings.HasPrefix(host, "localhost:") || strings.HasPrefix(host, "127.0.0.1:") {
		conf := filepath.Join(d.dir, ".config/containers")
		must(t, os.MkdirAll(conf, 0o700))
		must(t, os.WriteFile(filepath.Join(conf, "registries.conf"), fmt.Appendf(nil, "[[registry]]\nlocation = %q\ninsecure = true\n", host), 0o600))
	}
	return d
}

func (d *desk) sh(script string) (string, error) {
	c := exec.Command("sh", "-ec", script)
	c.Dir, c.Env = d.dir, append(os.Environ(), "HOME="+d.dir, "COSIGN_PASSWORD=")
	out, err := c.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// does runs a script, which has to succeed.
func (d *desk) does(script string) string {
	d.t.Helper()
	out, err := d.sh(script)
	if err != nil {
		d.t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return out
}

func TestMirror(t *testing.T) {
	d := newDesk(t, "skopeo")
	d.does(block(t, []byte(d.page), "sh", "skopeo copy"))
	for mirrored, name := range map[string]string{"redis:7": "redis", "mongo:8": "mongo"} {
		digest := func(of string) string { return d.does("skopeo inspect --format '{{.Digest}}' docker://" + of) }
		if got, want := digest(registry+"/mirror/"+mirrored), digest(image(name)); got != want {
			t.Errorf("%s was mirrored as %s, want %s", name, got, want)
		}
	}
}

// Signed images are verified, and others are refused.
func TestSigning(t *testing.T) {
	d := newDesk(t, "skopeo", "cosign")
	d.does("cosign generate-key-pair")
	signing := block(t, []byte(d.page), "sh", "cosign sign")
	if out := d.does(signing); !strings.Contains(out, "signatures were verified against the specified public key") {
		t.Errorf("verified: %s", out)
	}
	verify := "image=" + registry + "/multivac@$(skopeo inspect --format '{{.Digest}}' docker://%s)\n" + signing[strings.LastIndex(signing, "cosign verify"):]
	if out, err := d.sh(fmt.Sprintf(verify, registry+"/multivac-load:"+tag)); err == nil {
		t.Errorf("what nobody signed is verified: %s", out)
	}
	d.does("rm cosign.key cosign.pub; cosign generate-key-pair")
	if out, err := d.sh(fmt.Sprintf(verify, registry+"/multivac:"+tag)); err == nil {
		t.Errorf("what another signed is verified: %s", out)
	}
}
