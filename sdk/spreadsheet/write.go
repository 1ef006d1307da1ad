package spreadsheet

import (
	"cmp"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"

	"github.com/karezflow/karez/sdk/fault"
)

// WriteOptions say how to write a table.
type WriteOptions struct {
	// Format is CSV when it is empty.
	Format Format
	// Sheet names a workbook's only sheet; "" is Sheet1.
	Sheet string
	// Heading sets a workbook's first row apart and keeps it in view.
	Heading bool
	// Widths are those of a workbook's columns, in characters. Their cells are texts
	// for whoever types into them too, so that 007 stays 007.
	Widths []float64
	// Encoding of a CSV file is UTF8, with a mark by which other programs know it, or GB18030.
	Encoding Encoding
	// Delimiter of a CSV file is a comma when it is 0.
	Delimiter rune
	// Foreign says that the cells come from other systems and are for people alone. Programs
	// that open CSV take a text for a formula by how it begins: such a cell begins with an
	// apostrophe then. Numbers stay as they are.
	Foreign bool
}

// Writer writes the rows of one table; every cell is a text, so nothing becomes a
// number, a date or a formula.
type Writer struct {
	write func(cells []string) error
	close func() error
}

// NewWriter begins to write into w, which stays the caller's to close. Its faults are
// "sheet.encoding_unknown", "sheet.delimiter" and "sheet.cell_too_long".
func NewWriter(w io.Writer, o WriteOptions) (*Writer, error) {
	if o.Format == XLSX {
		return newBook(w, o)
	}
	return newText(w, o)
}

// Write adds a row.
func (w *Writer) Write(cells ...string) error { return w.write(cells) }

// Close writes what is not written yet. Without it there is no file.
func (w *Writer) Close() error { return w.close() }

func newText(out io.Writer, o WriteOptions) (*Writer, error) {
	var encoder io.WriteCloser
	switch Encoding(strings.ToLower(string(o.Encoding))) {
	case GBK, GB18030:
		encoder = transform.NewWriter(out, simplifiedchinese.GB18030.NewEncoder())
		out = encoder
	case UTF8, "":
		if _, err := io.WriteString(out, utf8Mark); err != nil {
			return nil, err
		}
	default:
		return nil, fault.New("sheet.encoding_unknown", "there is no encoding %s", o.Encoding).Classed(fault.Config).Hinted("choose utf-8 or gb18030")
	}
	records := csv.NewWriter(out)
	if o.Delimiter != 0 {
		if records.Comma = o.Delimiter; !validDelimiter(o.Delimiter) {
			return nil, fault.New("sheet.delimiter", "%q can't stand between cells", o.Delimiter).Classed(fault.Config).Hinted("use a comma, a semicolon or a tab")
		}
	}
	write := records.Write
	if o.Foreign {
		write = func(cells []string) error { return records.Write(harmless(cells)) }
	}
	return &Writer{write: write, close: func() error {
		records.Flush()
		err := records.Error()
		if err == nil && encoder != nil {
			err = encoder.Close()
		}
		return err
	}}, nil
}

// harmless keeps cells from being taken for formulas.
func harmless(cells []string) []string {
	out := slices.Clone(cells)
	for i, cell := range cells {
		if formula(cell) {
			out[i] = "'" + cell
		}
	}
	return out
}

func formula(cell string) bool {
	if cell == "" {
		return false
	}
	switch cell[0] {
	case '=', '@', '\t', '\r':
		return true
	case '+', '-':
		return strings.Trim(cell[1:], "0123456789.") != ""
	}
	return false
}

// What a sheet holds at most.
const (
	maxRows = 1 << 20
	maxText = 32767
)

func newBook(out io.Writer, o WriteOptions) (*Writer, error) {
	b := NewBook(out)
	w, err := b.Sheet(o)
	if err != nil {
		return nil, err
	}
	return &Writer{write: w.write, close: b.Close}, nil
}

// Book writes a workbook of several sheets, one after the other.
type Book struct {
	out    io.Writer
	file   *excelize.File
	stream *excelize.StreamWriter
	sheets int
}

// NewBook begins a workbook, which is written into out, the caller's to close, on Close.
func NewBook(out io.Writer) *Book { return &Book{out: out, file: excelize.NewFile()} }

// Sheet begins the next sheet; what is written to the one before is no longer looked at. Of the
// options Sheet, Heading and Widths count. Names are unique whatever their case, and have at
// most 31 characters, none of them of :\/?*[].
func (b *Book) Sheet(o WriteOptions) (*Writer, error) {
	name := "Sheet" + strconv.Itoa(b.sheets+1)
	if b.sheets > 0 {
		if err := b.stream.Flush(); err != nil {
			return nil, err
		}
		if _, err := b.file.NewSheet(cmp.Or(o.Sheet, name)); err != nil {
			return nil, err
		}
	} else if o.Sheet != "" {
		if err := b.file.SetSheetName(name, o.Sheet); err != nil {
			return nil, err
		}
	}
	b.sheets++
	stream, err := b.file.NewStreamWriter(cmp.Or(o.Sheet, name))
	if err != nil {
		return nil, err
	}
	b.stream = stream
	sheet := &bookWriter{file: b.file, stream: stream}
	if err := sheet.shape(o); err != nil {
		return nil, err
	}
	return &Writer{write: sheet.row, close: func() error { return nil }}, nil
}

// Close writes the workbook. Without it there is none.
func (b *Book) Close() error {
	var err error
	if b.stream != nil {
		err = b.stream.Flush()
	}
	if err == nil {
		err = b.file.Write(b.out)
	}
	// Rows that were put aside in a file of their own go with the workbook.
	if closed := b.file.Close(); err == nil {
		err = closed
	}
	return err
}

type bookWriter struct {
	file    *excelize.File
	stream  *excelize.StreamWriter
	rows    int
	heading int
	text    int
}

// asText is the number format of texts (ECMA-376 part 1, 18.8.30).
const asText = 49

// shape makes columns and heading, which stand before the rows.
func (b *bookWriter) shape(o WriteOptions) (err error) {
	if b.text, err = b.file.NewStyle(&excelize.Style{NumFmt: asText}); err != nil {
		return err
	}
	for i, width := range o.Widths {
		if err := b.stream.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
		if err := b.stream.SetColStyle(i+1, i+1, b.text); err != nil {
			return err
		}
	}
	b.heading = b.text
	if !o.Heading {
		return nil
	}
	if err := b.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	b.heading, err = b.file.NewStyle(&excelize.Style{
		NumFmt: asText, Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8F1F2"}},
	})
	return err
}

func (b *bookWriter) row(cells []string) error {
	style := b.text
	if b.rows == 0 {
		style = b.heading
	}
	if b.rows++; b.rows > maxRows {
		return tooLarge("rows", maxRows)
	}
	values := make([]any, len(cells))
	for i, text := range cells {
		if !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxText {
			return fault.New("sheet.cell_too_long", "row %d has a text that a workbook can't hold", b.rows).Classed(fault.Data).
				Hinted("write a CSV file instead")
		}
		values[i] = excelize.Cell{StyleID: style, Value: text}
	}
	at, err := excelize.CoordinatesToCellName(1, b.rows)
	if err != nil {
		return err
	}
	return b.stream.SetRow(at, values)
}
