package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// Environments are the sections of a settings file. The first one is always
// read, and the variable MULTIVAC_ENV chooses one of the others.
var Environments = []string{"default", "development", "testing", "production"}

// maxFile is the largest size of a settings file, in bytes.
const maxFile = 1 << 20

// A given is a value and the place that it is from.
type given struct {
	value any
	where string // file:line, variable or flag
}

// values are the values of a layer, by key.
type values map[string]given

// readRegular reads a file of up to most bytes. It returns no error for a file
// that does not exist. It refuses anything that is not a plain file.
func readRegular(path string, most int64) (content []byte, mode fs.FileMode, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, wrong("name a file", "it is no plain file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	content, err = io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(content)) > most {
		err = wrong("keep it smaller", "it has more than %d bytes", most)
	}
	return content, info.Mode(), err
}

// cannotRead returns an error without the name of the file, which the message
// already has in front.
func cannotRead(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("cannot read it: %w", path.Err)
	}
	return err
}

// A settingsFile is the content of a settings file.
type settingsFile struct {
	name         string
	environments map[string]values // by section
	problems     Problems
}

// parseFile reads TOML. After a mistake it goes on with the rest if it can.
func parseFile(name string, content []byte) *settingsFile {
	f := &settingsFile{name: name, environments: map[string]values{}}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	var document map[string]any
	if err := toml.Unmarshal(content, &document); err != nil {
		f.syntax(err)
		return f
	}
	lines := linesOf(content)
	top := map[string]any{}
	for key, value := range document {
		table, isTable := value.(map[string]any)
		if !slices.Contains(Environments, key) {
			top[key] = value
		} else if !isTable {
			f.problems.add(key, f.at(lines, key), wrong("begin it with ["+key+"]", "%s is an environment and wants a table", key))
		} else {
			f.walk(lines, key, "", table)
		}
	}
	f.walk(lines, "", "", top)
	return f
}

// syntax adds a problem at the place where TOML cannot be read. The problem
// does not quote the file, which may contain a secret.
func (f *settingsFile) syntax(err error) {
	where, message := f.name, "it cannot be read"
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		line, column := decode.Position()
		where = fmt.Sprintf("%s:%d", f.name, line)
		message = fmt.Sprintf("this is not TOML, in column %d", column)
		if key := strings.Join(decode.Key(), "."); key != "" {
			message = fmt.Sprintf("this is not TOML, at %q", Name(key))
		}
	}
	f.problems.add("", where, wrong("texts stand in quotes, and a key stands once", "%s", message))
}

// walk reads the settings of a table in a section. The section "" is the text
// before the first section; it is the same as default.
func (f *settingsFile) walk(lines map[string]int, section, path string, table map[string]any) {
	for name, value := range table {
		key, full := join(path, name), join(section, join(path, name))
		inner, isTable := value.(map[string]any)
		if s, known := byKey[key]; known {
			f.take(lines, section, full, s, value)
		} else if isTable && isSection(key) {
			f.walk(lines, section, key, inner)
		} else {
			f.problems.add(Name(key), f.at(lines, full), unknownKey(key, isTable, section == ""))
		}
	}
}

func (f *settingsFile) take(lines map[string]int, section, full string, s Setting, value any) {
	where := f.at(lines, full)
	if section == "" {
		section = Environments[0]
	}
	in := f.environments[section]
	if in == nil {
		in = values{}
		f.environments[section] = in
	}
	if s.Secret {
		f.problems.add(s.Key, where, errPlainSecret(s, "a settings file is for all to read"))
		return
	}
	if _, twice := in[s.Key]; twice {
		f.problems.add(s.Key, where, wrong("keep one of them", "%s stands twice, outside of all environments and in [default]", s.Key))
		return
	}
	taken, err := s.Kind.take(value)
	if err == nil {
		err = s.check(taken)
	}
	if err != nil {
		f.problems.add(s.Key, where, named(s.Key, err))
		return
	}
	in[s.Key] = given{taken, where}
}

// at returns file:line of a path, or of the table that contains it.
func (f *settingsFile) at(lines map[string]int, path string) string {
	for {
		if line, ok := lines[path]; ok {
			return fmt.Sprintf("%s:%d", f.name, line)
		}
		cut := strings.LastIndex(path, ".")
		if cut < 0 {
			return f.name
		}
		path = path[:cut]
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// named puts the key in front of an error about its value.
func named(key string, err error) error {
	var p Problems
	p.add(key, "", err)
	return wrong(p[0].Remedy, "%s: %s", key, p[0].Message)
}

// unknownKey returns an error that says what the author may have meant.
func unknownKey(key string, isTable, top bool) error {
	if isSection(key) {
		return wrong("begin it with ["+key+"]", "%s has settings in it and wants a table", key)
	}
	var candidates []string
	for _, s := range table {
		candidates = append(candidates, s.Key)
		for i := range s.Key {
			if s.Key[i] == '.' && !slices.Contains(candidates, s.Key[:i]) {
				candidates = append(candidates, s.Key[:i])
			}
		}
	}
	what := "setting"
	if top && isTable {
		what, candidates = "environment and no setting", append(slices.Clone(Environments), candidates...)
	}
	remedy := "`multivac config list` shows all"
	if near := cmp.Or(Nearest(key, candidates), ending(key)); near != "" {
		remedy = "did you mean " + near + "?"
	}
	return wrong(remedy, "there is no %s %q", what, Name(key))
}

// ending returns the only setting whose key ends like this one, or "" if there
// are none or several.
func ending(key string) (found string) {
	last := key[strings.LastIndex(key, ".")+1:]
	for _, s := range table {
		if strings.HasSuffix(s.Key, "."+last) {
			if found != "" {
				return ""
			}
			found = s.Key
		}
	}
	return found
}

// linesOf returns the line of each key and table in valid TOML.
func linesOf(content []byte) map[string]int {
	lines := map[string]int{}
	var p unstable.Parser
	p.Reset(content)
	table := ""
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = note(lines, &p, "", e.Key())
		case unstable.KeyValue:
			noteValue(lines, &p, table, e)
		}
	}
	return lines
}

func noteValue(lines map[string]int, p *unstable.Parser, table string, e *unstable.Node) {
	path := note(lines, p, table, e.Key())
	value := e.Value()
	if value.Kind != unstable.InlineTable {
		return
	}
	for in := value.Children(); in.Next(); {
		if n := in.Node(); n.Kind == unstable.KeyValue {
			noteValue(lines, p, path, n)
		}
	}
}

// note records the line of a key below a path, and returns the path of the key.
func note(lines map[string]int, p *unstable.Parser, path string, key unstable.Iterator) string {
	for key.Next() {
		n := key.Node()
		path = join(path, string(n.Data))
		if _, known := lines[path]; !known {
			lines[path] = p.Shape(n.Raw).Start.Line
		}
	}
	return path
}
