package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// An abbreviation says when the full stop after an abbreviation ends a
// sentence.
type abbreviation int

const (
	never   abbreviation = iota + 1 // never: a name or a word follows
	number                          // not if a number follows: 5, A12, IV, B
	starter                         // only if a word follows that often begins a sentence
	unit                            // like starter after a number, "5 min."; otherwise like number, "min. 5"
	clock                           // not if a day or a time zone follows
)

var abbreviations = func() map[string]abbreviation {
	m := make(map[string]abbreviation)
	for _, of := range []struct {
		kind  abbreviation
		words string
	}{
		{never, `Dr Mr Mrs Ms Mx Prof Gen Rep Sen Gov Capt Cpt Cmdr Adm Maj Col Lt Sgt Cpl Pvt Rev Hon Pres Supt Insp Msgr Messrs Mt Ft
			vs viz cf ibid a.k.a resp incl excl esp e.g i.e E.g I.e eg ie
			Hr Hrn Fr z.B z.b Z.B d.h D.h u.a o.ä i.d.R z.T v.a s.o s.u bzw ca evtl ggf inkl exkl vgl Vgl bspw sog Dipl Tel zzgl geb gest
			M.M MM Mme Mlle Mgr Mes p.ex
			Sra Srta Dra Dña Ud Uds p.ej P.ej Ej ej EE pág págs núm Núm D.ª
			Sig Dott Dott.ssa Avv Ing Arq Exmo Sr.ª
			bijv mw dhr
			т.е т.н ул напр см проф акад св о-в тов г-н г-жа
			TP Tp ThS TS PGS GS
			DR MR MRS PROF Atty Amb Cdr Brig Lieut Pfc Asst Assoc Attn attn fka
			Mag Hrsg bzgl ggü einschl entspr ehem zzt lfd
			Excmo Ilmo Gral Lic Mons Sres Sto Sta Profa aprox Geom Rag cfr drs
			δηλ βλ
			Doç Sn Yrd Öğr Gör bkz örn
			Dl Dna cca sf
			ок макс мин ср вкл искл
			डॉ प्रो पं श्री सुश्री`},
		{number, `No Nos no nos Nr nr Fig Figs fig figs Eq Eqs eq Tab Vol Vols vol Ch Chap ch Sec Sect sec Art art Op op pp pg Pg par para Ver ver v
			Abs Kap Abb Ziff Bd S Bl Bsp lit Ps Pt pt Ex ex App est Est pop
			Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mär Okt Dez env av janv févr avr juil sept oct nov déc ene abr ago dic
			chap fasc bd ум род стр гл рис табл ст п
			ref refs para paras cl cls reg regs sch subs subsec subpara ll ln fn tbl appx ill cols iss suppl bldg rm fl flr ste apt acct eqn eqns thm
			temp ed mind Max tel fax Anm Aufl Jg Rn Rz Az Tel Fax Zi Hs Std
			tél réf teléf tfno apdo arts pag pagg artt blz telef
			alin jud тел доп кв корп оф разд подп абз прим изм
			αρ σελ τηλ κεφ εικ παρ
			सं पृ क्र रु`},
		{starter, `Inc Ltd Co Corp LLC Bros Jr Sr Esq St Ave Blvd Rd Hwy Dept Univ Assn al Ph.D D.Phil M.D B.A M.A
			approx Approx APPROX ext Ext max avg Avg qty Qty misc Misc govt Govt intl Intl natl Natl
			eds repr transl cont contd lt Abt Hbf Pl Stk
			Cie Ets Sté éd máx Máx Dpto Depto Avda Ltda Cia
			Cad Sok Mah Şti
			sq cu ff Mio Mrd GmbH Str Jh Jhd Jahrh n.Chr v.Chr Chr J.-C
			Cía S.A EE.UU UU
			г гг в вв н.э т.д т.п др пр им тыс млн млрд руб`},
		{unit, `min Min mins sec secs hr hrs wk wks mo yr yrs oz lb lbs gal mi mín Mín Sek`},
		{clock, `a.m p.m A.M P.M`},
	} {
		for w := range strings.FieldsSeq(of.words) {
			m[w] = of.kind
		}
	}
	return m
}()

