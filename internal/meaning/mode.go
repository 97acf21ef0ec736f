package meaning

import "multivac"

// A Mode says how far questions are understood beyond their words.
type Mode string

const (
	Off  Mode = "off"  // not at all
	Find Mode = "find" // passages that mean the same are found, too
	Read Mode = "read" // and the best of them are read together with the question
)

// ParseMode returns the Mode called s, which is Off where s is empty, or an
// ErrInvalid.
func ParseMode(s string) (Mode, error) {
	switch m := Mode(s); m {
	case "":
		return Off, nil
	case Off, Find, Read:
		return m, nil
	}
	return "", multivac.Errorf(multivac.ErrInvalid, "use off, find or read", "unknown meaning %q", multivac.Clip(s, 40))
}

// Choose returns the wanted Mode, or Off and the reason where the processor is
// too slow for it.
func Choose(want Mode, fast bool) (_ Mode, reason string) {
	if want != Off && !fast {
		return Off, "this processor lacks the instructions for it (on amd64, AVX2)"
	}
	return want, ""
}
