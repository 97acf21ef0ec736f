package ui

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"multivac"
	"multivac/internal/web/route"
)

// How many collections a page lists at most.
const (
	maxListed = 50  // to choose one
	maxFound  = 100 // to look for one
)

var collectionsPages = page{name: "collections", pattern: "GET /ui/collections", rule: route.AnyKey, serve: (*Site).collections}

// A collectionsPage lists collections to ask.
type collectionsPage struct {
	frame
	Find    string
	Found   int // how many have Find in their names
	All     int
	Listed  []multivac.Collection // the largest of those found
	Problem *problem
}

// collections serves the page to look for a collection.
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
