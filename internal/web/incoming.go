package web

import (
	"net/http"
	"net/url"
	"strings"

	"multivac"
)

// maxParameters is how many parameters a query may have.
const maxParameters = 100

// accept checks a request before its body is read. A client that waits for "100
// Continue" then does not send the body if the request is refused.
func accept(w http.ResponseWriter, r *http.Request, size int64) error {
	if r.ContentLength > size {
		w.Header().Set("Connection", "close")
		return multivac.Errorf(multivac.ErrTooLarge, "send it in several requests", "request of %d bytes is over the limit of %d", r.ContentLength, size)
	}
	return checkQuery(r.URL.RawQuery)
}

// checkQuery refuses a query that two readers could understand differently: one
// with a parameter twice, or with a parameter that cannot be read.
func checkQuery(query string) error {
	const remedy = "escape what stands in it, as curl --data-urlencode does"
	if strings.Contains(query, ";") || !wellEscaped(query) {
		return multivac.Errorf(multivac.ErrInvalid, remedy, "the query cannot be read")
	}
	pairs := strings.Count(query, "&")
	if pairs == 0 {
		return nil
	}
	if pairs >= maxParameters {
		return multivac.Errorf(multivac.ErrInvalid, "leave out what is not described", "the query has over %d parameters", maxParameters)
	}
	seen := make(map[string]bool, pairs+1)
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		switch {
		case err != nil:
			return multivac.Errorf(multivac.ErrInvalid, remedy, "the query cannot be read")
		case pair != "" && seen[name]:
			return multivac.Errorf(multivac.ErrInvalid, "leave one of them out", "query parameter %q is there twice", multivac.Clip(name, 40))
		}
		seen[name] = true
	}
	return nil
}

// wellEscaped reports whether each % of a query begins an escape.
func wellEscaped(query string) bool {
	for {
		at := strings.IndexByte(query, '%')
		if at < 0 {
			return true
		}
		if len(query) < at+3 || !isHex(query[at+1]) || !isHex(query[at+2]) {
			return false
		}
		query = query[at+3:]
	}
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
