package admit

import (
	"net/http"

	"multivac"
	"multivac/internal/web/wire"
)

var crossOrigin = http.NewCrossOriginProtection()

var errCrossOrigin = multivac.Errorf(wire.ErrCrossOrigin, "send it from a page of this server, or from no browser", "the request comes from a page of another site")

// isForeign reports whether a page of another site has a browser send r, although
// r only reads: the browser hides the answer from that page, but the work would
// be done.
func isForeign(r *http.Request) bool {
	as := r.WithContext(r.Context())
	as.Method = http.MethodPost // the check passes every GET
	return crossOrigin.Check(as) != nil
}
