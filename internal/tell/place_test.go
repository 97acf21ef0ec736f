package tell_test

import (
	"context"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/place"
	"multivac/internal/store"
	"multivac/internal/tell"
)

// What is published says where in the file it stands, and still does when a
// newer segmenter has cut it again.
func TestPlacesArePublishedAndRefreshed(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		body := "---\ntitle: Pumps\n---\nimport A from 'b'\n\n# Pumps\n\n<Card\n  title=\"Limits\"\n>\n\nThe pump stops at 80 degrees.\n\n</Card>\n"
		w := newWorld(s)
		stop := w.run(t)
		r := w.tell(t, multivac.WaitIndexed, telling("pumps.mdx", body))[0]
		line := func(version string) {
			t.Helper()
			d := w.document(t, r.ID)
			offset := strings.Index(d.Text, "80 degrees")
			if got := place.At(d.Places, d.Text, offset); got != (multivac.Place{Line: 12}) {
				t.Errorf("%s, of the document: got %v, want line 12", version, got)
			}
			for n := range 20 {
				found, err := s.Excerpts(t.Context(), []multivac.PassageID{{Document: r.ID, Revision: 1, Number: n}})
				if err != nil {
					t.Fatal(err)
				}
				if p := found[0].Passage; p.Text != "" && p.Start <= offset && offset < p.End {
					if got := place.Of(p, offset); got != (multivac.Place{Line: 12}) {
						t.Errorf("%s: got %v, want line 12 of %q", version, got, p.Text)
					}
					return
				}
			}
			t.Errorf("%s: no passage holds the sentence", version)
		}
		line("as told")
		stop()

		refresher := tell.NewRefresher(s, w.queue, w.maker)
		w.maker.Segmenter, w.maker.Segment = w.maker.Segmenter+1, halves
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- refresher.Run(ctx) }()
		for {
			outdated, err := s.CountOutdated(t.Context(), store.Version{Segmenter: w.maker.Segmenter})
			if err != nil {
				t.Fatal(err)
			}
			if outdated == 0 {
				break
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		line("refreshed")
	})
}
