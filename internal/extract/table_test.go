package extract

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac"
)

// Whether a table has a header is told by its cells.
func TestCSVHeader(t *testing.T) {
	f := func(in string, header bool) {
		t.Helper()
		if got := strings.Contains(extract(t, multivac.CSV, in).Text, "|---"); got != header {
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
		wantQuoted(t, multivac.CSV, in, want...)
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
	e := extract(t, multivac.CSV, "Report\n\n\"Pl\nan\",Fee\nA,9\n\nB,19\n")
	if d := cmp.Diff([]int{1, 3, 3, 3, 5, 7}, e.Lines); d != "" || e.Title != "Report" {
		t.Errorf("title %q, lines (-want +got)\n%s\n%s", e.Title, d, e.Text)
	}
}
