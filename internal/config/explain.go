package config

import (
	"os"
	"slices"
	"strings"
	"time"
)

// An Explanation says what a setting is, and what each layer says of it. Of a
// secret it says whether there is one.
type Explanation struct {
	Key      string   `json:"key"`
	Value    any      `json:"value"` // the one that counts
	Where    string   `json:"where"` // where that stands
	Kind     Kind     `json:"kind"`
	Default  string   `json:"default,omitempty"` // as text
	Choices  []string `json:"choices,omitempty"`
	Variable string   `json:"variable"`
	Secret   bool     `json:"secret"`
	Live     bool     `json:"live"` // a change needs no restart
	Help     string   `json:"help"`
	Layers   []Source `json:"layers,omitempty"` // the highest first

	text string
}

// A Source is what a layer says of a setting.
type Source struct {
	Layer string `json:"layer"`
	Value any    `json:"value,omitempty"` // nil where it says nothing
	Where string `json:"where,omitempty"`
	Wins  bool   `json:"wins"`

	text string
}

// Text is the value as a variable or flag has it.
func (e Explanation) Text() string { return e.text }

// Text is the value as a variable or flag has it.
func (s Source) Text() string { return s.text }

// Explain returns what is known about a setting, or an error with the nearest
// one.
func (l *Loaded) Explain(key string) (Explanation, error) {
	s, ok := byKey[key]
	if !ok {
		return Explanation{}, unknownKey(key, false, false)
	}
	e := l.explain(s)
	won := false
	for _, layer := range slices.Backward(l.layers) {
		g, ok := layer.values[s.Key]
		from := Source{Layer: layer.name, Wins: ok && !won}
		if ok {
			from.Where, from.Value, from.text = g.where, s.wire(g), s.shown(g)
			won = true
		}
		e.Layers = append(e.Layers, from)
	}
	return e, nil
}

// List explains all settings, without the layers that do not count.
func (l *Loaded) List() []Explanation {
	all := make([]Explanation, len(table))
	for i, s := range table {
		all[i] = l.explain(s)
	}
	return all
}

func (l *Loaded) explain(s Setting) Explanation {
	g, _ := l.winner(s.Key)
	return Explanation{Key: s.Key, Value: s.wire(g), Where: g.where, Kind: s.Kind, Default: s.Default, Choices: s.Choices, Variable: s.Variable(),
		Secret: s.Secret, Live: s.Live, Help: strings.ReplaceAll(s.Help, "`", ""), text: s.shown(g)}
}

// wire is a value as JSON has it.
func (s Setting) wire(g given) any {
	if s.Secret {
		return s.shown(g)
	}
	switch v := g.value.(type) {
	case time.Duration:
		return v.String()
	case []string:
		return append([]string{}, v...) // never null
	}
	return g.value
}

// Missing are the files and folders that settings name, that are not made if
// missing, and that are not there.
func (l *Loaded) Missing() (p Problems) {
	for _, s := range table {
		g, _ := l.winner(s.Key)
		if path, _ := g.value.(string); path != "" && s.IsFile() && !slices.Contains(made, s.Key) && !isCompanion(s.Key) {
			if f, err := os.Open(path); err != nil {
				p.addPath(s.Key, g, err)
			} else {
				f.Close()
			}
		}
	}
	return p
}

// made are files that MultiVAC makes.
var made = []string{"admin-key-file", "audit-log"}

// isCompanion says whether a setting names the file of a secret, which was
// read already.
func isCompanion(key string) bool {
	secret, ok := strings.CutSuffix(key, fileSuffix)
	return ok && byKey[secret].Secret
}
