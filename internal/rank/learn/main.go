// Learn learns the ranking model and the background table of the index from
// SQuAD 1.1's training set alone, in minutes and always the same:
//
//	go run ./internal/rank/learn -data DIR
//
// DIR holds documents.jsonl.gz and questions.jsonl.gz. It writes
// internal/rank/model.json and internal/index/background.bin, with what was
// used and measured in the former. It runs twice where the background table
// has changed, for the index that it learns from is built with it.
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

	"multivac/internal/eval"
	"multivac/internal/rank"
)

func main() {
	log.SetFlags(log.Ltime)
	data := flag.String("data", os.Getenv("MULTIVAC_EVAL_DATA")+"/squad-train", "folder of documents.jsonl.gz and questions.jsonl.gz")
	out := flag.String("out", "internal", "the folder internal of the checkout")
	seed := flag.Uint64("seed", 1, "of all that is random")
	background := flag.Bool("background", false, "only write the background table, then stop")
	flag.Parse()
	c, err := read(*data)
	if err != nil {
		log.Fatalf("learn: %v", err)
	}
	if *background {
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

// learn learns in three steps, each on articles that the one before has not
// seen or cannot fit: rates of words, the ranking, the confidence.
func learn(c *corpus, seed uint64) (rank.Parameters, []byte) {
	ranking, confidence := c.split(0.7, seed)
	p := rank.Parameters{Version: rank.Version, Weights: map[string]float32{"answer_type": 1}}
	p.Rates, p.Kinds = c.rates(ranking)
	log.Printf("rates of %d words; of others: names %.2f, numbers %.2f, words %.2f", len(p.Rates), p.Kinds[0], p.Kinds[1], p.Kinds[2])
	report := learnRanking(c, &p, ranking, seed)
	translations := c.translations(c.about(ranking))
	learnConfidence(c, &p, model(p, translations), ranking, confidence, seed, &report)
	p.Learned = report
	return p, translations
}

// model makes a model of what has been learned so far.
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

// report is kept beside what was learned.
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

func write(path string, p rank.Parameters) error {
	data, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

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
