package store

import "multivac"

// HasHash reports whether a hash is that of a telling, which may have left out the
// type Markdown.
func HasHash(t multivac.Telling, hash multivac.ContentHash) bool {
	if t.Hash() == hash {
		return true
	}
	if t.MediaType != multivac.Markdown {
		return false
	}
	t.MediaType = ""
	return t.Hash() == hash
}

// AsTold returns a telling as it was told, which the hash says. Its title may be
// one that was found in the body, where none was told. It reports whether the
// hash is one of that body at all.
func AsTold(t multivac.Telling, hash multivac.ContentHash) (multivac.Telling, bool) {
	for _, title := range []string{t.Title, ""} {
		t.Title = title
		if HasHash(t, hash) {
			return t, true
		}
	}
	return t, false
}
