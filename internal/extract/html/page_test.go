package html

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac/internal/extract/extracttest"
)

func wantQuoted(t *testing.T, in string, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, extracttest.Quotable(t, Format, in)); d != "" {
		t.Errorf("%s (-want +got)\n%s", in, d)
	}
}

func TestTabs(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		wantQuoted(t, in, want...)
	}
	// By their order.
	f(`<h1>Install</h1><p>Pick.</p><ul role="tablist"><li role="tab">Debian</li><li role="tab">Windows</li></ul>
		<div role="tabpanel"><p>It comes with apt.</p></div><div role="tabpanel" hidden><p>It comes as an MSI.</p></div><p>Then restart.</p>`,
		"Install; ; Pick.", "Install › Debian; ; It comes with apt.", "Install › Windows; ; It comes as an MSI.", "Install; ; Then restart.")
	// By name, the tabs below the panels.
	f(`<h2>A</h2><div role=tabpanel aria-labelledby=t2>Two.</div><div role=tabpanel aria-labelledby=t1 hidden>One.</div>
		<div role=tablist><button role=tab id=t1>First</button><button role=tab id=t2>Second</button></div><p>After.`,
		"A › Second; ; Two.", "A › First; ; One.", "A; ; After.")
	// Headings in a panel stand below its name.
	f(`<h2>A</h2><button role=tab aria-controls=p>Pears</button><div role=tabpanel id=p hidden><h2>Inner</h2><p>Green.<h3>Deep</h3><p>Red.</div><p>After.`,
		"A › Pears › Inner; ; Green.", "A › Pears › Inner › Deep; ; Red.", "A; ; After.")
	// Two sets, of which the first has no panels.
	f(`<h1>A</h1><div role=tablist><a role=tab href=/x>X</a><a role=tab href=/y>Y</a></div><p>Text.
		<div role=tablist><a role=tab>C</a><a role=tab>D</a></div><div role=tabpanel>In C.</div><div role=tabpanel hidden>In D.</div>`,
		"A; ; Text.", "A › C; ; In C.", "A › D; ; In D.")
	// As the generators of sites write them.
	f(`<h1>A</h1><div class="tabbed-set tabbed-alternate"><input checked id="__tabbed_1_1" name="__tabbed_1" type="radio"><input id="__tabbed_1_2" name="__tabbed_1" type="radio">
		<div class="tabbed-labels"><label for="__tabbed_1_1">Debian</label><label for="__tabbed_1_2">Windows</label></div>
		<div class="tabbed-content"><div class="tabbed-block"><p>Use apt.</p></div><div class="tabbed-block"><p>Use the MSI.</p></div></div></div><p>After.`,
		"A › Debian; ; Use apt.", "A › Windows; ; Use the MSI.", "A; ; After.")
	f(`<h1>A</h1><div class="sd-tab-set"><input id="i0" type="radio"><label class="sd-tab-label" for="i0">Linux</label><div class="sd-tab-content"><p>L.</p></div>
		<input id="i1" type="radio"><label class="sd-tab-label" for="i1">Mac</label><div class="sd-tab-content"><p>M.</p></div></div><p>After.`,
		"A › Linux; ; L.", "A › Mac; ; M.", "A; ; After.")
	f(`<h1>A</h1><ul class="nav nav-tabs"><li><a data-toggle="tab" href="#one">One</a></li><li><a data-toggle="tab" href="#two">Two</a></li></ul>
		<div class="tab-content"><div id="one" class="tab-pane active"><p>1st.</p></div><div id="two" class="tab-pane" style="display:none"><p>2nd.</p></div></div>After.`,
		"A › One; ; 1st.", "A › Two; ; 2nd.", "A; ; After.")
	f(`<h1>A</h1><div class="tab"><button class="tablinks" onclick="openCity(event, 'London')">London</button><button class="tablinks" onclick="openCity(event, 'Paris')">Paris</button></div>
		<div id="London" class="tabcontent"><p>It is big.</p></div><div id="Paris" class="tabcontent" style="display:none"><p>It is nice.</p></div>`,
		"A › London; ; It is big.", "A › Paris; ; It is nice.")
	f(`<h1>A</h1><div class="tabs"><button class="tab" data-tab="win">Windows</button><button class="tab" data-tab="mac">Mac</button>
		<div class="tab-content" data-tab-content="win"><p>W.</p></div><div class="tab-content" data-tab-content="mac" hidden><p>M.</p></div></div>`,
		"A › Windows; ; W.", "A › Mac; ; M.")
	// In a step, which goes on.
	f(`<h1>A</h1><ol><li>Install it.<div role=tablist><button role=tab aria-controls=a>apt</button></div><div role=tabpanel id=a hidden><p>apt install x</p></div></li><li>Run it.</li></ol>`,
		"A; ; Install it.", "A › apt; ; apt install x", "A; ; Run it.")
}

