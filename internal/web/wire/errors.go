package wire

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"multivac"
)

// Kinds of errors that only HTTP has. A client sees them as the kinds that they
// wrap.
var (
	ErrMediaType   = fmt.Errorf("unsupported media type: %w", multivac.ErrInvalid)
	ErrMethod      = fmt.Errorf("method not allowed: %w", multivac.ErrInvalid)
	ErrNoRoute     = fmt.Errorf("no such address: %w", multivac.ErrInvalid)
	ErrCrossOrigin = fmt.Errorf("cross-origin request: %w", multivac.ErrInvalid)
	ErrMisdirected = fmt.Errorf("misdirected request: %w", multivac.ErrInvalid)
	ErrSlow        = fmt.Errorf("request too slow: %w", multivac.ErrUnavailable)
	errInternal    = errors.New("internal error")
)

// A Kind is a kind of error on the wire.
type Kind struct {
	Name   string // the last part of Problem.Type
	Status int
	Title  string
	err    error
}

// Kinds is the one place that maps kinds of errors to statuses, and types of
// problems back to kinds. A kind that wraps another comes before it.
var Kinds = []Kind{
	{"unsupported-media-type", http.StatusUnsupportedMediaType, "Unsupported media type", ErrMediaType},
	{"method-not-allowed", http.StatusMethodNotAllowed, "Method not allowed", ErrMethod},
	{"no-such-address", http.StatusNotFound, "No such address", ErrNoRoute},
	{"unauthorized", http.StatusUnauthorized, "A key is needed", multivac.ErrUnauthorized},
	{"cross-origin", http.StatusForbidden, "Cross-origin request refused", ErrCrossOrigin},
	{"misdirected", http.StatusMisdirectedRequest, "Not known by this name", ErrMisdirected},
	{"forbidden", http.StatusForbidden, "The key does not allow it", multivac.ErrForbidden},
	{"too-many-requests", http.StatusTooManyRequests, "Too many requests", multivac.ErrLimited},
	{"too-slow", http.StatusRequestTimeout, "Request too slow", ErrSlow},
	{"invalid", http.StatusBadRequest, "Invalid request", multivac.ErrInvalid},
	{"too-large", http.StatusRequestEntityTooLarge, "Too large", multivac.ErrTooLarge},
	{"not-found", http.StatusNotFound, "Not found", multivac.ErrNotFound},
	{"behind", http.StatusServiceUnavailable, "Not followed that far yet", multivac.ErrBehind},
	{"unavailable", http.StatusServiceUnavailable, "Unavailable", multivac.ErrUnavailable},
	{"superseded", http.StatusConflict, "Superseded", multivac.ErrSuperseded},
	{"in-use", http.StatusConflict, "In use", multivac.ErrInUse},
	{"too-old", http.StatusGone, "Position too old", multivac.ErrTooOld},
	{"internal", http.StatusInternalServerError, "Internal error", errInternal},
}

const typePrefix = "/api/v1/docs#"

// A Problem is an error in the form of RFC 9457.
type Problem struct {
	Type      string    `json:"type" format:"uri-reference" example:"/api/v1/docs#invalid" doc:"The kind of problem; the address explains it"`
	Title     string    `json:"title" doc:"The kind of problem in words"`
	Status    int       `json:"status" example:"400" doc:"The HTTP status"`
	Detail    string    `json:"detail" doc:"What is wrong this time"`
	Remedy    string    `json:"remedy,omitempty" doc:"What you can do about it"`
	RequestID string    `json:"request_id,omitempty" doc:"Names this request in the server's log"`
	Errors    []Detail  `json:"errors,omitempty" doc:"Each thing that is wrong, where there are several or where the place is known; 100 at most"`
	Omitted   int       `json:"omitted,omitempty" doc:"How many more are wrong than errors names"`
	Documents []Receipt `json:"documents,omitempty" doc:"Of a telling: what became of each document that was read; where none was kept, of the first 256"`

	retry time.Duration
}

// A Detail is one of several faults.
type Detail struct {
	Location string `json:"location,omitempty" example:"documents[3]" doc:"Where it is wrong"`
	Message  string `json:"message" doc:"What is wrong there, and what to do about it"`
}

// ProblemOf returns the part of err that the client may see. For an unknown
// kind that is nothing, and err belongs in the log: see [Problem.Internal].
func ProblemOf(err error) *Problem {
	var told *multivac.Error
	if errors.As(err, &told) {
		err = told
	}
	kind := kindOf(err)
	p := &Problem{Type: typePrefix + kind.Name, Title: kind.Title, Status: kind.Status, Detail: kind.err.Error()}
	switch {
	case p.Internal():
		p.Detail, p.Remedy = "the server failed", "look for the request_id in the server's log"
	case told != nil:
		p.Detail, p.Remedy, p.retry = told.Message, told.Remedy, told.RetryAfter
	case errors.Is(err, context.DeadlineExceeded):
		p.Detail, p.Remedy = "the request took too long", "try again, or ask for less at once"
	case errors.Is(err, context.Canceled):
		p.Detail, p.Remedy = "the server is stopping", "try again when it is back"
	}
	return p
}

