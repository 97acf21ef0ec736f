package siege

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/base64"
	stdjson "encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"multivac/internal/extract/extracttest"
)

// files are attacks by what uploaded files hold. Each file has to come to an end,
// with a reason where it is not told.
var files = []attack{
	{name: "files that are cut", run: upload(cutFiles), span: 4 * time.Minute},
	{name: "files with wrong bytes", run: upload(wrongFiles), span: 4 * time.Minute},
	{name: "files of another kind than their name", run: upload(misnamed), span: 4 * time.Minute},
	{name: "files that unpack to much", run: upload(bombs), span: 4 * time.Minute},
	{name: "files nested deep", run: upload(deepFiles), span: 4 * time.Minute},
	{name: "files that refer in circles, climb or run something", run: upload(oddFiles), span: 4 * time.Minute},
}

// A hostileFile is a file to upload.
type hostileFile struct {
	name  string
	bytes []byte
}

// clients are how many files are uploaded at a time.
const clients = 4

// upload sends the files. It fails where the server has no answer to one, or
// where one is neither told nor has a reason why it is not.
func upload(of func() ([]hostileFile, error)) func(context.Context, *server) error {
	return func(ctx context.Context, s *server) error {
		all, err := of()
		if err != nil {
			return err
		}
		wrong := make([]string, len(all))
		var turns sync.WaitGroup
		next := make(chan int)
		for range clients {
			turns.Go(func() {
				for i := range next {
					wrong[i] = s.uploadOne(ctx, all[i])
				}
			})
		}
		for i := range all {
			next <- i
		}
		close(next)
		turns.Wait()
		s.settle(ctx)
		if ctx.Err() != nil {
			return fmt.Errorf("%d files had no end: %w", len(all), ctx.Err())
		}
		wrong = append(slices.DeleteFunc(wrong, func(w string) bool { return w == "" }), s.withoutReason(ctx)...)
		if len(wrong) > 0 {
			return fmt.Errorf("%d of %d files: %s", len(wrong), len(all), strings.Join(wrong[:min(5, len(wrong))], "; "))
		}
		return nil
	}
}

// uploadOne returns what is wrong with the server's answer to a file.
func (s *server) uploadOne(ctx context.Context, f hostileFile) string {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", f.name)
	if err == nil {
		_, err = part.Write(f.bytes)
	}
	if err == nil {
		err = w.Close()
	}
	var r *http.Request
	if err == nil {
		r, err = http.NewRequestWithContext(ctx, "POST", s.URL+documents, &form)
	}
	if err != nil {
		return f.name + ": " + err.Error()
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return f.name + ": " + err.Error()
	}
	defer res.Body.Close()
	reply, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 500 || res.StatusCode >= 400 && !bytes.Contains(reply, []byte(`"detail"`)) {
		return fmt.Sprintf("%s: %d %.200s %v", f.name, res.StatusCode, reply, err)
	}
	return ""
}

// withoutReason returns the documents that are not told, and say no reason or
// have a name outside of their file.
func (s *server) withoutReason(ctx context.Context) (wrong []string) {
	for cursor := ""; ; {
		_, reply, err := s.do(ctx, "GET", documents+"?limit=1000"+cursor, "", "")
		var page struct {
			Documents []struct {
				Source, State string
				Error         string `json:"last_error"`
			}
			Next string
		}
		if err == nil {
			err = stdjson.Unmarshal([]byte(reply), &page)
		}
		if err != nil {
			return append(wrong, fmt.Sprintf("list: %.200s %v", reply, err))
		}
		for _, d := range page.Documents {
			if d.State != "indexed" && d.Error == "" || strings.Contains(d.Source, "..") {
				wrong = append(wrong, fmt.Sprintf("%s is %s without a reason", d.Source, d.State))
			}
		}
		if page.Next == "" {
			return wrong
		}
		cursor = "&cursor=" + url.QueryEscape(page.Next)
	}
}

// samples are the documents in the tests of the readers.
func samples() (all []hostileFile, err error) {
	err = filepath.WalkDir("../../internal", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(name, "testdata") || strings.Contains(name, "fuzz") {
			return err
		}
		switch path.Ext(name) {
		case ".pdf", ".docx", ".pptx", ".xlsx", ".odt", ".ods", ".odp", ".rtf", ".eml", ".msg", ".mbox", ".epub", ".org":
			b, err := os.ReadFile(name)
			all = append(all, hostileFile{filepath.Base(name), b})
			return err
		}
		return nil
	})
	if len(all) < 25 {
		err = fmt.Errorf("only %d samples are there: %w", len(all), err)
	}
	return all, err
}

