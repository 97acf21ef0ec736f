// Package formats lists the kinds of files that can be read. To add one, write
// its folder and a line here: the media types of the API and its description,
// and the texts of the command, are made of this list.
package formats

import (
	"slices"

	"multivac/internal/extract"
	"multivac/internal/extract/archive"
	"multivac/internal/extract/asciidoc"
	"multivac/internal/extract/docx"
	"multivac/internal/extract/epub"
	"multivac/internal/extract/html"
	"multivac/internal/extract/jsonl"
	"multivac/internal/extract/mail"
	"multivac/internal/extract/man"
	"multivac/internal/extract/markdown"
	"multivac/internal/extract/mediawiki"
	"multivac/internal/extract/notebook"
	"multivac/internal/extract/odf"
	"multivac/internal/extract/org"
	"multivac/internal/extract/pdf"
	"multivac/internal/extract/plain"
	"multivac/internal/extract/pptx"
	"multivac/internal/extract/restructured"
	"multivac/internal/extract/rtf"
	"multivac/internal/extract/subtitles"
	"multivac/internal/extract/table"
	"multivac/internal/extract/xlsx"
)

// All are all kinds of files. What is text and of no other kind is Markdown. A
// document that is an archive comes before archives. PDF is known, but only With
// reads it.
var All = With(nil)

// With returns all kinds of files, of which pages reads those in PDF.
func With(pages pdf.Reader) extract.Formats {
	return slices.Concat(texts, office, extract.Formats{pdf.New(pages)}, letters, extract.Formats{archive.ZIP, archive.TAR})
}

var (
	texts = extract.Formats{
		markdown.Format, plain.Format, restructured.Format, asciidoc.Format, org.Format, man.Format, mediawiki.Format, html.Format,
		table.CSV, table.TSV, notebook.Format, subtitles.SRT, subtitles.VTT, jsonl.Format,
	}
	office  = extract.Formats{docx.Format, pptx.Format, xlsx.Format, odf.Text, odf.Spreadsheet, odf.Presentation, rtf.Format, epub.Format}
	letters = extract.Formats{mail.EML, mail.MSG, mail.Mbox}
)
