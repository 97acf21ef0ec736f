package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"multivac"
	"multivac/internal/app"
	"multivac/internal/web/wire"
)

func newKeys() *cobra.Command {
	c := &cobra.Command{
		Use:   "keys",
		Short: "Make, list and revoke keys",
		Long: `Make, list and revoke keys: on a server with a key of scope admin, or in a data
folder that no server has. Once there is a key, a server wants one of everyone.

Exit codes:
  0    done
  1    failed: there is no such key, or the first one is not of scope admin. Or the
       server refuses: no key, one that is not of scope admin, or a name that it
       is not known by
  2    the command line or a setting is wrong
  5    unavailable: no server, the data folder is a server's, the server is busy, or
       a limit of the key is reached
  130  interrupted`,
		Example: `  multivac keys create --scope admin --data ./data "Susan" > susan.key
  multivac keys create --key-file susan.key --scope ask --collection laws --expires 90d "search page"
  multivac keys revoke --key-file susan.key k3jq7x2a4m`,
		Args: subcommandArgs,
		RunE: showHelp,
	}
	c.AddCommand(newKeysCreate(), newKeysList(), newKeysRevoke())
	return c
}

// withKeys calls fn with the target's keys.
func (t target) withKeys(c *cobra.Command, create bool, fn func(context.Context, multivac.Keys) error) error {
	server, local, err := t.find(c, create)
	switch {
	case err != nil:
		return err
	case server != "":
		return t.withServer(c.Context(), server, func(ctx context.Context, h multivac.Verbs) error { return fn(ctx, h) })
	}
	keys, shut, err := app.OpenKeys(c.Context(), local)
	if err != nil {
		return err
	}
	err = fn(c.Context(), keys)
	if e := shut(); err == nil {
		err = e
	}
	return err
}

