// Package extract is the contract of the formats that documents are read from:
// what a format says of itself, what it may use, and what it makes of a file:
// text with headings, lists and tables in light Markdown. Each format is a
// folder below this one, and formats lists them. All of it is pure: it opens
// no file, follows no reference and runs nothing.
package extract

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"path"
	"slices"
	"strings"

	"multivac"
)

// Extracted is the text of a document.
type Extracted struct {
	Title  string          // empty where the document names none
	Text   string          // UTF-8; light Markdown or plain text
	Places multivac.Places // of Text in the file
}

// A Format is a kind of file that can be read. It has Extract or, where a file
// holds many documents, Many. Where a file is a document and holds others, as a
// mail holds what is attached to it, it has both: a file is read with Many, and
// a body that is told as one document with Extract.
type Format struct {
	Name       string   // for people, as in "Markdown"
	Types      []string // media types as IANA registers them, without parameters, in lower case, the usual one first
	Extensions []string // with the dot, in lower case, the usual one first
	Text       bool     // the file is text: it is brought to UTF-8 first, and zero bytes are refused
	Holds      bool     // the file holds others, which are called by its name; it has Many then
	Waits      bool     // Extract waits for its turn, and bounds its time by itself from then on

	// Extract returns the text of body, or an ErrInvalid that says what to do
	// about it. It takes any bytes; of a format of text, those in UTF-8. It
	// keeps to the limits and ends with ctx. An [Output] does both.
	Extract func(ctx context.Context, body []byte, l Limits) (Extracted, error)

	// Many yields the documents in a file, each as it is read. One without a
	// source of its own gets one that begins with the file's name. An error is
	// about one document, and the others follow, unless nothing more can be
	// read.
	Many func(ctx context.Context, f File, l Limits) iter.Seq2[multivac.Telling, error]

	// These may be nil.

	// Begins reports whether a file that begins with head is of this format,
	// where its name does not say what it is.
	Begins func(head []byte) bool
	// Declared returns the name of the encoding that body says it is in, or "".
	Declared func(body []byte) string
	// Check is quick, and returns an ErrInvalid for what Extract would refuse.
	Check func(body []byte) error
}

// A File is one that holds many documents.
type File struct {
	Name   string
	Reader io.Reader // unpacked; what is read of it is counted
	// Lines is told of each line or other part that is read, whether it tells
	// something or not. Its error ends the reading.
	Lines func(n int) error
	// Check returns an ErrInvalid or ErrTooLarge for what cannot be told.
	Check func(multivac.Telling) error
	// Within yields the tellings of a file within this one. Its name, which begins
	// with that of this file, decides how it is read, as for any other file. spend,
	// where it is not nil, is told of all bytes that are read of it and of the
	// files within it, unpacked; its error ends that reading.
	Within func(name string, r io.Reader, spend func(bytes int) error) iter.Seq2[multivac.Telling, error]
}

// Formats are kinds of files. What is of no other kind is of the first one.
type Formats []Format

// ErrNoText is the kind of ErrInvalid of what is no more than the settings of a
// page, such as the _index.md of a section.
var ErrNoText = fmt.Errorf("%w: no text", multivac.ErrInvalid)

// Extract returns the text of body, or an ErrInvalid that says what to do
// about it: one for an unknown type, for text in an encoding that it neither
// declares nor can be told from it, and for what holds no text. It returns an
// ErrTooLarge for what makes more than l allows, and the reason why ctx ended.
func (all Formats) Extract(ctx context.Context, mediaType string, body []byte, l Limits) (Extracted, error) {
	f, err := all.document(mediaType)
	if err != nil {
		return Extracted{}, err
	}
	if f.Text {
		if body, err = all.toUTF8(f, body); err != nil {
			return Extracted{}, err
		}
	}
	e, err := f.Extract(ctx, body, l)
	switch {
	case err != nil:
		return Extracted{}, err
	case int64(len(e.Text)) > l.Bytes: // a format that does not use an Output
		return Extracted{}, tooMuch(l.Bytes)
	case ctx.Err() != nil:
		return Extracted{}, context.Cause(ctx)
	case strings.TrimSpace(strings.TrimPrefix(e.Text, BOM)) == "":
		return Extracted{}, multivac.Errorf(multivac.ErrInvalid, "check that it is the right file; pages that a script fills have to be saved from a browser",
			"there is no text in it")
	}
	e.Title = multivac.Clip(strings.Join(strings.Fields(e.Title), " "), multivac.MaxTitle-len("…"))
	return e, nil
}

// Check returns an ErrInvalid where Extract would not even try: for an
// unknown type, for what is not text, and for front matter without a text. It
// is quick.
func (all Formats) Check(t multivac.Telling) error {
	f, err := all.document(t.MediaType)
	if err != nil {
		return err
	}
	if f.Text {
		if err := all.checkText(f, t.Body); err != nil {
			return err
		}
	}
	if f.Check != nil {
		return f.Check(t.Body)
	}
	return nil
}

// Waits reports whether documents of a media type wait for their turn to be read.
func (all Formats) Waits(mediaType string) bool {
	f, ok := all.byType(withoutParameters(mediaType))
	return ok && f.Waits
}

// Known reports whether the extension of name is that of a kind of file that
// can be read, packed or not.
func (all Formats) Known(name string) bool {
	_, ok := all.byExtension(name)
	return ok
}

