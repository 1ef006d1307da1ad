//go:build unix

package shelf

import (
	"os"
	"syscall"
)

// hold waits for the lock of a file, which ends when the file is closed.
func hold(f *os.File) error {
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != syscall.EINTR {
			return err
		}
	}
}

// syncDir brings the names in a folder to the disk.
func syncDir(d *os.File) error { return d.Sync() }
