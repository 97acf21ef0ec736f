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
	"multivac/internal/auth"
	"multivac/internal/client"
	"multivac/internal/config"
	"multivac/internal/meaning"
)

// defaultServer is where serve listens by default. Tests change it.
var defaultServer = "http://127.0.0.1:5000"

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
func (t target) with(c *cobra.Command, create bool, fn func(ctx context.Context, h multivac.Verbs) error) error {
	server, local, err := t.find(c, create)
	switch {
	case err != nil:
		return err
	case server != "":
		return t.withServer(c.Context(), server, fn)
	}
	return withStore(c.Context(), local, func(ctx context.Context, a *app.App) error { return fn(ctx, a.Verbs) })
}

// find returns the server or the settings of the store. If the flags name
// neither, it looks for the MongoDB of the settings, then for a server at the
// default address, then for the default data folder. It makes a folder that
// does not exist only if create is set.
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

// dataFolder returns the settings of a data folder, with serve's settings for
// questions and originals. It ignores mistakes in other settings: a command that needs a data
// folder only does not need them.
func dataFolder(dir string) app.Settings {
	loaded, _ := config.Load(config.Here(nil))
	return limitsOf(loaded.Settings).on(app.Settings{Data: dir, Readable: true, Meaning: meaning.Mode(loaded.Meaning), Originals: loaded.KeepOriginals})
}

// namedStore returns the settings of the MongoDB that files or variables name,
// or none. It ignores mistakes in other settings, which the command does not
// need.
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
		local.Role = app.Web // the workers do the pending work
	}
	return local, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}

// answers reports whether a MultiVAC answers at the URL.
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

func (t target) withServer(ctx context.Context, server string, fn func(context.Context, multivac.Verbs) error) error {
	key, err := t.key()
	if err != nil {
		return err
	}
	h, err := client.New(server, client.WithKey(key))
	if err != nil {
		return usageError{err}
	}
	return fn(ctx, h.Verbs())
}

// key returns the key to send, or "" if none is named. A secret comes from a
// file only: other processes can read a process's environment.
func (t target) key() (multivac.KeyText, error) {
	if os.Getenv("MULTIVAC_KEY") != "" {
		return "", usagef("write it into a file that only you can read, and name the file in $MULTIVAC_KEY_FILE or with --key-file; then unset MULTIVAC_KEY",
			"a key in the environment can be read by other programs, so $MULTIVAC_KEY is not used")
	}
	file := cmp.Or(t.keyFile, os.Getenv("MULTIVAC_KEY_FILE"))
	if file == "" {
		return "", nil
	}
	key, err := auth.ReadKey(file)
	if err != nil {
		return "", usageError{unreadable(err)}
	}
	return key, nil
}

// withStore opens the store and closes it after fn. It calls fn once everything
// that was published is indexed.
func withStore(ctx context.Context, local app.Settings, fn func(context.Context, *app.App) error) error {
	a, err := app.Open(ctx, local)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stopped := make(chan error, 1)
	go func() {
		err := a.Run(ctx)
		cancel(err) // ends fn, which may wait for what has stopped
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

// defaultData returns the data folder if none is named, as the XDG Base
// Directory Specification says.
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
