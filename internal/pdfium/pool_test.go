package pdfium

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/extract/pdf"
)

// What the test binary does where it is started as a child.
var children = map[string]func(cache string) error{
	"serve": func(cache string) error {
		return Serve(context.Background(), os.Stdin, os.Stdout, Options{Memory: 128 << 20, Cache: cache})
	},
	"hang": func(string) error { _, err := io.Copy(io.Discard, os.Stdin); return err },
	"die":  func(string) error { return errors.New("the child has had enough") },
	"look": func(string) error {
		files, err := os.ReadDir("/proc/self/fd")
		at, _ := os.Getwd()
		return fmt.Errorf("environment %q, %d files %v, folder %s", os.Environ(), len(files), err, at)
	},
}

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "child" {
		if err := children[os.Args[2]](os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// pool returns a pool of children that do what is said. The machine code of
// PDFium is kept from test to test.
func pool(t testing.TB, does string) *Pool {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	p := New(os.Args[0], "child", does, filepath.Join(cache, "multivac", "pdfium"))
	t.Cleanup(p.Close)
	return p
}

func TestExpected(t *testing.T) {
	if testing.Short() {
		t.Skip("starts PDFium")
	}
	extracttest.Expected(t, "testdata", pdf.New(pool(t, "serve")), "t-hyphen.pdf", "t-lines.pdf", "t-invisible.pdf", "t-double.pdf", "t-columns.pdf",
		"t-rotate.pdf", "t-rotate-upright.pdf", "t-form.pdf", "t-report.pdf", "b-prefix.pdf", "b-trunc70.pdf", "b-flate.pdf", "e-user-aes256.pdf", "chrome-mixed.pdf")
}

// made returns a PDF with a page for each content.
func made(contents ...string) []byte {
	var kids []string
	for i := range contents {
		kids = append(kids, fmt.Sprintf("%d 0 R", 4+2*i))
	}
	objects := []string{"<< /Type /Catalog /Pages 2 0 R >>", fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", len(kids), strings.Join(kids, " ")),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"}
	for i, c := range contents {
		var packed bytes.Buffer
		z := zlib.NewWriter(&packed)
		_, _ = z.Write([]byte(c))
		_ = z.Close()
		objects = append(objects,
			fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources << /Font << /F 3 0 R /C << /Type /Font /Subtype /Type1 /BaseFont /Courier >> >> >> /Contents %d 0 R >>", 5+2*i),
			fmt.Sprintf("<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream", packed.Len(), packed.String()))
	}
	return extracttest.PDF(objects...)
}

// says returns what draws a line of text.
func says(text string) string { return "BT /F 12 Tf 50 700 Td (" + text + ") Tj ET\n" }

// pagesOf reads a file, and returns the text of its pages, or why there is none.
func pagesOf(t *testing.T, p *Pool, body []byte) (all []string, err error) {
	t.Helper()
	_, err = p.Read(t.Context(), body, pdf.Limits{Pages: 100, Glyphs: 10_000}, func(page pdf.Page) error {
		if page.Number != len(all)+1 {
			t.Errorf("page %d comes after %d others", page.Number, len(all))
		}
		text := page.Failed
		for _, g := range page.Glyphs {
			text += string(g.Rune)
		}
		all = append(all, text)
		return nil
	})
	return all, err
}

// A font is known for one of a typewriter by how wide its characters are.
func TestFixed(t *testing.T) {
	if testing.Short() {
		t.Skip("starts PDFium")
	}
	body := made(says("Miles fill it.") + "BT /C 12 Tf 50 600 Td (if Miles) Tj ET\n" + "BT 0 1 -1 0 300 300 Tm /C 9 Tf (if Miles) Tj ET\n")
	_, err := pool(t, "serve").Read(t.Context(), body, pdf.Limits{Pages: 1, Glyphs: 100}, func(p pdf.Page) error {
		for _, g := range p.Glyphs {
			if typed := g.Y < 650; p.Styles[g.Style].Fixed != typed {
				t.Errorf("%q at %v: got Fixed %v, want %v", g.Rune, g.Y, !typed, typed)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestPages(t *testing.T) {
	if testing.Short() {
		t.Skip("starts PDFium")
	}
	p := pool(t, "serve")
	p.Documents = 2
	for i := range 4 { // with two processes, one after the other
		got, err := pagesOf(t, p, made(says("One."), says("Two.")))
		if err != nil || len(got) != 2 || got[0] != "One." || got[1] != "Two." {
			t.Fatalf("document %d: got %q, %v", i, got, err)
		}
	}
	if _, err := pagesOf(t, p, []byte("%PDF-1.4 and no more")); !errors.Is(err, multivac.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
	if _, err := pagesOf(t, p, made(make([]string, 101)...)); !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
	if got, err := pagesOf(t, p, made(says("After that."))); err != nil || got[0] != "After that." {
		t.Errorf("got %q, %v", got, err)
	}
}

// A page that takes all memory ends the process. It is named, and the others are
// read.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("starts PDFium")
	}
	p := pool(t, "serve")
	got, err := pagesOf(t, p, made(says("One."), strings.Repeat(" ", 200<<20), says("Three.")))
	if err != nil || len(got) != 3 || got[0] != "One." || got[2] != "Three." {
		t.Fatalf("got %q, %v", got, err)
	}
	t.Logf("the page that is too large: %q", got[1])
}

// A process that ended while it had nothing to do costs no document.
func TestGone(t *testing.T) {
	if testing.Short() {
		t.Skip("starts PDFium")
	}
	p := pool(t, "serve")
	if _, err := pagesOf(t, p, made(says("One."))); err != nil {
		t.Fatal(err)
	}
	if len(p.idle) != 1 {
		t.Fatalf("got %d processes, want one that waits", len(p.idle))
	}
	_ = p.idle[0].command.Process.Kill()
	if got, err := pagesOf(t, p, made(says("Two."))); err != nil || got[0] != "Two." {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestTime(t *testing.T) {
	if testing.Short() {
		t.Skip("starts PDFium")
	}
	p := pool(t, "serve")
	if _, err := pagesOf(t, p, made(says("One."))); err != nil {
		t.Fatal(err)
	}
	slow := strings.Repeat("BT /F 12 Tf 50 700 Td (x) Tj ET ", 300_000)
	p.Page = 50 * time.Millisecond
	_, err := pagesOf(t, p, made(slow, slow, slow, slow, slow))
	if !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), "takes longer than 50ms") {
		t.Errorf("got %v, want that it takes too long", err)
	}
	p.Page, p.Document = time.Minute, 100*time.Millisecond
	if _, err := pagesOf(t, p, made(slow, slow, slow)); !errors.Is(err, multivac.ErrTooLarge) || !strings.Contains(err.Error(), "extract.max-time") {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
	p.Document = time.Minute
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	_, err = p.Read(ctx, made(says("One."), slow), pdf.Limits{Pages: 10, Glyphs: 1000}, func(pdf.Page) error { cancel(enough); return nil })
	if !errors.Is(err, enough) {
		t.Errorf("got %v, want the reason why its time ended", err)
	}
	if got, err := pagesOf(t, p, made(says("After that."))); err != nil || got[0] != "After that." {
		t.Errorf("got %q, %v", got, err)
	}
}

// The error of a callback ends the reading, and the next file is read.
func TestEnough(t *testing.T) {
	if testing.Short() {
		t.Skip("starts PDFium")
	}
	p := pool(t, "serve")
	full := multivac.Errorf(multivac.ErrInvalid, "", "full")
	_, err := p.Read(t.Context(), made(says("One."), says("Two."), says("Three.")), pdf.Limits{Pages: 10, Glyphs: 10}, func(pdf.Page) error { return full })
	if !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
	if got, err := pagesOf(t, p, made(says("After that."))); err != nil || got[0] != "After that." {
		t.Errorf("got %q, %v", got, err)
	}
}

// What cannot be started is said to be so, and by whom.
func TestStart(t *testing.T) {
	p := pool(t, "hang")
	p.Start = 50 * time.Millisecond
	if _, err := pagesOf(t, p, nil); err == nil || errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), "cannot be started: it takes longer than 50ms") {
		t.Errorf("got %v", err)
	}
	for _, c := range []struct{ does, want string }{{"die", "cannot be started: the child has had enough"}, {"look", `environment ["GOMAXPROCS=2"]`}} {
		if _, err := pagesOf(t, pool(t, c.does), nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.does, err, c.want)
		}
	}
	if _, err := pagesOf(t, New("/nowhere"), nil); err == nil || !strings.Contains(err.Error(), "cannot be started") {
		t.Errorf("got %v", err)
	}
}

// It takes any bytes.
func FuzzRead(f *testing.F) {
	p := pool(f, "serve")
	format := pdf.New(p)
	f.Add(made(says("One."), says("Two.")))
	files, _ := filepath.Glob("testdata/*.pdf")
	for _, file := range files {
		if body, err := os.ReadFile(file); err == nil {
			f.Add(body)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		_, err := format.Extract(t.Context(), body, extract.Default)
		if err != nil && !errors.Is(err, multivac.ErrInvalid) && !errors.Is(err, multivac.ErrTooLarge) {
			t.Errorf("got %v", err)
		}
	})
}

// What is painted over a text, and lines of tables, as the file draws them.
func TestPaths(t *testing.T) {
	if testing.Short() {
		t.Skip("starts PDFium")
	}
	const bar, over, white = "45 695 80 20 re f\n", "1 g 45 695 80 20 re f 0 g\n", "1 g BT /F 12 Tf 50 700 Td (Blacked out) Tj ET 0 g\n"
	for name, c := range map[string]struct {
		content string
		want    string // what is seen
	}{
		"blacked out":              {says("Secret") + bar, ""},
		"blacked out with a label": {says("Secret") + bar + white, "Blacked out"},
		"whited out":               {says("Secret") + over, ""},
		"on a bar":                 {bar + white, "Blacked out"},
		"next to a bar":            {says("Seen") + "45 600 80 20 re f\n", "Seen"},
		"clipped away":             {says("Seen") + "q 0 0 10 10 re W n " + bar + "Q\n", "Seen"},
		"drawn twice":              {says("Seen") + over + says("Seen"), "Seen"},
		"behind a circle":          {says("Seen") + "45 695 m 45 800 300 800 300 600 c h f\n", "Seen"},
	} {
		got := ""
		_, err := pool(t, "serve").Read(t.Context(), made(c.content), pdf.Limits{Pages: 1, Glyphs: 100}, func(p pdf.Page) error {
			for _, g := range p.Glyphs {
				if g.Flags&pdf.Covered == 0 {
					got += string(g.Rune)
				}
			}
			return nil
		})
		if err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, c.want)
		}
	}
	table := "0.5 w 50 700 200 20 re S\n150 700 m 150 720 l S\n50 690 200 0.7 re f\n50 600 m 90 640 l S\n2 0 0 2 0 0 cm 10 10 m 60 10 l S\n"
	_, err := pool(t, "serve").Read(t.Context(), made(table), pdf.Limits{Pages: 1, Glyphs: 100}, func(p pdf.Page) error {
		if len(p.Rules) != 7 {
			t.Errorf("got %d rules %v, want the 4 sides of a box and 3 lines", len(p.Rules), p.Rules)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
