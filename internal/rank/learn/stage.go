package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"multivac/internal/eval"
	"multivac/internal/rank"
)

// A source says what the second stage is learned from.
type source struct {
	teams      string // folder of organisations
	dev        string // folder of questions about articles of SQuAD that nothing is learned from
	weights    string // file of the networks' weights; "" for those in the binary
	kept       string // folder of what is kept between runs
	out        string
	paragraphs int    // of SQuAD
	foreign    int    // paragraphs of SQuAD in a large collection of an organisation
	sampled    int    // about how many questions a test of SQuAD has
	perPlace   int    // questions of SQuAD with an answer per collection, at most, and as many without
	sizes      string // of the collections of organisations
	quick      bool
	seed       uint64
}

// study asks all trials and tests.
func (s *source) study(c *corpus) (*study, error) {
	begin := time.Now()
	mind, err := openMind(s.weights, s.kept)
	if err != nil {
		return nil, err
	}
	all := &study{seed: s.seed, mind: mind}
	data, err := os.ReadFile(filepath.Join(s.out, "rank", "model.json"))
	if err != nil {
		return nil, err
	}
	translations, err := os.ReadFile(filepath.Join(s.out, "rank", "translations.bin"))
	if err != nil {
		return nil, err
	}
	table, err := rank.LoadTranslations(translations)
	if err != nil {
		return nil, err
	}
	shipped, err := rank.Load(data, table)
	if err != nil {
		return nil, err
	}
	all.first = shipped
	some, rest := c.split(0.7, s.seed)
	first := shipped
	if !s.quick {
		if first, err = s.firstStage(c, some); err != nil {
			return nil, err
		}
	}
	others, articles := c.upTo(some, s.paragraphs/4), c.upTo(rest, s.paragraphs*3/4)
	if s.paragraphs > 0 {
		if err := s.squad(all, c, first, others, articles); err != nil {
			return nil, err
		}
	}
	if s.teams != "" {
		if err := s.organisations(all, shipped, c, articles); err != nil {
			return nil, err
		}
	}
	if s.dev != "" {
		if err := s.tests(all, shipped); err != nil {
			return nil, err
		}
	}
	log.Printf("sense: %d trials to learn from, %d held, after %v", len(all.learn), len(all.held), time.Since(begin).Round(time.Second))
	return all, nil
}

// upTo returns the first articles that have so many paragraphs together.
func (c *corpus) upTo(articles []int, paragraphs int) []int {
	n := 0
	for i, a := range articles {
		if n += len(c.articles[a]); n > paragraphs {
			return articles[:i]
		}
	}
	return articles
}

// firstStage returns the first stage learned from the articles. Learning takes
// minutes, so it is kept.
func (s *source) firstStage(c *corpus, articles []int) (*rank.Model, error) {
	name := fmt.Sprintf("first-%.16s-%d-%d", c.asked.SHA256, rank.Version, s.seed)
	file, table := filepath.Join(s.kept, name+".json"), filepath.Join(s.kept, name+".bin")
	data, err := os.ReadFile(file)
	switch {
	case err == nil:
		translations, err := os.ReadFile(table)
		if err != nil {
			return nil, err
		}
		var p rank.Parameters
		if err := json.Unmarshal(data, &p); err != nil {
			return nil, err
		}
		return model(p, translations), nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	p, translations, _ := learnOrder(c, articles, s.seed)
	return model(p, translations), errors.Join(os.MkdirAll(s.kept, 0o755), os.WriteFile(table, translations, 0o644), write(file, p))
}

// squad asks the trials of SQuAD.
func (s *source) squad(all *study, c *corpus, first *rank.Model, others, articles []int) (err error) {
	c.meaning = all.mind
	c.embed(c.of(slices.Concat(others, articles)))
	if err := c.meaning.save(); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(s.seed, 7))
	trials := c.senseTrials(first, squad, c.squadJobs(others, articles, s.perPlace, r))
	r.Shuffle(len(trials), func(i, j int) { trials[i], trials[j] = trials[j], trials[i] })
	n := len(trials) / 5
	all.held, all.learn = trials[:n], trials[n:]
	return nil
}

