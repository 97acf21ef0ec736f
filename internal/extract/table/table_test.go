package table

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/place"
)

func wantQuoted(t *testing.T, in string, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, extracttest.Quotable(t, CSV, in)); d != "" {
		t.Errorf("%s (-want +got)\n%s", in, d)
	}
}

// linesOf returns the lines of the file on which those of the text began.
func linesOf(e extract.Extracted) (lines []int) {
	offset := 0
	for l := range strings.Lines(e.Text) {
		if strings.TrimSpace(l) != "" {
			lines = append(lines, place.At(e.Places, e.Text, offset).Line)
		}
		offset += len(l)
	}
	return lines
}

func TestCSV(t *testing.T) {
	f := func(format extract.Format, in, want string, lines ...int) {
		t.Helper()
		e := extracttest.Read(t, format, in)
		if d := cmp.Diff(want, e.Text); d != "" {
			t.Errorf("%q (-want +got)\n%s", in, d)
		}
		if d := cmp.Diff(lines, linesOf(e)); lines != nil && d != "" {
			t.Errorf("%q lines (-want +got)\n%s", in, d)
		}
	}
	f(CSV, "a,b\n1,2\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", 1, 1, 2)
	f(CSV, "\ufeffa;b\r\n\r\n1,5;\"two\r\nlines; one | bar\"\r\n3;4", "| a | b |\n|---|---|\n| 1,5 | two lines; one \\| bar |\n| 3 | 4 |\n", 1, 1, 3, 5)
	f(CSV, "a\tb\n1, 2\t3\n", "| a | b |\n|---|---|\n| 1, 2 | 3 |\n")
	f(CSV, "sep=|\na|b\n1|2\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", 2, 2, 3)
	f(CSV, "a,b\n1\n1,2,3\n,,\n", "| a | b |\n|---|---|\n| 1 |\n| 1 | 2 | 3 |\n")
	f(CSV, "a,b\nsay \"hi\" now,2\n\"open", "| a | b |\n|---|---|\n| say \"hi\" now | 2 |\n| open |\n")
	f(CSV, "name\nBo\n", "| name |\n|---|\n| Bo |\n")
	f(CSV, "only, one row", "| only | one row |\n")
	f(TSV, "a,b\tc\n1\t2\n", "| a,b | c |\n|---|---|\n| 1 | 2 |\n")
	f(CSV, `"a ""b"" c",d`+"\n1,2", "| a \"b\" c | d |\n|---|---|\n| 1 | 2 |\n")
}

// Whether a table has a header is told by its cells.
func TestCSVHeader(t *testing.T) {
	f := func(in string, header bool) {
		t.Helper()
		if got := strings.Contains(extracttest.Read(t, CSV, in).Text, "|---"); got != header {
			t.Errorf("%q: got a header: %v, want %v", in, got, header)
		}
	}
	f("billing,Heron,4471\nsearch,Finch,4472\nrelay,Wren,4473\n", false)
	f("billing,Heron,4471\nsearch,Finch,4472\n", false)
	f("billing;Heron;4,5\nsearch;Finch;5,5\n", false)
	f("billing,Heron\nsearch,Finch\nrelay,Wren\n", false)
	f("srv01,Frankfurt\nsrv02,Paris\n", false)
	f("Bo,1999,bo@x.org\nAl,2001,al@x.org\n", false)
	f("Bo,2024-01-02\nAl,2024-02-03\n", false)
	f("10.0.0.1,web,up\n10.0.0.2,db,down\n", false)
	f("timeout,30\nretries,5\n", false)
	f("Fee,9 EUR\nDeposit,20 EUR\n", false)
	f("Europe,Berlin\nEurope,Paris\nAsia,Tokyo\n", false)
	f("Do you ship to Malta?,Yes.\nDo you ship to Iceland?,No.\n", false)
	f("service,team\nbilling,Heron\nsearch,Finch\n", true)
	f("id,Name\nabc,Bob\ndef,Al\n", true)
	f("question,answer\nDo you ship to Malta?,Yes.\nDo you ship to Iceland?,No.\n", true)
	f("Name,Email,Joined\nBo,bo@x.org,2024-01-02\nAl,al@x.org,2024-02-03\n", true)
	f("key,value\ntimeout,30\nretries,5\n", true)
	f("Region,2022,2023,2024\nNorth,1,2,3\nSouth,5,6,7\n", true)
	f("Month,1,2,3\nNorth,10,20,30\n", true)
	f("Plan,Q1,Q2\nA,1,2\nB,3,4\n", true)
	f("Name,Bird\nBo,Finch\nAl,Wren\n", true)
	f("name\nBo\n", true)
}

