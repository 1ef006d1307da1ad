package spreadsheet

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
)

const (
	// maxRecord is the most bytes of one record: a quotation mark that is not closed
	// takes the rest of a file into one.
	maxRecord = 16 << 20
	// sniffed is how much of a file tells its delimiter.
	sniffed = 64 << 10
)

// openText prepares to read a CSV file.
func (r *Reader) openText(in io.ReaderAt, size int64, o Options) error {
	if size > o.Limits.Bytes {
		return tooLarge("bytes", o.Limits.Bytes)
	}
	if o.Delimiter != 0 && !validDelimiter(o.Delimiter) {
		return fault.New("sheet.delimiter", "%q can't stand between cells", o.Delimiter).Classed(fault.Config).Hinted("use a comma, a semicolon or a tab")
	}
	t, err := openEncoded(in, size, o.Encoding)
	if err != nil {
		return err
	}
	delimiter := o.Delimiter
	if delimiter == 0 {
		if delimiter, err = t.sniff(); err != nil {
			return err
		}
	}
	r.encoding, r.delimiter = t.encoding, delimiter
	r.each = func(emit func(Row) error) error { return t.each(delimiter, emit) }
	return nil
}

func validDelimiter(r rune) bool {
	return r > 0 && r != '"' && r != '\r' && r != '\n' && r != 0xFFFD && r <= 0x10FFFF && (r < 0xD800 || r > 0xDFFF)
}

func (t text) each(delimiter rune, emit func(Row) error) error {
	decoded := t.decode()
	decoded.most = maxRecord
	records := csv.NewReader(decoded)
	records.Comma, records.FieldsPerRecord = delimiter, -1
	for {
		decoded.read = 0
		cells, err := records.Read()
		switch parse, isParse := errors.AsType[*csv.ParseError](err); {
		case errors.Is(err, io.EOF):
			return nil
		case isParse && (errors.Is(err, csv.ErrQuote) || errors.Is(err, csv.ErrBareQuote)):
			return fault.New("sheet.quotes", "on line %d a quotation mark is not closed, or stands inside a value", parse.StartLine).Classed(fault.Data).Because(err).
				Hinted("put the value in quotation marks and double those inside it")
		case err != nil:
			return err
		}
		line, _ := records.FieldPos(0)
		if err := emit(Row{No: line, Cells: cells}); err != nil {
			return err
		}
	}
}

// sniff finds the delimiter that cuts the first records most evenly.
func (t text) sniff() (rune, error) {
	head := make([]byte, sniffed)
	n, err := io.ReadFull(t.decode(), head)
	whole := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if _, coded := errors.AsType[*fault.Fault](err); err != nil && !whole && !coded {
		return 0, err
	}
	best, most, widest := ',', 0, 1
	for _, candidate := range []rune{',', '\t', ';', '|'} {
		even, width := evenness(string(head[:n]), candidate, whole)
		if width > 1 && (even > most || even == most && width > widest) {
			best, most, widest = candidate, even, width
		}
	}
	return best, nil
}

// evenness counts the first records that have as many cells as most of them do.
func evenness(head string, delimiter rune, whole bool) (even, width int) {
	records := csv.NewReader(strings.NewReader(head))
	records.Comma, records.FieldsPerRecord, records.LazyQuotes, records.ReuseRecord = delimiter, -1, true, true
	var widths []int
	for len(widths) < 50 {
		cells, err := records.Read()
		if err != nil {
			break
		}
		widths = append(widths, len(cells))
	}
	if !whole && len(widths) > 1 && len(widths) < 50 {
		widths = widths[:len(widths)-1] // the last one was cut
	}
	counts := map[int]int{}
	for _, w := range widths {
		counts[w]++
	}
	for _, w := range slices.Sorted(slices.Values(widths)) {
		if counts[w] >= even {
			even, width = counts[w], w
		}
	}
	return even, width
}
