package failpoint

// List gives the names of the places that every run passes, in the order a document
// passes them.
func List() []string {
	return []string{
		"before_fetch", "after_fetch", "after_page", "after_window", "after_claim", "in_walk", "before_intent",
		"after_intent", "after_send", "before_outcome", "after_outcome", "before_probe", "after_probe", "after_pulling",
	}
}

// Parking gives the names of the places inside the transactions that park documents,
// let them go and index what they look up.
func Parking() []string { return []string{"in_park", "in_release", "in_index", "in_build"} }
