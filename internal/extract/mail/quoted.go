package mail

import (
	"strings"

	"multivac/internal/extract"
)

// What stands above a mail that is quoted as a whole, in lower case.
var announcements = []string{
	"original message", "originalnachricht", "ursprüngliche nachricht", "forwarded message", "weitergeleitete nachricht", "weitergeleiteten nachricht",
	"message d'origine", "message transféré", "mensaje original", "mensaje reenviado", "messaggio originale", "messaggio inoltrato", "oorspronkelijk bericht", "doorgestuurd bericht",
}

// Names of the fields of a mail that is quoted as a whole: of the first one, and
// of those that follow.
var (
	firstFields = extract.Words("from von de da van från fra od")
	otherFields = extract.Words(`sent date to cc subject reply-to gesendet datum an betreff envoyé à objet enviado enviada data fecha para asunto assunto
		inviato a oggetto verzonden aan onderwerp skickat till ämne sendt til emne`)
)

// quotedTail returns the index of the line where the text ends and what it
// answers begins: a mail that is quoted as a whole, or a quotation at the end
// with the line that introduces it. It returns len(all) where there is none.
func quotedTail(all []line) int {
	tail := markedTail(all)
	for i, l := range all[:tail] {
		if l.quote == 0 && (isAnnouncement(l.text) || isCopiedHeader(all, i)) {
			return i
		}
	}
	return tail
}

// isAnnouncement reports whether a line is -----Original Message-----, or the
// like.
func isAnnouncement(t string) bool {
	t = strings.Trim(t, `*_\ `)
	if len(t) > 120 || !strings.HasPrefix(t, "---") && !strings.HasSuffix(t, ":") {
		return false
	}
	t = strings.ToLower(strings.Trim(t, "- :"))
	for _, a := range announcements {
		if t == a || t == "begin "+a || t == "anfang der "+a {
			return true
		}
	}
	return false
}

// isCopiedHeader reports whether the fields of a mail begin in line i: From and
// two others.
func isCopiedHeader(all []line, i int) bool {
	if !firstFields[fieldOf(all[i].text)] {
		return false
	}
	found, seen := 0, 0
	for _, l := range all[i+1 : min(len(all), i+16)] {
		if l.text == "" {
			continue
		}
		if seen++; seen > 6 {
			break
		}
		if otherFields[fieldOf(l.text)] {
			found++
		}
	}
	return found >= 2
}

// fieldOf returns the name of the field that a line begins with, in lower case.
func fieldOf(t string) string {
	name, _, ok := strings.Cut(t, ":")
	if !ok || len(name) > 20 {
		return ""
	}
	return strings.ToLower(strings.Trim(name, "* "))
}

// maxSignature is the longest signature, in lines.
const maxSignature = 20

// markedTail returns the index of the line where the quotation at the end begins.
// A signature may follow it.
func markedTail(all []line) int {
	end := len(all)
	for i := len(all) - 1; i >= max(0, len(all)-maxSignature) && all[i].quote == 0; i-- {
		if isSignature(all[i]) {
			end = i
		}
	}
	for end > 0 && all[end-1].text == "" {
		end--
	}
	begin := end
	for begin > 0 && (all[begin-1].quote > 0 || all[begin-1].text == "") {
		begin--
	}
	for begin < end && all[begin].text == "" && all[begin].quote == 0 {
		begin++
	}
	if begin == end {
		return len(all)
	}
	return introduction(all, begin)
}

// introduction returns where the line that introduces the quotation at begin
// itself begins, such as "On Monday Ada wrote:", if there is one.
func introduction(all []line, begin int) int {
	at := begin
	for at > 0 && all[at-1].text == "" {
		at--
	}
	if at == 0 || !strings.HasSuffix(all[at-1].text, ":") {
		return begin
	}
	for n := 0; n < 3 && at > 0 && all[at-1].text != "" && all[at-1].quote == 0; n++ {
		at--
	}
	if at > 0 && all[at-1].text != "" { // it is part of a longer paragraph
		return begin
	}
	return at
}

// isSignature reports whether a line is the one before a signature.
func isSignature(l line) bool { return l.quote == 0 && l.text == "--" }
