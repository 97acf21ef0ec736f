package cache

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"multivac"
)

// fill gives every field that v has a value of its own, so that a field which
// is added later and not encoded is missed.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("text ", *n, " ä"))
	case reflect.Int:
		v.SetInt(int64(*n))
	case reflect.Uint64:
		v.SetUint(uint64(*n) << 40)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(1 / float64(*n))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
		if q, ok := v.Addr().Interface().(*multivac.Quotation); ok {
			q.End = q.Start + len(q.Text)
			q.Sentence = multivac.Span{Start: q.Start + 1, End: q.End - 2}
			q.Marks = []multivac.Span{{Start: 0, End: 1}, {Start: 2, End: 4}}
		}
	default:
		panic("fill has no value for " + v.Type().String())
	}
}

func full() multivac.Answer {
	var a multivac.Answer
	n := 0
	fill(reflect.ValueOf(&a).Elem(), &n)
	a.State, a.Position = multivac.InsufficientData, ""
	a.Sentences[1].Source, a.Reason.Nearest.Source = a.Sentences[0].Source, a.Sources[0] // so that some are repeated
	return a
}

func TestEntryKeepsEveryField(t *testing.T) {
	f := func(a multivac.Answer) {
		t.Helper()
		got, err := decodeAnswer(appendAnswer(nil, a))
		if d := cmp.Diff(a, got); d != "" || err != nil {
			t.Errorf("%v (-want +got)\n%s", err, d)
		}
	}
	f(full())
	f(answer("Adell"))
	f(multivac.Answer{State: multivac.InsufficientData, Reason: &multivac.Reason{Code: multivac.NothingFound, Unmatched: []string{"entropy"}}})
}

// What could not be shown is no answer, however it came to be written.
func TestEntryHasToBeAnAnswer(t *testing.T) {
	f := func(what string, change func(*multivac.Answer)) {
		t.Helper()
		a := usual()
		change(&a)
		if got, err := decodeAnswer(appendAnswer(nil, a)); err == nil {
			t.Errorf("an answer with %s is read as %+v", what, got)
		}
	}
	f("no sentence", func(a *multivac.Answer) { a.Sentences = nil })
	f("no state", func(a *multivac.Answer) { a.State = "" })
	f("no reason", func(a *multivac.Answer) { a.State = multivac.InsufficientData })
	f("a mark behind its text", func(a *multivac.Answer) { a.Sentences[0].Marks = []multivac.Span{{Start: 0, End: 1000}} })
	f("a mark that ends before it begins", func(a *multivac.Answer) { a.Sentences[0].Marks = []multivac.Span{{Start: 2, End: 1}} })
	f("a span that is not the text's", func(a *multivac.Answer) { a.Sentences[0].End++ })
	f("a best sentence before its text", func(a *multivac.Answer) { a.Sentences[0].Sentence.Start = a.Sentences[0].Start - 1 })
	f("a best sentence behind its text", func(a *multivac.Answer) { a.Sentences[0].Sentence.End = a.Sentences[0].End + 1 })
	for n, whole := 0, appendAnswer(nil, usual()); n < len(whole); n++ {
		if _, err := decodeAnswer(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes are read as an answer", n, len(whole))
		}
	}
	if _, err := decodeAnswer(append(appendAnswer(nil, usual()), 0)); err == nil {
		t.Error("an answer with a byte behind it is read")
	}
}

// An answer as they are: four sentences of two documents.
func usual() multivac.Answer {
	a := multivac.Answer{State: multivac.Answered, Confidence: 0.93, Sources: []string{"runbooks/database/failover.md", "runbooks/database/backup.md"}}
	for i, text := range []string{
		"Promote the standby with `pg_ctl promote` once the primary is fenced.",
		"Fence the primary before anything else, for two primaries lose data.",
		"The standby is at most 5 seconds behind.",
		"A backup is taken each night at 02:30 and kept for 35 days.",
	} {
		a.Sentences = append(a.Sentences, multivac.Quotation{
			Text: text, Confidence: 0.9 / float64(i+1), Document: multivac.Telling{Source: a.Sources[i/3]}.ID(), Revision: 3,
			Source: a.Sources[i/3], Title: "Databases", Heading: "Databases › When the primary is gone", Start: 1200, End: 1200 + len(text),
			Shape: multivac.ShapeSentence, Sentence: multivac.Span{Start: 1200, End: 1200 + len(text)},
			Before: "Call whoever is on duty.", After: "Then look at the replication lag.", Marks: []multivac.Span{{Start: 0, End: 7}},
		})
	}
	return a
}

func TestEntryIsSmall(t *testing.T) {
	a := usual()
	if n := len(appendAnswer(nil, a)); n > 1000 {
		t.Errorf("an answer of four sentences takes %d bytes, want 1000 at most", n)
	}
}

func FuzzDecodeAnswer(f *testing.F) {
	f.Add(appendAnswer(nil, full()))
	f.Add(appendAnswer(nil, usual()))
	f.Add([]byte{})
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := decodeAnswer(b)
		if err != nil {
			return
		}
		_ = a.Text() // an answer that was decoded can be shown
		for _, q := range a.Sentences {
			for _, m := range q.Marks {
				_ = q.Text[m.Start:m.End]
			}
		}
		again, err := decodeAnswer(appendAnswer(nil, a))
		if d := cmp.Diff(a, again, cmpopts.EquateNaNs()); d != "" || err != nil {
			t.Errorf("decoded from %q, encoded and decoded again: %v (-first +again)\n%s", b, err, d)
		}
	})
}

func FuzzOpen(f *testing.F) {
	s, err := newSealer([]byte("a secret of a store"))
	if err != nil {
		f.Fatal(err)
	}
	_, aead, err := s.entry("who")
	if err != nil {
		f.Fatal(err)
	}
	good := seal(aead, usual())
	f.Add([]byte{})
	f.Add(good[:len(good)-1])
	f.Add(good)
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := open(aead, b); err == nil && !cmp.Equal(a, usual()) { // else it is the seed
			t.Errorf("%q was opened, and nobody who has the secret made it", b)
		}
	})
}

func BenchmarkEntry(b *testing.B) {
	s, err := newSealer([]byte("a secret of a store"))
	if err != nil {
		b.Fatal(err)
	}
	a := usual()
	_, aead, err := s.entry("who")
	if err != nil {
		b.Fatal(err)
	}
	sealed := seal(aead, a)
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			appendAnswer(nil, a)
		}
		b.ReportMetric(float64(len(sealed)), "bytes")
	})
	b.Run("key", func(b *testing.B) {
		for b.Loop() {
			s.entry("who")
		}
	})
	b.Run("seal", func(b *testing.B) {
		for b.Loop() {
			seal(aead, a)
		}
	})
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := open(aead, sealed); err != nil {
				b.Fatal(err)
			}
		}
	})
}