func TestAccordions(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		wantQuoted(t, in, want...)
	}
	f(`<h1>FAQ</h1><h3><button aria-expanded="false" aria-controls="s1">Can I pay by card?</button></h3><div id="s1" hidden><p>Yes.</p></div>
		<h3><button aria-expanded="false" aria-controls="s2">Do you ship?</button></h3><div id="s2" hidden><p>No.</p></div><p>Contact us.`,
		"FAQ › Can I pay by card?; ; Yes.", "FAQ › Do you ship?; ; No.", "FAQ; ; Contact us.")
	f(`<h1>FAQ</h1><button class="accordion">Card?</button><div class="panel"><p>Yes.</p></div><button class="accordion">Ship?</button><div class="panel" style="display:none"><p>No.</p></div><p>After.`,
		"FAQ › Card?; ; Yes.", "FAQ › Ship?; ; No.", "FAQ; ; After.")
	f(`<h1>FAQ</h1><details><summary>Card?</summary><p>Yes.</p><details><summary>Really?</summary>Sure.</details></details><details><summary>1.2 <h3>Why?</h3></summary>Because.</details><p>After.`,
		"FAQ › Card?; ; Yes.", "FAQ › Card? › Really?; ; Sure.", "FAQ; ; 1.2", "FAQ › Why?; ; Because.", "FAQ; ; After.")
	f(`<h1>FAQ</h1><dl><dt><button aria-expanded=false aria-controls=f1>Is it free?</button></dt><dd id=f1 hidden>No, 9 EUR.</dd></dl>`,
		"FAQ; ; Is it free? No, 9 EUR.")
	f(`<div class="accordion-item"><h2 class="accordion-header"><button class="accordion-button" data-bs-toggle="collapse" data-bs-target="#c1">Item</button></h2>
		<div id="c1" class="accordion-collapse collapse" aria-hidden=true><div class="accordion-body">First.</div></div></div><p>After.`,
		"Item; ; First.", "; ; After.")
	f(`<h1>FAQ</h1><ul class="accordion"><li class="accordion-item"><a href="#" class="accordion-title">Where?</a><div class="accordion-content" style="display: none;"><p>Here.</p></div></li></ul><p>After.`,
		"FAQ › Where?; ; Here.", "FAQ; ; After.")
	f(`<h1>FAQ</h1><div class="faq-question">How much?</div><div class="faq-answer" hidden>9 EUR.</div><input type=checkbox id=t1><label class="accordion-label" for=t1>How long?</label><div>2 days.</div><p>After.`,
		"FAQ › How much?; ; 9 EUR.", "FAQ › How long?; ; 2 days.", "FAQ; ; After.")
	f(`<h1>FAQ</h1><button class="accordion">Card? <i aria-hidden=true>expand_more</i></button><i class=icon aria-hidden=true>v</i><div class=panel hidden>Yes.</div>`, "FAQ › Card?; ; Yes.")
	f(`<h1>FAQ</h1><button aria-expanded=false><h3>Card?</h3></button><div hidden>Yes.</div><button><h3>Ship?</h3></button><div hidden>No.</div>`,
		"FAQ › Card?; ; Yes.", "FAQ › Ship?; ; No.")
	f(`<table><tr><th><button>Plan</button><th><button>Fee</button><tr><td>A<td>9<button>Edit</button></table>`, "; Plan | Fee; A | 9")
	f(`<h1>FAQ</h1><h3>Is it?</h3><div style="display:none">It is.</div>`, "FAQ › Is it?; ; It is.")
	f(`<div role=heading aria-level=3>Head <span>line</span></div><p>Text.`, "Head line; ; Text.")
	f(`<h1>Title <button>Copy link</button></h1><button>Send</button><p>Text.<button aria-expanded=false>More</button>`, "Title; ; Text.")
	f(`<table><tr><th>a<th>b<tr><td><details><summary>More</summary>in it</details><td>2</table>`, "; a | b; More in it | 2")
}

