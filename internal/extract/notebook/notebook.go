// Package notebook reads notebooks of Jupyter: their text, their code and what
// came out of it.
package notebook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/html"
	"multivac/internal/extract/markdown"
	"multivac/internal/extract/plain"
	"multivac/internal/frontmatter"
)

// Format is notebooks of Jupyter, of the formats 3 and 4.
var Format = extract.Format{
	Name: "Jupyter notebook", Types: []string{"application/x-ipynb+json"}, Extensions: []string{".ipynb"}, Text: true,
	Extract: read, Begins: begins,
}

// begins reports whether a file that begins with head is a notebook.
func begins(head []byte) bool {
	start, ok := extract.Start(head)
	return ok && bytes.HasPrefix(start, []byte("{")) && (bytes.Contains(start, []byte(`"cell_type"`)) || bytes.Contains(start, []byte(`"nbformat"`)))
}

// A file is a notebook as it is stored. The cells are read one after the other,
// so that many small ones take no more memory than they are large.
type file struct {
	Cells      json.RawMessage `json:"cells"`
	Worksheets json.RawMessage `json:"worksheets"` // which have the cells, before format 4
	Metadata   struct {
		Title    string `json:"title"`
		Name     string `json:"name"` // the title, before format 4
		Language struct {
			Name string `json:"name"`
		} `json:"language_info"`
		Kernel struct {
			Language string `json:"language"`
		} `json:"kernelspec"`
	} `json:"metadata"`
}

// A cell is one part of a notebook.
type cell struct {
	Type     string `json:"cell_type"`
	Source   lines  `json:"source"`
	Metadata struct {
		Format string `json:"format"` // media type of a raw cell
		Raw    string `json:"raw_mimetype"`
		Editor struct {
			Language string `json:"languageId"`
		} `json:"vscode"`
	} `json:"metadata"`
	Outputs json.RawMessage `json:"outputs"`

	// Before format 4.
	Input    lines  `json:"input"` // code
	Language string `json:"language"`
	Level    int    `json:"level"` // of a heading
}

// lines are a text, stored whole or line by line.
type lines string

// UnmarshalJSON implements json.Unmarshaler. What is no text is none.
func (l *lines) UnmarshalJSON(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	switch b[0] {
	case '"':
		return json.Unmarshal(b, (*string)(l))
	case '[':
		var all []string
		err := tolerate(json.Unmarshal(b, &all))
		*l = lines(strings.Join(all, ""))
		return err
	}
	return nil
}

// tolerate returns an error of JSON, but none for a value of another type than is
// usual: it is left out.
func tolerate(err error) error {
	var other *json.UnmarshalTypeError
	if errors.As(err, &other) {
		return nil
	}
	return err
}

// read returns the text of a notebook: Markdown as it is, and code and what came
// out of it as code.
func read(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
	var f file
	body = bytes.TrimPrefix(body, []byte(extract.BOM))
	if err := tolerate(json.Unmarshal(body, &f)); err != nil {
		return extract.Extracted{}, multivac.Errorf(multivac.ErrInvalid, "mend it, or save it again in Jupyter", "the notebook is broken: %v", err)
	}
	if !isArray(f.Cells) && !isArray(f.Worksheets) {
		return extract.Extracted{}, multivac.Errorf(multivac.ErrInvalid, "check that it is the right file", "it is no notebook: it has no cells")
	}
	w := writer{ctx: ctx, limits: l, out: extract.NewOutput(ctx, l), language: f.Metadata.Language.Name}
	if w.language == "" {
		w.language = f.Metadata.Kernel.Language
	}
	w.cells(f.Cells)
	each(f.Worksheets, func(d *json.Decoder) bool {
		var sheet struct {
			Cells json.RawMessage `json:"cells"`
		}
		err := tolerate(d.Decode(&sheet))
		w.cells(sheet.Cells)
		return err == nil && w.out.Err() == nil
	})
	title := f.Metadata.Title
	if title == "" {
		title = f.Metadata.Name
	}
	if title == "" {
		title = plain.Title(w.out.String())
	}
	return w.out.Extracted(clean(title))
}

func isArray(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '[' }

