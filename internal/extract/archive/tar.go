package archive

import (
	"archive/tar"
	"errors"
	"io"

	"multivac/internal/extract"
)

// TAR is a TAR archive, packed or not.
var TAR = extract.Format{
	Name: "TAR", Types: []string{"application/x-tar", "application/tar"}, Extensions: []string{".tar", ".tgz", ".txz", ".tzst"},
	Holds:  true,
	Many:   read((*reading).tar),
	Begins: func(head []byte) bool { return len(head) > 262 && string(head[257:262]) == "ustar" },
}

// tar reads a TAR archive member by member.
func (r *reading) tar() {
	t := tar.NewReader(&metered{r, r.file.Reader})
	for r.more() {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			r.fail(broken(err))
			return
		case h.Typeflag == tar.TypeReg:
			r.member(inUTF8(h.Name), t)
		}
	}
}

// metered counts the bytes of the archive.
type metered struct {
	r  *reading
	in io.Reader
}

// Read implements io.Reader.
func (m *metered) Read(p []byte) (int, error) {
	n, err := m.in.Read(p)
	m.r.packed += int64(n)
	return n, err
}
