package eval

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"multivac"
)

// A Question is one whose answers are known.
type Question struct {
	ID       string   `json:"id"`
	Question string   `json:"question"`
	Answers  []string `json:"answers"`        // any of them is right; none: the documents do not say
	Document string   `json:"document"`       // source of the document that says so
	Kind     string   `json:"kind,omitempty"` // for measures of one kind of question; optional
}

// Answerable reports whether the documents answer q.
func (q Question) Answerable() bool { return len(q.Answers) > 0 }

// Read reads questions, one JSON object a line, gzipped or not. The name is for
// errors, which are of kind ErrInvalid and name the line.
func Read(r io.Reader, name string) ([]Question, error) {
	text := bufio.NewReader(r)
	if magic, _ := text.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(text)
		if err != nil {
			return nil, multivac.Errorf(multivac.ErrInvalid, "compress it again with gzip", "%s: %v", name, err)
		}
		defer z.Close()
		text = bufio.NewReader(z)
	}
	var questions []Question
	for n := 1; ; n++ {
		line, err := text.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if line := bytes.TrimSpace(line); len(line) > 0 {
			q, err := parse(line)
			if err != nil {
				return nil, multivac.Errorf(multivac.ErrInvalid,
					`write one {"id","question","answers":[…],"document"} a line`, "%s:%d: %v", name, n, err)
			}
			if q.ID == "" {
				q.ID = fmt.Sprintf("%s:%d", name, n)
			}
			questions = append(questions, q)
		}
		if err != nil {
			return questions, nil
		}
	}
}

func parse(line []byte) (Question, error) {
	var q Question
	if err := json.Unmarshal(line, &q); err != nil {
		var typed *json.UnmarshalTypeError
		if errors.As(err, &typed) { // whose text names types of Go
			err = fmt.Errorf("%s cannot be a JSON %s", cmp.Or(typed.Field, "a question"), typed.Value)
		}
		return Question{}, err
	}
	if err := (multivac.Question{Text: q.Question}).Validate(); err != nil {
		return Question{}, err
	}
	return q, nil
}

// AnsweredBy reports whether the sentence holds one of q's answers, token by
// token, with case, punctuation and articles folded away. An answer without a
// token is in nothing: SQuAD has a few that are a full stop.
func (q Question) AnsweredBy(sentence string) bool {
	answers := make([]string, len(q.Answers))
	for i, a := range q.Answers {
		answers[i] = fold(a)
	}
	return holds(sentence, answers)
}
