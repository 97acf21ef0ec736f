package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"multivac"
	"multivac/internal/extract/jsonl"
	"multivac/internal/strict"
	"multivac/internal/web/openapi"
	"multivac/internal/web/route"
	"multivac/internal/web/wire"
)

const (
	maxLabelled     = 1 << 20 // bytes of labelled questions
	maxCalibrations = 1       // at a time: each asks many questions
)

type calibrationInput struct {
	Collection string `path:"collection"`
}

// calibrateInput describes a calibration, which calibrate reads by itself.
type calibrateInput struct {
	Collection string `path:"collection"`
	DryRun     bool   `query:"dry_run" doc:"With true, the calibration is measured, but not kept"`
	Body       wire.LabelledQuestions
}

func (s *server) calibrate(w http.ResponseWriter, r *http.Request) {
	hold := s.Room.Hold()
	defer hold.Release()
	r.Body = hold.Reader(r)
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.Read)) // a recorder in a test has none
	c, err := s.calibrated(r)
	if err != nil {
		wire.WriteProblem(w, s.Problem(r.Context(), err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	wire.WriteJSON(w, wire.CalibrationOf(c))
}

func (s *server) calibrated(r *http.Request) (c multivac.Calibration, err error) {
	keep, err := keeps(r)
	if err != nil {
		return c, err
	}
	questions, err := labelled(r)
	if err != nil {
		return c, err
	}
	err = s.calibrations.during(r.Context(), func() error {
		c, err = s.Calibrator.Calibrate(r.Context(), multivac.CollectionName(r.PathValue("collection")), questions, keep)
		return err
	})
	return c, err
}

// keeps reads the query of a calibration.
func keeps(r *http.Request) (keep bool, err error) {
	keep = true
	for name, values := range r.URL.Query() {
		if name != "dry_run" {
			return false, multivac.Errorf(multivac.ErrInvalid, "use dry_run", "unknown parameter %q", multivac.Clip(name, 40))
		}
		switch v := values[len(values)-1]; v {
		case "true", "false":
			keep = v == "false"
		default:
			return false, multivac.Errorf(multivac.ErrInvalid, "use true or false", "dry_run is %q", multivac.Clip(v, 40))
		}
	}
	return keep, nil
}

// labelled reads the body of a calibration: an object, or a question on each
// line. As with documents, unknown members are refused in an object and passed
// over in lines.
func labelled(r *http.Request) ([]multivac.LabelledQuestion, error) {
	mediaType, _, err := contentType(r.Header)
	lines := slices.Contains(jsonl.Format.Types, mediaType)
	switch {
	case err != nil:
		return nil, err
	case mediaType != typeJSON && !lines:
		return nil, multivac.Errorf(wire.ErrMediaType, "use "+typeJSON+" or "+typeLines, "Content-Type %q is none that questions are sent in", multivac.Clip(mediaType, 80))
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, maxLabelled+1))
	switch {
	case len(b) > maxLabelled:
		return nil, multivac.Errorf(multivac.ErrTooLarge, "send fewer questions", "the questions are over the limit of %d bytes", maxLabelled)
	case err != nil:
		return nil, wire.BodyError(err)
	case lines:
		return labelledLines(b)
	}
	var all wire.LabelledQuestions
	if err := strict.Unmarshal(b, "the body", &all); err != nil {
		return nil, err
	}
	questions := make([]multivac.LabelledQuestion, len(all.Questions))
	for i, q := range all.Questions {
		questions[i] = q.Labelled()
	}
	return questions, nil
}

func labelledLines(b []byte) (questions []multivac.LabelledQuestion, err error) {
	n := 0
	for line := range bytes.Lines(b) {
		n++
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		if len(questions) == multivac.MaxLabelled {
			return nil, multivac.Errorf(multivac.ErrInvalid, fmt.Sprintf("send up to %d", multivac.MaxLabelled), "there are too many questions")
		}
		var q wire.LabelledQuestion
		if err := strict.UnmarshalKnown(line, "a question", &q); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if q.ID == "" {
			q.ID = fmt.Sprintf("of line %d", n)
		}
		questions = append(questions, q.Labelled())
	}
	return questions, nil
}

func (s *server) calibration(ctx context.Context, in *calibrationInput) (*body[wire.Calibration], error) {
	c, err := s.Calibrator.Calibration(ctx, multivac.CollectionName(in.Collection))
	if err != nil {
		return nil, err
	}
	return &body[wire.Calibration]{wire.CalibrationOf(c)}, nil
}

func (s *server) uncalibrate(ctx context.Context, in *calibrationInput) (*body[wire.Uncalibrated], error) {
	changed, err := s.Calibrator.Uncalibrate(ctx, multivac.CollectionName(in.Collection))
	if err != nil {
		return nil, err
	}
	return &body[wire.Uncalibrated]{wire.Uncalibrated{Collection: in.Collection, Changed: changed}}, nil
}

func describeCalibrate(_ route.Schemas, op *huma.Operation, _ *huma.Response) {
	op.Description = "Asks the collection each question, and fits its confidence to what is right and what is wrong. " +
		"Give questions with and without an answer in the documents. At most 1 MiB; one calibration at a time."
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{typeLines: {Schema: openapi.Text()}}}
}
