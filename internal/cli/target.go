package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"multivac"
	"multivac/internal/app"
	"multivac/internal/client"
)

// defaultServer is where serve listens unless told otherwise; tests change it.
var defaultServer = "http://127.0.0.1:5000"

// A house is a MultiVAC, behind a URL or in this process.
type house interface {
	multivac.Teller
	multivac.Asker
	multivac.Library
}

// A target says which MultiVAC a command talks to.
type target struct{ server, data string }

func (t *target) flags(c *cobra.Command) {
	c.Flags().StringVar(&t.server, "server", "", "`URL` of the server (default $MULTIVAC_SERVER; else "+defaultServer+" if one answers there; else the default data folder)")
	c.Flags().StringVar(&t.data, "data", "", "data `folder` to use in place of a server")
	_ = c.MarkFlagDirname("data")
}

// with calls fn with the target and returns its error. Where neither a server
// nor a folder is named, that is the server at the default address if one
// answers, else the default data folder. A folder that does not exist is made
// only if create is set.
func (t target) with(c *cobra.Command, create bool, fn func(ctx context.Context, h house) error) error {
	if err := oneOf(c, "server", "data"); err != nil {
		return err
	}
	ctx := c.Context()
	server := t.server
	if server == "" {
		server = os.Getenv("MULTIVAC_SERVER")
	}
	switch {
	case t.data != "":
		if !create && !exists(t.data) {
			return multivac.Errorf(multivac.ErrUnavailable, "tell it something first, or check the path", "there is no data folder %s", t.data)
		}
		return withFolder(ctx, t.data, fn)
	case server != "":
		return withServer(server, func(h house) error { return fn(ctx, h) })
	}
	if answers(ctx, defaultServer) {
		return withServer(defaultServer, func(h house) error { return fn(ctx, h) })
	}
	dir, err := defaultData()
	if err != nil {
		return err
	}
	if !create && !exists(dir) {
		return multivac.Errorf(multivac.ErrUnavailable,
			"start one with `multivac serve`, or name one with --server URL or a folder with --data DIR",
			"no server answers at %s, and there is no data folder %s", defaultServer, dir)
	}
	fmt.Fprintf(c.ErrOrStderr(), "no server at %s; using the data folder %s\n", defaultServer, dir)
	return withFolder(ctx, dir, fn)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}

// answers reports whether a MultiVAC lives at the URL.
func answers(ctx context.Context, server string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	h, err := client.New(server)
	if err != nil {
		return false
	}
	_, err = h.Status(ctx)
	return err == nil
}

func withServer(server string, fn func(house) error) error {
	h, err := client.New(server)
	if err != nil {
		return usageError{err}
	}
	return fn(h)
}

// withFolder opens the data folder, runs what is behind it while fn runs, and
// closes it. It calls fn once everything that was published is answered from.
func withFolder(ctx context.Context, dir string, fn func(context.Context, house) error) error {
	a, err := app.Open(ctx, app.Settings{Data: dir})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stopped := make(chan error, 1)
	go func() {
		err := a.Run(ctx)
		cancel(err) // fn must not wait for what has stopped
		stopped <- err
	}()
	err = a.Settle(ctx)
	if err == nil {
		err = fn(ctx, a)
	}
	cancel(nil)
	if ended := <-stopped; ended != nil {
		return ended
	}
	return err
}

// defaultData is the data folder where none is named, by the XDG Base
// Directory Specification.
func defaultData() (string, error) {
	base := os.Getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(base) { // the specification says to ignore a relative one
		home, err := os.UserHomeDir()
		if err != nil {
			return "", usagef("name one with --data DIR", "there is no default data folder: %s", err)
		}
		base = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(base, "multivac"), nil
}
