package audit

import (
	"context"
	"log/slog"
)

// Lines writes events as lines of a log, with audit=true.
type Lines struct {
	Log *slog.Logger
	// Level is that of events with a key. An event without one names no caller,
	// and has slog.LevelDebug.
	Level slog.Level
}

// Ready implements Sink. A log may lose lines when nothing reads it; events that
// must not be lost go to a File.
func (l Lines) Ready() error { return nil }

// Write implements Sink.
func (l Lines) Write(ctx context.Context, events []Event) error {
	for _, e := range events {
		level := l.Level
		if e.Key == "" {
			level = slog.LevelDebug
		}
		if !l.Log.Enabled(ctx, level) {
			continue
		}
		attrs := []slog.Attr{slog.Bool("audit", true), slog.String("key", string(e.Key)), slog.String("action", e.Action), slog.String("outcome", e.Outcome)}
		for _, a := range []slog.Attr{
			slog.String("collection", string(e.Collection)), slog.String("document", string(e.Document)), slog.String("subject", string(e.Subject)),
		} {
			if a.Value.String() != "" {
				attrs = append(attrs, a)
			}
		}
		if e.Revision > 0 {
			attrs = append(attrs, slog.Uint64("revision", uint64(e.Revision)))
		}
		if len(e.Scopes) > 0 {
			attrs = append(attrs, slog.Any("scopes", e.Scopes))
		}
		l.Log.LogAttrs(ctx, level, "audit", attrs...) // the log adds time and request id
	}
	return nil
}
