package keep

import (
	"encoding/json"
	"errors"
	"time"

	"multivac"
	"multivac/internal/store"
)

// A calibration is what corrects the confidence of a collection.
type calibration struct {
	Collection string          `json:"collection"`
	Factor     float64         `json:"factor"`
	Offset     float64         `json:"offset"`
	Questions  int             `json:"questions"`
	Answerable int             `json:"answerable"`
	Right      int             `json:"right"`
	At         time.Time       `json:"at"`
	Model      string          `json:"model"`
	Measures   json.RawMessage `json:"measures"` // of store.MeasuresOf
}

func newCalibration(c multivac.Calibration) (*calibration, error) {
	measures, err := store.MeasuresOf(c)
	return &calibration{
		Collection: string(c.Collection), Factor: c.Factor, Offset: c.Offset, Questions: c.Questions, Answerable: c.Answerable, Right: c.Right,
		At: c.At, Model: c.Model, Measures: measures,
	}, err
}

// calibration returns the calibration that w was made of, or an error where it
// cannot be applied.
func (w *calibration) calibration() (multivac.Calibration, error) {
	c := multivac.Calibration{
		Collection: multivac.CollectionName(w.Collection), Factor: w.Factor, Offset: w.Offset, Questions: w.Questions, Answerable: w.Answerable, Right: w.Right,
		At: w.At, Model: w.Model,
	}
	store.SetMeasures(&c, w.Measures)
	if c.Collection == "" {
		return c, errors.New("calibration has no collection")
	}
	return c, c.Validate()
}

// calibration stores a calibration, unless the collection has a newer one here.
func (i *importing) calibration(w *calibration) error {
	c, err := w.calibration()
	if err != nil {
		return err
	}
	here, err := i.store.Calibrations(i.ctx)
	if err != nil {
		return &fatal{err}
	}
	for _, other := range here {
		if other.Collection == c.Collection && !other.At.Before(c.At) {
			return nil
		}
	}
	if err := i.store.PutCalibration(i.ctx, c); err != nil {
		return &fatal{err}
	}
	i.calibrated = true
	return nil
}