// organisations asks the trials and tests of the organisations. Questions about
// the next one are strange to an organisation.
func (s *source) organisations(all *study, m *rank.Model, c *corpus, articles []int) error {
	teams, err := readOrganisations(s.teams)
	if err != nil {
		return err
	}
	foreign := c.of(articles)
	foreign = foreign[:min(len(foreign), s.foreign)]
	for i, o := range teams {
		r := rand.New(rand.NewPCG(s.seed, uint64(100+i)))
		o.meaning = all.mind
		var larger []paragraph
		for _, n := range foreign {
			larger = append(larger, c.paragraphs[n])
		}
		o.enlarge(larger)
		o.embed(o.large())
		all.learn = append(all.learn, o.senseTrials(m, o.name, s.wanted(o.jobs(teams[(i+1)%len(teams)].questions, r)))...)
		all.tests = append(all.tests, o.test(m, o.all))
		if err := o.meaning.save(); err != nil {
			return err
		}
	}
	return nil
}

// wanted keeps the jobs in collections of the wanted sizes.
func (s *source) wanted(jobs []senseJob) []senseJob {
	return slices.DeleteFunc(jobs, func(j senseJob) bool { return !strings.Contains(s.sizes, j.size) })
}

// test asks the questions of all documents, and keeps all sentences.
func (o *organisation) test(m *rank.Model, questions []eval.Question) *test {
	t := &test{o.name, questions, make([]*senseTrial, len(questions))}
	in := o.collection(o.whole())
	parallel(len(questions), func(i int) {
		t.trials[i] = o.senseTrial(m, senseJob{in: in, q: question{questions[i], -1}, plain: true})
		t.trials[i].domain = o.name
	})
	return t
}

// tests asks questions about articles of SQuAD that nothing is learned from:
// adversarial ones, and with half of the articles taken away.
func (s *source) tests(all *study, m *rank.Model) error {
	for _, of := range []struct {
		name, documents string
		questions       []string
	}{
		{"adversarial", "documents", []string{"questions", "unanswerable"}},
		{"strangers", "stranger-documents", []string{"stranger-questions"}},
	} {
		var files []string
		for _, q := range of.questions {
			files = append(files, filepath.Join(s.dev, q+".jsonl.gz"))
		}
		o, err := readOrganisation(filepath.Join(s.dev, of.documents+".jsonl.gz"), files...)
		if err != nil {
			return err
		}
		o.name = of.name
		o.meaning = all.mind
		o.embed(o.whole())
		var asked []eval.Question
		for i := 0; i < len(o.all); i += max(1, len(o.all)/s.sampled) {
			asked = append(asked, o.all[i])
		}
		all.tests = append(all.tests, o.test(m, asked))
		if err := o.meaning.save(); err != nil {
			return err
		}
	}
	return nil
}

// learn learns the second stage by each recipe and reports how it does. It
// returns what the last recipe gives.
func (s *study) learnSense(recipes []recipe) rank.SenseParameters {
	var p rank.SenseParameters
	var means []measures
	for i := range recipes {
		k := &recipes[i]
		begin := time.Now()
		folds := s.folds(k)
		log.Printf("sense: %s: without reading", k.name)
		unread := s.report(folds, k, false)
		unread.name = k.name + ", find"
		means = append(means, unread)
		if k.most > 0 {
			log.Printf("sense: %s: reading up to %d runs", k.name, k.most)
			read := s.report(folds, k, true)
			read.name = k.name + ", read"
			means = append(means, read)
		}
		p = calibrated(folds, "")
		log.Printf("sense: headed %v, bare %v; %v", p.Read.Headed, p.Read.Bare, time.Since(begin).Round(time.Second))
		s.save()
	}
	log.Printf("%s", measures{}.head())
	for _, m := range means {
		log.Printf("%s", m)
	}
	return p
}

// save keeps what was read.
func (s *study) save() {
	if err := s.mind.save(); err != nil {
		log.Fatal(err)
	}
}

// recipesOf returns the recipe of the arguments, or, if file is not empty, one
// for each of its lines: a name, and arguments that differ.
func recipesOf(given recipe, file string) (all []recipe, err error) {
	if file == "" {
		return []recipe{given}, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		k := given
		k.name = words[0]
		flags := flag.NewFlagSet(k.name, flag.ContinueOnError)
		k.flags(flags)
		if err := flags.Parse(words[1:]); err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	return all, nil
}
