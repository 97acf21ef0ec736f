package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// servicesMeasure is what the roles do on real services.
type servicesMeasure struct {
	Original []originalMeasure `json:"original"`
	Answers  []roleMeasure     `json:"answers"`
	Worked   []roleMeasure     `json:"documents"`
}

// A roleMeasure is what some processes of a role did, and with which CPU time.
type roleMeasure struct {
	What      string             `json:"what"`
	Processes int                `json:"processes"`
	PerSecond float64            `json:"per_second"`
	CPU       map[string]float64 `json:"cpu_us"`    // for each request or document, by process
	Cores     float64            `json:"cores"`     // used by all of them together
	Busiest   string             `json:"busiest"`   // the process that used most
	Fraction  float64            `json:"its_cores"` // how many it used
}

// A ground is the services, and the processes to be measured on them.
type ground struct {
	dir, binary string
	crew        *crew
	flags       []string // of every role
	who         map[string]system
}

// benchServices measures the original's design and MultiVAC's roles on the same
// services, and how the roles scale.
func benchServices(dir, binary, venv string) (m servicesMeasure, err error) {
	for _, program := range []string{"python3", "redis-server", "wrk"} {
		if _, err := exec.LookPath(program); err != nil {
			fmt.Fprintf(os.Stderr, "SKIPPING the services: %v\n", err)
			return m, nil
		}
	}
	if dir, err = os.MkdirTemp(dir, "services-"); err != nil {
		return m, err
	}
	defer os.RemoveAll(dir)
	c, err := newCrew(dir, venv)
	if err != nil {
		return m, err
	}
	defer c.stop()
	queue, queuePID, err := c.redis(dir, "--appendonly", "yes")
	if err != nil {
		return m, err
	}
	cache, cachePID, err := c.redis(dir, "--appendonly", "no", "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru")
	if err != nil {
		return m, err
	}
	uri, database, err := c.database(dir)
	if err != nil {
		return m, err
	}
	g := &ground{dir: dir, binary: binary, crew: c,
		flags: []string{"--store.mongodb.uri", uri, "--store.mongodb.database", "bench", "--queue.addr", "127.0.0.1:" + queue, "--cache.addrs", "127.0.0.1:" + cache},
		who:   map[string]system{"database": {pids: []int{database}}, "queue": {pids: []int{queuePID}}, "cache": {pids: []int{cachePID}}}}
	if m.Original, err = g.withOriginal("redis://127.0.0.1:"+queue, uri); err != nil {
		return m, err
	}
	if m.Answers, err = g.answers(); err != nil {
		return m, err
	}
	m.Worked, err = g.documents()
	return m, err
}

// role starts processes of a role.
func (g *ground) role(role string, n int, env ...string) (all []*server, stop func(), err error) {
	stop = func() {
		for _, s := range all {
			s.stop()
		}
	}
	for range n {
		dir, err := os.MkdirTemp(g.dir, role+"-")
		if err != nil {
			return nil, stop, err
		}
		s, err := startServerWith(env, g.binary, dir, append([]string{"--role", role}, g.flags...)...)
		if err != nil {
			return nil, stop, err
		}
		all = append(all, s)
		if err := s.await(time.Minute, func(st state) bool { return st.Ready }); err != nil {
			return nil, stop, err
		}
	}
	return all, stop, nil
}

func pids(all []*server) (s system) {
	for _, one := range all {
		s.pids = append(s.pids, one.cmd.Process.Pid)
	}
	return s
}

// withOriginal measures both systems one after the other on the same services.
func (g *ground) withOriginal(redis, mongo string) (all []originalMeasure, err error) {
	fmt.Printf("\nThe original's routes on the same services, %d clients\n\n", clients)
	fmt.Println("| server | GET /multivac per second | its CPU + the services', µs | POST /multivac/data per second | its CPU + the services' until stored, µs | from a post to its answer, ms | memory (PSS) + the services', MiB |")
	fmt.Println("|---|---:|---:|---:|---:|---:|---:|")
	services := append(append(g.who["database"].pids, g.who["queue"].pids...), g.who["cache"].pids...)
	show := func(s system) error {
		s.servers = services
		m, err := s.measure()
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		all = append(all, m)
		fmt.Printf("| %s | %.0f | %.0f + %.0f | %.0f | %.0f + %.0f | %.1f | %.0f + %.0f |\n",
			m.Server, m.Get, m.GetCPU, m.GetBeside, m.Post, m.PostCPU, m.PostBeside, m.Answer, m.MiB, m.MiBBeside)
		return nil
	}
	theirs := &crew{bin: g.crew.bin, log: g.crew.log}
	s, err := theirs.original(redis, mongo)
	defer theirs.end()
	if err != nil {
		return nil, err
	}
	s.empty = func() error {
		return exec.Command(filepath.Join(g.crew.bin, "python3"), "-c", "import sys, pymongo; pymongo.MongoClient(sys.argv[1]).multivac.data.drop()", mongo).Run()
	}
	if err := show(s); err != nil {
		return nil, err
	}
	theirs.end()

	web, stopWeb, err := g.role("web", 1)
	defer stopWeb()
	if err != nil {
		return all, err
	}
	worker, stopWorker, err := g.role("worker", 1)
	defer stopWorker()
	if err != nil {
		return all, err
	}
	ours := pids(append(worker, web...))
	ours.name, ours.url = "MultiVAC, a web and a worker", web[0].url
	ours.empty = func() error { return web[0].forget("multivac") }
	if err := show(ours); err != nil {
		return all, err
	}
	fmt.Printf("\nOf %d cores; both had the same Redis and the same database, one after the other.\n", cores())
	return all, web[0].await(10*time.Minute, func(st state) bool { return st.Pending == 0 })
}

