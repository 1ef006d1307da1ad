// Package disk gives processes under test a disk of their own that can be full, stand
// still for a while, and lose power: what was written and not flushed is gone then, as
// it is when a machine goes dark.
//
// A disk is a file with an ext4 file system in it, mounted on loopback. Power is lost
// by the call that file systems have for testing just that (FS_IOC_SHUTDOWN without
// flushing the log): from that moment nothing reaches the file any more, and what was
// not flushed dies with the mount. It does not stand for disks that lie about flushing.
//
// It may import the standard library only.
package disk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
	"unsafe"
)

// Disk is a mounted disk.
type Disk struct {
	// Dir is where it is mounted.
	Dir string

	image  string
	frozen bool
}

// Possible reports whether disks can be made here: it takes root, loop devices and mkfs.ext4.
func Possible() bool {
	_, loop := os.Stat("/dev/loop-control")
	_, mkfs := exec.LookPath("mkfs.ext4")
	_, mount := exec.LookPath("mount")
	return os.Geteuid() == 0 && errors.Join(loop, mkfs, mount) == nil
}

// Make makes a disk of so many megabytes in a file and mounts it on a folder, which it makes.
func Make(ctx context.Context, image, dir string, megabytes int64) (*Disk, error) {
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(image, nil, 0o600), os.Truncate(image, megabytes<<20)); err != nil {
		return nil, err
	}
	// Nothing is kept back for root, as whom the processes may run: full is full.
	if err := run(ctx, "mkfs.ext4", "-q", "-F", "-m", "0", image); err != nil {
		return nil, err
	}
	d := &Disk{Dir: dir, image: image}
	return d, d.mount(ctx)
}

func (d *Disk) mount(ctx context.Context) error {
	return run(ctx, "mount", "-o", "loop", d.image, d.Dir)
}

func run(ctx context.Context, name string, args ...string) error {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput() //nolint:gosec // names and folders of the harness's own
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

// filler is the file that takes the room.
func (d *Disk) filler() string { return filepath.Join(d.Dir, "filler") }

// Fill takes all the room that is left.
func (d *Disk) Fill() error {
	file, err := os.OpenFile(d.filler(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // nothing is buffered
	at, err := file.Seek(0, 2)
	if err != nil {
		return err
	}
	for step := int64(64 << 20); step >= 1<<10; {
		switch err := syscall.Fallocate(int(file.Fd()), 0, at, step); {
		case err == nil:
			at += step
		case errors.Is(err, syscall.ENOSPC):
			step /= 2
		case !errors.Is(err, syscall.EINTR):
			return err
		}
	}
	return nil
}

// Free gives the room back.
func (d *Disk) Free() error { return os.Remove(d.filler()) }

// The calls of linux/fs.h and of the file system.
const (
	freeze   = 0xC0045877
	thaw     = 0xC0045878
	shutdown = 0x8004587D
	// withoutLog has the shutdown flush nothing, not even the log.
	withoutLog = 2
)

func (d *Disk) control(call uintptr, argument *uint32) error {
	file, err := os.Open(d.Dir)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()                                                                              // opened for the call only
	if _, _, no := syscall.Syscall(syscall.SYS_IOCTL, file.Fd(), call, uintptr(unsafe.Pointer(argument))); no != 0 { //nolint:gosec // how such a call is made
		return no
	}
	return nil
}

// Flush brings all that was written to the disk: freezing does.
func (d *Disk) Flush() error {
	if err := d.Freeze(); err != nil {
		return err
	}
	return d.Thaw()
}

// Freeze has whoever writes wait.
func (d *Disk) Freeze() error {
	if err := d.control(freeze, new(uint32)); err != nil {
		return err
	}
	d.frozen = true
	return nil
}

// Thaw has them go on.
func (d *Disk) Thaw() error {
	if !d.frozen {
		return nil
	}
	d.frozen = false
	return d.control(thaw, new(uint32))
}

// Cut takes the power away: what is not flushed never will be, and every call fails.
// The processes that use the disk are to be killed then, and Mend brings it back.
func (d *Disk) Cut() error {
	how := uint32(withoutLog)
	return d.control(shutdown, &how)
}

// Mend mounts the disk again as it is found after the power came back.
func (d *Disk) Mend(ctx context.Context) error {
	if err := d.unmount(ctx); err != nil {
		return err
	}
	return d.mount(ctx)
}

// unmount waits for the last of the processes to be gone.
func (d *Disk) unmount(ctx context.Context) error {
	for range 200 {
		err := syscall.Unmount(d.Dir, 0)
		if err == nil || errors.Is(err, syscall.EINVAL) { // it is none
			return nil
		}
		if !errors.Is(err, syscall.EBUSY) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s is still in use", d.Dir)
}

// Close unmounts the disk and removes its file.
func (d *Disk) Close(ctx context.Context) error {
	return errors.Join(d.Thaw(), d.unmount(ctx), os.Remove(d.image))
}
