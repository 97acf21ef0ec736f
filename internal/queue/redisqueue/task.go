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
	taskType   = "document" // of all its tasks, of whatever kind: asynq wants a name
	pendingKey = "asynq:{" + name + "}:pending"
	retryKey   = "asynq:{" + name + "}:retry"
	taskKey    = "asynq:{" + name + "}:t:"
)

// version is of the payload.
//
//	1  the first: document, revision, attempt, origin
//	2  with the kind of the task; a task of a document is still of version 1
//
// A field that older programs may ignore needs no new version. One that they
// would misunderstand does: they leave such a task to a newer worker, and drop
// it after a few tries. The next sweeper enqueues the document again in its own
// version.
const (
	versionDocument = 1
	version         = 2
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
	v := version
	if t.Kind == multivac.ReadDocument {
		v = versionDocument
	}
	text, err := json.Marshal(payload{v, t.Kind, t.Document, t.Revision, t.Attempt, t.Origin.RequestID, t.Origin.Trace})
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
		Kind: v.Kind, Document: v.Document, Revision: v.Revision, Attempt: v.Attempt,
		Origin: multivac.Origin{RequestID: v.RequestID, Trace: v.Trace},
	}, nil
}
