// Package client calls a MultiVAC over HTTP. It implements the verbs as the service
// itself does, with errors of the same kinds.
package client

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"multivac"
	"multivac/internal/clock"
	"multivac/internal/web/wire"
)

const (
	attempts      = 4                // of a call that the server asks to try again
	longestRetry  = 10 * time.Second // between them, even if the server asks for more
	callTimeout   = time.Minute      // if the caller sets none
	tellTimeout   = 10 * time.Minute // the same, for one batch
	dialTimeout   = 5 * time.Second
	largestAnswer = 256 << 20 // bytes
)

// Client is a MultiVAC elsewhere. All its requests may be sent twice, so it tries
// again if the server says when.
type Client struct {
	base  string           // without a slash at the end
	key   multivac.KeyText // sent with each request; none if empty
	http  *http.Client
	sleep func(context.Context, time.Duration) error
}

// Verbs returns what the server can do.
func (c *Client) Verbs() multivac.Verbs { return multivac.VerbsOf(c) }

// An Option changes what New returns.
type Option func(*Client)

// WithKey adds a key to each request. It is sent to that server only.
func WithKey(key multivac.KeyText) Option {
	return func(c *Client) { c.key = key }
}

// New returns a client of the server at an address such as
// http://127.0.0.1:5000, where http:// may be left out. It does not call it.
func New(server string, options ...Option) (*Client, error) {
	address := server
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" || u.Fragment != "" {
		return nil, multivac.Errorf(multivac.ErrInvalid, "write it as in http://127.0.0.1:5000", "server %q is no address", multivac.Clip(server, 200))
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: dialTimeout}).DialContext
	c := &Client{base: strings.TrimRight(u.String(), "/"), http: &http.Client{Transport: transport}, sleep: clock.Sleep}
	for _, option := range options {
		option(c)
	}
	return c, nil
}

// Ask implements [multivac.Asker]. A refusal comes without sentences, except for
// the nearest in its reason.
func (c *Client) Ask(ctx context.Context, q multivac.Question) (multivac.Answer, error) {
	body, err := json.Marshal(wire.NewQuestion(q))
	if err != nil {
		return multivac.Answer{}, fmt.Errorf("ask: %w", err)
	}
	var a wire.Answer
	err = c.call(ctx, request{method: "POST", path: "/api/v1/answer", mediaType: "application/json", body: body}, &a)
	if err != nil {
		return multivac.Answer{}, err
	}
	return a.Answer(), nil
}

// Document implements [multivac.Library]. The document comes without its body.
func (c *Client) Document(ctx context.Context, id multivac.DocumentID) (multivac.Document, error) {
	var d wire.Document
	err := c.call(ctx, request{method: "GET", path: "/api/v1/documents/" + url.PathEscape(string(id))}, &d)
	if err != nil {
		return multivac.Document{}, err
	}
	return d.Document(), nil
}

// Original implements [multivac.Library]. Of what was told, the media type and
// the body come.
func (c *Client) Original(ctx context.Context, id multivac.DocumentID) (multivac.Telling, error) {
	ctx, cancel := withDeadline(ctx, callTimeout)
	defer cancel()
	resp, err := c.do(ctx, request{method: "GET", path: "/api/v1/documents/" + url.PathEscape(string(id)) + "/original", accept: "*/*"})
	if err != nil {
		return multivac.Telling{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, largestAnswer))
	if err != nil {
		return multivac.Telling{}, c.unreachable(ctx, err)
	}
	mediaType := resp.Header.Get("Content-Type")
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Disposition"), "attachment") {
		mediaType, _, _ = mime.ParseMediaType(mediaType)
		return multivac.Telling{}, c.failed(resp, mediaType, body)
	}
	return multivac.Telling{MediaType: mediaType, Body: body}, nil
}

// Documents implements [multivac.Library].
func (c *Client) Documents(ctx context.Context, list multivac.Listing) (multivac.Page, error) {
	query := url.Values{}
	for name, value := range map[string]string{"collection": string(list.Collection), "state": string(list.State), "cursor": list.Cursor} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if list.Limit != 0 {
		query.Set("limit", strconv.Itoa(list.Limit))
	}
	var p wire.Page
	if err := c.call(ctx, request{method: "GET", path: "/api/v1/documents", query: query}, &p); err != nil {
		return multivac.Page{}, err
	}
	return p.Page(), nil
}

// Delete implements [multivac.Library].
func (c *Client) Delete(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	var r wire.Receipt
	err := c.call(ctx, request{method: "DELETE", path: "/api/v1/documents/" + url.PathEscape(string(id))}, &r)
	if err != nil {
		return multivac.Receipt{}, err
	}
	return r.Receipt(), nil
}

// Datum implements [multivac.Library].
func (c *Client) Datum(ctx context.Context, collection multivac.CollectionName) (string, error) {
	var d wire.Datum
	err := c.call(ctx, request{method: "GET", path: "/api/v1/collections/" + url.PathEscape(string(collection.OrDefault())) + "/datum"}, &d)
	return d.Text, err
}

