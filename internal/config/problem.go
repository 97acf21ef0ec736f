package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"multivac"
)

// A Problem is something wrong with the settings. It never contains a value
// that may be a secret.
type Problem struct {
	Key     string `json:"key,omitempty"` // the setting, as Name shows it
	Where   string `json:"where"`         // file:line, variable or flag
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"` // what to do
}

// Error returns the problem on one line.
func (p Problem) Error() string {
	text := p.Message
	if p.Where != "" {
		text = p.Where + ": " + text
	}
	if p.Remedy != "" {
		text += "; " + p.Remedy
	}
	return text
}

// Problems is everything that is wrong. Its kind is multivac.ErrInvalid.
type Problems []Problem

// Error returns one line per problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns multivac.ErrInvalid.
func (p Problems) Unwrap() error { return multivac.ErrInvalid }

// add adds an error about the value at a place.
func (p *Problems) add(key, where string, err error) {
	one := Problem{Key: key, Where: where, Message: err.Error()}
	var known *multivac.Error
	if errors.As(err, &known) {
		one.Message, one.Remedy = known.Message, known.Remedy
	}
	*p = append(*p, one)
}

// addPath adds why the file or folder that a setting names cannot be read. If
// the setting is in a file, the message names it: file:line does not.
func (p *Problems) addPath(key string, named given, err error) {
	err = fmt.Errorf("%q: %w", named.value, cannotRead(err))
	if named.where != "--"+key {
		err = fmt.Errorf("%s: %w", key, err)
	}
	p.add(key, named.where, err)
}

func wrong(remedy, format string, args ...any) error {
	return multivac.Errorf(multivac.ErrInvalid, remedy, format, args...)
}

// Name returns a name for a message. From the first character on that does not
// occur in names of settings, variables and flags, it replaces the text by "…":
// a value may follow, as in "NAME: value" where NAME=value was meant.
func Name(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-", r)
	})
	if end >= 0 {
		text = text[:end] + "…"
	}
	return multivac.Clip(text, 80)
}

// Nearest returns the candidate with the fewest edits from word, or else the
// only one that begins with word. It returns "" if none is similar enough.
func Nearest(word string, candidates []string) string {
	best, bestEdits := "", 1+len(word)/3
	var longer []string
	for _, c := range candidates {
		if n := edits(strings.ToLower(word), strings.ToLower(c)); n <= bestEdits {
			best, bestEdits = c, n-1
		}
		if strings.HasPrefix(c, word) {
			longer = append(longer, c)
		}
	}
	if best == "" && len(word) > 2 && len(longer) == 1 {
		return longer[0]
	}
	return best
}

// edits returns the Levenshtein distance in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// ordered sorts problems by their places, and those of a file by their lines.
func ordered(p Problems) Problems {
	place := func(p Problem) (string, int) {
		colon := strings.LastIndex(p.Where, ":")
		if line, err := strconv.Atoi(p.Where[colon+1:]); err == nil && colon > 0 {
			return p.Where[:colon], line
		}
		return p.Where, 0
	}
	slices.SortStableFunc(p, func(a, b Problem) int {
		fileA, lineA := place(a)
		fileB, lineB := place(b)
		return cmp.Or(cmp.Compare(fileA, fileB), cmp.Compare(lineA, lineB), cmp.Compare(a.Message, b.Message))
	})
	return p
}
