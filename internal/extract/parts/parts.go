// Package parts opens documents that are ZIP archives of parts, such as those of
// Word, within bounds.
package parts

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"golang.org/x/net/html/charset"

	"multivac"
	"multivac/internal/extract"
)

// MaxParts bounds the parts of a document. An ordinary one has some hundred.
const MaxParts = 20_000

// ole is how files of Office before 2007 begin, and all that are encrypted.
const ole = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// An Archive is a document of parts. All that is read of it is counted.
type Archive struct {
	parts map[string]*zip.File // by name, in lower case
	limit int64                // bytes that may be read
	left  *int64               // of these
}

// Open reads the directory of a document. It returns an ErrInvalid that says what
// to do for one that is encrypted, of an older kind, or broken, and an
// ErrTooLarge for one of too many parts.
func Open(body []byte, l extract.Limits) (*Archive, error) {
	if bytes.HasPrefix(body, []byte(ole)) {
		return nil, multivac.Errorf(multivac.ErrInvalid, "save it without a password, and in the format of today (.docx, .xlsx, .pptx)",
			"the file has a password, or is of Office before 2007")
	}
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, broken(err)
	}
	if len(z.File) > MaxParts {
		return nil, multivac.Errorf(multivac.ErrTooLarge, "split it", "there are over %d parts in it", MaxParts)
	}
	a := &Archive{parts: make(map[string]*zip.File, len(z.File)), limit: l.Unpacked, left: &l.Unpacked}
	for _, f := range z.File {
		if f.Flags&1 != 0 {
			return nil, multivac.Errorf(multivac.ErrInvalid, "save it without one", "the file has a password")
		}
		a.parts[key(f.Name)] = f
	}
	return a, nil
}

// Within opens a document that is a part of this one. What is read of it counts
// as read of this one.
func (a *Archive) Within(body []byte) (*Archive, error) {
	b, err := Open(body, extract.Limits{Unpacked: a.limit})
	if err != nil {
		return nil, err
	}
	b.left = a.left
	return b, nil
}

// key is the name by which a part is found: those of Office ignore case.
func key(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/"))
}

// Has reports whether there is a part.
func (a *Archive) Has(name string) bool { return a.parts[key(name)] != nil }

// Open opens a part. It returns an fs.ErrNotExist where there is none. Reading
// ends with an ErrTooLarge where more is read of all parts than the limits allow, and
// with an ErrInvalid where the part is broken.
func (a *Archive) Open(name string) (io.Reader, error) {
	f := a.parts[key(name)]
	if f == nil {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	r, err := f.Open()
	if err != nil {
		return nil, broken(err)
	}
	return &counted{a, r}, nil
}

// Bytes reads a part.
func (a *Archive) Bytes(name string) ([]byte, error) {
	r, err := a.Open(name)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// XML opens a part of XML, in any encoding that it declares.
func (a *Archive) XML(name string) (*xml.Decoder, error) {
	r, err := a.Open(name)
	if err != nil {
		return nil, err
	}
	d := xml.NewDecoder(r)
	d.CharsetReader = charset.NewReaderLabel
	return d, nil
}

// A counted is a part, of which all that is read counts.
type counted struct {
	a    *Archive
	part io.Reader
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.part.Read(p)
	if *c.a.left -= int64(n); *c.a.left < 0 {
		return 0, extract.MaxUnpacked.Exceeded("split it", "over %d bytes unpack of it", c.a.limit)
	}
	if err != nil && err != io.EOF {
		err = broken(err)
	}
	return n, err
}

func broken(err error) error {
	return multivac.Errorf(multivac.ErrInvalid, "make or fetch it again", "the file is broken: %v", err)
}

// References returns what the relationships of a part of Office name: by their
// id, the part or address that each leads to.
func (a *Archive) References(of string) (map[string]Reference, error) {
	dir, file := path.Split(of)
	d, err := a.XML(dir + "_rels/" + file + ".rels")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var all struct {
		Relationship []struct {
			ID         string `xml:"Id,attr"`
			Type       string `xml:"Type,attr"`
			Target     string `xml:"Target,attr"`
			TargetMode string `xml:"TargetMode,attr"`
		}
	}
	if err := d.Decode(&all); err != nil {
		return nil, Broken(of, err)
	}
	by := make(map[string]Reference, len(all.Relationship))
	for _, r := range all.Relationship {
		to := Reference{Kind: path.Base(r.Type), Outside: r.TargetMode == "External", Target: r.Target}
		if !to.Outside {
			to.Target = strings.TrimPrefix(path.Join("/", dir, r.Target), "/")
			if strings.HasPrefix(r.Target, "/") {
				to.Target = strings.TrimPrefix(path.Clean(r.Target), "/")
			}
		}
		by[r.ID] = to
	}
	return by, nil
}

// A Reference leads from a part to another one, or to an address outside.
type Reference struct {
	Kind    string // the last word of its type, such as "slide" or "hyperlink"
	Target  string // the part's name in the archive, or the address
	Outside bool
}

// Broken returns what to say of a part whose XML cannot be read: err itself if
// it says what to do.
func Broken(part string, err error) error {
	if errors.Is(err, multivac.ErrInvalid) || errors.Is(err, multivac.ErrTooLarge) {
		return err
	}
	return multivac.Errorf(multivac.ErrInvalid, "make or fetch it again", "the file is broken: %s: %v", path.Base(part), err)
}
