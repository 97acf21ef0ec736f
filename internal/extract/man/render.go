package man

import "strings"

// A line is a line of mdoc while it is rendered.
type line struct {
	b        strings.Builder
	tight    bool // the next word is not set apart
	unspaced bool // nor is any other
}

func (l *line) word(t string) {
	if t == "" {
		return
	}
	if l.b.Len() > 0 && !l.tight && !l.unspaced && !isClosing(t) {
		l.b.WriteByte(' ')
	}
	l.b.WriteString(t)
	l.tight = isOpening(t)
}

// join adds t to the word before.
func (l *line) join(t string) {
	l.b.WriteString(t)
}

// rendered returns what a reader sees of a macro and its arguments, in which other
// macros may stand.
func (r *reader) rendered(macro, rest string) string {
	all := arguments(rest)
	end := len(all) // marks at the end stand behind what encloses the line
	for end > 0 && !all[end-1].quoted && isClosing(all[end-1].text) {
		end--
	}
	l := line{unspaced: r.unspaced}
	var close []string
	from := 0
	for i := 0; ; i++ {
		if i < end && (all[i].quoted || !isCallable(all[i].text)) {
			continue
		}
		if enclosing[macro] {
			l.word(callable[macro][0])
			l.tight = true
			close = append(close, callable[macro][1])
			macro = "No"
		}
		r.piece(&l, macro, all[from:i], i == end)
		if i == end {
			break
		}
		macro, from = all[i].text, i+1
	}
	for i := len(close) - 1; i >= 0; i-- {
		l.join(close[i])
	}
	l.tight = false
	for _, a := range all[end:] {
		l.word(a.text)
	}
	t := l.b.String()
	if l.tight && end == len(all) {
		t += noSpace
	}
	return t
}

func isCallable(t string) bool {
	_, ok := callable[t]
	return ok
}

// piece writes a macro with its arguments. It is the last one of its line, or
// another one follows.
func (r *reader) piece(l *line, macro string, arguments []argument, last bool) {
	var words []string
	for _, a := range arguments {
		words = append(words, r.escaped(a.text))
	}
	switch {
	case openers[macro]:
		l.word(callable[macro][0])
		l.tight = true
	case closers[macro]:
		l.join(callable[macro][1])
		l.tight = false
		if macro == "Xc" {
			r.open = max(0, r.open-1)
		}
	case systems[macro] != "":
		words = system(macro, words)
	}
	switch macro {
	case "Xo":
		r.open++
	case "Fl":
		flags(l, words, last)
		return
	case "Ns":
		l.tight = true
	case "Ap":
		l.join("'")
		l.tight = true
	case "Pf":
		if len(words) > 0 {
			l.word(words[0])
			l.tight = true
			words = words[1:]
		}
	case "Sm":
		r.unspaced = len(words) > 0 && words[0] == "off"
		l.unspaced, r.begun = r.unspaced, false
		return
	case "Ta":
		return
	default:
		words = r.spelled(macro, words, last)
	}
	for _, w := range words {
		l.word(w)
	}
}

// flags writes options. Without arguments it is a single dash, which the next
// macro is not set apart from.
func flags(l *line, words []string, last bool) {
	bare := true
	for _, w := range words {
		switch {
		case isClosing(w) || isOpening(w) || w == "|":
			if bare && isClosing(w) {
				l.word("-")
			}
			l.word(w)
		default:
			l.word("-" + w)
		}
		bare = false
	}
	if bare {
		l.word("-")
		l.tight = !last
	}
}

// system writes the name of a system with its version.
func system(macro string, words []string) []string {
	name := systems[macro]
	if len(words) == 0 || isClosing(words[0]) {
		return append([]string{name}, words...)
	}
	version, rest := words[0], words[1:]
	switch {
	case macro == "Bx":
		name = version + name
		if len(rest) > 0 && !isClosing(rest[0]) {
			name, rest = name+"-"+rest[0], rest[1:]
		}
	case macro == "At" && strings.HasPrefix(version, "v"):
		name = "Version " + version[1:] + " " + name
	default:
		name += " " + version
	}
	return append([]string{name}, rest...)
}

// spelled returns the words that a macro makes of its arguments.
func (r *reader) spelled(macro string, words []string, last bool) []string {
	none := len(words) == 0 || isClosing(words[0])
	switch macro {
	case "Nm":
		if none && r.name != "" {
			return append([]string{r.name}, words...)
		}
	case "Ar":
		if none {
			return append([]string{"file", "..."}, words...)
		}
	case "Pa":
		if none {
			return append([]string{"~"}, words...)
		}
	case "Xr":
		if len(words) > 1 && !isClosing(words[1]) {
			return append([]string{words[0] + "(" + words[1] + ")"}, words[2:]...)
		}
	case "In":
		if !none {
			name := "<" + words[0] + ">"
			if r.synopsis {
				name = "#include " + name
			}
			return append([]string{name}, words[1:]...)
		}
	case "Fn", "Fo", "Fa", "Fc":
		return r.functions(macro, words)
	case "Lk":
		if len(words) > 1 && !isClosing(words[1]) {
			return words[1:]
		}
	case "St":
		if !none {
			words[0] = standard(words[0])
		}
	case "Ex":
		name := r.name
		if len(words) > 1 {
			name = words[1]
		}
		return []string{"The", name, "utility exits 0 on success, and >0 if an error occurs."}
	case "Rv":
		name := r.name
		if len(words) > 1 {
			name = words[1]
		}
		return []string{"The", name + "() function returns the value 0 if successful; otherwise the value -1 is returned and the global variable errno is set to indicate the error."}
	case "An":
		if len(words) > 0 && (words[0] == "-split" || words[0] == "-nosplit") {
			return words[1:]
		}
	}
	return words
}

// functions writes functions and their arguments.
func (r *reader) functions(macro string, words []string) []string {
	switch {
	case macro == "Fc":
		r.function = 0
		return append([]string{noSpace + ")"}, words...)
	case macro == "Fo" && len(words) > 0:
		r.function = 1
		return []string{words[0] + "(" + noSpace}
	case macro == "Fn" && len(words) > 0:
		n := 1
		for n < len(words) && !isClosing(words[n]) {
			n++
		}
		return append([]string{words[0] + "(" + strings.Join(words[1:n], ", ") + ")"}, words[n:]...)
	case macro == "Fa" && len(words) > 0:
		n := 0
		for n < len(words) && !isClosing(words[n]) {
			n++
		}
		t := strings.Join(words[:n], ", ")
		if r.function > 1 {
			t = noSpace + ", " + t
		}
		if r.function > 0 {
			r.function++
		}
		return append([]string{t}, words[n:]...)
	}
	return words
}

// standard returns the name of a standard, as in -p1003.1-2008.
func standard(t string) string {
	switch {
	case strings.HasPrefix(t, "-p1003"):
		return "IEEE Std " + t[2:] + " (“POSIX.1”)"
	case t == "-ansiC" || t == "-ansiC-89":
		return "ANSI X3.159-1989 (“ANSI C89”)"
	case strings.HasPrefix(t, "-isoC"):
		return "ISO C" + t[len("-isoC"):]
	case strings.HasPrefix(t, "-xpg"):
		return "X/Open Portability Guide " + t[len("-xpg"):]
	}
	return strings.TrimPrefix(t, "-")
}
