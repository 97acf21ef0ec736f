package cluster

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A stage is the overlay local under steady load.
type stage struct {
	*namespace
	key string
	dir string // of its kustomization
}

// TestLife starts from nothing and gets a first answer. Then it does everything
// that happens to a MultiVAC in its life, while clients tell and ask all the
// time.
func TestLife(t *testing.T) {
	need(t)
	s := &stage{namespace: newNamespace(t)}
	s.key = s.secrets()
	s.dir = s.overlay("", "overlays/local")
	step := func(name string, do func()) {
		if !t.Failed() {
			begun := time.Now()
			do()
			t.Logf("== %s: %s", name, time.Since(begun).Round(time.Second))
		}
	}
	step("images", s.pull)
	step("first answer", s.firstAnswer)
	step("load", s.load)
	step("scale", s.scale)
	step("same answers", s.check)
	step("logs", s.logs)
	step("rotate passwords", s.rotate)
	step("upgrade, restart every Deployment", s.upgrade)
	step("drain", s.drain)
	step("kill", s.kill)
	step("nothing lost", s.nothingLost)
	step("back up, lose everything, restore", s.restore)
}

// firstAnswer applies the overlay, tells the documentation and asks.
func (s *stage) firstAnswer() {
	begun := time.Now()
	s.kubectl("apply", "-k", s.dir)
	s.rolledOut("deployment/multivac-server", "deployment/multivac-worker")
	server := s.forward("service/multivac-server", 5000)
	s.until("it is told the documentation", func() bool {
		_, err := s.multivac(server, s.key, "tell", "-c", "documents", "doc")
		return err == nil
	})
	answer := ""
	s.until("it answers", func() bool {
		answer, _ = s.multivac(server, s.key, "ask", "-c", "documents", "What is the default port?")
		return answer != ""
	})
	if want := "The default port is 5000."; !strings.Contains(answer, want) {
		s.t.Errorf("asked for the default port: %s, want %s", answer, want)
	}
	took := time.Since(begun)
	s.t.Logf("from kubectl apply -k to the first answer: %s", took.Round(100*time.Millisecond))
	if took > time.Minute {
		s.t.Errorf("from kubectl apply -k to the first answer: %s, want less than a minute", took)
	}
	s.rolledOut("statefulset/multivac-db", "statefulset/multivac-queue", "deployment/multivac-cache")
}

const imagesPod = `
apiVersion: v1
kind: Pod
metadata: {name: images}
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
  containers:
  - &container
    name: multivac
    image: %s/multivac:%s
    command: [multivac, version]
    securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
  - {<<: *container, name: redis, image: "%s", command: [sh, -c, "true"]}
  - {<<: *container, name: mongo, image: "%s", command: [sh, -c, "true"]}
`

// pull makes a node pull the images, so that pulling is not measured later.
func (s *stage) pull() {
	file := filepath.Join(s.namespace.dir, "images.yaml")
	must(s.t, os.WriteFile(file, fmt.Appendf(nil, imagesPod, registry, tag, image("redis"), image("mongo")), 0o600))
	s.kubectl("apply", "-f", file)
	s.kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/images", "--timeout=180s")
	s.kubectl("delete", "pod", "images")
}

const loadPod = `
apiVersion: v1
kind: Pod
metadata: {name: load, labels: {app: load}}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: 1
  securityContext: {runAsNonRoot: true, runAsUser: 65532, fsGroup: 65532, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: load
    image: %s/multivac-load:%s
    imagePullPolicy: Always
    args: [run, "http://multivac-server:5000"]
    env: [{name: MULTIVAC_KEY_FILE, value: /run/secrets/multivac-admin/admin.key}]
    securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
    volumeMounts: [{name: admin, mountPath: /run/secrets/multivac-admin, readOnly: true}]
  volumes: [{name: admin, secret: {secretName: multivac-admin, defaultMode: 0440}}]
`

// load begins to tell and to ask.
func (s *stage) load() {
	file := filepath.Join(s.namespace.dir, "load.yaml")
	must(s.t, os.WriteFile(file, fmt.Appendf(nil, loadPod, registry, tag), 0o600))
	s.kubectl("apply", "-f", file)
	s.kubectl("wait", "--for=condition=Ready", "pod/load", "--timeout=60s")
	s.loaded(30)
	s.report("at rest", 0)
}

