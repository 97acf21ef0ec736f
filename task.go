package multivac

// A Task is the work of turning one revision of a document into passages.
type Task struct {
	Document DocumentID
	Revision Revision
	Attempt  int    // counts the attempts at this revision, from 1; 0 before the first lease
	Origin   Origin // the request that told the document, if known
}
