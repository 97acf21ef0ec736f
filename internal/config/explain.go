package config

import (
	"os"
	"slices"
	"strings"
	"time"
)

// An Explanation says what a setting is and which value each layer gives it.
// For a secret it only says whether there is one.
type Explanation struct {
	Key      string   `json:"key"`
	Value    any      `json:"value"` // the value that counts
	Where    string   `json:"where"` // the place that it is from
	Kind     Kind     `json:"kind"`
	Default  string   `json:"default,omitempty"` // as text
	Choices  []string `json:"choices,omitempty"`
	Variable string   `json:"variable"`
	Secret   bool     `json:"secret"`
	Live     bool     `json:"live"` // a change needs no restart
	Help     string   `json:"help"`
	Layers   []Source `json:"layers,omitempty"` // the highest layer first

	text string
}

// A Source is the value of a setting in one layer.
type Source struct {
	Layer string `json:"layer"`
	Value any    `json:"value,omitempty"` // nil if the layer has none
	Where string `json:"where,omitempty"`
	Wins  bool   `json:"wins"`

	text string
}

// Text returns the value as variables and flags have it.
func (e Explanation) Text() string { return e.text }

// Text returns the value as variables and flags have it.
func (s Source) Text() string { return s.text }

// Explain returns what is known about a setting. For an unknown one it returns
// an error that names the most similar key.
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

// List explains all settings, only with the layer that counts.
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

// wire returns a value as JSON has it.
func (s Setting) wire(g given) any {
	if s.Secret {
		return s.shown(g)
	}
	switch v := g.value.(type) {
	case time.Duration:
		return v.String()
	case []string:
		return append([]string{}, v...) // never null in JSON
	}
	return g.value
}

// Missing returns the files and folders that settings name and that do not
// exist, except for those that MultiVAC makes.
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

// made lists the settings of files that MultiVAC makes.
var made = []string{"admin-key-file", "audit-log"}

// isCompanion reports whether a setting names the file of a secret, which has
// already been read.
func isCompanion(key string) bool {
	secret, ok := strings.CutSuffix(key, fileSuffix)
	return ok && byKey[secret].Secret
}
