package meaning

import "testing"

func TestKnows(t *testing.T) {
	f := func(want bool, questions ...string) {
		t.Helper()
		for _, q := range questions {
			if got := Default().Knows(q); got != want {
				t.Errorf("Knows(%q) = %v", q, got)
			}
		}
	}
	f(true, "When do I get my money back?", "password reset", "backup retention billing database", "Who is on call in Dublin?", "how often r the logs rotated")
	f(false, "Wie viele Punkte gab die Verteidigung der Panthers ab?", "¿Cuántos puntos cedió la defensa de los Panthers?",
		"Hotel de la ville", "Сколько очков", "黑豹队的防守丢了多少分?", "", "?!", "2024")
}