// MediaType returns the type of a file by its extension, or, where it has
// none, by head, how it begins. It returns an ErrInvalid for what is not a
// document: programs, pictures, and whatever else is unknown.
func (all Formats) MediaType(name string, head []byte) (string, error) {
	f, err := all.of(name, head)
	if err != nil {
		return "", err
	}
	return f.Types[0], nil
}

// Name returns the name of the kind of a media type, for people, or "" where it
// is not known.
func (all Formats) Name(mediaType string) string {
	f, _ := all.byType(cmp.Or(withoutParameters(mediaType), multivac.Markdown))
	return f.Name
}

// of returns the format of a file.
func (all Formats) of(name string, head []byte) (Format, error) {
	if f, ok := all.byExtension(name); ok {
		return f, nil
	}
	base := path.Base(strings.ReplaceAll(plainName(name), `\`, "/"))
	if ext := path.Ext(base); ext != "" && ext != "." {
		return Format{}, multivac.Errorf(multivac.ErrInvalid, "tell "+all.extensions(), "%s is not a kind of document I can read", multivac.Clip(ext, 20))
	}
	for _, f := range all {
		if f.Begins != nil && f.Begins(head) {
			return f, nil
		}
	}
	if IsUTF16(head) {
		return all.document(multivac.Plain)
	}
	if !isText(head) {
		return Format{}, multivac.Errorf(multivac.ErrInvalid, "tell "+all.extensions(), "%s is not a kind of document I can read: it is not text", multivac.Clip(base, 80))
	}
	return all[0], nil
}

// Extension returns an extension of a kind of file that is given as an
// extension, as a media type or as the second part of one: "htm", "text/html",
// "html".
func (all Formats) Extension(kind string) (string, bool) {
	kind = strings.TrimPrefix(withoutParameters(kind), ".")
	if all.Known("." + kind) {
		return "." + kind, true
	}
	for _, f := range all {
		if slices.ContainsFunc(f.Types, func(t string) bool { return t == kind || strings.HasSuffix(t, "/"+kind) }) {
			return f.Extensions[0], true
		}
	}
	return "", false
}

// Documents returns the media types of files that are one document each: the
// usual one of each format first, and then the others.
func (all Formats) Documents() []string {
	types := all.Usual()
	for _, f := range all {
		if f.Extract != nil {
			types = append(types, f.Types[1:]...)
		}
	}
	return types
}

// Holding returns the media types of files that hold others: mails, archives, and
// packed files, which may be archives.
func (all Formats) Holding() []string {
	var types []string
	for _, f := range all {
		if f.Holds {
			types = append(types, f.Types...)
		}
	}
	return append(types, packings...)
}

// HoldsFiles reports whether Holding has the media type.
func (all Formats) HoldsFiles(mediaType string) bool {
	t := withoutParameters(mediaType)
	f, ok := all.byType(t)
	return ok && f.Holds || slices.Contains(packings, t)
}

// Usual returns the usual media type of each format whose files are one
// document each.
func (all Formats) Usual() []string {
	var usual []string
	for _, f := range all {
		if f.Extract != nil {
			usual = append(usual, f.Types[0])
		}
	}
	return usual
}

// extensions lists the usual extensions, for people.
func (all Formats) extensions() string {
	var usual []string
	for _, f := range all {
		usual = append(usual, f.Extensions[0])
	}
	return List(slices.Compact(usual), "or")
}

// List joins words for people: "a, b or c".
func List(words []string, conjunction string) string {
	n := len(words)
	if n < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:n-1], ", ") + " " + conjunction + " " + words[n-1]
}

// document returns the format of a media type, whose files are one document each.
func (all Formats) document(mediaType string) (Format, error) {
	t := withoutParameters(mediaType)
	if t == "" {
		return all[0], nil
	}
	f, ok := all.byType(t)
	switch {
	case f.Extract == nil && all.HoldsFiles(t):
		return Format{}, multivac.Errorf(multivac.ErrInvalid, "tell it as a file: with multivac tell, in a form, or as the body of a request of its own", "%s holds other files", t)
	case ok && f.Extract == nil:
		return Format{}, multivac.Errorf(multivac.ErrInvalid, "tell each line as a document of its own", "%s hold many documents", f.Name)
	case ok:
		return f, nil
	}
	return Format{}, all.unknown(t)
}

// byType returns the format of a media type without parameters.
func (all Formats) byType(t string) (Format, bool) {
	i := slices.IndexFunc(all, func(f Format) bool { return slices.Contains(f.Types, t) })
	if i < 0 {
		return Format{}, false
	}
	return all[i], true
}

func (all Formats) unknown(t string) error {
	return multivac.Errorf(multivac.ErrInvalid, "use "+strings.Join(all.Usual(), ", "), "media type %q is not a kind of document I can read", multivac.Clip(t, 80))
}

func withoutParameters(mediaType string) string {
	t, _, _ := strings.Cut(mediaType, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

func (all Formats) byExtension(name string) (Format, bool) {
	ext := strings.ToLower(path.Ext(plainName(name)))
	for _, f := range all {
		if ext != "" && slices.Contains(f.Extensions, ext) {
			return f, true
		}
	}
	return Format{}, false
}

// plainName returns name without the extension that says how it is packed.
func plainName(name string) string {
	for _, extension := range []string{".gz", ".xz", ".zst"} {
		if n := len(name) - len(extension); n > 0 && strings.EqualFold(name[n:], extension) {
			return name[:n]
		}
	}
	return name
}
