package text

import (
	"testing"

	"multivac"
)

func TestAnnounces(t *testing.T) {
	f := func(sentence string, want bool) {
		t.Helper()
		if got := Announces(sentence); got != want {
			t.Errorf("%q: got %v, want %v", sentence, got, want)
		}
	}
	f("The gateway serves these regions:", true)
	f("To take a node out of service, run:", true)
	f("**Note:**", true)
	f("**Note**:", true)
	f("_He said (in short):_ ", true)
	f("Sie bedient folgende Regionen:", true)
	f("它服务于以下地区：", true)
	f("It was built in 1900:", true)
	f("Do it as follows.", true)
	f("Do the following", true)
	f("To drain a node, follow these steps.", true)
	f("The limits are listed below.", true)
	f("**The limits are as follows**", true)

	f("", false)
	f(":", true)
	f("The gateway serves three regions.", false)
	f("It was 5 degrees or below.", false)
	f("The ratio is 3:1.", false)
	f("Owner: Ada", false)
	f("Use `std::`", false)

	f("The misteps.", false)
}

func TestOpens(t *testing.T) {
	f := func(sentence string, want bool) {
		t.Helper()
		g := segmenter{s: sentence}
		if got := g.opens(multivac.Span{End: len(sentence)}); got != want {
			t.Errorf("%q: got %v, want %v", sentence, got, want)
		}
	}
	f("Run:", true)
	f("**Do you ship to Malta?**", true)
	f("你们寄到马耳他吗？", true)
	f("Q: Shipping to Malta", true)
	f("**Frage:** Versand nach Malta.", true)
	f("**Refunds**", true)
	f("**Never do it.**", false)
	f("**Owner:** Ada, **Since:** 2024", false)
	f("We ship to Malta.", false)
	f("Quality", false)
}
