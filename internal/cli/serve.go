package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"multivac"
	"multivac/doc"
	"multivac/internal/app"
	"multivac/internal/telemetry"
)

func newServe() *cobra.Command {
	var s serve
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve everything in one process: pages, API, worker and store",
		Long: `Serve everything in one process: pages, API, worker and store. The log goes to
standard output. Interrupt it to stop: what was acknowledged is kept, requests
under way are answered; a second interrupt ends it at once.

Once a key was made, every request needs one, but for the probes. Without keys it
listens at the loopback address only, unless told --open.`,
		Example: `  multivac serve --sample                     # try it; leaves nothing behind
  multivac serve --data ./data --listen 127.0.0.1:8080
  multivac serve --listen :443 --tls-cert tls.crt --tls-key tls.key --admin-key-file admin.key`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c) },
	}
	f := c.Flags()
	f.StringVar(&s.listen, "listen", "127.0.0.1:5000", "`address` to listen at")
	f.BoolVar(&s.open, "open", false, "without keys: allow an address that others can reach, so that they may ask, tell and delete; with keys: let the original's three routes do without")
	f.StringVar(&s.adminKey, "admin-key-file", "", "`file` with a key of scope admin, which is made in it if there is no such file")
	f.StringVar(&s.tlsCert, "tls-cert", "", "certificate `file` in PEM, to serve over TLS; read again when it changes")
	f.StringVar(&s.tlsKey, "tls-key", "", "private key `file` in PEM of the certificate")
	f.StringVar(&s.admin, "admin-listen", "", "`address` for probes, metrics and profiles, without keys; metrics are nowhere else then")
	f.StringVar(&s.auditLog, "audit-log", "", "`file` that who told, deleted and changed keys is appended to (default lines of the log)")
	f.StringVar(&s.data, "data", "", "data `folder` (default $XDG_DATA_HOME/multivac or ~/.local/share/multivac)")
	f.BoolVar(&s.sample, "sample", false, "tell it its own documentation, to have something to ask; without --data, in a temporary folder")
	f.StringVar(&s.stop, "stop", string(multivac.Balanced), "how sure an answer has to be where a question names no `stop`: strict, balanced or eager")
	f.StringToStringVar(&s.stops, "collection-stop", nil, "the same for one collection, as `name=stop`; may be repeated")
	f.IntVar(&s.workers, "workers", 0, "`number` of documents worked on at once (default four per CPU, at least 64)")
	f.StringVar(&s.logFormat, "log-format", "auto", "`format`: text, json, or auto, which is text on a terminal")
	f.StringVar(&s.logLevel, "log-level", "info", "least `level` that is logged: debug, info, warn or error")
	_ = c.MarkFlagDirname("data")
	for _, name := range []string{"admin-key-file", "tls-cert", "tls-key", "audit-log"} {
		_ = c.MarkFlagFilename(name)
	}
	_ = c.RegisterFlagCompletionFunc("stop", cobra.FixedCompletions([]string{"strict", "balanced", "eager"}, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("log-format", cobra.FixedCompletions([]string{"auto", "text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("log-level", cobra.FixedCompletions([]string{"debug", "info", "warn", "error"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// serve holds the flags of the command.
type serve struct {
	listen, data        string
	open, sample        bool
	adminKey            string
	tlsCert, tlsKey     string
	admin, auditLog     string
	stop                string
	stops               map[string]string // by collection
	workers             int
	logFormat, logLevel string
}

func (s *serve) run(c *cobra.Command) error {
	if err := s.check(); err != nil {
		return usageError{err}
	}
	log, err := s.telemetry(c.OutOrStdout())
	if err != nil {
		return usageError{err}
	}
	defer log.Flush()
	data, remove, err := s.folder()
	if err != nil {
		return err
	}
	defer remove()

	if !s.guarded() && s.adminKey == "" && !exists(data) {
		return usageError{s.errOpen()} // before anything is made
	}
	// The address first: it is what is most often taken, and cheapest to try.
	front, err := s.front()
	if err != nil {
		return err
	}
	defer front.close()
	settings := app.Settings{Data: data, Workers: s.workers, Telemetry: log, Stops: s.defaultStops()}
	if s.sample {
		settings.Examples = sampleQuestions
	}
	a, err := app.Open(c.Context(), settings)
	if err != nil {
		return err
	}
	keyed, err := s.keys(c.Context(), a)
	if err != nil {
		return errors.Join(err, a.Close())
	}
	s.warn(log.Logger(), keyed)
	group, ctx := errgroup.WithContext(c.Context())
	group.Go(func() error { return a.Serve(ctx, front.Front) })
	group.Go(func() error {
		if s.sample {
			if err := tellSample(ctx, a); err != nil {
				return err
			}
		}
		s.greet(c.ErrOrStderr(), s.scheme()+front.Listener.Addr().String(), data, keyed)
		return nil
	})
	err = group.Wait()
	if c.Context().Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// A front is where it is served, with what has to be given back.
type front struct {
	app.Front
	reload chan os.Signal
}

func (s *serve) front() (*front, error) {
	f := &front{reload: make(chan os.Signal, 1)}
	f.Front = app.Front{TLSCert: s.tlsCert, TLSKey: s.tlsKey, AuditLog: s.auditLog, OpenClassic: s.open, Reload: f.reload}
	var err error
	if f.Listener, err = listenAt(s.listen, "--listen"); err != nil {
		return nil, err
	}
	if s.admin != "" {
		if f.Admin, err = listenAt(s.admin, "--admin-listen"); err != nil {
			f.Listener.Close()
			return nil, err
		}
	}
	signal.Notify(f.reload, syscall.SIGHUP)
	return f, nil
}

func (f *front) close() {
	signal.Stop(f.reload)
	f.Listener.Close()
	if f.Admin != nil {
		f.Admin.Close()
	}
}

// keys makes the admin key where it is asked for, and says whether a key is
// needed. It refuses an address that others can reach where none is.
func (s *serve) keys(ctx context.Context, a *app.App) (needed bool, err error) {
	if s.adminKey != "" {
		if err := a.AdminKey(ctx, s.adminKey); err != nil {
			return false, err
		}
	}
	needed, err = a.KeyNeeded(ctx)
	if err == nil && !needed && !s.guarded() {
		err = usageError{s.errOpen()}
	}
	return needed, err
}

// guarded says whether no key is needed at the address.
func (s *serve) guarded() bool { return s.open || loopback(s.listen) }

func (s *serve) errOpen() error {
	return multivac.Errorf(multivac.ErrInvalid, "make a key with --admin-key-file FILE, or listen at 127.0.0.1, or add --open if that is meant",
		"without keys, at %s everyone who can reach it may ask, tell and delete", s.listen)
}

func (s *serve) warn(log *slog.Logger, keyed bool) {
	if keyed && s.tlsCert == "" && !loopback(s.listen) {
		log.Warn("keys and texts can be read on their way to this address; give --tls-cert and --tls-key, or put a proxy with TLS before it", "address", s.listen)
	}
	if s.admin != "" && !loopback(s.admin) {
		log.Warn("profiles and metrics can be read without a key by everyone who can reach this address", "address", s.admin)
	}
}

func (s *serve) scheme() string {
	if s.tlsCert != "" {
		return "https://"
	}
	return "http://"
}

// loopback says whether only this machine can reach an address.
func loopback(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s *serve) check() error {
	for flag, address := range map[string]string{"--listen": s.listen, "--admin-listen": s.admin} {
		if _, _, err := net.SplitHostPort(address); err != nil && (flag == "--listen" || address != "") {
			return multivac.Errorf(multivac.ErrInvalid, "give it as host:port, such as 127.0.0.1:5000", "%s %q is no address", flag, address)
		}
	}
	if (s.tlsCert == "") != (s.tlsKey == "") {
		return multivac.Errorf(multivac.ErrInvalid, "give the other one, too", "--tls-cert and --tls-key belong together")
	}
	if err := s.defaultStops().Validate(); err != nil {
		return err
	}
	if s.workers < 0 {
		return multivac.Errorf(multivac.ErrInvalid, "give 1 or more", "--workers %d is out of range", s.workers)
	}
	return nil
}

func (s *serve) defaultStops() multivac.DefaultStops {
	d := multivac.DefaultStops{Stop: multivac.Stop(s.stop), Collections: map[multivac.CollectionName]multivac.Stop{}}
	for collection, stop := range s.stops {
		d.Collections[multivac.CollectionName(collection)] = multivac.Stop(stop)
	}
	return d
}

// logDelay is how long a line of the log about a request may wait for others.
const logDelay = 100 * time.Millisecond

func (s *serve) telemetry(w io.Writer) (*telemetry.Telemetry, error) {
	format, err := telemetry.ParseFormat(s.logFormat)
	if err != nil {
		return nil, err
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.logLevel)); err != nil {
		return nil, multivac.Errorf(multivac.ErrInvalid, "use debug, info, warn or error", "unknown --log-level %q", s.logLevel)
	}
	return telemetry.New(w, telemetry.Options{Format: format, Level: level, Version: app.Version(), Delay: logDelay}), nil
}

// folder returns the data folder and what to do about it at the end.
func (s *serve) folder() (dir string, remove func(), err error) {
	switch {
	case s.data != "":
		return s.data, func() {}, nil
	case s.sample:
		dir, err = os.MkdirTemp("", "multivac-sample-")
		return dir, func() { os.RemoveAll(dir) }, err
	}
	dir, err = defaultData()
	return dir, func() {}, err
}

func listenAt(address, flag string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, multivac.Errorf(multivac.ErrUnavailable, "stop what listens there, or choose another, such as "+flag+" 127.0.0.1:5001", "the address %s is in use", address)
	}
	if err != nil {
		return nil, multivac.Errorf(multivac.ErrUnavailable, "choose another with "+flag, "cannot listen at %s: %v", address, err)
	}
	return l, nil
}

// tellSample tells the documentation, and returns when it is answered from.
func tellSample(ctx context.Context, t multivac.Teller) error {
	var tellings []multivac.Telling
	err := fs.WalkDir(doc.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".md") {
			return err
		}
		body, err := fs.ReadFile(doc.Files, path)
		tellings = append(tellings, multivac.Telling{Source: "doc/" + path, MediaType: multivac.Markdown, Body: body})
		return err
	})
	if err != nil {
		return err
	}
	receipts, err := t.Tell(ctx, tellings, multivac.WaitIndexed)
	if err != nil {
		return fmt.Errorf("tell the sample: %w", err)
	}
	for _, r := range receipts {
		if r.Err != nil {
			return fmt.Errorf("tell the sample %s: %w", r.Source, r.Err)
		}
	}
	return nil
}

// sampleQuestions are some that the sample answers.
var sampleQuestions = []string{"What is the default port?", "How do I stop the server?", "How large may a document be?"}

func (s *serve) greet(w io.Writer, at, data string, keyed bool) {
	flag := ""
	if at != defaultServer {
		flag = " --server " + at
	}
	if keyed {
		flag += " --key-file " + cmp.Or(s.adminKey, "FILE")
	}
	fmt.Fprintf(w, "MultiVAC %s listens at %s\n", app.Version(), at)
	if s.sample {
		if s.data == "" {
			fmt.Fprint(w, "It was told its own documentation, in a temporary folder that is removed at the end.\n")
		} else {
			fmt.Fprintf(w, "It was told its own documentation. Its data is in %s\n", data)
		}
		fmt.Fprintf(w, `
  Open   %s/?q=%s
  Ask    multivac ask%s %q
  Tell   multivac tell%s README.md

`, at, url.QueryEscape(sampleQuestions[0]), flag, sampleQuestions[0], flag)
		return
	}
	fmt.Fprintf(w, `Its data is in %s

  Open   %s
  Tell   multivac tell%s docs/
  Ask    multivac ask%s "How long are backups kept?"

`, data, at, flag, flag)
}