func TestCSVAsItIsRead(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		wantQuoted(t, in, want...)
	}
	f("Report of 2024\n\nPlan,Fee,Seats\nA,9,1\nSource: finance,,\n", "; ; Report of 2024", "; Plan | Fee | Seats; A | 9 | 1", "; Plan | Fee | Seats; Source: finance")
	f("Report of 2024,,\nGenerated,2024-05-01,\n,,\nPlan,Fee,Seats\nA,9,1\nB,19,5\n",
		"; ; Report of 2024", "; ; Generated: 2024-05-01", "; Plan | Fee | Seats; A | 9 | 1", "; Plan | Fee | Seats; B | 19 | 5")
	f("# made by x, on 2024-05-01\nid,name\n1,Bo\n2,Al\n", "; ; made by x, on 2024-05-01", "; id | name; 1 | Bo", "; id | name; 2 | Al")
	f("#id,name\n1,Bo\n2,Al\n", "; id | name; 1 | Bo", "; id | name; 2 | Al")
	f(",Q1,,Q2,\nRegion,Plan,Actual,Plan,Actual\nNorth,1,2,3,4\n",
		"; Region | Q1 › Plan | Q1 › Actual | Q2 › Plan | Q2 › Actual; North | 1 | 2 | 3 | 4")
	f("Plan,Fees,\n,Monthly,Yearly\nA,9,90\n", "; Plan | Fees › Monthly | Fees › Yearly; A | 9 | 90")
	f("Item,Weight,Length\n,kg,(cm)\nAxle,12,30\nBolt,1,4\n", "; Item | Weight (kg) | Length (cm); Axle | 12 | 30", "; Item | Weight (kg) | Length (cm); Bolt | 1 | 4")
	f("Plan,Region,Fee\nStarter,Europe,9\n,America,11\nMax,Europe,49\n,America,55\n",
		"; Plan | Region | Fee; Starter | Europe | 9", "; Plan | Region | Fee; Starter | America | 11", "; Plan | Region | Fee; Max | Europe | 49", "; Plan | Region | Fee; Max | America | 55")
	f("Plan,Region,Term,Fee\nA,Europe,month,9\n,,year,90\n,Asia,month,12\n,,year,99\n",
		"; Plan | Region | Term | Fee; A | Europe | month | 9", "; Plan | Region | Term | Fee; A | Europe | year | 90",
		"; Plan | Region | Term | Fee; A | Asia | month | 12", "; Plan | Region | Term | Fee; A | Asia | year | 99")
	f("Plan,Fee,Seats\nEurope,,\nA,9,1\nAsia,,\nA,10,1\n", "; Plan | Fee | Seats; Europe › A | 9 | 1", "; Plan | Fee | Seats; Asia › A | 10 | 1")
	// What is but missing stays so.
	f("id,name,age\n1,Bo,3\n,Al,4\n3,Cy,5\n", "; id | name | age; 1 | Bo | 3", "; id | name | age; | Al | 4", "; id | name | age; 3 | Cy | 5")
	f("name,price,stock\nApple,1,2\nPear,,\nPlum,,4\n", "; name | price | stock; Apple | 1 | 2", "; name | price | stock; Pear", "; name | price | stock; Plum |  | 4")
}

func TestCSVLines(t *testing.T) {
	e := extracttest.Read(t, CSV, "Report\n\n\"Pl\nan\",Fee\nA,9\n\nB,19\n")
	if d := cmp.Diff([]int{1, 3, 3, 5, 7}, linesOf(e)); d != "" || e.Title != "Report" {
		t.Errorf("title %q, lines (-want +got)\n%s\n%s", e.Title, d, e.Text)
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("a,b\n1,\"2\n3\"\n")
	f.Add("sep=;\na;b\n\"\"\";\n\r,,|\\|")
	f.Add("Report\n\n,Q1,\na,b,c\nx,1,2\n,3,\"\n")
	f.Add("# x\na,,\nb,1,2\nc,,\nd,3,4\n(kg),[m],%\n")
	f.Fuzz(func(t *testing.T, in string) { extracttest.Any(t, CSV, in) })
}

// Names of groups are written again and again: the text stays in proportion to
// the file.
func TestTableIsBounded(t *testing.T) {
	long := strings.Repeat("x", 600)
	for _, row := range []string{"\n,b,c", "\n" + long[:90] + ",,\na,1,2\nb,1,2"} {
		in := "a," + long + ",1\n" + long + ",b,1" + strings.Repeat(row, (1<<18)/len(row))
		if got := len(extracttest.Read(t, CSV, in).Text); got > 6*len(in) {
			t.Errorf("%.50s…: %d bytes of text of %d", in, got, len(in))
		}
	}
}

func BenchmarkCSV(b *testing.B) {
	in := []byte(strings.Repeat("Disc pad,\"3.8 mm, new\",1.0 mm,Workshop north\n", 10000))
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := CSV.Extract(b.Context(), in, extract.Default); err != nil {
			b.Fatal(err)
		}
	}
}

func TestBounded(t *testing.T) {
	extracttest.Bounded(t, CSV, "part,use\nseal,pumps\n")
	extracttest.Bounded(t, TSV, "part\tuse\nseal\tpumps\n")
}
