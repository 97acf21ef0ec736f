package bodies

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"

	"multivac"
	"multivac/internal/web/wire"
)

// Form returns those of the named fields that a form has. It ignores other
// fields. It reads the form into memory: the body has a limit, and there may be
// no disk to write to.
func Form(r *http.Request, hold *Hold, fields ...string) (map[string]string, error) {
	body, err := hold.Read(r, Most+1)
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
		err = nil // a body of another type has no fields
	}
	if told := new(multivac.Error); err == nil || errors.As(err, &told) || r.Context().Err() != nil {
		return form.values, err
	}
	return nil, multivac.Errorf(multivac.ErrInvalid, "send it as curl -d data=... does", "the form cannot be read")
}

// A formReader keeps the values of the wanted fields of a form.
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
		if err := CheckPart(part); err != nil {
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

// set reads the value of a wanted field.
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
