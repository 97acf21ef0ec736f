package meaning

import "testing"

func TestLanguageOf(t *testing.T) {
	f := func(want Language, texts ...string) {
		t.Helper()
		for _, text := range texts {
			if got := LanguageOf(text); got != want {
				t.Errorf("LanguageOf(%q) = %v, want %v", text, got, want)
			}
		}
	}
	f(English, "When do I get my money back?", "Who is on call in Dublin?", "how often r the logs rotated", "is crypto currancy aceptd",
		"Can deleting a queue be undone?", "Who composed the opera La Scala?",
		"Who wrote Hasan Mellâh?", "What does Дом mean?")
	f(Unclear, "password reset", "quarantine label colour", "vpn timeout", "LedgerdReplicaBroken", "visting hours intensiv care",
		"resin curing 20 °C", "MIT license", "Hotel de Ville", "Wartezeit Hotline",
		"In what year was Reguier de la Plancha born?", "Was kostet Kaffee?")
	f(Other, "Wie viele Punkte gab die Verteidigung der Panthers ab?", "¿Cuántos puntos cedió la defensa de los Panthers?",
		"Welches Doctor Who-Stück wurde ohne Doctor Who geschrieben?", "¿Qué metro cubre gran parte de Tyne and Wear?",
		"Tên của cháu gái Doctor Who là gì?", "Combien de jours de congé ?", "Quanti giorni di ferie ho?", "Hoe lang worden back-ups bewaard?",
		"Сколько очков", "В каком году была выпущена песня Fog on the Tyne?", "黑豹队的防守丢了多少分?", "", "?!", "2024")
}
