package pdfium

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"multivac"
	"multivac/internal/extract/pdf"
)

// A process is a child that reads files, one after another.
type process struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bounded
	said    *beginning
	ask     *gob.Encoder
	answers *gob.Decoder
	count   int         // files
	atRest  bool        // it has answered all that it was asked
	rest    *time.Timer // after which it ends
}

// maxMessage bounds a message of a child, so that it cannot take the memory of
// its parent.
const maxMessage = 64 << 20

// start starts a child. It has nothing of this process: no environment, no open
// files and no working folder.
func start(ctx context.Context, command []string, limit time.Duration) (*process, error) {
	c := &process{command: exec.Command(command[0], command[1:]...), said: &beginning{}}
	c.command.Env, c.command.Dir, c.command.Stderr = []string{"GOMAXPROCS=2"}, "/", c.said
	in, err := c.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.command.Start(); err != nil {
		return nil, err
	}
	c.in, c.out = in, &bounded{r: out}
	c.ask, c.answers = gob.NewEncoder(in), gob.NewDecoder(c.out)
	m, err := c.receive(ctx, limit)
	if err == nil && !m.Ready {
		err = errors.New("it does not say that it is ready")
	}
	if err != nil {
		c.kill()
		return nil, err
	}
	return c, nil
}

// kill ends the child, whatever it does, and waits until it has ended.
func (c *process) kill() {
	_ = c.command.Process.Kill()
	_ = c.in.Close()
	_ = c.command.Wait()
}

// receive returns the next message, within a time limit. After an error the
// child is of no use.
func (c *process) receive(ctx context.Context, limit time.Duration) (m message, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it takes longer than %v", limit))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = c.command.Process.Kill() })
	c.out.left = maxMessage
	err = c.answers.Decode(&m)
	switch {
	case !stop():
		return m, context.Cause(ctx)
	case err != nil:
		return m, c.died(err)
	}
	return m, nil
}

// died says why the child has ended, as far as it said so itself.
func (c *process) died(err error) error {
	if errors.Is(err, errLong) {
		return err
	}
	_ = c.command.Process.Kill()
	_ = c.command.Wait()
	said := c.said.String()
	switch {
	case strings.Contains(said, "out of memory"), strings.Contains(said, "cannot allocate memory"):
		return errNoMemory
	case said != "":
		first, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
		return errors.New(multivac.Clip(first, 200))
	}
	return fmt.Errorf("the process ended: %v", c.command.ProcessState)
}

// read sends a file to the child and passes its pages on.
func (c *process) read(ctx context.Context, limit time.Duration, r *reading, body []byte) error {
	sent := make(chan error, 1)
	go func() { sent <- c.ask.Encode(request{Limits: r.limits, From: r.next, Time: r.time, Body: body}) }()
	err := c.follow(ctx, limit, r)
	if !c.atRest {
		_ = c.command.Process.Kill() // ends the sending, too
	}
	<-sent
	return err
}

// follow passes on the pages that the child reads.
func (c *process) follow(ctx context.Context, limit time.Duration, r *reading) error {
	c.atRest = false
	end := time.Now().Add(r.time)
	for {
		m, err := c.receive(ctx, min(limit, time.Until(end)))
		if err != nil {
			return &lost{cause: err}
		}
		c.atRest = m.Done
		switch {
		case m.Broken != "":
			return &lost{cause: errors.New(brief(m.Broken))}
		case m.Reason != 0:
			return refusal(m.Reason)
		case m.Info != nil && r.pages > 0: // the second time
		case m.Info != nil:
			r.info, r.pages = *m.Info, m.Pages
			if m.Pages > r.limits.Pages {
				return r.limits.TooManyPages()
			}
		case m.Page != nil:
			if err := r.page(m.Page.unpack()); err != nil {
				return err
			}
			r.next++
		}
		if m.Done {
			return nil
		}
	}
}

// brief returns what a trap says, without the stack of calls.
func brief(trap string) string {
	if strings.Contains(trap, "unreachable") || strings.Contains(trap, "out of bounds") {
		return "it breaks the reader, or needs more memory than a document may have"
	}
	first, _, _ := strings.Cut(trap, "\n")
	return multivac.Clip(first, 200)
}

// refusal says why PDFium does not open a file, and what to do about it.
func refusal(reason int) error {
	switch reason {
	case badPassword, badSecurity:
		return multivac.Errorf(multivac.ErrInvalid, "save it without one", "the file has a password")
	case badFormat:
		return multivac.Errorf(multivac.ErrInvalid, "make or fetch it again", "the file is broken or cut off")
	}
	return multivac.Errorf(multivac.ErrInvalid, "make or fetch it again", "the file is broken: PDFium's error %d", reason)
}

// errLong is that a message is over the limit.
var errLong = errors.New("it makes more than a page may")

// A bounded reader reads as many bytes as are left.
type bounded struct {
	r    io.Reader
	left int
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLong
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// A beginning keeps the first of what a process says.
type beginning struct{ bytes.Buffer }

// Write implements io.Writer.
func (t *beginning) Write(p []byte) (int, error) {
	if room := 4096 - t.Len(); room > 0 {
		t.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

var _ pdf.Reader = (*Pool)(nil)
