package cluster

// Old reports whether a server's version is too old.
func Old(version string) bool { return old(version) }
