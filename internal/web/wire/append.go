package wire

import (
	"math"
	"strconv"

	"multivac"
	"multivac/internal/jsontext"
)

// AppendAnswer appends a to b as a line of JSON. It writes the same bytes as
// [WriteJSON] of NewAnswer(a), without the cost of reflection, because answers
// are the most frequent responses. TestAppendAnswer compares the two.
func AppendAnswer(b []byte, a multivac.Answer) []byte {
	b = text(append(b, '{'), "state", string(a.State))
	b = text(append(b, ','), "text", a.Text())
	b = float(append(b, `,"confidence":`...), a.Confidence)
	b = optional(b, "reaches", string(a.Reaches))
	if a.State == multivac.Answered {
		b = shape(b, a.Sentences[0])
		b = source(append(b, `,"source":`...), a.Sentences[0])
		b = marks(b, a.Sentences[0].Marks)
	}
	b = append(b, `,"also":[`...)
	if a.State == multivac.Answered {
		for i, q := range a.Sentences[1:] {
			if i > 0 {
				b = append(b, ',')
			}
			b = quotation(b, q)
		}
	}
	b = append(b, ']')
	if a.State == multivac.Answered {
		b = texts(b, "sources", a.Sources)
		if a.Conflict != nil {
			b = conflict(append(b, `,"conflict":`...), a.Conflict)
		}
	}
	if a.Reason != nil {
		b = reason(append(b, `,"reason":`...), a.Reason)
	}
	b = optional(b, "position", string(a.Position))
	return append(b, "}\n"...)
}

func conflict(b []byte, c *multivac.Conflict) []byte {
	b = quotation(append(b, `{"quotation":`...), c.With)
	b = strconv.AppendBool(append(b, `,"newer_known":`...), c.Known)
	return append(text(append(b, ','), "text", c.Reason), '}')
}

func reason(b []byte, r *multivac.Reason) []byte {
	b = text(append(b, '{'), "code", string(r.Code))
	b = text(append(b, ','), "text", r.Text)
	b = texts(b, "unmatched", r.Unmatched)
	if r.Nearest != nil {
		b = quotation(append(b, `,"nearest":`...), *r.Nearest)
	}
	return append(b, '}')
}

func quotation(b []byte, q multivac.Quotation) []byte {
	b = text(append(b, '{'), "text", q.Text)
	b = float(append(b, `,"confidence":`...), q.Confidence)
	b = shape(b, q)
	b = source(append(b, `,"source":`...), q)
	return append(marks(b, q.Marks), '}')
}

// shape appends a comma and the shape of q, and its best sentence if q is more
// than that.
func shape(b []byte, q multivac.Quotation) []byte {
	b = optional(b, "shape", string(q.Shape))
	if isSentence(q) {
		return b
	}
	b = text(append(b, `,"sentence":{`...), "text", q.SentenceText())
	b = strconv.AppendInt(append(b, `,"start":`...), int64(q.Sentence.Start), 10)
	b = strconv.AppendInt(append(b, `,"end":`...), int64(q.Sentence.End), 10)
	return append(b, '}')
}

func source(b []byte, q multivac.Quotation) []byte {
	b = text(append(b, '{'), "document", string(q.Document))
	b = optional(b, "source", q.Source)
	b = strconv.AppendUint(append(b, `,"revision":`...), uint64(q.Revision), 10)
	b = optional(b, "title", q.Title)
	b = optional(b, "heading", q.Heading)
	b = optional(b, "lead", q.Lead)
	b = strconv.AppendInt(append(b, `,"start":`...), int64(q.Start), 10)
	b = strconv.AppendInt(append(b, `,"end":`...), int64(q.End), 10)
	b = place(b, q.Place)
	b = optional(b, "before", q.Before)
	b = optional(b, "after", q.After)
	return append(b, '}')
}

// place appends a comma and the member, or nothing where p is unknown.
func place(b []byte, p multivac.Place) []byte {
	if p == (multivac.Place{}) {
		return b
	}
	b = append(b, `,"place":{`...)
	first := len(b)
	b = count(b, "line", p.Line)
	b = count(b, "page", p.Page)
	b = optional(b, "label", p.Label)
	b = count(b, "slide", p.Slide)
	b = optional(b, "sheet", p.Sheet)
	b = optional(b, "part", p.Part)
	b = count(b, "time", p.Time)
	return append(append(b[:first], b[first+1:]...), '}') // without the comma before the first
}

// count appends a comma and a member, or nothing where n is 0.
func count(b []byte, name string, n int) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendInt(append(append(append(b, `,"`...), name...), `":`...), int64(n), 10)
}

func marks(b []byte, all []multivac.Span) []byte {
	for i, m := range all {
		if i == 0 {
			b = append(b, `,"marks":[`...)
		} else {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, '['), int64(m.Start), 10)
		b = append(strconv.AppendInt(append(b, ','), int64(m.End), 10), ']')
	}
	if len(all) > 0 {
		b = append(b, ']')
	}
	return b
}

// text appends a member.
func text(b []byte, name, s string) []byte {
	b = append(append(append(b, '"'), name...), `":`...)
	return jsontext.Append(b, s)
}

// optional appends a comma and a member, or nothing if s is empty.
func optional(b []byte, name, s string) []byte {
	if s == "" {
		return b
	}
	return text(append(b, ','), name, s)
}

// texts appends a comma and a member, or nothing if all is empty.
func texts(b []byte, name string, all []string) []byte {
	for i, s := range all {
		if i == 0 {
			b = append(append(append(b, `,"`...), name...), `":[`...)
		} else {
			b = append(b, ',')
		}
		b = jsontext.Append(b, s)
	}
	if len(all) > 0 {
		b = append(b, ']')
	}
	return b
}

// float appends f like encoding/json: without an exponent, unless it is very
// small or very large. JSON has no NaN and no infinity; they become 0.
func float(b []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(b, '0')
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	b = strconv.AppendFloat(b, f, format, -1, 64)
	// 1e-09 is written 1e-9.
	if n := len(b); format == 'e' && n >= 4 && b[n-4] == 'e' && b[n-3] == '-' && b[n-2] == '0' {
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b
}
