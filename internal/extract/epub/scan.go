package epub

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"multivac"
	"multivac/internal/extract/parts"
)

// Bounds of the parts that say what the book is made of. Ordinary ones have some
// hundred KiB, and are some ten elements deep.
const (
	maxDirectory = 8 << 20 // bytes
	maxDepth     = 256     // elements within each other
)

// contextEvery is after how many tokens the context is looked at.
const contextEvery = 256

// A visitor is told of the elements of a part, in their order, by their names
// without prefix. What is nil is not told.
type visitor struct {
	start func(name string, attribute func(string) string)
	text  func(string)
	end   func(name string)
}

// scan reads a part of XML. It forgives what other readers of books forgive: end
// tags that are missing, and entities of HTML.
func scan(ctx context.Context, a *parts.Archive, part string, v visitor) error {
	d, err := a.XML(part)
	if err != nil {
		return err
	}
	d.Strict, d.Entity = false, xml.HTMLEntity
	for n, depth := 0, 0; ; n++ {
		if n%contextEvery == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case d.InputOffset() > maxDirectory:
			return multivac.Errorf(multivac.ErrTooLarge, "split it", "%s in it has over %d bytes", part, maxDirectory)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return multivac.Errorf(multivac.ErrInvalid, "make or fetch it again", "the file is broken: %s is over %d elements deep", part, maxDepth)
			}
			if v.start != nil {
				v.start(t.Name.Local, func(name string) string { return attribute(t, name) })
			}
		case xml.EndElement:
			depth--
			if v.end != nil {
				v.end(t.Name.Local)
			}
		case xml.CharData:
			if v.text != nil {
				v.text(string(t))
			}
		}
	}
}

// attribute returns the value of an attribute, by its name without prefix.
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}
