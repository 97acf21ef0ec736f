package storetest

import (
	"multivac"
)

// calibrationTests are the sentences of the contract that are about
// calibrations.
var calibrationTests = []test{
	{"a calibration comes back as it was put", calibrationComesBack},
	{"a calibration takes the place of the one before", calibrationReplaced},
	{"a calibration is removed once", calibrationRemoved},
	{"a calibration stays when documents go", calibrationStays},
	{"calibrations are there after reopening", calibrationsReopen},
}

func number(x float64) *float64 { return &x }

// putCalibration puts a calibration with each of its fields set.
func (s *subject) putCalibration(name multivac.CollectionName) multivac.Calibration {
	s.Helper()
	c := multivac.Calibration{
		Collection: name, Factor: 0.7512345678901234, Offset: -1.0 / 3, Questions: 60, Answerable: 40, Right: 21, At: s.tick(), Model: "1.2.3 read",
		Stops: map[multivac.Stop]float64{multivac.Strict: 0.93, multivac.Balanced: 0.81, multivac.Eager: 0.5},
		Before: multivac.Reliability{ECE: number(0.1), Stops: map[multivac.Stop]multivac.StopReliability{
			multivac.Strict: {Coverage: number(0.25), Precision: number(2. / 3), FalseAnswers: number(0)}, multivac.Eager: {Coverage: number(1)},
		}},
		After: multivac.Reliability{},
	}
	s.must(s.PutCalibration(s.ctx, c))
	return c
}

func (s *subject) calibrations() []multivac.Calibration {
	s.Helper()
	all, err := s.Calibrations(s.ctx)
	s.must(err)
	return all
}

func calibrationComesBack(s *subject) {
	if got := s.calibrations(); len(got) != 0 {
		s.Errorf("a new store has calibrations %+v", got)
	}
	z, a := s.putCalibration("zz"), s.putCalibration("aa")
	s.same("calibrations", []multivac.Calibration{a, z}, s.calibrations())
}

func calibrationReplaced(s *subject) {
	c := s.putCalibration("one")
	c.Factor, c.Stops[multivac.Eager], c.After, c.Model, c.Before = 2, 0.4, c.Before, "another", multivac.Reliability{}
	outdated := c
	outdated.Outdated = true
	s.must(s.PutCalibration(s.ctx, outdated))
	s.same("calibrations", []multivac.Calibration{c}, s.calibrations())
}

func calibrationRemoved(s *subject) {
	s.putCalibration("one")
	other := s.putCalibration("two")
	for _, want := range []bool{true, false} {
		got, err := s.RemoveCalibration(s.ctx, "one")
		s.must(err)
		s.same("removed", want, got)
	}
	s.same("calibrations", []multivac.Calibration{other}, s.calibrations())
}

func calibrationStays(s *subject) {
	c := s.putCalibration(multivac.DefaultCollection)
	r := s.index("a", "A text.")
	_, err := s.Delete(s.ctx, r.ID, s.tick())
	s.must(err)
	s.same("calibrations", []multivac.Calibration{c}, s.calibrations())
}

func calibrationsReopen(s *subject) {
	c := s.putCalibration("one")
	s.putCalibration("two")
	_, err := s.RemoveCalibration(s.ctx, "two")
	s.must(err)
	s.reopen()
	s.same("calibrations", []multivac.Calibration{c}, s.calibrations())
}
