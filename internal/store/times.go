package store

import "time"

// Micros writes a time as microseconds of Unix, 0 for none.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// FromMicros is the inverse of Micros. Damaged data may have a time that has no
// written form: it returns the zero time for one.
func FromMicros(n int64) time.Time {
	t := time.UnixMicro(n).UTC()
	if n == 0 || t.Year() < 0 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}
