package redisqueue

import (
	"encoding/json"
	"errors"
	"fmt"

	"multivac"
)

// Names and keys in Redis, some of which asynq makes.
const (
	name       = "multivac" // of the queue
	kind       = "document" // of its tasks
	pendingKey = "asynq:{" + name + "}:pending"
	retryKey   = "asynq:{" + name + "}:retry"
	taskKey    = "asynq:{" + name + "}:t:"
)

// version is of the payload.
//
//	1  the first: document, revision, attempt, origin
//
// A field that older programs may ignore needs no new version. One that they
// would misunderstand does: they leave such a task to a newer worker, and drop
// it after a few tries. The next sweeper enqueues the document again in its own
// version.
const version = 1

// A payload is a task as it waits in Redis.
type payload struct {
	Version   int                 `json:"v"`
	Document  multivac.DocumentID `json:"document"`
	Revision  multivac.Revision   `json:"revision"`
	Attempt   int                 `json:"attempt,omitempty"`
	RequestID string              `json:"request_id,omitempty"`
	Trace     string              `json:"trace,omitempty"`
}

var errNewer = errors.New("task is of a newer version")

// taskID is the same for the same work, whichever process enqueues it.
func taskID(t multivac.Task) string {
	return fmt.Sprintf("%s:%d:%d", t.Document, t.Revision, t.Attempt)
}

func encode(t multivac.Task) []byte {
	text, err := json.Marshal(payload{version, t.Document, t.Revision, t.Attempt, t.Origin.RequestID, t.Origin.Trace})
	if err != nil {
		panic(err) // strings and numbers only
	}
	return text
}

// decode returns errNewer where only a newer program understands the task, and
// ErrInvalid where the text is not a task.
func decode(text []byte) (multivac.Task, error) {
	var p struct {
		Version int `json:"v"`
	}
	if err := json.Unmarshal(text, &p); err != nil || p.Version < 1 {
		return multivac.Task{}, multivac.Errorf(multivac.ErrInvalid, "", "no task: %q", multivac.Clip(string(text), 80))
	}
	if p.Version > version {
		return multivac.Task{}, fmt.Errorf("%w: %d", errNewer, p.Version)
	}
	var v payload
	if err := json.Unmarshal(text, &v); err != nil || v.Document == "" || v.Attempt < 0 {
		return multivac.Task{}, multivac.Errorf(multivac.ErrInvalid, "", "no task: %q", multivac.Clip(string(text), 80))
	}
	return multivac.Task{
		Document: v.Document, Revision: v.Revision, Attempt: v.Attempt,
		Origin: multivac.Origin{RequestID: v.RequestID, Trace: v.Trace},
	}, nil
}
