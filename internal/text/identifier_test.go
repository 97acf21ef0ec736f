package text

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestIdentifiersAndTheirParts(t *testing.T) {
	f := func(in, parts, wholes string) {
		t.Helper()
		var gotParts, gotWholes []string
		for _, w := range AppendTerms(nil, in) {
			switch s := in[w.Start:w.End]; {
			case w.Flags&Whole == 0:
				gotParts = append(gotParts, s)
			case w.Flags&Identifier != 0:
				gotWholes = append(gotWholes, s)
			default:
				gotWholes = append(gotWholes, "("+s+")")
			}
		}
		if got := strings.Join(gotParts, " "); got != parts {
			t.Errorf("words of %q are %q, want %q", in, got, parts)
		}
		if got := strings.Join(gotWholes, " "); got != wholes {
			t.Errorf("identifiers of %q are %q, want %q", in, got, wholes)
		}
	}
	f("KubeAPIDown", "Kube API Down", "KubeAPIDown")
	f("HTTPServer2", "HTTP Server 2", "HTTPServer2")
	f("node_memory_MemFree_bytes", "node memory Mem Free bytes", "MemFree node_memory_MemFree_bytes")
	f("debian12", "debian 12", "debian12")
	f("10GB", "10 GB", "10GB")
	f("v1.30.", "v 1.30", "v1.30")
	f("--max-lag", "max lag", "max-lag")
	f("foo.bar/baz", "foo bar baz", "foo.bar foo.bar/baz")
	f("/etc/hosts", "etc hosts", "etc/hosts")
	f("10.0.0.1/24", "10.0.0.1 24", "10.0.0.1/24")
	f("CVE-2024-3094", "CVE 2024 3094", "CVE-2024-3094")
	f("user@host", "user host", "user@host")
	f("C++, C# and .NET", "C C and NET", "C++ C# .NET")
	f("std::vector", "std vector", "std::vector")
	f("(KubeAPIDown)", "Kube API Down", "KubeAPIDown")
	f("“KubeAPIDown”—now", "Kube API Down now", "KubeAPIDown")
	f("KubeAPIDown's", "Kube API Down's", "KubeAPIDown's")
	f("KubeAPIDown的", "Kube API Down 的", "KubeAPIDown")
	f("KubeAPIDown의", "Kube API Down 의", "KubeAPIDown")
	f("KühlPumpe7", "Kühl Pumpe 7", "KühlPumpe7")
	f("prüfung_größe", "prüfung größe", "prüfung_größe")
	f("İstanbulKöprü", "İstanbul Köprü", "İstanbulKöprü")
	f("ΑντλίαΝερού", "Αντλία Νερού", "ΑντλίαΝερού")
	// Identifiers that are not cut.
	f("P1 MP3 iPhone URLs MHz", "P1 MP3 iPhone URLs MHz", "")
	f("d3adb33f99c0", "d3adb33f99c0", "")
	// Ordinary words.
	f("19th 1980s 3.8 1,000 U.S. O'Neill", "19th 1980s 3.8 1,000 U.S O'Neill", "")
	f("l'OpenShift d’OpenShift", "Open Shift Open Shift", "OpenShift OpenShift")
	f("U.S.-based wait...what", "U.S based wait what", "(U.S.-based)")
	f("aujourd'hui l'été S.A.", "aujourd'hui l'été S.A", "")
	f("well-known on/off 20-year 1990-1995", "well known on off 20 year 1990 1995", "(well-known)")
	f("कक्षा10 है", "कक्षा 10 है", "")
	f("http://a.example.com", "http a example com", "a.example.com")
}

func TestIdentifiersThatAreEqual(t *testing.T) {
	stem := func(s string) uint64 {
		words := AppendTerms(nil, s)
		return words[len(words)-1].Stem
	}
	f := func(want bool, names ...string) {
		t.Helper()
		for _, name := range names[1:] {
			if got := stem(name) == stem(names[0]); got != want {
				t.Errorf("%q is %q: %v, want %v", name, names[0], got, want)
			}
		}
	}
	f(true, "LedgerdWriterStalled", "ledgerd-writer-stalled", "LEDGERD_WRITER_STALLED", "ledgerd.writer.stalled")
	f(true, "A-17", "A17", "a17")
	f(true, "x86_64", "x86-64", "X86_64")
	f(true, "CVE-2024-3094", "cve_2024_3094")
	f(false, "v1.30", "v1.3", "v13.0", "v130")
	f(false, "E4021", "E4022", "E40210")
	f(false, "AlertmanagerFailedReload", "AlertmanagerClusterDown", "Alertmanager")
	f(false, strings.Repeat("Abc", 40)+"X", strings.Repeat("Abc", 40)+"Y")
	f(false, "C++", "C#", "C")
	f(false, ".NET", "NET")
}

func TestJoin(t *testing.T) {
	f := func(name, in, want string) {
		t.Helper()
		words := AppendTerms(nil, name)
		x := NewSpelling(name, words[len(words)-1])
		var got []string
		for _, w := range Join(AppendWords(nil, in), in, []Spelling{x}) {
			if w.Stem == x.Stem {
				got = append(got, in[w.Start:w.End])
			}
		}
		if s := strings.Join(got, "|"); s != want {
			t.Errorf("%q in %q: %q, want %q", name, in, s, want)
		}
	}
	const all = "LedgerdWriterStalled|ledgerd-writer-stalled|Ledgerd writer stalled|ledgerdwriterstalled"
	f("LedgerdWriterStalled", strings.ReplaceAll(all, "|", ", "), all)
	f("LedgerdWriter", "LedgerdWriterStalled and ledgerd-writer-stalled", "") // part of a longer one
	f("MemFree", "node_memory_MemFree_bytes", "MemFree")
	f("foo.bar", "foo.bar/baz", "foo.bar")
	f("v1.30", "v1.30.2, v1.3, v13.0, v 1.30, V1.30", "v 1.30|V1.30")
	f("10GB", "a 10 GB disk, 10GB, 110 GB, 10 GBit", "10 GB|10GB")
	f("C++", "C and C++ and C#", "C++")
	f(".NET", "the net, .NET and ASP.NET", ".NET")
	f("KühlPumpe", "kühl-pumpe und Kühlpumpe", "kühl-pumpe|Kühlpumpe")
}

// FuzzAppendTerms checks that identifiers lie in the text, consist of its words
// and are found again at the same place.
func FuzzAppendTerms(f *testing.F) {
	for _, s := range []string{"KubeAPIDown's", "foo.bar/baz --max-lag C++", "10.0.0.1/24 “v1.30”", "größe_X1 的A-1", "\xff_a.B\xfe", "٠1a.a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		words := AppendWords(nil, s)
		for _, w := range AppendTerms(nil, s) {
			if w.Start < 0 || w.End > len(s) || w.Start >= w.End {
				t.Fatalf("[%d:%d] of %q is out of place", w.Start, w.End, s)
			}
			if utf8.ValidString(s) && !utf8.ValidString(s[w.Start:w.End]) {
				t.Fatalf("[%d:%d] of %q cuts a rune", w.Start, w.End, s)
			}
			if w.Flags&Whole == 0 {
				continue
			}
			joined := Join(append([]Word(nil), words...), s, []Spelling{NewSpelling(s, w)})
			if len(joined) > len(words) {
				t.Fatalf("%q has %d words, joined %d", s, len(words), len(joined))
			}
			end := 0
			for _, w := range joined {
				if w.End < end {
					t.Fatalf("joined words of %q are out of order", s)
				}
				end = w.End
			}
		}
	})
}