// vary returns variants of the samples, each under a name of its own.
func vary(variants ...func(hostileFile) hostileFile) ([]hostileFile, error) {
	from, err := samples()
	var all []hostileFile
	for i, v := range variants {
		for n, f := range from {
			f = v(f)
			all = append(all, hostileFile{fmt.Sprintf("%d-%d-%s", i, n, f.name), f.bytes})
		}
	}
	return all, err
}

// cutFiles end early.
func cutFiles() ([]hostileFile, error) {
	var cuts []func(hostileFile) hostileFile
	for _, percent := range []int{1, 10, 30, 60, 90, 99} {
		cuts = append(cuts, func(f hostileFile) hostileFile { return hostileFile{f.name, f.bytes[:len(f.bytes)*percent/100]} })
	}
	return vary(cuts...)
}

// wrongFiles have one byte in some hundreds changed, or blocks in another order.
func wrongFiles() ([]hostileFile, error) {
	var all []func(hostileFile) hostileFile
	for seed, each := range []int{30, 300, 3000} {
		all = append(all, func(f hostileFile) hostileFile {
			r, b := rand.New(rand.NewPCG(uint64(seed), 1)), slices.Clone(f.bytes)
			for range max(1, len(b)/each) {
				b[r.IntN(len(b))] = byte(r.IntN(256))
			}
			return hostileFile{f.name, b}
		})
	}
	all = append(all, func(f hostileFile) hostileFile {
		third := len(f.bytes) / 3
		return hostileFile{f.name, slices.Concat(f.bytes[third:], f.bytes[:third])}
	})
	return vary(all...)
}

// misnamed have the name of another kind.
func misnamed() ([]hostileFile, error) {
	var all []func(hostileFile) hostileFile
	for _, ext := range []string{".pdf", ".docx", ".eml", ".txt"} {
		all = append(all, func(f hostileFile) hostileFile { return hostileFile{f.name + ext, f.bytes} })
	}
	return vary(all...)
}

// main parts of the kinds that are ZIP files of XML, and how a text begins there.
var zipped = []struct{ ext, part, before, after string }{
	{".docx", "word/document.xml", `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>`, `</w:t></w:r></w:p></w:body></w:document>`},
	{".pptx", "ppt/slides/slide1.xml", `<p:sld xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r><a:t>`, `</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>`},
	{".xlsx", "xl/worksheets/sheet1.xml", `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>`, `</t></is></c></row></sheetData></worksheet>`},
	{".odt", "content.xml", `<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text><text:p>`, `</text:p></office:text></office:body></office:document-content>`},
	{".epub", "OEBPS/chapter1.xhtml", `<html xmlns="http://www.w3.org/1999/xhtml"><body><p>`, `</p></body></html>`},
}

// replaced returns the sample of a kind with another main part.
func replaced(ext, part string, content func(io.Writer)) (hostileFile, error) {
	all, err := samples()
	i := slices.IndexFunc(all, func(f hostileFile) bool { return path.Ext(f.name) == ext })
	if err != nil || i < 0 {
		return hostileFile{}, fmt.Errorf("no sample of %s: %w", ext, err)
	}
	from, err := zip.NewReader(bytes.NewReader(all[i].bytes), int64(len(all[i].bytes)))
	if err != nil {
		return hostileFile{}, err
	}
	var b bytes.Buffer
	to, done := zip.NewWriter(&b), false
	to.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for _, f := range from.File {
		w, err := to.Create(f.Name)
		if err != nil {
			return hostileFile{}, err
		}
		if f.Name == part || !done && path.Ext(part) == ".xhtml" && path.Ext(f.Name) == ".xhtml" {
			content(w)
			done = true
			continue
		}
		r, err := f.Open()
		if err == nil {
			_, err = io.Copy(w, r)
		}
		if err != nil {
			return hostileFile{}, err
		}
	}
	if !done {
		return hostileFile{}, fmt.Errorf("%s has no %s", all[i].name, part)
	}
	return hostileFile{path.Base(part) + ext, b.Bytes()}, to.Close()
}

// repeat writes s until it has written n bytes.
func repeat(w io.Writer, s string, n int) {
	block := []byte(strings.Repeat(s, max(1, (1<<20)/len(s))))
	for ; n > 0; n -= len(block) {
		_, _ = w.Write(block)
	}
}