// Text that is marked as hidden from readers is left out, whether the page
// shows it or not.
func TestHiddenIsLeftOut(t *testing.T) {
	for _, in := range []string{
		`<nav><a href=x>no</a></nav>`, `<ul role=menu hidden><li>no</ul>`, `<div class="modal" hidden>no</div>`, `<div role=dialog>no</div>`,
		`<template><p>no</p></template>`, `<div class=cookie-banner style="display:none">no</div>`, `<div hidden>no</div>`, `<span hidden>no</span>`,
		`<button aria-expanded=false aria-controls=m>no</button><nav id=m hidden>no</nav>`, `<a href=x><span class="sr-only">no (opens in a new tab)</span></a>`,
		`<div class="breadcrumb"><a href=/>no</a></div>`, `<a class="skip-link" href="#main">no</a>`, `<i class=icon aria-hidden=true>no</i>`,
		`<button type=submit>no</button><div style="display: none">no</div>`,
		`<form role=search><label>no</label></form>`, `<ul class=tabs role=tablist><li role=tab>no</li></ul>`,
	} {
		if got := extracttest.Read(t, Format, "<p>Text.</p>"+in).Text; got != "Text.\n" {
			t.Errorf("%s: got %q", in, got)
		}
	}
	if got := extracttest.Read(t, Format, `<a href="#more">More</a><div id=more hidden>Yes.</div>`).Text; got != "More\n\nYes.\n" {
		t.Errorf("what a link leads to: got %q", got)
	}
}

