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
	"multivac/internal/config"
	"multivac/internal/memory"
	"multivac/internal/telemetry"
)

func newServe() *cobra.Command {
	var s serve
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve pages and API, and work on what is told",
		Long: `Serve everything in one process: pages, API, worker and store; or, with --role, a
part of it, in as many processes as are wanted, on a MongoDB and a Redis that they
share. The log goes to standard output. Interrupt it to stop: what was
acknowledged is kept, requests under way are answered; a second interrupt ends it
at once.

Once a key was made, every request needs one, but for the probes. Without keys it
listens at the loopback address only, unless told --open, and takes requests for
addresses, localhost and --allowed-hosts only: pages of other sites come by names.`,
		Example: `  multivac serve --sample                     # try it; leaves nothing behind
  multivac serve --data ./data --listen 127.0.0.1:8080
  multivac serve --listen :443 --tls-cert tls.crt --tls-key tls.key --admin-key-file admin.key
  multivac serve --role worker --store.mongodb.uri mongodb://db/?replicaSet=rs0 --queue.addr queue:6379`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c) },
	}
	addSettings(c)
	c.Flags().BoolVar(&s.sample, "sample", false, "tell it its own documentation, to have something to ask; without --data, in a temporary folder")
	return c
}

// addSettings adds a flag for each setting, with its completions.
func addSettings(c *cobra.Command) {
	config.AddFlags(c.Flags())
	for _, s := range config.Table() {
		switch {
		case s.IsFile():
			_ = c.MarkFlagFilename(s.Key)
		case s.IsFolder():
			_ = c.MarkFlagDirname(s.Key)
		case len(s.Completions()) > 0:
			_ = c.RegisterFlagCompletionFunc(s.Key, cobra.FixedCompletions(s.Completions(), cobra.ShellCompDirectiveNoFileComp))
		}
	}
}

// serve holds the settings of the command.
type serve struct {
	config.Settings // as they were at the start
	live            *config.Live
	sample          bool
}

