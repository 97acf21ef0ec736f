package auth

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"multivac"
)

// A kept says that it was called.
type kept struct{ called string }

func (k *kept) Retry(context.Context, multivac.DocumentID) (multivac.Receipt, error) {
	k.called = "retry"
	return multivac.Receipt{}, nil
}
func (k *kept) Reread(context.Context, multivac.DocumentID) (multivac.Receipt, error) {
	k.called = "reread"
	return multivac.Receipt{}, nil
}
func (k *kept) Export(context.Context, io.Writer, bool) error { k.called = "export"; return nil }
func (k *kept) Import(context.Context, io.Reader, bool) (multivac.Imported, error) {
	k.called = "import"
	return multivac.Imported{}, nil
}
func (k *kept) Examine(context.Context, bool) (multivac.Examination, error) {
	k.called = "examine"
	return multivac.Examination{}, nil
}

func (k *kept) Calibrate(context.Context, multivac.CollectionName, []multivac.LabelledQuestion, bool) (multivac.Calibration, error) {
	k.called = "calibrate"
	return multivac.Calibration{}, nil
}
func (k *kept) Calibration(context.Context, multivac.CollectionName) (multivac.Calibration, error) {
	k.called = "calibration"
	return multivac.Calibration{}, nil
}
func (k *kept) Uncalibrate(context.Context, multivac.CollectionName) (bool, error) {
	k.called = "uncalibrate"
	return true, nil
}

// A found has one document, in the collection laws.
type found struct{ multivac.Library }

func (found) Document(_ context.Context, id multivac.DocumentID) (multivac.Document, error) {
	return multivac.Document{ID: id, Collection: "laws"}, nil
}

func TestWhoMayLookAfterTheStore(t *testing.T) {
	f := func(what string, c *Caller, retry, rest error) {
		t.Helper()
		k := &kept{}
		g := Guard(multivac.Verbs{Keeper: k, Library: found{}, Calibrator: k})
		ctx := t.Context()
		if c != nil {
			ctx = With(ctx, c)
		}
		for name, call := range map[string]func() error{
			"retry":       func() error { _, err := g.Retry(ctx, "1"); return err },
			"reread":      func() error { _, err := g.Reread(ctx, "1"); return err },
			"export":      func() error { return g.Export(ctx, io.Discard, false) },
			"import":      func() error { _, err := g.Import(ctx, strings.NewReader(""), false); return err },
			"examine":     func() error { _, err := g.Examine(ctx, false); return err },
			"calibrate":   func() error { _, err := g.Calibrate(ctx, "laws", nil, false); return err },
			"uncalibrate": func() error { _, err := g.Uncalibrate(ctx, "laws"); return err },
		} {
			want := rest
			if name == "retry" || name == "reread" {
				want = retry
			}
			k.called = ""
			if err := call(); !errors.Is(err, want) || (err == nil) != (want == nil) || (k.called == name) != (want == nil) {
				t.Errorf("%s, %s: got %v and called %q, want %v", what, name, err, k.called, want)
			}
		}
	}
	key := func(collections []multivac.CollectionName, scopes ...multivac.Scope) *Caller {
		return &Caller{Key: multivac.Key{ID: "k", Scopes: scopes, Collections: collections}}
	}
	classic := Classic("multivac")
	f("nobody", nil, multivac.ErrUnauthorized, multivac.ErrUnauthorized)
	f("anyone where no key is needed", &Anyone, nil, nil)
	f("the original's routes", classic, multivac.ErrNotFound, multivac.ErrUnauthorized)
	f("an admin", key(nil, multivac.ScopeAdmin), nil, nil)
	f("who may ask", key(nil, multivac.ScopeAsk), multivac.ErrForbidden, multivac.ErrForbidden)
	f("who may tell", key(nil, multivac.ScopeTell), nil, multivac.ErrForbidden)
	f("who may tell there", key([]multivac.CollectionName{"laws"}, multivac.ScopeTell), nil, multivac.ErrForbidden)
	f("who may tell elsewhere", key([]multivac.CollectionName{"other"}, multivac.ScopeTell), multivac.ErrNotFound, multivac.ErrForbidden)
}

// Who may ask a collection may see how its confidence is corrected.
func TestWhoMayReadACalibration(t *testing.T) {
	f := func(what string, c *Caller, want error) {
		t.Helper()
		k := &kept{}
		_, err := Guard(multivac.Verbs{Calibrator: k}).Calibration(With(t.Context(), c), "laws")
		if !errors.Is(err, want) || (err == nil) != (want == nil) || (k.called != "") != (want == nil) {
			t.Errorf("%s: got %v and called %q, want %v", what, err, k.called, want)
		}
	}
	key := func(scope multivac.Scope, collections ...multivac.CollectionName) *Caller {
		return &Caller{Key: multivac.Key{ID: "k", Scopes: []multivac.Scope{scope}, Collections: collections}}
	}
	f("anyone where no key is needed", &Anyone, nil)
	f("who may ask there", key(multivac.ScopeAsk, "laws"), nil)
	f("who may ask elsewhere", key(multivac.ScopeAsk, "other"), multivac.ErrForbidden)
	f("who may tell", key(multivac.ScopeTell), multivac.ErrForbidden)
	f("an admin", key(multivac.ScopeAdmin), nil)
}
