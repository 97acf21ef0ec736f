// Command learn learns the model of letters from lists of words:
//
//	go run ./internal/extract/charset/learn -words FOLDER > internal/extract/charset/model.json.gz
//
// FOLDER has a file LANGUAGE.tsv for each language, with a word in lower case, a tab
// and how frequent it is on each line. The model in the repository was learned
// from the lists of wordfreq 3.1.1 (Robyn Speer, 2022), which are made of
// Wikipedia, subtitles, news, books and other texts; from the help of
// LibreOffice 7.4; and, for Thai, from the lists of PyThaiNLP 5.4.
// Traditional Chinese is the simplified list, converted by the tables of OpenCC.
//
// With -measure it reads texts instead, lines of JSON with lang, encoding, size,
// bytes (in base64) and text, guesses their encoding, and counts what is right,
// refused and wrong.
package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"multivac/internal/extract/charset"
)

func main() {
	words := flag.String("words", "", "`folder` of lists of words to learn from")
	measured := flag.String("measure", "", "`file` of texts to measure with")
	flag.Parse()
	var err error
	switch {
	case *words != "":
		err = learn(os.Stdout, *words)
	case *measured != "":
		err = measure(os.Stdout, *measured)
	default:
		flag.Usage()
		os.Exit(2)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// learn writes the model.
func learn(out io.Writer, folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.tsv"))
	if err != nil {
		return err
	}
	var m charset.Model
	all := map[rune]float64{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".tsv")
		words, err := read(file, name)
		if err != nil {
			return err
		}
		l := newLanguage(name, words, all)
		fmt.Fprintf(os.Stderr, "%s: %d letters, %d bytes, typical %.2f\n", name, len([]rune(l.Letters)), len(l.Costs), l.Typical)
		m.Languages = append(m.Languages, l)
	}
	for _, r := range slices.Sorted(maps.Keys(all)) {
		if c := all[r] / float64(len(files)); c > 1e-7 {
			m.Foreign += string(r)
			m.Costs = append(m.Costs, quantised(c))
		}
	}
	z, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(z).Encode(m); err != nil {
		return err
	}
	return z.Close()
}

// damping makes frequent words count less, so that a few of them do not decide
// what letters follow each other.
const damping = 0.75

// read reads a list of words, each spelt in all ways that encodings need.
func read(file, name string) (map[string]float64, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	words := map[string]float64{}
	in := bufio.NewScanner(f)
	for in.Scan() {
		word, number, _ := strings.Cut(in.Text(), "\t")
		n, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, w := range spellings(word, name) {
			words[w] += math.Pow(n, damping)
		}
	}
	return words, in.Err()
}

// cedillas are how Romanian was written before its own letters were encoded.
var cedillas = strings.NewReplacer("ș", "ş", "ț", "ţ")

// spellings returns the ways in which a word is spelt in encodings.
func spellings(word, name string) []string {
	switch name {
	case "ro":
		return []string{word, cedillas.Replace(word)}
	case "vi":
		return []string{word, toned(word)}
	case "el":
		if w, ok := strings.CutSuffix(word, "σ"); ok && w != "" {
			return []string{w + "ς"}
		}
	}
	return []string{word}
}

// toned returns a Vietnamese word as Windows-1258 has it: with the marks of
// tones behind the letters.
func toned(word string) string {
	return toneless.Replace(marksInOrder.Replace(norm.NFD.String(word)))
}

// marksInOrder has the mark of the letter before that of the tone.
var marksInOrder = strings.NewReplacer("\u0323\u0302", "\u0302\u0323", "\u0323\u0306", "\u0306\u0323")

// toneless composes the letters that Windows-1258 has.
var toneless = strings.NewReplacer("a\u0302", "â", "e\u0302", "ê", "o\u0302", "ô", "a\u0306", "ă", "o\u031b", "ơ", "u\u031b", "ư")

// newLanguage learns one language, and adds the shares of its letters to all.
func newLanguage(name string, words map[string]float64, all map[rune]float64) charset.Language {
	count, sum := map[rune]float64{}, 0.0
	for w, n := range words {
		for _, r := range w {
			if unicode.IsLetter(r) || unicode.Is(unicode.M, r) {
				count[r] += n
				sum += n
			}
		}
	}
	letters := slices.SortedFunc(maps.Keys(count), func(a, b rune) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b))
	})
	main := charset.ScriptOf(letters[0])
	kept := letters[:0]
	for _, r := range letters {
		all[r] += count[r] / sum
		if charset.ScriptOf(r) == main && (count[r]/sum > 2e-5 || charset.Wide(main) && count[r]/sum > 1e-6) {
			kept = append(kept, r)
		}
	}
	l := charset.Language{Name: name, Letters: string(kept)}
	if charset.Wide(main) {
		for _, r := range kept {
			c := quantised(count[r] / sum)
			l.Costs = append(l.Costs, c)
			l.Typical += count[r] / sum * float64(c) * charset.Unit
		}
		return l
	}
	l.Costs, l.Typical = table(kept, words)
	return l
}

