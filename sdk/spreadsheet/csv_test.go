package spreadsheet_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/spreadsheet"
)

func gb(t testing.TB, text string) string {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func utf16(t *testing.T, text string, order unicode.Endianness) string {
	t.Helper()
	out, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCSV(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file string
		o    spreadsheet.Options
		want []string
	}{
		"plain":                               {file: "a,b\n1,2\n", want: []string{"1: a|b", "2: 1|2"}},
		"nothing":                             {file: ""},
		"blank lines":                         {file: "\r\na,b\r\n\r\n,\r\n\"\",\r\nc,d", want: []string{"2: a|b", "6: c|d"}},
		"digits stay":                         {file: "1.10,00012,1E+15,9007199254740993,1.5E-3", want: []string{"1: 1.10|00012|1E+15|9007199254740993|1.5E-3"}},
		"quotes":                              {file: "\"a,b\",\"c\"\"d\",\"e\nf\"\nnext,x", want: []string{"1: a,b|c\"d|e\nf", "3: next|x"}},
		"uneven rows":                         {file: "a,b,c\nd\ne,f\n", want: []string{"1: a|b|c", "2: d", "3: e|f"}},
		"blanks stay":                         {file: " a , b\n", want: []string{"1:  a | b"}},
		"semicolons":                          {file: "a;b\n1,5;2\n", want: []string{"1: a|b", "2: 1,5|2"}},
		"tabs":                                {file: "a\tb\n1,2\t3\n", want: []string{"1: a|b", "2: 1,2|3"}},
		"bars":                                {file: "a|b,c\nd|e\n", want: []string{"1: a|b,c", "2: d|e"}},
		"one column":                          {file: "a\nb\n", want: []string{"1: a", "2: b"}},
		"one column with a comma":             {file: "备注\n有,逗号\n没有\n也没有\n", want: []string{"1: 备注", "2: 有|逗号", "3: 没有", "4: 也没有"}},
		"a delimiter that is given":           {file: "a;b,c\n", o: spreadsheet.Options{Delimiter: ';'}, want: []string{"1: a|b,c"}},
		"a mark":                              {file: "\xEF\xBB\xBF源编码,目标编码\n", want: []string{"1: 源编码|目标编码"}},
		"a mark before quotes":                {file: "\xEF\xBB\xBF\"源,编码\",目标编码\n", want: []string{"1: 源,编码|目标编码"}},
		"GBK":                                 {file: gb(t, "源编码,目标编码\n店铺一,客户㐀\n"), want: []string{"1: 源编码|目标编码", "2: 店铺一|客户㐀"}},
		"GBK that is given":                   {file: gb(t, "店,铺"), o: spreadsheet.Options{Encoding: "GBK"}, want: []string{"1: 店|铺"}},
		"UTF-8 that is given":                 {file: "店,铺", o: spreadsheet.Options{Encoding: "UTF-8"}, want: []string{"1: 店|铺"}},
		"a mark says more":                    {file: "\xEF\xBB\xBF店,铺", o: spreadsheet.Options{Encoding: "gbk"}, want: []string{"1: 店|铺"}},
		"UTF-16 of spreadsheets":              {file: utf16(t, "店\t铺\n1,0\t2\n", unicode.LittleEndian), want: []string{"1: 店|铺", "2: 1,0|2"}},
		"UTF-16 the other way":                {file: utf16(t, "店,铺\n", unicode.BigEndian), want: []string{"1: 店|铺"}},
		"a sign that stands for what is lost": {file: "a\uFFFD,b", want: []string{"1: a\uFFFD|b"}},
		"what begins as a zip":                {file: "PK,1\n", want: []string{"1: PK|1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := read([]byte(c.file), c.o)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestCSVRefused(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a,b\n", 40000) // the place is behind what is looked at first
	for name, c := range map[string]struct {
		file       string
		o          spreadsheet.Options
		code, line string
	}{
		"a quotation mark that is not closed": {file: "a,b\nc,\"d\ne,f\n", code: "sheet.quotes", line: "2"},
		"a quotation mark inside":             {file: "a,b\n\nc\"d,e\n", code: "sheet.quotes", line: "3"},
		"text behind a quotation mark":        {file: "a,b\n\"c\"d,e\n", code: "sheet.quotes", line: "2"},
		"far behind":                          {file: long + "x,\"y\n", code: "sheet.quotes", line: "40001"},
		"broken UTF-8":                        {file: "\xEF\xBB\xBFa,b\nc,\xFF\n", code: "sheet.encoding_broken", line: "2"},
		"broken GBK":                          {file: "a,b\n\nc,\xFF\n", o: spreadsheet.Options{Encoding: "gbk"}, code: "sheet.encoding_broken", line: "3"},
		"GBK said to be UTF-8":                {file: "a\n" + gb(t, "店铺"), o: spreadsheet.Options{Encoding: "utf-8"}, code: "sheet.encoding_broken", line: "2"},
		"no encoding at all":                  {file: long + "c,\xFF\n", code: "sheet.encoding_broken", line: "40001"},
		"cut within a character":              {file: "店,\xE9\x93", o: spreadsheet.Options{Encoding: "utf-8"}, code: "sheet.encoding_broken", line: "1"},
		"binary":                              {file: "a\x00b\n", code: "sheet.encoding_broken", line: "1"},
		"another encoding":                    {file: "a", o: spreadsheet.Options{Encoding: "latin-1"}, code: "sheet.encoding_unknown", line: "latin-1"},
		"a delimiter that is none":            {file: "a", o: spreadsheet.Options{Delimiter: '"'}, code: "sheet.delimiter", line: "34"},
		"too many bytes":                      {file: "a,b,c\n", o: spreadsheet.Options{Limits: spreadsheet.Limits{Bytes: 5}}, code: "sheet.too_large", line: "5"},
		"too many rows":                       {file: "a\n\nb\nc\n", o: spreadsheet.Options{Limits: spreadsheet.Limits{Rows: 2}}, code: "sheet.too_large", line: "2"},
		"too many cells":                      {file: "a,b\nc,d\n", o: spreadsheet.Options{Limits: spreadsheet.Limits{Cells: 3}}, code: "sheet.too_large", line: "3"},
		"an old workbook":                     {file: "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1....", code: "sheet.old_format"},
		"one record of everything":            {file: "a,\"" + strings.Repeat("b\n", 9<<20), code: "sheet.record_too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read([]byte(c.file), c.o)
			f := fault.From(err)
			if err == nil || f.Code != c.code || f.Class == fault.Internal || c.line != "" && f.Args["0"] != c.line {
				t.Errorf("%v with %v", err, f)
			}
			if f != nil && f.Hint == "" {
				t.Error("nobody is told what to do")
			}
		})
	}
}

// flaky fails where it is told to.
type flaky struct {
	*bytes.Reader

	from int64
}

var errDisk = errors.New("the disk is gone")

func (f flaky) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) > f.from {
		return 0, errDisk
	}
	return f.Reader.ReadAt(p, at)
}