func kindOf(err error) Kind {
	for _, k := range Kinds {
		if errors.Is(err, k.err) {
			return k
		}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return kindOf(multivac.ErrUnavailable)
	}
	return kindOf(errInternal)
}

// KindOfStatus returns the kind of a status, or that of 500.
func KindOfStatus(status int) Kind {
	for _, k := range Kinds {
		if k.Status == status && k.err != ErrNoRoute && k.err != multivac.ErrBehind {
			return k
		}
	}
	return kindOf(errInternal)
}

// Err returns the kind's error, for [multivac.Errorf].
func (k Kind) Err() error { return k.err }

// Internal reports whether the error was of no known kind, and belongs in the
// log.
func (p *Problem) Internal() bool { return p.Status == http.StatusInternalServerError }

// Err returns the error that p was made of, as far as p describes it, so that
// errors.Is works across the wire.
func (p *Problem) Err() error {
	err := &multivac.Error{Kind: errInternal, Message: p.Detail, Remedy: p.Remedy, RetryAfter: p.retry}
	name := strings.TrimPrefix(p.Type, typePrefix)
	for _, k := range Kinds {
		if k.Name == name {
			err.Kind = k.err
		}
	}
	if p.Internal() && p.RequestID != "" {
		err.Remedy = fmt.Sprintf("look for request_id %s in the server's log", p.RequestID)
	}
	return err
}

// RetryAfter returns the value of the header, or "" if p has none.
func (p *Problem) RetryAfter() string {
	if p.Status != http.StatusServiceUnavailable && p.Status != http.StatusTooManyRequests {
		return ""
	}
	return strconv.Itoa(int(math.Ceil(cmp.Or(p.retry, time.Second).Seconds())))
}

// SetRetryAfter sets p's value from the header.
func (p *Problem) SetRetryAfter(header string) {
	if seconds, err := strconv.ParseUint(header, 10, 16); err == nil {
		p.retry = time.Duration(seconds) * time.Second
	}
}

// Retry returns how long to wait before trying again, or 0 if p does not say.
func (p *Problem) Retry() time.Duration { return p.retry }

// Error, GetStatus, GetHeaders and ContentType make a Problem an error that
// huma can send.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns the headers that belong to p.
func (p *Problem) GetHeaders() http.Header {
	if after := p.RetryAfter(); after != "" {
		return http.Header{"Retry-After": {after}}
	}
	if p.Status == http.StatusUnauthorized {
		return http.Header{"Www-Authenticate": {Challenge}}
	}
	return nil
}

// ContentType returns the media type of p.
func (p *Problem) ContentType(string) string { return ProblemType }

// Challenge is the header WWW-Authenticate of a 401.
const Challenge = `Bearer realm="MultiVAC"`

// ProblemType is the media type of a [Problem].
const ProblemType = "application/problem+json"

// RequestID is the header that names a request. It is set in the response
// before a handler runs.
const RequestID = "X-Request-Id"

// WriteProblem answers with p.
func WriteProblem(w http.ResponseWriter, p *Problem) {
	p.RequestID = w.Header().Get(RequestID)
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", ProblemType)
	w.WriteHeader(p.Status)
	head := *p
	head.Documents = nil
	writeReceipts(w, head, p.Documents)
}

// WriteReceipts answers with the receipts of several tellings.
func WriteReceipts(w io.Writer, receipts []Receipt) { writeReceipts(w, struct{}{}, receipts) }

// writeReceipts writes v as a line of JSON, with the receipts, if any, as its
// last member. It encodes each by itself, because together they may be large.
func writeReceipts(w io.Writer, v any, receipts []Receipt) {
	if len(receipts) == 0 {
		WriteJSON(w, v)
		return
	}
	out := bufio.NewWriterSize(w, 16<<10)
	head, _ := marshal(v)
	out.Write(bytes.TrimSuffix(head, []byte("}\n")))
	if len(head) > len("{}\n") {
		out.WriteByte(',')
	}
	out.WriteString(`"documents":`)
	for n, r := range receipts {
		out.WriteByte("[,"[min(n, 1)])
		one, _ := marshal(r)
		out.Write(bytes.TrimSuffix(one, []byte("\n")))
	}
	out.WriteString("]}\n")
	_ = out.Flush() // the client may have gone; the server notices
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.Bytes(), err
}

// WriteJSON writes v as a line of JSON. It ignores errors of w: the server notices
// that a client has gone.
func WriteJSON(w io.Writer, v any) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
}

// BodyError returns the error for a client whose body cannot be read.
func BodyError(err error) error {
	var (
		large *http.MaxBytesError
		told  *multivac.Error
	)
	switch {
	case errors.As(err, &large):
		return multivac.Errorf(multivac.ErrTooLarge, "send it in several requests", "request is over the limit of %d bytes", large.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return multivac.Errorf(ErrSlow, "send less at once", "the request's body did not arrive in time")
	case errors.As(err, &told), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return multivac.Errorf(multivac.ErrInvalid, "send it again", "the request's body ends early")
}
