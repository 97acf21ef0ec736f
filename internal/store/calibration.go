package store

import (
	"encoding/json"

	"multivac"
)

// measures are the parts of a calibration that are only shown. They are stored
// as one text, which may get more members.
type measures struct {
	Stops  map[multivac.Stop]float64 `json:"stops"`
	Before reliability               `json:"before"`
	After  reliability               `json:"after"`
}

type reliability struct {
	ECE   *float64                `json:"ece,omitempty"`
	Stops map[multivac.Stop]atOne `json:"stops,omitempty"`
}

type atOne struct {
	Coverage     *float64 `json:"coverage,omitempty"`
	Precision    *float64 `json:"precision,omitempty"`
	FalseAnswers *float64 `json:"false_answer_rate,omitempty"`
}

// MeasuresOf returns the stops and the reliability of a calibration as JSON.
func MeasuresOf(c multivac.Calibration) ([]byte, error) {
	return json.Marshal(measures{c.Stops, reliabilityOf(c.Before), reliabilityOf(c.After)})
}

// SetMeasures sets what MeasuresOf returned. From damaged JSON it sets nothing,
// and the calibration is not valid then.
func SetMeasures(c *multivac.Calibration, b []byte) {
	var m measures
	if json.Unmarshal(b, &m) == nil {
		c.Stops, c.Before, c.After = m.Stops, m.Before.reliability(), m.After.reliability()
	}
}

func reliabilityOf(r multivac.Reliability) reliability {
	w := reliability{ECE: r.ECE}
	for stop, s := range r.Stops {
		if w.Stops == nil {
			w.Stops = map[multivac.Stop]atOne{}
		}
		w.Stops[stop] = atOne(s)
	}
	return w
}

func (w reliability) reliability() multivac.Reliability {
	r := multivac.Reliability{ECE: w.ECE}
	for stop, s := range w.Stops {
		if r.Stops == nil {
			r.Stops = map[multivac.Stop]multivac.StopReliability{}
		}
		r.Stops[stop] = multivac.StopReliability(s)
	}
	return r
}
