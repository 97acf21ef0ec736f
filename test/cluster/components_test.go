package cluster

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"multivac/internal/require"
	"multivac/internal/servers"
)

// certificates signs the certificates that the services need. It returns the
// folder of the authority.
func (n *namespace) certificates() (authority string) {
	n.t.Helper()
	authority = filepath.Join(n.dir, "authority")
	if out, err := n.run("deploy/kubernetes/certificates.sh", n.name, authority); err != nil {
		n.t.Fatalf("certificates: %v\n%s", err, out)
	}
	return authority
}

// get reads a URL.
func (n *namespace) get(url string) string {
	n.t.Helper()
	r, err := http.Get(url)
	must(n.t, err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	must(n.t, err)
	return string(body)
}

// Clients call Redis behind stunnel over TLS only, and an exporter next to it
// measures it.
func TestStunnelAndExporter(t *testing.T) {
	need(t)
	n := newNamespace(t)
	key := n.secrets()
	n.certificates()
	n.kubectl("apply", "-k", n.overlay("", "overlays/local", "components/stunnel", "components/redis-exporter"))
	n.rolledOut(workloads...)
	server := n.forward("service/multivac-server", 5000)
	n.tells(server, key)
	n.asks(server, key)
	for workload, role := range map[string]string{"deployment/multivac-cache": "cache", "statefulset/multivac-queue": "queue"} {
		ping := func(port string) string {
			return n.try("exec", workload, "-c", "redis", "--", "redis-cli", "-p", port, "ping")
		}
		if said := ping("6380"); !strings.Contains(said, "PONG") {
			t.Errorf("%s: within its pod Redis says %q", role, said)
		}
		if said := ping("6379"); strings.Contains(said, "PONG") {
			t.Errorf("%s: without TLS it says %q", role, said)
		}
		figures := n.get(n.forward(workload, 9121) + "/metrics")
		for _, want := range []string{"redis_up 1\n", "redis_connected_clients ", "redis_evicted_keys_total "} {
			if !strings.Contains(figures, want) {
				t.Errorf("%s: the exporter says nothing of %q:\n%s", role, want, figures)
			}
		}
	}
}

// A Vault for a test: it stores nothing, and its root token is root.
const vault = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: vault}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: vault-%[1]s}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:auth-delegator"}
subjects: [{kind: ServiceAccount, name: vault, namespace: %[1]s}]
---
apiVersion: v1
kind: Service
metadata: {name: vault}
spec:
  selector: {app: vault}
  ports: [{port: 8200}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: vault}