// What a disk says is passed on, wherever it says it.
func TestReadingFails(t *testing.T) {
	t.Parallel()
	file := []byte("a,b\n" + strings.Repeat("c,d\n", 50000))
	for _, from := range []int64{0, 8, 5000, 70000} {
		for _, e := range []spreadsheet.Encoding{"", spreadsheet.UTF8} {
			r, err := spreadsheet.Open(flaky{bytes.NewReader(file), from}, int64(len(file)), spreadsheet.Options{Encoding: e, Delimiter: ','})
			if err == nil {
				for _, err = range r.Rows() {
					if err != nil {
						break
					}
				}
			}
			if !errors.Is(err, errDisk) {
				t.Errorf("from %d, encoding %q: %v", from, e, err)
			}
		}
	}
}

// Whoever has enough is given no more, and may begin again.
func TestRowsStopAndBeginAgain(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{"csv": []byte("a\nb\nc\n"), "xlsx": workbook(`<row><c><v>1</v></c></row><row><c><v>2</v></c></row>`).zip(t)} {
		r, err := spreadsheet.Open(bytes.NewReader(file), int64(len(file)), spreadsheet.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			seen := 0
			for row, err := range r.Rows() {
				if seen++; err != nil || row.No != 1 {
					t.Fatalf("%s: %v, %v", name, row, err)
				}
				break
			}
			if seen != 1 {
				t.Errorf("%s: %d rows", name, seen)
			}
		}
		if string(r.Format()) != name {
			t.Errorf("%s is said to be %s", name, r.Format())
		}
	}
}

