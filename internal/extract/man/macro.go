package man

import "strings"

// macro reads a macro of man, and reports whether it is one.
func (r *reader) macro(name, rest string) bool {
	switch name {
	case "TH":
		if a := r.words(rest); len(a) > 0 && r.title == "" {
			r.setTitle(a)
		}
	case "SH", "SS":
		r.section(map[string]int{"SH": 2, "SS": 3}[name], strings.Join(r.words(rest), " "))
	case "PP", "LP", "P", "HP":
		r.close()
		r.levels[len(r.levels)-1].item = false
	case "TP", "TQ":
		r.openItem("")
		r.head = true
	case "IP":
		r.indented(rest)
	case "RS":
		r.setIn(level{})
	case "RE":
		r.setOut()
	case "EX", "Vb":
		r.flush()
		r.code = true
	case "EE", "Ve":
		r.flush()
		r.code = false
	case "DT", "PD", "AT", "UC", "IX":
	case "Sp", "SY":
		r.flush()
		if name == "SY" {
			r.add(strings.Join(r.words(rest), " "))
		}
	case "YS":
		r.flush()
	case "OP":
		r.add("[" + strings.Join(r.words(rest), " ") + "]")
	default:
		return r.font(name, rest) || r.linkMacro(name, rest)
	}
	return true
}

// setTitle takes the name of the page and its section for its title.
func (r *reader) setTitle(a []string) {
	r.title = strings.TrimSpace(a[0])
	if len(a) > 1 && a[1] != "" {
		r.title += "(" + a[1] + ")"
	}
	r.Heading(1, r.title, r.Line)
}

// section begins a section or a part of one.
func (r *reader) section(level int, t string) {
	r.endLists()
	if t = strings.ReplaceAll(t, noSpace, ""); strings.TrimSpace(t) == "" {
		r.heading = level
		return
	}
	r.synopsis = strings.EqualFold(strings.TrimSpace(t), "synopsis")
	r.Heading(level, t, r.Line)
}

// font reads the macros that set their arguments in other fonts: .B with spaces
// between them, .BR without.
func (r *reader) font(name, rest string) bool {
	between := ""
	switch name {
	case "B", "I", "SM", "SB", "R", "CW":
		between = " "
	case "BI", "BR", "IB", "IR", "RB", "RI", "CB", "CI":
	default:
		return false
	}
	if t := strings.Join(r.words(rest), between); t != "" {
		r.add(t)
	}
	return true
}

// linkMacro reads the macros around the text of a link. Its address is shown, as
// on a terminal.
func (r *reader) linkMacro(name, rest string) bool {
	switch name {
	case "UR", "MT":
		r.link, r.linked = strings.Join(r.words(rest), " "), r.para.Len()
	case "UE", "ME":
		switch {
		case r.link == "":
		case r.para.Len() == r.linked:
			r.add(r.link)
		default:
			r.add("<" + r.link + ">")
		}
		r.link = ""
		if end := strings.Join(r.words(rest), ""); end != "" {
			r.glue = true
			r.add(end)
		}
	case "URL", "MTO":
		if a := r.words(rest); len(a) > 0 {
			t := a[0]
			if len(a) > 1 && a[1] != "" {
				t = a[1] + " <" + t + ">"
			}
			r.add(t)
			if len(a) > 2 {
				r.glue = true
				r.add(a[2])
			}
		}
	default:
		return false
	}
	return true
}

// indented reads .IP: an item with a term, or a further paragraph of one.
func (r *reader) indented(rest string) {
	a := r.words(rest)
	if len(a) == 0 || strings.TrimSpace(a[0]) == "" {
		r.head = false
		r.flush()
		return
	}
	r.openItem(strings.ReplaceAll(a[0], noSpace, ""))
}

// setIn begins text that is set in, or a list.
func (r *reader) setIn(l level) {
	r.close()
	if len(r.levels) >= r.Limits.Depth {
		r.deeper++
		return
	}
	r.levels = append(r.levels, l)
}

// setOut ends text that is set in, or a list.
func (r *reader) setOut() {
	r.close()
	switch {
	case r.deeper > 0:
		r.deeper--
	case len(r.levels) > 1:
		r.levels = r.levels[:len(r.levels)-1]
	}
}

// isClosing reports whether t is a mark that belongs to the word before it.
func isClosing(t string) bool { return len(t) == 1 && strings.IndexByte(".,:;)]?!", t[0]) >= 0 }

// isOpening reports whether t is a mark that belongs to the word after it.
func isOpening(t string) bool { return t == "(" || t == "[" }