type account struct {
	Asked, Told, Failed int
	Failures            []string
	Slowest             string
}

// loaded waits until each client has made this number of further requests,
// successful or not. If the number is 2 or more, all requests that were under
// way before have ended.
func (s *stage) loaded(times int) {
	s.t.Helper()
	s.kubectl("exec", "load", "--", "/usr/bin/load", "await", strconv.Itoa(times))
}

// report logs what was done since the last report, and returns how many
// requests failed. At most mostFailed may have failed.
func (s *stage) report(phase string, mostFailed int) (failed int) {
	var a account
	must(s.t, json.Unmarshal([]byte(s.kubectl("exec", "load", "--", "/usr/bin/load", "report")), &a))
	s.t.Logf("%s: asked %d, told %d, failed %d; the slowest took %s", phase, a.Asked, a.Told, a.Failed, a.Slowest)
	if a.Asked+a.Told == 0 && mostFailed == 0 {
		s.t.Errorf("%s: nothing was answered", phase)
	}
	if a.Failed > mostFailed {
		s.t.Errorf("%s: %d failed, want at most %d:\n%s", phase, a.Failed, mostFailed, strings.Join(a.Failures, "\n"))
	} else if a.Failed > 0 {
		s.t.Logf("%s: of those that failed:\n%s", phase, strings.Join(a.Failures[:min(3, len(a.Failures))], "\n"))
	}
	return a.Failed
}

func (s *stage) scale() {
	to := func(deployment string, replicas int) {
		s.kubectl("scale", "deployment", deployment, fmt.Sprintf("--replicas=%d", replicas))
		s.rolledOut("deployment/" + deployment)
	}
	for _, nodes := range []int{4, 2} {
		begun := time.Now()
		to("multivac-cache", nodes)
		s.until(fmt.Sprintf("the web server has %d nodes of cache", nodes), func() bool { return s.farNodes() == nodes })
		s.t.Logf("a cache of %d nodes in %s", nodes, time.Since(begun).Round(100*time.Millisecond))
		s.report(fmt.Sprintf("cache to %d", nodes), 0)
	}
	to("multivac-server", 3)
	s.report("web to 3", 0)
	to("multivac-worker", 2)
	s.report("workers to 2", 0)
	s.loaded(30) // on all servers
	s.report("scaled", 0)
	s.usage("scaled, under load")
}

var farUp = regexp.MustCompile(`(?m)^multivac_cache_far_nodes\{.*state="up".*\} (\d+)`)

// farNodes is how many nodes of the cache a web server sees as up.
func (s *stage) farNodes() int {
	pod := s.pods("web-server")[0].Metadata.Name
	metrics := s.try("get", "--raw", fmt.Sprintf("/api/v1/namespaces/%s/pods/%s:5001/proxy/metrics", s.name, pod))
	if m := farUp.FindStringSubmatch(metrics); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return -1
}

type checked struct {
	Acknowledged    int
	Lost, Different []string
}

// check compares every web server with what was acknowledged, and with the
// others.
func (s *stage) check() {
	args := []string{"exec", "load", "--", "/usr/bin/load", "check"}
	webs := s.pods("web-server")
	for _, p := range webs {
		args = append(args, "http://"+p.Status.PodIP+":5000")
	}
	var c checked
	must(s.t, json.Unmarshal([]byte(s.kubectl(args...)), &c))
	s.t.Logf("%d documents acknowledged, %d lost; %d web servers, %d answers differ", c.Acknowledged, len(c.Lost), len(webs), len(c.Different))
	for _, wrong := range slices.Concat(c.Lost[:min(5, len(c.Lost))], c.Different[:min(5, len(c.Different))]) {
		s.t.Error(wrong)
	}
}

func (s *stage) nothingLost() {
	s.kubectl("exec", "load", "--", "/usr/bin/load", "pause")
	s.check()
	s.doctor()
	s.usage("idle")
}

