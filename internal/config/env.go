package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

const envVariable = prefix + "ENV"

// otherVariables begin with our prefix but are no settings. Commands that talk
// to a server use them, and tests do.
var otherVariables = []string{envVariable, prefix + "SERVER", prefix + "KEY", prefix + "KEY_FILE", prefix + "EVAL_DATA"}

const testVariables = prefix + "TEST_"

// serviceLink matches the variables that Kubernetes sets for each Service.
var serviceLink = regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)

// environ returns the variables with our prefix that are not empty.
func environ(all []string) map[string]string {
	m := map[string]string{}
	for _, one := range all {
		if name, value, _ := strings.Cut(one, "="); strings.HasPrefix(name, prefix) {
			m[name] = value
		}
	}
	maps.DeleteFunc(m, func(_, value string) bool { return value == "" })
	return m
}

// environment finds out which environment is chosen.
func (l *loading) environment() {
	name := l.environ[envVariable]
	switch {
	case name == "" || slices.Contains(Environments, name):
		l.Environment = name
	default:
		l.astray = true
		l.problems.add("", envVariable, wrong(oneOf(Environments, name), "there is no environment %s", quoted(name)))
	}
}

// variables returns the layer of the environment variables.
func (l *loading) variables() values {
	v, known := values{}, slices.Clone(otherVariables)
	for _, s := range table {
		name := s.Variable()
		known = append(known, name)
		text, given := l.environ[name]
		switch {
		case !given:
		case s.Secret:
			l.problems.add(s.Key, name, errPlainSecret(s, "other programs can read the environment"))
		default:
			l.take(v, s, name, text)
		}
	}
	l.warnOfUnknown(known)
	return v
}

// take adds the value in text to a layer.
func (l *loading) take(v values, s Setting, where, text string) {
	value, err := s.Kind.parse(text)
	if err == nil {
		err = s.check(value)
	}
	if err != nil {
		l.problems.add(s.Key, where, err)
		return
	}
	v[s.Key] = given{value, where}
}

func (l *loading) warnOfUnknown(known []string) {
	var links []string
	var names []string // without their prefix, which would make all names look alike
	for _, name := range known {
		names = append(names, strings.TrimPrefix(name, prefix))
	}
	for _, name := range slices.Sorted(maps.Keys(l.environ)) {
		shown := Name(name)
		switch {
		case shown != name:
			l.Warnings.add("", shown, wrong("write it as NAME=value", "no setting has this variable"))
		case slices.Contains(known, name) || strings.HasPrefix(name, testVariables):
		case serviceLink.MatchString(name):
			links = append(links, name)
		default:
			remedy := "`multivac config list` shows all settings"
			if near := Nearest(strings.TrimPrefix(name, prefix), names); near != "" {
				remedy = "did you mean " + prefix + near + "?"
			}
			l.Warnings.add("", name, wrong(remedy, "no setting has this variable"))
		}
	}
	if len(links) > 0 {
		l.Warnings.add("", strings.Join(links, ", "), wrong("write `enableServiceLinks: false` into the pod's spec to be rid of them",
			"these are no settings; Kubernetes sets them for Services whose names begin with multivac"))
	}
}

// errPlainSecret refuses a secret in a place that others can read.
func errPlainSecret(s Setting, reason string) error {
	named := s
	named.Key += fileSuffix
	return wrong("write it into a file that only multivac can read, and name that file with "+named.Variable()+" or "+named.Key+
		"; or call it "+s.Key+" in the folder that `secrets` names", "%s is a secret and not taken from here: %s", s.Key, reason)
}
