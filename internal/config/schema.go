package config

import (
	"maps"
	"strings"
)

// Schema returns a JSON schema of settings files, for editors.
func Schema() map[string]any {
	settings := object()
	for _, s := range table {
		if !s.Secret { // a settings file may not contain a secret
			place(settings, s)
		}
	}
	top := object()
	top["$schema"] = "http://json-schema.org/draft-07/schema#"
	top["title"] = "Settings of MultiVAC"
	properties := maps.Clone(settings["properties"].(map[string]any))
	for _, e := range Environments {
		properties[e] = map[string]any{"$ref": "#/definitions/settings"}
	}
	top["properties"] = properties
	top["definitions"] = map[string]any{"settings": settings}
	return top
}

func object() map[string]any {
	return map[string]any{"type": "object", "additionalProperties": false, "properties": map[string]any{}}
}

// place puts a setting into the schema of a table or of one of its tables.
func place(in map[string]any, s Setting) {
	path := strings.Split(s.Key, ".")
	for _, name := range path[:len(path)-1] {
		properties := in["properties"].(map[string]any)
		if properties[name] == nil {
			properties[name] = object()
		}
		in = properties[name].(map[string]any)
	}
	in["properties"].(map[string]any)[path[len(path)-1]] = s.schema()
}

func (s Setting) schema() map[string]any {
	text := map[string]any{"type": "string"}
	m := map[Kind]map[string]any{
		Text: text, Switch: {"type": "boolean"}, Number: {"type": "integer"}, Share: {"type": "number", "minimum": 0, "maximum": 1},
		Duration: {"type": "string", "pattern": `^([0-9.]+(ns|us|µs|ms|s|m|h))+$`}, Bytes: {"anyOf": []any{map[string]any{"type": "integer"}, text}},
		List: {"type": "array", "items": text}, Names: {"type": "object", "additionalProperties": text},
	}[s.Kind]
	m["description"] = strings.ReplaceAll(s.Help, "`", "")
	if len(s.Choices) > 0 {
		m["enum"] = s.Choices
	}
	if s.Default != "" {
		value, err := s.Kind.parse(s.Default)
		if err == nil && s.Kind != Duration && s.Kind != Bytes {
			m["default"] = value
		} else {
			m["default"] = s.Default
		}
	}
	return m
}
