package config

import (
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"multivac"
)

// A Setting is a row of the table. Everything about settings is made from the
// table: reading, the flags of serve, the reference, the schema and `config`.
type Setting struct {
	Key     string // the key in a settings file; the flag is --key
	Kind    Kind
	Default string   // as text; "" is the zero value of the kind
	Choices []string // the allowed values; if empty, Check decides
	Suggest []string // completions for a shell, if they are not Choices
	Secret  bool     // read only from files of its own, and never shown
	Live    bool     // a change takes effect without a restart
	Check   func(value any) error
	Help    string // one line, with the name of the value in backquotes: `what`
}

// Variable returns the name of the environment variable.
func (s Setting) Variable() string {
	return prefix + strings.ToUpper(inVariable.Replace(s.Key))
}

var inVariable = strings.NewReplacer(".", "__", "-", "_")

const prefix = "MULTIVAC_"

// fileSuffix is added to the key of a secret to name the setting with its file.
const fileSuffix = "-file"

// Table returns all settings in the order of the documentation.
func Table() []Setting { return slices.Clone(table) }

var table = withFiles(slices.Concat([]Setting{
	{Key: "role", Kind: Text, Default: "all", Choices: []string{"all", "web", "worker"}, Help: "`role` of this process: web answers, worker works on documents, all does both"},
	{Key: "listen", Kind: Text, Default: "127.0.0.1:5000", Check: address, Help: "`address` to listen at"},
	{Key: "open", Kind: Switch, Help: "without keys: allow an address that others can reach, so that they may ask, tell and delete; with keys: let the original's three routes do without"},
	{Key: "allowed-hosts", Kind: List, Live: true, Check: hostNames, Help: "`names` that it is reached by where no key is needed, such as multivac.example.org or *.example.org, beside IP addresses and localhost (default any where --open lets others reach it)"},
	{Key: "admin-key-file", Kind: Text, Help: "`file` with a key of scope admin, which is made in it if there is no such file"},
	{Key: "tls-cert", Kind: Text, Help: "certificate `file` in PEM, to serve over TLS; read again when it changes"},
	{Key: "tls-key", Kind: Text, Help: "private key `file` in PEM of the certificate"},
	{Key: "admin-listen", Kind: Text, Check: address, Help: "`address` for probes, metrics and profiles, without keys; metrics are nowhere else then"},
	{Key: "audit-log", Kind: Text, Help: "`file` that who told, deleted and changed keys is appended to (default lines of the log)"},
	{Key: "data", Kind: Text, Help: "data `folder` (default $XDG_DATA_HOME/multivac or ~/.local/share/multivac)"},
	{Key: "secrets", Kind: Text, Help: "`folder` of secret files, each named as its setting, such as store.mongodb.password"},
	{Key: "stop", Kind: Text, Default: string(multivac.Balanced), Choices: stops, Live: true, Help: "how sure an answer has to be where a question names no `stop`: strict, balanced or eager"},
	{Key: "collection-stop", Kind: Names, Live: true, Check: collectionStops, Help: "the same for one collection, as `name=stop`; may be repeated"},
	{Key: "meaning", Kind: Text, Default: "read", Choices: []string{"off", "find", "read"}, Help: "`how` far questions are understood beyond their words: off, not at all; find, what means the same is found, too; read, and the best of it is read together with the question"},
	{Key: "keep-originals", Kind: Switch, Help: "keep what was told, such as the PDF, next to the text that was read from it, so that a better reader can read it again; of text that is told as it is answered from, nothing is kept twice"},
	{Key: "workers", Kind: Number, Check: atLeast(0), Help: "`number` of documents worked on at once (default four per CPU, at least 64)"},
	{Key: "linger", Kind: Duration, Default: "0s", Check: between(0, 10*time.Minute), Help: "`time` for which it still answers once it is to stop and /readyz says so, for load balancers to hear of it"},
	{Key: "log-format", Kind: Text, Default: "auto", Choices: []string{"auto", "text", "json"}, Help: "`format`: text, json, or auto, which is text on a terminal"},
	{Key: "log-level", Kind: Text, Default: "info", Suggest: []string{"debug", "info", "warn", "error"}, Live: true, Check: level, Help: "least `level` that is logged: debug, info, warn or error"},
	{Key: "log-questions", Kind: Switch, Help: "log what is asked, too; questions are the users' own"},

	{Key: "extract.hidden", Kind: Switch, Help: "read hidden sheets, rows and columns of spreadsheets, too; a hidden sheet says so in its heading. What was told before stays as it was read"},
	{Key: "extract.max-text", Kind: Bytes, Default: "128MiB", Check: atLeast(1), Help: "`bytes` of text that a document may have"},
	{Key: "extract.max-unpacked", Kind: Bytes, Default: "256MiB", Check: atLeast(1), Help: "`bytes` that may unpack of a document or archive, with all that is within it"},
	{Key: "extract.max-ratio", Kind: Number, Default: "200", Check: atLeast(1), Help: "`number` of times its own size that an archive may unpack to, once that is over 16 MiB"},
	{Key: "extract.max-depth", Kind: Number, Default: "8", Check: atLeast(0), Help: "`number` of archives and mails that a file may be within"},
	{Key: "extract.max-members", Kind: Number, Default: "50000", Check: atLeast(1), Help: "`number` of files and folders that an archive may have"},
	{Key: "extract.max-pages", Kind: Number, Default: "5000", Check: atLeast(1), Help: "`number` of pages that a PDF may have"},
	{Key: "extract.max-cells", Kind: Number, Default: "2000000", Check: atLeast(1), Help: "`number` of cells that a workbook may have, or the tables of a text"},
	{Key: "extract.max-time", Kind: Duration, Default: "10m", Check: between(time.Second, 24*time.Hour), Help: "`time` that reading the text of a document may take"},
	{Key: "request.max-documents", Kind: Number, Default: "50000", Check: atLeast(1), Help: "`number` of documents that one request may tell"},
	{Key: "request.max-unpacked", Kind: Bytes, Default: "256MiB", Check: atLeast(1), Help: "`bytes` that all files of one request may have, with what unpacks of them"},
	{Key: "request.max-time", Kind: Duration, Default: "5m", Check: between(time.Second, 24*time.Hour), Help: "`time` that a request that tells may take"},

	{Key: "store.mongodb.uri", Kind: Text, Check: uri("mongodb", "mongodb+srv"), Help: "`URI` of the MongoDB to keep documents in (default SQLite in the data folder)"},
	{Key: "store.mongodb.database", Kind: Text, Default: "multivac", Help: "`name` of its database"},
	{Key: "store.mongodb.username", Kind: Text, Live: true, Help: "`name` to sign in with"},
	{Key: "store.mongodb.password", Kind: Text, Secret: true, Live: true, Help: "its `password`"},
	{Key: "store.mongodb.tls-ca", Kind: Text, Help: "`file` in PEM of those who may sign the server's certificate; connects over TLS"},
	{Key: "store.mongodb.tls-cert", Kind: Text, Help: "`file` in PEM of the certificate to show it"},
	{Key: "store.mongodb.tls-key", Kind: Text, Help: "`file` in PEM of that certificate's private key"},

	{Key: "queue.addr", Kind: Text, Check: address, Help: "`address` of the Redis that is the queue; one that evicts nothing (default a queue in this process)"},
}, redis("queue"), []Setting{
	{Key: "cache.addrs", Kind: List, Check: addresses, Help: "`addresses` of the Redis servers that share the far cache; a name stands for all that it resolves to (default none: answers are cached in this process only)"},
}, redis("cache"), []Setting{
	{Key: "cache.timeout", Kind: Duration, Default: "25ms", Check: between(time.Millisecond, time.Minute), Help: "`time` that the far cache has to answer in, before an answer is computed"},
	{Key: "cache.near-bytes", Kind: Bytes, Default: "16MiB", Check: atLeast(1), Help: "`bytes` of answers cached in this process"},

	{Key: "traces.endpoint", Kind: Text, Check: uri("http", "https"), Help: "`URL` that traces are sent to, by OTLP over HTTP (default nowhere)"},
	{Key: "traces.sample", Kind: Share, Default: "1", Check: share, Help: "`share` of the requests that are traced, from 0 to 1, where their caller has not decided"},
	{Key: "traces.project", Kind: Text, Help: "`name` of the project of Google Cloud that traces are in, to find them from a line of the log"},
}))

