package sqlite_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"multivac"
	"multivac/internal/store"
	"multivac/internal/store/sqlite"
)

var now = time.UnixMilli(1_700_000_000_000).UTC()

func open(tb testing.TB, dir string) *sqlite.DB {
	tb.Helper()
	db, err := sqlite.Open(dir)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

// sample returns a document of about 2 KB, cut into ten passages.
func sample(n int64) (multivac.Telling, store.Publication) {
	var text strings.Builder
	p := store.Publication{Title: fmt.Sprintf("Document %d", n)}
	for i := range 10 {
		start := text.Len()
		one := multivac.Passage{Number: i, Kind: multivac.Prose, Heading: p.Title, Start: start}
		for j := range 3 {
			at := text.Len()
			fmt.Fprintf(&text, "Sentence %d of passage %d in document %d says something of its own.", j, i, n)
			one.Sentences = append(one.Sentences, multivac.Span{Start: at, End: text.Len()})
			text.WriteByte(' ')
		}
		one.End = text.Len()
		one.Text = text.String()[start:]
		text.WriteByte('\n')
		p.Passages = append(p.Passages, one)
	}
	p.Text = text.String()
	return multivac.Telling{Source: fmt.Sprintf("file-%d.md", n), Title: p.Title, Body: []byte(p.Text)}, p
}

// fill publishes n documents and returns their receipts.
func fill(tb testing.TB, db *sqlite.DB, n int) []multivac.Receipt {
	tb.Helper()
	tellings := make([]multivac.Telling, n)
	for i := range n {
		tellings[i], _ = sample(int64(i))
	}
	receipts, err := db.Put(tb.Context(), tellings, now)
	if err != nil {
		tb.Fatal(err)
	}
	var wait sync.WaitGroup
	for w := range 64 {
		wait.Go(func() {
			for i := w; i < n; i += 64 {
				_, p := sample(int64(i))
				if _, err := db.Publish(tb.Context(), multivac.Task{Document: receipts[i].ID, Revision: 1}, p, now); err != nil {
					tb.Error(err)
				}
			}
		})
	}
	wait.Wait()
	return receipts
}

// together runs do b.N times, in so many goroutines.
func together(b *testing.B, goroutines int, do func(ctx context.Context, n int64) error) {
	var n atomic.Int64
	var wait sync.WaitGroup
	ctx := b.Context()
	b.ResetTimer()
	for range goroutines {
		wait.Go(func() {
			for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
				if err := do(ctx, i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wait.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "docs/s")
}

func BenchmarkPut(b *testing.B) {
	for _, goroutines := range []int{1, 16, 256} {
		b.Run(fmt.Sprint(goroutines), func(b *testing.B) {
			db := open(b, b.TempDir())
			together(b, goroutines, func(ctx context.Context, n int64) error {
				t, _ := sample(n)
				_, err := db.Put(ctx, []multivac.Telling{t}, now)
				return err
			})
		})
	}
}

func BenchmarkPublish(b *testing.B) {
	for _, goroutines := range []int{1, 16, 256} {
		b.Run(fmt.Sprint(goroutines), func(b *testing.B) {
			db := open(b, b.TempDir())
			tellings := make([]multivac.Telling, b.N)
			for i := range tellings {
				tellings[i], _ = sample(int64(i) + 1)
			}
			receipts, err := db.Put(b.Context(), tellings, now)
			if err != nil {
				b.Fatal(err)
			}
			together(b, goroutines, func(ctx context.Context, n int64) error {
				_, p := sample(n)
				_, err := db.Publish(ctx, multivac.Task{Document: receipts[n-1].ID, Revision: 1}, p, now)
				return err
			})
		})
	}
}

func BenchmarkDelete(b *testing.B) {
	db := open(b, b.TempDir())
	receipts := fill(b, db, b.N)
	together(b, 1, func(ctx context.Context, n int64) error {
		_, err := db.Delete(ctx, receipts[n-1].ID, now)
		return err
	})
}

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		db, err := sqlite.Open(b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExcerpts(b *testing.B) {
	db := open(b, b.TempDir())
	receipts := fill(b, db, 2000)
	ids := make([]multivac.PassageID, 20)
	n := 0
	for b.Loop() {
		for i := range ids {
			n += 7919
			ids[i] = multivac.PassageID{Document: receipts[n%len(receipts)].ID, Revision: 1, Number: n % 10}
		}
		excerpts, err := db.Excerpts(b.Context(), ids)
		if err != nil || excerpts[19].Text == "" {
			b.Fatal(excerpts, err)
		}
	}
}

// BenchmarkQuotes reads 4 quotes at once, as an answer has them.
func BenchmarkQuotes(b *testing.B) {
	db := open(b, b.TempDir())
	receipts := fill(b, db, 2000)
	quotes := make([]store.Quote, 4)
	n := 0
	for b.Loop() {
		for i := range quotes {
			n += 7919
			quotes[i] = store.Quote{Document: receipts[n%len(receipts)].ID, Revision: 1, Span: multivac.Span{Start: 500, End: 570}}
		}
		texts, err := db.Quotes(b.Context(), quotes)
		if err != nil || len(texts[3]) != 70 {
			b.Fatal(texts, err)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	db := open(b, b.TempDir())
	fill(b, db, 2000)
	for b.Loop() {
		n := 0
		err := db.Scan(b.Context(), func(c store.Change) error { n += len(c.Passages); return nil })
		if err != nil || n != 20000 {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(2000/(b.Elapsed().Seconds()/float64(b.N)), "docs/s")
}
