package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// sesame is the secret in the tests.
const sesame = "open-sesame-4711"

// hides fails if shown contains the secret.
func hides(t testing.TB, what, shown string) {
	t.Helper()
	for _, s := range []string{sesame, fmt.Sprintf("%x", sesame), strings.ReplaceAll(fmt.Sprint([]byte(sesame)), "[", "")} {
		if i := strings.Index(shown, s); i >= 0 {
			t.Errorf("%s shows the secret: %q", what, shown[max(0, i-200):min(len(shown), i+len(s)+100)])
		}
	}
}

func TestSecretIsNotShown(t *testing.T) {
	type inner struct{ hidden Secret }
	s := NewSecret(sesame)
	for what, value := range map[string]any{
		"itself": s, "a pointer": &s, "a struct": struct{ Password Secret }{s}, "an unexported field": inner{s}, "a map": map[string]Secret{"a": s},
		"a slice": []Secret{s}, "settings": Settings{Queue: Queue{Redis: Redis{Password: s}}}, "an error": fmt.Errorf("cannot sign in with %v", s),
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%t", "%20s", "%-5.3v"} {
			hides(t, what+" as "+verb, fmt.Sprintf(verb, value))
		}
		if text, err := json.Marshal(value); err == nil {
			hides(t, what+" as JSON", string(text))
		}
		var log bytes.Buffer
		for _, h := range []slog.Handler{slog.NewJSONHandler(&log, nil), slog.NewTextHandler(&log, nil)} {
			slog.New(h).Info("m", "value", value)
		}
		hides(t, what+" in a log", log.String())
		func() {
			defer func() { hides(t, what+" in a panic", fmt.Sprint(recover())) }()
			panic(value)
		}()
	}
	for verb, want := range map[string]string{"%v": "<redacted>", "%q": `"<redacted>"`, "%x": "<redacted>"} {
		if got := fmt.Sprintf(verb, s); got != want {
			t.Errorf("%s is %s, want %s", verb, got, want)
		}
	}
	if s.Reveal() != sesame {
		t.Errorf("got %q", s.Reveal())
	}
	if none := NewSecret(""); none.String() != "" || none.Reveal() != "" {
		t.Error("none is shown as one")
	}
}

// A secret in a place that others can read is refused, and the refusal does not
// contain it.
func TestPlainSecretsAreRefused(t *testing.T) {
	f := func(toml, environ string, args []string, want ...string) {
		t.Helper()
		file := write(t, t.TempDir(), "settings.toml", toml)
		l, err := Load(Sources{Files: []string{file}, Environ: strings.Fields(environ), Flags: flags(t, args...)})
		if err == nil {
			t.Fatalf("%q %q %q is taken", toml, environ, args)
		}
		hides(t, "the error", err.Error())
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("got %v, want %q", err, w)
			}
		}
		everything, _ := json.Marshal(l.List())
		hides(t, "the list", string(everything)+fmt.Sprintf("%+v", l.Settings))
	}
	remedy := "name that file with MULTIVAC_QUEUE__PASSWORD_FILE or queue.password-file; or call it queue.password in the folder"
	f("\n[queue]\npassword = '"+sesame+"'\n", "", nil, "settings.toml:3: queue.password is a secret", remedy)
	f("", "MULTIVAC_QUEUE__PASSWORD="+sesame, nil, "MULTIVAC_QUEUE__PASSWORD: queue.password is a secret", remedy)
	f("", "", []string{"--queue.password", sesame}, "--queue.password: queue.password is a secret", remedy)
	f("", "", []string{"--store.mongodb.uri", "mongodb://user:" + sesame + "@db/x"}, "it has a password in it", "config explain")
	f("", "", []string{"--store.mongodb.uri", "mongodb://user:p@ss/" + sesame + "@db/x"}, "it has a password in it")
	f("", "", []string{"--store.mongodb.uri", "mongodb://db/?tlsCertificateKeyFilePassword=" + sesame}, "holds a secret")
	f("", "", []string{"--store.mongodb.uri", "mongodb://db/?authMechanismProperties=AWS_SESSION_TOKEN:" + sesame}, "holds a secret")
	f("store.mongodb.uri = 'mongodb://user:"+sesame+"@db'", "", nil, "settings.toml:1: store.mongodb.uri: it has a password in it")
	f("", "MULTIVAC_STORE__MONGODB__URI=mysql://user:"+sesame+"@db", nil, "it has a password in it")
	f("", "MULTIVAC_STORE__MONGODB__DATABASE=mongodb://user:"+sesame+"@db/multivac", nil, "it has a password in it")
	f("", "MULTIVAC_QUEUE__ADDR=redis://user:"+sesame+"@db:1", nil, "it has a password in it")
	f("", "MULTIVAC_CACHE__ADDRS=user:"+sesame+"@db:1", nil, "no password")
	f("", "MULTIVAC_TRACES__ENDPOINT=https://user:"+sesame+"@db:1", nil, "it has a password in it")
	f("[queue]\npassword = '"+sesame+"\n", "", nil, "this is not TOML")
	f("[queue]\npassword = "+sesame+"\n", "", nil, "this is not TOML")
	f("[queue]\npasword = '"+sesame+"'\n", "", nil, "did you mean queue.password?")
	f("[queue]\n'password:"+sesame+"' = ''\n", "", nil, `there is no setting "queue.password…"`)
}

