package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"multivac"
	"multivac/internal/clock"
	"multivac/internal/web/wire"
)

func newJobs() *cobra.Command {
	c := &cobra.Command{
		Use:   "jobs",
		Short: "List what is pending or has failed, and try it again",
		Example: `  multivac jobs list
  multivac jobs retry --all-failed`,
		Args: subcommandArgs,
		RunE: showHelp,
	}
	c.AddCommand(newJobsList(), newJobsRetry())
	return c
}

func newJobsList() *cobra.Command {
	var t target
	var collection, state string
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List jobs: document, state, collection, source, attempts, step, age, error",
		Example: `  multivac jobs list --state failed
  multivac jobs list --json`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			states := []multivac.State{multivac.Failed, multivac.Pending}
			switch s := multivac.State(state); s {
			case "":
			case multivac.Pending, multivac.Failed:
				states = []multivac.State{s}
			default:
				return usagef("give pending or failed", "unknown --state %q", state)
			}
			return t.with(c, false, func(ctx context.Context, h multivac.Verbs) error {
				now := time.Now()
				for _, s := range states {
					list := multivac.Listing{Collection: multivac.CollectionName(collection), State: s}
					err := eachDocument(ctx, h, list, func(d multivac.Document) error {
						if asJSON {
							return printJSON(c.OutOrStdout(), wire.NewDocument(d))
						}
						return say(c.OutOrStdout(), "%s", jobLine(d, now))
					})
					if err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	t.flags(c)
	f := c.Flags()
	f.StringVarP(&collection, "collection", "c", "", "`name` of the collection (default all)")
	f.StringVar(&state, "state", "", "`state`: pending or failed (default both)")
	f.BoolVar(&asJSON, "json", false, "print a line of JSON for each job")
	return c
}

// jobLine describes how far the work on a document is.
func jobLine(d multivac.Document, now time.Time) string {
	name := d.Source
	if name == "" {
		name = d.Title
	}
	line := fmt.Sprintf("%s  %-7s  %s  %s  %s", d.ID, d.State, d.Collection, name, count(d.Attempts, "attempt"))
	if d.Step != "" {
		line += ", at " + d.Step
	}
	line += ", told " + age(now.Sub(d.Told)) + " ago"
	if d.LastError != "" {
		line += "  (" + d.LastError + ")"
	}
	return line
}

// age writes a duration with one unit.
func age(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
}

func newJobsRetry() *cobra.Command {
	var t target
	var allFailed, asJSON bool
	var timeout time.Duration
	c := &cobra.Command{
		Use:   "retry ID ...",
		Short: "Try failed documents again, and pending ones at once",
		Long: `Try failed documents again, at their next revision, and pending ones that wait
for their next attempt at once. It waits until they are answered from or have
failed again; exit code 1 if one has.`,
		Example: `  multivac jobs retry 3f6c0a1b2c3d4e5f60718293a4b5c6d7
  multivac jobs retry --all-failed`,
		Args: func(c *cobra.Command, ids []string) error {
			if allFailed == (len(ids) > 0) {
				return usagef("`multivac jobs list` shows the identifiers", "name documents, or give --all-failed")
			}
			return nil
		},
		RunE: func(c *cobra.Command, ids []string) error {
			return t.with(c, false, func(ctx context.Context, h multivac.Verbs) error {
				if allFailed {
					err := eachDocument(ctx, h, multivac.Listing{State: multivac.Failed}, func(d multivac.Document) error {
						ids = append(ids, string(d.ID))
						return nil
					})
					if err != nil {
						return err
					}
				}
				return again(ctx, h, ids, h.Retry, timeout, func(_ multivac.Receipt, d multivac.Document) error {
					if asJSON {
						return printJSON(c.OutOrStdout(), wire.NewDocument(d))
					}
					return say(c.OutOrStdout(), "%s", documentLine(d))
				})
			})
		},
	}
	t.flags(c)
	c.Flags().BoolVar(&allFailed, "all-failed", false, "all documents that have failed")
	c.Flags().DurationVar(&timeout, "timeout", time.Minute, "`time` to wait for what becomes of them; 0 not to wait")
	c.Flags().BoolVar(&asJSON, "json", false, "print a line of JSON for each document")
	return c
}

// again has documents read again by call, waits until they are no longer pending,
// and tells print what becomes of each.
func again(ctx context.Context, h multivac.Library, ids []string, call func(context.Context, multivac.DocumentID) (multivac.Receipt, error),
	timeout time.Duration, print func(multivac.Receipt, multivac.Document) error) error {
	var receipts []multivac.Receipt
	for _, id := range ids {
		r, err := call(ctx, multivac.DocumentID(id))
		if err != nil {
			return err
		}
		receipts = append(receipts, r)
	}
	waiting, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	failed := 0
	for _, r := range receipts {
		d, err := settled(ctx, waiting, h, r)
		if err != nil {
			return err
		}
		if d.State == multivac.Failed {
			failed++
		}
		if err := print(r, d); err != nil {
			return err
		}
	}
	if failed > 0 {
		return errSomeFailed
	}
	return nil
}

// settled returns the document of a receipt once it is no longer pending, or
// once waiting has ended.
func settled(ctx, waiting context.Context, h multivac.Library, r multivac.Receipt) (multivac.Document, error) {
	const poll = 50 * time.Millisecond
	for {
		d, err := h.Document(ctx, r.ID)
		if d.Text, d.Body = "", nil; err != nil || d.State != multivac.Pending || waiting.Err() != nil {
			return d, err
		}
		_ = clock.Sleep(waiting, poll) // where waiting has ended, look once more
	}
}
