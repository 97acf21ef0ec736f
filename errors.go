package multivac

import (
	"errors"
	"fmt"
	"time"
)

// Kinds of errors, to be tested with errors.Is. They hold across the wire.
var (
	ErrInvalid     = errors.New("invalid")
	ErrTooLarge    = errors.New("too large")
	ErrNotFound    = errors.New("not found")
	ErrUnavailable = errors.New("unavailable")      // try again later
	ErrSuperseded  = errors.New("superseded")       // another telling, deletion or worker was first
	ErrBehind      = errors.New("behind")           // this replica has not followed that far yet
	ErrInUse       = errors.New("in use")           // the data folder has another owner
	ErrTooOld      = errors.New("position too old") // the feed no longer reaches back: rebuild

	ErrUnauthorized = errors.New("unauthorized")      // no key, or none that holds
	ErrForbidden    = errors.New("forbidden")         // the key does not allow it
	ErrLimited      = errors.New("too many requests") // of this key or address: try again later
)

// An Error says what is wrong and what to do about it.
type Error struct {
	Kind       error
	Message    string
	Remedy     string        // what the user can do, an imperative without a full stop
	RetryAfter time.Duration // with ErrUnavailable, ErrBehind and ErrLimited
}

// Errorf returns an *Error of a kind, with a remedy.
func Errorf(kind error, remedy, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Remedy: remedy}
}

func (e *Error) Error() string {
	if e.Remedy == "" {
		return e.Message
	}
	return e.Message + "; " + e.Remedy
}

func (e *Error) Unwrap() error { return e.Kind }

// Wrap adds the operation to *err, if there is one; for use with defer.
func Wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *err)
	}
}
