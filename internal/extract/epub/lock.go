package epub

import (
	"context"

	"multivac"
	"multivac/internal/extract/parts"
)

// locks are the parts of a book that are encrypted.
type locks map[string]bool

// fontLocks are the ways of making fonts hard to take out of a book. They lock
// no words.
var fontLocks = map[string]bool{
	"http://www.idpf.org/2008/embedding": true,
	"http://ns.adobe.com/pdf/enc#RC":     true,
}

// readLocks reads which parts are encrypted.
func readLocks(ctx context.Context, a *parts.Archive) (locks, error) {
	const encryption = "META-INF/encryption.xml"
	all, way := locks{}, ""
	err := scan(ctx, a, encryption, visitor{start: func(name string, attribute func(string) string) {
		switch name {
		case "EncryptedData":
			way = ""
		case "EncryptionMethod":
			way = attribute("Algorithm")
		case "CipherReference":
			if !fontLocks[way] && len(all) < parts.MaxParts {
				all[key(resolve("", attribute("URI")))] = true
			}
		}
	}})
	switch {
	case isMissing(err):
		return nil, nil
	case err != nil:
		return nil, parts.Broken(encryption, err)
	}
	return all, nil
}

// lockers are the parts by which the makers of locks are known.
var lockers = []struct{ part, maker string }{
	{"META-INF/rights.xml", "Adobe"},
	{"META-INF/sinf.xml", "Apple"},
	{"META-INF/license.lcpl", "Readium LCP"},
}

// check returns an ErrInvalid for a part that is locked.
func (l locks) check(a *parts.Archive, name string) error {
	if !l[key(name)] {
		return nil
	}
	by := ""
	for _, k := range lockers {
		if a.Has(k.part) {
			by = " of " + k.maker
			break
		}
	}
	return multivac.Errorf(multivac.ErrInvalid, "tell a copy without one, as some shops and publishers give", "the book has a copy protection%s (DRM)", by)
}