func TestRaisedText(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := strings.TrimSpace(extracttest.Read(t, Format, in).Text); got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
	// Marks of notes.
	f(`Mail<sup>1</sup> is kept 30<sup>2</sup> days.`, "Mail is kept 30 days.")
	f(`30<a href="#f"><sup>1</sup></a>, 31<sup><a href="#f">[2]</a></sup>, 32<a class="footnote-ref" href="#f">3</a>, 33<a role="doc-noteref" href="#f">4</a>.`, "30, 31, 32, 33.")
	f(`9 €<sup>*</sup> or 12 <sup>†</sup>, see<sup>[3]</sup>, end.<sup>4</sup> Next<sup>1,2</sup> and<sup>a</sup> (EU)<sup>1</sup>.`, "9 € or 12, see, end. Next and (EU).")
	f(`<p>Text.<p><sup>1</sup> Only for mail.<p><sup>2</sup>Only here.`, "Text.\n\nOnly for mail.\n\nOnly here.")
	f(`<table><tr><th>Item<sup>1</sup><th>Days<tr><td>Mail<td>10<sup>1</sup><tr><td>Chat<td>7<sup>2</sup></table>`, "| Item | Days |\n|---|---|\n| Mail | 10 |\n| Chat | 7 |")
	f(`It takes 10<sup>3</sup> days.<ol><li id=fn3>Or more.</ol>`, "It takes 10 days.\n\n1. Or more.")
	f(`30<span style="vertical-align: super">1</span> days`, "30 days")
	// Powers.
	f(`10<sup>6</sup> litres, 2.5 × 10<sup>3</sup>, 2<sup>32</sup> rows, 10<sup>-3</sup>, 10<sup>−9</sup>, 5<sup>3</sup> = 125, 3·7<sup>4</sup>`,
		"10^6 litres, 2.5 × 10^3, 2^32 rows, 10^-3, 10^-9, 5^3 = 125, 3·7^4")
	f(`5 m<sup>2</sup>, W/m<sup>2</sup>, km<sup>3</sup>, s<sup>-1</sup>, x<sup>n</sup>, 2<sup>n+1</sup>, e<sup>x</sup>, (a+b)<sup>2</sup>`,
		"5 m², W/m², km³, s^-1, x^n, 2^(n+1), e^x, (a+b)^2")
	// Other.
	f(`1<sup>st</sup> May, 21<sup>e</sup>, M<sup>me</sup> X, Foo<sup>TM</sup>, Bar<sup>®</sup>, Ca<sup>2+</sup>, H<sub>2</sub>O, Plan<sup>new</sup>`,
		"1st May, 21e, Mme X, Foo™, Bar®, Ca2+, H2O, Plan new")
	f(`1<sup>1</sup>/<sub>2</sub> cups, <sup>3</sup>/<sub>4</sub> cup of <sup>14</sup>C`, "1 1/2 cups, 3/4 cup of 14C")
	// Struck-out text, and text that is not read.
	f(`<del>12</del> <s>13</s> <strike>14</strike> <ins>15</ins> <span style="text-decoration: line-through">16</span> EUR`, "15 EUR")
	f(`<p>Now <s>open</p><p>next.`, "Now\n\nnext.")
	f(`<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</ruby>の foo.<wbr>bar a&#8203;b`, "漢字の foo.bar ab")
}

// If several tables have captions, the captions distinguish them.
func TestCaptions(t *testing.T) {
	wantQuoted(t, `<h1>Fees</h1><table><caption>Europe</caption><tr><th>Plan<th>Fee<tr><td>A<td>9</table>
		<table><caption>Asia<tr><th>Plan<th>Fee<tr><td>A<td>12</table><p>Without VAT.`,
		"Fees › Europe; Plan | Fee; A | 9", "Fees › Asia; Plan | Fee; A | 12", "Fees; ; Without VAT.")
}

