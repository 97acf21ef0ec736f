package config

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"multivac"
)

// A Kind is the type of a setting's value. Variables, flags and secret files
// have it as text, settings files as a type of TOML.
type Kind string

// The kinds, with their types in Go.
const (
	Text     Kind = "text"     // string
	Switch   Kind = "switch"   // bool
	Number   Kind = "number"   // int
	Share    Kind = "share"    // float64
	Duration Kind = "duration" // time.Duration; written 25ms, 5s, 2m
	Bytes    Kind = "bytes"    // int64; written 1048576 or 1MiB
	List     Kind = "list"     // []string; as text separated by commas
	Names    Kind = "names"    // map[string]string; as text name=value, separated by commas
)

// how says how a value of each kind is written.
var how = map[Kind]string{
	Text: "text", Switch: "true or false", Number: "a whole number", Share: "a number, such as 0.5",
	Duration: "a duration, such as 25ms, 5s or 2m", Bytes: "a number of bytes, such as 1048576 or 16MiB",
	List: "a list of texts", Names: "names with values, such as laws=strict",
}

// parse reads a value from text.
func (k Kind) parse(text string) (any, error) {
	var value any
	var err error
	switch k {
	case Text:
		return text, nil
	case Switch:
		value, err = strconv.ParseBool(text)
	case Number:
		value, err = strconv.Atoi(text)
	case Share:
		value, err = strconv.ParseFloat(text, 64)
	case Duration:
		value, err = time.ParseDuration(text)
	case Bytes:
		value, err = parseBytes(text)
	case List:
		return split(text), nil
	case Names:
		value, err = parseNames(text)
	}
	if err != nil {
		return nil, wrong("give it as "+how[k], "%s is not %s", quoted(text), how[k])
	}
	return value, nil
}

// take reads a value from TOML.
func (k Kind) take(value any) (any, error) {
	switch v := value.(type) {
	case string:
		if k == Text || k == Duration || k == Bytes {
			return k.parse(v)
		}
	case bool:
		if k == Switch {
			return v, nil
		}
	case int64:
		switch {
		case k == Number && v == int64(int(v)):
			return int(v), nil
		case k == Share:
			return float64(v), nil
		case k == Bytes:
			return v, nil
		}
	case float64:
		if k == Share {
			return v, nil
		}
	case []any:
		if texts, ok := allTexts(v); ok && k == List {
			return texts, nil
		}
	case map[string]any:
		if names, ok := allNames(v); ok && k == Names {
			return names, nil
		}
	}
	wants := how[k]
	if k == Duration || k == Bytes {
		wants += ", in quotes"
	}
	return nil, wrong("", "it wants %s, but %s is given", wants, tomlType(value))
}

func tomlType(value any) string {
	switch value.(type) {
	case string:
		return "text"
	case bool:
		return "true or false"
	case int64:
		return "a whole number"
	case float64:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return "a date"
}

func allTexts(list []any) (texts []string, ok bool) {
	texts = make([]string, len(list))
	for i, one := range list {
		if texts[i], ok = one.(string); !ok {
			return nil, false
		}
	}
	return texts, true
}

func allNames(table map[string]any) (map[string]string, bool) {
	names := make(map[string]string, len(table))
	for name, one := range table {
		text, ok := one.(string)
		if !ok {
			return nil, false
		}
		names[name] = text
	}
	return names, true
}

// split splits text at commas and drops empty parts.
func split(text string) []string {
	var parts []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

func parseNames(text string) (map[string]string, error) {
	names := map[string]string{}
	for _, part := range split(text) {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return nil, strconv.ErrSyntax
		}
		names[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return names, nil
}

var units = []struct {
	name string
	size int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}}

func parseBytes(text string) (int64, error) {
	size := int64(1)
	for _, u := range units {
		if number, ok := strings.CutSuffix(text, u.name); ok {
			text, size = strings.TrimSpace(number), u.size
			break
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil && (n > math.MaxInt64/size || n < math.MinInt64/size) {
		return 0, strconv.ErrRange
	}
	return n * size, err
}

// show writes a value as parse reads it.
func (k Kind) show(value any) string {
	switch v := value.(type) {
	case []string:
		return strings.Join(v, ",")
	case map[string]string:
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, name+"="+v[name])
		}
		return strings.Join(parts, ",")
	case int64:
		if k == Bytes && v > 0 {
			for _, u := range []int{2, 1, 0} {
				if v%units[u].size == 0 {
					return strconv.FormatInt(v/units[u].size, 10) + units[u].name
				}
			}
		}
	}
	return fmt.Sprint(value)
}

// quoted returns a value for a message, clipped. It does not show a value that
// may contain a password, such as an address with a name in front of its host.
func quoted(text string) string {
	if strings.Contains(text, "@") {
		return Redacted
	}
	return strconv.Quote(multivac.Clip(text, 80))
}
