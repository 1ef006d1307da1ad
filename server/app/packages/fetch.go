package packages

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/plugpack/index"
	"github.com/karezflow/karez/server/depot"
)

// patience is how long a package may take to come.
const patience = 15 * time.Minute

// fetch gets the package NAME[@VERSION] of a place with a list, checked against it. drop
// removes the file.
func (n Needs) fetch(ctx context.Context, from, what string, plain bool) (name string, drop func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	get, err := depot.Open(from, index.File, plain)
	if err != nil {
		return "", nil, err
	}
	text, err := get.Read(ctx, index.File, index.MaxSize)
	if err != nil {
		return "", nil, err
	}
	list, err := index.Parse(text)
	if err != nil {
		return "", nil, err
	}
	id, version, _ := strings.Cut(what, "@")
	entry, err := list.Pick(id, version, n.OS+"/"+n.Arch, n.SDK)
	if err != nil {
		return "", nil, err
	}
	content, err := get(ctx, entry.File)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = content.Close() }() // it was only read
	file, err := os.CreateTemp("", "karez-package-")
	if err != nil {
		return "", nil, unwritable(err)
	}
	drop = func() { _ = os.Remove(file.Name()) } // a file of this command alone
	if err := errors.Join(entry.Fetch(file, content), file.Close()); err != nil {
		drop()
		return "", nil, err
	}
	return file.Name(), drop, nil
}
