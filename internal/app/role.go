package app

import "multivac"

// A Role says which parts of MultiVAC a process runs.
type Role string

const (
	All    Role = "all"    // all parts
	Web    Role = "web"    // API and pages, and the index that they answer from
	Worker Role = "worker" // turns documents into passages, and looks after them
)

// ParseRole returns the role called s, or an ErrInvalid. It returns All if s is
// empty.
func ParseRole(s string) (Role, error) {
	switch r := Role(s); r {
	case "":
		return All, nil
	case All, Web, Worker:
		return r, nil
	}
	return "", multivac.Errorf(multivac.ErrInvalid, "use all, web or worker", "unknown role %q", multivac.Clip(s, 40))
}

func (r Role) serves() bool { return r != Worker }
func (r Role) works() bool  { return r != Web }
