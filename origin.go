package multivac

import "context"

// An Origin is the request that began a piece of work. It connects the logs and
// traces of several processes. Nothing else depends on it, so it may be lost on
// the way.
type Origin struct {
	RequestID string // request_id in the logs
	Trace     string // W3C's traceparent: the span that the work belongs to
}

// WithOrigin returns ctx for work that o began.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginOf returns the origin of the work that ctx belongs to, or the zero
// value if it is not known.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

type originKey struct{}