// logs follows the logs by label, and one request from web to worker.
func (s *stage) logs() {
	for _, role := range []string{"web-server", "worker", "cache", "queue", "db"} {
		if s.kubectl("logs", "-l", "app=multivac,role="+role, "--tail=20") == "" {
			s.t.Errorf("there is no log of role %s", role)
		}
	}
	ids := func(role, message string) []string {
		var all []string
		for line := range strings.Lines(s.kubectl("logs", "-l", "app=multivac,role="+role, "--tail=2000")) {
			var entry struct {
				Severity, Message string
				RequestID         string `json:"request_id"`
			}
			if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Severity == "" {
				s.t.Errorf("a line of %s is none of Cloud Logging's: %s", role, line)
				break
			}
			if strings.HasPrefix(entry.Message, message) {
				all = append(all, entry.RequestID)
			}
		}
		return all
	}
	web, worker := ids("web-server", "POST /api/v1/documents 202"), ids("worker", "a document was indexed")
	if !slices.ContainsFunc(worker, func(id string) bool { return id != "" && slices.Contains(web, id) }) {
		s.t.Errorf("no request of %d can be followed from web to worker, of %d documents", len(web), len(worker))
	}
}

// rotate gives Redis and the database new passwords by changing only their
// Secrets.
func (s *stage) rotate() {
	for _, secret := range []string{"multivac-cache", "multivac-queue", "multivac-db"} {
		password := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "rotated-%s-%d", secret, time.Now().UnixNano()))
		s.kubectl("patch", "secret", secret, "-p", `{"data":{"password":"`+password+`"}}`)
	}
	for _, role := range []string{"cache", "queue", "db"} {
		took := s.until("the new password of the "+role+" is taken", func() bool {
			said := s.kubectl("logs", "-l", "app=multivac,role="+role, "-c", "tend", "--tail=-1")
			want := len(s.pods(role))
			if role == "db" {
				want++ // its log has 1 from the start
			}
			return strings.Count(said, "a new password") >= want
		})
		s.t.Logf("%s: the new password was taken after %s", role, took.Round(time.Second))
	}
	s.loaded(30) // with the new passwords
	s.report("passwords rotated", 0)
}

// drain evicts pods like kubectl drain, under production's budgets: one at a
// time. It evicts all pods that have replicas or may be missing for a while.
// Their replacements come to the same node, because there may be no other.
func (s *stage) drain() {
	s.kubectl("apply", "-f", "deploy/kubernetes/overlays/production/disruption.yaml")
	s.kubectl("wait", "--for=jsonpath={.status.disruptionsAllowed}=1", "poddisruptionbudgets", "--all", "--timeout=60s")
	for _, role := range []string{"web-server", "worker", "cache", "queue"} {
		for i, p := range s.pods(role) {
			refused := 0
			took := s.until("a pod of "+role+" may be evicted", func() bool {
				if s.evicted(p.Metadata.Name) {
					return true
				}
				refused++
				return false
			})
			s.t.Logf("%s: evicted after %s and %d refusals", p.Metadata.Name, took.Round(100*time.Millisecond), refused)
			if refused == 0 && i > 0 {
				s.t.Errorf("two pods of %s may be evicted at once", role)
			}
		}
		s.until("all pods of "+role+" are ready again", func() bool { return s.ready(role) })
	}
	s.report("drained", 0)
}

// evicted asks the API server to evict a pod. It returns false if a budget
// forbids it.
func (s *stage) evicted(pod string) bool {
	s.t.Helper()
	file := filepath.Join(s.namespace.dir, "eviction.json")
	must(s.t, os.WriteFile(file, fmt.Appendf(nil, `{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": %q, "namespace": %q}}`, pod, s.name), 0o600))
	out, err := s.run("kubectl", "create", "--raw", fmt.Sprintf("/api/v1/namespaces/%s/pods/%s/eviction", s.name, pod), "-f", file)
	if err != nil && !strings.Contains(out, "disruption budget") {
		s.t.Fatalf("evict %s: %v\n%s", pod, err, out)
	}
	return err == nil
}