// starters are words that begin a sentence far more often than a name.
var starters = func() map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(`The A An In On At It Its He She They We I You His Her Their Our My This That These Those There Here
		When While Where Why How What Which Who Although Though Because Since As If After Before During Despite However But And Or So
		For From By With Under Over Between Among According Some Many Most Several All Both Each Every Another Other No Not Only Even
		Also Then Thus Therefore Today Later Since Until Unlike Such To Of One Two Three Does Do Did Is Are Was Were Has Have Had Can Will
		Use See Note Please Never Always Every
		Der Die Das Ein Eine Er Sie Es Wir Ihr Im Am In Auf Bei Mit Nach Seit Für Von Zu Durch Als Wenn Während Diese Dieser Dieses Auch Aber Und
		Le La Les Un Une Il Elle Ils Elles Nous Vous Ce Cette Ces Dans En Au Aux Sur Avec Pour Par Depuis Après Avant Mais Et
		El Los Las Una Unos Ella Ellos Ellas Este Esta Estos Estas Con Por Para Según Desde Entre Pero Y Se Su Sus Tras Al Durante
		Он Она Оно Они Мы Вы В На С По Из От За Для При Это Эта Этот Эти Как Когда После Но И А Также Его Её Их Однако`) {
		m[w] = true
	}
	return m
}()

// afterClock lists capitalised words that follow a time of day in the same
// sentence.
var afterClock = map[string]bool{
	"Eastern": true, "Central": true, "Mountain": true, "Pacific": true, "Atlantic": true, "Greenwich": true, "GMT": true, "UTC": true,
	"CET": true, "CEST": true, "BST": true, "IST": true, "JST": true, "ET": true, "CT": true, "MT": true, "PT": true,
	"EST": true, "EDT": true, "CST": true, "CDT": true, "MST": true, "MDT": true, "PST": true, "PDT": true,
	"Monday": true, "Tuesday": true, "Wednesday": true, "Thursday": true, "Friday": true, "Saturday": true, "Sunday": true,
}

// ordinals are German words before an ordinal number. The full stop after the
// number is part of it: "am 3. Oktober".
var ordinals = map[string]bool{
	"am": true, "der": true, "die": true, "das": true, "dem": true, "den": true, "des": true, "im": true, "vom": true, "zum": true,
	"zur": true, "ab": true, "Am": true, "Der": true, "Die": true, "Das": true, "Den": true, "Im": true, "Vom": true, "Zum": true, "Ab": true, "Bis": true, "Seit": true,
	"bis": true, "seit": true, "und": true, "beim": true, "ins": true, "ein": true, "einen": true, "sein": true,
}

// months are the names that follow the day in a German date.
var months = map[string]bool{
	"Januar": true, "Jänner": true, "Februar": true, "März": true, "April": true, "Mai": true, "Juni": true, "Juli": true,
	"August": true, "September": true, "Oktober": true, "November": true, "Dezember": true,
}

// isAbbreviation reports whether the full stop between sofar and next ends no
// sentence. r is the first rune of next.
func isAbbreviation(sofar, next string, r rune) bool {
	word := lastWord(sofar)
	if word == "" {
		return false
	}
	switch kindOf(word) {
	case never:
		return true
	case number:
		if isNumeral(next) {
			return true
		}
	case starter:
		return !isStarter(next)
	case unit:
		before := lastWord(strings.TrimRight(sofar[:len(sofar)-len(word)], " "))
		if before != "" && isDigit(before[len(before)-1]) {
			return isNumeral(next)
		}
		return !isStarter(next)
	case clock:
		return afterClock[firstWord(next)]
	}
	first, size := utf8.DecodeRuneInString(word)
	switch {
	case unicode.IsDigit(first):
		return isOrdinal(sofar, word, next)
	case size == len(word) && unicode.IsUpper(first): // an initial
		return unicode.IsDigit(r) || !isStarter(next)
	case size == len(word) && unicode.IsLetter(first):
		before := lastWord(strings.TrimRight(sofar[:len(sofar)-size], " "))
		return !isStarter(next) && (before == "" || !isDigit(before[len(before)-1]))
	case isDotted(word): // U.S., J.R.R.
		return !isStarter(next)
	}
	return false
}

