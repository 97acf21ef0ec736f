// Package findtest is the suite that every find.Finder with its find.Sink has to
// pass.
package findtest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"testing"

	"multivac"
	"multivac/internal/find"
	"multivac/internal/meaning"
	"multivac/internal/store"
	"multivac/internal/text"
)

// An Index is what the suite checks.
type Index interface {
	find.Finder
	find.Sink
}

// Vectors is the version of the vectors that an index under test accepts.
const Vectors = 3

// Run checks the indexes that open returns. Each has to be empty, and all have
// to use the same key of fingerprints.
func Run(t *testing.T, open func(testing.TB) Index) {
	for name, test := range map[string]func(*testing.T, func(testing.TB) Index){
		"only the latest counts": onlyTheLatestCounts,
		"words are counted":      wordsAreCounted,
		"mistakes":               mistakes,
		"views do not change":    viewsDoNotChange,
		"replaced in one step":   replacedInOneStep,
		"fingerprints":           fingerprints,
		"vectors":                vectorsOfVersions,
		"equal scores":           equalScores,
		"equal content":          equalContent,
		"nothing for nobody":     nothingForNobody,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

const collection = multivac.CollectionName("c")

// published is a published document of the collection with 1 or more sentences.
func published(document string, revision int, body string) store.Change {
	return store.Change{Collection: collection, Document: multivac.DocumentID(document), Revision: multivac.Revision(revision),
		State: multivac.Indexed, Hash: multivac.Telling{Title: document, Body: []byte(body)}.Hash(), Passages: text.Segment(body), Version: store.Version{Segmenter: 1}}
}

func gone(document string, revision int, state multivac.State) store.Change {
	return store.Change{Collection: collection, Document: multivac.DocumentID(document), Revision: multivac.Revision(revision), State: state}
}

// Returns c with vectors of this version, which are made of the sentences'
// bytes.
func enriched(c store.Change, version int) store.Change {
	c.Version.Vectors, c.Vectors = version, nil
	for _, p := range c.Passages {
		for _, s := range p.Sentences {
			c.Vectors = append(c.Vectors, vectorOf(p.Sentence(s))...)
		}
	}
	return c
}

func vectorOf(sentence string) []byte {
	made := make([]byte, meaning.Width)
	for i := range made {
		made[i] = sentence[i%len(sentence)]*3 + byte(i*len(sentence))
	}
	return made
}

func apply(t testing.TB, x Index, at multivac.Position, changes ...store.Change) {
	t.Helper()
	if err := x.Apply(t.Context(), changes, at); err != nil {
		t.Fatal(err)
	}
}

func look(t testing.TB, x Index, q find.Query) find.Found {
	t.Helper()
	f, err := x.Find(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func view(x Index) find.View {
	v, _ := x.View(collection)
	return v
}

func stems(words ...string) (stems []uint64) {
	for _, w := range words {
		stems = append(stems, text.AppendWords(nil, w)[0].Stem)
	}
	return stems
}

// found returns "document/number" of the best passages with a word.
func found(t testing.TB, x Index, in find.View, word string) (names []string) {
	t.Helper()
	for _, h := range look(t, x, find.Query{In: in, Terms: []find.Term{{Stem: stems(word)[0], Weight: 1}}, Passages: 10}).Hits {
		names = append(names, fmt.Sprintf("%s/%d", h.Document, h.Number))
	}
	return names
}

func want(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// Changes that come twice, late or after a newer one make no difference.
func onlyTheLatestCounts(t *testing.T, open func(testing.TB) Index) {
	f := func(want string, runs ...[]store.Change) {
		t.Helper()
		x := open(t)
		for _, changes := range runs {
			apply(t, x, "p", changes...)
		}
		r, ok := x.Revision("1")
		v, some := x.View(collection)
		got := "none"
		if ok {
			got = fmt.Sprint(r)
			if v.Documents != 1 || len(found(t, x, v, "revision"+got)) != 1 || len(found(t, x, v, "of")) != 1 {
				t.Errorf("%v: revision %s is not what is found", runs, got)
			}
		}
		if got != want || some != ok {
			t.Errorf("%v: got %s, want %s; there is a collection: %t", runs, got, want, some)
		}
	}
	revision := func(n int) store.Change {
		return published("1", n, fmt.Sprintf("Revision%d of document1.", n))
	}
	one, two, three := revision(1), revision(2), revision(3)
	deleted, failed := gone("1", 4, multivac.Deleted), gone("1", 5, multivac.Failed)
	run := func(c ...store.Change) []store.Change { return c }
	f("1", run(one))
	f("1", run(one), run(one))
	f("3", run(one, two, three))
	f("3", run(three), run(one, two, three))
	f("3", run(one), run(three, two))
	f("3", run(three), run(one), run(two))
	f("none", run(one, deleted))
	f("none", run(deleted))
	f("none", run(one), run(deleted), run(deleted))
	f("3", run(three), run(failed))
	f("none", run(three, failed, deleted))
}

func wordsAreCounted(t *testing.T, open func(testing.TB) Index) {
	x := open(t)
	apply(t, x, "1", published("a", 1, "# Pump\n\nThe pump runs. The pump stops."), published("b", 1, "A valve.\n\n# Other\n\nA pump."))
	q := find.Query{In: view(x), Stems: stems("pump", "valve", "nothing")}
	want(t, "counts", look(t, x, q).Counts, []int{2, 1, 0})
	apply(t, x, "2", published("a", 2, "Silence."))
	q.In = view(x)
	want(t, "counts after a was replaced", look(t, x, q).Counts, []int{1, 1, 0})
	apply(t, x, "3", gone("b", 2, multivac.Deleted))
	q.In = view(x)
	want(t, "counts after b was deleted", look(t, x, q).Counts, []int{0, 0, 0})
	want(t, "position", x.Position(), multivac.Position("3"))
	want(t, "collections", x.Collections(), []multivac.Collection{{Name: collection, Documents: 1, Passages: 1}})
}

func mistakes(t *testing.T, open func(testing.TB) Index) {
	x := open(t)
	apply(t, x, "1", published("a", 1, "The pump."), published("b", 1, "A pump and a lamp."), published("c", 1, "Dead words."), published("d", 1, "A ramp, a camp."))
	apply(t, x, "2", gone("c", 2, multivac.Deleted))
	f := func(what string, typed, unless, with string, meant []string, stem string, count, withCount int) {
		t.Helper()
		m := find.Mistake{Typed: stems(typed), Meant: func(yield func(find.Meant) bool) {
			for _, s := range stems(meant...) {
				y := find.Meant{Stem: s}
				if unless != "" {
					y.Unless = stems(unless)[0]
				}
				if with != "" {
					y.With = stems(with)[0]
				}
				if !yield(y) {
					return
				}
			}
		}}
		r := find.Reading{Count: count, With: withCount}
		if stem != "" {
			r.Stem = stems(stem)[0]
		}
		want(t, what, look(t, x, find.Query{In: view(x), Mistakes: []find.Mistake{m}}).Meant, []find.Reading{r})
	}
	f("what is in most passages", "pmup", "", "", []string{"lamp", "pump"}, "pump", 2, 0)
	f("of equals the first", "xamp", "", "", []string{"ramp", "camp", "lamp"}, "ramp", 1, 0)
	f("what is known is no mistake", "lamp", "", "", []string{"pump"}, "", 0, 0)
	f("what only deleted documents had is not meant", "wards", "", "", []string{"words"}, "", 0, 0)
	f("what only deleted documents had is a mistake", "words", "", "", []string{"pump"}, "pump", 2, 0)
	f("blocked by what is known", "pmup", "lamp", "", []string{"pump"}, "", 0, 0)
	f("not blocked by what is unknown", "pmup", "words", "lamp", []string{"pump"}, "pump", 2, 1)
}

func viewsDoNotChange(t *testing.T, open func(testing.TB) Index) {
	x := open(t)
	apply(t, x, "1", published("a", 1, "The pump."), published("b", 1, "The pump."))
	before := view(x)
	apply(t, x, "2", published("a", 2, "Silence."), gone("b", 2, multivac.Deleted))
	got, err := x.Find(t.Context(), find.Query{In: before, Terms: []find.Term{{Stem: stems("pump")[0], Weight: 1}}, Passages: 9})
	if !errors.Is(err, find.ErrMoved) && (err != nil || len(got.Hits) != 2) {
		t.Errorf("in an earlier view: found %+v, %v, want what it had or ErrMoved", got.Hits, err)
	}
	want(t, "found now", found(t, x, view(x), "pump"), []string(nil))
	want(t, "documents before", before.Documents, 2)
	want(t, "position before", before.Position, multivac.Position("1"))
	want(t, "position now", view(x).Position, multivac.Position("2"))
}

func runs(all ...[]store.Change) iter.Seq2[[]store.Change, error] {
	return func(yield func([]store.Change, error) bool) {
		for _, changes := range all {
			if !yield(changes, nil) {
				return
			}
		}
	}
}

func replacedInOneStep(t *testing.T, open func(testing.TB) Index) {
	x := open(t)
	want(t, "position of an empty index", x.Position(), multivac.Position(""))
	apply(t, x, "1", published("a", 1, "The pump."))
	broken := errors.New("broken")
	err := x.Replace(t.Context(), "2", func(yield func([]store.Change, error) bool) {
		if yield([]store.Change{published("b", 1, "The pump.")}, nil) {
			want(t, "found while it is replaced", found(t, x, view(x), "pump"), []string{"a/0"})
			yield(nil, broken)
		}
	})
	if !errors.Is(err, broken) {
		t.Errorf("Replace by a scan that breaks: got %v, want its error", err)
	}
	want(t, "found after a scan broke", found(t, x, view(x), "pump"), []string{"a/0"})
	want(t, "position after a scan broke", x.Position(), multivac.Position("1"))
	if err := x.Replace(t.Context(), "2", runs([]store.Change{published("b", 1, "The pump.")}, []store.Change{published("c", 1, "The pump.")})); err != nil {
		t.Fatal(err)
	}
	want(t, "found after it was replaced", found(t, x, view(x), "pump"), []string{"b/0", "c/0"})
	want(t, "position after it was replaced", x.Position(), multivac.Position("2"))
	if _, ok := x.Revision("a"); ok {
		t.Error("a document that the scan did not have is still there")
	}
	if err := x.Replace(t.Context(), "3", runs()); err != nil {
		t.Fatal(err)
	}
	want(t, "position after it was replaced by nothing", x.Position(), multivac.Position("3"))
	if _, ok := x.View(collection); ok {
		t.Error("an empty collection is left")
	}
}

func fingerprints(t *testing.T, open func(testing.TB) Index) {
	f := func(changes ...store.Change) [16]byte {
		x := open(t)
		for i, c := range changes {
			apply(t, x, multivac.Position(fmt.Sprint(i)), c)
		}
		return view(x).Fingerprint
	}
	a, b := published("a", 1, "One."), published("b", 1, "Two.")
	ab := f(a, b)
	want(t, "in another order", f(b, a), ab)
	want(t, "with another document in between", f(a, published("c", 1, "Three."), b, gone("c", 2, multivac.Deleted)), ab)
	want(t, "with vectors of another version", f(a, enriched(b, Vectors+1)), ab)
	seen := map[[16]byte]string{ab: "a, b"}
	for name, got := range map[string][16]byte{
		"a":                 f(a),
		"b":                 f(b),
		"nothing":           f(),
		"a, another b":      f(a, published("b", 1, "Three.")),
		"a, b revised":      f(a, published("b", 2, "Two.")),
		"a, b with vectors": f(a, enriched(b, Vectors)),
	} {
		if other, ok := seen[got]; ok {
			t.Errorf("%s: the same fingerprint as %s", name, other)
		}
		seen[got] = name
	}
}

func vectorsOfVersions(t *testing.T, open func(testing.TB) Index) {
	x := open(t)
	a, b := published("a", 1, "The pump is cold."), published("b", 1, "A valve opens. It is red.")
	sense := new(meaning.Vector)
	for i, y := range vectorOf("A valve opens.") {
		sense[i] = int8(y)
	}
	cosines := func(what string, hits ...int) {
		t.Helper()
		got := look(t, x, find.Query{In: view(x), Terms: []find.Term{{Stem: stems("pump")[0], Weight: 1}}, Passages: 9, Vector: sense, Nearest: 9})
		var n []int
		for _, c := range got.Cosines {
			n = append(n, len(c))
		}
		want(t, what+": sentences with a cosine, by hit", n, hits)
		want(t, what+": hits by terms", got.ByTerms, 1)
		if len(hits) > 1 && (got.Cosines[1][0] < 0.999 || got.Cosines[1][1] > 0.999) {
			t.Errorf("%s: cosines are %v, want 1 for the first sentence of b alone", what, got.Cosines)
		}
	}
	apply(t, x, "1", a, b)
	cosines("without vectors", 0)
	apply(t, x, "2", enriched(a, Vectors+1), enriched(b, Vectors-1))
	cosines("with vectors of other versions", 0)
	apply(t, x, "3", enriched(b, Vectors))
	cosines("with vectors of one document", 0, 2)
	apply(t, x, "4", enriched(a, Vectors))
	cosines("with vectors of both", 1, 2)
	apply(t, x, "5", enriched(b, Vectors+1))
	cosines("after other vectors took their place", 1)
}

// Of equally good passages the first by document, revision and number is found,
// in whatever part of the index it is.
func equalScores(t *testing.T, open func(testing.TB) Index) {
	x := open(t)
	for i, d := range []string{"e", "b", "d", "a", "c"} {
		apply(t, x, multivac.Position(fmt.Sprint(i)), published(d, 1, "The pump.\n\n# Other\n\nThe pump."))
	}
	q := find.Query{In: view(x), Terms: []find.Term{{Stem: stems("pump")[0], Weight: 1}}, Passages: 3}
	var got []multivac.PassageID
	for _, h := range look(t, x, q).Hits {
		got = append(got, h.PassageID)
	}
	want(t, "the best 3 of 10 equals", got, []multivac.PassageID{{Document: "a", Revision: 1}, {Document: "a", Revision: 1, Number: 1}, {Document: "b", Revision: 1}})
}

func nothingForNobody(t *testing.T, open func(testing.TB) Index) {
	x := open(t)
	v, ok := x.View("nowhere")
	if ok || v.Collection != "nowhere" || v.Documents != 0 {
		t.Errorf("View of no collection: got %+v, %t", v, ok)
	}
	got := look(t, x, find.Query{In: v, Stems: stems("pump"), Terms: []find.Term{{Stem: 1, Weight: 1}}, Passages: 9, Vector: &meaning.Vector{1}, Nearest: 9})
	if len(got.Hits) != 0 || !slices.Equal(got.Counts, []int{0}) {
		t.Errorf("found in no collection: %+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Find(ctx, find.Query{In: v}); !errors.Is(err, context.Canceled) {
		t.Errorf("Find after the caller gave up: got %v, want the context's error", err)
	}
}
