package store

import (
	"encoding/hex"
	"slices"

	"multivac"
)

// ValidID reports whether id is an identifier that a document may have.
func ValidID(id multivac.DocumentID) bool {
	if len(id) != 32 {
		return false
	}
	b, err := hex.DecodeString(string(id))
	return err == nil && hex.EncodeToString(b) == string(id)
}

// Validate returns an ErrInvalid that says what is wrong with a record.
func (r Record) Validate() error {
	wrong := func(format string, args ...any) error {
		return multivac.Errorf(multivac.ErrInvalid, "", format, args...)
	}
	if err := r.Collection.Validate(); err != nil {
		return err
	}
	p := r.Published
	switch {
	case !ValidID(r.ID):
		return wrong("its identifier is none")
	case r.Revision == 0 || r.Revision >= 1<<62 || r.Attempts < 0:
		return wrong("revision %d or attempts %d are out of range", r.Revision, r.Attempts)
	case r.Told.IsZero() || r.Changed.Before(r.Told):
		return wrong("it was told at %v and changed at %v", r.Told, r.Changed)
	case !slices.Contains(multivac.States, r.State):
		return wrong("unknown state %q", multivac.Clip(string(r.State), 40))
	case r.State == multivac.Deleted && (p != nil || len(r.Body) > 0 || r.Title != ""):
		return wrong("it is deleted, and has a text")
	case r.State == multivac.Indexed && (p == nil || p.Revision != r.Revision):
		return wrong("it is indexed, and its revision %d is not published", r.Revision)
	case (r.State == multivac.Pending || r.State == multivac.Failed) && len(r.Body) == 0:
		return wrong("it is %s, and has no body", r.State)
	case r.State != multivac.Indexed && p != nil && p.Revision >= r.Revision:
		return wrong("it is at revision %d, and %d is published", r.Revision, p.Revision)
	case p != nil && p.Revision == 0:
		return wrong("what is published has no revision")
	case p != nil && p.IsBody && len(p.Original) > 0:
		return wrong("what was told is its text, and is there once more")
	case len(r.Body) > multivac.MaxBody, p != nil && len(p.Original) > multivac.MaxBody, p != nil && len(p.Text) > 4*multivac.MaxBody:
		return wrong("it is too large")
	case p != nil:
		return p.Publication.Validate()
	}
	return nil
}
