package servers

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"multivac/internal/require"
)

// A PrometheusServer is a Prometheus that a test started. It scrapes every second.
type PrometheusServer struct {
	URL string

	process
}

// Promtool returns the path of promtool, which comes with prometheus.
func Promtool(t testing.TB) string {
	t.Helper()
	program, ok := installed("promtool")
	require.Have(t, "prometheus", ok, "install prometheus (Debian: apt-get install prometheus)")
	return program
}

// Prometheus starts a Prometheus that ends with the test. targets has the labels
// of each target by its host:port.
func Prometheus(t testing.TB, rules string, targets map[string]map[string]string) *PrometheusServer {
	t.Helper()
	require.Long(t, "it starts a Prometheus")
	program, ok := installed("prometheus")
	require.Have(t, "prometheus", ok, "install prometheus (Debian: apt-get install prometheus)")
	var scrapes []any
	for target, labels := range targets {
		scrapes = append(scrapes, map[string]any{"targets": []string{target}, "labels": labels})
	}
	config, err := json.Marshal(map[string]any{ // which is YAML, too
		"global":         map[string]string{"scrape_interval": "1s", "evaluation_interval": "1s"},
		"rule_files":     []string{rules},
		"scrape_configs": []any{map[string]any{"job_name": "multivac", "static_configs": scrapes}},
	})
	must(t, err)
	dir := t.TempDir()
	file := filepath.Join(dir, "prometheus.yml")
	must(t, os.WriteFile(file, config, 0o600))
	p, address := &PrometheusServer{}, ""
	p.process = process{t: t, name: "prometheus", log: filepath.Join(dir, "log"),
		ready: func() error { return reachable(p.URL + "/-/ready") },
		command: func() *exec.Cmd {
			return exec.Command(program, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
		}}
	p.begin(func(port string) {
		address = net.JoinHostPort("127.0.0.1", port)
		p.URL = "http://" + address
	})
	return p
}

// Query returns the series that a query finds now.
func (p *PrometheusServer) Query(query string) (found []Sample, err error) {
	response, err := http.Get(p.URL + "/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var answer struct {
		Error string
		Data  struct{ Result []Sample }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, err
	}
	if answer.Error != "" {
		return nil, fmt.Errorf("%s: %s", query, answer.Error)
	}
	return answer.Data.Result, nil
}

// A Sample is a series with its present value, a string in Value[1].
type Sample struct {
	Metric map[string]string
	Value  [2]any
}

// RedisExporter starts an exporter of a Redis with TLS, for a user of it, and
// returns the exporter's host:port.
func RedisExporter(t testing.TB, r *RedisServer, ca *CA, user, password string) (address string) {
	t.Helper()
	program, ok := installed("prometheus-redis-exporter")
	require.Have(t, "prometheus", ok, "install prometheus-redis-exporter (Debian: apt-get install prometheus-redis-exporter)")
	p := &process{t: t, name: "prometheus-redis-exporter", log: filepath.Join(t.TempDir(), "log"),
		ready: func() error { return reachable("http://" + address + "/health") },
		command: func() *exec.Cmd {
			cmd := exec.Command(program, "-redis.addr", "rediss://"+r.Addr, "-redis.user", user, "-tls-ca-cert-file", ca.File, "-web.listen-address", address)
			cmd.Env = append(os.Environ(), "REDIS_PASSWORD="+password)
			return cmd
		}}
	p.begin(func(port string) { address = net.JoinHostPort("127.0.0.1", port) })
	return address
}

var quick = &http.Client{Timeout: time.Second}

func reachable(url string) error {
	response, err := quick.Get(url)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return nil
}
