package config

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// A flag holds the text of a flag. Like the other layers, it is checked later,
// so that everything that is wrong is reported at once.
type flag struct {
	setting Setting
	given   []string // several for a list or names
}

func (f *flag) Set(text string) error {
	if f.setting.Kind != List && f.setting.Kind != Names {
		f.given = nil
	}
	f.given = append(f.given, text)
	return nil
}

// String returns "" for a secret, because pflag and cobra print values.
func (f *flag) String() string {
	if f.setting.Secret {
		return ""
	}
	return strings.Join(f.given, ",")
}

// Type returns the word for the value, for a help text that does not name it.
func (f *flag) Type() string {
	switch f.setting.Kind {
	case Text:
		return "string"
	case Switch:
		return "bool"
	}
	return string(f.setting.Kind)
}

// AddFlags adds a flag for each setting. The flags of secrets are hidden. They
// exist only so that they can be refused with a remedy.
func AddFlags(to *pflag.FlagSet) {
	for _, s := range table {
		f := &flag{setting: s}
		if s.Default != "" {
			f.given = []string{s.Default}
		}
		added := to.VarPF(f, s.Key, "", s.Help)
		added.Hidden = s.Secret
		if s.Kind == Switch {
			added.NoOptDefVal = "true"
		}
		f.given = nil
	}
}

// flags returns the layer of the command line.
func (l *loading) flags(set *pflag.FlagSet) values {
	v := values{}
	if set == nil {
		return v
	}
	set.Visit(func(changed *pflag.Flag) {
		f, ok := changed.Value.(*flag)
		if !ok {
			return // not a setting
		}
		where := "--" + changed.Name
		if f.setting.Secret {
			l.problems.add(f.setting.Key, where, errPlainSecret(f.setting, "other programs can read the command line"))
			return
		}
		l.take(v, f.setting, where, strings.Join(f.given, ","))
	})
	return v
}

// Completions returns what a shell offers for the value of a flag, except for
// files.
func (s Setting) Completions() []string {
	return slices.Concat(s.Choices, s.Suggest)
}

// IsFile reports whether the value of the setting names a file.
func (s Setting) IsFile() bool { return s.what() == "file" }

// IsFolder reports whether the value of the setting names a folder.
func (s Setting) IsFolder() bool { return s.what() == "folder" }
