// Package config reads settings from layers: defaults, settings files,
// variables, secret files and flags, each over the ones before. A table says
// what there is; each value remembers where it came from. It takes a secret
// from a file of its own only, and shows it nowhere.
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

// Files are the settings files, each over the ones before. The last one is for
// what one machine has of its own.
var Files = []string{"/etc/multivac/settings.toml", "settings.toml", "settings.local.toml"}

// Sources are where settings are read from.
type Sources struct {
	Files   []string       // of settings, each over the ones before
	Environ []string       // name=value
	Flags   *pflag.FlagSet // that AddFlags was called of; nil for none
}

// Here are the sources of a command.
func Here(flags *pflag.FlagSet) Sources {
	return Sources{Files: Files, Environ: os.Environ(), Flags: flags}
}

// A layer holds the values of one source.
type layer struct {
	name   string
	values values
}

// Loaded are settings with what is known about them.
type Loaded struct {
	Settings
	Environment string   // chosen by MULTIVAC_ENV; "" for default alone
	Warnings    Problems // what is worth a look and harms nothing

	layers []layer // each over the ones before
	read   [sha256.Size]byte
}

// Load reads all layers. Its error is Problems: everything that is wrong. What
// it returns beside is as good as could be read, for those who explain it.
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

// loading is what Load knows on its way.
type loading struct {
	*Loaded
	problems Problems
	sum      hash.Hash // of all that was read
	environ  map[string]string
	bad      []string // settings that are wrong by themselves
	astray   bool     // an environment is chosen that there is not
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
			panic(fmt.Sprintf("the default of %s: %v", s.Key, err)) // the table is wrong
		}
		v[s.Key] = given{value, "default"}
	}
	return v
}

var zero = map[Kind]any{Text: "", Switch: false, Number: 0, Share: 0.0, Duration: time.Duration(0), Bytes: int64(0), List: []string(nil), Names: map[string]string{}}

// files adds the layers of the settings files: what is default and what is the
// environment's.
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

// winner returns the value that counts and its layer.
func (l *Loaded) winner(key string) (given, string) {
	for _, layer := range slices.Backward(l.layers) {
		if g, ok := layer.values[key]; ok {
			return g, layer.name
		}
	}
	return given{}, ""
}

// where says where the value of a setting comes from.
func (l *Loaded) where(key string) string {
	g, _ := l.winner(key)
	return g.where
}

// A provider hands a layer to koanf.
type provider values

func (p provider) ReadBytes() ([]byte, error) { return nil, errors.ErrUnsupported }

func (p provider) Read() (map[string]any, error) {
	tree := map[string]any{}
	for key, g := range p {
		if isCompanion(key) {
			continue // the file's content is what counts
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

// decode puts the layers over each other and into Settings.
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
	if err != nil { // all values were checked; err may show them
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