// redis returns the rows about signing in to Redis servers.
func redis(section string) []Setting {
	return []Setting{
		{Key: section + ".username", Kind: Text, Live: true, Help: "`name` to sign in with (default that of Redis)"},
		{Key: section + ".password", Kind: Text, Secret: true, Live: true, Help: "its `password`"},
		{Key: section + ".tls", Kind: Switch, Help: "connect over TLS"},
		{Key: section + ".tls-ca", Kind: Text, Help: "`file` in PEM of those who may sign the server's certificate (default those of the system)"},
		{Key: section + ".tls-cert", Kind: Text, Help: "`file` in PEM of the certificate to show it"},
		{Key: section + ".tls-key", Kind: Text, Help: "`file` in PEM of that certificate's private key"},
		{Key: section + ".tls-server-name", Kind: Text, Help: "`name` that the server's certificate must have (default that of the address)"},
	}
}

// withFiles adds, after each secret, the setting that names its file.
func withFiles(rows []Setting) (all []Setting) {
	for _, s := range rows {
		all = append(all, s)
		if s.Secret {
			all = append(all, Setting{Key: s.Key + fileSuffix, Kind: Text, Live: true, Help: "`file` with the password alone; read again when it changes"})
		}
	}
	return all
}

// byKey maps keys to rows.
var byKey = func() map[string]Setting {
	m := map[string]Setting{}
	for _, s := range table {
		m[s.Key] = s
	}
	return m
}()

