// Package servers starts real servers for tests. Each listens on a loopback
// port of its own, keeps its data in a folder of its own, and ends with the
// test. It is for tests only.
package servers

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// processTimeout is how long a server may take to start or to end.
const processTimeout = time.Minute

// A process is the process of a server. It can be ended and started again.
type process struct {
	t       testing.TB
	name    string
	command func() *exec.Cmd
	ready   func() error // nil once it answers
	log     string       // file with its output

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{} // closed once the process has ended
}

// begin calls at with a free port of 127.0.0.1, starts the process, and ends it
// with the test.
func (p *process) begin(at func(port string)) {
	p.t.Helper()
	p.t.Cleanup(p.Kill)
	var err error
	for range 5 { // another process may take the port first
		at(FreePort(p.t))
		if err = p.start(); err == nil || !strings.Contains(p.said(), "in use") {
			break
		}
	}
	must(p.t, err)
}

// start starts the process and waits until it is ready. The error says why it
// is not.
func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd, done := p.command(), make(chan struct{})
	cmd.Stdout, cmd.Stderr = log, log
	EndWithParent(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	p.cmd, p.done = cmd, done
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	for end := time.Now().Add(processTimeout); ; {
		err := p.ready()
		if err == nil {
			return nil
		}
		select {
		case <-done:
			return errors.New(p.name + " ended at once:\n" + p.said())
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(end) {
			return errors.New(p.name + " is not ready: " + err.Error() + "\n" + p.said())
		}
	}
}

func (p *process) said() string {
	text, _ := os.ReadFile(p.log)
	return string(text)
}

// signal sends the process a signal, if it runs.
func (p *process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		_ = p.cmd.Process.Signal(s) // it may have ended already
	}
}

// end sends the signal and waits until the process has ended.
func (p *process) end(s syscall.Signal) {
	p.signal(s)
	p.mu.Lock()
	done := p.done
	p.mu.Unlock()
	if done == nil {
		return
	}
	select {
	case <-done:
	case <-time.After(processTimeout):
		p.signal(syscall.SIGKILL)
		p.t.Errorf("%s did not end within %v of %v", p.name, processTimeout, s)
		<-done
	}
}

// Kill ends the process with SIGKILL.
func (p *process) Kill() { p.end(syscall.SIGKILL) }

// Stop ends the process with SIGTERM, as an operator does.
func (p *process) Stop() { p.end(syscall.SIGTERM) }

// Start starts the process again, at its old address and with its data.
func (p *process) Start() {
	p.t.Helper()
	must(p.t, p.start())
}

// Restart stops the process and starts it again.
func (p *process) Restart() {
	p.t.Helper()
	p.Stop()
	p.Start()
}

// Pause stops the process with SIGSTOP: connections stay open and get no answer
// until Resume.
func (p *process) Pause() { p.signal(syscall.SIGSTOP) }

// Resume ends a Pause.
func (p *process) Resume() { p.signal(syscall.SIGCONT) }

// FreePort returns a port of 127.0.0.1 that was free a moment ago.
func FreePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// installed finds a program. It also looks in folders that only root has in the
// path.
func installed(name string) (string, bool) {
	if path, err := exec.LookPath(name); err == nil {
		return path, true
	}
	for _, dir := range []string{"/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"} {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path, true
		}
	}
	return "", false
}
