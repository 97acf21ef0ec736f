package inverted

// BM25 as in Robertson and Zaragoza, "The Probabilistic Relevance Framework:
// BM25 and Beyond" (2009). The weight of a term in the context (title, heading,
// lead) is added to its count after length normalisation, as in their BM25F.
const (
	k1            = 0.5
	b             = 0.7
	contextWeight = 1.5
	maxLength     = 1023 // longer passages count as this long
)

// norms are BM25's length norms, by the number of words of the passage.
type norms [maxLength + 1]float32

func averageLength(words, passages int) float64 {
	return max(1, float64(words)/float64(max(1, passages)))
}

func (n *norms) set(average float64) {
	for length := range n {
		n[length] = float32(1 / (1 - b + b*float64(length)/average))
	}
}

// frequency is the normalised frequency of a term with this count in a passage.
// lengths are those of the segment's passages.
func (n *norms) frequency(c count, lengths []uint16, passage uint16) float32 {
	length := uint16(c >> lengthBits)
	if length == manyWords {
		length = min(lengths[passage], maxLength)
	}
	t := &times[c&(maxCount|inContext)]
	return t.text*n[length&maxLength] + t.context
}

// times is the meaning of the lower 8 bits of a count.
var times = func() (all [1 << lengthBits]struct{ text, context float32 }) {
	for c := range all {
		all[c].text = float32(c & maxCount)
		if c&inContext != 0 {
			all[c].context = contextWeight
		}
	}
	return all
}()

// saturate is BM25's weight of a term with this frequency, before IDF.
func saturate(frequency float32) float32 { return frequency * (k1 + 1) / (frequency + k1) }