func TestSecretFiles(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "secrets")
	write(t, folder, "queue.password", "from the folder")
	write(t, folder, "cache.password", sesame+"\r\n")
	write(t, folder, "store.mongodb.username", "multivac\n")
	write(t, folder, "tls.crt", "a certificate")
	write(t, folder, ".hidden", "x")
	named := write(t, dir, "named", sesame+"\n")
	l, err := Load(Sources{Environ: []string{"MULTIVAC_QUEUE__PASSWORD_FILE=" + named}, Flags: flags(t, "--secrets", folder)})
	if err != nil {
		t.Fatal(err)
	}
	if l.Queue.Password.Reveal() != sesame || l.Cache.Password.Reveal() != sesame || l.Store.MongoDB.Username != "multivac" || len(l.Warnings) > 0 {
		t.Errorf("got %q, %q, %q, warnings %v", l.Queue.Password.Reveal(), l.Cache.Password.Reveal(), l.Store.MongoDB.Username, l.Warnings)
	}
	e, err := l.Explain("queue.password")
	text, _ := json.Marshal(e)
	hides(t, "the explanation", string(text))
	if err != nil || e.Where != named || e.Text() != Redacted {
		t.Errorf("got %q from %s, %v", e.Text(), e.Where, err)
	}

	if err := os.Chmod(named, 0o604); err != nil {
		t.Fatal(err)
	}
	l, err = Load(Sources{Environ: []string{"MULTIVAC_QUEUE__PASSWORD_FILE=" + named}})
	if want := named + ": everyone on this machine may read this secret; take that right away, with chmod 0400, or with defaultMode: 0400 of a volume in Kubernetes"; err != nil || l.Warnings.Error() != want {
		t.Errorf("got %v, %v, want %s", err, l.Warnings, want)
	}
}

func TestSecretFilesThatAreWrong(t *testing.T) {
	dir := t.TempDir()
	f := func(name, content, want string) {
		t.Helper()
		folder := filepath.Join(dir, "secrets")
		path := write(t, folder, name, content)
		_, err := Load(Sources{Flags: flags(t, "--secrets", folder)})
		if err == nil || err.Error() != path+want {
			t.Errorf("%s %q: got %v, want %s", name, content, err, path+want)
		}
		os.Remove(path)
	}
	f("queue.password", "\n", ", which --secrets names: it is empty; write the value into it, and nothing else")
	f("queue.password", sesame+"\n"+sesame+"\n", ": it contains a control character; write it on one line")
	f("queue.passwort", sesame, `: there is no setting "queue.passwort"; did you mean queue.password?`)
	f("store.mongodb.pin", sesame, `: there is no setting "store.mongodb.pin"; did you mean store.mongodb.uri?`)
	f("workers", "many", `: "many" is not a whole number; give it as a whole number`)
	missing := filepath.Join(dir, "missing")
	_, err := Load(Sources{Flags: flags(t, "--secrets", missing, "--queue.password-file", missing)})
	if want := "--secrets: \"" + missing + "\": cannot read it: no such file or directory\n" + missing + ", which --queue.password-file names: cannot read it: no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// FuzzLoad checks, for any files, variables and flags, that nothing panics and
// that no secret is shown, whether it is in a right or a wrong place.
func FuzzLoad(f *testing.F) {
	f.Add("workers = 3\n[production]\nstop = 'strict'\n", "MULTIVAC_ENV=production\nMULTIVAC_LISTEN=:1", "--workers=4", "queue.password")
	f.Add("[queue]\npassword = 'SECRET'\n", "MULTIVAC_QUEUE__PASSWORD=SECRET", "--queue.password=SECRET", "tls.crt")
	f.Add("[store.mongodb]\nuri = 'mongodb://u:SECRET@h'\n", "MULTIVAC_STORE__MONGODB__URI=mongodb://u:SECRET@h/?x=%zz", "--queue.addr=redis://:SECRET@h:1", "store.mongodb.pasword")
	f.Add("[queue]\npassword = SECRET", "MULTIVAC_COLOUR=SECRET", "--traces.endpoint=http://:SECRET@x", "workers")
	f.Add("a = [1979-05-27, { b.c = 'd' }]\n[[default.x]]\n", "MULTIVAC_CACHE__NEAR_BYTES=9999999999GiB\nMULTIVAC_TRACES__SAMPLE=NaN", "--cache.timeout=-1h", "..data")
	f.Add("\"store.mongodb.uri\" = 'mongodb://h'\nstore.mongodb.uri = 'mongodb://g'\n[cache]\naddrs=['a:1']\n", "=\nMULTIVAC_", "", "listen")
	f.Add("\"password:SECRET\" = ''", "MULTIVAC_://:SECRET@=0\nMULTIVAC_QUEUE__PASSWORD:SECRET==", "--store.mongodb.database=mongodb://u:SECRET@h/", "store.mo\xc2ngodb.paswor\xc0\x1b\xd2\x7fd")
	f.Add("cache.addrs = ['x://:SECRET@h']", "MULTIVAC_STORE__MONGODB__URI=mongodb://h/?tlsCertificateKeyFilePassword=SECRET\nMULTIVAC_WORKERS=http://u:SECRET@h", "--collection-stop=http://u:SECRET@h=strict", "store.mongodb.uri")
	f.Fuzz(func(t *testing.T, settings, environ, args, name string) {
		dir := t.TempDir()
		secrets := filepath.Join(dir, "secrets")
		write(t, secrets, "cache.password", sesame)
		if name != "" && filepath.IsLocal(name) && !strings.ContainsAny(name, "/\x00") && len(name) < 200 {
			_ = os.WriteFile(filepath.Join(secrets, name), []byte(put("SECRET", fileMayShow(name))), 0o600)
		}
		file := write(t, dir, "settings.toml", put(settings, tomlMayShow(settings)))
		var variables []string
		for line := range strings.SplitSeq(environ, "\n") {
			variables = append(variables, put(line, variableMayShow(line)))
		}
		set := flags(t)
		for arg := range strings.Lines(args) {
			flag, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(arg), "--"), "=")
			_ = set.Set(flag, put(value, mayShow(byKey[flag], value)))
		}
		_ = set.Set("secrets", secrets)
		from := Sources{Files: []string{file}, Environ: variables, Flags: set}
		l, err := Load(from)
		shown := fmt.Sprintf("%v %+v %v", err, l.Settings, l.Warnings)
		everything := []any{err, l.Warnings, l.List()}
		for _, s := range table {
			e, _ := l.Explain(s.Key)
			everything = append(everything, e, e.Text())
		}
		text, unwritten := json.Marshal(everything)
		if unwritten != nil {
			t.Error(unwritten)
		}
		hides(t, "what is said", shown+string(text))
		if err == nil {
			NewLive(l, from).Reload()
		}
	})
}

