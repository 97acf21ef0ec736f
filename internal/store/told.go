package store

import "multivac"

// AsTold returns a telling as it was told, which the hash says. Its title may be
// one that was found in the body, where none was told. It reports whether the
// hash is one of that body at all.
func AsTold(t multivac.Telling, hash multivac.ContentHash) (multivac.Telling, bool) {
	for _, title := range []string{t.Title, ""} {
		t.Title = title
		unnamed := t // a telling may leave out this type
		if unnamed.MediaType == multivac.Markdown {
			unnamed.MediaType = ""
		}
		if t.Hash() == hash || unnamed.Hash() == hash {
			return t, true
		}
	}
	return t, false
}