func newKeysCreate() *cobra.Command {
	var t target
	var scopes, collections []string
	var expires string
	var limits multivac.Limits
	var asJSON bool
	c := &cobra.Command{
		Use:   "create [NAME]",
		Short: "Make a key and print its text, once",
		Long: `Make a key and print its text on standard output: once, for it is kept nowhere.
Keep it in a file that only its user can read. NAME says what it is for.`,
		Example: `  (umask 077; multivac keys create --scope tell --collection laws "nightly import" > import.key)
  multivac keys create --scope ask --rate 5 --burst 20 --expires 2027-01-31 "search page"`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("put it in quotes", "a key has one name, but %d were given", len(args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			k := multivac.Key{Name: strings.Join(args, ""), Limits: limits}
			for _, s := range scopes {
				k.Scopes = append(k.Scopes, multivac.Scope(s))
			}
			for _, name := range collections {
				k.Collections = append(k.Collections, multivac.CollectionName(name))
			}
			var err error
			if k.Expires, err = parseExpiry(expires, time.Now()); err == nil {
				err = k.Validate()
			}
			if err != nil {
				return usageError{err}
			}
			return t.withKeys(c, true, func(ctx context.Context, keys multivac.Keys) error {
				made, text, err := keys.MakeKey(ctx, k)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(c.OutOrStdout(), wire.MadeKey{Key: wire.KeyOf(made), Text: string(text)})
				}
				_ = say(c.ErrOrStderr(), "key %s: %s", made.ID, allows(made))
				_ = say(c.ErrOrStderr(), "It is shown this once:")
				return say(c.OutOrStdout(), "%s", string(text))
			})
		},
	}
	t.flags(c)
	f := c.Flags()
	f.StringSliceVar(&scopes, "scope", []string{string(multivac.ScopeAsk)}, "`scope`: ask, tell or admin, which has both and makes keys; may be given again")
	f.StringSliceVarP(&collections, "collection", "c", nil, "`name` of a collection that it is for; may be given again (default all)")
	f.StringVar(&expires, "expires", "", "`when`: 90d or 12h from now, or a date (default never)")
	f.Float64Var(&limits.Rate, "rate", 0, "requests a `second` in the long run (default no limit)")
	f.IntVar(&limits.Burst, "burst", 0, "`requests` at once after a pause, with --rate (default 1)")
	f.IntVar(&limits.Concurrent, "concurrent", 0, "`requests` at the same time (default no limit)")
	f.BoolVar(&asJSON, "json", false, "print an object of JSON")
	_ = c.RegisterFlagCompletionFunc("scope", cobra.FixedCompletions([]string{"ask", "tell", "admin"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// parseExpiry reads a time in the future: a number of days or hours from now, a
// day, at whose end the key expires, or a time.
func parseExpiry(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil && n > 0 {
			return now.AddDate(0, 0, int(n)).UTC(), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return now.Add(d).UTC(), nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if day, e := time.ParseInLocation(time.DateOnly, s, now.Location()); e == nil {
		at, err = day.AddDate(0, 0, 1), nil
	}
	if err != nil || !at.After(now) {
		return time.Time{}, multivac.Errorf(multivac.ErrInvalid, "give it as 90d, 12h, 2030-01-31 or 2030-01-31T12:00:00Z", "--expires %q is no time to come", s)
	}
	return at.UTC(), nil
}

// allows describes what a key is for.
func allows(k multivac.Key) string {
	words := make([]string, len(k.Scopes))
	for i, s := range k.Scopes {
		words[i] = string(s)
	}
	text := strings.Join(words, ", ")
	if len(k.Collections) > 0 {
		names := make([]string, len(k.Collections))
		for i, n := range k.Collections {
			names[i] = string(n)
		}
		text += " in " + strings.Join(names, ", ")
	}
	if !k.Expires.IsZero() {
		text += ", until " + k.Expires.Format(time.DateTime) + " UTC"
	}
	return text
}

func newKeysList() *cobra.Command {
	var t target
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List keys: identifier, state, last use, what it allows, name",
		Example: `  multivac keys list --key-file admin.key
  multivac keys list --data ./data --json`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return t.withKeys(c, false, func(ctx context.Context, keys multivac.Keys) error {
				all, err := keys.ListKeys(ctx)
				for i := 0; err == nil && i < len(all); i++ {
					if asJSON {
						err = printJSON(c.OutOrStdout(), wire.KeyOf(all[i]))
					} else {
						err = say(c.OutOrStdout(), "%s", keyLine(all[i], time.Now()))
					}
				}
				return err
			})
		},
	}
	t.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print a line of JSON for each key")
	return c
}

func keyLine(k multivac.Key, now time.Time) string {
	state := "valid"
	switch {
	case !k.Revoked.IsZero():
		state = "revoked"
	case k.Standing(now) != nil:
		state = "expired"
	}
	used := "never used"
	if !k.LastUsed.IsZero() {
		used = "used " + k.LastUsed.Format("2006-01-02 15:04")
	}
	return strings.TrimRight(fmt.Sprintf("%s  %-7s  %-21s  %s  %s", k.ID, state, used, allows(k), k.Name), " ")
}

func newKeysRevoke() *cobra.Command {
	var t target
	var asJSON bool
	c := &cobra.Command{
		Use:     "revoke ID ...",
		Short:   "End keys, at once and for good",
		Example: `  multivac keys revoke --key-file admin.key k3jq7x2a4m`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("`multivac keys list` shows the identifiers", "no key given")
			}
			return nil
		},
		RunE: func(c *cobra.Command, ids []string) error {
			return t.withKeys(c, false, func(ctx context.Context, keys multivac.Keys) error {
				for _, id := range ids {
					k, err := keys.RevokeKey(ctx, keyID(id))
					if err != nil {
						return err
					}
					if asJSON {
						err = printJSON(c.OutOrStdout(), wire.KeyOf(k))
					} else {
						_ = say(c.ErrOrStderr(), "revoked %s", k.ID)
					}
					if err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	t.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print a line of JSON for each key")
	return c
}

// keyID returns the identifier in text that a user has copied. That text may be
// a whole key, which must not get into an address and so into logs.
func keyID(s string) multivac.KeyID {
	if rest, ok := strings.CutPrefix(s, "mvk_"); ok {
		s, _, _ = strings.Cut(rest, "_")
	}
	return multivac.KeyID(s)
}
