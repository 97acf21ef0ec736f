package inverted

// mergeMembers makes one member of the live passages of several, of which there
// are at most maxPassages.
func mergeMembers(members []member) member {
	merged := &segment{}
	numbers := make([][]int32, len(members))
	terms, postings := 0, 0
	for i := range members {
		numbers[i] = merged.copyPassages(&members[i])
		terms += len(members[i].segment.terms) - 1
		postings += len(members[i].segment.counts)
	}
	m := merger{members: members, numbers: numbers, next: make([]int, len(members))}
	n := merged.begin(terms, postings)
	for stem, ok := m.least(); ok; stem, ok = m.least() {
		if ids, counts := m.postings(stem); len(ids) > 0 { // otherwise all passages that had it are gone
			merged.add(stem, ids, counts, n)
		}
	}
	merged.end()
	return newMember(merged, gather(members, numbers))
}

// A merger goes through the terms of several members, sorted by stem.
type merger struct {
	members []member
	numbers [][]int32 // by member and passage: the new number, or -1
	next    []int     // term of each member
	ids     []uint16
	buffer  []uint16
	counts  []count
}

// least returns the lowest stem that comes next in any member.
func (m *merger) least() (stem uint64, ok bool) {
	for i := range m.members {
		if terms := m.members[i].segment.terms; m.next[i] < len(terms)-1 && (!ok || terms[m.next[i]].stem < stem) {
			stem, ok = terms[m.next[i]].stem, true
		}
	}
	return stem, ok
}

// postings returns the live postings of the stem in all members, and moves on
// to the next stem. The next call overwrites them.
func (m *merger) postings(stem uint64) ([]uint16, []count) {
	m.ids, m.counts = m.ids[:0], m.counts[:0]
	for i := range m.members {
		seg := m.members[i].segment
		if m.next[i] == len(seg.terms)-1 || seg.terms[m.next[i]].stem != stem {
			continue
		}
		l := seg.list(m.next[i])
		m.next[i]++
		all := l.all(m.buffer)
		if l.isBitmap() {
			m.buffer = all
		}
		for k, c := range l.counts {
			if id := m.numbers[i][all[k]]; id >= 0 {
				m.ids, m.counts = append(m.ids, uint16(id)), append(m.counts, c)
			}
		}
	}
	return m.ids, m.counts
}

// copyPassages appends the live documents and passages of m. It returns the new
// number of each old passage, or -1.
func (s *segment) copyPassages(m *member) []int32 {
	numbers := make([]int32, len(m.segment.passages))
	for i := range m.segment.documents {
		first, end := m.segment.passagesOf(uint32(i))
		live := first < end && !m.isLeft(uint16(first))
		if live || first == end {
			d := m.segment.documents[i]
			d.first = uint32(len(s.passages))
			s.documents = append(s.documents, d)
		}
		for p := first; p < end; p++ {
			numbers[p] = -1
			if live {
				numbers[p] = int32(len(s.passages))
				s.passages = append(s.passages, passage{uint32(len(s.documents) - 1), m.segment.passages[p].number})
				s.lengths = append(s.lengths, m.segment.lengths[p])
			}
		}
	}
	return numbers
}
