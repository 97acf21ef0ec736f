package telemetry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/term"

	"multivac"
)

// A Format is the form of log lines.
type Format string

const (
	Auto Format = "auto" // Text on a terminal, JSON elsewhere
	Text Format = "text" // for people; coloured on a terminal unless NO_COLOR is set
	JSON Format = "json" // one object per line, with the field names of Google's Cloud Logging
)

// newHandler returns the handler for o, the format that it uses, and the writer
// of its lines.
func newHandler(w io.Writer, o Options) (slog.Handler, Format, *lines) {
	level := o.Level
	if level == nil {
		level = slog.LevelInfo
	}
	terminal, l := isTerminal(w), newLines(w, o)
	format := Text
	if o.Format == JSON || o.Format != Text && !terminal {
		format = JSON
	}
	to := func(w io.Writer) slog.Handler {
		if format == Text {
			return newConsole(w, level, terminal && os.Getenv("NO_COLOR") == "")
		}
		var json slog.Handler = slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: cloudLogging})
		if l.role != "" {
			json = json.WithAttrs([]slog.Attr{slog.Group(labelsField, slog.String("role", l.role))})
		}
		return json
	}
	l.notice = func(lines int64) []byte {
		var b bytes.Buffer
		r := slog.NewRecord(time.Now(), slog.LevelWarn, "lines of the log were dropped: nobody read it, or it could not be written", 0)
		r.AddAttrs(slog.Int64("lines", lines))
		_ = to(&b).Handle(context.Background(), r) // into memory
		return b.Bytes()
	}
	return identified{to(l), l, format == JSON}, format, l
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr }) // a file, or a wrapper of one
	return ok && term.IsTerminal(int(f.Fd()))
}

// Field names that Cloud Logging looks for in a line of JSON, besides severity,
// message, time and httpRequest:
// https://cloud.google.com/logging/docs/structured-logging#structured_logging_special_fields
const (
	traceField   = "logging.googleapis.com/trace"
	spanField    = "logging.googleapis.com/spanId"
	sampledField = "logging.googleapis.com/trace_sampled"
	labelsField  = "logging.googleapis.com/labels"
)

// fields are the fields that all lines of JSON have.
type fields struct {
	role   string // "" if one process has all roles
	traces string // what Cloud Logging wants before the id of a trace
}

func newFields(o Options) fields {
	f := fields{role: o.Role}
	if o.TraceProject != "" {
		f.traces = "projects/" + o.TraceProject + "/traces/"
	}
	return f
}

// parts splits a traceparent. All parts of "" are empty.
func parts(traceparent string) (id, span string, sampled bool) {
	if len(traceparent) != traceparentLength {
		return "", "", false
	}
	return traceparent[3:35], traceparent[36:52], traceparent[54]&1 == 1
}

// cloudLogging renames slog's fields to those that Cloud Logging looks for, and
// a stack to the one that Error Reporting looks for.
func cloudLogging(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	switch a.Key {
	case slog.MessageKey:
		a.Key = "message"
	case slog.LevelKey:
		if level, ok := a.Value.Any().(slog.Level); ok {
			return slog.String("severity", severity(level))
		}
	case "stack":
		if a.Value.String() == "" {
			return slog.Attr{}
		}
		a.Key = "stack_trace"
	}
	return a
}

func severity(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "ERROR"
	case l >= slog.LevelWarn:
		return "WARNING"
	case l >= slog.LevelInfo:
		return "INFO"
	}
	return "DEBUG"
}

// identified adds the context's request id to each line, and its trace to lines
// of JSON. Then it has the lines written.
type identified struct {
	slog.Handler
	lines  *lines
	traced bool // the lines are JSON
}

func (h identified) Handle(ctx context.Context, r slog.Record) error {
	err := h.Handler.Handle(ctx, h.identify(multivac.OriginOf(ctx), r))
	h.lines.settle()
	return err
}

func (h identified) identify(o multivac.Origin, r slog.Record) slog.Record {
	if o == (multivac.Origin{}) {
		return r
	}
	r = r.Clone()
	if o.RequestID != "" {
		r.AddAttrs(slog.String("request_id", o.RequestID))
	}
	if id, span, sampled := parts(o.Trace); id != "" && h.traced {
		r.AddAttrs(slog.String(traceField, h.lines.traces+id), slog.String(spanField, span), slog.Bool(sampledField, sampled))
	}
	return r
}

func (h identified) WithAttrs(attrs []slog.Attr) slog.Handler {
	return identified{h.Handler.WithAttrs(attrs), h.lines, h.traced}
}

func (h identified) WithGroup(name string) slog.Handler {
	return identified{h.Handler.WithGroup(name), h.lines, h.traced}
}

// A console writes lines for people: "15:04:05 INFO message key=value". A
// slog.TextHandler writes the attributes into a buffer, which all handlers of
// one console share.
type console struct {
	attrs  slog.Handler
	colour bool
	shared *consoleOut
}

type consoleOut struct {
	mu   sync.Mutex
	w    io.Writer
	text bytes.Buffer // the attributes of the current record
	line bytes.Buffer
}

func newConsole(w io.Writer, level slog.Leveler, colour bool) *console {
	out := &consoleOut{w: w}
	return &console{attrs: slog.NewTextHandler(&out.text, &slog.HandlerOptions{Level: level}), colour: colour, shared: out}
}

func (c *console) Enabled(ctx context.Context, l slog.Level) bool { return c.attrs.Enabled(ctx, l) }

func (c *console) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &console{c.attrs.WithAttrs(attrs), c.colour, c.shared}
}

func (c *console) WithGroup(name string) slog.Handler {
	return &console{c.attrs.WithGroup(name), c.colour, c.shared}
}

const (
	dim    = "\x1b[2m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	cyan   = "\x1b[36m"
	plain  = "\x1b[0m"
)

var levelColours = map[string]string{"ERROR": red, "WARNING": yellow, "INFO": cyan, "DEBUG": dim}

func (c *console) Handle(ctx context.Context, r slog.Record) error {
	out := c.shared
	out.mu.Lock()
	defer out.mu.Unlock()
	attrs, err := c.format(ctx, r)
	if err != nil {
		return err
	}
	level := severity(r.Level)
	paint := func(colour, s string) string {
		if !c.colour || s == "" {
			return s
		}
		return colour + s + plain
	}
	out.line.Reset()
	fmt.Fprintf(&out.line, "%s %s %s", paint(dim, r.Time.Format(time.TimeOnly)),
		paint(levelColours[level], fmt.Sprintf("%-5s", strings.TrimSuffix(level, "ING"))), oneLine(r.Message))
	if attrs != "" {
		out.line.WriteString(" " + paint(dim, attrs))
	}
	out.line.WriteByte('\n')
	_, err = out.w.Write(out.line.Bytes())
	return err
}

// format returns the attributes as "key=value key=value". It cuts off the level
// and message that TextHandler writes before them.
func (c *console) format(ctx context.Context, r slog.Record) (string, error) {
	bare := slog.NewRecord(time.Time{}, r.Level, "", r.PC)
	r.Attrs(func(a slog.Attr) bool { bare.AddAttrs(a); return true })
	c.shared.text.Reset()
	err := c.attrs.Handle(ctx, bare)
	_, attrs, _ := strings.Cut(c.shared.text.String(), `msg=""`)
	return strings.TrimSpace(attrs), err
}

// oneLine escapes a message so that it cannot look like two lines or control a
// terminal.
func oneLine(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}
