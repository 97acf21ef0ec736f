package openapi

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.css
var docsStyle string

// A section is an operation as the page shows it.
type section struct {
	Method string
	*huma.Operation
	Sends, Statuses []string
}

// docs serves a page of all routes and problems. It needs no script and loads
// nothing from other servers. The type of a problem is the address of a line on
// it.
func docs(document *huma.OpenAPI) http.HandlerFunc {
	page := sync.OnceValue(func() []byte {
		var b bytes.Buffer
		_ = docsPage(document.Info, sections(document)).Render(&b) // only writing can fail, and a buffer never does
		return b.Bytes()
	})
	sum := sha256.Sum256([]byte(docsStyle))
	policy := "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		w.Write(page())
	}
}

// sections returns the operations, those under /api/v1 first, grouped by path.
func sections(document *huma.OpenAPI) []section {
	var all []section
	for _, item := range document.Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "DELETE": item.Delete} {
			if op == nil {
				continue
			}
			r := section{Method: method, Operation: op, Statuses: slices.Sorted(maps.Keys(op.Responses))}
			if op.RequestBody != nil {
				r.Sends = slices.Sorted(maps.Keys(op.RequestBody.Content))
			}
			all = append(all, r)
		}
	}
	other := func(r section) int {
		if strings.HasPrefix(r.Path, "/api/") {
			return 0
		}
		return 1
	}
	slices.SortFunc(all, func(a, b section) int {
		return cmp.Or(cmp.Compare(other(a), other(b)), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return all
}
