package docx

import (
	"bufio"
	"encoding/xml"
	"io"

	"golang.org/x/net/html/charset"

	"multivac"
	"multivac/internal/extract/parts"
)

// Bounds of the XML of a part. An ordinary document has tags some 40 deep. A
// decoder remembers each open tag, and holds a tag or a text as a whole; a part
// of settings, such as the styles, is held as a whole, too.
const (
	maxOpen     = 1000
	maxToken    = 8 << 20
	maxSettings = 8 << 20
)

// openPart opens a part of XML within these bounds. It returns an fs.ErrNotExist
// where there is none.
func openPart(a *parts.Archive, name string, settings bool) (*xml.Decoder, error) {
	r, err := a.Open(name)
	if err != nil {
		return nil, err
	}
	b := &bounded{r: r, left: maxSettings, settings: settings}
	b.raw = xml.NewDecoder(bufio.NewReaderSize(b, 64<<10))
	b.raw.CharsetReader = charset.NewReaderLabel
	return xml.NewTokenDecoder(b), nil
}

// bounded reads the tokens of a part.
type bounded struct {
	r        io.Reader
	raw      *xml.Decoder
	left     int // bytes that may be read for this token, or for all
	settings bool
	open     int // tags
}

// Token implements xml.TokenReader.
func (b *bounded) Token() (xml.Token, error) {
	if !b.settings {
		b.left = maxToken
	}
	t, err := b.raw.RawToken()
	switch t.(type) {
	case xml.StartElement:
		if b.open++; b.open > maxOpen {
			return nil, tooComplex("its tags are over %d deep", maxOpen)
		}
	case xml.EndElement:
		b.open--
	}
	return t, err
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, tooComplex("a piece of its XML is over %d bytes", maxToken)
	}
	return n, err
}

// tooComplex refuses XML that no program for people writes.
func tooComplex(format string, bound int) error {
	return multivac.Errorf(multivac.ErrTooLarge, "open it in Word and save it again", format, bound)
}