// forget deletes the documents of a collection.
func (s *server) forget(collection string) error {
	r, err := http.Get(s.url + "/api/v1/documents?limit=1000&collection=" + collection)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	var page struct{ Documents []struct{ ID string } }
	if err := json.NewDecoder(r.Body).Decode(&page); err != nil {
		return err
	}
	for _, d := range page.Documents {
		req, err := http.NewRequest(http.MethodDelete, s.url+"/api/v1/documents/"+d.ID+"?wait=indexed", nil)
		if err != nil {
			return err
		}
		r, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		r.Body.Close()
	}
	return nil
}

// shelves is the number of documents that questions are about.
const shelves = 400

// answers measures 1 web and 2 webs, without limits and with 1 core each.
func (g *ground) answers() (all []roleMeasure, err error) {
	worker, stopWorker, err := g.role("worker", 1)
	defer stopWorker()
	if err != nil {
		return nil, err
	}
	g.who["workers"] = pids(worker)
	fmt.Printf("\nAnswers, %d clients by wrk, medians of %d runs of %s in turn\n\n", clients, rounds, duration)
	g.head("webs")
	for n, env := range [][]string{nil, {"GOMAXPROCS=1"}} {
		webs, stop, err := g.role("web", 2, env...)
		if err != nil {
			stop()
			return all, err
		}
		if n == 0 {
			err = webs[0].tellShelves(0, shelves)
		}
		for _, w := range webs {
			err = errors.Join(err, w.await(10*time.Minute, func(st state) bool { return st.Pending == 0 && st.Documents >= shelves }))
		}
		if err == nil {
			err = g.compareWebs(webs, strings.Join(env, ""), &all)
		}
		stop()
		if err != nil {
			return all, err
		}
	}
	delete(g.who, "workers")
	return all, nil
}

func (g *ground) compareWebs(webs []*server, how string, all *[]roleMeasure) error {
	if how != "" {
		how = ", each on one core"
	}
	for _, kind := range []struct {
		name   string
		script string
	}{{"the same question again", ""}, {"a new question each time", askScript}} {
		runs := make([][]roleMeasure, 2)
		for range rounds {
			for n := range runs {
				g.who["webs"] = pids(webs[:n+1])
				m, err := g.measure(func() (int, time.Duration, error) { return g.load(webs[:n+1], kind.script) })
				if err != nil {
					return err
				}
				m.What, m.Processes = kind.name+how, n+1
				runs[n] = append(runs[n], m)
			}
		}
		for _, r := range runs {
			g.show(median(r))
			*all = append(*all, median(r))
		}
	}
	return nil
}

func median(runs []roleMeasure) roleMeasure {
	slices.SortFunc(runs, func(a, b roleMeasure) int { return int(a.PerSecond - b.PerSecond) })
	return runs[len(runs)/2]
}

