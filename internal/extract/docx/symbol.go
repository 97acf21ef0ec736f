package docx

import (
	"strconv"
	"strings"
)

// Signs of fonts that have other signs in the places of letters. The first table
// begins at 0x20, the second one at 0xA0.
var (
	symbolLow  = []rune(" !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼")
	symbolHigh = []rune("€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…|—↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑")
	wingdings  = map[rune]rune{
		0x22: '✂', 0x28: '☎', 0x29: '✆', 0x2A: '✉', 0x36: '⌛', 0x4A: '☺', 0x4B: '😐', 0x4C: '☹', 0x52: '☼', 0x6C: '●', 0x6E: '■',
		0x6F: '□', 0x71: '❑', 0x75: '◆', 0x76: '❖', 0x78: '☒', 0x9F: '•', 0xA7: '▪', 0xA8: '□', 0xD8: '➢', 0xDF: '←', 0xE0: '→',
		0xE1: '↑', 0xE2: '↓', 0xE8: '➔', 0xF0: '⇨', 0xFB: '✗', 0xFC: '✓', 0xFD: '☒', 0xFE: '☑',
	}
	wingdings2 = map[rune]rune{0x4F: '✗', 0x50: '✓', 0x51: '☒', 0x52: '☑', 0x53: '☒', 0x54: '☒', 0x98: '•', 0xA3: '□'}
)

// symbol returns the sign with a number in hexadecimal in a font, or "" where it
// is not known.
func symbol(font, char string) string {
	n, err := strconv.ParseUint(char, 16, 32)
	if err != nil {
		return ""
	}
	return sign(font, rune(n))
}

func sign(font string, r rune) string {
	private := r >= 0xF000 && r <= 0xF0FF
	if private {
		r -= 0xF000
	}
	var found rune
	switch {
	case font == "Symbol" && r >= 0xA0 && int(r-0xA0) < len(symbolHigh):
		found = symbolHigh[r-0xA0]
	case font == "Symbol" && r >= 0x20 && int(r-0x20) < len(symbolLow):
		found = symbolLow[r-0x20]
	case font == "Wingdings" && r >= 0x80 && r <= 0x95: // numbers in circles, white and black
		found = []rune("⓪①②③④⑤⑥⑦⑧⑨⑩⓿❶❷❸❹❺❻❼❽❾❿")[r-0x80]
	case font == "Wingdings":
		found = wingdings[r]
	case font == "Wingdings 2":
		found = wingdings2[r]
	case !private && r >= 0x20 && r <= 0x10FFFF && r != 0xFFFE && r != 0xFFFF && (r < 0x7F || r > 0x9F):
		found = r
	}
	if found == 0 {
		return ""
	}
	return string(found)
}

// symbols returns text in such a font.
func symbols(font, text string) string {
	var b strings.Builder
	for _, r := range text {
		if r >= 0xF000 && r <= 0xF0FF {
			b.WriteString(sign(font, r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
