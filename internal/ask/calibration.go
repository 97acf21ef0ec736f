package ask

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"

	"multivac"
	"multivac/internal/meaning"
	"multivac/internal/rank"
)

// Uncalibrated returns an asker like s whose answers have the confidence that
// the model gives, whatever calibrations there are.
func (s *Service) Uncalibrated() multivac.Asker {
	plain := *s
	plain.Calibration = nil
	return &plain
}

// Model names what gives confidence: the learned model, the encoder and the
// stages in use. A calibration corrects the confidence of one model only.
func (s *Service) Model() string { return s.modelWith(s.ready()) }

func (s *Service) modelWith(m *meaning.Model) string {
	return fmt.Sprintf("%d.%d.%d-%s-%c", rank.Version, rank.SenseVersion, meaning.Version, rank.Digest(), s.how(m))
}

// calibration returns the calibration that corrects the confidence of the
// collection, or nil for none.
func (s *Service) calibration(name multivac.CollectionName, m *meaning.Model) *multivac.Calibration {
	if s.Calibration == nil {
		return nil
	}
	c := s.Calibration(name)
	if c == nil || c.Model != s.modelWith(m) {
		return nil
	}
	return c
}

// correct corrects the confidence of all ranked sentences, which keeps their
// order, and returns what the stops then ask for. c may be nil.
func correct(ranked []rank.Sentence, asked rank.Thresholds, c *multivac.Calibration) rank.Thresholds {
	if c == nil {
		return asked
	}
	for i := range ranked {
		ranked[i].Confidence = c.Corrected(ranked[i].Confidence)
	}
	return c.Stops
}

// appendCalibration appends what answers depend on of a calibration.
func appendCalibration(b []byte, c *multivac.Calibration) []byte {
	var bits []byte
	for _, x := range []float64{c.Factor, c.Offset, c.Stops[multivac.Strict], c.Stops[multivac.Balanced], c.Stops[multivac.Eager]} {
		bits = binary.BigEndian.AppendUint64(bits, math.Float64bits(x))
	}
	return append(hex.AppendEncode(b, bits), 0)
}
