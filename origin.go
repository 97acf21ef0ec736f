package multivac

import "context"

// An Origin is the request that began a piece of work. It connects the logs and
// traces of several processes. Nothing else depends on it, so it may get lost.
type Origin struct {
	RequestID string // request_id in the logs
	Trace     string // W3C traceparent of the span that the work belongs to
}

// WithOrigin returns a ctx for work that o began.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return &originContext{ctx, o}
}

// OriginOf returns the origin of the work that ctx belongs to, or the zero
// Origin.
func OriginOf(ctx context.Context) Origin {
	if o, ok := ctx.Value(originKey{}).(*Origin); ok {
		return *o
	}
	return Origin{}
}

type originKey struct{}

// An originContext is what context.WithValue would make in one piece instead of
// two, for there is one for each request.
type originContext struct {
	context.Context
	origin Origin
}

func (c *originContext) Value(key any) any {
	if _, ok := key.(originKey); ok {
		return &c.origin
	}
	return c.Context.Value(key)
}
