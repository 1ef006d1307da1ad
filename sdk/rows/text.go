package rows

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// maxRecord is the most bytes of one record.
const maxRecord = 16 << 20

// lines gives the records of an NDJSON file. Empty lines are left out.
func (f *File) lines(emit func(Row) error) error {
	in, err := f.text()
	if err != nil {
		return err
	}
	scan := bufio.NewScanner(in)
	scan.Buffer(make([]byte, 0, 64<<10), maxRecord)
	no := 0
	for scan.Scan() {
		no++
		line := bytes.TrimSpace(scan.Bytes())
		if len(line) == 0 {
			continue
		}
		body, err := compact(line)
		if err != nil {
			return fault.New("file.line_broken", "line %d is no JSON", no).Classed(fault.Data).Because(err).
				Hinted("each line of the file must be a whole JSON object")
		}
		if err := emit(Row{no, f.placed(no, body)}); err != nil {
			return err
		}
	}
	if errors.Is(scan.Err(), bufio.ErrTooLong) {
		return tooLong(no + 1)
	}
	return scan.Err()
}

func tooLong(no int) *fault.Fault {
	return fault.New("file.record_too_large", "record %d is longer than %d MiB", no, maxRecord>>20).Classed(fault.Data)
}

// compact gives a record without the white space between its parts.
func compact(raw []byte) ([]byte, error) {
	if err := item.Check(raw); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Compact(&out, raw); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// list gives the elements of the list that RowsPath leads to.
func (f *File) list(emit func(Row) error) error {
	in, err := f.text()
	if err != nil {
		return err
	}
	bound := &bounded{in: in}
	d := json.NewDecoder(bound)
	d.UseNumber()
	found := false
	var names []string
	if f.spec.RowsPath != "" {
		names = strings.Split(f.spec.RowsPath, ".")
	}
	err = walk(d, names, func() error {
		found = true
		return f.elements(d, bound, emit)
	})
	if err == nil {
		if _, err = d.Token(); err == nil {
			err = errMore
		} else if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	switch _, coded := errors.AsType[*fault.Fault](err); {
	case err == nil && !found:
		return f.noList()
	case err == nil, coded, errors.Is(err, errEnough):
		return err
	case errors.Is(err, errNoList):
		return f.noList()
	case errors.Is(err, errLong):
		return tooLong(bound.record)
	default:
		return f.broken(d, err)
	}
}

const (
	errNoList = enough("what RowsPath leads to is no list")
	errLong   = enough("the record is too long")
	errMore   = enough("there is more behind the end")
)

func (f *File) noList() *fault.Fault {
	if f.spec.RowsPath == "" {
		return fault.New("file.list_unnamed", "the file is no list of records").At("rowsPath").Classed(fault.Data).
			Hinted("name the list in it that holds the records, for example data.items")
	}
	return fault.New("file.list_missing", "%s leads to no list in the file", f.spec.RowsPath).At("rowsPath").Classed(fault.Data)
}

// broken tells on which line JSON breaks.
func (f *File) broken(d *json.Decoder, err error) error {
	offset := d.InputOffset()
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = max(offset, syntax.Offset)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		offset = math.MaxInt64 // it breaks at its end
	}
	in, again := f.text()
	if again != nil {
		return again
	}
	line := 1
	buffer := make([]byte, 64<<10)
	for offset > 0 {
		n, again := in.Read(buffer[:min(int64(len(buffer)), offset)])
		line += bytes.Count(buffer[:n], []byte("\n"))
		offset -= int64(n)
		if again != nil {
			break
		}
	}
	return fault.New("file.json_broken", "the JSON breaks on line %d", line).Classed(fault.Data).Because(err).
		Hinted("look for a comma, a quotation mark or a bracket that is missing there")
}

// walk reads one value and calls there when it stands before the list that the names
// lead to; what it passes by is only checked.
func walk(d *json.Decoder, names []string, there func() error) error {
	token, err := d.Token()
	if err != nil {
		return noEnd(err)
	}
	switch {
	case len(names) == 0:
		if token != json.Delim('[') {
			return errNoList
		}
		return there()
	case token != json.Delim('{'):
		return errNoList
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return noEnd(err)
		}
		if name == names[0] {
			err = walk(d, names[1:], there)
		} else {
			err = skip(d)
		}
		if err != nil {
			return err
		}
	}
	_, err = d.Token()
	return noEnd(err)
}

// skip reads a value away, part by part.
func skip(d *json.Decoder) error {
	for depth := 0; ; {
		token, err := d.Token()
		if err != nil {
			return noEnd(err)
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// elements gives the elements of a list that was begun.
func (f *File) elements(d *json.Decoder, bound *bounded, emit func(Row) error) error {
	for no := 1; d.More(); no++ {
		bound.record, bound.left = no, maxRecord
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return noEnd(err)
		}
		body, err := compact(raw)
		if err != nil {
			return err
		}
		if err := emit(Row{no, f.placed(no, body)}); err != nil {
			return err
		}
	}
	bound.left = 0
	_, err := d.Token()
	return noEnd(err)
}

// bounded reads no more than a record may have; left 0 is any number of bytes.
type bounded struct {
	in     io.Reader
	left   int64
	record int
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	if b.left > 0 {
		if b.left -= int64(n); b.left <= 0 {
			return 0, errLong
		}
	}
	return n, err
}