func (s *serve) run(c *cobra.Command) (err error) {
	signal.Ignore(syscall.SIGPIPE) // the server goes on when nobody reads its log any more
	c.SetErr(telemetry.NewOutlet(c.ErrOrStderr()))
	from := config.Here(c.Flags())
	loaded, err := config.Load(from)
	if err != nil {
		return usageError{err}
	}
	s.Settings, s.live = loaded.Settings, config.NewLive(loaded, from)
	defer func() { err = s.live.Error(err) }()
	errOut := s.live.Writer(c.ErrOrStderr())
	log := s.telemetry(c.OutOrStdout())
	defer log.Flush()
	if err := s.trace(c.Context(), log); err != nil {
		return usageError{err}
	}
	s.live.Log = log.Logger()
	memory.LimitHeap(c.Context(), s.live.Log)
	measure(log, s.live)
	for _, w := range loaded.Warnings {
		s.live.Log.Warn(w.Message, "where", w.Where, "remedy", w.Remedy)
	}
	data, remove, err := s.folder()
	if err != nil {
		return err
	}
	defer remove()

	if data != "" && !s.guarded() && s.AdminKeyFile == "" && !exists(data) {
		return usageError{s.errOpen()} // before anything is created
	}
	// Listening comes first: a taken address is the most frequent mistake, and
	// it is found quickly.
	front, err := s.front()
	if err != nil {
		return err
	}
	defer front.close()
	settings := services(s.Settings, s.live)
	settings.Data, settings.Telemetry = data, log
	settings.Stops, settings.Notices = func() multivac.DefaultStops { return s.live.Now().Stops() }, s.live.Notices
	if s.sample {
		settings.Examples = sampleQuestions
	}
	steps := s.steps(log.Logger(), errOut, s.scheme()+front.Listener.Addr().String(), data)
	group, ctx := errgroup.WithContext(c.Context())
	group.Go(func() error { return s.follow(ctx, front) })
	group.Go(func() error {
		if err := app.Serve(ctx, settings, front.Front, steps); err != nil {
			return err
		}
		return context.Canceled // ends the other goroutine of the group, too
	})
	err = group.Wait()
	if c.Context().Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// telemetry returns the log and the metrics of the process.
func (s *serve) telemetry(out io.Writer) *telemetry.Telemetry {
	return telemetry.New(s.live.Writer(out), telemetry.Options{
		Format: telemetry.Format(s.LogFormat), Level: s.live, Version: app.Version(), Delay: logDelay,
		Role: s.Role, TraceProject: s.Traces.Project, LogQuestions: s.LogQuestions,
	})
}

// steps returns what is done before and after the server begins to answer: the
// admin key, and then the sample and the greeting with the address and the data
// folder.
func (s *serve) steps(log *slog.Logger, errOut io.Writer, at, data string) app.Steps {
	keyed := false
	return app.Steps{
		Before: func(ctx context.Context, a *app.App) (err error) {
			keyed, err = s.keys(ctx, a)
			return err
		},
		After: func(ctx context.Context, a *app.App) error {
			s.warn(log, keyed)
			if s.sample {
				if err := tellSample(ctx, a); err != nil {
					return err
				}
			}
			s.greet(errOut, at, data, keyed)
			return nil
		},
	}
}

// trace begins to send spans, if the settings say where to.
func (s *serve) trace(ctx context.Context, t *telemetry.Telemetry) error {
	if s.Traces.Endpoint == "" {
		return nil
	}
	host, _ := os.Hostname() // in a cluster this is the name of the pod
	return t.StartTraces(ctx, telemetry.Traces{Endpoint: s.Traces.Endpoint, Sample: s.Traces.Sample, Version: app.Version(), Instance: host, Scrub: s.live.Error})
}

// follow makes the settings follow their files. On a signal it reads them at
// once and has the front reload its certificate and reopen its files.
func (s *serve) follow(ctx context.Context, f *front) error {
	go s.live.Run(ctx)
	for {
		select {
		case <-ctx.Done():
			return nil
		case sig := <-f.signals:
			s.live.Reload()
			select {
			case f.reload <- sig:
			case <-ctx.Done():
			}
		}
	}
}

// measure adds metrics of how the settings follow their files.
func measure(t *telemetry.Telemetry, live *config.Live) {
	t.Counter("multivac_settings_changes_total", "Changes of the settings that were taken while it ran.", func() float64 { return float64(live.Counts().Taken) })
	t.Counter("multivac_settings_refused_total", "Changes of the settings that were not taken, because they cannot be used.", func() float64 { return float64(live.Counts().Refused) })
	t.Gauge("multivac_settings_waiting", "What the doctor has to say of the settings: what waits for a restart, or was refused.", func() float64 { return float64(len(live.Notices())) })
}

// A front is the listener with everything that has to be closed at the end.
type front struct {
	app.Front
	signals, reload chan os.Signal
}

func (s *serve) front() (*front, error) {
	f := &front{signals: make(chan os.Signal, 1), reload: make(chan os.Signal)}
	f.Front = app.Front{TLSCert: s.TLSCert, TLSKey: s.TLSKey, AuditLog: s.AuditLog, OpenClassic: s.Open, Linger: s.Linger, Reload: f.reload,
		Hosts: func() []string { return s.live.Now().AllowedHosts }}
	var err error
	if f.Listener, err = listenAt(s.Listen, "--listen"); err != nil {
		return nil, err
	}
	if s.AdminListen != "" {
		if f.Admin, err = listenAt(s.AdminListen, "--admin-listen"); err != nil {
			f.Listener.Close()
			return nil, err
		}
	}
	signal.Notify(f.signals, syscall.SIGHUP)
	return f, nil
}

func (f *front) close() {
	signal.Stop(f.signals)
	f.Listener.Close()
	if f.Admin != nil {
		f.Admin.Close()
	}
}

// keys makes the admin key if a setting asks for it. It reports whether
// requests need a key. If they need none, it refuses an address that others can
// reach.
func (s *serve) keys(ctx context.Context, a *app.App) (needed bool, err error) {
	if s.works() {
		return false, nil
	}
	if s.AdminKeyFile != "" {
		if err := a.AdminKey(ctx, s.AdminKeyFile); err != nil {
			return false, err
		}
	}
	needed, err = a.KeyNeeded(ctx)
	if err == nil && !needed && !s.guarded() {
		err = usageError{s.errOpen()}
	}
	return needed, err
}

// works reports whether the process serves probes and metrics only.
func (s *serve) works() bool { return s.Role == string(app.Worker) }

// guarded reports whether the address may be served without keys.
func (s *serve) guarded() bool { return s.Open || s.works() || loopback(s.Listen) }

func (s *serve) errOpen() error {
	return multivac.Errorf(multivac.ErrInvalid, "make a key with --admin-key-file FILE, or listen at 127.0.0.1, or add --open if that is meant",
		"without keys, at %s everyone who can reach it may ask, tell and delete", s.Listen)
}

func (s *serve) warn(log *slog.Logger, keyed bool) {
	if keyed && s.TLSCert == "" && !loopback(s.Listen) {
		log.Warn("keys and texts can be read on their way to this address; give --tls-cert and --tls-key, or put a proxy with TLS before it", "address", s.Listen)
	}
	if s.AdminListen != "" && !loopback(s.AdminListen) {
		log.Warn("profiles and metrics can be read without a key by everyone who can reach this address", "address", s.AdminListen)
	}
}

func (s *serve) scheme() string {
	if s.TLSCert != "" {
		return "https://"
	}
	return "http://"
}

// loopback reports whether only this machine can reach an address.
func loopback(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// logDelay is how long a line of the log about a request may be held back to be
// written together with others.
const logDelay = 100 * time.Millisecond

// folder returns the data folder, and a function to call at the end.
func (s *serve) folder() (dir string, remove func(), err error) {
	switch {
	case s.Store.MongoDB.URI != "":
		return "", func() {}, nil
	case s.Data != "":
		return s.Data, func() {}, nil
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

// tellSample tells the documentation and returns when it is indexed.
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

// sampleQuestions are questions that the sample answers.
var sampleQuestions = []string{"What is the default port?", "How do I stop the server?", "How large may a document be?"}

// greet prints what to do next on this machine. It prints nothing if the server
// is for others and every line has to be JSON.
func (s *serve) greet(w io.Writer, at, data string, keyed bool) {
	if s.LogFormat == string(telemetry.JSON) && !loopback(s.Listen) {
		return
	}
	flag := ""
	if at != defaultServer {
		flag = " --server " + at
	}
	if keyed {
		flag += " --key-file " + cmp.Or(s.AdminKeyFile, "FILE")
	}
	if s.works() {
		fmt.Fprintf(w, "MultiVAC %s works on what is told. Its probes and metrics are at %s\n", app.Version(), at)
		return
	}
	fmt.Fprintf(w, "MultiVAC %s listens at %s\n", app.Version(), at)
	if s.sample {
		if data != "" && s.Data == "" {
			fmt.Fprint(w, "It was told its own documentation, in a temporary folder that is removed at the end.\n")
		} else {
			fmt.Fprintf(w, "It was told its own documentation. %s\n", s.kept(data))
		}
		fmt.Fprintf(w, `
  Open   %s/?q=%s
  Ask    multivac ask%s %q
  Tell   multivac tell%s README.md

`, at, url.QueryEscape(sampleQuestions[0]), flag, sampleQuestions[0], flag)
		return
	}
	fmt.Fprintf(w, `%s

  Open   %s
  Tell   multivac tell%s docs/
  Ask    multivac ask%s "How long are backups kept?"

`, s.kept(data), at, flag, flag)
}

// kept says where the data is.
func (s *serve) kept(data string) string {
	if data == "" {
		return "Its data is in the database " + s.Store.MongoDB.Database + " of MongoDB."
	}
	return "Its data is in " + data
}