spec:
  selector: {matchLabels: {app: vault}}
  template:
    metadata: {labels: {app: vault}}
    spec:
      serviceAccountName: vault
      securityContext: {runAsNonRoot: true, runAsUser: 100, runAsGroup: 1000, seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: vault
        image: %[2]s
        command: [vault, server, -dev, -dev-no-store-token, -dev-root-token-id=root, "-dev-listen-address=0.0.0.0:8200"]
        env:
        - {name: SKIP_SETCAP, value: "true"}
        - {name: HOME, value: /tmp}
        - {name: VAULT_ADDR, value: "http://127.0.0.1:8200"}
        - {name: VAULT_TOKEN, value: root}
        securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
        readinessProbe: {httpGet: {path: /v1/sys/health, port: 8200}, periodSeconds: 1}
        volumeMounts: [{name: tmp, mountPath: /tmp}]
      volumes: [{name: tmp, emptyDir: {}}]
`

// block returns the block of a page in this language that has these words in
// it.
func block(t *testing.T, page []byte, language, words string) string {
	t.Helper()
	for _, b := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllSubmatch(page, -1) {
		if strings.Contains(string(b[1]), words) {
			return string(b[1])
		}
	}
	t.Fatalf("the page has no block of %s with %q", language, words)
	return ""
}

// The web servers and the workers get their passwords from Vault, and follow a
// rotation there. Its agent signs in with a token of their service account.
func TestVaultAgent(t *testing.T) {
	need(t)
	if os.Getenv(standinsVariable) == "1" {
		require.Have(t, "vault", os.Getenv(servers.VaultVariable) != "", "name one in "+servers.VaultVariable)
	}
	n := newNamespace(t)
	key := n.secrets()
	manifest := filepath.Join(n.dir, "vault.yaml")
	must(t, os.WriteFile(manifest, fmt.Appendf(nil, vault, n.name, image("docker.io/hashicorp/vault")), 0o600))
	n.kubectl("apply", "-f", manifest)
	t.Cleanup(func() { n.try("delete", "clusterrolebinding", "vault-"+n.name) })
	n.rolledOut("deployment/vault")
	sh := func(script string) {
		t.Helper()
		n.kubectl("exec", "deployment/vault", "--", "sh", "-ec", "cd /tmp; "+script)
	}
	for file, secret := range map[string]string{"cache": "multivac-cache", "queue": "multivac-queue", "db": "multivac-db"} {
		sh(fmt.Sprintf("printf %%s '%s' > %s", n.secret(secret, "password"), file))
	}
	page, err := os.ReadFile(filepath.Join(root, "doc/how-to/vault.md"))
	must(t, err)
	sh("cat > policy.hcl <<'END'\n" + block(t, page, "hcl", "path ") + "END\n" +
		strings.ReplaceAll(block(t, page, "sh", "auth enable kubernetes"), "namespaces=multivac", "namespaces="+n.name))
	_, patches, _ := strings.Cut(block(t, page, "yaml", "VAULT_ADDR"), "patches:")
	n.kubectl("apply", "-k", n.overlay("patches:"+strings.ReplaceAll(patches, "https://vault.vault:8200", "http://vault:8200"), "overlays/local", "components/vault-agent"))
	n.rolledOut(workloads...)
	server := n.forward("service/multivac-server", 5000)
	n.tells(server, key)
	n.asks(server, key)

	password := fmt.Sprintf("rotated-%d", os.Getpid())
	n.kubectl("patch", "secret", "multivac-queue", "-p", `{"data":{"password":"`+base64.StdEncoding.EncodeToString([]byte(password))+`"}}`)
	n.until("Redis has the new password", func() bool {
		return strings.Contains(n.kubectl("logs", "-l", "app=multivac,role=queue", "-c", "tend", "--tail=-1"), "a new password")
	})
	sh("vault kv patch -mount=secret multivac queue.password='" + password + "'")
	for _, role := range []string{"web-server", "worker"} {
		took := n.until("the "+role+" has read it", func() bool {
			return strings.Contains(n.kubectl("logs", "-l", "app=multivac,role="+role, "--tail=-1"), "a setting was changed")
		})
		t.Logf("%s: read the new password after %s", role, took)
	}
	n.tells(server, key)
	n.asks(server, key)
}

// metricsServer measures pods in a cluster that has no metrics server. The API
// server forwards requests to it, and may have no certificate to say who asks:
// so anybody may ask.
const metricsServer = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: metrics-server}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: metrics-server-%[1]s}
rules:
- {apiGroups: [""], resources: [nodes/metrics], verbs: [get]}
- {apiGroups: [""], resources: [pods, nodes], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: metrics-server-asks-%[1]s}
rules: [{apiGroups: [metrics.k8s.io], resources: [pods, nodes], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: metrics-server-%[1]s}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: metrics-server-%[1]s}
subjects: [{kind: ServiceAccount, name: metrics-server, namespace: %[1]s}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: metrics-server-asks-%[1]s}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: metrics-server-asks-%[1]s}
subjects: [{kind: User, name: "system:anonymous"}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: metrics-server-delegates-%[1]s}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:auth-delegator"}
subjects: [{kind: ServiceAccount, name: metrics-server, namespace: %[1]s}]
---
apiVersion: v1
kind: Service
metadata: {name: metrics-server}
spec:
  selector: {app: metrics-server}
  ports: [{port: 443, targetPort: 10250}]
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io}
spec:
  group: metrics.k8s.io
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
  service: {name: metrics-server, namespace: %[1]s}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: metrics-server}
spec:
  selector: {matchLabels: {app: metrics-server}}
  template:
    metadata: {labels: {app: metrics-server}}
    spec:
      serviceAccountName: metrics-server
      securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: metrics-server
        image: %[2]s
        args:
        - --secure-port=10250
        - --cert-dir=/tmp
        - --kubelet-preferred-address-types=InternalIP
        - --kubelet-insecure-tls
        - --metric-resolution=15s
        - --authentication-skip-lookup
        - --authorization-always-allow-paths=/*
        securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
        readinessProbe: {httpGet: {path: /readyz, port: 10250, scheme: HTTPS}, periodSeconds: 1}
        volumeMounts: [{name: tmp, mountPath: /tmp}]
      volumes: [{name: tmp, emptyDir: {}}]
`

// measured installs the metrics server, if the cluster has none.
func (n *namespace) measured() {
	n.t.Helper()
	usage := func() bool {
		_, err := n.run("kubectl", "get", "--raw", "/apis/metrics.k8s.io/v1beta1/nodes")
		return err == nil
	}
	if usage() {
		return
	}
	require.Have(n.t, "metrics-server", os.Getenv(metricsVariable) != "", "install it in the cluster, or name a program for its stand-in in "+metricsVariable)
	manifest := filepath.Join(n.dir, "metrics-server.yaml")
	must(n.t, os.WriteFile(manifest, fmt.Appendf(nil, metricsServer, n.name, image("metrics-server")), 0o600))
	n.t.Cleanup(func() { n.try("delete", "-f", manifest, "--wait=false") })
	n.kubectl("apply", "-f", manifest)
	n.until("pods are measured", usage)
}

// The number of web servers rises when they have more to compute. The number of
// workers does not.
func TestAutoscaling(t *testing.T) {
	need(t)
	n := newNamespace(t)
	key := n.secrets()
	n.measured()
	n.kubectl("apply", "-k", n.overlay(`patches:
- target: {kind: HorizontalPodAutoscaler}
  patch: '[{"op": "replace", "path": "/spec/metrics/0/resource/target/averageValue", "value": "50m"}]'`, "overlays/local", "components/hpa"))
	n.rolledOut(workloads...)
	server := n.forward("service/multivac-server", 5000)
	n.tells(server, key)
	n.asks(server, key)
	replicas := func(role string) int {
		desired, _ := strconv.Atoi(n.kubectl("get", "hpa", "multivac-"+role, "-o", "jsonpath={.status.desiredReplicas}"))
		return desired
	}
	for _, role := range []string{"server", "worker"} {
		n.until("there are two of each "+role, func() bool { return replicas(role) == 2 })
	}

	load, stop := context.WithCancel(t.Context())
	defer stop()
	secret, err := os.ReadFile(key)
	must(t, err)
	for range 4 {
		go func() {
			for load.Err() == nil {
				r, _ := http.NewRequestWithContext(load, http.MethodGet, server+"/multivac", nil)
				r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(secret)))
				if answer, err := http.DefaultClient.Do(r); err == nil {
					_, _ = io.Copy(io.Discard, answer.Body)
					answer.Body.Close()
				}
			}
		}()
	}
	took := n.until("load has brought a third web server", func() bool { return len(n.pods("web-server")) > 2 && n.ready("web-server") })
	t.Logf("after %s there are %d web servers", took, len(n.pods("web-server")))
	if got := len(n.pods("worker")); got != 2 {
		t.Errorf("there are %d workers, which had nothing to do, want 2", got)
	}
	n.tells(server, key)
	n.asks(server, key)
}
