package redisqueue

import (
	"encoding/json"
	"errors"
	"fmt"

	"multivac"
)

// What asynq calls things in Redis.
const (
	name       = "multivac" // of the queue
	kind       = "document" // of its tasks
	pendingKey = "asynq:{" + name + "}:pending"
	retryKey   = "asynq:{" + name + "}:retry"
	taskKey    = "asynq:{" + name + "}:t:"
)

// Versions of the payload.
//
//	1  the first: document, revision, attempt, origin
//	2  a task of another kind than reading a document
//
// A field may be added without a new version where workers that do not know it
// can do without it. A new version is for what they would misunderstand: they
// leave the task to a newer worker, and drop it in the end. A sweeper of any
// version enqueues the document again, in its own version. So what an older
// worker understands is still written as version 1.
const (
	versionDocument = 1
	versionKind     = 2
	newestVersion   = versionKind
)

// A payload is a task as it waits in Redis.
type payload struct {
	Version   int                 `json:"v"`
	Kind      multivac.TaskKind   `json:"kind,omitempty"`
	Document  multivac.DocumentID `json:"document"`
	Revision  multivac.Revision   `json:"revision"`
	Attempt   int                 `json:"attempt,omitempty"`
	RequestID string              `json:"request_id,omitempty"`
	Trace     string              `json:"trace,omitempty"`
}

var errNewer = errors.New("task is of a newer version")

// taskID is the same for the same work, whichever process enqueues it.
func taskID(t multivac.Task) string {
	id := fmt.Sprintf("%s:%d:%d", t.Document, t.Revision, t.Attempt)
	if t.Kind != multivac.ReadDocument {
		id = string(t.Kind) + ":" + id
	}
	return id
}

func encode(t multivac.Task) []byte {
	version := versionDocument
	if t.Kind != multivac.ReadDocument {
		version = versionKind
	}
	text, err := json.Marshal(payload{version, t.Kind, t.Document, t.Revision, t.Attempt, t.Origin.RequestID, t.Origin.Trace})
	if err != nil {
		panic(err) // strings and numbers only
	}
	return text
}

// decode returns errNewer for what only a newer program understands, and
// ErrInvalid for what is no task.
func decode(text []byte) (multivac.Task, error) {
	var p struct {
		Version int `json:"v"`
	}
	if err := json.Unmarshal(text, &p); err != nil || p.Version < 1 {
		return multivac.Task{}, multivac.Errorf(multivac.ErrInvalid, "", "no task: %q", multivac.Clip(string(text), 80))
	}
	if p.Version > newestVersion {
		return multivac.Task{}, fmt.Errorf("%w: %d", errNewer, p.Version)
	}
	var v payload
	if err := json.Unmarshal(text, &v); err != nil || v.Document == "" || v.Attempt < 0 {
		return multivac.Task{}, multivac.Errorf(multivac.ErrInvalid, "", "no task: %q", multivac.Clip(string(text), 80))
	}
	return multivac.Task{
		Kind: v.Kind, Document: v.Document, Revision: v.Revision, Attempt: v.Attempt,
		Origin: multivac.Origin{RequestID: v.RequestID, Trace: v.Trace},
	}, nil
}
