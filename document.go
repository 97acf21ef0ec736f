package multivac

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of a telling, in bytes.
const (
	MaxBody   = 16 << 20
	MaxSource = 2048
	MaxTitle  = 1024
)

// DefaultCollection is the collection of tellings and questions that name none.
const DefaultCollection CollectionName = "default"

// CollectionName is the name of a collection: up to 64 lower-case ASCII
// letters, digits, '-' and '_'. It begins with a letter or a digit.
type CollectionName string

var collectionName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// Validate returns an ErrInvalid that says which names are allowed.
func (c CollectionName) Validate() error {
	if c == DefaultCollection || collectionName.MatchString(string(c)) { // the usual case needs no regular expression
		return nil
	}
	return Errorf(ErrInvalid, "use up to 64 of a-z, 0-9, '-' and '_', beginning with a letter or a digit",
		"collection name %q is not allowed", Clip(string(c), 80))
}

// OrDefault returns DefaultCollection for the empty name.
func (c CollectionName) OrDefault() CollectionName {
	if c == "" {
		return DefaultCollection
	}
	return c
}

// DocumentID is the identity of a document: 32 hexadecimal digits. It depends
// on the source and the collection only.
type DocumentID string

// Revision counts the tellings and deletions of one document, from 1.
type Revision uint64

// State says how far the work on a document is.
type State string

const (
	Pending State = "pending" // stored, not searchable yet
	Indexed State = "indexed" // published: questions are answered from it
	Failed  State = "failed"  // the work on it ended without success; LastError says why
	Deleted State = "deleted" // its text is gone; the row stays so that the revision never restarts
)

// States lists all states, in the order of a document's life.
var States = []State{Pending, Indexed, Failed, Deleted}

// Media types of bodies, as registered with IANA, without parameters.
const (
	Markdown = "text/markdown" // the type of a telling that names none
	Plain    = "text/plain"
	HTML     = "text/html"
	CSV      = "text/csv"
)

// A Telling is one document that a caller hands to MultiVAC.
type Telling struct {
	Collection CollectionName // DefaultCollection if empty
	Source     string         // URI, path or name, without control characters; if empty, the content is the identity
	Title      string         // if empty, it is found in the body or made from the source
	MediaType  string         // Markdown if empty
	Body       []byte
	Keep       bool // it is kept after it is read; where the same was told and not kept, it is read again
	// Encoding is that of the file which the body was read from and is no part of,
	// where the file does not say it and it had to be found out.
	Encoding string
}

// ID returns the identity of the document that t tells.
func (t Telling) ID() DocumentID {
	h := sha256.New()
	write := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	write(string(t.Collection.OrDefault()))
	if t.Source != "" {
		write("source")
		write(t.Source)
	} else {
		write("content")
		write(t.Title)
		h.Write(t.Body)
	}
	return DocumentID(hex.EncodeToString(h.Sum(nil)[:16]))
}

// ContentHash identifies the content of a document: its title, type and body.
type ContentHash [16]byte

// Hash returns the content hash of t. A telling whose hash equals the stored
// one changes nothing, unless it is to be kept now.
func (t Telling) Hash() ContentHash {
	h := sha256.New()
	for _, s := range []string{t.Title, t.MediaType} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	h.Write(t.Body)
	return ContentHash(h.Sum(nil)[:16])
}

// Validate returns an ErrInvalid or ErrTooLarge that says what to change. It
// does not read the body: package extract does.
func (t Telling) Validate() error {
	if err := t.Collection.OrDefault().Validate(); err != nil {
		return err
	}
	switch {
	case len(t.Source) > MaxSource:
		return Errorf(ErrInvalid, "shorten it", "source of %d bytes is over the limit of %d", len(t.Source), MaxSource)
	case len(t.Title) > MaxTitle:
		return Errorf(ErrInvalid, "shorten it", "title of %d bytes is over the limit of %d", len(t.Title), MaxTitle)
	case !utf8.ValidString(t.Source) || !utf8.ValidString(t.Title):
		return Errorf(ErrInvalid, "send UTF-8", "source or title is not UTF-8")
	case strings.ContainsFunc(t.Source, unicode.IsControl):
		return Errorf(ErrInvalid, "rename it, or give another source", "source %q has a control character in it", Clip(t.Source, 200))
	case len(t.Body) > MaxBody:
		return Errorf(ErrTooLarge, "split it", "document of %d bytes is over the limit of %d", len(t.Body), MaxBody)
	case len(t.Body) == 0:
		return Errorf(ErrInvalid, "tell a text", "document is empty")
	}
	return nil
}

// A Document is a stored telling and its state.
type Document struct {
	ID         DocumentID
	Collection CollectionName
	Source     string
	Title      string
	MediaType  string
	Hash       ContentHash
	Body       []byte // as told, while pending or failed
	Text       string // the extracted text, once indexed; never normalised
	Places     Places // of Text in the file; set if Text is
	Original   bool   // what was told is kept, so that it can be read again
	Revision   Revision
	State      State
	Step       string // the step that the worker has begun: "extract", "segment", "publish"
	Attempts   int    // how often a worker took a lease for this revision
	LastError  string // why the last attempt did not succeed
	Told       time.Time
	Changed    time.Time // when the state changed last
}

// A Receipt says what a telling or a deletion did.
type Receipt struct {
	ID       DocumentID
	Source   string
	Revision Revision
	State    State
	Changed  bool     // false if the stored content is the same
	Position Position // set once Indexed or Deleted; a question after this position sees the effect
	Encoding string   // of a text that does not say it, as it was found out; empty for UTF-8, and where the text says it
	Err      error    // why this telling was refused or failed; ID is empty if it was not stored
}

// A Listing selects documents.
type Listing struct {
	Collection CollectionName // all if empty
	State      State          // all if empty; deleted documents only if Deleted is asked for
	Cursor     string         // Page.Next of the previous page
	Limit      int            // at most this many; 100 if 0
}

// A Page is a part of a listing.
type Page struct {
	Documents []Document // without Body, Text and Places
	Next      string     // the identifier of the last one; empty on the last page
}

// Clip shortens s to at most n bytes for a message. It cuts between runes.
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
