package charset

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/ianaindex"
)

// texts are short notes as people write them, and encodings that were used for
// them.
var texts = []struct{ text, encodings string }{
	{"Die Prüfung der Türen erfolgt jährlich. Für Schäden, die während der Übergabe entstehen, haftet der Käufer; größere Mängel müssen schriftlich gemeldet werden, möglichst früh.",
		"windows-1252 iso-8859-15 macintosh IBM850 IBM437 UTF-16LE UTF-16BE"},
	{"Le règlement prévoit que chaque élève reçoit une clé dès la première journée. Après la fête, les bâtiments sont fermés à clé et l’équipe vérifie les fenêtres du côté nord.",
		"windows-1252 macintosh UTF-16LE"},
	{"Książka skarg leży w sekretariacie. Wniosek należy złożyć najpóźniej w ciągu dziesięciu dni, a odpowiedź zostanie wysłana pocztą. Późniejsze zgłoszenia są odrzucane.",
		"windows-1250 iso-8859-2 IBM852"},
	{"Насос проверяют каждый год в мае. Если давление падает ниже трёх бар, закройте вентиль и вызовите дежурного. Ключ лежит в шкафу у входа.",
		"windows-1251 KOI8-R IBM866 iso-8859-5 UTF-16BE"},
	{"Насос перевіряють щороку у травні. Якщо тиск падає, закрийте вентиль і викличте чергового. Ключ лежить у шафі біля входу, її відчиняє сторож.", "windows-1251 KOI8-U"},
	{"Η αντλία ελέγχεται κάθε χρόνο τον Μάιο. Αν πέσει η πίεση, κλείστε τη βάνα και καλέστε τον υπεύθυνο. Το κλειδί βρίσκεται στο ντουλάπι.", "windows-1253 iso-8859-7"},
	{"Pompa her yıl mayıs ayında kontrol edilir. Basınç düşerse vanayı kapatın ve nöbetçiyi çağırın. Anahtar girişteki dolabın içindedir, şifresi değiştirilmiştir.", "windows-1254 iso-8859-9"},
	{"המשאבה נבדקת בכל שנה בחודש מאי. אם הלחץ יורד, סגרו את הברז וקראו לתורן. המפתח נמצא בארון ליד הכניסה.", "windows-1255"},
	{"يتم فحص المضخة كل عام في شهر مايو. إذا انخفض الضغط فأغلق الصمام واتصل بالمناوب. المفتاح موجود في الخزانة عند المدخل.", "windows-1256 iso-8859-6"},
	{"ポンプは毎年五月に点検します。圧力が下がったら、バルブを閉めて当番に連絡してください。鍵は入口の棚にあります。", "Shift_JIS EUC-JP ISO-2022-JP UTF-16LE"},
	{"水泵每年五月检查一次。如果压力下降，请关闭阀门并通知值班人员。钥匙放在入口处的柜子里，用完以后请放回原处。", "GB18030 GBK UTF-16BE"},
	{"水泵每年五月檢查一次。如果壓力下降，請關閉閥門並通知值班人員。鑰匙放在入口處的櫃子裡，用完以後請放回原處。", "Big5"},
	{"펌프는 매년 오월에 점검합니다. 압력이 내려가면 밸브를 잠그고 당직자에게 알려 주십시오. 열쇠는 입구 옆 장에 있습니다.", "EUC-KR"},
}

// encoded returns a text in an encoding that IANA knows.
func encoded(t *testing.T, text, name string) []byte {
	t.Helper()
	e, err := ianaindex.IANA.Encoding(name)
	if err != nil || e == nil {
		t.Fatalf("%s: %v", name, err)
	}
	b, err := e.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return b
}

// What is guessed is the text, letter for letter.
func TestGuess(t *testing.T) {
	for _, c := range texts {
		for name := range strings.FieldsSeq(c.encodings) {
			text := c.text + "\n"
			if strings.HasPrefix(name, "IBM8") || strings.HasPrefix(name, "IBM4") {
				text = strings.ReplaceAll(text, "’", "'")
			}
			b := encoded(t, text, name)
			if name == "UTF-16LE" || name == "UTF-16BE" {
				b = []byte(strings.TrimPrefix(strings.TrimPrefix(string(b), "\xff\xfe"), "\xfe\xff"))
			}
			e, ok := Guess(b)
			if !ok {
				t.Errorf("%s is refused: %s", name, text)
				continue
			}
			if got, ok := e.Decode(b); !ok || string(got) != text {
				t.Errorf("%s is read as %s: %s", name, e.Name, got)
			}
		}
	}
}