// isSection reports whether keys of settings begin with path and a dot.
func isSection(path string) bool {
	return slices.ContainsFunc(table, func(s Setting) bool { return strings.HasPrefix(s.Key, path+".") })
}

// stops are the stops that a question may name.
var stops = func() (names []string) {
	for _, s := range multivac.Stops {
		names = append(names, string(s))
	}
	return names
}()

// check checks a value against its row.
func (s Setting) check(value any) error {
	if hasPassword(s.Kind.show(value)) {
		return wrong("take it out and put it in a secret file; `multivac config explain` on the setting for the password says where", "it has a password in it, which logs and other programs may show")
	}
	if text, ok := value.(string); ok {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) {
			return wrong("write it on one line", "it contains a control character")
		}
		if len(s.Choices) > 0 && !slices.Contains(s.Choices, text) {
			return wrong(oneOf(s.Choices, text), "unknown %s %s", s.what(), quoted(text))
		}
		if text == "" {
			return nil
		}
	}
	if s.Check == nil {
		return nil
	}
	return s.Check(value)
}

// what returns the word for the value in the help text.
func (s Setting) what() string {
	_, rest, _ := strings.Cut(s.Help, "`")
	word, _, _ := strings.Cut(rest, "`")
	return word
}

// oneOf returns the remedy for a word that is not one of the allowed ones.
func oneOf(all []string, word string) string {
	if near := Nearest(word, all); near != "" {
		return "did you mean " + near + "?"
	}
	last := len(all) - 1
	return "use " + strings.Join(all[:last], ", ") + " or " + all[last]
}

func address(value any) error {
	text := value.(string)
	if strings.Contains(text, "@") {
		return wrong("give it as host:port, and the password in a file", "an address has no name and no password")
	}
	_, port, err := net.SplitHostPort(text)
	if _, e := net.LookupPort("tcp", port); err != nil || e != nil {
		return wrong("give it as host:port, such as 127.0.0.1:5000", "%s is no address", quoted(text))
	}
	return nil
}

func addresses(value any) error {
	for _, one := range value.([]string) {
		if err := address(one); err != nil {
			return err
		}
	}
	return nil
}

// hostName matches a host in a request, without a port. A star in place of the
// first label stands for any name.
var hostName = regexp.MustCompile(`^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$`)

func hostNames(value any) error {
	for _, one := range value.([]string) {
		if len(one) > 253 || !hostName.MatchString(one) {
			return wrong("give names alone, such as multivac.example.org or *.example.org: no http://, no port, and other letters as xn--", "%s is no name of a host", quoted(one))
		}
	}
	return nil
}

func level(value any) error {
	var l slog.Level
	if err := l.UnmarshalText([]byte(value.(string))); err != nil {
		return wrong("use debug, info, warn or error", "unknown level %s", quoted(value.(string)))
	}
	return nil
}

func collectionStops(value any) error {
	return defaultStops("", value.(map[string]string)).Validate()
}

func atLeast(least int64) func(any) error {
	return func(value any) error {
		n, ok := value.(int64)
		if i, isInt := value.(int); isInt {
			n, ok = int64(i), true
		}
		if !ok || n < least {
			return wrong("give "+strconv.FormatInt(least, 10)+" or more", "%d is out of range", n)
		}
		return nil
	}
}

func between(least, most time.Duration) func(any) error {
	return func(value any) error {
		if d := value.(time.Duration); d < least || d > most {
			return wrong("give "+least.String()+" to "+most.String(), "%v is out of range", d)
		}
		return nil
	}
}

func share(value any) error {
	if f := value.(float64); !(f >= 0 && f <= 1) {
		return wrong("give 0 to 1", "%v is out of range", f)
	}
	return nil
}

// hasPassword reports whether text is a URI with a password, or looks like one
// that cannot be parsed.
func hasPassword(text string) bool {
	_, rest, _ := strings.Cut(text, "://")
	at := strings.LastIndex(rest, "@")
	return at >= 0 && strings.Contains(rest[:at], ":")
}

// uri returns a check for addresses with one of the schemes and without options
// that hold a secret.
func uri(schemes ...string) func(any) error {
	return func(value any) error {
		text := value.(string)
		scheme, rest, ok := strings.Cut(text, "://")
		if !ok || !slices.Contains(schemes, scheme) || rest == "" {
			return wrong("begin it with "+schemes[0]+"://", "it is no URI of %s", schemes[0])
		}
		_, query, _ := strings.Cut(rest, "?")
		for option := range strings.SplitSeq(query, "&") {
			name, _, _ := strings.Cut(option, "=")
			if name, err := url.QueryUnescape(name); err != nil || secretOption(name) || secretOption(option) {
				return wrong("take it out of the URI", "it has an option that holds a secret or cannot be read")
			}
		}
		return nil
	}
}

// secretOption reports whether text is the name of a secret option, or a value
// that contains such a name.
func secretOption(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, "password") || strings.Contains(text, "token") || strings.Contains(text, "secret")
}
