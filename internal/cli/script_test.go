package cli_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"multivac"
	"multivac/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"multivac": func() {
			if at := os.Getenv("DEFAULT_SERVER"); at != "" {
				cli.SetDefaultServer(at)
			}
			os.Exit(cli.Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
		},
	})
}

// TestScripts runs the command as a user does, each script in its own folder.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir+"/home")
			e.Setenv("DEFAULT_SERVER", "http://127.0.0.1:1") // nothing listens there
			e.Values[runningKey{}] = &running{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "gzip": gzipFile, "id": id, "key": key, "start": start, "interrupt": interrupt, "shelves": shelves,
			"pictures": pictures, "pack": pack,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// exits CODE COMMAND … runs a command that must exit with CODE.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ...")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("%q exits with %d, want %s", args[1:], got, args[0])
	}
}

// shelves FILE N writes a document of N paragraphs.
func shelves(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	var b strings.Builder
	b.WriteString("# Stock\n")
	for i := range n {
		fmt.Fprintf(&b, "\nShelf %d carries %d crates of goods.\n", i, 1+3*i)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o644))
}

// pictures DIR N makes a folder of N files that are no documents.
func pictures(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.Mkdir(ts.MkAbs(args[0]), 0o755))
	for i := range n {
		ts.Check(os.WriteFile(ts.MkAbs(fmt.Sprintf("%s/%d.png", args[0], i)), []byte("x"), 0o644))
	}
}

// pack ARCHIVE FILE ... makes a ZIP archive of the files.
func pack(ts *testscript.TestScript, _ bool, args []string) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range args[1:] {
		w, err := z.Create(name)
		ts.Check(err)
		_, err = io.WriteString(w, ts.ReadFile(name))
		ts.Check(err)
	}
	ts.Check(z.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o644))
}

// gzip FILE makes FILE.gz.
func gzipFile(ts *testscript.TestScript, neg bool, args []string) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(ts.ReadFile(args[0])))
	ts.Check(z.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".gz"), b.Bytes(), 0o600))
}

// id SOURCE sets $ID to the identifier of the document with this source in the
// default collection.
func id(ts *testscript.TestScript, neg bool, args []string) {
	ts.Setenv("ID", string(multivac.Telling{Source: args[0]}.ID()))
}

// key FILE sets $KEY to the content of the file.
func key(ts *testscript.TestScript, neg bool, args []string) {
	ts.Setenv("KEY", strings.TrimSpace(ts.ReadFile(args[0])))
}

// A running is a server that a script has started.
type running struct {
	cmd    *exec.Cmd
	stderr *bufio.Reader
}

type runningKey struct{}

var listens = regexp.MustCompile(`listens at (http://\S+:(\d+))`)

// start ARG … starts multivac serve on a free port, waits until it is ready,
// and sets $URL and $PORT.
func start(ts *testscript.TestScript, neg bool, args []string) {
	path, err := exec.LookPath("multivac")
	ts.Check(err)
	cmd := exec.Command(path, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "HOME="+ts.Getenv("HOME"), "TMPDIR="+ts.Getenv("TMPDIR"))
	stderr, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() { cmd.Process.Kill() })
	r := ts.Value(runningKey{}).(*running)
	r.cmd, r.stderr = cmd, bufio.NewReader(stderr)
	for said := ""; ; {
		line, err := r.stderr.ReadString('\n')
		said += line
		if m := listens.FindStringSubmatch(line); m != nil {
			ts.Setenv("URL", m[1])
			ts.Setenv("PORT", m[2])
			ready(ts, m[1])
			return
		}
		if err != nil {
			ts.Fatalf("multivac serve %q did not start: %s", args, said)
		}
	}
}

// ready waits until the server at url is ready.
func ready(ts *testscript.TestScript, url string) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(time.Minute); ; {
		resp, err := http.Get(url + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-tick.C:
		case <-late: // it may have let a connection go that was idle too long, but not for so long
			ts.Fatalf("%s is not ready: %v", url, err)
		}
	}
}

// interrupt stops the server of start, which must exit with 0.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	r := ts.Value(runningKey{}).(*running)
	ts.Check(r.cmd.Process.Signal(os.Interrupt))
	said, _ := io.ReadAll(r.stderr)
	if err := r.cmd.Wait(); err != nil {
		ts.Fatalf("multivac serve: %v\n%s", err, said)
	}
}
