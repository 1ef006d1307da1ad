package main

import (
	"io"

	"github.com/pkg/sftp"

	"github.com/karezflow/karez/sdk/fault"
)

// What is held of a file that is read: the chunks that were used last. A workbook's
// directory stands at its end, its sheets are read from their beginning.
const (
	chunkBytes = 1 << 20
	maxChunks  = 4
)

// remote reads a file of the server by chunks, so that no file is in memory as a whole.
// It implements io.ReaderAt for one user at a time.
type remote struct {
	line *line
	of   entry
	file *sftp.File
	// chunks are the last ones, the latest first.
	chunks []chunk
	// failed is why nothing more can be read: not the file's fault.
	failed *fault.Fault
}

type chunk struct {
	at   int64
	data []byte
}

// remote opens a file that is to have the size it was listed with.
func (l *line) remote(e entry) (*remote, error) {
	file, err := l.Open(e.real)
	if err != nil {
		return nil, l.told(err, e.path)
	}
	return &remote{line: l, of: e, file: file}, nil
}

// Close gives the file back.
func (r *remote) Close() error { return r.file.Close() }

// ReadAt implements io.ReaderAt.
func (r *remote) ReadAt(p []byte, at int64) (int, error) {
	n := 0
	for n < len(p) && at < r.of.size {
		data, err := r.chunk(at - at%chunkBytes)
		if err != nil {
			return n, err
		}
		copied := copy(p[n:], data[at%chunkBytes:])
		n, at = n+copied, at+int64(copied)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// chunk gives the chunk that begins at a place, which it keeps for a while.
func (r *remote) chunk(at int64) ([]byte, error) {
	if r.failed != nil {
		return nil, r.failed
	}
	for i, c := range r.chunks {
		if c.at == at {
			copy(r.chunks[1:i+1], r.chunks[:i])
			r.chunks[0] = c
			return c.data, nil
		}
	}
	data := make([]byte, min(chunkBytes, r.of.size-at))
	if n, err := r.file.ReadAt(data, at); n < len(data) {
		if r.failed = changed(r.of.path); err != nil && err != io.EOF { //nolint:errorlint // io.ReaderAt returns it bare
			r.failed = r.line.told(err, r.of.path)
		}
		return nil, r.failed
	}
	r.chunks = append([]chunk{{at, data}}, r.chunks[:min(len(r.chunks), maxChunks-1)]...)
	return data, nil
}
