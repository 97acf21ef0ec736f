package sqlite_test

import (
	"strings"
	"testing"
	"time"

	"multivac"
	"multivac/internal/store/storetest"
)

// A text that is the body is not stored again, whatever its length. Another text
// takes the place of the body.
func TestTextThatIsTheBody(t *testing.T) {
	db := open(t, t.TempDir())
	for _, n := range []int{1, 60, 700} { // a part of a chunk, and several
		body := strings.Repeat("A body that is its own text.\n\n", n)
		for _, text := range []string{body, "Something else.\n\n", body + "More.\n"} {
			receipts, err := db.Put(t.Context(), []multivac.Telling{{Source: strings.ReplaceAll(body[:min(len(body), 2000)], "\n", " "), Title: text[len(text)-5:], Body: []byte(body)}}, now)
			if err != nil {
				t.Fatal(err)
			}
			task, document, err := db.Lease(t.Context(), multivac.Task{Document: receipts[0].ID, Revision: receipts[0].Revision}, now, now.Add(time.Minute))
			if err != nil || string(document.Body) != body || document.Text != "" {
				t.Fatalf("leased %d bytes of a body and %d of a text, %v; want the %d of the body", len(document.Body), len(document.Text), err, len(body))
			}
			p := storetest.Cut(text)
			p.IsBody = text == body
			if _, err := db.Publish(t.Context(), task, p, now); err != nil {
				t.Fatal(err)
			}
			document, err = db.Document(t.Context(), task.Document)
			if err != nil || document.Text != text || document.Body != nil {
				t.Errorf("got a text of %d bytes and a body of %d, %v; want the text of %d", len(document.Text), len(document.Body), err, len(text))
			}
		}
	}
}
