package cli

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"multivac"
	"multivac/internal/app"
	"multivac/internal/client"
	"multivac/internal/config"
)

// defaultServer is where serve listens unless told otherwise; tests change it.
var defaultServer = "http://127.0.0.1:5000"

// A house is a MultiVAC, behind a URL or in this process.
type house interface {
	multivac.Teller
	multivac.Asker
	multivac.Library
	multivac.Keys
	multivac.Keeper
}

// A target says which MultiVAC a command talks to, and with which key.
type target struct{ server, data, keyFile string }

func (t *target) flags(c *cobra.Command) {
	c.Flags().StringVar(&t.server, "server", "", "`URL` of the server (default $MULTIVAC_SERVER; else the MongoDB that settings name; else "+defaultServer+" if one answers there; else the default data folder)")
	c.Flags().StringVar(&t.data, "data", "", "data `folder` to use in place of a server")
	c.Flags().StringVar(&t.keyFile, "key-file", "", "`file` with the key for the server (default the one that $MULTIVAC_KEY_FILE names)")
	_ = c.MarkFlagDirname("data")
	_ = c.MarkFlagFilename("key-file")
}

// with calls fn with the target and returns its error.
func (t target) with(c *cobra.Command, create bool, fn func(ctx context.Context, h house) error) error {
	server, local, err := t.find(c, create)
	switch {
	case err != nil:
		return err
	case server != "":
		return t.withServer(c.Context(), server, fn)
	}
	return withStore(c.Context(), local, func(ctx context.Context, a *app.App) error { return fn(ctx, a) })
}

// find returns the server, or the settings of the store. Where none is named,
// that is the MongoDB that the settings name, the server at the default address
// if one answers, or the default data folder. A folder that does not exist may
// be made only if create is set.
func (t target) find(c *cobra.Command, create bool) (server string, local app.Settings, err error) {
	if err := oneOf(c, "server", "data"); err != nil {
		return "", local, err
	}
	server = cmp.Or(t.server, os.Getenv("MULTIVAC_SERVER"))
	switch {
	case t.data != "":
		if !create && !exists(t.data) {
			return "", local, multivac.Errorf(multivac.ErrUnavailable, "tell it something first, or check the path", "there is no data folder %s", t.data)
		}
		return "", dataFolder(t.data), nil
	case server != "":
		return server, local, nil
	}
	if local, err := namedStore(); err != nil || local.Mongo.URI != "" {
		return "", local, err
	}
	if answers(c.Context(), defaultServer) {
		return defaultServer, local, nil
	}
	dir, err := defaultData()
	if err != nil {
		return "", local, err
	}
	if !create && !exists(dir) {
		return "", local, multivac.Errorf(multivac.ErrUnavailable,
			"start one with `multivac serve`, or name one with --server URL or a folder with --data DIR",
			"no server answers at %s, and there is no data folder %s", defaultServer, dir)
	}
	_ = say(c.ErrOrStderr(), "no server at %s; using the data folder %s", defaultServer, dir)
	return "", dataFolder(dir), nil
}

// dataFolder returns the settings of a data folder: how it is asked is as for serve.
// What else is wrong with settings is no matter of a command that does not need
// them.
func dataFolder(dir string) app.Settings {
	loaded, _ := config.Load(config.Here(nil))
	return app.Settings{Data: dir, Readable: true, Meaning: app.Meaning(loaded.Meaning)}
}

// namedStore returns the settings of the MongoDB that files or variables name;
// none if they do not. What else is wrong with settings is no matter of a
// command that does not need them.
func namedStore() (local app.Settings, err error) {
	from := config.Here(nil)
	loaded, err := config.Load(from)
	if loaded.Store.MongoDB.URI == "" {
		return local, nil
	}
	if err != nil {
		return local, usageError{err}
	}
	local = services(loaded.Settings, config.NewLive(loaded, from))
	local.Role = app.All
	if local.Redis.Addr != "" {
		local.Role = app.Web // there are workers for what is to be done
	}
	return local, nil
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
	return err == nil || errors.Is(err, multivac.ErrUnauthorized)
}

func (t target) withServer(ctx context.Context, server string, fn func(context.Context, house) error) error {
	key, err := t.key()
	if err != nil {
		return err
	}
	h, err := client.New(server, client.WithKey(key))
	if err != nil {
		return usageError{err}
	}
	return fn(ctx, h)
}

// key returns the key to send; "" where none is named. Secrets come from files
// only: the environment of a process is there for many to read.
func (t target) key() (multivac.KeyText, error) {
	if os.Getenv("MULTIVAC_KEY") != "" {
		return "", usagef("write it into a file that only you can read, and name the file in $MULTIVAC_KEY_FILE or with --key-file; then unset MULTIVAC_KEY",
			"a key in the environment can be read by other programs, so $MULTIVAC_KEY is not used")
	}
	file := cmp.Or(t.keyFile, os.Getenv("MULTIVAC_KEY_FILE"))
	if file == "" {
		return "", nil
	}
	key, err := app.ReadKey(file)
	if err != nil {
		return "", usageError{unreadable(err)}
	}
	return key, nil
}

// withStore opens the store, runs what is behind it while fn runs, and
// closes it. It calls fn once everything that was published is answered from.
func withStore(ctx context.Context, local app.Settings, fn func(context.Context, *app.App) error) error {
	a, err := app.Open(ctx, local)
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
