package pdf

import (
	"context"
	"fmt"

	"multivac/internal/extract"
)

// A Reader reads the pages of PDF files. It is given to [New], for reading them
// takes a process, and this package has none.
type Reader interface {
	// Read calls page for each page of a file, in order, and returns what is
	// said of the whole file. It returns an ErrInvalid that says what to do
	// about it where the file cannot be read, and what page returns.
	Read(ctx context.Context, body []byte, l Limits, page func(Page) error) (Info, error)
}

// Limits are what a Reader may read of a file.
type Limits struct {
	Pages  int // pages of a file
	Glyphs int // characters of a page
}

// TooManyPages is the error of a Reader where there are more than that.
func (l Limits) TooManyPages() error {
	return extract.MaxPages.Exceeded("split it", "there are over %d pages in it", l.Pages)
}

// TooSlow is the error of a Reader that took all of its time for a file.
func TooSlow(limit fmt.Stringer) error { return extract.TooSlow(limit) }

// Info is what a file says of itself.
type Info struct {
	Title     string
	Bookmarks []Bookmark
}

// A Bookmark is an entry of the table of contents that viewers show.
type Bookmark struct {
	Title string
	Depth int // from 0
	Page  int // from 1; 0 where it leads nowhere
}

// A Page is what is drawn on a page. Coordinates are those of the page before it
// is turned, in points, from bottom left.
type Page struct {
	Number   int    // from 1
	Label    string // as the file numbers it, such as "iv"; empty where it does not
	Rotation int    // quarter turns, clockwise
	Box      Rect   // what is shown
	Glyphs   []Glyph
	Styles   []Style
	Elements []Element
	Pictures []Rect   // where pictures are drawn
	Fills    []Rect   // where something is painted that is not white, or may be not
	Rules    []Rect   // lines that are drawn, each as thin as it is, and the sides of boxes that have lines
	Values   []Field  // of forms and text boxes, where they are not drawn
	Comments []string // that can be opened
	Failed   string   // why the page cannot be read, or ""
}

// A Rect is a rectangle.
type Rect struct{ Left, Bottom, Right, Top float32 }

// A Glyph is a character on a page. Glyphs come as they are drawn.
type Glyph struct {
	Rune  rune
	Style int32   // in Page.Styles
	X, Y  float32 // of its origin, on the line that the text stands on
	Box   Rect    // as high as the font, and as wide as the character
	Flags Flags
}

// Flags say more of a glyph.
type Flags uint8

// What flags say.
const (
	SpaceBefore Flags = 1 << iota // a gap or space comes before it
	Hyphen                        // a hyphen that seems to break a word at the end of the line
	NoUnicode                     // the file does not say which character it is
	Covered                       // something is painted over it later
)

// A Style is how glyphs are drawn.
type Style struct {
	Size    float32 // of the font, in points on the page
	Angle   float32 // of the line that the text stands on, in degrees, counter-clockwise
	Colour  uint32  // red, green, blue and opacity, a byte each
	Mode    uint8   // of rendering: 3 draws nothing, 7 only clips
	Bold    bool
	Fixed   bool  // its characters are all as wide, as those of a typewriter
	Element int32 // in Page.Elements, plus 1; 0 where it belongs to none
	Aside   bool  // the file marks it as no content, as it does with running heads
}

// An Element is a part of the tree of structure.
type Element struct {
	Type   string // "P", "H1", "TD"
	Parent int32  // in Page.Elements, plus 1; 0 at the top
}

// A Field is the value of a form, or the text of a box, that no picture was made
// of.
type Field struct {
	Box  Rect
	Text string
}
