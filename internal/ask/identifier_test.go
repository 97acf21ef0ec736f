package ask

import (
	"fmt"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/rank"
)

// alerts is runbooks of alerts whose names share most of their parts.
var alerts = func() map[string]string {
	told := map[string]string{}
	for name, impact := range map[string]string{
		"LedgerdWriterStalled": "No invoice is written at all.", "LedgerdWriterLagging": "Invoices appear late.",
		"LedgerdDiskFailing": "Blocks are lost.", "LedgerdDiskAlmostFull": "Soon nothing can be stored.",
		"LedgerdReaderGone": "Reports fail.", "LedgerdReaderLagging": "Reports are old.",
		"LedgerdQuorumLost": "The cluster stands still.", "LedgerdQuorumAtRisk": "One more loss stops the cluster.",
	} {
		told[name+".md"] = "# " + name + "\n\n## Impact\n\n" + impact + "\n\n## Mitigation\n\nCall the ledger team about this.\n"
	}
	return told
}()

func TestIdentifiersAreFoundWhole(t *testing.T) {
	shelf := newShelf(alerts)
	s := New(shelf, shelf, shelf, rank.Default(), nil)
	f := func(question, want string) {
		t.Helper()
		if a := ask(t, s, multivac.Question{Text: question}); a.Text() != want {
			t.Errorf("Ask(%q) = %q (%s), want %q", question, a.Text(), reason(a), want)
		}
	}
	for _, name := range []string{"LedgerdWriterStalled", "LEDGERD_WRITER_STALLED", "ledgerd-writer-stalled", "ledgerdWriterStalled",
		"ledgerd writer stalled", "ledgerdwriterstalled", "LedgerdWriterStaled", "`LedgerdWriterStalled`", "“LedgerdWriterStalled”"} {
		f(fmt.Sprintf("What is the impact of %s?", name), "No invoice is written at all.")
	}
	f("What is the impact of LedgerdDiskFailing?", "Blocks are lost.")
	f("What is the impact of ledgerd disk almost full?", "Soon nothing can be stored.")
	f("LedgerdReaderGone", "Reports fail.")
	f("LedgerdReaderLagging impact", "Reports are old.")
}

func reason(a multivac.Answer) string {
	if a.Reason == nil {
		return "answered"
	}
	return a.Reason.Text
}

func TestUnknownIdentifiersAreRefused(t *testing.T) {
	shelf := newShelf(alerts)
	s := New(shelf, shelf, shelf, rank.Default(), nil)
	for _, name := range []string{"LedgerdWriterFailing", "LEDGERD_DISK_GONE", "LedgerdReaderAtRisk", "ledgerd-quorum-stalled", "LedgerdWriter",
		"LedgerdQuorumLost2", "ledgerd/writer/stalled2", "v1.30", "E4021"} {
		a := ask(t, s, multivac.Question{Text: fmt.Sprintf("What is the impact of %s?", name), Stop: multivac.Eager})
		if a.State == multivac.Answered {
			t.Errorf("the impact of %s is %q", name, a.Text())
		} else if len(a.Reason.Unmatched) != 1 || a.Reason.Unmatched[0] != name {
			t.Errorf("of %s nothing told contains %q", name, a.Reason.Unmatched)
		}
	}
}

func TestIdentifiersOfEachKind(t *testing.T) {
	shelf := newShelf(map[string]string{"notes.md": strings.Join([]string{
		"The cluster in Lyon runs v1.30.", "The cluster in Turin runs v1.3.", "The cluster in Ghent runs v13.0.",
		"E4021 means that the tape is worn.", "E4022 means that the tape is missing.",
		"A volume has 10 GB.", "Old builds run on debian12 hosts.", "New builds run on Debian 13 hosts.",
		"The setting --max-lag bounds how far a replica is behind.", "The setting --min-lag is for tests.",
		"Metrics are written in C++ by the core team.", "Reports are written in C# by the tools team.", "The importer runs on .NET since spring.",
		"CVE-2024-3094 was closed in April.", "CVE-2024-3095 was closed in June.", "The gateway has 10.0.0.1/24 inside.",
		"Names are kept in /etc/hosts on old machines.", "The phones are of kind iPhone15 now.", "TLS1.3 is asked of all partners.",
		"The setting foo.bar/baz turns the lamp on.", "The setting foo.bar/qux turns the lamp off.",
	}, "\n\n")})
	s := New(shelf, shelf, shelf, rank.Default(), nil)
	f := func(question, want string) {
		t.Helper()
		a := ask(t, s, multivac.Question{Text: question, Stop: multivac.Eager})
		if got := a.Text(); got != want {
			t.Errorf("Ask(%q) = %q (%s), want %q", question, got, reason(a), want)
		}
	}
	f("Which cluster runs v1.30?", "The cluster in Lyon runs v1.30.")
	f("Which cluster runs v1.3?", "The cluster in Turin runs v1.3.")
	f("Which cluster runs v13.0?", "The cluster in Ghent runs v13.0.")
	f("Which cluster runs v1.31?", multivac.Insufficient)
	f("What does E4021 mean?", "E4021 means that the tape is worn.")
	f("What does e-4022 mean?", "E4022 means that the tape is missing.")
	f("What does E4023 mean?", multivac.Insufficient)
	f("What has 10GB?", "A volume has 10 GB.")
	f("What runs on debian 12?", "Old builds run on debian12 hosts.")
	f("What runs on Debian13?", "New builds run on Debian 13 hosts.")
	f("What does max-lag bound?", "The setting --max-lag bounds how far a replica is behind.")
	f("What does max lag bound?", "The setting --max-lag bounds how far a replica is behind.")
	f("What does maxLag bound?", "The setting --max-lag bounds how far a replica is behind.")
	f("Which team writes in C++?", "Metrics are written in C++ by the core team.")
	f("Which team writes in C#?", "Reports are written in C# by the tools team.")
	f("What runs on .NET?", "The importer runs on .NET since spring.")
	f("When was CVE-2024-3095 closed?", "CVE-2024-3095 was closed in June.")
	f("When was CVE 2024 3094 closed?", "CVE-2024-3094 was closed in April.")
	f("When was CVE-2024-3096 closed?", multivac.Insufficient)
	f("What has 10.0.0.1/24?", "The gateway has 10.0.0.1/24 inside.")
	f("What has 10.0.0.1/16?", multivac.Insufficient)
	f("What is kept in /etc/hosts?", "Names are kept in /etc/hosts on old machines.")
	f("What is kept in /etc/passwd?", multivac.Insufficient)
	f("What phones are of kind iPhone 15?", "The phones are of kind iPhone15 now.")
	f("Is TLS 1.3 asked of all partners?", "TLS1.3 is asked of all partners.")
	f("What does foo.bar/qux turn off?", "The setting foo.bar/qux turns the lamp off.")
	f("What does foo.bar/quux turn off?", multivac.Insufficient)
}
