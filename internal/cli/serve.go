package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"

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
under way are answered; a second interrupt ends it at once.`,
		Example: `  multivac serve --sample                     # try it; leaves nothing behind
  multivac serve --data ./data --listen 127.0.0.1:8080`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c) },
	}
	f := c.Flags()
	f.StringVar(&s.listen, "listen", "127.0.0.1:5000", "`address` to listen at")
	f.BoolVar(&s.open, "open", false, "allow an address that others can reach: there are no keys yet, so they may ask, tell and delete")
	f.StringVar(&s.data, "data", "", "data `folder` (default $XDG_DATA_HOME/multivac or ~/.local/share/multivac)")
	f.BoolVar(&s.sample, "sample", false, "tell it its own documentation, to have something to ask; without --data, in a temporary folder")
	f.IntVar(&s.workers, "workers", 0, "`number` of documents worked on at once (default four per CPU, at least 16)")
	f.StringVar(&s.logFormat, "log-format", "auto", "`format`: text, json, or auto, which is text on a terminal")
	f.StringVar(&s.logLevel, "log-level", "info", "least `level` that is logged: debug, info, warn or error")
	_ = c.MarkFlagDirname("data")
	_ = c.RegisterFlagCompletionFunc("log-format", cobra.FixedCompletions([]string{"auto", "text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("log-level", cobra.FixedCompletions([]string{"debug", "info", "warn", "error"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// serve holds the flags of the command.
type serve struct {
	listen, data        string
	open, sample        bool
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
	data, remove, err := s.folder()
	if err != nil {
		return err
	}
	defer remove()

	// The address first: it is what is most often taken, and cheapest to try.
	listener, err := listenAt(s.listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	a, err := app.Open(c.Context(), app.Settings{Data: data, Workers: s.workers, Telemetry: log})
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(c.Context())
	group.Go(func() error { return a.Serve(ctx, listener) })
	group.Go(func() error {
		if s.sample {
			if err := tellSample(ctx, a); err != nil {
				return err
			}
		}
		s.greet(c.ErrOrStderr(), "http://"+listener.Addr().String(), data)
		return nil
	})
	err = group.Wait()
	if c.Context().Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (s *serve) check() error {
	host, _, err := net.SplitHostPort(s.listen)
	if err != nil {
		return multivac.Errorf(multivac.ErrInvalid, "give it as host:port, such as 127.0.0.1:5000", "--listen %q is no address", s.listen)
	}
	if ip := net.ParseIP(host); !s.open && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return multivac.Errorf(multivac.ErrInvalid, "add --open if that is meant, or listen at 127.0.0.1 and put a proxy that asks for a password before it",
			"at %s everyone who can reach it may ask, tell and delete", s.listen)
	}
	if s.workers < 0 {
		return multivac.Errorf(multivac.ErrInvalid, "give 1 or more", "--workers %d is out of range", s.workers)
	}
	return nil
}

func (s *serve) telemetry(w io.Writer) (*telemetry.Telemetry, error) {
	format, err := telemetry.ParseFormat(s.logFormat)
	if err != nil {
		return nil, err
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.logLevel)); err != nil {
		return nil, multivac.Errorf(multivac.ErrInvalid, "use debug, info, warn or error", "unknown --log-level %q", s.logLevel)
	}
	return telemetry.New(w, telemetry.Options{Format: format, Level: level, Version: app.Version()}), nil
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

func listenAt(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, multivac.Errorf(multivac.ErrUnavailable, "stop what listens there, or choose another with --listen 127.0.0.1:5001", "the address %s is in use", address)
	}
	if err != nil {
		return nil, multivac.Errorf(multivac.ErrUnavailable, "choose another with --listen", "cannot listen at %s: %v", address, err)
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

// sampleQuestion is one that the sample answers.
const sampleQuestion = "What is the default port?"

func (s *serve) greet(w io.Writer, at, data string) {
	flag := ""
	if at != defaultServer {
		flag = " --server " + at
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

`, at, url.QueryEscape(sampleQuestion), flag, sampleQuestion, flag)
		return
	}
	fmt.Fprintf(w, `Its data is in %s

  Open   %s
  Tell   multivac tell%s docs/
  Ask    multivac ask%s "How long are backups kept?"

`, data, at, flag, flag)
}
