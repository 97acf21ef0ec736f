package xlsx

import (
	"strconv"
	"strings"
)

// The names of months and days in a language, as dates show them.
type names struct {
	months, short, days, shortDays []string
}

// unknownLanguage is one whose names are not known. Its dates are shown in
// digits.
const unknownLanguage = 0xffff

// languages by the first letters of their tags, and by their numbers in Windows.
var languages = map[string]uint32{
	"en": 0x09, "de": 0x07, "fr": 0x0c, "es": 0x0a, "it": 0x10, "pt": 0x16, "nl": 0x13, "ja": 0x11, "zh": 0x04,
}

// languageOf returns the language of a country as a format names it: de-DE, 407,
// or in more digits, which name a calendar and a kind of digits, too. It returns
// false where the date is to be shown by the reader's settings, or by a calendar
// that is not known.
func languageOf(country string) (language uint32, ok bool) {
	if country == "" {
		return 0, true
	}
	tag, calendar, _ := strings.Cut(strings.ToLower(country), "-")
	if known, ok := languages[tag]; ok {
		return english(known), !strings.Contains(calendar, "-x-")
	}
	n, err := strconv.ParseUint(country, 16, 32)
	if err != nil {
		return unknownLanguage, true
	}
	language = english(uint32(n & 0x3ff))
	if _, known := namesOf[language]; !known {
		language = unknownLanguage
	}
	return language, n>>16&0xff < 2 && n != systemDate && n != systemTime
}

// The date and the time as the reader's system shows them.
const (
	systemDate = 0xf800
	systemTime = 0xf400
)

func english(language uint32) uint32 {
	if language == 0x09 {
		return 0
	}
	return language
}

var namesOf = map[uint32]names{
	0: namesFrom("January February March April May June July August September October November December",
		"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", "Sunday Monday Tuesday Wednesday Thursday Friday Saturday", "Sun Mon Tue Wed Thu Fri Sat"),
	0x07: namesFrom("Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
		"Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez", "Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag", "So Mo Di Mi Do Fr Sa"),
	0x0c: namesFrom("janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
		"janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.", "dimanche lundi mardi mercredi jeudi vendredi samedi", "dim. lun. mar. mer. jeu. ven. sam."),
	0x0a: namesFrom("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
		"ene feb mar abr may jun jul ago sep oct nov dic", "domingo lunes martes miércoles jueves viernes sábado", "dom lun mar mié jue vie sáb"),
	0x10: namesFrom("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
		"gen feb mar apr mag giu lug ago set ott nov dic", "domenica lunedì martedì mercoledì giovedì venerdì sabato", "dom lun mar mer gio ven sab"),
	0x16: namesFrom("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
		"jan fev mar abr mai jun jul ago set out nov dez", "domingo segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado", "dom seg ter qua qui sex sáb"),
	0x13: namesFrom("januari februari maart april mei juni juli augustus september oktober november december",
		"jan feb mrt apr mei jun jul aug sep okt nov dec", "zondag maandag dinsdag woensdag donderdag vrijdag zaterdag", "zo ma di wo do vr za"),
	0x11: namesFrom("1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月", "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
		"日曜日 月曜日 火曜日 水曜日 木曜日 金曜日 土曜日", "日 月 火 水 木 金 土"),
	0x04: namesFrom("一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月", "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
		"星期日 星期一 星期二 星期三 星期四 星期五 星期六", "周日 周一 周二 周三 周四 周五 周六"),
}

func namesFrom(months, short, days, shortDays string) names {
	return names{strings.Fields(months), strings.Fields(short), strings.Fields(days), strings.Fields(shortDays)}
}

// month returns a month as that many letters of m show it.
func (n names) month(month, letters int) string {
	switch {
	case letters == 5:
		name := []rune(n.months[month-1])
		return string(name[:1])
	case letters > 3:
		return n.months[month-1]
	case letters == 3:
		return n.short[month-1]
	case letters == 2 && month < 10:
		return "0" + strconv.Itoa(month)
	}
	return strconv.Itoa(month)
}

// weekday returns the day of the week, as Excel counts them: its 1 January 1900
// is a Sunday.
func (n names) weekday(day, letters int) string {
	i := (day + 6) % 7
	if letters > 3 {
		return n.days[i]
	}
	return n.shortDays[i]
}
