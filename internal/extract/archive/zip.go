package archive

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"

	"multivac"
	"multivac/internal/extract"
)

// ZIP is a ZIP archive. Documents that are such an archive, as those of Word,
// are formats of their own and have to come first.
var ZIP = extract.Format{
	Name: "ZIP", Types: []string{"application/zip", "application/x-zip-compressed"}, Extensions: []string{".zip"},
	Holds:  true,
	Many:   read((*reading).zip),
	Begins: func(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) },
}

// zip reads a ZIP archive. Its directory is at its end, so it is read as a
// whole first.
func (r *reading) zip() {
	body, err := io.ReadAll(io.LimitReader(r.file.Reader, r.limits.Unpacked+1))
	if r.packed = int64(len(body)); err == nil && r.packed > r.limits.Unpacked {
		err = extract.MaxUnpacked.Exceeded("unpack it and tell the folder", "it has over %d bytes", r.limits.Unpacked)
	}
	if err != nil {
		r.fail(err)
		return
	}
	z, err := zip.NewReader(bytes.NewReader(body), r.packed)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		r.fail(broken(err))
		return
	}
	for _, f := range z.File {
		if !r.more() {
			return
		}
		r.zipped(f)
	}
}

func (r *reading) zipped(f *zip.File) {
	name := inUTF8(f.Name)
	if strings.HasSuffix(name, "/") || f.FileInfo().IsDir() || !f.Mode().IsRegular() {
		return
	}
	if f.Flags&1 != 0 {
		r.refuse(name, multivac.Errorf(multivac.ErrInvalid, "pack it without one", "it has a password"))
		return
	}
	in, err := f.Open()
	if err != nil {
		r.refuse(name, broken(err))
		return
	}
	defer in.Close()
	r.member(name, in)
}
