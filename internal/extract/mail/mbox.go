package mail

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"multivac"
	"multivac/internal/extract"
)

// Mbox is a mailbox of many mails, one behind the other.
var Mbox = extract.Format{
	Name: "mailboxes", Types: []string{"application/mbox"}, Extensions: []string{".mbox", ".mbx"},
	Holds: true, Many: mails, Begins: func(head []byte) bool { return isSeparator(firstLine(extract.HeadFromUTF16(head))) },
}

func firstLine(b []byte) []byte {
	line, _, _ := bytes.Cut(bytes.TrimPrefix(b, []byte(extract.BOM)), []byte("\n"))
	return line
}

// isSeparator reports whether a line stands before a mail: From, who, and when.
// "From here on" is none, as it has no time and no year.
func isSeparator(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("From ")) || len(line) > 1000 {
		return false
	}
	clock, year := false, false
	for _, f := range strings.Fields(string(line[len("From "):])) {
		n, err := strconv.Atoi(f)
		year = year || err == nil && n >= 1970 && n < 10_000
		clock = clock || len(f) >= len("9:00") && strings.Count(f, ":") > 0 && strings.Trim(f, "0123456789:") == ""
	}
	return clock && year
}

// unquotedFrom takes the mark off a line that begins with From, and would
// otherwise have been a separator. Mailboxes mark such lines in two ways, which
// cannot be told apart where a line has several marks: one is taken off.
func unquotedFrom(line []byte) []byte {
	if bytes.HasPrefix(bytes.TrimLeft(line, ">"), []byte("From ")) && line[0] == '>' {
		return line[1:]
	}
	return line
}

// mails yields the mails of a mailbox, and what came with each. The source of a
// mail is its number in the file.
func mails(ctx context.Context, f extract.File, l extract.Limits) iter.Seq2[multivac.Telling, error] {
	return func(yield func(multivac.Telling, error) bool) {
		n := 0
		in, recoded := extract.UTF16Reader(f.Reader)
		for b, err := range split(ctx, in, maxMail) {
			n++
			name := f.Name + "#" + strconv.Itoa(n)
			var m *letter
			if err == nil {
				m, err = readSent(ctx, b, l, recoded)
			}
			switch {
			case err != nil && !yield(multivac.Telling{Source: name}, fmt.Errorf("%s: %w", name, err)):
				return
			case err == nil && !tell(bounded(f, name, l), name, m, 1, yield):
				return
			}
		}
		if n == 0 {
			yield(multivac.Telling{Source: f.Name}, fmt.Errorf("%s: %w", f.Name, multivac.Errorf(multivac.ErrInvalid, "check that it is the right file", "there is no mail in it")))
		}
	}
}

// split yields the mails of a mailbox, each until the next one is read. A mail
// begins at a separator that stands first or below a blank line. One of more than
// so many bytes is an error, and the others follow.
func split(ctx context.Context, r io.Reader, most int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		var mail []byte
		size, blank, fresh := 0, true, true // fresh: a line begins
		give := func() bool {
			defer func() { mail, size = mail[:0], 0 }()
			if size > most {
				return yield(nil, tooLarge())
			}
			return len(bytes.TrimSpace(mail)) == 0 || yield(mail, nil)
		}
		for {
			if ctx.Err() != nil {
				yield(nil, context.Cause(ctx))
				return
			}
			line, err := in.ReadSlice('\n')
			switch {
			case fresh && blank && isSeparator(bytes.TrimPrefix(line, []byte(extract.BOM))):
				if !give() {
					return
				}
				line = nil
			case fresh:
				line = unquotedFrom(line)
			}
			if size += len(line); size <= most {
				mail = append(mail, line...)
			}
			blank = fresh && len(bytes.TrimSpace(line)) == 0 && err == nil
			fresh = !errors.Is(err, bufio.ErrBufferFull)
			if err != nil && fresh {
				if !errors.Is(err, io.EOF) {
					yield(nil, err)
					return
				}
				give()
				return
			}
		}
	}
}
