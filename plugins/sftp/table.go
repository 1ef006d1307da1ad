package main

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/spreadsheet"
)

// table writes rows as a workbook or as CSV, by the ending of the file's name. Every cell
// is a text with the digits that the row has: nothing becomes a float or a formula.
func table(row item.Value, name string) ([]byte, error) {
	o := spreadsheet.WriteOptions{Sheet: row.Field("sheet").Text(), Heading: true, Encoding: spreadsheet.Encoding(strings.ToLower(row.Field("encoding").Text()))}
	switch strings.ToLower(path.Ext(name)) {
	case ".xlsx":
		o.Format = spreadsheet.XLSX
	case ".csv", ".txt":
	case ".tsv":
		o.Delimiter = '\t'
	default:
		return nil, fault.New("sftp.table_unknown", "the name of %s does not tell how rows are written", name).At("path").Classed(fault.Data).Unapplied().
			Hinted("let it end with .xlsx, .csv or .tsv")
	}
	if given := row.Field("delimiter").Text(); given == "tab" {
		o.Delimiter = '\t'
	} else if given != "" {
		if o.Delimiter = []rune(given)[0]; len([]rune(given)) > 1 {
			return nil, invalid("delimiter", "the delimiter is one character, or tab").Classed(fault.Data)
		}
	}
	lines, err := objects(row.Field("rows"))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w, err := spreadsheet.NewWriter(&out, o)
	if err != nil {
		return nil, unwritable(err)
	}
	names := columns(row.Field("columns"), lines)
	err = w.Write(names...)
	for _, line := range lines {
		cells := make([]string, len(names))
		for i, name := range names {
			cells[i] = cell(line.Field(name))
		}
		if err == nil {
			err = w.Write(cells...)
		}
	}
	if closed := w.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, unwritable(err)
	}
	return out.Bytes(), nil
}

// unwritable is told of rows that no file of the format can hold.
func unwritable(err error) error {
	f := fault.From(err)
	if f.Class == fault.Internal || f.Class == "" {
		f = fault.New("sftp.table_refused", "the rows cannot be written: %s", err.Error()).Because(err)
	}
	return f.At("rows").Classed(fault.Data).Unapplied()
}

// objects gives the rows, which are objects.
func objects(list item.Value) ([]item.Value, error) {
	wrong := fault.New("sftp.rows_invalid", "the rows are a list of objects").At("rows").Classed(fault.Data).Unapplied()
	if list.Kind() != item.Array {
		return nil, wrong
	}
	var lines []item.Value
	for line := range list.Elements() {
		if line.Kind() != item.Object {
			return nil, wrong
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// columns are those that are named, else those of the rows in the order in which they come.
func columns(given item.Value, lines []item.Value) (names []string) {
	for one := range given.Elements() {
		names = append(names, one.Text())
	}
	for one := range strings.SplitSeq(given.Text(), ",") {
		if one = strings.TrimSpace(one); one != "" && given.Kind() == item.String {
			names = append(names, one)
		}
	}
	if len(names) > 0 {
		return names
	}
	for _, line := range lines {
		for name := range line.Fields() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// cell is the text of a value: a number keeps its digits, a truth is TRUE or FALSE.
func cell(v item.Value) string {
	switch v.Kind() {
	case item.None, item.Null:
		return ""
	case item.Bool:
		return strings.ToUpper(string(v.Raw()))
	case item.Array, item.Object:
		return string(v.Raw())
	default:
		return v.Text()
	}
}
