package cli

import (
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"multivac"
	"multivac/internal/app"
	"multivac/internal/mongoadmin"
	"multivac/internal/telemetry"
)

func newMongoDB() *cobra.Command {
	c := &cobra.Command{
		Use:     "mongodb",
		Short:   "Make a MongoDB ready for MultiVAC",
		Long:    "Make a MongoDB ready for MultiVAC. Who has one that is a replica set, with a user\nthat may read and write a database, needs nothing of this.",
		Example: `  multivac mongodb init --host db-0.db:27017`,
		Args:    subcommandArgs,
		RunE:    showHelp,
	}
	c.AddCommand(newMongoDBInit())
	return c
}

func newMongoDBInit() *cobra.Command {
	var m mongoadmin.Member
	var adminFile, userFile, admin, user string
	var watch bool
	c := &cobra.Command{
		Use:   "init",
		Short: "Make a server a member of a replica set, and the user that signs in there",
		Long: `Make a server a member of a replica set, and the user that MultiVAC signs in as.
Run it beside each server, at an address that the server takes for its own: the
first makes the set, and the others join it. Where all is as it should be, it
changes nothing. A password that is another in its file becomes the user's.`,
		Example: `  multivac mongodb init --host db-0.db:27017 --watch`,
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if m.Host == "" {
				return usagef("give it as a StatefulSet names it, such as db-0.db:27017", "--host is missing")
			}
			m.Admin, m.User = fromFile(admin, adminFile), fromFile(user, userFile)
			for _, file := range []string{adminFile, userFile} {
				if _, err := os.Stat(file); err != nil {
					return multivac.Errorf(multivac.ErrInvalid, "name a file with the password alone", "cannot read a password: %v", err)
				}
			}
			log := telemetry.New(c.OutOrStdout(), telemetry.Options{Format: telemetry.Auto, Level: slog.LevelInfo, Version: app.Version()})
			defer log.Flush()
			m.Log = log.Logger()
			if watch {
				return m.Watch(c.Context())
			}
			return m.Init(c.Context())
		},
	}
	f := c.Flags()
	f.StringVar(&m.Host, "host", "", "`address` of the server for everyone else; its first label ends in a number")
	f.StringVar(&m.Local, "local", "localhost:27017", "`address` of the server here")
	f.StringVar(&m.Set, "set", "multivac", "`name` of the replica set")
	f.StringVar(&m.Database, "database", "multivac", "`name` of the database that the user may read and write")
	f.StringVar(&admin, "admin", "root", "`name` of who may do this")
	f.StringVar(&adminFile, "admin-password-file", "/run/secrets/mongodb/root-password", "`file` with his password")
	f.StringVar(&user, "user", "multivac", "`name` of the user to make")
	f.StringVar(&userFile, "password-file", "/run/secrets/mongodb/password", "`file` with the user's password; read again when it changes, with --watch")
	f.StringVar(&m.CA, "tls-ca", "", "`file` in PEM of those who may sign the servers' certificates; connects over TLS")
	f.BoolVar(&watch, "watch", false, "go on, until it is interrupted")
	return c
}

// fromFile returns a function that reads the password each time.
func fromFile(name, file string) func() (username, password string) {
	return func() (string, string) {
		b, _ := os.ReadFile(file) // while the file is being replaced it is empty: the server refuses that, and the caller tries again
		return name, strings.TrimRight(string(b), "\r\n")
	}
}