func TestTablesInHTML(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		wantQuoted(t, "<table>"+in+"</table>", want...)
	}
	f(`<tr><th>Plan<th>Region<th>Fee<tr><td rowspan=2>Starter<td>Europe<td>9<tr><td>America<td>11<tr><td>Max<td colspan=2>on demand`,
		"; Plan | Region | Fee; Starter | Europe | 9", "; Plan | Region | Fee; Starter | America | 11", "; Plan | Region | Fee; Max | on demand | on demand")
	f(`<thead><tr><th rowspan=2>Plan<th colspan=2>Fees<tr><th>Monthly<th>Yearly<tbody><tr><td>A<td>9<td>90`,
		"; Plan | Fees › Monthly | Fees › Yearly; A | 9 | 90")
	f(`<tr><td rowspan=2>Plan<td colspan=2>Fees<tr><td>Monthly<td>Yearly<tr><td>A<td>9<td>90`,
		"; Plan | Fees › Monthly | Fees › Yearly; A | 9 | 90")
	f(`<tr><th>Plan<th>Fee<tr><th colspan=2>Europe<tr><td>A<td>9<tr><td>B<td>19<tr><th colspan=2>Asia<tr><td>A<td>12<tr><td colspan=2>Without VAT.<tfoot><tr><td>Sum<td>40`,
		"; Plan | Fee; Europe › A | 9", "; Plan | Fee; Europe › B | 19", "; Plan | Fee; Asia › A | 12", "; Plan | Fee; Without VAT.", "; Plan | Fee; Sum | 40")
	f(`<tr><th>Plan<th>Fee<tbody><tr><th scope=rowgroup>Old<tr><td>A<td>9<tbody><tr><td>B<td>10`,
		"; Plan | Fee; Old › A | 9", "; Plan | Fee; B | 10")
	f(`<tr><th>Region<th>Plan<th>Fee<tr><td>Europe<td>A<td>9<tr><td><td>B<td>19<tr><td>Asia<td>A<td>12<tr><td>&nbsp;<td>B<td>22<tr><td><td>Total<td>62`,
		"; Region | Plan | Fee; Europe | A | 9", "; Region | Plan | Fee; Europe | B | 19", "; Region | Plan | Fee; Asia | A | 12",
		"; Region | Plan | Fee; Asia | B | 22", "; Region | Plan | Fee; | Total | 62")
	f(`<tr><th colspan=2>Hours<tr><th>Day<th>From<tr><td>Monday<td rowspan=0>9<tr><td>Tuesday`,
		"; Hours › Day | From; Monday | 9", "; Hours › Day | From; Tuesday | 9")
	f(`<tr><th>a<th>b<tr><td>1<td>2<tr><th>c<th>d<tr><td>3<td>4<tr><th>c<th>d<tr><td>5<td>6`,
		"; a | b; 1 | 2", "; c | d; 3 | 4", "; c | d; 5 | 6")
	f(`<tr><td><b>Plan</b><td><strong>Fee</strong><tr><td>A<td>9`, "; Plan | Fee; A | 9")
	f(`<tr><td>Plan<td>Fee<tr><td colspan=2>Europe<tr><td>A<td>9<tr><td colspan=2>Asia<tr><td>A<td>12`, "; Plan | Fee; Europe › A | 9", "; Plan | Fee; Asia › A | 12")
	f(`<tr><th>Plan<th>Fee<tr><td colspan=2>One<tr><td colspan=2>Two<tr><td colspan=2>Three<tr><td>A<td>9<tr><td colspan=2>Four<tr><td colspan=2>Only this.<tr><td colspan=2>Five`,
		"; Plan | Fee; One", "; Plan | Fee; Two › Three › A | 9", "; Plan | Fee; Two › Four", "; Plan | Fee; Only this.", "; Plan | Fee; Five")
	f(`<tr><th>Day<th>9:00<th>10:00<tr><th>Mon<td colspan=2>Math<tr><th>Tue<td>Art<td rowspan=2>PE<tr><th>Wed<td>Bio`,
		"; Day | 9:00 | 10:00; Mon | Math | Math", "; Day | 9:00 | 10:00; Tue | Art | PE", "; Day | 9:00 | 10:00; Wed | Bio | PE")
	f(`<tr><th>Plan<td>Starter<td>Max<tr><th>Fee<td>9<td>19<tr><th>Seats<td>1<td>5`, "; Plan | Starter | Max; Fee | 9 | 19", "; Plan | Starter | Max; Seats | 1 | 5")
	f(`<tr><th>Name<td>Heron<tr><th>Seats<td>42`, "; ; Name | Heron", "; ; Seats | 42")
	f(`<tr><th>Plan<th>Fee<tr><td>A<td>9<tr><td>B<td>"`, "; Plan | Fee; A | 9", "; Plan | Fee; B | 9")
	f(`<tr><th>a<th>b<tr><td>1<td>2<tr><td>x<td>`+strings.Repeat("Long text here. ", 40)+`<tr><td>3<td>4`,
		append(append([]string{"; a | b; 1 | 2", "; ; x"}, strings.Split(strings.Repeat("; ; Long text here.\n", 40), "\n")[:40]...), "; a | b; 3 | 4")...)
}
