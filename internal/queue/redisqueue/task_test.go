package redisqueue

import (
	"errors"
	"testing"

	"multivac"
)

func TestPayload(t *testing.T) {
	task := multivac.Task{Document: "d", Revision: 3, Attempt: 2, Origin: multivac.Origin{RequestID: "r", Trace: "00-1"}}
	const want = `{"v":1,"document":"d","revision":3,"attempt":2,"request_id":"r","trace":"00-1"}`
	if got := string(encode(task)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	f := func(text string, want multivac.Task, kind error) {
		t.Helper()
		got, err := decode([]byte(text))
		if got != want || !errors.Is(err, kind) {
			t.Errorf("%s: got %v, %v; want %v, %v", text, got, err, want, kind)
		}
	}
	f(want, task, nil)
	f(`{"v":1,"document":"d","revision":1}`, multivac.Task{Document: "d", Revision: 1}, nil)
	f(`{"v":1,"document":"d","revision":1,"of a later version":[1]}`, multivac.Task{Document: "d", Revision: 1}, nil)
	other := multivac.Task{Kind: "deliver", Document: "d", Revision: 1}
	f(`{"v":2,"kind":"deliver","document":"d","revision":1}`, other, nil)
	f(string(encode(other)), other, nil)
	f(`{"v":3,"document":{"all":"different"}}`, multivac.Task{}, errNewer)
	f(`{"v":0,"document":"d"}`, multivac.Task{}, multivac.ErrInvalid)
	f(`{"v":1,"document":7}`, multivac.Task{}, multivac.ErrInvalid)
	f(`{"v":1}`, multivac.Task{}, multivac.ErrInvalid)
	f(``, multivac.Task{}, multivac.ErrInvalid)
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"v":1,"document":"d","revision":3,"attempt":2,"request_id":"r"}`))
	f.Add([]byte(`{"v":2,"kind":"k","document":"d"}`))
	f.Add([]byte(`{"v":3}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		task, err := decode(text)
		if err != nil {
			return
		}
		if again, err := decode(encode(task)); err != nil || again != task {
			t.Errorf("%q: got %v, then %v, %v", text, task, again, err)
		}
	})
}