// kindOf returns the kind of the abbreviation word, or 0 if it is none. An
// abbreviation may have a capital at the beginning of a sentence, and in
// capitals it may stand before a number. Words such as Al and Ed are
// abbreviations in small letters only: with a capital they may be names.
func kindOf(word string) abbreviation {
	if kind := abbreviations[word]; kind != 0 {
		return kind
	}
	first, size := utf8.DecodeRuneInString(word)
	if size == len(word) || !unicode.IsUpper(first) { // an initial, or no capital
		return 0
	}
	if kind := abbreviations[string(unicode.ToLower(first))+word[size:]]; kind == never || kind == number {
		return kind
	}
	if kind := abbreviations[strings.ToLower(word)]; kind == number {
		return kind
	}
	return 0
}

// isNumeral reports whether next begins with a number, a Roman numeral of
// several letters, or a single letter. I and A are words, unless a mark follows
// them.
func isNumeral(next string) bool {
	token := next
	if n := strings.IndexFunc(next, unicode.IsSpace); n >= 0 {
		token = next[:n]
	}
	bare := strings.TrimRight(token, ".,;:)]")
	first, size := utf8.DecodeRuneInString(bare)
	switch {
	case unicode.IsDigit(first):
		return true
	case !unicode.IsUpper(first):
		return false
	case size == len(bare):
		return bare != "I" && bare != "A" || len(token) > len(bare)
	case strings.Trim(bare, "IVXLC") == "":
		return true
	}
	return strings.ContainsAny(bare, "0123456789") && strings.ToUpper(bare) == bare
}

// lastWord returns the end of t, from the last white space or opening mark on.
func lastWord(t string) string {
	for i := len(t); i > 0 && len(t)-i < 24; i-- {
		switch t[i-1] {
		case ' ', '\n', '\t', '\r', '(', '[', '"', '\'', '*', '_', '/':
			return t[i:]
		}
	}
	if len(t) < 24 {
		return t
	}
	return ""
}

func isStarter(next string) bool {
	w := firstWord(next)
	rest := next[len(w):]
	return starters[w] && !strings.HasPrefix(rest, ".") && !strings.HasPrefix(rest, "-") && (rest == "" || !isDigit(rest[0]))
}

// firstWord returns the letters at the beginning of t.
func firstWord(t string) string {
	n := strings.IndexFunc(t, func(r rune) bool { return !unicode.IsLetter(r) })
	if n < 0 {
		return t
	}
	return t[:n]
}

// isOrdinal reports whether the full stop after the number at the end of sofar
// is part of the number: a day, a century, the number of a list item.
func isOrdinal(sofar, number, next string) bool {
	if len(number) > 2 || strings.Trim(number, "0123456789") != "" {
		return false
	}
	before := strings.TrimRight(sofar[:len(sofar)-len(number)], " \n")
	return before == "" || ordinals[lastWord(before)] || strings.HasPrefix(next, "Jahrhundert") || months[firstWord(next)]
}

// isDotted reports whether w is single letters separated by full stops.
func isDotted(w string) bool {
	if strings.IndexByte(w, '.') < 0 {
		return false
	}
	for part := range strings.SplitSeq(w, ".") {
		if r, n := utf8.DecodeRuneInString(part); n != len(part) || !unicode.IsLetter(r) {
			return false
		}
	}
	return true
}
