package config

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// The schema allows what Load accepts. It refuses the names and kinds that Load
// refuses.
func TestSchema(t *testing.T) {
	text, err := json.Marshal(Schema())
	if err != nil {
		t.Fatal(err)
	}
	var top map[string]any
	if err := json.Unmarshal(text, &top); err != nil {
		t.Fatal(err)
	}
	// Huma's validator reads schemas without references.
	settings := top["definitions"].(map[string]any)["settings"]
	for _, e := range Environments {
		if ref := top["properties"].(map[string]any)[e].(map[string]any)["$ref"]; ref != "#/definitions/settings" {
			t.Errorf("%s is %v", e, ref)
		}
	}
	text, err = json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	var schema huma.Schema
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	prepare(&schema)
	f := func(document string, allowed bool) {
		t.Helper()
		var value any
		if err := json.Unmarshal([]byte(document), &value); err != nil {
			t.Fatal(err)
		}
		var result huma.ValidateResult
		huma.Validate(huma.NewMapRegistry("#/", huma.DefaultSchemaNamer), &schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, value, &result)
		if (len(result.Errors) == 0) != allowed {
			t.Errorf("%s: %v, want allowed to be %t", document, result.Errors, allowed)
		}
	}
	f(`{}`, true)
	f(`{"listen": ":1", "open": true, "workers": 3, "stop": "strict", "collection-stop": {"laws": "eager"}}`, true)
	f(`{"store": {"mongodb": {"uri": "mongodb://db", "password-file": "x"}}, "cache": {"addrs": ["a:1"], "timeout": "25ms"}, "traces": {"sample": 0.5}}`, true)
	f(`{"listen": 1}`, false)
	f(`{"stop": "sure"}`, false)
	f(`{"wrokers": 3}`, false)
	f(`{"store": {"mongodb": {"url": "x"}}}`, false)
	f(`{"queue": {"password": "x"}}`, false)
	f(`{"cache": {"addrs": "a:1"}}`, false)
	f(`{"traces": {"sample": 2}}`, false)
	for _, s := range table {
		if !s.Secret && !strings.Contains(string(text), `"`+s.Key[strings.LastIndex(s.Key, ".")+1:]+`"`) {
			t.Errorf("the schema has no %s", s.Key)
		}
	}
}

// prepare prepares a schema as huma prepares its own.
func prepare(s *huma.Schema) {
	for _, p := range s.Properties {
		prepare(p)
	}
	if s.Items != nil {
		prepare(s.Items)
	}
	s.PrecomputeMessages()
}
