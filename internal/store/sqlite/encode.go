package sqlite

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	"multivac"
	"multivac/internal/store"
	"multivac/internal/store/sqlite/link"
)

// rawID returns the bytes of an identifier, or nil, which no document has,
// where it is none.
func rawID(id multivac.DocumentID) []byte {
	b, err := hex.DecodeString(string(id))
	if err != nil || len(b) != 16 {
		return nil
	}
	return b
}

func documentID(raw []byte) multivac.DocumentID { return multivac.DocumentID(hex.EncodeToString(raw)) }

// stateOf is the inverse of stateCode.
func stateOf(code int) (multivac.State, error) {
	if code < 0 || code >= len(multivac.States) {
		return "", link.Damaged(fmt.Errorf("a document is in state %d", code))
	}
	return multivac.States[code], nil
}

func stateCode(s multivac.State) int { return slices.Index(multivac.States, s) }

// position writes n so that positions compare as strings.
func position(n int64) multivac.Position {
	if n == 0 {
		return ""
	}
	return multivac.Position(fmt.Sprintf("%016x", n))
}

func parsePosition(p multivac.Position) (int64, error) {
	if p == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(string(p), 16, 64)
	if err != nil || n < 0 || len(p) != 16 {
		return 0, store.ErrNoPosition(p)
	}
	return n, nil
}

// unpackSpans is [store.UnpackSpans] of what a file says.
func unpackSpans(packed []byte, start, end int) ([]multivac.Span, error) {
	spans, err := store.UnpackSpans(packed, start, end)
	if err != nil {
		return nil, link.Damaged(err)
	}
	return spans, nil
}
