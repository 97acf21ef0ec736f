package redisqueue_test

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"multivac"
	"multivac/internal/certs"
	"multivac/internal/queue"
	"multivac/internal/queue/queuetest"
	"multivac/internal/queue/redisqueue"
	"multivac/internal/servers"
)

func open(t testing.TB, o redisqueue.Options) *redisqueue.Queue {
	t.Helper()
	q, err := redisqueue.Open(o)
	must(t, err)
	return q
}

// started returns an open queue, which ends with the test.
func started(t testing.TB, o redisqueue.Options) *redisqueue.Queue {
	t.Helper()
	q := open(t, o)
	t.Cleanup(func() { _ = q.Close() })
	return q
}

// slowTimeout is a timeout for tests in which a busy machine must not be taken
// for a Redis that does not answer.
const slowTimeout = 20 * time.Second

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func task(i int) multivac.Task {
	return multivac.Task{Document: multivac.DocumentID(fmt.Sprintf("%032x", i)), Revision: 1}
}

func enqueue(t testing.TB, q queue.Queue, tasks ...multivac.Task) {
	t.Helper()
	for _, task := range tasks {
		if err := q.Enqueue(t.Context(), task); err != nil {
			t.Fatalf("Enqueue %v: %v", task, err)
		}
	}
}

// work works on a queue until the test ends, and returns the tasks that come.
func work(t testing.TB, q queue.Queue) <-chan multivac.Task {
	t.Helper()
	got := make(chan multivac.Task, 10_000)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- q.Work(ctx, 4, func(_ context.Context, task multivac.Task) error {
			got <- task
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Work: %v", err)
		}
	})
	return got
}

// busyTimeout is how long anything may take on a busy machine.
const busyTimeout = 30 * time.Second

// until waits until a condition holds.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for begin := time.Now(); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > busyTimeout {
			t.Fatalf("not within %v: %s", busyTimeout, what)
		}
	}
}

func comes(t testing.TB, got <-chan multivac.Task, want multivac.Task) {
	t.Helper()
	for end := time.After(busyTimeout); ; {
		select {
		case task := <-got:
			if task == want {
				return
			}
		case <-end:
			t.Fatalf("task %v did not come within %v", want, busyTimeout)
		}
	}
}

// aclLine is the user that the documentation gives the queue.
func aclLine(t *testing.T, password string) string {
	t.Helper()
	page, err := os.ReadFile("../../../doc/how-to/redis.md")
	must(t, err)
	line := regexp.MustCompile(`(?m)^user queue on #.*? (~.*)$`).FindSubmatch(page)
	if line == nil {
		t.Fatal("doc/how-to/redis.md has no line of the user queue")
	}
	return servers.ACLUser("queue", password, string(line[1]))
}

func credentials(username, password string) func() (string, string) {
	return func() (string, string) { return username, password }
}

func TestQueue(t *testing.T) {
	t.Run("plain", func(t *testing.T) {
		r := servers.Redis(t, servers.RedisOptions{})
		suite(t, r, redisqueue.Options{Addr: r.Addr})
	})
	// As in production: TLS both ways, and a user with no more rights than the
	// queue needs.
	t.Run("locked", func(t *testing.T) {
		ca := servers.NewCA(t)
		r := servers.Redis(t, servers.RedisOptions{CA: ca, ClientCerts: true, ACL: []string{"user default off", aclLine(t, "secret")}})
		p := ca.Client(t, "worker")
		config, err := certs.Client(certs.ClientFiles{CA: ca.File, Cert: p.Cert, Key: p.Key})
		must(t, err)
		suite(t, r, redisqueue.Options{Addr: r.Addr, TLS: config, Credentials: credentials("queue", "secret")})
		if log := r.Do("ACL", "LOG"); log != "" {
			t.Errorf("Redis refused something: %s", log)
		}
	})
}

