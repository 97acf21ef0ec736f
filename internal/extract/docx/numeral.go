package docx

import (
	"strconv"
	"strings"

	"multivac/internal/extract"
)

// alphabets are those of lists that count with letters.
var alphabets = map[string]string{
	"lowerLetter":    "abcdefghijklmnopqrstuvwxyz",
	"upperLetter":    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	"russianLower":   "абвгдежзиклмнопрстуфхцчшщыэюя",
	"russianUpper":   "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЫЭЮЯ",
	"hebrew2":        "אבגדהוזחטיכלמנסעפצקרשת",
	"arabicAlpha":    "أبتثجحخدذرزسشصضطظعغفقكلمنهوي",
	"ganada":         "가나다라마바사아자차카타파하",
	"aiueoFullWidth": "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
	"aiueo":          "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
}

// numeral returns a number in a format of Word. One in a format that is not
// listed is decimal.
func numeral(n int, format string) string {
	if alphabet, ok := alphabets[format]; ok {
		return letter(n, alphabet)
	}
	switch format {
	case "none":
		return ""
	case "decimalZero":
		if n >= 0 && n < 10 {
			return "0" + strconv.Itoa(n)
		}
	case "upperRoman":
		return extract.Roman(n)
	case "lowerRoman":
		return strings.ToLower(extract.Roman(n))
	case "ordinal":
		return strconv.Itoa(n) + ordinal(n)
	case "cardinalText", "ordinalText":
		return inWords(n, format == "ordinalText")
	case "numberInDash":
		return "- " + strconv.Itoa(n) + " -"
	case "decimalEnclosedCircle", "decimalEnclosedCircleChinese":
		if n > 0 && n <= 20 {
			return string(rune('①' + n - 1))
		}
	case "chineseCounting", "chineseCountingThousand", "ideographDigital", "japaneseCounting", "taiwaneseCounting", "taiwaneseCountingThousand", "japaneseDigitalTenThousand":
		return chinese(n)
	}
	return strconv.Itoa(n)
}

// Numbers in English, as Word writes them, and those that count otherwise than by
// a th at their end.
var (
	ones = strings.Fields(`Zero One Two Three Four Five Six Seven Eight Nine Ten Eleven Twelve Thirteen Fourteen Fifteen Sixteen Seventeen
		Eighteen Nineteen`)
	tens     = strings.Fields("Twenty Thirty Forty Fifty Sixty Seventy Eighty Ninety")
	ordinals = strings.NewReplacer("oneth", "first", "twoth", "second", "threeth", "third", "Oneth", "First", "Twoth", "Second", "Threeth", "Third",
		"veth", "fth", "eightth", "eighth", "Eightth", "Eighth", "nineth", "ninth", "Nineth", "Ninth", "yth", "ieth")
)

// inWords returns a number below 100 in words: Twenty-one, Twenty-first.
func inWords(n int, counts bool) string {
	if n < 0 || n > 99 {
		return strconv.Itoa(n)
	}
	var text string
	switch {
	case n < len(ones):
		text = ones[n]
	case n%10 == 0:
		text = tens[n/10-2]
	default:
		text = tens[n/10-2] + "-" + strings.ToLower(ones[n%10])
	}
	if counts {
		return ordinals.Replace(text + "th")
	}
	return text
}

// letter returns the letter of that number. After the last one each is written
// twice: z, aa, bb.
func letter(n int, alphabet string) string {
	signs := []rune(alphabet)
	if n < 1 || n > 30*len(signs) {
		return strconv.Itoa(n)
	}
	return strings.Repeat(string(signs[(n-1)%len(signs)]), (n-1)/len(signs)+1)
}

func ordinal(n int) string {
	switch {
	case n%100 >= 11 && n%100 <= 13:
	case n%10 == 1:
		return "st"
	case n%10 == 2:
		return "nd"
	case n%10 == 3:
		return "rd"
	}
	return "th"
}

// chinese returns a number below 10,000 in Chinese signs.
func chinese(n int) string {
	if n < 0 || n > 9999 {
		return strconv.Itoa(n)
	}
	digits, units := []rune("零一二三四五六七八九"), [...]string{"", "十", "百", "千"}
	if n == 0 {
		return string(digits[0])
	}
	text, zero := "", false
	for i, unit := 3, 1000; i >= 0; i, unit = i-1, unit/10 {
		d := n / unit % 10
		switch {
		case d == 0:
			zero = text != ""
			continue
		case zero:
			text, zero = text+string(digits[0]), false
		}
		if d == 1 && i == 1 && text == "" { // ten, not one ten
			text = units[1]
			continue
		}
		text += string(digits[d]) + units[i]
	}
	return text
}