// inParts returns, for each kind that is a ZIP file of XML, the sample with a main
// part whose text is what write writes.
func inParts(name, prolog string, write func(io.Writer)) (all []hostileFile, err error) {
	for _, z := range zipped {
		f, err := replaced(z.ext, z.part, func(w io.Writer) {
			io.WriteString(w, prolog+z.before)
			write(w)
			io.WriteString(w, z.after)
		})
		if err != nil {
			return nil, err
		}
		all = append(all, hostileFile{name + z.ext, f.bytes})
	}
	return all, nil
}

// entities are a prolog whose last entity stands for ten thousand million letters,
// by way of others (known as the billion laughs).
func entities() string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE x [<!ENTITY e0 "ha ">`)
	for i := range 10 {
		fmt.Fprintf(&b, `<!ENTITY e%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&e%d;", i), 10))
	}
	return b.String() + "]>"
}

// bombs unpack to far more than they take.
func bombs() (all []hostileFile, err error) {
	for _, of := range []struct {
		name, prolog string
		write        func(io.Writer)
	}{
		{"words", "", func(w io.Writer) { repeat(w, "word ", 300<<20) }},
		{"spaces", "", func(w io.Writer) { repeat(w, " ", 300<<20) }},
		{"comments", "", func(w io.Writer) { repeat(w, "<!-- x -->", 300<<20) }},
		{"attributes", "", func(w io.Writer) { io.WriteString(w, "<x "); repeat(w, `a="b" `, 100<<20); io.WriteString(w, "/>") }},
		{"one-attribute", "", func(w io.Writer) { io.WriteString(w, `<x a="`); repeat(w, `b`, 300<<20); io.WriteString(w, `"/>`) }},
		{"entities", entities(), func(w io.Writer) { io.WriteString(w, "&e10;") }},
		{"from-a-file", `<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>`, func(w io.Writer) { io.WriteString(w, "&f;") }},
	} {
		files, err := inParts(of.name, of.prolog, of.write)
		if err != nil {
			return nil, err
		}
		all = append(all, files...)
	}
	return slices.Concat(all, packedBombs(), bombsOfText()), nil
}

// packedBombs are archives and packed files.
func packedBombs() (all []hostileFile) {
	var ones bytes.Buffer
	z := gzip.NewWriter(&ones)
	repeat(z, "word ", 1<<30)
	_ = z.Close()
	for _, ext := range []string{".txt", ".md", ".html", ".csv", ".jsonl", ".rtf", ".pdf", ".docx", ".eml", ".tar"} {
		all = append(all, hostileFile{"packed" + ext + ".gz", ones.Bytes()})
	}
	inner := ones.Bytes()
	for depth := range 6 { // an archive in an archive, each with ten of the one within
		inner = archive10(fmt.Sprintf("level-%d", depth), inner)
		all = append(all, hostileFile{fmt.Sprintf("archives-%d.zip", depth), inner})
	}
	all = append(all, hostileFile{"members.zip", members100k("a.txt")}, hostileFile{"empty-members.zip", members100k("")})
	return all
}

// archive10 returns a ZIP file with ten members of the same bytes.
func archive10(name string, inner []byte) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	ext := ".zip"
	if name == "level-0" {
		ext = ".txt.gz"
	}
	for i := range 10 {
		m, err := w.Create(fmt.Sprintf("%s-%d%s", name, i, ext))
		if err == nil {
			_, _ = m.Write(inner)
		}
	}
	_ = w.Close()
	return b.Bytes()
}

// members100k returns a ZIP file of a hundred thousand members.
func members100k(name string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range 100_000 {
		if m, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%d/%s", i, name)}); err == nil && name != "" {
			_, _ = m.Write([]byte("Text."))
		}
	}
	_ = w.Close()
	return b.Bytes()
}

