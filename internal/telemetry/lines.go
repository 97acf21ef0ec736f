package telemetry

import (
	"encoding/json"
	"io"
	"strconv"
	"sync"
	"time"

	"multivac"
)

// A lines writes the log. Lines that come while others are written share the
// next call of the system, and lines about requests may be held back for a
// moment to share one, too; any other line is written when its call returns.
type lines struct {
	w     io.Writer
	delay time.Duration // 0: nothing is held back
	fields

	mu      sync.Mutex
	held    []byte
	spare   []byte    // takes the place of held while that is written
	added   int64     // bytes, ever
	written int64     // of them
	writing bool      // somebody does
	wrote   sync.Cond // on mu
	waiting bool      // flush will be called
}

func newLines(w io.Writer, o Options) *lines {
	l := &lines{w: w, delay: o.Delay, fields: newFields(o)}
	l.wrote.L = &l.mu
	return l
}

const enough = 32 << 10 // bytes that are not held back any longer

// Write holds lines until write is called.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = append(l.held, p...)
	l.added += int64(len(p))
	return len(p), nil
}

// hold adds a line about a request.
func (l *lines) hold(a *access) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := len(l.held)
	l.held = a.append(l.held, l.fields)
	l.added += int64(len(l.held) - before)
	switch {
	case l.delay == 0, len(l.held) >= enough, a.severity != "INFO":
		l.write()
	case !l.waiting:
		l.waiting = true
		time.AfterFunc(l.delay, l.flush)
	}
}

func (l *lines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = false
	l.write()
}

// write returns once all that is held now has been written. One writes what
// others hold, too. It is called with mu, which it gives up meanwhile.
func (l *lines) write() {
	for all := l.added; l.written < all; {
		if l.writing {
			l.wrote.Wait()
			continue
		}
		held, end := l.held, l.added
		l.held, l.writing = l.spare[:0], true
		l.mu.Unlock()
		_, _ = l.w.Write(held) // there is nowhere left to say that the log cannot be written
		l.mu.Lock()
		l.spare, l.written, l.writing = held, end, false
		l.wrote.Broadcast()
	}
}

// An access is a line about a request, with the fields of Cloud Logging's
// HttpRequest.
type access struct {
	time                        time.Time
	severity                    string
	method, path, agent, remote string
	protocol                    string
	origin                      multivac.Origin
	status                      int
	size                        int64
	took                        time.Duration
}

// append does by hand what slog.JSONHandler would, for there is one for each
// request.
func (a *access) append(b []byte, f fields) []byte {
	b = append(b, `{"time":"`...)
	b = a.time.AppendFormat(b, time.RFC3339Nano)
	b = append(append(b, `","severity":"`...), a.severity...)
	b = append(b, `","message":`...)
	b = appendString(b, a.method, " ", a.path, " ", strconv.Itoa(a.status))
	b = append(b, `,"httpRequest":{"requestMethod":`...)
	b = appendString(b, a.method)
	b = append(b, `,"requestUrl":`...)
	b = appendString(b, a.path)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(a.status), 10)
	b = append(b, `,"responseSize":"`...) // Cloud Logging wants int64 as a string
	b = strconv.AppendInt(b, a.size, 10)
	b = append(b, `","userAgent":`...)
	b = appendString(b, a.agent)
	b = append(b, `,"remoteIp":`...)
	b = appendString(b, a.remote)
	b = append(b, `,"latency":"`...)
	b = strconv.AppendFloat(b, a.took.Seconds(), 'f', 6, 64)
	b = append(b, `s","protocol":`...)
	b = appendString(b, a.protocol)
	b = append(b, '}')
	if a.origin.RequestID != "" {
		b = append(b, `,"request_id":`...)
		b = appendString(b, a.origin.RequestID)
	}
	if id, span, sampled := parts(a.origin.Trace); id != "" {
		b = append(b, `,"`+traceField+`":`...)
		b = appendString(b, f.traces, id)
		b = append(append(append(b, `,"`+spanField+`":"`...), span...), '"')
		b = strconv.AppendBool(append(b, `,"`+sampledField+`":`...), sampled)
	}
	if f.role != "" {
		b = append(b, `,"`+labelsField+`":{"role":`...)
		b = append(appendString(b, f.role), '}')
	}
	return append(b, "}\n"...)
}

// appendString appends the parts as one JSON string.
func appendString(b []byte, parts ...string) []byte {
	begin := len(b)
	b = append(b, '"')
	for _, part := range parts {
		for i := range len(part) {
			if c := part[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
				whole := ""
				for _, p := range parts {
					whole += p
				}
				quoted, _ := json.Marshal(whole) // a string always can be
				return append(b[:begin], quoted...)
			}
		}
		b = append(b, part...)
	}
	return append(b, '"')
}
