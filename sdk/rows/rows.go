// Package rows reads the records of a file as JSON objects: the rows of CSV files and
// workbooks, the elements of a list in a JSON file, the lines of an NDJSON file. One
// comes after the other, so a file is never in memory as a whole.
//
// It may import sdk/spreadsheet, sdk/fault and sdk/item: no service, no database.
package rows

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"path"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/spreadsheet"
)

// The formats. Auto looks at the file's name and its first bytes.
const (
	Auto   = "auto"
	CSV    = "csv"
	XLSX   = "xlsx"
	JSON   = "json"
	NDJSON = "ndjson"
)

// The members that Position adds.
const (
	FileField = "_file"
	RowField  = "_row"
)

// Spec says how a file is read; the zero Spec finds everything out.
type Spec struct {
	Format string `json:"format,omitempty"`
	// Encoding is that of files of characters; "" and auto look at all of their bytes.
	Encoding string `json:"encoding,omitempty"`
	// Delimiter is that of CSV files: a character, tab, or auto.
	Delimiter string `json:"delimiter,omitempty"`
	// Sheet is that of a workbook, "" the first that is not hidden.
	Sheet string `json:"sheet,omitempty"`
	// Header is the row in which the columns are named, 0 where none does. A row that
	// is empty gives way to the next that is not.
	Header int `json:"header"`
	// Columns name and type the cells of tables; others are texts under their column's name.
	Columns []Column `json:"columns,omitempty"`
	// RowsPath leads to the list of a JSON file.
	RowsPath string `json:"rowsPath,omitempty"`
	// Position adds the file's name and the row's number to a record.
	Position bool `json:"position,omitempty"`
	// Whole refuses a record of a CSV file with fewer cells than there are columns: it
	// may have been cut.
	Whole bool `json:"-"`
	// Limits bound tables; zero members have the values of spreadsheet.DefaultLimits, and of MaxRows.
	Limits spreadsheet.Limits `json:"-"`
}

// Column is a column of a table. Field "" is its name.
type Column struct {
	Column string `json:"column"`
	Field  string `json:"field,omitempty"`
	Type   string `json:"type,omitempty"`
}

// Row is one record. No is where people find it: the row of a sheet, the line of a
// file of characters, the place in the list of a JSON file; all count from 1.
type Row struct {
	No   int
	Body []byte
}

// File is an open file. What it reads from stays the caller's to close.
type File struct {
	// Format and Encoding are what was found out, Encoding "" of a workbook; Delimiter
	// is that of a CSV file. Sheets are those of a workbook.
	Format, Encoding, Delimiter string
	Sheets                      []string

	spec  Spec
	name  string
	table *spreadsheet.Reader
	text  func() (io.Reader, error)
}

// limits of a file: what a list may hold beyond a sheet.
func (s Spec) limits() spreadsheet.Limits {
	l := s.Limits
	if l.Rows <= 0 {
		l.Rows = MaxRows
	}
	return l
}

// MaxRows is the most records of a file.
const MaxRows = 5_000_000

// Open prepares to read a file of a size in bytes. Its faults, and those of Rows, are
// "file.…" and those of package spreadsheet; what reading itself fails with is passed on.
func Open(r io.ReaderAt, size int64, name string, spec Spec) (*File, error) {
	f := &File{spec: spec, name: path.Base(name)}
	encoding := spreadsheet.Encoding(spec.Encoding)
	if encoding == Auto {
		encoding = ""
	}
	var err error
	if f.Format, err = formatOf(r, size, name, spec.Format); err != nil {
		return nil, err
	}
	if f.Format == CSV || f.Format == XLSX {
		f.table, err = spreadsheet.Open(r, size, spreadsheet.Options{
			Format: spreadsheet.Format(f.Format), Sheet: spec.Sheet, Encoding: encoding, Delimiter: delimiter(spec.Delimiter), Limits: spec.limits(),
		})
		if err != nil {
			return nil, err
		}
		f.Sheets, f.Encoding = f.table.Sheets(), string(f.table.Encoding())
		if d := f.table.Delimiter(); d != 0 {
			f.Delimiter = string(d)
		}
		return f, nil
	}
	_, known, err := spreadsheet.OpenText(r, size, encoding, spec.limits())
	f.Encoding = string(known)
	f.text = func() (io.Reader, error) {
		in, _, err := spreadsheet.OpenText(r, size, known, spec.limits())
		return in, err
	}
	return f, err
}

func delimiter(text string) rune {
	switch text {
	case "", Auto:
		return 0
	case "tab":
		return '\t'
	default:
		return []rune(text)[0]
	}
}

// formatOf finds a file's format out: a workbook by its first bytes, the others by
// their name's ending, and where that says nothing by how they begin.
func formatOf(r io.ReaderAt, size int64, name, wanted string) (string, error) {
	if wanted != "" && wanted != Auto {
		return wanted, nil
	}
	head := make([]byte, min(size, 4096))
	n, err := r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	head = head[:n]
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return XLSX, nil
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".csv", ".tsv":
		return CSV, nil
	case ".xlsx", ".xls", ".xlsm":
		return XLSX, nil
	case ".json":
		return JSON, nil
	case ".ndjson", ".jsonl":
		return NDJSON, nil
	}
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")))
	switch {
	case bytes.HasPrefix(head, []byte("[")):
		return JSON, nil
	case bytes.HasPrefix(head, []byte("{")):
		// A line that is whole by itself, with another one behind it, is no JSON file.
		first, rest, _ := bytes.Cut(head, []byte("\n"))
		if json.Valid(first) && bytes.HasPrefix(bytes.TrimSpace(rest), []byte("{")) {
			return NDJSON, nil
		}
		return JSON, nil
	default:
		return CSV, nil
	}
}

// Rows gives the records from the first. An error is the last that is given.
func (f *File) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		count := 0
		emit := func(row Row) error {
			if most := f.spec.limits().Rows; count == most {
				return fault.New("sheet.too_large", "the file has more than %d %s", most, "rows").Classed(fault.Data).Hinted("split it into several files")
			}
			if count++; !yield(row, nil) {
				return errEnough
			}
			return nil
		}
		var err error
		switch f.Format {
		case JSON:
			err = f.list(emit)
		case NDJSON:
			err = f.lines(emit)
		default:
			err = f.cells(emit)
		}
		if err != nil && err != errEnough { //nolint:errorlint // never wrapped
			yield(Row{}, err)
		}
	}
}

// errEnough ends reading for a caller who wants no more.
const errEnough = enough("enough")

type enough string

func (e enough) Error() string { return string(e) }

// placed adds the position to an object.
func (f *File) placed(no int, body []byte) []byte {
	if !f.spec.Position || item.Of(body).Kind() != item.Object {
		return body
	}
	// A member of an object can always be set.
	body, _ = item.Put(body, FileField, item.AppendText(nil, f.name))
	body, _ = item.Put(body, RowField, strconv.AppendInt(nil, int64(no), 10))
	return body
}
