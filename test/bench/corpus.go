package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"multivac/doc"
	"multivac/internal/text"
)

// A line is a passage of a corpus: "title\ttext".
type line struct{ title, text string }

// A corpus is a file of passages and a file of questions, one per line.
type corpus struct {
	Passages  string // file
	Questions string // file
	Count     int    // of passages
	Source    string // in words
}

const (
	wordsWanted = 60    // a passage ends with the sentence that reaches this count: about 75 words
	seed        = 20061 // of all random choices
	questions   = 500
)

// makeCorpus writes a corpus of n passages into dir, always the same for the
// same n. If the data has n paragraphs, these are the first n. Otherwise all n
// passages are made from sentences drawn from all paragraphs.
func makeCorpus(dir string, n int) (c corpus, err error) {
	paragraphs, asked, source, err := read()
	if err != nil {
		return corpus{}, err
	}
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	r.Shuffle(len(asked), func(i, j int) { asked[i], asked[j] = asked[j], asked[i] })
	c = corpus{
		Passages:  filepath.Join(dir, fmt.Sprintf("passages-%d.tsv", n)),
		Questions: filepath.Join(dir, fmt.Sprintf("questions-%d.txt", n)),
		Count:     min(n, len(paragraphs)), Source: source,
	}
	asked = asked[:min(questions, len(asked))]
	if err := writeLines(c.Questions, func(w *bufio.Writer) {
		for _, q := range asked {
			fmt.Fprintln(w, flat(q))
		}
	}); err != nil {
		return c, err
	}
	if n > len(paragraphs)*3/2 {
		c.Count = n
		return c, writeLines(c.Passages, func(w *bufio.Writer) { recombine(w, r, paragraphs, n) })
	}
	return c, writeLines(c.Passages, func(w *bufio.Writer) {
		for _, p := range paragraphs[:c.Count] {
			fmt.Fprintf(w, "%s\t%s\n", flat(p.title), flat(p.text))
		}
	})
}

// recombine writes n passages of sentences drawn evenly from all paragraphs.
// The title is that of the first sentence.
func recombine(w *bufio.Writer, r *rand.Rand, paragraphs []line, n int) {
	type sentence struct {
		title, text string
		words       int
	}
	var all []sentence
	for _, p := range paragraphs {
		for _, passage := range text.Segment(p.text) {
			for _, s := range passage.Sentences {
				t := flat(p.text[s.Start:s.End])
				all = append(all, sentence{flat(p.title), t, len(strings.Fields(t))})
			}
		}
	}
	for range n {
		for words := 0; words < wordsWanted; {
			s := all[r.IntN(len(all))]
			if words == 0 {
				w.WriteString(s.title)
				w.WriteByte('\t')
			} else {
				w.WriteByte(' ')
			}
			w.WriteString(s.text)
			words += max(1, s.words)
		}
		w.WriteByte('\n')
	}
}

// read returns the paragraphs and questions of the data that MULTIVAC_EVAL_DATA
// names, or else of this repository's documentation.
func read() (paragraphs []line, asked []string, source string, err error) {
	data := os.Getenv("MULTIVAC_EVAL_DATA")
	if data == "" {
		fmt.Fprintln(os.Stderr, "MULTIVAC_EVAL_DATA is not set: SKIPPING the paragraphs of SQuAD; the corpus is made of this repository's documentation, and its figures say little")
		paragraphs, asked, err = readDocumentation()
		return paragraphs, asked, "sentences of this repository's documentation", err
	}
	for _, set := range []string{"squad-train", "squad-dev"} {
		err := readGzip(filepath.Join(data, set, "documents.jsonl.gz"), func(title, text, _ string) {
			paragraphs = append(paragraphs, line{title, text})
		})
		if err != nil {
			return nil, nil, "", err
		}
	}
	err = readGzip(filepath.Join(data, "squad-dev", "questions.jsonl.gz"), func(_, _, question string) { asked = append(asked, question) })
	return paragraphs, asked, "paragraphs and questions of SQuAD 1.1", err
}

func readDocumentation() (paragraphs []line, asked []string, err error) {
	err = fs.WalkDir(doc.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".md") {
			return err
		}
		body, err := fs.ReadFile(doc.Files, path)
		if err != nil {
			return err
		}
		for _, p := range text.Segment(string(body)) {
			paragraphs = append(paragraphs, line{p.Heading, p.Text})
			words := strings.Fields(p.Text)
			asked = append(asked, "What about "+strings.Join(words[:min(6, len(words))], " ")+"?")
		}
		return nil
	})
	return paragraphs, asked, err
}

func readGzip(path string, fn func(title, text, question string)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	for d := json.NewDecoder(z); ; {
		var l struct{ Title, Text, Question string }
		switch err := d.Decode(&l); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%s: %w", path, err)
		}
		fn(l.Title, l.Text, l.Question)
	}
}

// flat returns s on one line without tabs.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

func writeLines(path string, fn func(*bufio.Writer)) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	fn(w)
	return w.Flush()
}

// eachLine calls fn with the lines of a file.
func eachLine(path string, fn func(string) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(make([]byte, 1<<20), 64<<20)
	for s.Scan() {
		if err := fn(s.Text()); err != nil {
			return err
		}
	}
	return s.Err()
}