func (g *ground) names() (names []string) {
	for name := range g.who {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (g *ground) head(role string) {
	fmt.Printf("| what | %s | per second | CPU for one, µs | cores used, of %d | most by |\n|---|---:|---:|---|---:|---|\n", role, cores())
}

func (g *ground) show(m roleMeasure) {
	var parts []string
	for name, cpu := range m.CPU {
		if cpu >= 0.5 {
			parts = append(parts, fmt.Sprintf("%s %.0f", name, cpu))
		}
	}
	slices.Sort(parts)
	fmt.Printf("| %s | %d | %.0f | %s | %.2f | %s, %.2f |\n", m.What, m.Processes, m.PerSecond, strings.Join(parts, ", "), m.Cores, m.Busiest, m.Fraction)
}

// measure runs do, which returns a number of requests or documents and the
// time. It measures which processes worked on them.
func (g *ground) measure(do func() (int, time.Duration, error)) (m roleMeasure, err error) {
	before := map[string]time.Duration{}
	for name, s := range g.who {
		before[name] = s.cpu()
	}
	children := childrenCPU()
	n, took, err := do()
	if err != nil {
		return m, err
	}
	m.CPU, m.PerSecond = map[string]float64{}, float64(n)/took.Seconds()
	add := func(name string, used time.Duration) {
		m.CPU[name] = float64(used.Microseconds()) / float64(max(1, n))
		share := used.Seconds() / took.Seconds()
		m.Cores += share
		if share > m.Fraction {
			m.Busiest, m.Fraction = name, share
		}
	}
	for _, name := range g.names() {
		add(name, g.who[name].cpu()-before[name])
	}
	add("the clients", childrenCPU()-children)
	return m, nil
}

// askScript makes wrk ask new questions, from the given number on.
const askScript = `local n = %d
request = function()
  n = n + 1
  return wrk.format("GET", string.format("/api/v1/answer?question=What+holds+shelf+%%d+when+it+is+%%d+degrees%%%%3F", n %% 400, n))
end
`

var asked int

// load asks all webs; each gets its share of the clients.
func (g *ground) load(webs []*server, script string) (n int, took time.Duration, err error) {
	type result struct {
		n   int
		per float64
		err error
	}
	results := make(chan result)
	for _, w := range webs {
		path, args := w.url+"/api/v1/answer?question=What+holds+shelf+7%3F", []string{"-t1", "-c" + strconv.Itoa(clients/len(webs)), "-d" + strconv.Itoa(int(duration.Seconds())) + "s"}
		if script != "" {
			asked += 1 << 20
			file := filepath.Join(g.dir, fmt.Sprintf("ask-%d.lua", asked))
			if err := os.WriteFile(file, fmt.Appendf(nil, script, asked), 0o600); err != nil {
				return 0, 0, err
			}
			path, args = w.url, append(args, "-s", file)
		}
		go func() {
			n, per, err := wrkWith(append(args, path)...)
			results <- result{n, per, err}
		}()
	}
	per := 0.0
	for range webs {
		r := <-results
		n, per, err = n+r.n, per+r.per, errors.Join(err, r.err)
	}
	if per == 0 {
		return 0, 0, errors.Join(err, errors.New("nothing was answered"))
	}
	return n, time.Duration(float64(n) / per * float64(time.Second)), err
}

// documents measures how fast 1 worker and 2 workers finish a backlog.
func (g *ground) documents() (all []roleMeasure, err error) {
	webs, stop, err := g.role("web", 1)
	defer stop()
	if err != nil {
		return nil, err
	}
	g.who["webs"] = pids(webs)
	const piled = 300
	fmt.Printf("\n%d documents that have piled up, of one passage each, medians of %d runs in turn\n\n", piled, rounds)
	g.head("workers")
	runs := make([][]roleMeasure, 2)
	for range rounds {
		for n := range runs {
			if err := webs[0].tellShelves(int(told.Add(piled))+shelves, piled); err != nil {
				return all, err
			}
			m, err := g.workOff(webs[0], n+1, piled)
			if err != nil {
				return all, err
			}
			m.What, m.Processes = "documents worked off", n+1
			runs[n] = append(runs[n], m)
		}
	}
	for _, r := range runs {
		g.show(median(r))
		all = append(all, median(r))
	}
	return all, nil
}

// workOff starts workers and ends them when no work is left. It leaves out the
// first documents and the time for the start.
func (g *ground) workOff(web *server, n, piled int) (m roleMeasure, err error) {
	workers, stop, err := g.role("worker", n)
	defer stop()
	if err != nil {
		return m, err
	}
	g.who["workers"] = pids(workers)
	defer delete(g.who, "workers")
	left := piled
	if err := web.await(time.Minute, func(st state) bool { left = st.Pending; return left < piled }); err != nil {
		return m, err
	}
	return g.measure(func() (int, time.Duration, error) {
		begun := time.Now()
		err := web.await(10*time.Minute, func(st state) bool { return st.Pending == 0 })
		return left, time.Since(begun), err
	})
}

// tellShelves tells documents from a number on.
func (s *server) tellShelves(from, n int) error {
	for n > 0 {
		var lines bytes.Buffer
		for range min(n, 500) {
			fmt.Fprintf(&lines, "{\"source\":\"shelves/%d.md\",\"text\":\"Shelf %d holds the spare parts of the pump with the number %d. It is locked at night.\"}\n", from, from, from*7)
			from++
			n--
		}
		r, err := http.Post(s.url+"/api/v1/documents", "application/x-ndjson", &lines)
		if err != nil {
			return err
		}
		r.Body.Close()
		if r.StatusCode != http.StatusAccepted {
			return fmt.Errorf("telling: %s", r.Status)
		}
	}
	return nil
}
