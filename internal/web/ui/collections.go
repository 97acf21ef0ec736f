package ui

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"multivac"
	"multivac/internal/web/route"
)

// How many collections a page lists, so that it stays small however many there are.
const (
	maxListed = 50  // where one is chosen
	maxFound  = 100 // where they are looked for
)

var collectionsPages = page{name: "collections", pattern: "GET /ui/collections", rule: route.AnyKey, serve: (*Site).collections}

// A collectionsPage lists collections to ask.
type collectionsPage struct {
	frame
	Find    string
	Found   int // whose names have Find in them
	All     int
	Listed  []multivac.Collection // of those found, the largest
	Problem *problem
}

// collections serves the page on which a collection is looked for.
func (s *Site) collections(w http.ResponseWriter, r *http.Request) {
	page := collectionsPage{frame: newFrame(r), Find: strings.TrimSpace(r.URL.Query().Get("find"))}
	status, err := s.library.Status(r.Context())
	code := http.StatusOK
	if err != nil {
		code, page.Problem = s.fail(w, r, err)
	}
	found := slices.DeleteFunc(slices.Clone(status.Collections), func(c multivac.Collection) bool {
		return !strings.Contains(string(c.Name), strings.ToLower(page.Find))
	})
	page.All, page.Found, page.Listed = len(status.Collections), len(found), largest(found, maxFound)
	render(w, code, page.html())
}

// largest returns the n collections with the most documents, the largest first.
func largest(all []multivac.Collection, n int) []multivac.Collection {
	sorted := slices.SortedStableFunc(slices.Values(all), func(a, b multivac.Collection) int {
		return cmp.Or(cmp.Compare(b.Documents, a.Documents), cmp.Compare(a.Name, b.Name))
	})
	return sorted[:min(n, len(sorted))]
}
