package link

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"multivac"
)

// Codes of MongoDB's errors.
const (
	codeUserNotFound         = 11
	codeUnauthorized         = 13
	codeAuthenticationFailed = 18
	codeObjectTooLarge       = 10334
	codeOutOfDiskSpace       = 14031
	codeDocumentTooLarge     = 17419
	codeUpsertTooLarge       = 17420

	codeShutdownInProgress      = 91
	codePrimarySteppedDown      = 189
	codeNotWritablePrimary      = 10107
	codeInterruptedAtShutdown   = 11600
	codeInterruptedByStepDown   = 11602
	codeNotPrimaryNoSecondaryOk = 13435
	codeNotPrimaryOrSecondary   = 13436

	codeNoSuchTransaction = 251 // the server has ended it by itself, as it does where the session was killed
)

// Has reports whether a server has returned one of the codes.
func Has(err error, codes ...int) bool {
	var server mongo.ServerError
	if !errors.As(err, &server) {
		return false
	}
	for _, code := range codes {
		if server.HasErrorCode(code) {
			return true
		}
	}
	return false
}

// refused reports whether the server refuses the credentials. A connection that
// breaks during signing in does not count, because no server has refused it.
func refused(err error) bool {
	return Has(err, codeAuthenticationFailed, codeUnauthorized, codeUserNotFound) || refusedAnother(err)
}

// refusedAnother reports whether the call got no connection, because the server
// refuses the credentials of another call. Then the driver keeps only the text
// of the server's error.
func refusedAnother(err error) bool {
	var pool interface{ Retryable() bool }
	return errors.As(err, &pool) && strings.Contains(err.Error(), "(AuthenticationFailed)")
}

// forbidden reports whether the server knows the user, but the user lacks the
// right. The server says the same of a user that was dropped.
func forbidden(err error) bool { return Has(err, codeUnauthorized) }

// primaryGone reports whether a server is not the primary any more, or cannot
// be reached.
func primaryGone(err error) bool {
	return err != nil && (mongo.IsNetworkError(err) || Has(err, codeShutdownInProgress, codePrimarySteppedDown, codeNotWritablePrimary,
		codeInterruptedAtShutdown, codeInterruptedByStepDown, codeNotPrimaryNoSecondaryOk, codeNotPrimaryOrSecondary))
}

// Explain turns an error of the driver into one of multivac's kinds.
func Explain(err error) error {
	if err == nil || errors.As(err, new(*multivac.Error)) {
		return err
	}
	failed := func(remedy string) error { return Unavailable(remedy, "MongoDB: %v", err) }
	var server mongo.ServerError
	switch {
	case refused(err):
		return failed("check the user name and password of store.mongodb, and what the user may do: it needs the role readWrite on the database")
	case Has(err, codeObjectTooLarge, codeDocumentTooLarge, codeUpsertTooLarge):
		return multivac.Errorf(multivac.ErrTooLarge, "split the document", "a part of it is larger than MongoDB keeps in one piece (16 MiB)")
	case Has(err, codeOutOfDiskSpace):
		return failed("free some space on MongoDB's disk and try again")
	case errors.As(err, &server), mongo.IsNetworkError(err), mongo.IsTimeout(err), errors.Is(err, context.DeadlineExceeded), errors.Is(err, mongo.ErrClientDisconnected):
		return failed("check that it runs and has a primary, and try again")
	case errors.As(err, new(mongo.MarshalError)):
		return err
	}
	return failed("check that it runs and can be reached, and try again")
}

// Unavailable returns an ErrUnavailable that is worth a retry after a second.
func Unavailable(remedy, format string, args ...any) error {
	e := multivac.Errorf(multivac.ErrUnavailable, remedy, format, args...)
	e.RetryAfter = time.Second
	return e
}
