package wire

import (
	"bytes"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"multivac"
)

// TestAppendAnswer checks that AppendAnswer writes the same as encoding/json,
// whichever fields are set, even new ones.
func TestAppendAnswer(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var a multivac.Answer
		fill(random, reflect.ValueOf(&a).Elem())
		a.State = multivac.InsufficientData
		if len(a.Sentences) > 0 && random.IntN(4) > 0 {
			a.State = multivac.Answered
		}
		var want bytes.Buffer
		WriteJSON(&want, NewAnswer(a))
		if got := AppendAnswer([]byte("x"), a); string(got) != "x"+want.String() {
			t.Fatalf("%+v\ngot  %s\nwant %s", a, got[1:], &want)
		}
	}
}

// fill sets exported fields of v, each with a chance of 3 in 4.
func fill(random *rand.Rand, v reflect.Value) {
	if random.IntN(4) == 0 && v.Kind() != reflect.Struct {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"a", "\"<b>&\\\n", "\u2028 \u00fc \xff", "\x01", "plain text"}[random.IntN(5)])
	case reflect.Int:
		v.SetInt(random.Int64N(1000) - 10)
	case reflect.Uint64:
		v.SetUint(random.Uint64())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat([]float64{random.Float64(), 1e-7, 1.5e-12, 3e21, -2.5, 1, math.SmallestNonzeroFloat64}[random.IntN(7)])
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+random.IntN(3), 3))
		for i := range v.Len() {
			fill(random, v.Index(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(random, v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(random, v.Field(i))
			}
		}
	}
}

func TestNoNumber(t *testing.T) {
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := string(float(nil, f)); got != "0" {
			t.Errorf("%v: got %s, want 0", f, got)
		}
	}
}