// put puts the secret into text, unless it may be shown from there.
func put(text string, mayShow bool) string {
	if mayShow {
		return text
	}
	return strings.ReplaceAll(text, "SECRET", sesame)
}

var (
	inAddress = regexp.MustCompile(`://.*:SECRET@`)
	inOption  = regexp.MustCompile(`^[a-z+]+://.*\?(.*&)?\w*(?i:password|token)\w*=.*SECRET`)
	inName    = regexp.MustCompile(`^[\pL\p{Nd}._-]*SECRET`)
)

// mayShow reports whether SECRET in the value of a setting is not a secret: the
// setting may have any value, except for an address with a password. The value
// of an unknown setting is never shown.
func mayShow(s Setting, value string) bool {
	isURI := s.Key == "store.mongodb.uri" || s.Key == "traces.endpoint"
	return s.Key != "" && !s.Secret && !inAddress.MatchString(value) && !(isURI && inOption.MatchString(value))
}

// fileMayShow is mayShow for the value in a secret file of this name.
func fileMayShow(name string) bool { return mayShow(byKey[name], "SECRET") }

// variableMayShow is mayShow for name=value. A word alone is a name, too.
func variableMayShow(line string) bool {
	name, value, _ := strings.Cut(line, "=")
	s := Setting{}
	for _, one := range append(Table(), Setting{Key: "env"}) {
		if one.Variable() == name {
			s = one
		}
	}
	return inName.MatchString(name) || mayShow(s, value)
}

// tomlMayShow is mayShow for names and values in TOML. For text that is not
// TOML it looks at the name that occurs twice.
func tomlMayShow(content string) bool {
	var walk func(path string, value any) bool
	walk = func(path string, value any) bool {
		if s, known := byKey[path]; known {
			text, isText := value.(string)
			if taken, err := s.Kind.take(value); err == nil && !isText {
				text = s.Kind.show(taken)
			}
			return strings.Contains(text, "SECRET") && mayShow(s, text)
		}
		table, _ := value.(map[string]any)
		for name, inner := range table {
			key := join(path, name)
			if slices.Contains(Environments, key) {
				key = ""
			}
			if inName.MatchString(key) || walk(key, inner) {
				return true
			}
		}
		return false
	}
	var document map[string]any
	err := toml.Unmarshal([]byte(strings.TrimPrefix(content, "\ufeff")), &document)
	var where *toml.DecodeError
	if errors.As(err, &where) {
		return inName.MatchString(strings.Join(where.Key(), "."))
	}
	return walk("", document)
}
