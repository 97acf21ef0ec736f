package rank

import (
	_ "embed"
	"encoding/binary"
	"math"
	"sort"
)

// background says in what share of passages of general English text a stem
// occurs. It has the stems that do most often, ascending by the upper half of
// their hash, 5 bytes each: that half (big endian), then round(-8 * log2(share)).
// It was learned from the paragraphs of SQuAD 1.1's training set (Rajpurkar et
// al., 2016, CC BY-SA 4.0) by internal/rank/learn.
//
//go:embed background.bin
var background string

// unknownShare is that of a stem which the table does not have.
const unknownShare = 1.0 / 50_000

func backgroundShare(stem uint64) float64 {
	key := uint32(stem >> 32)
	n := len(background) / 5
	i := sort.Search(n, func(i int) bool { return binary.BigEndian.Uint32([]byte(background[5*i:5*i+4])) >= key })
	if i == n || binary.BigEndian.Uint32([]byte(background[5*i:5*i+4])) != key {
		return unknownShare
	}
	return math.Exp2(-float64(background[5*i+4]) / 8)
}

// backgroundPassages is how many passages of general text every collection
// is imagined to have in addition, so that in a collection of one document "the"
// still says little.
const backgroundPassages = 300

// rarity returns the inverse document frequency of a term that so many of a
// collection's passages have. It is never negative.
func rarity(stem uint64, count, passages int) float64 {
	frequency := float64(count) + backgroundPassages*backgroundShare(stem)
	total := float64(passages) + backgroundPassages
	return math.Log(1 + (max(total-frequency, 0)+0.5)/(frequency+0.5))
}
