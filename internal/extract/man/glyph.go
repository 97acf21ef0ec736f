package man

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// glyph returns the character of a name, as in \(em and \[u2014].
func glyph(name string) string {
	if t, ok := glyphs[name]; ok {
		return t
	}
	if code, ok := strings.CutPrefix(name, "u"); ok {
		var b strings.Builder
		for part := range strings.SplitSeq(code, "_") {
			n, err := strconv.ParseUint(part, 16, 32)
			if err != nil || n < ' ' || !utf8.ValidRune(rune(n)) {
				return ""
			}
			b.WriteRune(rune(n))
		}
		return b.String()
	}
	if code, ok := strings.CutPrefix(name, "char"); ok {
		if n, err := strconv.Atoi(code); err == nil && n >= ' ' && n < 256 {
			return string(rune(n))
		}
	}
	return ""
}

// glyphs are the characters that have names.
var glyphs = pairs(`
	em — en – hy - - - aq ' dq " oq ‘ cq ’ lq “ rq ” bq ‚ Bq „ Fo « Fc » fo ‹ fc › ga ` + "`" + ` aa ´ ha ^ ti ~ rs \ sl / at @ sh # Do $ ba | br │ bv │ or | ul _ rn ‾
	bu • ci ○ sq □ dg † dd ‡ co © rg ® tm ™ de ° mu × di ÷ +- ± <= ≤ >= ≥ != ≠ == ≡ =~ ≅ ~= ≈ ~~ ≈ ap ∼ -> → <- ← ua ↑ da ↓ <> ↔ rA ⇒ lA ⇐ hA ⇔ uA ⇑ dA ⇓ if ∞ sc § ps ¶
	12 ½ 14 ¼ 34 ¾ 18 ⅛ 38 ⅜ 58 ⅝ 78 ⅞ S1 ¹ S2 ² S3 ³ Po £ Eu € eu € Ye ¥ ct ¢ Cs ¤ Fn ƒ mi − pl + eq = ** ∗ no ¬ tno ¬ mo ∈ nm ∉ es ∅ pd ∂ gr ∇ sr √ sqrt √ is ∫ integral ∫ sum ∑ product ∏
	fm ′ sd ″ r! ¡ r? ¿ Of ª Om º %0 ‰ lh ☜ rh ☞ CR ↵ OK ✓ la ⟨ ra ⟩ lC { rC } lB [ rB ] lc ⌈ rc ⌉ lf ⌊ rf ⌋ AN ∧ OR ∨ fa ∀ te ∃ st ∋ tf ∴ 3d ∴ ca ∩ cu ∪ sb ⊂ sp ⊃ ib ⊆ ip ⊇ pt ∝ pp ⊥ Ah ℵ Im ℑ Re ℜ wp ℘ c+ ⊕ c* ⊗ md ⋅ pc ·
	/_ ∠ an ⎯ -h ℏ hbar ℏ lz ◊ SP ♠ CL ♣ HE ♥ DI ♦ coproduct ∐ nc ⊅ nb ⊄ ne ≢ >> ≫ << ≪ -+ ∓ t+- ± tmu × tdi ÷ rk ⎬ u2026 …
	AE Æ ae æ OE Œ oe œ IJ Ĳ ij ĳ ss ß /O Ø /o ø /L Ł /l ł -D Ð Sd ð TP Þ Tp þ .i ı .j ȷ ff ff fi fi fl fl Fi ffi Fl ffl a- ¯ a^ ˆ a~ ~ ad ¨ ac ¸ ao ˚ ah ˇ ho ˛ ab ˘ a. ˙ vz z
	'A Á 'C Ć 'E É 'I Í 'O Ó 'U Ú 'Y Ý 'a á 'c ć 'e é 'i í 'o ó 'u ú 'y ý :A Ä :E Ë :I Ï :O Ö :U Ü :Y Ÿ :a ä :e ë :i ï :o ö :u ü :y ÿ ^A Â ^E Ê ^I Î ^O Ô ^U Û ^a â ^e ê ^i î ^o ô ^u û
	` + "`A À `E È `I Ì `O Ò `U Ù `a à `e è `i ì `o ò `u ù" + ` ~A Ã ~N Ñ ~O Õ ~a ã ~n ñ ~o õ vS Š vs š vZ Ž vz ž ,C Ç ,c ç oA Å oa å
	*A Α *B Β *G Γ *D Δ *E Ε *Z Ζ *Y Η *H Θ *I Ι *K Κ *L Λ *M Μ *N Ν *C Ξ *O Ο *P Π *R Ρ *S Σ *T Τ *U Υ *F Φ *X Χ *Q Ψ *W Ω
	*a α *b β *g γ *d δ *e ε *z ζ *y η *h θ *i ι *k κ *l λ *m μ *n ν *c ξ *o ο *p π *r ρ *s σ ts ς *t τ *u υ *f φ +f ϕ *x χ *q ψ *w ω +h ϑ +p ϖ +e ϵ`)

func pairs(t string) map[string]string {
	words, m := strings.Fields(t), map[string]string{}
	for i := 0; i+1 < len(words); i += 2 {
		m[words[i]] = words[i+1]
	}
	return m
}
