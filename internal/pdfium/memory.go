//go:build !race

package pdfium

// processMemory is how much memory a child has besides that of PDFium: the file, which
// is there three times while it is handed over, and the page.
const processMemory = 512 << 20
