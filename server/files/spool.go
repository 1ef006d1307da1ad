package files

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/rows"
)

// maxSpool is how many bytes the records of a file may have.
const maxSpool = 4 << 30

// spool holds the records of a file that was read to its end, one a line: whoever asks
// for the first of them knows that the last is good, too. Its file has no name, so that
// nothing of it stays, however the program ends.
type spool struct {
	file  *os.File
	count int
	size  int64
}

// newSpool reads a file to its end. It gives up when the context ends.
func (s *Service) newSpool(ctx context.Context, in io.ReaderAt, size int64, name string, spec rows.Spec) (*spool, error) {
	opened, err := rows.Open(in, size, name, spec)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(s.Dir, ".reading")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unwritable(err)
	}
	file, err := os.CreateTemp(dir, "rows-*")
	if err != nil {
		return nil, unwritable(err)
	}
	sp := &spool{file: file}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(unwritable(err), sp.close())
	}
	out := bufio.NewWriterSize(file, 256<<10)
	for row, err := range opened.Rows() {
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return nil, errors.Join(err, sp.close())
		}
		// A record is one line: JSON without white space between its parts has no other line breaks.
		_, _ = out.Write(row.Body) // told by Flush
		_ = out.WriteByte('\n')
		sp.count++
		if sp.size += int64(len(row.Body)) + 1; sp.size > maxSpool {
			return nil, errors.Join(fault.New("sheet.too_large", "the file has more than %d %s", int64(maxSpool), "bytes").Classed(fault.Data).
				Hinted("split it into several files"), sp.close())
		}
	}
	if err := out.Flush(); err != nil {
		return nil, errors.Join(unwritable(err), sp.close())
	}
	return sp, nil
}

// page gives records from an offset in bytes as a JSON list, at most so many, and where
// the next one begins.
func (sp *spool) page(from int64, most int) (list []byte, next int64, err error) {
	in := bufio.NewReaderSize(io.NewSectionReader(sp.file, from, sp.size-from), 256<<10)
	list, next = []byte{'['}, from
	for n := 0; n < most && next < sp.size; n++ {
		if n > 0 {
			list = append(list, ',')
		}
		for {
			part, err := in.ReadSlice('\n')
			next += int64(len(part))
			list = append(list, part...)
			if err == nil {
				break
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				return nil, from, err
			}
		}
		list = list[:len(list)-1] // the line's end
	}
	return append(list, ']'), next, nil
}

func (sp *spool) close() error {
	if sp == nil {
		return nil
	}
	return sp.file.Close()
}

// imprint is what tells whether a file is the same as before.
type imprint struct {
	size     int64
	modified time.Time
	sum      [sha256.Size]byte
}

// printOf reads a whole file.
func printOf(f *os.File) (imprint, error) {
	info, err := f.Stat()
	if err != nil {
		return imprint{}, err
	}
	hash := sha256.New()
	p := imprint{size: info.Size(), modified: info.ModTime()}
	if _, err := io.Copy(hash, io.NewSectionReader(f, 0, p.size)); err != nil {
		return imprint{}, err
	}
	hash.Sum(p.sum[:0])
	return p, nil
}
