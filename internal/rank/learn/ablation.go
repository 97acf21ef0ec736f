package main

import (
	"encoding/json"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"multivac/internal/rank"
)

// families groups features that say much the same. What a group contributes
// shows only if all of its features are left out.
var families = map[string]string{
	"nothing":      "",
	"scores":       "sentence sentence_relative passage passage_relative passage_rank document neighbours",
	"coverage":     "cover cover_previous cover_neighbours cover_passage cover_context cover_document cover_plain cover_passage_plain cover_own exact",
	"headings":     "cover_title cover_heading heading_asks cover_context cover_own",
	"missing":      "rarest_missing rarest_missing_passage missing missing_passage",
	"facts":        "names_missing names_missing_passage numbers_missing numbers_missing_passage",
	"order":        "pairs window order phrases_missing phrases_missing_passage",
	"translations": "meant translation",
	"answer-type":  "answer_type",
	"form":         "new new_names length short long first position list table code asks leans",
}

// ablation learns without each family in turn. For each, it writes the model of
// file, with the parts that were learned, into dir.
func ablation(c *corpus, seed uint64, file, dir string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	some, rest := c.split(0.7, seed)
	articles := slices.Concat(some, rest)
	p := rank.Parameters{Version: rank.Version, Weights: map[string]float32{"answer_type": 1}}
	p.Rates, p.Kinds = c.rates(articles)
	t := c.training(&p, articles, seed)
	for family, without := range families {
		var kept rank.Parameters
		if err := json.Unmarshal(data, &kept); err != nil {
			return err
		}
		l := t.fit(strings.Fields(without))
		log.Printf("without %s: hit@1 of those held out %.4f", family, l.hits(t.heldOut()))
		l.keep(&kept, t.table)
		if err := write(filepath.Join(dir, family+".json"), kept); err != nil {
			return err
		}
	}
	return nil
}