// bombsOfText make much of little without being packed.
func bombsOfText() []hostileFile {
	cell := `<table><tr><td colspan="100000" rowspan="100000">x</td></tr>` + strings.Repeat("<tr><td>y</td></tr>", 10_000) + "</table>"
	return []hostileFile{
		{"spans.html", []byte(cell)},
		{"entities.html", []byte(entities() + "<p>&e10;</p>")},
		{"entities.xhtml", []byte(`<?xml version="1.0"?>` + entities() + "<html><p>&e10;</p></html>")},
		{"columns.csv", []byte(strings.Repeat("a,", 1<<20) + "\n" + strings.Repeat("b,", 1<<20))},
		{"ragged.csv", []byte(strings.Repeat("a,b\n", 1<<18) + strings.Repeat("c,", 1<<20))},
		{"wide.md", []byte("|" + strings.Repeat("a|", 1<<17) + "\n|" + strings.Repeat("-|", 1<<17) + "\n" + strings.Repeat("|b\n", 1<<16))},
		{"stars.md", []byte(strings.Repeat("*", 4<<20))},
		{"brackets.md", []byte(strings.Repeat("[", 4<<20))},
		{"links.md", []byte(strings.Repeat("[a](", 1<<20))},
		{"numbers.rtf", []byte(`{\rtf1 ` + strings.Repeat(`\li99999999`, 1<<19) + "}")},
		{"macros.man", []byte(".TH A 1\n.de a\n.b\n.b\n..\n.de b\n.a\n.a\n..\n.SH NAME\n.a\n")},
		{"strings.man", []byte(".TH A 1\n.ds a xx\n" + strings.Repeat(".ds a \\*a\\*a\\*a\n", 60) + ".SH NAME\n\\*a\n")},
		{"attributes.adoc", []byte("= A\n:a0: word word\n" + doubling(":a%d: {a%d} {a%d} {a%d}\n", 40) + "\n{a40}\n")},
		{"include.adoc", []byte("= A\n\ninclude::/etc/hostname[]\n\nText.\n")},
		{"include.org", []byte("#+INCLUDE: \"/etc/hostname\"\nText.\n")},
		{"include.rst", []byte(".. include:: /etc/hostname\n\nText.\n")},
		{"times.srt", []byte(strings.Repeat("1\n99:99:99,999 --> 00:00:00,000\nText\n\n", 1<<17))},
		{"outputs.ipynb", []byte(`{"cells":[{"cell_type":"code","source":["x"],"outputs":[` + strings.TrimSuffix(strings.Repeat(`{"output_type":"stream","text":["y"]},`, 1<<17), ",") + `]}],"nbformat":4,"metadata":{}}`)},
	}
}

// doubling returns n lines, each of which names the one before it thrice.
func doubling(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i+1, i, i, i)
	}
	return b.String()
}

// deepFiles are nested as deep as goes.
func deepFiles() ([]hostileFile, error) {
	const deep = 200_000
	nest := func(name, open, inner, end string) hostileFile {
		return hostileFile{name, []byte(strings.Repeat(open, deep) + inner + strings.Repeat(end, deep))}
	}
	all, err := inParts("nested", "", func(w io.Writer) { repeat(w, "<x>", 3*deep); repeat(w, "</x>", 4*deep) })
	all = append(all,
		nest("divs.html", "<div>", "x", "</div>"), nest("lists.html", "<ul><li>", "x", "</li></ul>"), nest("tables.html", "<table><tr><td>", "x", "</table>"),
		nest("quotes.md", "> ", "x", ""), nest("lists.md", "- ", "x", ""), nest("emphasis.md", "*_", "x", "_*"),
		nest("groups.rtf", "{", "x", "}"), nest("tables.wiki", "{|\n|\n", "x", "\n|}"), nest("templates.wiki", "{{a|", "x", "}}"),
		nest("cells.ipynb", `{"cells":[`, "1", "]}"), nest("objects.jsonl", `{"text":`, "1", "}"), nest("stars.org", "*", " x", ""),
		nest("examples.adoc", "====\n", "x\n", ""), nest("macros.man", ".ie n \\{\n", "x\n", ""), nest("roles.rst", "*`", "x", "`*"),
		hostileFile{"indent.rst", indented(4000)}, hostileFile{"mails.eml", nestedMail(3000)}, hostileFile{"parts.eml", nestedParts(3000)},
		hostileFile{"pages.pdf", nestedPages(3000)}, hostileFile{"arrays.pdf", extracttest.PDF("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 /X "+strings.Repeat("[", deep)+strings.Repeat("]", deep)+" >>", "<< /Type /Page /Parent 2 0 R >>")},
	)
	return all, err
}

func indented(n int) []byte {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "Text.\n\n")
	}
	return []byte(b.String())
}

// nestedMail returns a mail that holds a mail, and so on.
func nestedMail(n int) []byte {
	return []byte(strings.Repeat("Subject: a\nContent-Type: message/rfc822\n\n", n) + "Subject: last\n\nText.\n")
}

// nestedParts returns a mail whose parts hold parts.
func nestedParts(n int) []byte {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	return []byte("Subject: a\n" + b.String() + "\nText.\n")
}

// nestedPages returns a PDF file whose tree of pages is a chain.
func nestedPages(n int) []byte {
	objects := []string{"<< /Type /Catalog /Pages 2 0 R >>"}
	for i := range n {
		objects = append(objects, fmt.Sprintf("<< /Type /Pages /Kids [%d 0 R] /Count 1 >>", i+3))
	}
	return extracttest.PDF(append(objects, fmt.Sprintf("<< /Type /Page /Parent %d 0 R /MediaBox [0 0 9 9] >>", n+1))...)
}

