package ui_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"multivac/internal/require"
)

// A chrome is a Chromium controlled by its DevTools protocol: JSON messages,
// each followed by a zero byte, over two pipes.
type chrome struct {
	in      *os.File
	mu      sync.Mutex // guards the fields below, and writing
	last    int
	replies map[int]chan message
	tabs    map[string]*tab
}

type message struct {
	ID        int             `json:"id,omitempty"`
	Session   string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Complaint *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// browserTimeout is how long a browser may take for anything before a test fails.
const browserTimeout = 60 * time.Second

// startChrome starts a browser with additional flags. It ends with the test.
func startChrome(t *testing.T, flags ...string) *chrome {
	t.Helper()
	require.Long(t, "it starts a browser")
	var binary string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			binary = path
			break
		}
	}
	require.Have(t, "browser", binary != "", "install chromium")

	toChrome, in := pipe(t)
	out, fromChrome := pipe(t)
	command := exec.Command(binary, append(flags, "--remote-debugging-pipe", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--user-data-dir="+t.TempDir())...)
	command.ExtraFiles = []*os.File{toChrome, fromChrome}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	_ = toChrome.Close()
	_ = fromChrome.Close()
	c := &chrome{in: in, replies: map[int]chan message{}, tabs: map[string]*tab{}}
	done := make(chan struct{})
	go func() { c.listen(out); close(done) }()
	t.Cleanup(func() {
		c.close(t)
		<-done
		_ = command.Wait()
	})
	return c
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// close ends the browser and all its processes.
func (c *chrome) close(t *testing.T) {
	if _, err := c.call("", "Browser.close", nil); err != nil {
		t.Errorf("the browser does not close: %v", err)
	}
	_ = c.in.Close()
}

// listen distributes the browser's messages until it ends.
func (c *chrome) listen(out *os.File) {
	defer out.Close()
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(bytes.TrimSuffix(line, []byte{0}), &m) != nil {
			continue
		}
		c.mu.Lock()
		reply, tab := c.replies[m.ID], c.tabs[m.Session]
		delete(c.replies, m.ID)
		c.mu.Unlock()
		switch {
		case reply != nil:
			reply <- m
		case tab != nil:
			tab.hear(m)
		}
	}
}

// call sends a command to the browser and waits for the reply.
func (c *chrome) call(session, method string, params any) (json.RawMessage, error) {
	encoded, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	reply := make(chan message, 1)
	c.mu.Lock()
	c.last++
	line, err := json.Marshal(message{ID: c.last, Session: session, Method: method, Params: encoded})
	if err == nil {
		c.replies[c.last] = reply
		_, err = c.in.Write(append(line, 0))
	}
	c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case m := <-reply:
		if m.Complaint != nil {
			return nil, fmt.Errorf("%s: %s", method, m.Complaint.Message)
		}
		return m.Result, nil
	case <-time.After(browserTimeout):
		return nil, fmt.Errorf("%s: no reply", method)
	}
}

// A tab is a page in the browser.
type tab struct {
	t        *testing.T
	chrome   *chrome
	session  string
	loaded   chan string // the address of each page that has loaded
	address  string      // of the page that is loading; only hear uses it
	mu       sync.Mutex  // guards problems
	problems []string    // errors on the console
}

// tab opens a tab with this width, and with colours for "light" or "dark".
func (c *chrome) tab(t *testing.T, width int, colours string, script bool) *tab {
	t.Helper()
	b := &tab{t: t, chrome: c, loaded: make(chan string, 100)}
	var target struct{ TargetID, SessionID string }
	b.call(&target, "Target.createTarget", map[string]any{"url": "about:blank"})
	b.call(&target, "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true})
	b.session = target.SessionID
	c.mu.Lock()
	c.tabs[b.session] = b
	c.mu.Unlock()
	for _, domain := range []string{"Page", "Log", "Runtime"} {
		b.call(nil, domain+".enable", nil)
	}
	b.call(nil, "Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600})
	b.call(nil, "Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": colours}}})
	b.call(nil, "Emulation.setFocusEmulationEnabled", map[string]any{"enabled": true})
	b.call(nil, "Emulation.setScriptExecutionDisabled", map[string]any{"value": !script})
	return b
}

// hear handles an event.
func (b *tab) hear(m message) {
	switch m.Method {
	case "Page.frameNavigated":
		var p struct{ Frame struct{ URL string } }
		if json.Unmarshal(m.Params, &p) == nil {
			b.address = p.Frame.URL
		}
	case "Page.loadEventFired":
		b.loaded <- b.address
	case "Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled":
		b.mu.Lock()
		b.problems = append(b.problems, string(m.Params))
		b.mu.Unlock()
	}
}

// call fails the test if the browser reports an error. Result may be nil.
func (b *tab) call(result any, method string, params any) {
	b.t.Helper()
	raw, err := b.chrome.call(b.session, method, params)
	if err == nil && result != nil {
		err = json.Unmarshal(raw, result)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// load waits for the page that act opens. The blank page of a new tab may still
// be loading.
func (b *tab) load(act func()) {
	b.t.Helper()
	for len(b.loaded) > 0 {
		<-b.loaded
	}
	act()
	for late := time.After(browserTimeout); ; {
		select {
		case address := <-b.loaded:
			if strings.HasPrefix(address, "http") {
				return
			}
		case <-late:
			b.t.Fatal("no page was loaded")
		}
	}
}

func (b *tab) open(url string) {
	b.t.Helper()
	b.load(func() { b.call(nil, "Page.navigate", map[string]any{"url": url}) })
}

// value returns the value of a JavaScript expression on the page, as text.
func (b *tab) value(expression string) string {
	b.t.Helper()
	return b.evaluate(expression, false)
}

// promise returns the result of the promise that an expression is.
func (b *tab) promise(expression string) string {
	b.t.Helper()
	return b.evaluate(expression, true)
}

func (b *tab) evaluate(expression string, await bool) string {
	b.t.Helper()
	var v struct {
		Result           struct{ Value any }
		ExceptionDetails *struct{ Exception struct{ Description string } }
	}
	b.call(&v, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": await})
	if v.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, v.ExceptionDetails.Exception.Description)
	}
	return fmt.Sprint(v.Result.Value)
}

// press presses a key. text is the text that the key types.
func (b *tab) press(key, text string) {
	b.t.Helper()
	code := map[string]int{"Enter": 13, "/": 191, "Tab": 9}[key]
	for _, kind := range []string{"keyDown", "keyUp"} {
		params := map[string]any{"type": kind, "key": key, "windowsVirtualKeyCode": code}
		if kind == "keyDown" {
			params["text"] = text
		}
		b.call(nil, "Input.dispatchKeyEvent", params)
	}
}

func (b *tab) write(text string) {
	b.t.Helper()
	b.call(nil, "Input.insertText", map[string]any{"text": text})
}

// complaints returns the errors on the console.
func (b *tab) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.problems
}

// picture returns the whole page as a PNG.
func (b *tab) picture() []byte {
	b.t.Helper()
	var shot struct{ Data []byte }
	b.call(&shot, "Page.captureScreenshot", map[string]any{"captureBeyondViewport": true, "format": "png"})
	return shot.Data
}
