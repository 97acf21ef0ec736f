package keep

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"multivac"
	"multivac/internal/store"
)

// Export implements multivac.Keeper.
func (s *Service) Export(ctx context.Context, w io.Writer, originals bool) (err error) {
	defer multivac.Wrap(&err, "export")
	keys, err := s.store.Keys(ctx)
	if err != nil {
		return err
	}
	calibrations, err := s.store.Calibrations(ctx)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	put := func(l line) error {
		b, err := marshal(l)
		if err == nil {
			_, err = out.Write(b)
		}
		return err
	}
	if err := put(line{Format: format, Version: version}); err != nil {
		return err
	}
	for _, k := range keys {
		if err := put(line{Key: newKey(k)}); err != nil {
			return err
		}
	}
	for _, c := range calibrations {
		w, err := newCalibration(c)
		if err == nil {
			err = put(line{Calibration: w})
		}
		if err != nil {
			return err
		}
	}
	documents := 0
	err = s.store.Records(ctx, store.Parts{Originals: originals}, func(r store.Record) error {
		documents++
		if err := newDocument(r).write(out); err != nil {
			return fmt.Errorf("write document %s: %w", r.ID, err)
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	if err := put(line{End: &end{documents, len(keys)}}); err != nil {
		return err
	}
	return out.Flush()
}
