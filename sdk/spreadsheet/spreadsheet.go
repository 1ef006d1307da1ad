// Package spreadsheet reads and writes the tables that people keep in files: CSV
// in the encodings that are met, and XLSX. Rows come one after the other, so a
// file is never in memory as a whole, and limits hold against files that are made
// to be large when they are unpacked.
//
// Workbooks are written with excelize and read here: its reader takes a broken
// file's rest for its end, holds whole parts in memory and does not say which
// numbers of a row are dates.
//
// It is the only importer of excelize and of golang.org/x/text's encodings. It may
// import sdk/fault besides: no service, no database, no HTTP.
package spreadsheet

import (
	"bytes"
	"io"
	"iter"

	"github.com/karezflow/karez/sdk/fault"
)

// Format is how a file holds its table.
type Format string

// The formats.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// Row is one row of a table. It belongs to whoever receives it.
type Row struct {
	// No is where people find it: the row of the sheet, or the line of the CSV file
	// on which it begins. Both count from 1.
	No int
	// Cells are texts: numbers with the digits of the file and without exponents,
	// dates as 2006-01-02, 2006-01-02 15:04:05 or 15:04:05, truths as TRUE and FALSE,
	// formulas as the value that was stored with them. A line break within a cell of a
	// CSV file is \n.
	Cells []string
}

// Options say how to read a file. The zero Options find everything out.
type Options struct {
	// Format is that of the file; "" looks at its first bytes.
	Format Format
	// Sheet is the name of a workbook's sheet; "" is the first that is not hidden.
	Sheet string
	// Encoding is that of a CSV file; "" looks at all of its bytes. A byte order mark
	// says more than this.
	Encoding Encoding
	// Delimiter stands between the cells of a CSV file; 0 looks at its first lines.
	Delimiter rune
	// Limits bound what is read; zero members have the values of DefaultLimits.
	Limits Limits
}

// Limits bound a file. What is beyond them is refused as "sheet.too_large".
type Limits struct {
	// Bytes are those of a CSV file, or of the parts of a workbook that are read, unpacked.
	Bytes int64
	// Rows that are not empty.
	Rows int
	// Cells of all rows, those included that stand empty before others.
	Cells int64
	// Texts are the bytes of those that the cells of a workbook share. They are in
	// memory together.
	Texts int64
}

// DefaultLimits are wide enough for what people open in their own programs.
func DefaultLimits() Limits {
	return Limits{Bytes: 512 << 20, Rows: 1 << 20, Cells: 50_000_000, Texts: 256 << 20}
}

func (l Limits) orDefault() Limits {
	def := DefaultLimits()
	if l.Bytes <= 0 {
		l.Bytes = def.Bytes
	}
	if l.Rows <= 0 {
		l.Rows = def.Rows
	}
	if l.Cells <= 0 {
		l.Cells = def.Cells
	}
	if l.Texts <= 0 {
		l.Texts = def.Texts
	}
	return l
}

// Reader reads the rows of one table. What it reads from stays the caller's to close.
type Reader struct {
	format Format
	limits Limits
	sheets []string
	each   func(emit func(Row) error) error

	encoding  Encoding
	delimiter rune
}

// Open prepares to read a file of a size in bytes. Its faults, and those of Rows, are
// "sheet.too_large", "sheet.unreadable", "sheet.old_format", "sheet.missing",
// "sheet.encoding_unknown", "sheet.encoding_broken", "sheet.delimiter", "sheet.quotes",
// "sheet.record_too_large";
// what reading itself fails with is passed on.
func Open(r io.ReaderAt, size int64, o Options) (*Reader, error) {
	o.Limits = o.Limits.orDefault()
	reader := &Reader{format: o.Format, limits: o.Limits}
	magic := make([]byte, 8)
	n, err := r.ReadAt(magic, 0)
	if err != nil && err != io.EOF { //nolint:errorlint // io.ReaderAt returns it bare
		return nil, err
	}
	magic = magic[:n]
	// The container of .xls, and of workbooks with a password.
	if bytes.Equal(magic, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")) {
		return nil, fault.New("sheet.old_format", "this is a workbook of the old .xls format, or one with a password").Classed(fault.Data).
			Hinted("open it and save it as .xlsx without a password")
	}
	if reader.format == "" {
		reader.format = CSV
		if bytes.HasPrefix(magic, []byte("PK\x03\x04")) {
			reader.format = XLSX
		}
	}
	if reader.format == XLSX {
		err = reader.openBook(r, size, o)
	} else {
		err = reader.openText(r, size, o)
	}
	if err != nil {
		return nil, err
	}
	return reader, nil
}

// Format tells what the file is.
func (r *Reader) Format() Format { return r.format }

// Encoding tells the encoding of a CSV file, "" of a workbook.
func (r *Reader) Encoding() Encoding { return r.encoding }

// Delimiter tells what stands between the cells of a CSV file, 0 of a workbook.
func (r *Reader) Delimiter() rune { return r.delimiter }

// Sheets names the sheets of a workbook in its order; a CSV file has none.
func (r *Reader) Sheets() []string { return r.sheets }

// Rows gives the rows from the first; rows whose cells are all empty are left out. An
// error is the last that is given. Rows may be called again.
func (r *Reader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		rows, cells := 0, int64(0)
		err := r.each(func(row Row) error {
			if cells += int64(len(row.Cells)); cells > r.limits.Cells {
				return tooLarge("cells", r.limits.Cells)
			}
			if blank(row.Cells) {
				return nil
			}
			if rows++; rows > r.limits.Rows {
				return tooLarge("rows", int64(r.limits.Rows))
			}
			if !yield(row, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && err != errEnough { //nolint:errorlint // never wrapped
			yield(Row{}, err)
		}
	}
}

// errEnough ends reading for a caller who wants no more.
const errEnough = enough("enough")

type enough string

func (e enough) Error() string { return string(e) }

func blank(cells []string) bool {
	for _, c := range cells {
		if c != "" {
			return false
		}
	}
	return true
}

func tooLarge(what string, limit int64) *fault.Fault {
	return fault.New("sheet.too_large", "the file has more than %d %s", limit, what).Classed(fault.Data).
		Hinted("split it into several files")
}

func unreadable(err error, where string) *fault.Fault {
	return fault.New("sheet.unreadable", "the workbook can't be read at %s", where).Classed(fault.Data).Because(err).
		Hinted("open it, save it as .xlsx once more, and try again")
}