func suite(t *testing.T, r *servers.RedisServer, o redisqueue.Options) {
	queuetest.Run(t, func(t *testing.T) queue.Queue {
		r.Do("FLUSHALL")
		q := open(t, o)
		if err := q.Check(context.Background()); err != nil {
			t.Errorf("Check: %v", err)
		}
		return q
	})
}

func TestUserOfTheQueueMayNotDoMore(t *testing.T) {
	r := servers.Redis(t, servers.RedisOptions{ACL: []string{aclLine(t, "secret"), "user default on nopass ~* +@all"}})
	f := func(want bool, command ...string) {
		t.Helper()
		got := r.Do(append([]string{"ACL", "DRYRUN", "queue"}, command...)...)
		if (got == "OK") != want {
			t.Errorf("%v: got %q, allowed: want %v", command, got, want)
		}
	}
	f(true, "LLEN", "asynq:{multivac}:pending")
	f(true, "INFO", "memory")
	f(false, "GET", "another")
	f(false, "SET", "another", "1")
	f(false, "FLUSHALL")
	f(false, "KEYS", "*")
	f(false, "CONFIG", "GET", "*")
	f(false, "ACL", "LIST")
	f(false, "SHUTDOWN")
	f(false, "REPLICAOF", "192.0.2.1", "6379")
	f(false, "MONITOR")
	f(false, "SUBSCRIBE", "another")
}

// A task is the same for the same kind, document, revision and attempt.
func TestTaskWaitsOnce(t *testing.T) {
	r := servers.Redis(t, servers.RedisOptions{})
	a, b := started(t, redisqueue.Options{Addr: r.Addr}), started(t, redisqueue.Options{Addr: r.Addr})
	first := task(1)
	later, other, kind := first, first, first
	later.Revision, other.Attempt, kind.Kind = 2, 1, "deliver"
	first.Origin.RequestID = "web"
	enqueue(t, a, first, later, other, kind)
	first.Origin.RequestID = "sweeper"
	enqueue(t, b, first, later, other, kind)
	if n, err := a.Len(t.Context()); n != 4 || err != nil {
		t.Errorf("Len: got %d, %v, want 4", n, err)
	}
}

// A dead Redis costs the time until the next sweep.
func TestRedisGoesAndComes(t *testing.T) {
	for name, test := range map[string]struct{ away, back func(*servers.RedisServer) }{
		"killed":  {(*servers.RedisServer).Kill, (*servers.RedisServer).Start},
		"stopped": {(*servers.RedisServer).Stop, (*servers.RedisServer).Start},
		"hanging": {(*servers.RedisServer).Pause, (*servers.RedisServer).Resume},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := servers.Redis(t, servers.RedisOptions{AppendOnly: true})
			q := started(t, redisqueue.Options{Addr: r.Addr})
			got := work(t, q)
			enqueue(t, q, task(1))
			comes(t, got, task(1))

			test.away(r)
			var took []time.Duration // the first waits, those after it do not
			for i := range 10 {
				begin := time.Now()
				if err := q.Enqueue(t.Context(), task(2)); !errors.Is(err, multivac.ErrUnavailable) {
					t.Errorf("Enqueue %d while it is away: got %v, want ErrUnavailable", i+1, err)
				}
				took = append(took, time.Since(begin))
			}
			if least := slices.Min(took[1:]); took[0] > busyTimeout || least > took[0]/2 && least > 100*time.Millisecond {
				t.Errorf("Enqueue while it is away took %v, want only the first to wait", took)
			}
			if err := q.Check(t.Context()); !errors.Is(err, multivac.ErrUnavailable) {
				t.Errorf("Check while it is away: got %v, want ErrUnavailable", err)
			}
			test.back(r)
			sweep(t, q, task(2))
			comes(t, got, task(2))
		})
	}
}

