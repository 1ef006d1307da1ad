package failpoint

// List gives the names of the places that every run passes, in the order a document
// passes them.
func List() []string {
	return []string{
		"before_fetch", "after_fetch", "after_page", "after_window", "after_claim", "in_walk", "before_intent",
		"after_intent", "after_send", "before_outcome", "after_outcome", "before_probe", "after_probe", "after_pulling",
	}
}

// Errands gives the names of the places that a call after a walk passes, besides those
// of every call.
func Errands() []string { return []string{"after_errand_claim", "before_errand_record"} }

// Parking gives the names of the places inside the transactions that park documents,
// let them go and index what they look up.
func Parking() []string { return []string{"in_park", "in_release", "in_index", "in_build"} }

// Posting gives the names of the places that a posted request passes by itself.
func Posting() []string { return []string{"after_post"} }

// Grouping gives the names of the places around and inside the transactions in which
// documents join groups, groups close and members follow their bills.
func Grouping() []string {
	return []string{"in_join", "before_close", "in_close", "after_close", "in_follow"}
}

// The ways in which an engine that is built to be killed can be made wrong.
const (
	// AckFirst records a page as read before its documents are stored.
	AckFirst = "ack_before_persist"
	// CursorMax reads on behind the newest document, as if none came late.
	CursorMax = "cursor_max"
	// BlindResend sends again whatever got no answer.
	BlindResend = "blind_resend"
	// BatchDone takes every row for written when the call was answered.
	BatchDone = "batch_done_by_200"
	// FloatAmounts takes numbers for floats.
	FloatAmounts = "float_amounts"
	// ForwardPaging reads pages forward and never looks whether rows moved.
	ForwardPaging = "forward_paging"
	// LateResult lets a worker whose claim ran out go on as if it held.
	LateResult = "late_result"
	// HintOnly works on what is announced and never looks for what was not.
	HintOnly = "hint_only"
	// NoRenewal lets claims run out under their worker, and its process take up again what
	// it walks. That alone is not wrong: whoever lost a claim must notice.
	NoRenewal = "no_renewal"
)

// Wrongs gives the ways in which an engine can be wrong.
func Wrongs() []string {
	return []string{AckFirst, CursorMax, BlindResend, BatchDone, FloatAmounts, ForwardPaging, LateResult, HintOnly}
}

// Purging gives the names of the places inside and behind a transaction that removes what
// is old.
func Purging() []string { return []string{"in_batch", "after_batch"} }
