package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"multivac/internal/web"
	"multivac/internal/web/route"
)

// TestRoutesThatSayTooLittle checks that a server does not start with a route
// without a rule.
func TestRoutesThatSayTooLittle(t *testing.T) {
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	f := func(r route.Route, want string) {
		t.Helper()
		defer func() {
			if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
				t.Errorf("%+v: the server says %q, want %q", r, got, want)
			}
		}()
		newSite(t, func(o *web.Options) { o.Pages = []route.Route{r} })
	}
	f(route.Route{Pattern: "GET /ui/x", Handler: nothing}, `route "GET /ui/x" has no rule`)
	f(route.Route{Pattern: "GET /{$}", Handler: nothing}, `route "GET /{$}" has no rule`)
	f(route.Route{Pattern: "GET /ui/x", Rule: route.Open}, `route "GET /ui/x" has no handler`)
	f(route.Route{Pattern: "/ui/x", Rule: route.Open, Handler: nothing}, `route "/ui/x": the pattern is not METHOD /path`)
	f(route.Route{Pattern: "GET ui", Rule: route.Open, Handler: nothing}, `route "GET ui": the pattern is not METHOD /path`)
}

// TestAllRoutesHaveRules checks that all served routes are complete, and that
// none is there twice.
func TestAllRoutesHaveRules(t *testing.T) {
	var options web.Options
	newLocked(t, func(o *web.Options) { options = *o })
	all, admin := web.Routes(options)
	for _, routes := range [][]route.Route{all, admin} {
		seen := map[string]bool{}
		for _, r := range routes {
			if err := r.Check(); err != nil {
				t.Error(err)
			}
			if seen[r.Pattern] {
				t.Errorf("%s is there twice", r.Pattern)
			}
			seen[r.Pattern] = true
		}
	}
}
