// Learn learns the ranking model and its background table from the
// training set of SQuAD 1.1 alone. It takes minutes and always gives the same
// result:
//
//	go run ./internal/rank/learn -data DIR
//
// DIR holds documents.jsonl.gz and questions.jsonl.gz. Learn writes
// internal/rank/model.json and internal/rank/background.bin. The former also
// records the data and the measures. If the background table has changed, Learn
// runs a second time, because the weights of words come from the table.
//
// With -sense it learns the second stage instead, internal/rank/sense.json, from
// SQuAD and from organisations:
//
//	go run ./internal/rank/learn -data DIR -sense KEPT -teams TEAMS -dev DEV
//
// TEAMS has a folder with documents.jsonl.gz and questions.jsonl.gz for each
// organisation. They have to be others than the networks were trained on, so that
// what is learned from their vectors and readings holds for strange ones. With
// -weights FILE the networks are those of a file instead of those in the binary.
// Vectors, readings and the first stage take long, so KEPT keeps them, by the
// hash of the weights.
//
// Before it writes, Learn reports how the second stage does for each
// organisation if nothing is learned from it, and for the questions in DEV, the
// development set of SQuAD. With -leave-one-out that is all. With -tries FILE it
// does so for each line of FILE, which has a name and flags that differ, such as
// "wide -order-hidden 24". A try takes a minute or two.
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

	"multivac/internal/rank"
)

func main() {
	log.SetFlags(log.Ltime)
	data := flag.String("data", os.Getenv("MULTIVAC_EVAL_DATA")+"/squad-train", "folder of documents.jsonl.gz and questions.jsonl.gz")
	out := flag.String("out", "internal", "the folder internal of the checkout")
	seed := flag.Uint64("seed", 1, "of all that is random")
	background := flag.Bool("background", false, "only write the background table, then stop")
	ablate := flag.String("ablate", "", "only write into this folder what is learned without each family of features")
	pairs := flag.String("pairs", "", "only write into this folder what the networks are trained on: of -teams if given, or else of -data")
	sense := flag.String("sense", "", "only learn the second stage, and keep what takes long in this folder")
	leave := flag.Bool("leave-one-out", false, "only report how the second stage does for an organisation that it was not learned from")
	tries := flag.String("tries", "", "learn the second stage by each line of this file: a name, and flags that differ")
	var from source
	flag.StringVar(&from.teams, "teams", "", "folder of organisations to learn from besides")
	flag.StringVar(&from.dev, "dev", "", "folder of questions of SQuAD's development set to report on")
	flag.StringVar(&from.weights, "weights", "", "file of the weights of the networks, instead of those in the binary")
	flag.IntVar(&from.paragraphs, "paragraphs", 2400, "paragraphs of SQuAD that the second stage is learned from; 0 for organisations alone")
	flag.IntVar(&from.foreign, "foreign", 0, "of these, in a large collection of an organisation")
	flag.IntVar(&from.perPlace, "per-place", 300, "questions of SQuAD with an answer per collection, at most, and as many without")
	flag.IntVar(&from.sampled, "sampled", 600, "questions of each test of SQuAD")
	flag.StringVar(&from.sizes, "sizes", "whole,few,single", "collections of an organisation that are learned from")
	flag.BoolVar(&from.quick, "quick", false, "learn from the first stage that is shipped, though it has seen the questions: to compare only")
	var given recipe
	given.flags(flag.CommandLine)
	flag.Parse()
	if from.teams != "" && *pairs != "" {
		if err := teamPairs(from.teams, *pairs); err != nil {
			log.Fatalf("learn: %v", err)
		}
		return
	}
	from.kept, from.out, from.seed = *sense, *out, *seed
	c := &corpus{}
	var err error
	if *sense == "" || from.paragraphs > 0 {
		if c, err = read(*data); err != nil {
			log.Fatalf("learn: %v", err)
		}
	}
	if *sense != "" {
		err = secondStage(c, from, given, *tries, *leave)
	} else if *pairs != "" {
		err = c.pairs(rank.Default(), *pairs)
	} else if *ablate != "" {
		err = ablation(c, *seed, filepath.Join(*out, "rank", "model.json"), *ablate)
	} else if *background {
		err = os.WriteFile(filepath.Join(*out, "rank", "background.bin"), c.background(), 0o644)
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

// secondStage learns the second stage and writes it, or only reports.
func secondStage(c *corpus, from source, given recipe, tries string, leave bool) error {
	recipes, err := recipesOf(given, tries)
	if err != nil {
		return err
	}
	s, err := from.study(c)
	if err != nil {
		return err
	}
	p := s.learnSense(recipes)
	p.Learned = report{
		Source:    "SQuAD 1.1 training set, Rajpurkar et al. 2016, CC BY-SA 4.0, and organisations written for this purpose, Apache-2.0",
		Documents: c.documents, Questions: c.asked, Seed: from.seed,
	}
	if leave {
		return nil
	}
	return write(filepath.Join(from.out, "rank", "sense.json"), p)
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
	asked, err := readQuestions(questions)
	if err != nil {
		return nil, fmt.Errorf("%w; name the folder of the training set with -data", err)
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
