package cluster

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"multivac/internal/require"
)

// Modules with the definitions of the monitoring resources, at the versions
// that were tried.
var definitions = map[string]string{
	"github.com/prometheus-operator/prometheus-operator@v0.85.0": "example/prometheus-operator-crd",
	"github.com/GoogleCloudPlatform/prometheus-engine@v0.17.2":   "manifests/setup.yaml",
}

// The API server accepts every overlay, and each component with the overlay
// that it belongs to, without a warning of Pod Security.
func TestManifestsAreTaken(t *testing.T) {
	need(t)
	n := newNamespace(t)
	n.secrets()
	n.define()
	f := func(resource string, components ...string) {
		t.Helper()
		dir := n.overlay("", resource, components...)
		c := exec.Command("kubectl", "-n", n.name, "apply", "--dry-run=server", "-k", dir)
		out, err := c.CombinedOutput()
		if err != nil || strings.Contains(string(out), "Warning") {
			t.Errorf("%s with %v: %v\n%s", resource, components, err, out)
		}
	}
	f("overlays/single")
	f("overlays/local")
	f("overlays/production")
	f("restore")
	all, err := os.ReadDir(filepath.Join(root, "deploy/kubernetes/components"))
	must(t, err)
	for _, c := range all {
		if c.Name() != "namespace" { // all of them contain the namespace
			f("overlays/local", "components/"+c.Name())
		}
	}
	f("overlays/production", "components/hpa", "components/ingress", "components/managed-prometheus")
}

// define makes the cluster know the monitoring resources.
func (n *namespace) define() {
	n.t.Helper()
	for module, path := range definitions {
		out, err := n.run("go", "mod", "download", "-json", module)
		if err != nil {
			n.t.Fatalf("go mod download %s: %v\n%s", module, err, out)
		}
		var at struct{ Dir string }
		must(n.t, json.Unmarshal([]byte(out), &at))
		files := []string{filepath.Join(at.Dir, path)}
		if info, err := os.Stat(files[0]); err == nil && info.IsDir() {
			files, _ = filepath.Glob(filepath.Join(files[0], "*.yaml"))
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			must(n.t, err)
			for document := range strings.SplitSeq("\n"+string(text), "\n---\n") {
				if !strings.Contains(document, "kind: CustomResourceDefinition") {
					continue
				}
				own := filepath.Join(n.t.TempDir(), "definition.yaml")
				must(n.t, os.WriteFile(own, []byte(document), 0o600))
				if _, err := n.run("kubectl", "get", "-f", own); err == nil {
					continue // the cluster has it already
				}
				if out, err := n.run("kubectl", "create", "-f", own); err != nil {
					n.t.Fatalf("%s: %v\n%s", file, err, out)
				}
				n.t.Cleanup(func() { _, _ = n.run("kubectl", "delete", "-f", own, "--wait=false") })
			}
		}
	}
}

// A kustomization as pages show it.
var kustomizations = regexp.MustCompile("(?ms)^```yaml\n(namespace: .*?)^```$")

// Kustomizations in pages can be built, and all of their resources are in the
// namespace.
func TestKustomizationsOfPages(t *testing.T) {
	require.Long(t, "it runs kubectl for each page")
	_, err := exec.LookPath("kubectl")
	require.Have(t, "kubectl", err == nil, "install kubectl")
	here, err := os.Getwd()
	must(t, err)
	for _, page := range []string{"run-on-kubernetes.md", "read-the-dashboard.md", "vault.md"} {
		text, err := os.ReadFile(filepath.Join("../../doc/how-to", page))
		must(t, err)
		shown := kustomizations.FindAllStringSubmatch(string(text), -1)
		if len(shown) == 0 {
			t.Errorf("%s shows no kustomization", page)
		}
		for _, k := range shown {
			dir := t.TempDir()
			deploy, err := filepath.Rel(dir, filepath.Join(here, "../../deploy"))
			must(t, err)
			must(t, os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(strings.ReplaceAll(k[1], "../deploy", deploy)), 0o600))
			built, err := exec.Command("kubectl", "kustomize", dir).CombinedOutput()
			if err != nil {
				t.Errorf("%s: %v in\n%s\n%s", page, err, k[1], built)
				continue
			}
			for object := range strings.SplitSeq(string(built), "---\n") {
				if !strings.Contains(object, "\nkind: Namespace\n") && !strings.Contains(object, "\n  namespace: multivac\n") {
					t.Errorf("%s: in no namespace, by\n%s\n%s", page, k[1], object)
				}
			}
			if unnamed := strings.Count(string(built), "name: multivac-external-redis\n"); unnamed > 0 {
				t.Errorf("%s: %d names of a ConfigMap are without its hash", page, unnamed)
			}
		}
	}
}

// What kube-score finds in production, with the reason why it stays so.
var explained = map[string]string{
	"container-security-context-user-group-id": "the public images of redis and mongo have the users that they have",
	"pod-probes-identical":                     "a Redis or a mongod that answers is both alive and ready",
	"deployment-has-host-podantiaffinity":      "topologySpreadConstraints say the same, and let a small cluster have all",
	"statefulset-has-host-podantiaffinity":     "likewise",
	"statefulset-has-servicename":              "the queue is one, and called by the name of its Service",
	"container-image-pull-policy":              "a tag is that of a commit, and never another image's",
}

