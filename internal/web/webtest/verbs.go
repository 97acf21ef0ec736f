package webtest

import (
	"context"
	"io"
	"iter"
	"reflect"
	"strings"

	"multivac"
)

// Called implements all verbs. It does nothing, and notes which verbs were
// called. A test puts it behind a decorator, to see what the decorator passes
// on.
type Called []string

func (c *Called) note(verb string) { *c = append(*c, verb) }

// Tell implements multivac.Teller.
func (c *Called) Tell(_ context.Context, tellings []multivac.Telling, _ multivac.Wait) ([]multivac.Receipt, error) {
	c.note("Tell")
	return make([]multivac.Receipt, len(tellings)), nil
}

// Ask implements multivac.Asker.
func (c *Called) Ask(context.Context, multivac.Question) (a multivac.Answer, _ error) {
	c.note("Ask")
	return a, nil
}

// Document implements multivac.Library.
func (c *Called) Document(context.Context, multivac.DocumentID) (d multivac.Document, _ error) {
	c.note("Document")
	return d, nil
}

// Documents implements multivac.Library.
func (c *Called) Documents(context.Context, multivac.Listing) (p multivac.Page, _ error) {
	c.note("Documents")
	return p, nil
}

// Delete implements multivac.Library.
func (c *Called) Delete(context.Context, multivac.DocumentID) (r multivac.Receipt, _ error) {
	c.note("Delete")
	return r, nil
}

// Original implements multivac.Library.
func (c *Called) Original(context.Context, multivac.DocumentID) (t multivac.Telling, _ error) {
	c.note("Original")
	return t, nil
}

// Datum implements multivac.Library.
func (c *Called) Datum(context.Context, multivac.CollectionName) (string, error) {
	c.note("Datum")
	return "", nil
}

// Reach implements multivac.Library.
func (c *Called) Reach(context.Context, multivac.Position) error {
	c.note("Reach")
	return nil
}

// Status implements multivac.Library.
func (c *Called) Status(context.Context) (s multivac.Status, _ error) {
	c.note("Status")
	return s, nil
}

// MakeKey implements multivac.Keys.
func (c *Called) MakeKey(context.Context, multivac.Key) (k multivac.Key, text multivac.KeyText, _ error) {
	c.note("MakeKey")
	return k, text, nil
}

// ListKeys implements multivac.Keys.
func (c *Called) ListKeys(context.Context) ([]multivac.Key, error) {
	c.note("ListKeys")
	return nil, nil
}

// RevokeKey implements multivac.Keys.
func (c *Called) RevokeKey(context.Context, multivac.KeyID) (k multivac.Key, _ error) {
	c.note("RevokeKey")
	return k, nil
}

// Retry implements multivac.Keeper.
func (c *Called) Retry(context.Context, multivac.DocumentID) (r multivac.Receipt, _ error) {
	c.note("Retry")
	return r, nil
}

// Reread implements multivac.Keeper.
func (c *Called) Reread(context.Context, multivac.DocumentID) (r multivac.Receipt, _ error) {
	c.note("Reread")
	return r, nil
}

// Export implements multivac.Keeper.
func (c *Called) Export(context.Context, io.Writer, bool) error {
	c.note("Export")
	return nil
}

// Import implements multivac.Keeper.
func (c *Called) Import(context.Context, io.Reader, bool) (i multivac.Imported, _ error) {
	c.note("Import")
	return i, nil
}

// Examine implements multivac.Keeper.
func (c *Called) Examine(context.Context, bool) (e multivac.Examination, _ error) {
	c.note("Examine")
	return e, nil
}

// Calibrate implements multivac.Calibrator.
func (c *Called) Calibrate(context.Context, multivac.CollectionName, []multivac.LabelledQuestion, bool) (k multivac.Calibration, _ error) {
	c.note("Calibrate")
	return k, nil
}

// Calibration implements multivac.Calibrator.
func (c *Called) Calibration(context.Context, multivac.CollectionName) (k multivac.Calibration, _ error) {
	c.note("Calibration")
	return k, nil
}

// Uncalibrate implements multivac.Calibrator.
func (c *Called) Uncalibrate(context.Context, multivac.CollectionName) (bool, error) {
	c.note("Uncalibrate")
	return false, nil
}

// Each calls every verb of v once, and yields its name and its error. The
// arguments are zero values, except for one telling, a reader and a writer.
func Each(ctx context.Context, v multivac.Verbs) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		verbs := reflect.TypeFor[multivac.Everything]()
		for i := range verbs.NumMethod() {
			name := verbs.Method(i).Name
			call := reflect.ValueOf(v).MethodByName(name)
			results := call.Call(arguments(ctx, call.Type()))
			err, _ := results[len(results)-1].Interface().(error)
			if !yield(name, err) {
				return
			}
		}
	}
}

func arguments(ctx context.Context, f reflect.Type) []reflect.Value {
	args := make([]reflect.Value, f.NumIn())
	for i := range args {
		switch t := f.In(i); t {
		case reflect.TypeFor[context.Context]():
			args[i] = reflect.ValueOf(ctx)
		case reflect.TypeFor[io.Reader]():
			args[i] = reflect.ValueOf(strings.NewReader(""))
		case reflect.TypeFor[io.Writer]():
			args[i] = reflect.ValueOf(io.Discard)
		case reflect.TypeFor[[]multivac.Telling]():
			args[i] = reflect.ValueOf([]multivac.Telling{{}})
		default:
			args[i] = reflect.Zero(t)
		}
	}
	return args
}
