package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"multivac"
	"multivac/internal/web/bodies"
	"multivac/internal/web/wire"
)

// maxParameters is how many parameters a query may have.
const maxParameters = 100

// accept checks what is known of a request before its body is read. A client that
// waits for "100 Continue" then does not send the body at all.
func accept(w http.ResponseWriter, r *http.Request, size int64) error {
	if r.ContentLength > size {
		w.Header().Set("Connection", "close")
		return multivac.Errorf(multivac.ErrTooLarge, "send it in several requests", "request of %d bytes is over the limit of %d", r.ContentLength, size)
	}
	return checkQuery(r.URL.RawQuery)
}

// checkQuery refuses a query that two readers could understand differently: with
// parameters that are there twice, or that cannot be read.
func checkQuery(query string) error {
	const remedy = "escape what stands in it, as curl --data-urlencode does"
	if strings.Contains(query, ";") || !wellEscaped(query) {
		return multivac.Errorf(multivac.ErrInvalid, remedy, "the query cannot be read")
	}
	pairs := strings.Count(query, "&")
	if pairs == 0 {
		return nil
	}
	if pairs >= maxParameters {
		return multivac.Errorf(multivac.ErrInvalid, "leave out what is not described", "the query has over %d parameters", maxParameters)
	}
	seen := make(map[string]bool, pairs+1)
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		switch {
		case err != nil:
			return multivac.Errorf(multivac.ErrInvalid, remedy, "the query cannot be read")
		case pair != "" && seen[name]:
			return multivac.Errorf(multivac.ErrInvalid, "leave one of them out", "query parameter %q is there twice", multivac.Clip(name, 40))
		}
		seen[name] = true
	}
	return nil
}

// wellEscaped reports whether each % of a query begins an escape.
func wellEscaped(query string) bool {
	for {
		at := strings.IndexByte(query, '%')
		if at < 0 {
			return true
		}
		if len(query) < at+3 || !isHex(query[at+1]) || !isHex(query[at+2]) {
			return false
		}
		query = query[at+3:]
	}
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// readForm returns the named fields of a form, as far as it has them, and ignores
// others. It reads the form into memory: the body has a limit, and there may be
// no disk to write to.
func readForm(r *http.Request, hold *bodies.Hold, fields ...string) (map[string]string, error) {
	body, err := hold.Read(r, bodies.Most+1)
	if err != nil {
		return nil, wire.BodyError(err)
	}
	form := formReader{ctx: r.Context(), fields: fields, values: map[string]string{}}
	mediaType, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil && r.Header.Get("Content-Type") != "":
	case mediaType == "application/x-www-form-urlencoded":
		err = form.urlencoded(body)
	case mediaType == "multipart/form-data":
		err = form.multipart(multipart.NewReader(bytes.NewReader(body), params["boundary"]))
	default:
		err = nil // of another type it has no fields
	}
	if told := new(multivac.Error); err == nil || errors.As(err, &told) || r.Context().Err() != nil {
		return form.values, err
	}
	return nil, multivac.Errorf(multivac.ErrInvalid, "send it as curl -d data=... does", "the form cannot be read")
}

// A formReader keeps the values of the fields of a form that are asked for.
type formReader struct {
	ctx    context.Context
	fields []string
	values map[string]string
}

func (f *formReader) urlencoded(body []byte) error {
	n := 0
	for pair := range bytes.SplitSeq(body, []byte("&")) {
		if n++; n%1024 == 0 && f.ctx.Err() != nil {
			return f.ctx.Err()
		}
		if bytes.IndexByte(pair, ';') >= 0 {
			return errors.New("a semicolon separates nothing")
		}
		encoded, value, _ := bytes.Cut(pair, []byte("="))
		name, err := url.QueryUnescape(string(encoded))
		if err != nil {
			return err
		}
		if err := f.set(name, func() (string, error) { return url.QueryUnescape(string(value)) }); err != nil {
			return err
		}
	}
	return nil
}

func (f *formReader) multipart(r *multipart.Reader) error {
	for f.ctx.Err() == nil {
		part, err := r.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := bodies.CheckPart(part); err != nil {
			return err
		}
		if part.FileName() != "" {
			continue
		}
		err = f.set(part.FormName(), func() (string, error) {
			value, err := io.ReadAll(part)
			return string(value), err
		})
		if err != nil {
			return err
		}
	}
	return f.ctx.Err()
}

// set reads the value of a field that is asked for.
func (f *formReader) set(name string, read func() (string, error)) (err error) {
	for _, field := range f.fields {
		if name != field {
			continue
		}
		if _, twice := f.values[name]; twice {
			return multivac.Errorf(multivac.ErrInvalid, "leave one of them out", "form field %q is there twice", name)
		}
		f.values[name], err = read()
	}
	return err
}
