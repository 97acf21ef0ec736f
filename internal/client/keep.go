package client

import (
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"multivac"
	"multivac/internal/web/wire"
)

// keepTimeout is how long an export, an import or an examination may take
// where the caller sets no limit.
const keepTimeout = 24 * time.Hour

// Retry implements [multivac.Keeper].
func (c *Client) Retry(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	return c.again(ctx, id, "/retry")
}

// Reread implements [multivac.Keeper].
func (c *Client) Reread(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	return c.again(ctx, id, "/reread")
}

// again has a document read again by a route below its own.
func (c *Client) again(ctx context.Context, id multivac.DocumentID, route string) (multivac.Receipt, error) {
	var r wire.Receipt
	err := c.call(ctx, request{method: "POST", path: "/api/v1/documents/" + url.PathEscape(string(id)) + route}, &r)
	if err != nil {
		return multivac.Receipt{}, err
	}
	return r.Receipt(), nil
}

// Export implements [multivac.Keeper].
func (c *Client) Export(ctx context.Context, w io.Writer, originals bool) error {
	ctx, cancel := context.WithTimeout(ctx, keepTimeout)
	defer cancel()
	q := request{method: "GET", path: "/api/v1/export", accept: wire.ExportType}
	if originals {
		q.query = url.Values{"originals": {"true"}}
	}
	resp, err := c.do(ctx, q)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); resp.StatusCode != http.StatusOK || mediaType != wire.ExportType {
		body, err := io.ReadAll(io.LimitReader(resp.Body, largestAnswer))
		if err != nil {
			return c.unreachable(ctx, err)
		}
		return c.failed(resp, mediaType, body)
	}
	var broken error
	_, err = io.Copy(w, failing{resp.Body, &broken})
	if broken != nil {
		return c.unreachable(ctx, broken)
	}
	return err // of w
}

// failing notes an error of its reader, to tell it from one of the writer.
type failing struct {
	io.Reader
	err *error
}

func (f failing) Read(b []byte) (int, error) {
	n, err := f.Reader.Read(b)
	if err != nil && err != io.EOF {
		*f.err = err
	}
	return n, err
}

// Import implements [multivac.Keeper].
func (c *Client) Import(ctx context.Context, r io.Reader, merge bool) (multivac.Imported, error) {
	q := request{method: "POST", path: "/api/v1/import", mediaType: wire.ExportType, stream: r, timeout: keepTimeout}
	if merge {
		q.query = url.Values{"merge": {"true"}}
	}
	var imported wire.Imported
	err := c.once(ctx, q, &imported)
	return imported.Imported(), err
}

// Examine implements [multivac.Keeper]. A running server mends nothing.
func (c *Client) Examine(ctx context.Context, repair bool) (multivac.Examination, error) {
	if repair {
		return multivac.Examination{}, multivac.Errorf(multivac.ErrInvalid, "stop the server and run `multivac doctor --repair --data DIR`",
			"a running server is examined, but not repaired")
	}
	var e wire.Examination
	err := c.call(ctx, request{method: "GET", path: "/api/v1/doctor", timeout: keepTimeout}, &e)
	return e.Examination(), err
}