// table returns the costs of letters after each other, and the mean of those
// with a letter that is not ASCII.
func table(letters []rune, words map[string]float64) (costs []byte, typical float64) {
	at := map[rune]int{}
	for i, r := range letters {
		at[r] = i + 2
	}
	n := len(letters) + 2
	pairs, sums, single := make([]float64, n*n), make([]float64, n), make([]float64, n)
	each(words, at, func(a, b int, _ bool, weight float64) {
		pairs[a*n+b] += weight
		sums[a] += weight
		single[b] += weight
	})
	total := 0.0
	for _, s := range single {
		total += s
	}
	for a := range n {
		smooth := total * 2e-5
		for b := range n {
			costs = append(costs, quantised((pairs[a*n+b]+smooth*(single[b]/total+1e-4))/(sums[a]+smooth)))
		}
	}
	wide, sum := 0.0, 0.0
	each(words, at, func(a, b int, isWide bool, weight float64) {
		if isWide {
			wide += weight
			sum += weight * float64(costs[a*n+b]) * charset.Unit
		}
	})
	return costs, sum / max(wide, 1e-9)
}

// each calls yield for each two letters of each word. The begin and end of a word
// are 0, and letters that are not kept are 1.
func each(words map[string]float64, at map[rune]int, yield func(a, b int, wide bool, weight float64)) {
	for _, w := range slices.Sorted(maps.Keys(words)) {
		last, lastWide := 0, false
		for _, r := range w + " " {
			i, ok := at[r]
			switch {
			case ok:
			case unicode.IsLetter(r) || unicode.Is(unicode.M, r):
				i = 1
			}
			if i != 0 || last != 0 {
				yield(last, i, lastWide || r >= 0x80, words[w])
			}
			last, lastWide = i, r >= 0x80
		}
	}
}

// quantised returns the cost of a probability, as tables have it.
func quantised(p float64) byte {
	return byte(min(255, math.Round(-math.Log(max(p, 1e-12))/charset.Unit)))
}

// A sample is a text to measure with.
type sample struct {
	Lang, Encoding, Text string
	Size                 int
	Bytes                []byte
}

// counts are what became of texts.
type counts struct{ right, refused, wrong int }

func (c counts) String() string {
	n := float64(max(1, c.right+c.refused+c.wrong)) / 100
	return fmt.Sprintf("%6d texts: right %5.1f%%, refused %5.1f%%, wrong %5.2f%%", c.right+c.refused+c.wrong, float64(c.right)/n, float64(c.refused)/n, float64(c.wrong)/n)
}

// measure guesses the encoding of each text, and counts.
func measure(out io.Writer, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	all := map[string]*counts{}
	for d := json.NewDecoder(f); ; {
		var s sample
		if err := d.Decode(&s); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		e, ok := charset.Guess(s.Bytes)
		var text []byte
		if ok {
			text, _ = e.Decode(s.Bytes)
		}
		for _, key := range []string{fmt.Sprintf("%5d", s.Size), fmt.Sprintf("%5d %s", s.Size, s.Encoding), fmt.Sprintf("%5d %s %s", s.Size, s.Encoding, s.Lang)} {
			c := all[key]
			if c == nil {
				c = &counts{}
				all[key] = c
			}
			switch {
			case !ok:
				c.refused++
			case string(text) == s.Text:
				c.right++
			default:
				c.wrong++
			}
		}
		if ok && string(text) != s.Text {
			fmt.Fprintf(out, "wrong: %s %s %d as %s\n", s.Lang, s.Encoding, s.Size, e.Name)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(out, "%-40s %v\n", key, all[key])
	}
	return nil
}
