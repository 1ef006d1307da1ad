package spreadsheet

import (
	"encoding/csv"
	"io"
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
	return &Writer{write: records.Write, close: func() error {
		records.Flush()
		err := records.Error()
		if err == nil && encoder != nil {
			err = encoder.Close()
		}
		return err
	}}, nil
}

// What a sheet holds at most.
const (
	maxRows = 1 << 20
	maxText = 32767
)

func newBook(out io.Writer, o WriteOptions) (*Writer, error) {
	f := excelize.NewFile()
	name := "Sheet1"
	if o.Sheet != "" {
		if err := f.SetSheetName(name, o.Sheet); err != nil {
			return nil, err
		}
		name = o.Sheet
	}
	stream, err := f.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	b := &bookWriter{file: f, stream: stream}
	if err := b.shape(o); err != nil {
		return nil, err
	}
	return &Writer{write: b.row, close: func() error {
		err := stream.Flush()
		if err == nil {
			err = f.Write(out)
		}
		// Rows that were put aside in a file of their own go with the workbook.
		if closed := f.Close(); err == nil {
			err = closed
		}
		return err
	}}, nil
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
