package multivac

// A Task is the work of turning one revision of a document into passages.
type Task struct {
	Document DocumentID
	Revision Revision
	Attempt  int    // of this revision, from 1; 0 where no lease was taken yet
	Origin   Origin // of the telling, where it is known
}
