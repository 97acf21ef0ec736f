// Package frontmatter reads the settings that site generators have in front of
// a page's text: YAML between lines of ---, TOML between +++, JSON between ;;;
// or as an object. It is pure.
package frontmatter

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"go.yaml.in/yaml/v3"

	"multivac"
)

// maxMatter is the most that front matter may have, in bytes. What is longer
// is text.
const maxMatter = 64 << 10

// maxContext is the longest context, in bytes.
const maxContext = 200

// maxValue is how many bytes of one setting are context, so that a long
// description leaves room for others.
const maxValue = 100

// Matter is what front matter says of a document.
type Matter struct {
	Title string // on one line, empty where it names none
	// Context is the rest that is worth finding, on one line, such as "owner:
	// north, severity: critical". It has no settings of the layout.
	Context string
}

// Split reads the front matter at the beginning of s, and returns where the
// text goes on after it: 0 where there is no front matter.
func Split(s string) (m Matter, end int) {
	const bom = "\ufeff"
	start := len(s) - len(strings.TrimPrefix(s, bom))
	body, size, syntax := cut(s[start:])
	if size == 0 {
		return Matter{}, 0
	}
	root, err := parse(body, syntax)
	if err != nil || root == nil {
		root = fromLines(body)
	}
	return read(root), start + size
}

// cut returns the front matter that s begins with, how many bytes it takes
// with its marks, and the mark. size is 0 where there is none.
func cut(s string) (body string, size int, mark string) {
	if strings.HasPrefix(s, "{") {
		return cutObject(s)
	}
	first, rest := line(s)
	mark = strings.TrimRight(first, " \t\r\n")
	if mark != "---" && mark != "+++" && mark != ";;;" {
		return "", 0, ""
	}
	second, _ := line(rest)
	if !strings.ContainsAny(second, ":=#{") {
		return "", 0, ""
	}
	for at := len(first); at < len(s) && at <= maxMatter; {
		l, _ := line(s[at:])
		if t := strings.TrimRight(l, " \t\r\n"); t == mark || mark == "---" && t == "..." {
			return s[len(first):at], at + len(l), mark
		}
		at += len(l)
	}
	return "", 0, ""
}

// cutObject cuts an object of JSON, which is front matter only where it names
// a title and text follows it: a document may be JSON itself.
func cutObject(s string) (body string, size int, mark string) {
	d := json.NewDecoder(strings.NewReader(s[:min(len(s), maxMatter)]))
	var object map[string]json.RawMessage
	if d.Decode(&object) != nil || object["title"] == nil {
		return "", 0, ""
	}
	size = int(d.InputOffset())
	if strings.TrimSpace(s[size:]) == "" || strings.TrimLeft(s[size:], " \t\r")[0] != '\n' {
		return "", 0, ""
	}
	return s[:size], size, "{"
}

// line returns the first line of s with its line end, and the rest.
func line(s string) (first, rest string) {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return s[:i+1], s[i+1:]
	}
	return s, ""
}

// parse returns the mapping that body holds. Aliases in it are not expanded.
func parse(body, mark string) (*yaml.Node, error) {
	if mark == "+++" {
		var settings map[string]any
		if err := toml.Unmarshal([]byte(body), &settings); err != nil {
			return nil, err
		}
		var out bytes.Buffer
		if err := yaml.NewEncoder(&out).Encode(settings); err != nil { // by key, since the order is lost
			return nil, err
		}
		body = out.String()
	}
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(body), &document); err != nil {
		return nil, err
	}
	if len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode {
		return nil, nil
	}
	return document.Content[0], nil
}

// fromLines reads what is no proper YAML or TOML line by line: each line of a
// name, a colon or an equals sign, and a value.
func fromLines(body string) *yaml.Node {
	root := &yaml.Node{Kind: yaml.MappingNode}
	for l := range strings.Lines(body) {
		i := strings.IndexAny(l, ":=")
		if i <= 0 || strings.ContainsAny(l[:1], " \t#-[") {
			continue
		}
		key, value := strings.TrimSpace(l[:i]), strings.TrimSpace(l[i+1:])
		if n := len(value); n > 1 && value[0] == value[n-1] && (value[0] == '"' || value[0] == '\'') {
			value = value[1 : n-1]
		}
		var scalar yaml.Node
		scalar.SetString(value)
		if isSwitch(value) {
			scalar.Tag = "!!bool"
		}
		root.Content = append(root.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, &scalar)
	}
	return root
}

func isSwitch(value string) bool {
	return strings.EqualFold(value, "true") || strings.EqualFold(value, "false")
}

// read returns what the settings say. It looks at a bounded number of them.
func read(root *yaml.Node) Matter {
	r := reader{left: maxNodes}
	for i := 0; i+1 < len(root.Content) && i < 2*maxNodes; i += 2 {
		if key, value := root.Content[i].Value, root.Content[i+1]; strings.EqualFold(key, "title") {
			r.title = oneLine(scalarText(value))
		}
	}
	r.mapping("", root, 0)
	return Matter{Title: r.title, Context: r.context.String()}
}

