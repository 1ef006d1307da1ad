package rows

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/spreadsheet"
)

// cells gives the rows of a table.
func (f *File) cells(emit func(Row) error) error {
	var columns []column
	c := newCaster()
	for row, err := range f.table.Rows() {
		switch {
		case err != nil:
			return err
		case row.No < f.spec.Header:
			continue
		case f.spec.Header > 0 && columns == nil:
			if columns, err = f.named(row.Cells); err != nil {
				return err
			}
			continue
		}
		if f.spec.Header == 0 {
			for len(columns) < len(row.Cells) {
				columns = append(columns, f.column(letters(len(columns))))
			}
		}
		body, err := c.object(row, columns, f.spec.Whole && f.Format == CSV)
		if err != nil {
			return err
		}
		if err := emit(Row{row.No, f.placed(row.No, body)}); err != nil {
			return err
		}
	}
	if columns == nil && f.spec.Header > 0 {
		return fault.New("file.header_missing", "there is no row %d with the names of the columns", f.spec.Header).Classed(fault.Data).
			Hinted("check the header row and the sheet; 0 reads a file without a header")
	}
	return nil
}

// column is one cell of a record.
type column struct {
	name string
	kind field.Type
}

// named makes columns of a header. A name that comes again is numbered, and a column
// without one is called by its letters.
func (f *File) named(header []string) ([]column, error) {
	columns, seen := make([]column, len(header)), map[string]bool{}
	if f.spec.Position {
		seen[FileField], seen[RowField] = true, true
	}
	there := map[string]bool{}
	for i, text := range header {
		name := strings.Join(strings.Fields(text), " ")
		if name == "" {
			name = letters(i)
		}
		for first, n := name, 2; there[name]; n++ {
			name = fmt.Sprintf("%s_%d", first, n)
		}
		there[name] = true
		c := f.column(name)
		for first, n := c.name, 2; seen[c.name]; n++ {
			c.name = fmt.Sprintf("%s_%d", first, n)
		}
		seen[c.name] = true
		columns[i] = c
	}
	for _, wanted := range f.spec.Columns {
		if !there[wanted.Column] {
			return nil, fault.New("file.column_missing", "there is no column %s", wanted.Column).At("columns").Classed(fault.Data).
				Hinted("the file has: %s", strings.Join(header, ", "))
		}
	}
	return columns, nil
}

// column gives a column of the file as it is declared.
func (f *File) column(name string) column {
	for _, c := range f.spec.Columns {
		if c.Column == name {
			if c.Field != "" {
				name = c.Field
			}
			return column{name, field.Type(c.Type)}
		}
	}
	return column{name: name}
}

// letters names a column as spreadsheets do, counted from 0.
func letters(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

// caster makes values of cells.
type caster struct {
	whole, decimal *regexp.Regexp
	buffer         []byte
}

func newCaster() *caster {
	const digits = `[+-]?(\d+|\d{1,3}(,\d{3})+)`
	return &caster{whole: regexp.MustCompile(`^` + digits + `$`), decimal: regexp.MustCompile(`^` + digits + `(\.\d+)?([eE][+-]?\d{1,3})?$`)}
}

// object makes a record of a row, which has all of its cells where it must be whole.
func (c *caster) object(row spreadsheet.Row, columns []column, whole bool) ([]byte, error) {
	if whole && len(row.Cells) < len(columns) {
		return nil, fault.New("file.row_too_short", "row %d has %d cells, and the header names %d columns", row.No, len(row.Cells), len(columns)).Classed(fault.Data).
			Hinted("look whether the file was cut off; an empty cell keeps its delimiter")
	}
	for i := len(columns); i < len(row.Cells); i++ {
		if row.Cells[i] != "" {
			return nil, fault.New("file.row_too_long", "row %d has a value in column %s, and the header names %d columns", row.No, letters(i), len(columns)).Classed(fault.Data).
				Hinted("put values with a delimiter in quotation marks, or name the column in the header")
		}
	}
	out := append(c.buffer[:0], '{')
	for i, column := range columns {
		if i > 0 {
			out = append(out, ',')
		}
		cell := ""
		if i < len(row.Cells) {
			cell = row.Cells[i]
		}
		out = c.value(append(item.AppendText(out, column.name), ':'), cell, column.kind)
	}
	c.buffer = append(out, '}')
	return append([]byte(nil), c.buffer...), nil
}

// value appends a cell as its type has it. One that does not fit stays the text that it
// is: the engine refuses the record by it.
func (c *caster) value(dst []byte, cell string, kind field.Type) []byte {
	if kind == "" || kind == field.String {
		return item.AppendText(dst, cell)
	}
	text := strings.TrimSpace(cell)
	if text == "" {
		return append(dst, "null"...)
	}
	switch kind {
	case field.Int:
		if c.whole.MatchString(text) {
			return append(dst, plain(text)...)
		}
	case field.Decimal:
		if c.decimal.MatchString(text) {
			return append(dst, plain(text)...)
		}
	case field.Bool:
		switch strings.ToLower(text) {
		case "true", "yes", "y", "1", "是":
			return append(dst, "true"...)
		case "false", "no", "n", "0", "否":
			return append(dst, "false"...)
		}
	case field.Date, field.Datetime:
		if shown, ok := moment(text, kind); ok {
			return item.AppendText(dst, shown)
		}
	default:
	}
	return item.AppendText(dst, cell)
}

// plain writes a number as JSON does: no sign and no zeros before it, no commas in it.
// Its digits stay.
func plain(number string) string {
	sign := ""
	switch number[0] {
	case '-':
		sign, number = "-", number[1:]
	case '+':
		number = number[1:]
	}
	number = strings.TrimLeft(strings.ReplaceAll(number, ",", ""), "0")
	if number == "" || number[0] < '0' || number[0] > '9' {
		number = "0" + number
	}
	return sign + number
}

// moment writes a date, or a date with its time, in one form.
func moment(text string, kind field.Type) (string, bool) {
	text = strings.ReplaceAll(text, "/", "-")
	for _, layout := range []string{"2006-1-2 15:4:5", "2006-1-2 15:4", "2006-1-2", "20060102", "2006年1月2日"} {
		at, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		if kind == field.Datetime {
			return at.Format(time.DateTime), at.Nanosecond() == 0
		}
		return at.Format(time.DateOnly), at.Equal(at.Truncate(24 * time.Hour))
	}
	return "", false
}
