package web_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"multivac/internal/web/wire"
)

type operation struct {
	OperationID string
	Parameters  []struct{ Name, In string }
	RequestBody struct{ Content map[string]any }
	Responses   map[string]struct {
		Description string
		Content     map[string]struct{ Schema map[string]any }
	}
}

type openAPI struct {
	OpenAPI    string
	Info       struct{ Title, Version string }
	Paths      map[string]map[string]operation
	Components struct {
		Schemas         map[string]any
		SecuritySchemes map[string]struct{ Type, Scheme string }
	}
	Security []map[string][]string
}

func TestOpenAPI(t *testing.T) {
	s := newSite(t)
	w := s.do("GET", "/api/v1/openapi.json", "")
	doc := read[openAPI](s, w, 200)
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") || doc.Info.Version != "1.2.3" || doc.Info.Title != "MultiVAC" {
		t.Errorf("got %q %+v", doc.OpenAPI, doc.Info)
	}
	// Each route, with the statuses that a client has to expect.
	f := func(method, path, statuses string) {
		t.Helper()
		op, ok := doc.Paths[path][method]
		if !ok {
			t.Errorf("%s %s is missing", method, path)
			return
		}
		if got := strings.Join(slices.Sorted(maps.Keys(op.Responses)), " "); got != statuses {
			t.Errorf("%s %s: got statuses %s, want %s", method, path, got, statuses)
		}
		for status, r := range op.Responses {
			if r.Description == "" || len(r.Content) == 0 {
				t.Errorf("%s %s %s: not described", method, path, status)
			}
			if _, ok := r.Content[wire.ProblemType]; !ok && status >= "400" && path+status != "/readyz503" {
				t.Errorf("%s %s %s: no problem", method, path, status)
			}
		}
		for _, name := range strings.Split(path, "/") {
			name, isParam := strings.CutPrefix(name, "{")
			name = strings.TrimSuffix(name, "}")
			if isParam && !slices.ContainsFunc(op.Parameters, func(p struct{ Name, In string }) bool { return p.Name == name && p.In == "path" }) {
				t.Errorf("%s %s: parameter %s is not described", method, path, name)
			}
		}
	}
	f("post", "/api/v1/documents", "202 400 401 403 408 413 415 429 500 503")
	f("get", "/api/v1/documents", "200 400 401 403 429 500 503")
	f("get", "/api/v1/documents/{id}", "200 400 401 403 404 429 500 503")
	f("delete", "/api/v1/documents/{id}", "200 400 401 403 404 429 500 503")
	f("get", "/api/v1/answer", "200 400 401 403 429 500 503")
	f("post", "/api/v1/answer", "200 400 401 403 408 413 415 429 500 503")
	f("get", "/api/v1/collections", "200 400 401 403 429 500 503")
	f("get", "/api/v1/collections/{collection}/datum", "200 400 401 403 404 429 500 503")
	f("put", "/api/v1/collections/{collection}/calibration", "200 400 401 403 408 413 415 429 500 503")
	f("get", "/api/v1/collections/{collection}/calibration", "200 400 401 403 404 429 500 503")
	f("delete", "/api/v1/collections/{collection}/calibration", "200 400 401 403 429 500 503")
	f("get", "/api/v1/positions/{position}", "200 400 401 403 429 500 503")
	f("get", "/api/v1/documents/{id}/original", "200 400 401 403 404 429 500 503")
	f("post", "/api/v1/documents/{id}/reread", "200 400 401 403 404 429 500 503")
	f("post", "/api/v1/documents/{id}/retry", "200 400 401 403 404 429 500 503")
	f("get", "/api/v1/export", "200 400 401 403 429 500 503")
	f("post", "/api/v1/import", "200 400 401 403 408 413 415 429 500 503")
	f("get", "/api/v1/doctor", "200 400 401 403 429 500 503")
	f("post", "/api/v1/keys", "200 400 401 403 408 413 415 429 500 503")
	f("get", "/api/v1/keys", "200 400 401 403 429 500 503")
	f("delete", "/api/v1/keys/{id}", "200 400 401 403 404 429 500 503")
	f("get", "/livez", "200")
	f("get", "/readyz", "200 401 429 503")
	f("get", "/metrics", "200 401 429")
	f("get", "/", "200 401 429")
	f("get", "/multivac", "200 400 401 403 429 500 503")
	f("post", "/multivac/data", "200 400 401 403 408 413 415 429 500 503")

	seen := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if seen[op.OperationID] || op.OperationID == "" {
				t.Errorf("%s %s: operationId %q is not its own", method, path, op.OperationID)
			}
			seen[op.OperationID] = true
		}
	}
	if len(seen) != 27 {
		t.Errorf("got %d operations, want 27", len(seen))
	}
	for _, mediaType := range []string{"application/json", "application/x-ndjson", "multipart/form-data", "text/markdown", "text/plain", "text/html", "text/csv"} {
		if _, ok := doc.Paths["/api/v1/documents"]["post"].RequestBody.Content[mediaType]; !ok {
			t.Errorf("telling in %s is not described", mediaType)
		}
	}
	if got := doc.Components.SecuritySchemes["key"]; got.Type != "http" || got.Scheme != "bearer" || len(doc.Security) == 0 || doc.Security[0]["key"] == nil {
		t.Errorf("keys are not described: %+v, %v", got, doc.Security)
	}
	references(t, w.Body.Bytes(), doc.Components.Schemas)
}

// references checks that each $ref leads somewhere.
func references(t *testing.T, document []byte, schemas map[string]any) {
	t.Helper()
	var v any
	if err := json.Unmarshal(document, &v); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok && schemas[strings.TrimPrefix(ref, "#/components/schemas/")] == nil {
				t.Errorf("%s leads nowhere", ref)
			}
			for _, v := range v {
				walk(v)
			}
		case []any:
			for _, v := range v {
				walk(v)
			}
		}
	}
	walk(v)
	for _, name := range []string{"Answer", "Document", "Page", "Problem", "Receipt", "Receipts", "Telling", "Status"} {
		if schemas[name] == nil {
			t.Errorf("schema %s is missing", name)
		}
	}
}

func TestOpenAPIInYAML(t *testing.T) {
	w := newSite(t).do("GET", "/api/v1/openapi.yaml", "")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "\nopenapi: 3.1.0\n") {
		t.Errorf("got %d %.300s", w.Code, w.Body)
	}
}

// The page loads nothing from other servers, its style conforms to its own
// policy, and the type of each problem leads to its line.
func TestDocsPage(t *testing.T) {
	w := newSite(t).do("GET", "/api/v1/docs", "", "Accept: text/html")
	page := w.Body.String()
	for _, bad := range []string{"://", "<script", "ZgotmplZ"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	_, style, _ := strings.Cut(page, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	hash := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, hash) {
		t.Errorf("policy %q does not allow the style %s", policy, hash)
	}
	for _, k := range wire.Kinds {
		if !strings.Contains(page, fmt.Sprintf(`id="%s"`, k.Name)) {
			t.Errorf("problem %s is not explained", k.Name)
		}
	}
	for _, want := range []string{"POST /api/v1/documents", "GET /api/v1/answer", "wait", "application/x-ndjson"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not tell of %q", want)
		}
	}
}
