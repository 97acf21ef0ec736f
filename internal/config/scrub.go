package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// minSecret is the length of the shortest secret that is looked for. Shorter
// ones occur inside ordinary words.
const minSecret = 4

// maxForms is how many forms of secrets are looked for, the newest first. A
// server may still answer with a secret that has been rotated.
const maxForms = 64

// remember adds the secrets, in each way they may be written, to those looked
// for.
func (v *Live) remember(s *Settings) {
	known := *v.secrets.Load()
	for _, secret := range []Secret{s.Store.MongoDB.Password, s.Queue.Password, s.Cache.Password} {
		text := secret.Reveal()
		if len(text) < minSecret {
			continue
		}
		plain, _ := json.Marshal(text) // escapes what HTML wants escaped
		var lean bytes.Buffer
		e := json.NewEncoder(&lean)
		e.SetEscapeHTML(false)
		_ = e.Encode(text)
		for _, form := range []string{text, unquoted(string(plain)), unquoted(strings.TrimSpace(lean.String())), unquoted(strconv.Quote(text)), url.QueryEscape(text), url.PathEscape(text)} {
			if !slices.ContainsFunc(known, func(b []byte) bool { return string(b) == form }) {
				known = append([][]byte{[]byte(form)}, known...)
			}
		}
	}
	known = known[:min(len(known), maxForms)]
	v.secrets.Store(&known)
}

func unquoted(s string) string { return s[1 : len(s)-1] }

// scrub returns text with Redacted in place of every secret.
func (v *Live) scrub(text []byte) []byte {
	for _, secret := range *v.secrets.Load() {
		if bytes.Contains(text, secret) {
			text = bytes.ReplaceAll(text, secret, []byte(Redacted))
		}
	}
	return text
}

// Writer returns w with Redacted in place of every secret that is in one write
// as a whole. A server may repeat what it was sent, and a library may log that.
func (v *Live) Writer(w io.Writer) io.Writer { return scrubbed{w, v} }

type scrubbed struct {
	to   io.Writer
	live *Live
}

func (s scrubbed) Write(b []byte) (int, error) {
	if _, err := s.to.Write(s.live.scrub(b)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Fd lets callers find out whether the writer is a terminal.
func (s scrubbed) Fd() uintptr {
	if f, ok := s.to.(*os.File); ok {
		return f.Fd()
	}
	return ^uintptr(0)
}

// Error returns err with Redacted in place of every secret in its text.
func (v *Live) Error(err error) error {
	if err == nil {
		return nil
	}
	if text := string(v.scrub([]byte(err.Error()))); text != err.Error() {
		return scrubbedError{text, err}
	}
	return err
}

type scrubbedError struct {
	text  string
	cause error
}

func (e scrubbedError) Error() string { return e.text }

// Is and As examine the cause, for the exit code and the remedy.
func (e scrubbedError) Is(target error) bool { return errors.Is(e.cause, target) }
func (e scrubbedError) As(target any) bool   { return errors.As(e.cause, target) }