// stream returns a stream of a PDF file that unpacks to content.
func stream(entries string, write func(io.Writer)) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	write(z)
	_ = z.Close()
	return fmt.Sprintf("<< %s /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream", entries, b.Len(), b.String())
}

// oddFiles refer to themselves, have names that climb, or hold what runs.
func oddFiles() (all []hostileFile, err error) {
	const catalog, pages, page = "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> /XObject << /X 6 0 R >> >> >>"
	const font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
	draw := func(s string, n int) string { return stream("", func(w io.Writer) { repeat(w, s, n) }) }
	form := stream("/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >>", func(w io.Writer) { io.WriteString(w, "/X Do /X Do") })
	all = []hostileFile{
		{"kids.pdf", extracttest.PDF(catalog, "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 9 >>")},
		{"count.pdf", extracttest.PDF(catalog, "<< /Type /Pages /Kids [3 0 R] /Count 2000000000 >>", "<< /Type /Page /Parent 2 0 R >>")},
		{"self.pdf", extracttest.PDF(catalog, pages, page, draw("/X Do ", 1<<16), font, form)},
		{"spaces.pdf", extracttest.PDF(catalog, pages, page, draw(" ", 500<<20), font, form)},
		{"letters.pdf", extracttest.PDF(catalog, pages, page, draw("BT /F 12 Tf 50 700 Td (x) Tj ET ", 100<<20), font, form)},
		{"states.pdf", extracttest.PDF(catalog, pages, page, draw("q ", 50<<20), font, form)},
		{"script.pdf", extracttest.PDF("<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (while(1);) >> >>", pages, page, draw("BT /F 12 Tf 50 700 Td (Text.) Tj ET ", 1), font, form)},
		{"launch.pdf", extracttest.PDF("<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /Launch /F (/bin/true) >> >>", pages, page, draw("BT /F 12 Tf 50 700 Td (Text.) Tj ET ", 1), font, form)},
		{"script.html", []byte("<script>while(1);</script><p onclick='x()'>Text.</p><iframe src=file:///etc/hostname></iframe>")},
		{"formulas.csv", []byte("name,sum\n=1+1,@SUM(A1)\n+a,-b\n")},
		{"climbs.zip", climbingZip()}, {"climbs.tar", climbingTar()},
		{"base64.eml", []byte("Subject: a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + strings.Repeat(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("word "), 3000)), 500) + "\n--b--\n")},
		{"words.eml", []byte("Subject: " + strings.Repeat("=?utf-8?q?a?= ", 1<<17) + "\n\nText.\n")},
		{"parts.eml", []byte("Subject: a\nContent-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\nContent-Disposition: attachment; filename=\"../../a.txt\"\n\nText.\n", 50_000) + "--b--\n")},
		{"headers.eml", []byte(strings.Repeat("X-A: b\n", 1<<19) + "Subject: a\n\nText.\n")},
		{"mails.mbox", []byte(strings.Repeat("From a@example.org Mon Jan  1 00:00:00 2024\nSubject: a\n\nText.\n\n", 50_000))},
	}
	based := `<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:style w:type="paragraph" w:styleId="a"><w:basedOn w:val="b"/></w:style><w:style w:type="paragraph" w:styleId="b"><w:basedOn w:val="a"/></w:style></w:styles>`
	f, err := replaced(".docx", "word/styles.xml", func(w io.Writer) { io.WriteString(w, based) })
	return append(all, f), err
}

func climbingZip() []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range []string{"../../../../tmp/a.txt", "/etc/a.txt", `..\..\a.txt`, "a/../../b.txt", "C:/a.txt", "./c.txt"} {
		if m, err := w.Create(name); err == nil {
			_, _ = m.Write([]byte("Text."))
		}
	}
	_ = w.Close()
	return b.Bytes()
}

func climbingTar() []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []tar.Header{
		{Name: "../../../../tmp/a.txt", Size: 5, Mode: 0o644}, {Name: "link.txt", Linkname: "/etc/hostname", Typeflag: tar.TypeSymlink},
		{Name: "hard.txt", Linkname: "../../etc/hostname", Typeflag: tar.TypeLink}, {Name: "pipe.txt", Typeflag: tar.TypeFifo}, {Name: "device.txt", Typeflag: tar.TypeBlock},
	} {
		if err := w.WriteHeader(&h); err == nil && h.Size > 0 {
			_, _ = w.Write([]byte("Text."))
		}
	}
	_ = w.Close()
	return b.Bytes()
}
