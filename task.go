package multivac

// A TaskKind says what a task works on.
type TaskKind string

// ReadDocument is the kind of a task that turns one revision of a document into
// passages. A task that names no kind is of this one.
const ReadDocument TaskKind = ""

// A Task is work on one revision of a subject, which waits for a worker.
type Task struct {
	Kind     TaskKind
	Document DocumentID // the subject; for a kind other than ReadDocument, an identifier of that kind
	Revision Revision
	Attempt  int    // counts the attempts at this revision, from 1; 0 before the first lease
	Origin   Origin // the request that told the document, if known
}
