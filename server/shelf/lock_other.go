//go:build !unix

package shelf

import "os"

// hold locks nothing: on these systems one process at a time changes the folder.
func hold(*os.File) error { return nil }

// syncDir does nothing: these systems can't.
func syncDir(*os.File) error { return nil }