// What is not sure is refused.
func TestRefused(t *testing.T) {
	utf8Text := strings.Repeat("Die Prüfung der Türen.\n", 20)
	for name, in := range map[string]string{
		"nothing":                 "",
		"one letter":              "caf\xe9",
		"UTF-8, one broken byte":  utf8Text + "\xfc" + utf8Text,
		"UTF-8, one cut off":      utf8Text + "\xc3",
		"UTF-8, two lines broken": utf8Text + "T\xfcren und G\xe4nge\n" + utf8Text,
		"a PNG":                   "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x02\x00\x00\x00\x02\x00\x08\x06\x00\x00\x00",
		"a JPEG":                  "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x01\x00H\x00H\x00\x00\xff\xdb\x00C\x00",
		"a ZIP":                   "PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00\xdf\xa4\xd2lZ\x01\x00\x00 \x05\x00\x00",
		"an ELF":                  "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00>\x00\x01\x00\x00\x00",
		"all high bytes":          strings.Repeat("\xa4\xc3\xe1\xf2\x93\x9c\xb7\xd0\xee\xff", 30),
	} {
		if e, ok := Guess([]byte(in)); ok {
			t.Errorf("%s is read as %s", name, e.Name)
		}
	}
}

// Random bytes are no text, whatever bytes they are made of.
func TestRandomBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		b := make([]byte, 20+r.IntN(1000))
		for k := range b {
			switch i % 3 {
			case 0:
				b[k] = byte(r.IntN(256))
			case 1:
				b[k] = byte(0x80 + r.IntN(128))
			default:
				b[k] = byte(0x20 + r.IntN(224))
			}
		}
		if e, ok := Guess(b); ok {
			t.Errorf("%d random bytes of kind %d are read as %s", len(b), i%3, e.Name)
		}
	}
}

// A letter far behind the parts that are looked at is not overlooked.
func TestLateLetters(t *testing.T) {
	b := encoded(t, texts[0].text, "windows-1252")
	long := append([]byte(strings.Repeat("All of this is plain. ", 20_000)), b...)
	if e, ok := Guess(long); !ok || e.Name != "windows-1252" {
		t.Errorf("got %q, %v", e.Name, ok)
	}
	if _, ok := Guess(append(long, 0x81)); ok { // undefined in Windows-1252
		t.Error("an undefined byte at the end is overlooked")
	}
}

func BenchmarkGuess(b *testing.B) {
	in := []byte(strings.Repeat("Die Pr\xfcfung der T\xfcren erfolgt j\xe4hrlich. ", 30_000))
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		guess(in)
	}
}

// Whatever is guessed decodes to UTF-8 without a sign of an error.
func FuzzGuess(f *testing.F) {
	f.Add([]byte("Pr\xfcfung"))
	f.Add([]byte("\x1b$B%F%9%H\x1b(B"))
	f.Add([]byte("\xff\xfe\x00\x00a\x00\x00\x00"))
	f.Add([]byte("a\x00b\x00"))
	f.Add([]byte("coding: gbk\n\xb2\xe2"))
	f.Fuzz(func(t *testing.T, b []byte) {
		b = b[:min(len(b), 4<<10)]
		for _, find := range []func([]byte) (Encoding, bool){guess, Named} {
			promise(t, find, b)
		}
	})
}

// promise checks what holds for any bytes.
func promise(t *testing.T, find func([]byte) (Encoding, bool), b []byte) {
	e, ok := find(b)
	if !ok {
		return
	}
	text, ok := e.Decode(b)
	if !ok || !utf8.Valid(text) || strings.ContainsRune(string(text), utf8.RuneError) {
		t.Errorf("%s: got %q, %v", e.Name, text, ok)
	}
}
