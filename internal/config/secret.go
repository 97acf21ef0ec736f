package config

import (
	"fmt"
	"log/slog"
)

// Redacted is printed in place of a secret.
const Redacted = "<redacted>"

// A Secret is a password that nothing prints: neither fmt (even inside a
// struct) nor a log, JSON or a panic. Only Reveal returns it. The zero value is
// no secret.
type Secret struct {
	reveal func() string // not a string: fmt prints unexported fields, but of a function only the address
}

// NewSecret returns text as a Secret, or no secret if it is empty.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{func() string { return text }}
}

// Reveal returns the secret itself, or "" if there is none.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// String returns Redacted, or "" if there is no secret.
func (s Secret) String() string {
	if s.reveal == nil {
		return ""
	}
	return Redacted
}

// Format prints what String returns, for every verb.
func (s Secret) Format(f fmt.State, verb rune) {
	format := "%s"
	if verb == 'q' {
		format = "%q"
	}
	fmt.Fprintf(f, format, s.String())
}

// GoString is String, for %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue is String, for logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String, for JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
