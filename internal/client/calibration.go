package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"multivac"
	"multivac/internal/web/wire"
)

// calibrateTimeout is how long a calibration may take where the caller sets no
// limit: each question is asked.
const calibrateTimeout = time.Hour

func calibrationPath(name multivac.CollectionName) string {
	return "/api/v1/collections/" + url.PathEscape(string(name.OrDefault())) + "/calibration"
}

// Calibrate implements [multivac.Calibrator].
func (c *Client) Calibrate(ctx context.Context, name multivac.CollectionName, questions []multivac.LabelledQuestion, keep bool) (multivac.Calibration, error) {
	all := wire.LabelledQuestions{Questions: make([]wire.LabelledQuestion, len(questions))}
	for i, q := range questions {
		all.Questions[i] = wire.LabelledOf(q)
	}
	body, err := json.Marshal(all)
	if err != nil {
		return multivac.Calibration{}, fmt.Errorf("calibrate: %w", err)
	}
	r := request{method: "PUT", path: calibrationPath(name), mediaType: "application/json", body: body, timeout: calibrateTimeout}
	if !keep {
		r.query = url.Values{"dry_run": {"true"}}
	}
	var w wire.Calibration
	if err := c.call(ctx, r, &w); err != nil {
		return multivac.Calibration{}, err
	}
	return w.Calibration(), nil
}

// Calibration implements [multivac.Calibrator].
func (c *Client) Calibration(ctx context.Context, name multivac.CollectionName) (multivac.Calibration, error) {
	var w wire.Calibration
	if err := c.call(ctx, request{method: "GET", path: calibrationPath(name)}, &w); err != nil {
		return multivac.Calibration{}, err
	}
	return w.Calibration(), nil
}

// Uncalibrate implements [multivac.Calibrator].
func (c *Client) Uncalibrate(ctx context.Context, name multivac.CollectionName) (bool, error) {
	var w wire.Uncalibrated
	err := c.call(ctx, request{method: "DELETE", path: calibrationPath(name)}, &w)
	return w.Changed, err
}
