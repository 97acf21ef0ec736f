package notebook

import "strings"

// closed returns the text of a cell of Markdown with the end of a block of code or
// of a comment that is open at its end. It would else hide the cells below.
func closed(text string) string {
	fence, inList, blank := "", false, true
	for rest := text; rest != ""; {
		l, after, _ := strings.Cut(rest, "\n")
		t := strings.TrimSpace(l)
		indent := len(l) - len(strings.TrimLeft(l, " \t"))
		switch marks := fenceOf(t); {
		case fence != "":
			if len(t) >= len(fence) && strings.Trim(t, fence[:1]) == "" {
				fence = ""
			}
		case t == "":
		case marks != "" && (indent < 4 || inList):
			fence = marks
		case strings.HasPrefix(t, "<!--"):
			_, behind, ok := strings.Cut(rest, "-->")
			if !ok {
				return text + "\n-->"
			}
			after = behind
		case isItem(t):
			inList = true
		case blank && indent < 2:
			inList = false
		}
		rest, blank = after, t == ""
	}
	if fence != "" {
		return text + "\n" + fence
	}
	return text
}

// fenceOf returns the marks with which t begins a block of code, or "".
func fenceOf(t string) string {
	if t == "" || t[0] != '`' && t[0] != '~' {
		return ""
	}
	marks := t[:len(t)-len(strings.TrimLeft(t, t[:1]))]
	if len(marks) < 3 || t[0] == '`' && strings.Contains(t[len(marks):], "`") {
		return ""
	}
	return marks
}

// isItem reports whether t begins an item of a list.
func isItem(t string) bool {
	mark, _, _ := strings.Cut(t, " ")
	number := strings.TrimRight(mark, ".)")
	return mark == "-" || mark == "*" || mark == "+" || number != "" && number != mark && strings.Trim(number, "0123456789") == ""
}
