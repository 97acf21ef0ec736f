package audit_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/audit"
)

// A kept fails where err is set.
type kept struct{ err error }

func (k kept) Retry(_ context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	return multivac.Receipt{ID: id, Revision: 2, Changed: true}, k.err
}
func (k kept) Reread(_ context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	return multivac.Receipt{ID: id, Revision: 2}, k.err
}
func (k kept) Export(context.Context, io.Writer, bool) error { return k.err }
func (k kept) Import(context.Context, io.Reader, bool) (multivac.Imported, error) {
	return multivac.Imported{Documents: 3}, k.err
}
func (k kept) Examine(context.Context, bool) (multivac.Examination, error) {
	return multivac.Examination{}, k.err
}

type noted []audit.Event

func (n *noted) Ready() error { return nil }

func (n *noted) Write(_ context.Context, events []audit.Event) error {
	*n = append(*n, events...)
	return nil
}

func TestWhoCopiesAndRetriesIsWrittenDown(t *testing.T) {
	for _, err := range []error{nil, multivac.ErrForbidden} {
		var got noted
		k := audit.Log{Sink: &got, Now: func() time.Time { return at }}.Verbs(multivac.Verbs{Keeper: kept{err}})
		_, e1 := k.Retry(t.Context(), "1")
		_, e := k.Reread(t.Context(), "2")
		e2 := k.Export(t.Context(), io.Discard, true)
		_, e3 := k.Import(t.Context(), strings.NewReader("secret"), false)
		if !errors.Is(e1, err) || !errors.Is(e, err) || !errors.Is(e2, err) || !errors.Is(e3, err) {
			t.Errorf("got %v, %v, %v, want %v", e1, e2, e3, err)
		}
		want := noted{
			{Time: at, Action: "retry", Document: "1", Revision: 2, Outcome: "done"},
			{Time: at, Action: "reread", Document: "2", Revision: 2, Outcome: "unchanged"},
			{Time: at, Action: "export", Outcome: "done"},
			{Time: at, Action: "import", Outcome: "done"},
		}
		if err != nil {
			for i := range want {
				want[i].Outcome = "forbidden"
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%v (-want +got)\n%s", err, d)
		}
	}
}
