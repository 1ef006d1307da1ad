package disk_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/karezflow/karez/deploy/chaos/disk"
)

// made makes a disk, or says that none can be made here.
func made(t *testing.T) *disk.Disk {
	t.Helper()
	if !disk.Possible() {
		t.Log("no disk can be made here: nothing is proved")
		return nil
	}
	dir := t.TempDir()
	d, err := disk.Make(t.Context(), filepath.Join(dir, "image"), filepath.Join(dir, "disk"), 32)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	return d
}

func TestPowerLossTakesWhatWasNotFlushed(t *testing.T) {
	t.Parallel()
	d := made(t)
	if d == nil {
		return
	}
	write := func(name string, flush bool) {
		file, err := os.Create(filepath.Join(d.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write(bytes.Repeat([]byte("k"), 5000)); err != nil {
			t.Fatal(err)
		}
		if flush {
			err = file.Sync()
		}
		if err := errors.Join(err, file.Close()); err != nil {
			t.Fatal(err)
		}
	}
	write("flushed", true)
	write("written", false)
	if err := d.Cut(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.Dir, "later"), nil, 0o600); !errors.Is(err, syscall.EIO) {
		t.Errorf("writing without power gives %v", err)
	}
	if err := d.Mend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(d.Dir, "flushed")); err != nil || len(text) != 5000 {
		t.Errorf("of what was flushed %d bytes are left, %v", len(text), err)
	}
	if text, _ := os.ReadFile(filepath.Join(d.Dir, "written")); len(text) != 0 {
		t.Errorf("%d bytes are left of what nobody flushed", len(text))
	}
}

func TestAFullDiskTakesNothingUntilItIsFreed(t *testing.T) {
	t.Parallel()
	d := made(t)
	if d == nil {
		return
	}
	name, text := filepath.Join(d.Dir, "file"), bytes.Repeat([]byte("k"), 64<<10)
	if err := d.Fill(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text, 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("writing to a full disk gives %v", err)
	}
	if err := d.Free(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Error(err)
	}
}

func TestAFrozenDiskHasWritersWait(t *testing.T) {
	t.Parallel()
	d := made(t)
	if d == nil {
		return
	}
	if err := d.Freeze(); err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	go func() { written <- os.WriteFile(filepath.Join(d.Dir, "file"), []byte("k"), 0o600) }()
	select {
	case err := <-written:
		t.Errorf("a frozen disk was written to: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	if err := d.Thaw(); err != nil {
		t.Fatal(err)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
}