// sweep enqueues again and again until that works, as the sweeper does.
func sweep(t *testing.T, q queue.Queue, tasks ...multivac.Task) {
	t.Helper()
	for begin := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		var err error
		for _, task := range tasks {
			err = errors.Join(err, q.Enqueue(t.Context(), task))
		}
		if err == nil {
			return
		}
		if time.Since(begin) > busyTimeout {
			t.Fatalf("Enqueue still fails: %v", err)
		}
	}
}

func TestWorkEndsWhileRedisIsAway(t *testing.T) {
	r := servers.Redis(t, servers.RedisOptions{})
	q := started(t, redisqueue.Options{Addr: r.Addr})
	got := work(t, q)
	enqueue(t, q, task(1))
	comes(t, got, task(1))
	r.Kill()
	begin := time.Now()
	must(t, q.Close())
	if took := time.Since(begin); took > busyTimeout {
		t.Errorf("the end took %v", took)
	}
}

// asynq asks again at once where Redis refuses; the queue slows it down.
func TestWorkDoesNotHammerARedisThatRefuses(t *testing.T) {
	r := servers.Redis(t, servers.RedisOptions{ACL: []string{"user default on nopass ~* &* -@all +ping"}})
	work(t, started(t, redisqueue.Options{Addr: r.Addr}))
	count := regexp.MustCompile(`cmdstat_evalsha:.*rejected_calls=(\d+)`)
	refused := func() (n int) {
		if found := count.FindStringSubmatch(r.Do("INFO", "commandstats")); found != nil {
			n, _ = strconv.Atoi(found[1])
		}
		return n
	}
	until(t, "something is refused", func() bool { return refused() > 0 })
	begin, before := time.Now(), refused()
	until(t, "20 more are refused", func() bool { return refused() >= before+20 })
	n := refused() - before
	if took := time.Since(begin); float64(n) > 60*took.Seconds() {
		t.Errorf("refused %d times in %v, want 60 a second at most", n, took)
	}
}

func TestFlushAllLosesHintsOnly(t *testing.T) {
	r := servers.Redis(t, servers.RedisOptions{})
	q := started(t, redisqueue.Options{Addr: r.Addr})
	enqueue(t, q, task(1))
	r.Do("FLUSHALL")
	got := work(t, q)
	enqueue(t, q, task(1))
	comes(t, got, task(1))
	r.Do("FLUSHALL") // while a worker runs, and its scripts, too
	r.Do("SCRIPT", "FLUSH")
	enqueue(t, q, task(2))
	comes(t, got, task(2))
}

// Whatever happens to connections, the sweeper makes each task come.
func TestConnectionsBreak(t *testing.T) {
	r := servers.Redis(t, servers.RedisOptions{})
	near, far := servers.Toxiproxy(t, r.Addr), servers.Toxiproxy(t, r.Addr)
	q := started(t, redisqueue.Options{Addr: near.Addr})
	got := work(t, started(t, redisqueue.Options{Addr: far.Addr}))
	missing := map[multivac.Task]bool{}
	for i, step := range []func(){
		func() {}, func() { near.Break(2000) }, near.Mend, func() { far.Break(2000) }, far.Mend,
		near.Cut, near.Mend, far.Cut, far.Mend, func() { near.Slow(20 * time.Millisecond) }, near.Mend,
	} {
		step()
		for j := range 20 {
			task := task(i*100 + j)
			missing[task] = true
			_ = q.Enqueue(t.Context(), task) // it may fail, as the web's may
		}
	}
	sweeps := time.NewTicker(time.Second)
	defer sweeps.Stop()
	for end := time.After(20 * time.Second); len(missing) > 0; {
		select {
		case task := <-got:
			delete(missing, task)
		case <-sweeps.C:
			for task := range missing {
				_ = q.Enqueue(t.Context(), task)
			}
		case <-end:
			t.Fatalf("%d tasks did not come", len(missing))
		}
	}
}

const victim = "REDISQUEUE_TEST_VICTIM"

