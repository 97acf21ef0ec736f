package rank

import (
	"strings"
	"testing"

	"multivac"
	"multivac/internal/text"
)

// quoted returns the shape and text of what is quoted in a document for the
// sentence that begins with best, with the mark before it.
func quoted(t *testing.T, question, document, best string) (multivac.Shape, string) {
	t.Helper()
	passages := text.Segment(document)
	for at, p := range passages {
		for i, s := range p.Sentences {
			if !strings.HasPrefix(p.Sentence(s), best) {
				continue
			}
			c := Candidate{Excerpt: multivac.Excerpt{Passage: p}}
			if last := c.whole(i); last > i {
				s.End = p.Sentences[last].End
			}
			q := &Question{Text: question}
			e := q.Extent(passages, at, s)
			if e.Start > s.Start || e.End < s.End {
				t.Errorf("%q: [%d:%d] is quoted for [%d:%d]", question, e.Start, e.End, s.Start, s.End)
			}
			if e.Mark > 0 && !IsMark(document[e.Start-e.Mark:e.Start]) {
				e.Mark = 0
			}
			return e.Shape, document[e.Start-e.Mark : e.End]
		}
	}
	t.Fatalf("no sentence begins with %q", best)
	return "", ""
}

const (
	howto  = "How do I renew the certificate?"
	fact   = "How long is the certificate valid?"
	runway = "# Renew the certificate\n\nIt lasts 90 days.\n\n"
)

func TestExtentOfLists(t *testing.T) {
	f := func(question, document, best, want string) {
		t.Helper()
		if shape, got := quoted(t, question, document, best); got != want || shape != multivac.ShapeSteps {
			t.Errorf("%s at %q: %s\n got %q\nwant %q", question, best, shape, got, want)
		}
	}
	// From the first step to the last, wherever the best sentence is.
	const steps = "1. Stop the writer.\n2. Run the tool.\n3. Start the writer.\n"
	for _, best := range []string{"Stop", "Run", "Start"} {
		f(howto, "# Renew\n\n"+steps, best, strings.TrimSpace(steps))
		f(howto, "# Renew\n\nDo this:\n\n"+steps, best, "Do this:\n\n"+strings.TrimSpace(steps))
		f(howto, "> # Renew\n>\n> 1. Stop it.\n> 2. Run it.\n> 3. Start it.\n", best, "> 1. Stop it.\n> 2. Run it.\n> 3. Start it.")
		f(howto, "# Renew\n\n1) Stop it.\n2) Run it.\n\n\n3) Start it.\n", best, "1) Stop it.\n2) Run it.\n\n\n3) Start it.")
	}
	f(howto, "# Renew\n\n- [ ] Bullets are before.\n\n1. Stop it.\n2. Run it.\n", "Run", "1. Stop it.\n2. Run it.")
	// What introduces the list is quoted with it, even if it is the best.
	f(fact, "# Renew\n\nThese lists are kept:\n\n- Red.\n- Blue.\n", "These", "These lists are kept:\n\n- Red.\n- Blue.")
	f(howto, runway+steps, "It lasts", "It lasts 90 days.\n\n"+strings.TrimSpace(steps))
	// Lists and code inside of the steps.
	f(howto, "# Renew\n\n1. Stop these:\n   - red\n   - blue\n2. Start it.\n", "red", "1. Stop these:\n   - red\n   - blue\n2. Start it.")
	f(howto, "# Renew\n\n1. Stop it:\n\n   ```\n   halt --now\n   ```\n2. Wait.\n3. Start it.\n", "halt", "Stop it:\n\n   ```\n   halt --now\n   ```\n2. Wait.\n3. Start it.")
	f(howto, "# Renew\n\n1. Stop it.\n2. Run:\n\n   ```\n   halt --now\n   ```\n3. Start it.\n4. Look.\n", "Look", "1. Stop it.\n2. Run:\n\n   ```\n   halt --now\n   ```\n3. Start it.\n4. Look.")
	// Another list does not belong to it.
	f(howto, "# Renew\n\n1. Stop it.\n2. Run it.\n\n## Undo\n\n1. Undo it.\n2. Wait.\n", "Run", "1. Stop it.\n2. Run it.")
	f(howto, "# Renew\n\n1. Stop it.\n2. Run it.\n\n- Red.\n- Blue.\n", "Run", "1. Stop it.\n2. Run it.")
	f(howto, "# Renew\n\n1. Stop it.\n2. Run it.\n\n1. Undo it.\n2. Wait.\n", "Run", "1. Stop it.\n2. Run it.")
}

