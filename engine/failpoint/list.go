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