// Reach implements [multivac.Library]. The server waits for a while, and is
// asked again until ctx ends.
func (c *Client) Reach(ctx context.Context, p multivac.Position) error {
	for {
		var reached wire.Reached
		err := c.once(ctx, request{method: "GET", path: "/api/v1/positions/" + url.PathEscape(string(p))}, &reached)
		var e *multivac.Error
		if !errors.Is(err, multivac.ErrBehind) || !errors.As(err, &e) {
			return err
		}
		if c.sleep(ctx, min(e.RetryAfter, longestRetry)) != nil {
			return err
		}
	}
}

// Status implements [multivac.Library]. There may be many collections, so they are
// a request of their own; an older server sends them with the status. A server
// that is not ready may know none.
func (c *Client) Status(ctx context.Context) (multivac.Status, error) {
	var s struct {
		wire.Status
		wire.Collections
		KeyNeeded bool `json:"key_needed"`
	}
	err := c.call(ctx, request{method: "GET", path: "/readyz", notReady: true}, &s)
	if err == nil && s.KeyNeeded {
		err = multivac.NoKey()
	}
	if err == nil && s.Collections.Collections == nil {
		if err = c.once(ctx, request{method: "GET", path: "/api/v1/collections"}, &s.Collections); !s.Ready {
			err = nil
		}
	}
	if err != nil {
		return multivac.Status{}, err
	}
	status := s.Status.Status()
	status.Collections = s.Collections.List()
	return status, nil
}

// A request is what call sends.
type request struct {
	method, path string
	query        url.Values
	mediaType    string
	body         []byte
	stream       io.Reader // in place of body; sent once
	accept       string    // JSON if empty
	notReady     bool      // 503 in JSON is an answer, too
	timeout      time.Duration
}

// A refusal is an error with the receipts of the documents that were sent.
type refusal struct {
	error
	documents []wire.Receipt
}

func (r *refusal) Unwrap() error { return r.error }

// call sends r until it is answered, and reads the answer into v.
func (c *Client) call(ctx context.Context, r request, v any) error {
	for n := 1; ; n++ {
		err := c.once(ctx, r, v)
		var e *multivac.Error
		if err == nil || n == attempts || !errors.As(err, &e) || e.RetryAfter == 0 {
			return err
		}
		if c.sleep(ctx, min(e.RetryAfter, longestRetry)) != nil {
			return err
		}
	}
}

func (c *Client) once(ctx context.Context, r request, v any) error {
	ctx, cancel := withDeadline(ctx, max(r.timeout, callTimeout))
	defer cancel()
	resp, err := c.do(ctx, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, largestAnswer))
	if err != nil {
		return c.unreachable(ctx, err)
	}
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	good := resp.StatusCode/100 == 2 || (r.notReady && resp.StatusCode == http.StatusServiceUnavailable)
	if good && mediaType == "application/json" && json.Unmarshal(body, v) == nil {
		return nil
	}
	return c.failed(resp, mediaType, body)
}

// withDeadline gives a context a deadline, unless it has one.
func withDeadline(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, timeout)
}

// do sends r and returns the response, whatever its status.
func (c *Client) do(ctx context.Context, r request) (*http.Response, error) {
	address := c.base + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	body := r.stream
	if body == nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.method, address, err)
	}
	req.Header.Set("Accept", cmp.Or(r.accept, "application/json"))
	req.Header.Set("User-Agent", "multivac")
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+string(c.key))
	}
	if r.mediaType != "" {
		req.Header.Set("Content-Type", r.mediaType)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	return resp, nil
}

// unreachable says why there is no answer.
func (c *Client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("call %s: %w", c.base, ctx.Err())
	}
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate):
		return multivac.Errorf(multivac.ErrUnavailable, "check the address, or name the file of its authority's certificate in $SSL_CERT_FILE",
			"%s is not to be trusted: %v", c.base, certificate.Err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return multivac.Errorf(multivac.ErrUnavailable, "start one with `multivac serve`", "no MultiVAC answers at %s", c.base)
	case errors.As(err, &op) && op.Op == "dial":
		return multivac.Errorf(multivac.ErrUnavailable, "check the address, or start one with `multivac serve`",
			"no MultiVAC answers at %s: %v", c.base, op.Err)
	}
	return multivac.Errorf(multivac.ErrUnavailable, "try again", "the connection to %s broke: %v", c.base, err)
}

// failed returns the error of a response.
func (c *Client) failed(resp *http.Response, mediaType string, body []byte) error {
	after := resp.Header.Get("Retry-After")
	var p wire.Problem
	if mediaType == wire.ProblemType && json.Unmarshal(body, &p) == nil {
		p.SetRetryAfter(after)
		return &refusal{p.Err(), p.Documents}
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		err := multivac.Errorf(multivac.ErrUnavailable, "try again", "what stands before %s answers %s", c.base, resp.Status)
		p.SetRetryAfter(after)
		err.RetryAfter = p.Retry()
		return err
	case http.StatusRequestEntityTooLarge:
		return multivac.Errorf(multivac.ErrTooLarge, "raise the limit of what stands before it", "what stands before %s answers %s", c.base, resp.Status)
	}
	return multivac.Errorf(multivac.ErrUnavailable, "check the address", "no MultiVAC answers at %s, but something that says %s", c.base, resp.Status)
}