// A long list is cut into passages, and is still quoted as one.
func TestExtentOfLongLists(t *testing.T) {
	list := func(n, words int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(string(rune('1'+i)) + ". Step" + strings.Repeat(" word", words) + ".\n")
		}
		return strings.TrimSpace(b.String())
	}
	long := list(9, 35)
	if n := len(text.Segment(long)); n < 2 {
		t.Fatalf("%d passages, want several", n)
	}
	if _, got := quoted(t, howto, "# Renew\n\nDo this:\n\n"+long, "Step"); got != "Do this:\n\n"+long {
		t.Errorf("got %q", got)
	}
	shape, got := quoted(t, howto, "# Renew\n\n"+list(9, 55), "Step")
	if n := len(got); shape != multivac.ShapeSteps || n > multivac.MaxRun || n < multivac.MaxRun-300 || !strings.HasSuffix(got, " word.") {
		t.Errorf("%s of %d characters, want as many whole steps as fit: %q", shape, n, got)
	}
}

func TestExtentOfOthers(t *testing.T) {
	f := func(question, document, best string, shape multivac.Shape, want string) {
		t.Helper()
		if as, got := quoted(t, question, document, best); got != want || as != shape {
			t.Errorf("%s at %q:\n got %s %q\nwant %s %q", question, best, as, got, shape, want)
		}
	}
	// One fact is one sentence, even in a step.
	f(fact, "# Renew\n\n1. Stop it.\n2. It lasts 90 days.\n", "It lasts", multivac.ShapeSentence, "It lasts 90 days.")
	f(howto, "# Renew\n\n- It lasts 90 days.\n- It is renewed.\n", "It is", multivac.ShapeSentence, "It is renewed.")
	f(howto, "# Renew\n\nThe tool renews the certificate. Call it.\n", "The tool", multivac.ShapeSentence, "The tool renews the certificate.")
	f(fact, runway+"1. Stop it.\n2. Run it.\n", "It lasts", multivac.ShapeSentence, "It lasts 90 days.")
	// Rows.
	f(fact, "| certificate | days |\n|---|---|\n| web | 90 |\n| mail | 30 |\n", "web", multivac.ShapeRows, "web | 90")
	// Code with what introduces it.
	f(fact, "# Renew\n\nRun this:\n\n```\ncert new\ncert show\n```\n", "cert show", multivac.ShapeCode, "Run this:\n\n```\ncert new\ncert show")
	long := strings.Repeat("echo\n", 150)
	f(fact, "```\ncert show\n"+long+"```\n", "cert show", multivac.ShapeCode, "cert show")
	f(howto, "```\ncert show\n"+long+"```\n", "cert show", multivac.ShapeCode, "cert show\n"+strings.TrimSpace(long))
	// Sentences that lean on each other.
	f(fact, "The certificate is for the web. It lasts 90 days. The end.", "It lasts", multivac.ShapeRun, "The certificate is for the web. It lasts 90 days.")
	f(fact, "How long does it last?\n\nFor 90 days.\n", "For 90", multivac.ShapeRun, "How long does it last?\n\nFor 90 days.")
	f(fact, "Note the following. Certificates last 90 days. The end.", "Certificates", multivac.ShapeSentence, "Certificates last 90 days.")
	f(fact, "Mind this:\n\nCertificates last 90 days.\n\nThe end.", "Mind", multivac.ShapeRun, "Mind this:\n\nCertificates last 90 days.")
	f(fact, "A one. It two. It three. It four. It five.", "It five", multivac.ShapeRun, "It three. It four. It five.")
}

func TestAsksForWay(t *testing.T) {
	f := func(question string, want bool) {
		t.Helper()
		if got := (&Question{Text: question}).AsksForWay(); got != want {
			t.Errorf("%q asks for a way: %v, want %v", question, got, want)
		}
	}
	for _, q := range []string{
		"How do I renew the certificate?", "how can I close a case", "how to move from 4.1 to 4.2", "Certificate expired: how do we repair it?",
		"forgot my password, how do I get a new one", "forgot my password, what now", "What are the steps if a key is missing?",
		"What do I do after a crash?", "what to do when the alarm goes off", "What has to be done before the payment?", "What must I do at level 3?",
		"What do I have to prepare before my first trip?", "in which order do I take it off", "procedure for a burst pipe", "we'd like to buy a tool, what is the way?",
		"How is a complaint worked on?", "How exactly do I reset it?", "how restart a node", "Can you tell me the steps?", "What's to be done?",
		"Wie erneuere ich das Zertifikat, wie muss ich vorgehen?", "¿Cómo puedo renovar el certificado?",
	} {
		f(q, true)
	}
	for _, q := range []string{
		"How long is it valid?", "how many steps may a list have", "How big may my board be?", "how fresh are the values", "how bgi is the locker",
		"To what torque do I tighten the bolt?", "What does E4 mean?", "What do I log in with?", "Who wrote the procedure?", "When was the procedure changed?",
		"Should I switch it off?", "renew certificate", "Which key opens it?", "somehow", "",
	} {
		f(q, false)
	}
}
