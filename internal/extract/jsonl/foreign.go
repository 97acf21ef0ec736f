package jsonl

import (
	"bufio"
	"bytes"

	"multivac/internal/extract/charset"
)

// foreign reads the lines of a file that is not in UTF-8. A line may be too short
// to tell its encoding, so that it is told once for the file: at the first line
// that is not UTF-8, by that line and what follows it.
type foreign struct {
	in       *bufio.Reader
	encoding charset.Encoding
	told     bool // the encoding can be told
	settled  bool // it is told, or is not to be
}

// decode brings a line to UTF-8 where its encoding can be told, and else leaves it
// as it is. In a file with letters in UTF-8, what is not UTF-8 is broken. As with
// other texts, valid UTF-8 is always UTF-8.
func (f *foreign) decode(l *Line) {
	if charset.IsUTF8(l.Bytes) { // JSON has no byte that switches alphabets
		f.settled = f.settled || !charset.IsASCII(l.Bytes)
		return
	}
	if !f.settled {
		f.settled = true
		l.Bytes = bytes.Clone(l.Bytes) // looking ahead may move it
		f.encoding, f.told = charset.Guess(f.sample(l.Bytes))
	}
	if !f.told {
		return
	}
	if b, ok := f.encoding.Decode(l.Bytes); ok {
		l.Bytes, l.Encoding = b, f.encoding.Name
	}
}

// sample returns the lines with letters that are not ASCII, of a line and whole
// lines that follow it. The others say nothing but would make a word look like a
// text.
func (f *foreign) sample(line []byte) []byte {
	ahead, err := f.in.Peek(lineBuffer)
	if err == nil {
		ahead = ahead[:bytes.LastIndexByte(ahead, '\n')+1]
	}
	all := bytes.Clone(line)
	for l := range bytes.Lines(ahead) {
		if !charset.IsUTF8(l) || !charset.IsASCII(l) {
			all = append(all, l...)
		}
	}
	return all
}