// A task that a worker had taken when it was killed comes to the next one as
// soon as the sweeper sees that nobody has it.
func TestKilledWorker(t *testing.T) {
	if addr := os.Getenv(victim); addr != "" {
		q := open(t, redisqueue.Options{Addr: addr})
		_ = q.Work(t.Context(), 1, func(ctx context.Context, _ multivac.Task) error {
			fmt.Println("taken")
			<-ctx.Done()
			return nil
		})
		return
	}
	r := servers.Redis(t, servers.RedisOptions{})
	q := started(t, redisqueue.Options{Addr: r.Addr})
	enqueue(t, q, task(1))
	worker := exec.Command(os.Args[0], "-test.run=^TestKilledWorker$", "-test.v")
	worker.Env = append(os.Environ(), victim+"="+r.Addr)
	out, err := worker.StdoutPipe()
	must(t, err)
	must(t, worker.Start())
	for lines := bufio.NewScanner(out); lines.Scan() && !strings.Contains(lines.Text(), "taken"); {
	}
	must(t, worker.Process.Kill())
	_ = worker.Wait()

	got := work(t, q)
	enqueue(t, q, task(1)) // as the sweeper does, for the store knows of no lease
	comes(t, got, task(1))
	enqueue(t, q, task(1))
	select {
	case <-got:
	case <-time.After(200 * time.Millisecond): // once in ten seconds will do
	}
}

func TestFailingTaskIsTriedAgainAndDropped(t *testing.T) {
	t.Parallel()
	r := servers.Redis(t, servers.RedisOptions{})
	q := started(t, redisqueue.Options{Addr: r.Addr})
	calls := make(chan time.Time, 100)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- q.Work(ctx, 4, func(context.Context, multivac.Task) error {
			calls <- time.Now()
			return errors.New("the store is away")
		})
	}()
	enqueue(t, q, task(1))
	first := <-calls
	for i := range 4 {
		select {
		case at := <-calls: // asynq keeps the time to the second
			if took := at.Sub(first); i == 3 && took < time.Second {
				t.Errorf("try %d came after %v, want 1s at least", i+2, took)
			}
		case <-time.After(busyTimeout):
			t.Fatalf("try %d did not come", i+2)
		}
	}
	until(t, "the task is dropped after the last try", func() bool { return r.Do("KEYS", "asynq:{multivac}:t:*") == "" })
	if archived := r.Do("ZCARD", "asynq:{multivac}:archived"); archived != "0" {
		t.Errorf("archived: got %s, want 0", archived)
	}
	cancel()
	must(t, <-done)
}

func TestCheck(t *testing.T) {
	f := func(r *servers.RedisServer, o redisqueue.Options, kind error, want ...string) {
		t.Helper()
		o.Addr = cmp.Or(o.Addr, r.Addr)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // as the app does
		defer cancel()
		err := started(t, o).Check(ctx)
		if kind == nil && err != nil {
			t.Errorf("Check: %v", err)
		}
		if kind != nil && !errors.Is(err, kind) {
			t.Errorf("Check: got %v, want %v", err, kind)
		}
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("Check: got %v, want %q in it", err, w)
			}
		}
	}
	r := servers.Redis(t, servers.RedisOptions{Password: "secret", MaxMemory: "10mb"})
	f(r, redisqueue.Options{Credentials: credentials("", "secret")}, nil)
	f(r, redisqueue.Options{Credentials: credentials("", "another")}, multivac.ErrUnavailable, "WRONGPASS", "queue.password")
	f(r, redisqueue.Options{}, multivac.ErrUnavailable, "NOAUTH", "queue.password")
	f(r, redisqueue.Options{Addr: "127.0.0.1:1"}, multivac.ErrUnavailable, "can be reached")
	for _, policy := range []string{"allkeys-lru", "volatile-ttl"} {
		r.Do("CONFIG", "SET", "maxmemory-policy", policy)
		f(r, redisqueue.Options{Credentials: credentials("", "secret")}, multivac.ErrInvalid, policy, "noeviction")
	}
	r.Do("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "1mb")
	f(r, redisqueue.Options{Credentials: credentials("", "secret")}, multivac.ErrUnavailable, "full", "maxmemory")

	r.SetACL("user default on nopass ~* -@all +ping")
	f(r, redisqueue.Options{}, multivac.ErrUnavailable, "NOPERM", "rights")
}

