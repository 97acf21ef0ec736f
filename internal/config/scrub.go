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

// shortest is the length from which a secret is looked for in what is written:
// shorter ones are in many a word.
const shortest = 4

// remembered is how many writings of secrets are looked for, the newest first:
// what was rotated may still be in what a server answers.
const remembered = 64

// remember has a secret, in the ways that it may be written, looked for.
func (v *Live) remember(s *Settings) {
	known := *v.secrets.Load()
	for _, secret := range []Secret{s.Store.MongoDB.Password, s.Queue.Password, s.Cache.Password} {
		text := secret.Reveal()
		if len(text) < shortest {
			continue
		}
		plain, _ := json.Marshal(text) // with what HTML wants
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
	known = known[:min(len(known), remembered)]
	v.secrets.Store(&known)
}

func unquoted(s string) string { return s[1 : len(s)-1] }

// scrub returns text with Redacted in the place of every secret.
func (v *Live) scrub(text []byte) []byte {
	for _, secret := range *v.secrets.Load() {
		if bytes.Contains(text, secret) {
			text = bytes.ReplaceAll(text, secret, []byte(Redacted))
		}
	}
	return text
}

// Writer returns w with Redacted in the place of every secret that a write has
// whole: a server may say what it was sent, and a library may log that.
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

// Fd lets others see whether it is a terminal.
func (s scrubbed) Fd() uintptr {
	if f, ok := s.to.(*os.File); ok {
		return f.Fd()
	}
	return ^uintptr(0)
}

// Error returns err, with Redacted in the place of every secret in its text.
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

// Is and As look at what it was, for the exit code and the remedy.
func (e scrubbedError) Is(target error) bool { return errors.Is(e.cause, target) }
func (e scrubbedError) As(target any) bool   { return errors.As(e.cause, target) }