// kill ends a pod of every role at once, without warning. Requests to them at
// that moment may fail, and no others.
func (s *stage) kill() {
	for _, role := range []string{"cache", "worker", "queue", "web-server", "db"} {
		all := s.pods(role)
		killed := all[0].Metadata
		s.kubectl("delete", "pod", killed.Name, "--grace-period=0", "--force")
		begun := time.Now()
		s.until("a pod of "+role+" has a successor", func() bool {
			now := s.pods(role)
			return len(now) == len(all) && !slices.ContainsFunc(now, func(p pod) bool { return p.Metadata.UID == killed.UID })
		})
		s.until("all pods of "+role+" are ready again", func() bool { return s.ready(role) })
		s.t.Logf("%s: there again after %s", role, time.Since(begun).Round(time.Second))
		most := 0
		switch role {
		case "web-server":
			most = 30 // the requests under way, and those sent before anything noticed
		case "db":
			most = 1000 // there is only one
		}
		s.report("killed "+role, most)
	}
	s.until("the web servers are ready", func() bool { return s.ready("web-server") })
	s.until("nothing fails any more", func() bool {
		s.loaded(20)
		return s.report("all ready again", 1000) == 0
	})
	s.loaded(30)
	s.report("after all that", 0)
}

// restore restores everything after the database's volume is gone.
func (s *stage) restore() {
	s.kubectl("create", "job", "--from=cronjob/multivac-backup", "backup-now")
	s.kubectl("wait", "--for=condition=Complete", "job/backup-now", "--timeout=120s")
	pod := strings.TrimSpace(s.kubectl("get", "pods", "-l", "job-name=backup-now", "-o", "jsonpath={.items[0].metadata.name}"))

	s.kubectl("scale", "deployment/multivac-server", "deployment/multivac-worker", "statefulset/multivac-db", "--replicas=0")
	s.kubectl("wait", "--for=delete", "pod", "-l", "app=multivac,role in (web-server,worker,db)", "--timeout=120s")
	s.kubectl("delete", "pvc", "data-multivac-db-0")
	s.kubectl("scale", "statefulset/multivac-db", "deployment/multivac-worker", "--replicas=1")
	s.kubectl("scale", "deployment/multivac-server", "--replicas=2")
	s.rolledOut("statefulset/multivac-db", "deployment/multivac-server", "deployment/multivac-worker")

	dir := s.overlay("", "restore")
	out, err := s.run("sh", "-c", `kubectl kustomize "$0" | sed "s/FILE/$1.jsonl.gz/" | kubectl apply -f -`, dir, pod)
	if err != nil {
		s.t.Fatalf("restore: %v\n%s", err, out)
	}
	s.kubectl("wait", "--for=condition=Complete", "job/multivac-restore", "--timeout=120s")
	s.t.Log(strings.TrimSpace(s.kubectl("logs", "job/multivac-restore")))
	s.check()
}

// A measure is what the kubelet has measured of a pod.
type measure struct {
	PodRef struct{ Name, Namespace string }
	CPU    struct {
		Time           time.Time
		UsageNanoCores uint64
	}
	Memory struct{ WorkingSetBytes uint64 }
}

// usage logs what each role uses, as the kubelets measure it from now on.
func (s *stage) usage(when string) {
	begun := time.Now()
	nodes := strings.Fields(s.kubectl("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}"))
	var all []measure
	s.until("the kubelets have measured every pod", func() bool {
		all = nil
		for _, name := range nodes {
			var summary struct{ Pods []measure }
			if json.Unmarshal([]byte(s.try("get", "--raw", "/api/v1/nodes/"+name+"/proxy/stats/summary")), &summary) != nil {
				return false
			}
			for _, m := range summary.Pods {
				if m.PodRef.Namespace == s.name && strings.HasPrefix(m.PodRef.Name, "multivac-") {
					all = append(all, m)
				}
			}
		}
		return len(all) > 0 && !slices.ContainsFunc(all, func(m measure) bool { return m.CPU.Time.Before(begun) })
	})
	for _, m := range all {
		s.t.Logf("%s: %-40s %4d MiB %5d mCPU", when, m.PodRef.Name, m.Memory.WorkingSetBytes>>20, m.CPU.UsageNanoCores/1e6)
	}
}