// maxNodes bounds the settings that are looked at, with those that aliases
// repeat; maxDepth how deep they are nested.
const (
	maxNodes = 1000
	maxDepth = 4
)

type reader struct {
	title   string
	context strings.Builder
	left    int // nodes
}

// mapping adds the settings of n, whose names come after prefix.
func (r *reader) mapping(prefix string, n *yaml.Node, depth int) {
	for i := 0; i+1 < len(n.Content) && r.left > 0; i += 2 {
		r.left--
		key, value := n.Content[i].Value, n.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if isLayout(key) || value == nil {
			continue
		}
		if key == "<<" { // merges another mapping into this one
			key = ""
		}
		name := strings.TrimSpace(prefix + " " + strings.NewReplacer("_", " ", "-", " ").Replace(key))
		switch value.Kind {
		case yaml.MappingNode:
			if depth < maxDepth {
				r.mapping(name, value, depth+1)
			}
		case yaml.SequenceNode:
			r.add(name, r.list(value, depth))
		case yaml.ScalarNode:
			if says(key, value) {
				r.add(name, scalarText(value))
			}
		}
	}
}

// list returns the values of a list, and of the lists and mappings in it.
func (r *reader) list(n *yaml.Node, depth int) string {
	var values []string
	size := 0
	for _, v := range n.Content {
		if r.left--; r.left < 0 || depth > maxDepth || size > maxValue {
			break
		}
		if v.Kind == yaml.AliasNode {
			v = v.Alias
		}
		text := ""
		switch v.Kind {
		case yaml.ScalarNode:
			if says("", v) {
				text = scalarText(v)
			}
		case yaml.SequenceNode:
			text = r.list(v, depth+1)
		case yaml.MappingNode:
			nested := &yaml.Node{}
			for i := 1; i < len(v.Content) && i < 2*maxNodes; i += 2 {
				nested.Content = append(nested.Content, v.Content[i])
			}
			text = r.list(nested, depth+1)
		}
		if text != "" {
			values = append(values, text)
			size += len(text)
		}
	}
	return strings.Join(values, " / ")
}

// add adds a setting to the context, if it fits.
func (r *reader) add(name, value string) {
	value = multivac.Clip(oneLine(value), maxValue)
	text := oneLine(name) + ": " + value
	if value == "" || value == r.title || r.context.Len()+len(", ")+len(text) > maxContext {
		return
	}
	if r.context.Len() > 0 {
		r.context.WriteString(", ")
	}
	r.context.WriteString(text)
}

// scalarText returns the text of a value; of a moment its day.
func scalarText(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode {
		return ""
	}
	if t := n.Value; n.ShortTag() == "!!timestamp" || len(t) > 10 && t[4] == '-' && t[7] == '-' && t[10] == 'T' {
		return t[:min(len(t), len("2006-01-02"))]
	}
	return n.Value
}

// says reports whether a value tells something about the text. Switches, paths,
// addresses, and numbers other than years and versions do not.
func says(key string, n *yaml.Node) bool {
	switch n.ShortTag() {
	case "!!bool", "!!null":
		return false
	case "!!int", "!!float":
		isYear := len(n.Value) == 4 && (strings.HasPrefix(n.Value, "19") || strings.HasPrefix(n.Value, "20"))
		return isYear || strings.Contains(strings.ToLower(key), "version")
	}
	t := n.Value
	return !strings.HasPrefix(t, "/") && !strings.HasPrefix(t, "./") && !strings.Contains(t, "://") && !strings.ContainsAny(t, "<>{}")
}

func oneLine(t string) string {
	t = strings.ReplaceAll(t, strings.TrimSpace(multivac.HeadingSeparator), ">")
	return strings.Join(strings.Fields(t), " ")
}

// layout are the settings of what a page looks like and where it stands on the
// site; those that end in * are beginnings of names.
var layout = strings.Fields(`title linktitle link_title weight layout slug draft toc* permalink aliases alias template id uid guid order nav* parent
	grand_parent has_* menu menus type sidebar* book* hide* show* comments cascade outputs url urls image* img icon* css js class* cover thumbnail
	banner math mermaid robots sitemap eleventy* pagination* prev next full_width exclude* custom_* redirect* lang language locale hreflang ms.* search*
	noindex theme head hero features params position pin sort* render* build private published enable* disable* no_* feature_image og* twitter* canonical*`)

func isLayout(key string) bool {
	key = strings.ToLower(key)
	for _, l := range layout {
		if begin, ok := strings.CutSuffix(l, "*"); key == l || ok && strings.HasPrefix(key, begin) {
			return true
		}
	}
	return false
}
