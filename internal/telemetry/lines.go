package telemetry

import (
	"encoding/json"
	"io"
	"strconv"
	"time"

	"multivac"
)

// A lines writes all lines of the log. It may hold lines about requests back
// for a moment, so that several share a system call.
type lines struct {
	*Outlet
	delay time.Duration // 0: no line is held back
	fields
	waiting bool // a call of late is scheduled; guarded by the Outlet's mu
}

func newLines(w io.Writer, o Options) *lines {
	return &lines{Outlet: NewOutlet(w), delay: o.Delay, fields: newFields(o)}
}

const maxHeldBack = 32 << 10 // bytes

// Write holds a line until settle is called.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep(len(l.held), append(l.held, p...))
	return len(p), nil
}

// settle writes all held lines, and waits for it as an Outlet does.
func (l *lines) settle() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.start()
	l.wait()
}

// hold adds a line about a request.
func (l *lines) hold(a *access) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep(len(l.held), a.append(l.held, l.fields))
	switch {
	case l.delay == 0, a.severity != "INFO":
		l.start()
		l.wait()
	case len(l.held) >= maxHeldBack:
		l.start()
	case !l.waiting:
		l.waiting = true
		time.AfterFunc(l.delay, l.late)
	}
}

// late writes the lines that were held back.
func (l *lines) late() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = false
	l.start()
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

// append writes what slog.JSONHandler would, but faster: there is one line for
// each request.
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
	b = append(b, `,"responseSize":"`...) // Cloud Logging wants an int64 as a string
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
				quoted, _ := json.Marshal(whole) // a string can always be marshalled
				return append(b[:begin], quoted...)
			}
		}
		b = append(b, part...)
	}
	return append(b, '"')
}
