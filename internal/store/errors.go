package store

import "multivac"

// The errors below are those of all stores, in the same words.

// ErrClosed is returned by a store after Close.
func ErrClosed() error {
	return multivac.Errorf(multivac.ErrUnavailable, "open it again", "store is closed")
}

// ErrNeverTold is returned for a document that is not there.
func ErrNeverTold(id multivac.DocumentID) error {
	return multivac.Errorf(multivac.ErrNotFound, "list the documents to see what was told",
		"document %q was never told", multivac.Clip(string(id), 40))
}

// ErrNotKept is returned for a document of which what was told is not kept.
func ErrNotKept(id multivac.DocumentID) error {
	return multivac.Errorf(multivac.ErrNotFound, "set keep-originals and tell it again", "what was told of document %s is not kept", id)
}

// ErrSuperseded is returned for a task that is not the caller's to do.
func ErrSuperseded(task multivac.Task) error {
	return multivac.Errorf(multivac.ErrSuperseded, "",
		"revision %d of document %s is done, replaced, or in another worker's hands", task.Revision, task.Document)
}

// ErrNoDatum is returned for a collection that has nothing published.
func ErrNoDatum(collection multivac.CollectionName) error {
	return multivac.Errorf(multivac.ErrNotFound, "tell it something", "collection %q has no document that was processed", collection)
}

// ErrReadDocument is returned for a task of the kind multivac.ReadDocument where
// one of another kind is wanted.
func ErrReadDocument() error {
	return multivac.Errorf(multivac.ErrInvalid, "", "Put makes the tasks of documents and Publish ends them")
}

// ErrOtherText is returned for passages of another text than what is published.
func ErrOtherText(task multivac.Task) error {
	return multivac.Errorf(multivac.ErrInvalid, "", "revision %d of document %s has another text", task.Revision, task.Document)
}

// ErrNoPosition is returned for text that is no position.
func ErrNoPosition(p multivac.Position) error {
	return multivac.Errorf(multivac.ErrInvalid, "use one that a receipt or an answer gave",
		"%q is not a position", multivac.Clip(string(p), 40))
}

// ErrTooOld is returned for a position that this feed never had.
func ErrTooOld(p multivac.Position) error {
	return multivac.Errorf(multivac.ErrTooOld, "start from a scan", "position %s is beyond the end of the feed, which is not the one it came from", p)
}

// ErrNoCursor is returned for text that is no cursor of a listing.
func ErrNoCursor(cursor string) error {
	return multivac.Errorf(multivac.ErrInvalid, "use the one that came with the page before",
		"%q is not a cursor", multivac.Clip(cursor, 40))
}

// ErrNoState is returned for a state that no document can be in.
func ErrNoState(s multivac.State) error {
	return multivac.Errorf(multivac.ErrInvalid, "use pending, indexed, failed or deleted", "unknown state %q", multivac.Clip(string(s), 40))
}

// ErrKeyThere is returned for a new key whose ID is taken.
func ErrKeyThere(id multivac.KeyID) error {
	return multivac.Errorf(multivac.ErrInvalid, "make it again", "there is a key %s already", id)
}

// ErrNoKey is returned for a key that is not there.
func ErrNoKey(id multivac.KeyID) error {
	return multivac.Errorf(multivac.ErrNotFound, "list the keys to see which there are", "there is no key %q", multivac.Clip(string(id), 40))
}
