package storetest

// A test proves a sentence of the contract.
type test struct {
	name string
	run  func(*subject)
}

// tests are the sentences of the contract, but for those about keys and
// calibrations.
var tests = []test{
	{"the source is the identity", identity},
	{"revisions rise and never restart", revisions},
	{"the same again changes nothing", sameAgain},
	{"what failed is pending when told again", failedAgain},
	{"tellings are kept all or none", allOrNone},
	{"a document comes back as it was told", comesBack},
	{"any bytes and any runes are kept", anyBytes},
	{"listings have filters and cursors", listings},
	{"deletion forgets", deletion},
	{"a lease is held by one", eachKind(leases)},
	{"what is due comes oldest first", eachKind(due)},
	{"a lease given back was no attempt", eachKind(release)},
	{"an attempt that fails is due again", eachKind(retry)},
	{"a lost lease changes nothing", eachKind(lostLease)},
	{"a document shows what its task came to", documentTask},
	{"tasks of another kind are added and ended", otherTasks},
	{"publication takes the body's place", publication},
	{"a superseded publication leaves nothing", superseded},
	{"an invalid passage is refused", invalidPassage},
	{"published stays until the successor is", staysPublished},
	{"replaced texts stay until the purge", purge},
	{"excerpts come in the order asked for", excerpts},
	{"quotations are bytes of the text", quotes},
	{"the datum is the first that was published", datum},
	{"after the datum comes the one published next", nextDatum},
	{"the feed tells what became of each", feed},
	{"the feed reads as it is written down", feedGolden},
	{"the feed goes on from any position", resume},
	{"following waits for what comes", waits},
	{"the feed has no gaps under many writers", noGaps},
	{"a scan and its position make the whole", scanAndFollow},
	{"tellings of one source at once are counted", atOnce},
	{"what was acknowledged is there after reopening", reopens},
	{"an ended context begins nothing", endedContext},
	{"a closed store says so", closed},
	{"what has failed is tried again", retries},
	{"what was told is kept where a publication says so", keepsOriginals},
	{"what was told is read again", rereads},
	{"what was told goes with its text", dropsOriginals},
	{"records restore a store", restores},
	{"the higher revision stays in a merge", merges},
	{"the datum of an export is the datum here", restoresDatum},
	{"invalid records are refused", invalidRecords},
	{"what is outdated has an older version", outdated},
	{"other passages take the place of those before", replaces},
	{"vectors are attached to what is published", attaches},
	{"what is published comes back", published},
	{"a copy of random work is the same", copies},
	{"random work agrees with a model", random},
}
