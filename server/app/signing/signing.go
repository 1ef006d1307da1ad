// Package signing is what commands about packages share: reading the key that they sign with,
// and writing a package's file in one step.
//
// It may import engine/plugpack with its packfile, server/shelf and sdk/fault only.
package signing

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/packfile"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/shelf"
)

// Key reads the private key of a file, to sign a version of what is named with.
func Key(file, name, version string, now time.Time) (plugpack.PrivateKey, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the user names the file
	if err != nil {
		return plugpack.PrivateKey{}, fault.Wrap(err, "file.unreadable", "%s can't be read", file).Classed(fault.Config)
	}
	key, err := plugpack.ParsePrivateKey(string(text))
	if err != nil {
		return key, err
	}
	if !now.Before(key.Expires) {
		return key, shelf.Expired(name, version, key.ID, key.Name).Hinted("make a new key with karez plugin key new")
	}
	return key, nil
}

// Write writes a file beside its place, and moves it there.
func Write(out string, fill func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(out), ".karez-package-")
	if err != nil {
		return unwritable(err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name()) // it may be there no more
		}
	}()
	err = fill(file)
	if err := errors.Join(err, file.Chmod(0o644), file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), out); err != nil {
		return unwritable(err)
	}
	return nil
}

func unwritable(err error) error {
	return fault.Wrap(err, packfile.CodeUnwritable, "the package can't be written").Hinted("look at the space and the permissions of the folder").Classed(fault.Config)
}
