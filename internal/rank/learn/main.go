// Learn learns the ranking model and the background table of the index from
// SQuAD 1.1's training set alone, in minutes and always the same:
//
//	go run ./internal/rank/learn -data DIR
//
// DIR holds documents.jsonl.gz and questions.jsonl.gz. It writes
// internal/rank/model.json and internal/index/background.bin, with what was
// used and measured in the former. It runs twice where the background table
// has changed, for the index that it learns from is built with it. With -sense it
// learns the second stage instead, internal/rank/sense.json.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"multivac/internal/eval"
	"multivac/internal/rank"
)

func main() {
	log.SetFlags(log.Ltime)
	data := flag.String("data", os.Getenv("MULTIVAC_EVAL_DATA")+"/squad-train", "folder of documents.jsonl.gz and questions.jsonl.gz")
	out := flag.String("out", "internal", "the folder internal of the checkout")
	seed := flag.Uint64("seed", 1, "of all that is random")
	background := flag.Bool("background", false, "only write the background table, then stop")
	ablate := flag.String("ablate", "", "only write into this folder what is learned without each family of features")
	pairs := flag.String("pairs", "", "only write into this folder what a reader is trained on")
	sense := flag.String("sense", "", "only learn the second stage, with the vectors of the set kept in this file")
	flag.Parse()
	c, err := read(*data)
	if err != nil {
		log.Fatalf("learn: %v", err)
	}
	if *sense != "" {
		var p rank.SenseParameters
		if p, err = learnSense(c, *sense, *seed); err == nil {
			err = write(filepath.Join(*out, "rank", "sense.json"), p)
		}
	} else if *pairs != "" {
		err = c.pairs(rank.Default(), *pairs)
	} else if *ablate != "" {
		err = ablation(c, *seed, filepath.Join(*out, "rank", "model.json"), *ablate)
	} else if *background {
		err = os.WriteFile(filepath.Join(*out, "index", "background.bin"), c.background(), 0o644)
	} else {
		parameters, translations := learn(c, *seed)
		err = errors.Join(
			write(filepath.Join(*out, "rank", "model.json"), parameters),
			os.WriteFile(filepath.Join(*out, "rank", "translations.bin"), translations, 0o644))
	}
	if err != nil {
		log.Fatalf("learn: %v", err)
	}
}

// learn learns rates of words, translations and the ranking from 7 articles in
// 10. It learns the confidence from the others, which this ranking has not
// seen. Then it learns everything but the confidence again, from all articles.
func learn(c *corpus, seed uint64) (rank.Parameters, []byte) {
	some, rest := c.split(0.7, seed)
	p, translations, report := learnOrder(c, some, seed)
	learnConfidence(c, &p, model(p, translations), some, rest, seed, &report)
	confidence, thresholds, measured := p.Confidence, p.Thresholds, report.Confidence
	p, translations, report = learnOrder(c, slices.Concat(some, rest), seed)
	p.Confidence, p.Thresholds, report.Confidence = confidence, thresholds, measured
	p.Learned = report
	return p, translations
}

// learnOrder learns the order of sentences from the articles.
func learnOrder(c *corpus, articles []int, seed uint64) (rank.Parameters, []byte, report) {
	p := rank.Parameters{Version: rank.Version, Weights: map[string]float32{"answer_type": 1}}
	p.Rates, p.Kinds = c.rates(articles)
	log.Printf("rates of %d words; of others: names %.2f, numbers %.2f, words %.2f", len(p.Rates), p.Kinds[0], p.Kinds[1], p.Kinds[2])
	report := learnRanking(c, &p, articles, seed)
	return p, c.translations(c.about(articles)), report
}

// model returns a model of what has been learned so far.
func model(p rank.Parameters, translations []byte) *rank.Model {
	t, err := rank.LoadTranslations(translations)
	if err != nil {
		log.Fatal(err)
	}
	p.Confidence = rank.Network{Output: []float32{0}}
	m, err := rank.NewModel(p, t)
	if err != nil {
		log.Fatal(err)
	}
	return m
}

// report holds the measures that are stored with the model.
type report struct {
	Source     string             `json:"source"`
	Documents  digest             `json:"documents"`
	Questions  digest             `json:"questions"`
	Seed       uint64             `json:"seed"`
	Ranking    map[string]float64 `json:"ranking"`
	Confidence map[string]float64 `json:"confidence"`
}

type digest struct {
	Count  int    `json:"count"`
	SHA256 string `json:"sha256"`
}

func digestOf(path string, count int) (digest, error) {
	f, err := os.Open(path)
	if err != nil {
		return digest{}, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return digest{}, err
	}
	return digest{count, hex.EncodeToString(h.Sum(nil))}, nil
}

func write(path string, p any) error {
	data, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return err
	}
	data = numbers.ReplaceAllFunc(data, func(row []byte) []byte { return spaces.ReplaceAll(row, nil) })
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

// Each row of numbers is printed on one line, so that a diff can be read.
var (
	numbers = regexp.MustCompile(`\[[^\[\]"]*\]`)
	spaces  = regexp.MustCompile(`\s+`)
)

// read reads the corpus and cuts its documents.
func read(dir string) (*corpus, error) {
	documents, questions := filepath.Join(dir, "documents.jsonl.gz"), filepath.Join(dir, "questions.jsonl.gz")
	f, err := os.Open(questions)
	if err != nil {
		return nil, fmt.Errorf("%w; name the folder of the training set with -data", err)
	}
	defer f.Close()
	asked, err := eval.Read(f, questions)
	if err != nil {
		return nil, err
	}
	c, err := newCorpus(documents, asked)
	if err != nil {
		return nil, err
	}
	if c.documents, err = digestOf(documents, len(c.paragraphs)); err != nil {
		return nil, err
	}
	c.asked, err = digestOf(questions, len(asked))
	return c, err
}
