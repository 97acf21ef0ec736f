// Package formats lists the kinds of files that can be read. To add one, write
// its folder and a line here: the media types of the API and its description,
// and the texts of the command, are made of this list.
package formats

import (
	"multivac/internal/extract"
	"multivac/internal/extract/html"
	"multivac/internal/extract/jsonl"
	"multivac/internal/extract/markdown"
	"multivac/internal/extract/plain"
	"multivac/internal/extract/restructured"
	"multivac/internal/extract/table"
)

// All are all kinds of files. What is text and of no other kind is Markdown.
var All = extract.Formats{markdown.Format, plain.Format, restructured.Format, html.Format, table.CSV, table.TSV, jsonl.Format}