// each calls do at each element of an array, as long as it returns true.
func each(raw json.RawMessage, do func(*json.Decoder) bool) {
	if !isArray(raw) {
		return
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return
	}
	for d.More() && do(d) {
	}
}

// A writer writes the cells.
type writer struct {
	ctx      context.Context
	limits   extract.Limits
	out      *extract.Output
	language string // of the code
	number   int    // of the cell, from 1
}

func (w *writer) cells(raw json.RawMessage) {
	each(raw, func(d *json.Decoder) bool {
		var c cell
		err := tolerate(d.Decode(&c))
		w.number++
		w.cell(&c)
		return err == nil && w.out.Err() == nil
	})
}

// cell writes a cell.
func (w *writer) cell(c *cell) {
	source := strings.Trim(clean(string(c.Source)), "\n")
	switch c.Type {
	case "markdown":
		w.markdown(source)
	case "code":
		if source == "" {
			source = strings.Trim(clean(string(c.Input)), "\n")
		}
		w.code(source, w.languageOf(c, source))
		w.outputs(c.Outputs)
	case "heading":
		if t := extract.OneLine(source); t != "" {
			w.block(strings.Repeat("#", min(max(c.Level, 1), 6)) + " " + t)
		}
	case "html":
		w.page(source)
	default:
		w.raw(source, strings.ToLower(c.Metadata.Format+c.Metadata.Raw))
	}
}

// raw writes what is meant for a converter of notebooks. Before all else it may be
// settings of the page, as front matter.
func (w *writer) raw(source, media string) {
	_, settings := frontmatter.Split(source + "\n")
	switch {
	case w.out.Len() == 0 && settings > 0:
		w.block(source)
	case strings.Contains(media, "markdown"):
		w.markdown(source)
	case strings.Contains(media, "html"):
		w.page(source)
	default:
		w.code(source, "")
	}
}

// languageOf returns the language of a cell of code: that of a magic in its first
// line, or else its own, or that of the notebook.
func (w *writer) languageOf(c *cell, source string) string {
	first, _, _ := strings.Cut(source, "\n")
	if magic, ok := strings.CutPrefix(first, "%%"); ok {
		if name, _, _ := strings.Cut(magic, " "); magics[strings.ToLower(name)] {
			return name
		}
	}
	for _, name := range []string{c.Metadata.Editor.Language, c.Language, w.language} {
		if name != "" {
			return name
		}
	}
	return ""
}

// magics are the languages that a cell can be switched to.
var magics = extract.Words("bash sh html javascript js latex markdown sql bigquery r ruby perl python python2 python3 svg julia cython")

// place returns the place of the cell.
func (w *writer) place() multivac.Place {
	return multivac.Place{Part: "cell " + strconv.Itoa(w.number)}
}

// block writes lines after a blank one.
func (w *writer) block(text string) {
	if w.out.Len() > 0 {
		w.out.Line("", multivac.Place{})
	}
	for l := range strings.Lines(text) {
		w.out.Line(strings.TrimSuffix(l, "\n"), w.place())
	}
}

// markdown writes Markdown. What it leaves open ends with its cell.
func (w *writer) markdown(text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	e, err := markdown.Format.Extract(w.ctx, []byte(text), w.limits)
	w.out.Fail(err)
	w.block(closed(strings.TrimRight(e.Text, "\n")))
}

// page writes a page of HTML.
func (w *writer) page(text string) {
	e, err := html.Read(w.ctx, []byte(text), w.limits)
	w.out.Fail(err)
	if strings.TrimSpace(e.Text) != "" {
		w.block(clean(e.Text))
	}
}

// code writes a block of code.
func (w *writer) code(code, language string) {
	if code = strings.TrimRight(code, "\n"); strings.TrimSpace(code) == "" {
		return
	}
	fence := extract.Fence(code)
	if !isName(language) {
		language = ""
	}
	w.block(fence + strings.ToLower(language) + "\n" + code + "\n" + fence)
}

// isName reports whether t can be the name of a language.
func isName(t string) bool {
	return len(t) <= 20 && strings.Trim(strings.ToLower(t), "abcdefghijklmnopqrstuvwxyz0123456789+#._-") == ""
}
