#!/bin/sh
# One expects: 36 hours of elapsed time are "36:00", in a workbook that counts days from 1904 as in any other.
# What happens: there they are "35124:00": the 1,462 days between the two ways of counting dates are added to a
#   duration, which has no date.
# Version and source: excelize 2.11.1, File.GetCellValue and WorkbookPropsOptions.Date1904; ECMA-376 part 1,
#   18.2.28 workbookPr (date1904) and 18.8.31 numFmts ([h]).
# Why it matters: workbooks that began on a Mac count so, and sheets of working times, because Excel shows negative
#   hours only there. Each sum of hours is answered as four years more.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
cat > main.go <<'E'
package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/xuri/excelize/v2"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// shown writes 36 hours into a workbook and reads the text of the cell back.
func shown(from1904 bool) string {
	book := excelize.NewFile()
	if err := book.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &from1904}); err != nil {
		panic(err)
	}
	format := "[h]:mm"
	style := must(book.NewStyle(&excelize.Style{CustomNumFmt: &format}))
	if err := book.SetCellFloat("Sheet1", "A1", 1.5, -1, 64); err != nil {
		panic(err)
	}
	if err := book.SetCellStyle("Sheet1", "A1", "A1", style); err != nil {
		panic(err)
	}
	file := must(book.WriteToBuffer())
	read := must(excelize.OpenReader(bytes.NewReader(file.Bytes())))
	return must(read.GetCellValue("Sheet1", "A1"))
}

func main() {
	of1900, of1904 := shown(false), shown(true)
	fmt.Println("36 hours, days counted from 1900:", of1900)
	fmt.Println("36 hours, days counted from 1904:", of1904)
	if of1900 != "36:00" || of1904 != "35124:00" {
		os.Exit(1)
	}
}
E
go mod init finding 2> log && go get github.com/xuri/excelize/v2@v2.11.1 2>> log && go mod tidy 2>> log || { cat log; exit 1; }
echo "excelize $(go list -m -f '{{.Version}}' github.com/xuri/excelize/v2)"
go run .