func TestKubeScore(t *testing.T) {
	need(t)
	n := newNamespace(t)
	built, err := n.run("kubectl", "kustomize", n.overlay("", "overlays/production"))
	must(t, err)
	args := []string{"run", "github.com/zegl/kube-score/cmd/kube-score@v1.20.0", "score", "--output-format", "ci", "--kubernetes-version", "v1.31"}
	for check := range explained {
		args = append(args, "--ignore-test", check)
	}
	c := exec.Command("go", append(args, "-")...)
	c.Dir, c.Stdin = t.TempDir(), strings.NewReader(built)
	out, _ := c.CombinedOutput()
	if !strings.Contains(string(out), "[OK]") {
		t.Fatalf("kube-score: %s", out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "[CRITICAL]") || strings.HasPrefix(line, "[WARNING]") {
			t.Error(strings.TrimSpace(line))
		}
	}
}

// Production runs with TLS from end to end, and its certificates are replaced
// while it runs.
func TestProduction(t *testing.T) {
	need(t)
	n := newNamespace(t)
	key := n.secrets()
	authority := n.certificates()
	members := ""
	if os.Getenv(standinsVariable) == "1" {
		members = "replicas: [{name: multivac-db, count: 1}]" // the stand-in has one member
	}
	n.kubectl("apply", "-k", n.overlay(members, "overlays/production"))
	n.rolledOut(workloads...)
	server := strings.Replace(n.forward("service/multivac-server", 5000), "http://", "https://", 1)
	t.Setenv("SSL_CERT_FILE", filepath.Join(authority, "ca.crt"))
	n.tells(server, key)
	n.asks(server, key)
	n.certificates()
	for _, role := range []string{"cache", "queue"} {
		took := n.until("Redis has the new certificate", func() bool {
			return strings.Contains(n.kubectl("logs", "-l", "app=multivac,role="+role, "-c", "tend", "--tail=-1"), "a new certificate: OK")
		})
		t.Logf("%s: the new certificate was taken after %s", role, took)
	}
	n.asks(server, key)
	n.kubectl("create", "job", "--from=cronjob/multivac-backup", "backup-now")
	n.kubectl("wait", "--for=condition=Complete", "job/backup-now", "--timeout=60s")
}

// One pod with a store of its own answers, and still does after it was
// replaced.
func TestSingle(t *testing.T) {
	need(t)
	n := newNamespace(t)
	key := n.secrets("single")
	n.kubectl("apply", "-k", n.overlay("", "overlays/single"))
	n.rolledOut("statefulset/multivac-server")
	n.tells(n.forward("service/multivac-server", 5000), key)
	n.kubectl("rollout", "restart", "statefulset/multivac-server")
	n.rolledOut("statefulset/multivac-server")
	n.asks(n.forward("service/multivac-server", 5000), key)
}

// The image is small, and a second build has the same bytes.
func TestImage(t *testing.T) {
	need(t)
	digest := func() (digest string, size int64) {
		t.Helper()
		c := exec.Command("deploy/images/build", registry)
		c.Dir, c.Env = root, append(os.Environ(), "TAG="+tag+"-again")
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("build: %v\n%s", err, out)
		}
		scheme := "https"
		if strings.HasPrefix(registry, "localhost:") || strings.HasPrefix(registry, "127.0.0.1:") {
			scheme = "http"
		}
		host, path, _ := strings.Cut(registry+"/multivac", "/")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, scheme+"://"+host+"/v2/"+path+"/manifests/"+tag+"-again", nil)
		must(t, err)
		r.Header.Set("Accept", "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json")
		answer, err := http.DefaultClient.Do(r)
		must(t, err)
		defer answer.Body.Close()
		if answer.StatusCode == http.StatusUnauthorized {
			t.Skip("the registry wants to know who asks for a digest")
		}
		var manifest struct{ Layers []struct{ Size int64 } }
		must(t, json.NewDecoder(answer.Body).Decode(&manifest))
		for _, l := range manifest.Layers {
			size += l.Size
		}
		return answer.Header.Get("Docker-Content-Digest"), size
	}
	first, size := digest()
	second, _ := digest()
	if first == "" || first != second {
		t.Errorf("built twice: %s and %s", first, second)
	}
	if size == 0 || size > 64<<20 {
		t.Errorf("the image has %d bytes, want at most 64 MiB", size)
	}
	t.Logf("%s, %d KiB in the registry", first, size>>10)
	var held int64
	must(t, filepath.WalkDir(filepath.Join(root, "bin/image/root"), func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			held += info.Size()
		}
		return err
	}))
	if held > 112<<20 {
		t.Errorf("the image's files have %d bytes, want at most 112 MiB", held)
	}
	t.Logf("%d KiB unpacked", held>>10)
}