// FuzzCSV: any bytes give rows in order or a coded fault, the same each time, and
// what was read is read again when it is written.
func FuzzCSV(f *testing.F) {
	for _, text := range []string{
		"a,b\n1,2\n", "\xEF\xBB\xBFa;b\r\n", "\"a\nb\",c\n\"", "a\tb|c;d,e", gb(f, "源编码,目标\n"), "\xFF\xFEa\x00,\x00", "\xFE\xFF\x00", "\r\r\n", "\"\"\"\",\n", "\x80\xFF", "a\x00",
	} {
		f.Add([]byte(text), "", int32(0))
	}
	f.Add([]byte("a:b"), "gbk", int32(':'))
	f.Fuzz(func(t *testing.T, file []byte, encoding string, delimiter int32) {
		o := spreadsheet.Options{Format: spreadsheet.CSV, Encoding: spreadsheet.Encoding(encoding), Delimiter: delimiter}
		r, err := spreadsheet.Open(bytes.NewReader(file), int64(len(file)), o)
		if err != nil {
			if fault.CodeOf(err) == "" {
				t.Fatalf("an uncoded error: %v", err)
			}
			return
		}
		var again bytes.Buffer
		w, err := spreadsheet.NewWriter(&again, spreadsheet.WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		last := 0
		var rows [][]string
		for row, err := range r.Rows() {
			if err != nil {
				if fault.CodeOf(err) == "" || errors.Is(err, io.EOF) {
					t.Fatalf("an uncoded error: %v", err)
				}
				return
			}
			if row.No <= last {
				t.Fatalf("row %d comes after row %d", row.No, last)
			}
			last = row.No
			rows = append(rows, row.Cells)
			if err := w.Write(row.Cells...); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		second, err := spreadsheet.Open(bytes.NewReader(again.Bytes()), int64(again.Len()), spreadsheet.Options{Delimiter: ','})
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		for row, err := range second.Rows() {
			for j := range rows[i] {
				rows[i][j] = strings.ReplaceAll(rows[i][j], "\r\n", "\n")
			}
			if err != nil || !slices.Equal(row.Cells, rows[i]) {
				t.Fatalf("%q was read as %q, %v", rows[i], row.Cells, err)
			}
			i++
		}
		if i != len(rows) {
			t.Fatalf("%d rows of %d", i, len(rows))
		}
	})
}

// far tells how much of a file was read.
type far struct {
	*bytes.Reader

	end int64
}

func (f *far) ReadAt(p []byte, at int64) (int, error) {
	n, err := f.Reader.ReadAt(p, at)
	f.end = max(f.end, at+int64(n))
	return n, err
}

// The first rows are there long before the last ones are read.
func TestRowsStream(t *testing.T) {
	t.Parallel()
	file := &far{Reader: bytes.NewReader([]byte(strings.Repeat("a,b\n", 1<<20)))}
	r, err := spreadsheet.Open(file, file.Size(), spreadsheet.Options{Encoding: spreadsheet.UTF8})
	if err != nil {
		t.Fatal(err)
	}
	for row, err := range r.Rows() {
		if err != nil || len(row.Cells) != 2 || file.end > 1<<17 {
			t.Fatalf("%v, %v after %d bytes", row, err, file.end)
		}
		break
	}
}

// TestForeignCells: a text of another system is no formula for whoever opens the file, and an
// amount below zero stays a number.
func TestForeignCells(t *testing.T) {
	t.Parallel()
	cells := []string{"", "=1+1", "@SUM(A1)", "\tx", "+cmd|' /C calc'!A0", "-2+3", "-12.50", "+8", "-", "a=b", "'x"}
	for format, want := range map[spreadsheet.Format][]string{
		spreadsheet.CSV:  {"", "'=1+1", "'@SUM(A1)", "'\tx", "'+cmd|' /C calc'!A0", "'-2+3", "-12.50", "+8", "-", "a=b", "'x"},
		spreadsheet.XLSX: cells,
	} {
		var file bytes.Buffer
		w, err := spreadsheet.NewWriter(&file, spreadsheet.WriteOptions{Format: format, Foreign: true})
		if err != nil {
			t.Fatal(err)
		}
		given := slices.Clone(cells)
		if err := errors.Join(w.Write(given...), w.Close()); err != nil {
			t.Fatal(err)
		}
		got, err := read(file.Bytes(), spreadsheet.Options{})
		if want := "1: " + strings.Join(want, "|"); err != nil || len(got) != 1 || got[0] != want || !slices.Equal(given, cells) {
			t.Errorf("%s: %q, %v; want %q", format, got, err, want)
		}
	}
}
