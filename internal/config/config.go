// Package config reads settings from layers: defaults, settings files,
// variables, secret files and flags. Each layer overrides the ones before. A
// table lists all settings, and each value remembers where it came from. The
// package reads a secret only from a file of its own, and never shows it.
package config

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

// Files are the settings files. Each overrides the ones before. The last one is
// for settings of one machine.
var Files = []string{"/etc/multivac/settings.toml", "settings.toml", "settings.local.toml"}

// Sources are the places that settings are read from.
type Sources struct {
	Files   []string       // settings files; each overrides the ones before
	Environ []string       // name=value
	Flags   *pflag.FlagSet // after AddFlags; nil for none
}

// Here returns the sources of a command.
func Here(flags *pflag.FlagSet) Sources {
	return Sources{Files: Files, Environ: os.Environ(), Flags: flags}
}

// A layer holds the values of one source.
type layer struct {
	name   string
	values values
}

// Loaded is the settings and what is known about them.
type Loaded struct {
	Settings
	Environment string   // from MULTIVAC_ENV; "" for default alone
	Warnings    Problems // harmless, but worth a look

	layers []layer // each overrides the ones before
	read   [sha256.Size]byte
}

// Load reads all layers. Its error is of type Problems and has everything that
// is wrong. In that case, too, it returns what it could read, for commands that
// explain settings.
func Load(from Sources) (*Loaded, error) { return read(from).finish() }

// read reads the layers.
func read(from Sources) *loading {
	l := &loading{Loaded: &Loaded{}, sum: sha256.New(), environ: environ(from.Environ)}
	l.environment()
	l.add("default", defaults())
	l.files(from.Files)
	l.add("environment", l.variables())
	flags := l.flags(from.Flags)
	l.add("secret files", l.secretFiles(flags))
	l.add("flags", flags)
	l.Loaded.read = [sha256.Size]byte(l.sum.Sum(nil))
	return l
}

// finish makes settings of the layers.
func (l *loading) finish() (*Loaded, error) {
	l.Settings = decode(l.layers)
	l.crossCheck()
	if len(l.problems) > 0 {
		return l.Loaded, ordered(l.problems)
	}
	return l.Loaded, nil
}

// loading is the state of a Load.
type loading struct {
	*Loaded
	problems Problems
	sum      hash.Hash // of everything that was read
	environ  map[string]string
	bad      []string // settings that are wrong by themselves
	astray   bool     // the chosen environment does not exist
}

func (l *loading) add(name string, v values) {
	l.layers = append(l.layers, layer{name, v})
}

func defaults() values {
	v := values{}
	for _, s := range table {
		text := s.Default
		if text == "" {
			v[s.Key] = given{zero[s.Kind], "default"}
			continue
		}
		value, err := s.Kind.parse(text)
		if err != nil {
			panic(fmt.Sprintf("the default of %s: %v", s.Key, err)) // a mistake in the table
		}
		v[s.Key] = given{value, "default"}
	}
	return v
}

var zero = map[Kind]any{Text: "", Switch: false, Number: 0, Share: 0.0, Duration: time.Duration(0), Bytes: int64(0), List: []string(nil), Names: map[string]string{}}

// files adds the layers of the settings files: for each, the section default
// and the section of the environment.
func (l *loading) files(names []string) {
	var others []string
	for _, name := range names {
		content, _, err := readRegular(name, maxFile)
		fmt.Fprintf(l.sum, "%q %q %v\n", name, content, err)
		f := &settingsFile{name: name}
		if err == nil {
			f = parseFile(name, content)
		} else if !errors.Is(err, fs.ErrNotExist) {
			f.problems.add("", name, cannotRead(err))
		}
		l.problems = append(l.problems, f.problems...)
		l.add(name, f.environments[Environments[0]])
		if l.Environment != "" && l.Environment != Environments[0] {
			l.add(name+" ["+l.Environment+"]", f.environments[l.Environment])
		}
		for _, e := range Environments[1:] {
			if len(f.environments[e]) > 0 {
				others = append(others, "["+e+"] of "+name)
			}
		}
	}
	if l.Environment == "" && len(others) > 0 {
		l.Warnings = append(l.Warnings, Problem{Where: envVariable, Message: "no environment is chosen, so that these are not read: " + strings.Join(others, ", "),
			Remedy: "set " + envVariable + " to one of them, or to default"})
	}
}

// winner returns the value that counts and the layer that it is from.
func (l *Loaded) winner(key string) (given, string) {
	for _, layer := range slices.Backward(l.layers) {
		if g, ok := layer.values[key]; ok {
			return g, layer.name
		}
	}
	return given{}, ""
}

// where says which place the value of a setting is from.
func (l *Loaded) where(key string) string {
	g, _ := l.winner(key)
	return g.where
}

// A provider passes a layer to koanf.
type provider values

func (p provider) ReadBytes() ([]byte, error) { return nil, errors.ErrUnsupported }

func (p provider) Read() (map[string]any, error) {
	tree := map[string]any{}
	for key, g := range p {
		if isCompanion(key) {
			continue // the content of the file counts, not its name
		}
		at := tree
		path := strings.Split(key, ".")
		for _, name := range path[:len(path)-1] {
			next, ok := at[name].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[name] = next
			}
			at = next
		}
		at[path[len(path)-1]] = g.value
	}
	return tree, nil
}

// decode merges the layers into Settings.
func decode(layers []layer) (s Settings) {
	k := koanf.New(".")
	var err error
	for _, layer := range layers {
		if err == nil {
			err = k.Load(provider(layer.values), nil)
		}
	}
	if err == nil {
		err = k.UnmarshalWithConf("", &s, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
			TagName: "koanf", ErrorUnused: true, DecodeHook: toSecret,
		}})
	}
	if err != nil { // cannot happen, since all values were checked; err may contain values
		panic("the table of settings does not fit the struct that it is decoded into")
	}
	return s
}

func toSecret(_, to reflect.Type, value any) (any, error) {
	if text, ok := value.(string); ok && to == reflect.TypeFor[Secret]() {
		return NewSecret(text), nil
	}
	return value, nil
}
