package multivac

import "context"

// An Origin is the request by which a piece of work was begun. It joins what
// the logs and traces of several processes say of it; nothing else depends on
// it, so it may be lost on the way.
type Origin struct {
	RequestID string // request_id in the logs
	Trace     string // W3C's traceparent: the span that the work belongs to
}

// WithOrigin returns ctx for work that o began.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return &originContext{ctx, o}
}

// OriginOf returns the origin of the work that ctx belongs to; the zero one
// where it is not known.
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
