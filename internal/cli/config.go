package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"multivac/internal/config"
)

func newConfig() *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Show, explain and check the settings of serve",
		Long: `Show, explain and check the settings of serve. They come from layers, each over
the ones before: defaults, /etc/multivac/settings.toml, settings.toml and
settings.local.toml here, variables (MULTIVAC_LISTEN), secret files, and flags.
All of serve's flags may be given here, too. No secret is ever shown.`,
		Example: `  multivac config explain listen
  MULTIVAC_ENV=production multivac config validate`,
		Args: subcommandArgs,
		RunE: showHelp,
	}
	c.AddCommand(newConfigList(), newConfigGet(), newConfigExplain(), newConfigValidate(), newConfigSchema())
	return c
}

// withSettings adds the flags of serve, which serve's help explains, and the
// flag for JSON.
func withSettings(c *cobra.Command, asJSON *bool, what string) *cobra.Command {
	addSettings(c)
	c.Flags().VisitAll(func(f *pflag.Flag) { f.Hidden = true })
	c.Flags().BoolVar(asJSON, "json", false, what)
	return c
}

// load reads the settings and prints warnings. Errors are printed last, after
// what could be read.
func load(c *cobra.Command) (*config.Loaded, error) {
	l, err := config.Load(config.Here(c.Flags()))
	printWarnings(c, l)
	if err != nil {
		err = usageError{err}
	}
	return l, err
}

func printWarnings(c *cobra.Command, l *config.Loaded) {
	for _, w := range l.Warnings {
		printProblem(c.ErrOrStderr(), "warning: ", w)
	}
}

func newConfigList() *cobra.Command {
	var asJSON bool
	return withSettings(&cobra.Command{
		Use:     "list",
		Short:   "List all settings: name, value, and where it comes from",
		Example: `  multivac config list | grep -v default`,
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			l, wrong := load(c)
			if asJSON {
				for _, e := range l.List() {
					if err := printJSON(c.OutOrStdout(), e); err != nil {
						return err
					}
				}
				return wrong
			}
			var rows [][]string
			for _, e := range l.List() {
				rows = append(rows, []string{e.Key, e.Text(), e.Where})
			}
			if err := printTable(c.OutOrStdout(), rows); err != nil {
				return err
			}
			return wrong
		},
	}, &asJSON, "print a line of JSON for each setting")
}

func newConfigGet() *cobra.Command {
	var asJSON bool
	return aboutSetting(&cobra.Command{
		Use:     "get SETTING",
		Short:   "Print the value of one setting",
		Example: `  multivac config get store.mongodb.uri`,
	}, &asJSON, "print it as JSON", func(out io.Writer, e config.Explanation) error {
		if asJSON {
			return printJSON(out, e.Value)
		}
		return say(out, "%s", e.Text())
	})
}

func newConfigExplain() *cobra.Command {
	var asJSON bool
	return aboutSetting(&cobra.Command{
		Use:     "explain SETTING",
		Short:   "Say what every layer says of a setting, and which one counts",
		Example: `  multivac config explain queue.password`,
	}, &asJSON, "print an object of JSON", func(out io.Writer, e config.Explanation) error {
		if asJSON {
			return printJSON(out, e)
		}
		return printExplanation(out, e)
	})
}

// aboutSetting makes a command print what is known about the setting that its
// argument names.
func aboutSetting(c *cobra.Command, asJSON *bool, what string, show func(io.Writer, config.Explanation) error) *cobra.Command {
	c.Args, c.ValidArgsFunction = oneSetting, completeSetting
	c.RunE = func(c *cobra.Command, args []string) error {
		l, wrong := load(c)
		e, err := l.Explain(args[0])
		if err != nil {
			return usageError{err}
		}
		if err := show(c.OutOrStdout(), e); err != nil {
			return err
		}
		return wrong
	}
	return withSettings(c, asJSON, what)
}

func printExplanation(out io.Writer, e config.Explanation) error {
	change := "a change needs a restart"
	if e.Live {
		change = "a change takes effect at once"
	}
	fmt.Fprintf(out, "%s = %s\n  %s\n  %s; %s\n\n", e.Key, visible(e.Text()), e.Help, e.Kind, change)
	var rows [][]string
	for _, s := range e.Layers {
		mark, value := " ", "-"
		if s.Wins {
			mark = ">"
		}
		if s.Where != "" {
			value = s.Text()
		}
		from := s.Where
		if from == s.Layer {
			from = ""
		}
		rows = append(rows, []string{mark + " " + s.Layer, value, from})
	}
	return printTable(out, rows)
}

// printTable prints rows in columns, without spaces after the last word of a
// row.
func printTable(out io.Writer, rows [][]string) error {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = visible(cell)
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	w.Flush()
	for line := range strings.Lines(b.String()) {
		if err := say(out, "%s", strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

func newConfigValidate() *cobra.Command {
	var asJSON bool
	return withSettings(&cobra.Command{
		Use:   "validate",
		Short: "Say everything that is wrong with the settings",
		Long: `Say everything that is wrong with the settings, in all environments, and with the
files that they name. Exit code 0 where nothing is, 2 where something is: made for
an init container, and for the checks before a deployment.`,
		Example: `  MULTIVAC_ENV=production multivac config validate
  multivac config validate --role worker --json`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			l, err := config.Load(config.Here(c.Flags()))
			wrong, _ := err.(config.Problems)
			wrong = append(wrong, l.Missing()...)
			if asJSON {
				return validated(wrong, printJSON(c.OutOrStdout(), struct {
					Valid       bool            `json:"valid"`
					Environment string          `json:"environment,omitempty"`
					Problems    config.Problems `json:"problems"`
					Warnings    config.Problems `json:"warnings"`
				}{len(wrong) == 0, l.Environment, append(config.Problems{}, wrong...), append(config.Problems{}, l.Warnings...)}))
			}
			printWarnings(c, l)
			if len(wrong) == 0 {
				return say(c.OutOrStdout(), "the settings are valid")
			}
			return validated(wrong, nil)
		},
	}, &asJSON, "print an object of JSON")
}

func validated(wrong config.Problems, err error) error {
	if err == nil && len(wrong) > 0 {
		return usageError{wrong}
	}
	return err
}

func newConfigSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print a JSON schema of settings files, for editors",
		Example: `  multivac config schema > settings.schema.json
  # and in settings.toml, for editors with Even Better TOML or taplo:
  #:schema ./settings.schema.json`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			e := json.NewEncoder(c.OutOrStdout())
			e.SetIndent("", "  ")
			e.SetEscapeHTML(false)
			return e.Encode(config.Schema())
		},
	}
}

func oneSetting(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usagef("`multivac config list` shows all", "name one setting")
	}
	return nil
}

func completeSetting(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, s := range config.Table() {
		names = append(names, s.Key)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
