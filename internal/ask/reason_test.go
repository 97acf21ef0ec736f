package ask

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"testing"

	"multivac"
	"multivac/internal/rank"
)

var handbook = map[string]string{
	"handbook.md": "# Handbook\n\nThe payments service was moved to Dublin. Alice Smith looks after it. " +
		"Backups of the payments database are kept for 35 days. The tunnel to Dublin is closed at night.",
	"pump.md":   "# Pump P1\n\nThe pump is serviced by the workshop. It stands in the cellar.",
	"garden.md": "# 公园\n\n公园里有夏季剧院。",
}

var numbers = regexp.MustCompile(`(under |over )?[0-9]+%`)

// TestReasonsReadWell shows what a user reads, with percentages as N.
func TestReasonsReadWell(t *testing.T) {
	shelf := newShelf(handbook)
	s := New(shelf, shelf, shelf, unsure(t), nil)
	f := func(question, want string) {
		t.Helper()
		a := ask(t, s, multivac.Question{Text: question})
		if a.Reason == nil {
			t.Fatalf("Ask(%q) answers %q, want a refusal", question, a.Text())
		}
		if got := numbers.ReplaceAllString(a.Reason.Text, "N"); got != want {
			t.Errorf("Ask(%q)\n got %s\nwant %s\nnear %v", question, got, want, a.Sentences)
		}
	}
	const (
		near = " N likely to answer the question, where N is asked for."
		far  = " is too far from the question: N likely to answer it, where N is asked for."
		all  = "The nearest sentence has the words of the question, but is only N likely to answer it, where N is asked for."
	)
	f("?!", "The question has no words to look for.")
	f("Which volcano erupts?", "Nothing told contains any word of the question.")
	f("Who moved the payments service?", all)
	f("How can I get the pump?", all)
	// The wrong kind of thing.
	f("When was the payments service moved?", "The question asks for a date, and the nearest sentence has none. It is"+near)
	f("Why is the tunnel closed at night?", "The question asks for a reason, and the nearest sentence has none. It is"+near)
	f("Whose pump stands in the cellar?", "The question asks for a name, and the nearest sentence has none. It is"+near)
	// Another thing: its name or number is missing.
	f("When is pump P7 serviced?", "Nothing told contains “P7”. The question asks for a date, and the nearest sentence has none. It is"+near)
	f("How many people in Dublin look after the tunnel of pump P1?", "The question asks for a number, and the nearest sentence has none. It is not about “Dublin”. It is"+near)
	f("How long are backups of the payroll database kept?", "Nothing told contains “payroll”. The nearest sentence is"+near)
	// Far from anything told.
	f("How many people look after the tunnel?", "The question asks for a number, and the nearest sentence has none. It is"+near)
	f("Which workshop moved the tunnel into the cellar?", "The nearest sentence says nothing of “workshop”, “moved” or “tunnel”. It is"+near)
	// Words that only say how something is asked are not listed.
	f("Is there always somebody who can please tell me more about a cinema in Dublin?", "Nothing told contains “cinema”. The nearest sentence"+far)
	f("A cinema, a library, a museum, a bar, a pool or a zoo in Dublin?",
		"Nothing told contains “cinema”, “library”, “museum”, “bar” or 2 more words of the question. The nearest sentence is"+near)
	f("公园里有游泳池吗？", "Nothing told contains “有游泳池吗”. The nearest sentence is"+near)
	// An identifier is said as it was typed, once.
	f("Is the payments service on payments-db-7 or in eu_west_1?",
		"Nothing told contains “payments-db-7” or “eu_west_1”. The nearest sentence is"+near)
	f("Is a payments-lorry closed at night?", "Nothing told contains “payments-lorry”. The nearest sentence is"+near)
}

// TestUnmatchedIsWhatWasTyped checks that neither halves of words nor parts of
// identifiers are listed.
func TestUnmatchedIsWhatWasTyped(t *testing.T) {
	shelf := newShelf(handbook)
	s := New(shelf, shelf, shelf, unsure(t), nil)
	f := func(question string, want ...string) {
		t.Helper()
		a := ask(t, s, multivac.Question{Text: question})
		if a.Reason == nil || !slices.Equal(a.Reason.Unmatched, want) {
			t.Errorf("Ask(%q) lists %q, want %q", question, a.Reason.Unmatched, want)
		}
	}
	f("公园里有游泳池吗？", "有游泳池吗")
	f("公园里有游泳池和游泳圈？", "有游泳池和游泳圈")
	f("Dublinにプールと体育館がある？", "に", "プール", "と体育館がある")
	f("ร้านอาหารใน Dublin", "ร้านอาหารใน")
	f("Is PaymentsDBDown or payments_db_down told of in Dublin?", "PaymentsDBDown", "told")
	f("Is the --max-lag of payments-v7.2/eu 30ms in Dublin?", "--max-lag", "payments-v7.2/eu", "30ms")
	f("Is Dublin a carbon-free city?", "carbon-free", "city")
}

// unsure is the model with a threshold that no confidence reaches.
func unsure(t *testing.T) *rank.Model {
	t.Helper()
	learned, err := os.ReadFile("../rank/model.json")
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile("../rank/translations.bin")
	if err != nil {
		t.Fatal(err)
	}
	translations, err := rank.LoadTranslations(table)
	if err != nil {
		t.Fatal(err)
	}
	var p rank.Parameters
	if err := json.Unmarshal(learned, &p); err != nil {
		t.Fatal(err)
	}
	p.Thresholds = map[multivac.Stop]float64{multivac.Balanced: 1}
	m, err := rank.NewModel(p, translations)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
