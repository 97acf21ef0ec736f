package config

import (
	"fmt"
	"log/slog"
)

// Redacted stands wherever a secret would.
const Redacted = "<redacted>"

// A Secret is a password that nothing prints: not fmt, in whatever struct it
// stands, not a log, not JSON and not a panic. Only Reveal gives it away. The
// zero value is none.
type Secret struct {
	reveal func() string // no string: fmt prints unexported fields, but of a function the address
}

// NewSecret returns text as a Secret; none if it is empty.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{func() string { return text }}
}

// Reveal returns the secret itself, "" where there is none.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// String says whether there is a secret: Redacted, or "" where there is none.
func (s Secret) String() string {
	if s.reveal == nil {
		return ""
	}
	return Redacted
}

// Format prints what String returns, whatever the verb.
func (s Secret) Format(f fmt.State, verb rune) {
	format := "%s"
	if verb == 'q' {
		format = "%q"
	}
	fmt.Fprintf(f, format, s.String())
}

// GoString, LogValue and MarshalText are String for those who ask otherwise.
func (s Secret) GoString() string             { return s.String() }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(s.String()) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
