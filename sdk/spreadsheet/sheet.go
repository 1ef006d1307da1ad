package spreadsheet

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxColumns is what a sheet has, XFD.
const maxColumns = 16384

// sheetReader reads the rows of one sheet.
type sheetReader struct {
	*book

	dates  []dateKind
	shared []string
	// cells is how many a table may have, cellsLeft how many more.
	cells, cellsLeft int64
	emit             func(Row) error
	row              Row
	inRows           bool
}

func (s *sheetReader) read(from sheet, emit func(Row) error) error {
	s.emit = emit
	err := s.scan(from.part, func(d *xml.Decoder, token xml.Token) error {
		switch e := token.(type) {
		case xml.StartElement:
			return s.start(d, e)
		case xml.EndElement:
			return s.end(e)
		}
		return nil
	})
	if errors.Is(err, errRead) {
		return nil
	}
	return err
}

func (s *sheetReader) start(d *xml.Decoder, e xml.StartElement) error {
	switch {
	case e.Name.Local == "sheetData":
		s.inRows = true
	case !s.inRows:
	case e.Name.Local == "row":
		s.row = Row{No: s.row.No + 1}
		if no := attr(e, "r"); no != "" {
			given, err := strconv.Atoi(no)
			if err != nil || given < 1 {
				return fmt.Errorf("a row is numbered %q", no)
			}
			s.row.No = given
		}
	case e.Name.Local == "c":
		return s.cell(d, e)
	}
	return nil
}

func (s *sheetReader) end(e xml.EndElement) error {
	switch e.Name.Local {
	case "row":
		for len(s.row.Cells) > 0 && s.row.Cells[len(s.row.Cells)-1] == "" {
			s.row.Cells = s.row.Cells[:len(s.row.Cells)-1]
		}
		return s.emit(s.row)
	case "sheetData":
		return errRead
	}
	return nil
}

// cell reads a cell that was begun and puts it into its row.
func (s *sheetReader) cell(d *xml.Decoder, e xml.StartElement) error {
	column := len(s.row.Cells)
	if at := attr(e, "r"); at != "" {
		if column = columnOf(at); column < 0 {
			return fmt.Errorf("a cell is named %q", at)
		}
	}
	value, err := s.content(d, attr(e, "t"), attr(e, "s"))
	if err != nil {
		return err
	}
	// Cells are counted where they take memory: one far to the right makes many.
	if s.cellsLeft -= int64(max(1, column+1-len(s.row.Cells))); s.cellsLeft < 0 {
		return tooLarge("cells", s.cells)
	}
	for column >= len(s.row.Cells) {
		s.row.Cells = append(s.row.Cells, "")
	}
	s.row.Cells[column] = value
	return nil
}

// content reads what a cell holds to its end.
func (s *sheetReader) content(d *xml.Decoder, kind, style string) (string, error) {
	var value strings.Builder
	rich, inValue := "", false
	for {
		token, err := d.Token()
		if err != nil {
			return "", noEnd(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if inValue = e.Name.Local == "v"; e.Name.Local == "is" {
				if rich, err = richText(d); err != nil {
					return "", err
				}
			}
		case xml.CharData:
			if inValue {
				value.Write(e)
			}
		case xml.EndElement:
			if inValue = false; e.Name.Local == "c" {
				return s.value(kind, style, value.String(), rich)
			}
		}
	}
}

// value makes the text of a cell.
func (s *sheetReader) value(kind, style, value, rich string) (string, error) {
	switch kind {
	case "inlineStr":
		return rich, nil
	case "str":
		return unescape(value), nil
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || i < 0 || i >= len(s.shared) {
			return "", fmt.Errorf("there is no shared text %q", value)
		}
		return s.shared[i], nil
	case "b":
		return strings.ToUpper(strconv.FormatBool(truth(strings.TrimSpace(value)))), nil
	case "d":
		return strings.TrimSuffix(strings.Replace(strings.TrimSpace(value), "T", " ", 1), " 00:00:00"), nil
	case "e":
		return value, nil
	}
	value = plain(strings.TrimSpace(value))
	if i, err := strconv.Atoi(style); err == nil && i >= 0 && i < len(s.dates) {
		return s.dates[i].text(value, s.from1904), nil
	}
	return value, nil
}

// columnOf gives the column of a cell's name, counted from 0; -1 when it is none.
func columnOf(name string) int {
	column := 0
	for _, c := range name {
		switch {
		case c >= 'a' && c <= 'z':
			column = column*26 + int(c-'a') + 1
		case c >= 'A' && c <= 'Z':
			column = column*26 + int(c-'A') + 1
		default:
			return column - 1
		}
		if column > maxColumns {
			return -1
		}
	}
	return column - 1
}

// plain writes a number without an exponent, digit by digit. What is no number stays.
func plain(number string) string {
	mantissa, exponent, ok := strings.Cut(strings.ToLower(number), "e")
	if !ok {
		return number
	}
	shift, err := strconv.Atoi(exponent)
	sign := ""
	if strings.HasPrefix(mantissa, "-") {
		sign, mantissa = "-", mantissa[1:]
	}
	whole, part, _ := strings.Cut(mantissa, ".")
	digits := whole + part
	const most = 400 // more than a number of 64 bits has
	if err != nil || shift > most || shift < -most || digits == "" || strings.Trim(digits, "0123456789") != "" {
		return number
	}
	point := len(whole) + shift
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	if point < 1 {
		digits = strings.Repeat("0", 1-point) + digits
		point = 1
	}
	whole, part = strings.TrimLeft(digits[:point], "0"), strings.TrimRight(digits[point:], "0")
	if whole == "" {
		whole = "0"
	}
	if part != "" {
		part = "." + part
	}
	return sign + whole + part
}