// A queue that nobody works on takes no more than a bounded part of Redis.
func TestFullQueueRefuses(t *testing.T) {
	r := servers.Redis(t, servers.RedisOptions{})
	q := started(t, redisqueue.Options{Addr: r.Addr})
	enqueue(t, q, task(0))
	r.Do("EVAL", `for i = 1, 10000 do redis.call('LPUSH', KEYS[1], i) end`, "1", "asynq:{multivac}:pending")
	if n, err := q.Len(t.Context()); n != 10_001 || err != nil {
		t.Fatalf("Len: got %d, %v", n, err)
	}
	if err := q.Enqueue(t.Context(), task(1)); !errors.Is(err, multivac.ErrUnavailable) || !strings.Contains(err.Error(), "full") {
		t.Errorf("Enqueue into a full queue: got %v", err)
	}
	r.Do("DEL", "asynq:{multivac}:pending")
	sweep(t, q, task(1))
}

// A task of a newer program is left to newer workers and dropped after a few
// tries. Then the document comes as a task of this version.
func TestTaskOfANewerVersion(t *testing.T) {
	t.Parallel()
	r := servers.Redis(t, servers.RedisOptions{})
	newer := asynq.NewClient(asynq.RedisClientOpt{Addr: r.Addr})
	defer newer.Close()
	id := fmt.Sprintf("%s:1:0", task(1).Document)
	_, err := newer.Enqueue(asynq.NewTask("document", []byte(`{"v":3,"document":{"all":"different"}}`)), asynq.Queue("multivac"), asynq.TaskID(id), asynq.MaxRetry(5))
	must(t, err)
	q := started(t, redisqueue.Options{Addr: r.Addr})
	got := work(t, q)
	enqueue(t, q, task(2))
	comes(t, got, task(2)) // at the same time
	for begin := time.Now(); ; {
		enqueue(t, q, task(1)) // as the sweeper does
		select {
		case task := <-got:
			if task.Document != "00000000000000000000000000000001" {
				t.Errorf("got %v", task)
			}
			return
		case <-time.After(100 * time.Millisecond):
		}
		if time.Since(begin) > busyTimeout {
			t.Fatal("the document does not come")
		}
	}
}

func TestOpenRefusesWhatIsNoAddress(t *testing.T) {
	for _, addr := range []string{"", "localhost", "redis://localhost:6379"} {
		if _, err := redisqueue.Open(redisqueue.Options{Addr: addr}); !errors.Is(err, multivac.ErrInvalid) {
			t.Errorf("Open %q: got %v, want ErrInvalid", addr, err)
		}
	}
}

