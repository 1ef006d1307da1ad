package failpoint

// List gives the names of all places, in the order a document passes them.
func List() []string {
	return []string{
		"before_fetch", "after_fetch", "after_page", "after_window", "after_claim", "in_walk", "before_intent",
		"after_intent", "after_send", "before_outcome", "after_outcome", "before_probe", "after_probe", "after_pulling",
	}
}
