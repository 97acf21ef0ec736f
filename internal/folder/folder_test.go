package folder_test

import (
	"testing"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/folder"
	"multivac/internal/meaning"
)

func TestFolder(t *testing.T) {
	f := folder.New(nil, extract.Default)
	add := func(source, mediaType, body string) {
		t.Helper()
		if err := f.Add(multivac.Telling{Source: source, MediaType: mediaType, Body: []byte(body)}, true); err != nil {
			t.Fatalf("add %s: %v", source, err)
		}
	}
	add("pump.md", multivac.Markdown, "# Pump\n\nAn introduction.\n\nThe pump stops at 80 degrees.\n")
	add("valve.html", multivac.HTML, "<title>Valve</title>\n<p>\nThe valve opens at 4 bar.\n</p>\n")
	asker := f.Asker(meaning.Off)
	ask := func(question, source string, line int) {
		t.Helper()
		a, err := asker.Ask(t.Context(), multivac.Question{Text: question})
		if err != nil || a.State != multivac.Answered {
			t.Fatalf("asked %q: %+v, %v", question, a, err)
		}
		if q := a.Sentences[0]; q.Source != source || q.Place.Line != line {
			t.Errorf("asked %q: answer is at %s:%d, want %s:%d", question, q.Source, q.Place.Line, source, line)
		}
	}
	ask("At how many degrees does the pump stop?", "pump.md", 5)
	ask("At how many bar does the valve open?", "valve.html", 3)
}
