package rank

import (
	_ "embed"
	"encoding/binary"
	"math"
	"sort"
)

// background says in which share of the passages of general English text a stem
// occurs. It has the most frequent stems, sorted by the upper half of their
// hash. Each takes 5 bytes: that half (big endian), then round(-8 *
// log2(share)). It was learned from the paragraphs of SQuAD 1.1's training set
// (Rajpurkar et al., 2016, CC BY-SA 4.0) by internal/rank/learn.
//
//go:embed background.bin
var background string

// unknownShare is the share of a stem that the table lacks.
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

// backgroundPassages is a number of passages of general text that every
// collection is imagined to have in addition. So "the" says little even in a
// collection of 1 document.
const backgroundPassages = 300

// rarity returns the inverse document frequency of a term that count of a
// collection's passages have. It is never negative.
func rarity(stem uint64, count, passages int) float64 {
	frequency := float64(count) + backgroundPassages*backgroundShare(stem)
	total := float64(passages) + backgroundPassages
	return math.Log(1 + (max(total-frequency, 0)+0.5)/(frequency+0.5))
}
