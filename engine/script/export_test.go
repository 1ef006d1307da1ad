package script

import "time"

// LockIn lets a test process go through what a worker goes through.
func LockIn(memory int64) (missing []string, err error) {
	return lockIn(hello{memory: memory, kill: time.Second})
}
