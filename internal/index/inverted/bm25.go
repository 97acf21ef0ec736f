package inverted

// BM25 as Robertson and Zaragoza give it in "The Probabilistic Relevance
// Framework: BM25 and Beyond" (2009), with the weight of a term in the context
// (title, heading, lead) added to its count after length normalisation, as in
// their BM25F.
const (
	k1            = 0.5
	b             = 0.7
	contextWeight = 1.5
	maxLength     = 1023 // longer passages count as this long
)

// norms are BM25's length norms, by words of the passage.
type norms [maxLength + 1]float32

func averageLength(words, passages int) float64 {
	return max(1, float64(words)/float64(max(1, passages)))
}

func (n *norms) set(average float64) {
	for length := range n {
		n[length] = float32(1 / (1 - b + b*float64(length)/average))
	}
}

// frequency is that of a term which occurs so many times in a passage,
// normalised; lengths are those of the passages of the segment.
func (n *norms) frequency(c count, lengths []uint16, passage uint16) float32 {
	length := uint16(c >> lengthBits)
	if length == manyWords {
		length = min(lengths[passage], maxLength)
	}
	t := &times[c&(maxCount|inContext)]
	return t.text*n[length&maxLength] + t.context
}

// times says what the lower 8 bits of a count mean.
var times = func() (all [1 << lengthBits]struct{ text, context float32 }) {
	for c := range all {
		all[c].text = float32(c & maxCount)
		if c&inContext != 0 {
			all[c].context = contextWeight
		}
	}
	return all
}()

// saturate is BM25's weight of a term of such a frequency, before IDF.
func saturate(frequency float32) float32 { return frequency * (k1 + 1) / (frequency + k1) }
