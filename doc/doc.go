// Package doc embeds the documentation of MultiVAC: it ships with the binary
// and is the sample that `multivac serve --sample` is told. It holds no code.
package doc

import "embed"

// Files are the Markdown files of the documentation, by their path in doc.
//
//go:embed *.md tutorials how-to reference explanation
var Files embed.FS
