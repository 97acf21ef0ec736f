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

// A Question is a question with known answers.
type Question struct {
	ID       string   `json:"id"`
	Question string   `json:"question"`
	Answers  []string `json:"answers"`        // each of them is right; empty: the documents do not answer it
	Document string   `json:"document"`       // source of the document that answers it
	Kind     string   `json:"kind,omitempty"` // for measures of one kind of question; optional
}

// Procedure is the kind of questions for all steps of a procedure. Their
// answers are from the first and from the last step, and a quotation of the
// whole has both.
const Procedure = "procedure"

// Answerable reports whether the documents answer q.
func (q Question) Answerable() bool { return len(q.Answers) > 0 }

// Read reads questions: one JSON object a line, gzipped or not. Errors are of
// kind ErrInvalid, and have name and the line.
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
		if errors.As(err, &typed) { // its text has names of Go types
			err = fmt.Errorf("%s cannot be a JSON %s", cmp.Or(typed.Field, "a question"), typed.Value)
		}
		return Question{}, err
	}
	if err := (multivac.Question{Text: q.Question}).Validate(); err != nil {
		return Question{}, err
	}
	return q, nil
}

// AnsweredBy reports whether the sentence contains one of q's answers, token by
// token. Case, punctuation and articles do not count. No sentence contains an
// answer without tokens: SQuAD has a few answers that are a full stop.
func (q Question) AnsweredBy(sentence string) bool {
	answers := make([]string, len(q.Answers))
	for i, a := range q.Answers {
		answers[i] = fold(a)
	}
	return holds(sentence, answers)
}

// WhollyAnsweredBy reports whether the text contains all of q's answers.
func (q Question) WhollyAnsweredBy(text string) bool {
	for _, a := range q.Answers {
		if !holds(text, []string{fold(a)}) {
			return false
		}
	}
	return q.Answerable()
}

// Right reports whether the best sentence of an answer is right, whatever its
// confidence.
func (q Question) Right(a multivac.Answer) bool { return judge(q, record(q, a)).right() }
