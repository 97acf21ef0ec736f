package multivac

import (
	"errors"
	"fmt"
	"time"
)

// Kinds of errors, for errors.Is. The HTTP API keeps the kind: the client
// returns the same one.
var (
	ErrInvalid     = errors.New("invalid")
	ErrTooLarge    = errors.New("too large")
	ErrNotFound    = errors.New("not found")
	ErrUnavailable = errors.New("unavailable")      // try again later
	ErrSuperseded  = errors.New("superseded")       // another telling, deletion or worker was faster
	ErrBehind      = errors.New("behind")           // this replica has not followed the feed that far yet
	ErrInUse       = errors.New("in use")           // another process owns the data folder
	ErrTooOld      = errors.New("position too old") // the feed no longer has this position: rebuild the index

	ErrUnauthorized = errors.New("unauthorized")      // no key, or no valid key
	ErrForbidden    = errors.New("forbidden")         // the key does not allow it
	ErrLimited      = errors.New("too many requests") // too many for this key or address: try again later
)

// An Error says what is wrong and what to do about it.
type Error struct {
	Kind       error
	Message    string
	Remedy     string        // what the user can do: an imperative without a full stop
	RetryAfter time.Duration // set for ErrUnavailable, ErrBehind and ErrLimited
}

// Errorf returns an *Error of a kind, with a remedy.
func Errorf(kind error, remedy, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Remedy: remedy}
}

// Error returns the message and, if there is one, the remedy.
func (e *Error) Error() string {
	if e.Remedy == "" {
		return e.Message
	}
	return e.Message + "; " + e.Remedy
}

// Unwrap returns the kind, for errors.Is.
func (e *Error) Unwrap() error { return e.Kind }

// Wrap puts the operation before the text of *err, if there is an error. Use it
// with defer.
func Wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *err)
	}
}