// Passwords change while tasks are enqueued and worked on, and nobody notices.
func TestPasswordsRotate(t *testing.T) {
	ca := servers.NewCA(t)
	r := servers.Redis(t, servers.RedisOptions{CA: ca, ACL: []string{"user default off", aclLine(t, "password 0")}})
	var password atomic.Value
	password.Store("password 0")
	config, err := certs.Client(certs.ClientFiles{CA: ca.File})
	must(t, err)
	o := redisqueue.Options{Addr: r.Addr, TLS: config, Timeout: slowTimeout, Credentials: func() (string, string) { return "queue", password.Load().(string) }}
	q := started(t, o)
	got := work(t, started(t, o))

	ctx, stop := context.WithCancel(t.Context())
	var count atomic.Int64
	var enqueuers sync.WaitGroup
	for range 4 {
		enqueuers.Go(func() {
			for ctx.Err() == nil {
				if err := q.Enqueue(ctx, task(int(count.Add(1)))); err != nil && ctx.Err() == nil {
					t.Errorf("Enqueue: %v", err)
					return
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	rotate := func(i int, atOnce bool) {
		old, next := fmt.Sprintf("password %d", i), fmt.Sprintf("password %d", i+1)
		r.Do("ACL", "SETUSER", "queue", ">"+next)
		if atOnce { // nobody advises this: the old one ends before the new one is known here
			r.Do("ACL", "LOG", "RESET")
			r.Do("ACL", "SETUSER", "queue", "<"+old)
			r.Do("CLIENT", "KILL", "USER", "queue")
			until(t, "the old password is refused", func() bool { return r.Do("ACL", "LOG") != "" })
		}
		password.Store(next)
		if !atOnce {
			r.Do("ACL", "SETUSER", "queue", "<"+old)
			r.Do("CLIENT", "KILL", "USER", "queue")
		}
		before := count.Load()
		until(t, "50 more tasks are enqueued", func() bool { return count.Load() >= before+50 || t.Failed() })
	}
	for i := range 6 {
		rotate(i, i >= 3)
	}
	stop()
	enqueuers.Wait()
	last := task(int(count.Add(1)))
	enqueue(t, q, last)
	comes(t, got, last)
}

func TestTLS(t *testing.T) {
	ours, theirs := servers.NewCA(t), servers.NewCA(t)
	r := servers.Redis(t, servers.RedisOptions{CA: ours, ClientCerts: true, Hosts: []string{"queue.test", "127.0.0.1"}})
	mine, stranger := ours.Client(t, "web"), theirs.Client(t, "web")
	f := func(what string, files certs.ClientFiles, want string) {
		t.Helper()
		config, err := certs.Client(files)
		must(t, err)
		err = started(t, redisqueue.Options{Addr: r.Addr, TLS: config}).Check(t.Context())
		if want == "" && err != nil || want != "" && (err == nil || !regexp.MustCompile(want).MatchString(err.Error())) {
			t.Errorf("%s: got %v, want %q", what, err, want)
		}
	}
	f("by its address", certs.ClientFiles{CA: ours.File, Cert: mine.Cert, Key: mine.Key}, "")
	f("by a name of it", certs.ClientFiles{CA: ours.File, Cert: mine.Cert, Key: mine.Key, ServerName: "queue.test"}, "")
	f("by another name", certs.ClientFiles{CA: ours.File, Cert: mine.Cert, Key: mine.Key, ServerName: "cache.test"}, "not cache.test")
	f("another authority", certs.ClientFiles{CA: theirs.File, Cert: mine.Cert, Key: mine.Key}, "unknown authority")
	f("no certificate of mine", certs.ClientFiles{CA: ours.File}, "certificate required|reset|broken pipe") // which of them is a race
	f("a stranger's", certs.ClientFiles{CA: ours.File, Cert: stranger.Cert, Key: stranger.Key}, "unknown certificate authority|reset|broken pipe")
	if err := started(t, redisqueue.Options{Addr: r.Addr}).Check(t.Context()); !errors.Is(err, multivac.ErrUnavailable) {
		t.Errorf("without TLS: got %v", err)
	}
}

// Certificates of both sides and the authority change, and nothing is started
// again.
func TestCertificatesRotate(t *testing.T) {
	ca, next := servers.NewCA(t), servers.NewCA(t)
	r := servers.Redis(t, servers.RedisOptions{CA: ca, ClientCerts: true})
	mine := ca.Client(t, "web")
	config, err := certs.Client(certs.ClientFiles{CA: ca.File, Cert: mine.Cert, Key: mine.Key})
	must(t, err)
	q := started(t, redisqueue.Options{Addr: r.Addr, TLS: config, Timeout: slowTimeout})
	got := work(t, q)
	enqueue(t, q, task(1))
	comes(t, got, task(1))

	next.Renew(t, r.Cert, "127.0.0.1")
	next.Renew(t, mine, "web")
	text, err := os.ReadFile(next.File)
	must(t, err)
	must(t, os.WriteFile(ca.File+".new", text, 0o600))
	must(t, os.Rename(ca.File+".new", ca.File))
	r.Renewed()
	r.Do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
	sweep(t, q, task(2))
	comes(t, got, task(2))
}

func TestThroughStunnel(t *testing.T) {
	ca := servers.NewCA(t)
	r := servers.Redis(t, servers.RedisOptions{CA: ca, ClientCerts: true, Hosts: []string{"queue.test"}, Password: "secret"})
	through := func(o servers.StunnelOptions) (*redisqueue.Queue, *servers.StunnelServer) {
		o.Connect, o.Client, o.Cert = r.Addr, true, ca.Client(t, "web")
		s := servers.Stunnel(t, o)
		return started(t, redisqueue.Options{Addr: s.Addr, Credentials: credentials("", "secret")}), s
	}
	q, s := through(servers.StunnelOptions{CA: ca, CheckHost: "queue.test"})
	got := work(t, q)
	enqueue(t, q, task(1))
	comes(t, got, task(1))
	s.Stop()
	if err := q.Enqueue(t.Context(), task(2)); !errors.Is(err, multivac.ErrUnavailable) {
		t.Errorf("Enqueue without its stunnel: got %v, want ErrUnavailable", err)
	}
	s.Start()
	sweep(t, q, task(2))
	comes(t, got, task(2))

	if q, s := through(servers.StunnelOptions{CA: ca, CheckHost: "cache.test"}); q.Check(t.Context()) == nil {
		t.Errorf("stunnel let a server of another name through:\n%s", s.Said())
	}
	if q, s := through(servers.StunnelOptions{CA: servers.NewCA(t), CheckHost: "queue.test"}); q.Check(t.Context()) == nil {
		t.Errorf("stunnel let a server of another authority through:\n%s", s.Said())
	}
}

// How much a worker asks of Redis while there is nothing to do:
// doc/how-to/redis.md has the figures.
func TestIdle(t *testing.T) {
	r := servers.Redis(t, servers.RedisOptions{})
	q := started(t, redisqueue.Options{Addr: r.Addr})
	got := work(t, q)
	enqueue(t, q, task(1))
	comes(t, got, task(1))
	measure := func() (commands, cpu float64) {
		return number(t, r, "total_commands_processed"), number(t, r, "used_cpu_user") + number(t, r, "used_cpu_sys")
	}
	begin := time.Now()
	before, cpuBefore := measure()
	commands, cpu := before, cpuBefore
	for commands < before+200 && time.Since(begin) < busyTimeout {
		time.Sleep(250 * time.Millisecond) // the measurement sends commands, too
		commands, cpu = measure()
	}
	commands, cpu = commands-before, cpu-cpuBefore
	idle := time.Since(begin).Seconds()
	t.Logf("idle: %.0f commands/s, %.2f%% of a CPU", commands/idle, 100*cpu/idle)
	if perSecond := commands / idle; perSecond > 300 {
		t.Errorf("an idle worker sends %.0f commands a second, want 300 at most", perSecond)
	}
}

// How soon a worker has what is enqueued: doc/how-to/redis.md has the figures.
func BenchmarkEnqueueToHandle(b *testing.B) {
	r := servers.Redis(b, servers.RedisOptions{})
	q := started(b, redisqueue.Options{Addr: r.Addr})
	got := work(b, q)
	var took []time.Duration
	for n := 0; b.Loop(); n++ {
		begin := time.Now()
		enqueue(b, q, task(n))
		comes(b, got, task(n))
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds()), "p95-µs")
}

func number(t testing.TB, r *servers.RedisServer, field string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(r.Info(field), 64)
	must(t, err)
	return n
}
