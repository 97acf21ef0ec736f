// Package cluster tests MultiVAC on a real Kubernetes, the one that KUBECONFIG
// names. It makes namespaces of its own and removes them.
package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"multivac/internal/eventually"
	"multivac/internal/require"
	"multivac/internal/servers"
)

// Variables. registryVariable names the registry that images are pushed to and
// that the cluster pulls from. The tests only run if it is set, because
// KUBECONFIG may name a cluster that is meant for other things.
const (
	registryVariable = "MULTIVAC_TEST_CLUSTER"
	metricsVariable  = "MULTIVAC_TEST_METRICS_SERVER" // a metrics-server, for a cluster without one
	standinsVariable = "MULTIVAC_TEST_STANDINS"       // 1: use stand-ins for the public images of redis and mongo, which are built here
	keepVariable     = "MULTIVAC_TEST_KEEP"           // 1: namespaces stay
)

// tag is new, so that no node has an older image with it.
var tag = fmt.Sprintf("test-%x", time.Now().Unix())

var (
	registry string // nothing runs without it
	root     string // of the repository
	binary   string
)

func TestMain(m *testing.M) {
	registry = os.Getenv(registryVariable)
	if registry == "" {
		os.Exit(m.Run())
	}
	dir, err := os.MkdirTemp("", "multivac-cluster-")
	if err != nil {
		log.Fatal(err)
	}
	if root, err = filepath.Abs("../.."); err != nil {
		log.Fatal(err)
	}
	binary = filepath.Join(dir, "multivac")
	build(dir)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// build makes the command, and pushes the images.
func build(dir string) {
	run := func(env []string, name string, args ...string) {
		c := exec.Command(name, args...)
		c.Dir, c.Env = root, append(os.Environ(), env...)
		begun := time.Now()
		if out, err := c.CombinedOutput(); err != nil {
			log.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
		log.Printf("%s %s: %s", filepath.Base(name), strings.Join(args, " "), time.Since(begun).Round(time.Second))
	}
	compile := func(file, command string) {
		if err := servers.Build(file, command); err != nil {
			log.Fatal(err)
		}
	}
	compile(binary, "cmd/multivac")
	run([]string{"TAG=" + tag}, "deploy/images/build", registry)
	compile(filepath.Join(dir, "image", "load"), "test/cluster/load")
	run(nil, "test/cluster/images/push", registry+"/multivac-load:"+tag, "test/cluster/images/load.Dockerfile", filepath.Join(dir, "image"))
	if os.Getenv(standinsVariable) == "1" {
		run(nil, "test/cluster/images/build", registry)
	}
}

// need skips the test if there is no cluster for it.
func need(t *testing.T) {
	t.Helper()
	require.Have(t, "cluster", registry != "", "set KUBECONFIG, and "+registryVariable+" to a registry that this machine pushes to and the cluster pulls from")
}

// workloads are those of every overlay except single.
var workloads = []string{"statefulset/multivac-db", "statefulset/multivac-queue", "deployment/multivac-cache", "deployment/multivac-server", "deployment/multivac-worker"}

// A namespace of a test.
type namespace struct {
	t    *testing.T
	name string
	dir  string // of kustomizations
}

// newNamespace makes a namespace that only runs restricted pods.
func newNamespace(t *testing.T) *namespace {
	t.Helper()
	n := &namespace{t: t, name: fmt.Sprintf("multivac-test-%x", time.Now().UnixMilli()&0xffffff), dir: t.TempDir()}
	t.Cleanup(func() {
		if t.Failed() {
			n.explain()
		}
		if os.Getenv(keepVariable) != "1" {
			n.try("delete", "namespace", n.name, "--wait=false")
		}
	})
	return n
}

// explain logs the pods of a test that failed. It writes what else there is to
// a file, because it is long, and what failed must not drown in it.
func (n *namespace) explain() {
	n.t.Log(n.try("get", "pods", "-o", "wide"))
	said := n.try("get", "events", "--sort-by=.lastTimestamp") + n.try("logs", "-l", "app=multivac", "--all-containers", "--prefix", "--tail=2000")
	file := filepath.Join(os.TempDir(), n.name+".log")
	if err := os.WriteFile(file, []byte(said), 0o600); err != nil {
		n.t.Log(err)
	}
	n.t.Logf("events and logs: %s", file)
}

// overlay writes a kustomization that has the images of the test, like one that
// somebody writes to deploy them. It adds the lines in more.
func (n *namespace) overlay(more, resource string, components ...string) (dir string) {
	n.t.Helper()
	dir, err := os.MkdirTemp(n.dir, "")
	must(n.t, err)
	relative := func(path string) string {
		r, err := filepath.Rel(dir, filepath.Join(root, "deploy/kubernetes", path))
		must(n.t, err)
		return r
	}
	for i, c := range components {
		components[i] = relative(c)
	}
	must(n.t, os.WriteFile(filepath.Join(dir, "kustomization.yaml"), fmt.Appendf(nil, `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: %s
resources: [%s]
components: [%s]
images:
- {name: multivac, newName: %s/multivac, newTag: %s}
- {name: stunnel, newName: %s/stunnel, newTag: "5"}
%s
%s
`, n.name, relative(resource), strings.Join(components, ", "), registry, tag, registry, images(), more), 0o600))
	return dir
}

// public has the public images, by their names in the manifests, each with its
// stand-in.
var public = map[string]struct{ image, standin string }{
	"redis":                              {"docker.io/library/redis:7", "redis:7"},
	"mongo":                              {"docker.io/library/mongo:8", "mongo:8"},
	"docker.io/oliver006/redis_exporter": {"docker.io/oliver006/redis_exporter:v1.45.0", "redis-exporter:1"},
	"docker.io/hashicorp/vault":          {"docker.io/hashicorp/vault:1.21.4", "vault:1"},
	"metrics-server":                     {"registry.k8s.io/metrics-server/metrics-server:v0.9.0", "metrics-server:1"},
}

// image returns the address from which the cluster pulls a public image.
func image(name string) string {
	if os.Getenv(standinsVariable) == "1" {
		return registry + "/" + public[name].standin
	}
	return public[name].image
}

// images tells kustomize these addresses.
func images() (lines string) {
	for name := range public {
		at := image(name)
		colon := strings.LastIndex(at, ":")
		lines += fmt.Sprintf("- {name: %s, newName: %s, newTag: %q}\n", name, at[:colon], at[colon+1:])
	}
	return lines
}

// kubectl runs kubectl in the namespace and returns what it prints.
func (n *namespace) kubectl(args ...string) string {
	n.t.Helper()
	out, err := n.run("kubectl", append([]string{"-n", n.name}, args...)...)
	if err != nil {
		n.t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// try is kubectl, and may fail.
func (n *namespace) try(args ...string) string {
	out, _ := n.run("kubectl", append([]string{"-n", n.name}, args...)...)
	return out
}

func (n *namespace) run(name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = root
	var out, errOut bytes.Buffer
	c.Stdout, c.Stderr = &out, &errOut
	err := c.Run()
	if err != nil {
		return out.String() + errOut.String(), err
	}
	return out.String(), nil
}

// rolledOut waits until all changes of the workloads run.
func (n *namespace) rolledOut(workloads ...string) {
	n.t.Helper()
	for _, w := range workloads {
		n.kubectl("rollout", "status", w, "--timeout=180s")
	}
}

// clusterTimeout is how long anything may take on a cluster.
const clusterTimeout = 3 * time.Minute

// until waits until so returns true, and returns how long that took.
func (n *namespace) until(what string, so func() bool) time.Duration {
	n.t.Helper()
	return eventually.Within(n.t, clusterTimeout, what, func() error {
		if !so() {
			return errors.New("it is not so")
		}
		return nil
	})
}

// A pod as kubectl describes it.
type pod struct {
	Metadata struct {
		Name, UID         string
		DeletionTimestamp string
	}
	Status struct {
		PodIP      string
		Conditions []struct{ Type, Status string }
	}
}

func (p pod) ready() bool {
	for _, c := range p.Status.Conditions {
		if c.Type == "Ready" {
			return c.Status == "True"
		}
	}
	return false
}

// pods returns the pods of a role that are not being deleted.
func (n *namespace) pods(role string) (all []pod) {
	n.t.Helper()
	var list struct{ Items []pod }
	must(n.t, json.Unmarshal([]byte(n.kubectl("get", "pods", "-l", "app=multivac,role="+role, "-o", "json")), &list))
	for _, p := range list.Items {
		if p.Metadata.DeletionTimestamp == "" {
			all = append(all, p)
		}
	}
	return all
}

// ready reports whether there are pods of a role, all of them ready.
func (n *namespace) ready(role string) bool {
	n.t.Helper()
	all := n.pods(role)
	return len(all) > 0 && !slices.ContainsFunc(all, func(p pod) bool { return !p.ready() })
}

// forward forwards a local port to a Service, until the test ends.
func (n *namespace) forward(service string, port int) (address string) {
	n.t.Helper()
	c := exec.Command("kubectl", "-n", n.name, "port-forward", "--address=127.0.0.1", service, fmt.Sprintf(":%d", port))
	out, err := c.StdoutPipe()
	must(n.t, err)
	must(n.t, c.Start())
	n.t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	line := make([]byte, 256)
	read, err := out.Read(line)
	must(n.t, err)
	_, rest, _ := strings.Cut(string(line[:read]), "127.0.0.1:")
	local, _, _ := strings.Cut(rest, " ")
	return "http://127.0.0.1:" + local
}

// multivac runs the command.
func (n *namespace) multivac(server, key string, args ...string) (string, error) {
	return n.run("env", append([]string{"MULTIVAC_SERVER=" + server, "MULTIVAC_KEY_FILE=" + key, binary}, args...)...)
}

// tells tells a page.
func (n *namespace) tells(server, key string) {
	n.t.Helper()
	if out, err := n.multivac(server, key, "tell", "doc/faq.md"); err != nil {
		n.t.Fatalf("told: %v\n%s", err, out)
	}
}

// asks asks a question about that page.
func (n *namespace) asks(server, key string) {
	n.t.Helper()
	answer, err := n.multivac(server, key, "ask", "What is the default port?")
	if want := "The default port is 5000."; err != nil || !strings.Contains(answer, want) {
		n.t.Errorf("asked: %s, %v, want %s", answer, err, want)
	}
}

// secrets makes the namespace and its Secrets, and returns a file with the admin's key.
func (n *namespace) secrets(args ...string) (key string) {
	n.t.Helper()
	if out, err := n.run("deploy/kubernetes/secrets.sh", append([]string{n.name}, args...)...); err != nil {
		n.t.Fatalf("secrets: %v\n%s", err, out)
	}
	key = filepath.Join(n.dir, "admin.key")
	must(n.t, os.WriteFile(key, n.secret("multivac-admin", "admin.key"), 0o600))
	return key
}

// secret returns a value of a Secret.
func (n *namespace) secret(name, key string) []byte {
	n.t.Helper()
	var secret struct{ Data map[string][]byte }
	must(n.t, json.Unmarshal([]byte(n.kubectl("get", "secret", name, "-o", "json")), &secret))
	return secret.Data[key]
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
