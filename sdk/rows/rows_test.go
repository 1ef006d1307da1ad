package rows_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/rows"
	"github.com/karezflow/karez/sdk/spreadsheet"
)

// read gives the records of a file as "no body" and what ended it.
func read(name string, content []byte, spec rows.Spec) ([]string, error) {
	f, err := rows.Open(bytes.NewReader(content), int64(len(content)), name, spec)
	if err != nil {
		return nil, err
	}
	var all []string
	for row, err := range f.Rows() {
		if err != nil {
			return all, err
		}
		all = append(all, fmt.Sprintf("%d %s", row.No, row.Body))
	}
	return all, nil
}

// book makes a workbook of cells.
func book(t testing.TB, cells [][]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := spreadsheet.NewWriter(&out, spreadsheet.WriteOptions{Format: spreadsheet.XLSX})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range cells {
		if err := w.Write(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestRead(t *testing.T) {
	t.Parallel()
	typed := []rows.Column{{Column: "n", Type: "int"}, {Column: "d", Field: "amount", Type: "decimal"}, {Column: "b", Type: "bool"}, {Column: "on", Type: "date"}, {Column: "at", Type: "datetime"}}
	tests := map[string]struct {
		name, content string
		spec          rows.Spec
		want          []string
		code          string
		says          string
	}{
		"a CSV file":         {name: "a.csv", content: "no,amount\n007,12.50\n\n\"a\nb\",\n", spec: rows.Spec{Header: 1}, want: []string{`2 {"no":"007","amount":"12.50"}`, `4 {"no":"a\nb","amount":""}`}},
		"a header below":     {name: "a.csv", content: "report\n\nno;amount\n1;2\n", spec: rows.Spec{Header: 2, Delimiter: ";"}, want: []string{`4 {"no":"1","amount":"2"}`}},
		"no header":          {name: "a.csv", content: "1,2\n3,4,5\n", spec: rows.Spec{}, want: []string{`1 {"A":"1","B":"2"}`, `2 {"A":"3","B":"4","C":"5"}`}},
		"names twice, none":  {name: "a.csv", content: "x, x ,,x_2\n1,2,3,4\n", spec: rows.Spec{Header: 1}, want: []string{`2 {"x":"1","x_2":"2","C":"3","x_2_2":"4"}`}},
		"a short row":        {name: "a.csv", content: "a,b\n1\n", spec: rows.Spec{Header: 1}, want: []string{`2 {"a":"1","b":""}`}},
		"a cut row":          {name: "a.csv", content: "a,b\n1,\n2\n", spec: rows.Spec{Header: 1, Whole: true}, want: []string{`2 {"a":"1","b":""}`}, code: "file.row_too_short", says: "row 3 has 1 cells"},
		"a long row":         {name: "a.csv", content: "a,b\n1,2,\n1,2,3\n", spec: rows.Spec{Header: 1}, want: []string{`2 {"a":"1","b":"2"}`}, code: "file.row_too_long", says: "row 3 has a value in column C"},
		"a header alone":     {name: "a.csv", content: "a,b\n", spec: rows.Spec{Header: 1}},
		"no rows, no header": {name: "a.csv", content: "", spec: rows.Spec{Header: 1}, code: "file.header_missing"},
		"a column that is not there": {
			name: "a.csv", content: "a,b\n1,2\n", spec: rows.Spec{Header: 1, Columns: []rows.Column{{Column: "c"}}}, code: "file.column_missing", says: "there is no column c",
		},
		"types": {
			name: "a.csv", content: "n,d,b,on,at\n+007,\"1,234.50\",是,2024/1/5,2024-1-5 8:03\n-0,0012345678901234567890.10,no,20240105,2024-01-05\n", spec: rows.Spec{Header: 1, Columns: typed},
			want: []string{
				`2 {"n":7,"amount":1234.50,"b":true,"on":"2024-01-05","at":"2024-01-05 08:03:00"}`,
				`3 {"n":-0,"amount":12345678901234567890.10,"b":false,"on":"2024-01-05","at":"2024-01-05 00:00:00"}`,
			},
		},
		"what does not fit": {
			name: "a.csv", content: "n,d,b,on,at\n1.0,1.,maybe,2024-02-30,soon\n,,,,x\n", spec: rows.Spec{Header: 1, Columns: typed},
			want: []string{`2 {"n":"1.0","amount":"1.","b":"maybe","on":"2024-02-30","at":"soon"}`, `3 {"n":null,"amount":null,"b":null,"on":null,"at":"x"}`},
		},
		"the position":         {name: "in/a.csv", content: "_row,b\n1,2\n", spec: rows.Spec{Header: 1, Position: true}, want: []string{`2 {"_row_2":"1","b":"2","_file":"a.csv","_row":2}`}},
		"a quotation mark":     {name: "a.csv", content: "a,b\n1,2\n\"3,4\n", spec: rows.Spec{Header: 1}, want: []string{`2 {"a":"1","b":"2"}`}, code: "sheet.quotes", says: "on line 3"},
		"the wrong encoding":   {name: "a.csv", content: "a\n\xb6\xa9\n", spec: rows.Spec{Header: 1, Encoding: "utf-8"}, code: "sheet.encoding_broken", says: "line 2"},
		"a list":               {name: "a.json", content: "[{\"a\": 1.10, \"b\":\"x y\"},\n {}, 5]", want: []string{`1 {"a":1.10,"b":"x y"}`, `2 {}`, `3 5`}},
		"a list inside":        {name: "a.txt", content: `{"code":0,"data":{"n":[1],"items":[{"id":12345678901234567890}],"more":{"items":[{}]}},"x":[]}`, spec: rows.Spec{RowsPath: "data.items"}, want: []string{`1 {"id":12345678901234567890}`}},
		"no list":              {name: "a.json", content: `{"a":[1]}`, code: "file.list_unnamed"},
		"no such list":         {name: "a.json", content: `{"a":{"b":1}}`, spec: rows.Spec{RowsPath: "a.c"}, code: "file.list_missing", says: "a.c leads to no list"},
		"a list of another":    {name: "a.json", content: `{"a":{"b":1}}`, spec: rows.Spec{RowsPath: "a.b"}, code: "file.list_missing"},
		"JSON that breaks":     {name: "a.json", content: "[{\"a\":1},\n{\"a\":2},\n{\"a\" 3}]", want: []string{`1 {"a":1}`, `2 {"a":2}`}, code: "file.json_broken", says: "on line 3"},
		"JSON that ends":       {name: "a.json", content: "[{\"a\":1},\n", want: []string{`1 {"a":1}`}, code: "file.json_broken", says: "on line 2"},
		"more behind the list": {name: "a.json", content: "[{}]\n[]", want: []string{"1 {}"}, code: "file.json_broken", says: "on line 2"},
		"the end before it":    {name: "a.json", content: ``, code: "file.json_broken", says: "on line 1"},
		"lines":                {name: "a.jsonl", content: "{\"a\": 1}\r\n\n{\"b\":\"\xe4\xb8\xad\"}", spec: rows.Spec{Position: true}, want: []string{`1 {"a":1,"_file":"a.jsonl","_row":1}`, `3 {"b":"中","_file":"a.jsonl","_row":3}`}},
		"lines without a name": {name: "a", content: "{\"a\":1}\n{\"a\":2}\n", want: []string{`1 {"a":1}`, `2 {"a":2}`}},
		"a line that breaks":   {name: "a.ndjson", content: "{\"a\":1}\n{\"a\":\n", want: []string{`1 {"a":1}`}, code: "file.line_broken", says: "line 2 is no JSON"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := read(tt.name, []byte(tt.content), tt.spec)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if fault.CodeOf(err) != tt.code || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %s: %s", err, tt.code, tt.says)
			}
		})
	}
}

func TestRecordsHaveAnEnd(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 17<<20)
	for name, content := range map[string]string{"a.ndjson": `{"a":1}` + "\n" + `{"a":"` + long + `"}`, "a.json": `[{"a":1},{"a":"` + long + `"}]`} {
		got, err := read(name, []byte(content), rows.Spec{})
		if len(got) != 1 || fault.CodeOf(err) != "file.record_too_large" || !strings.Contains(err.Error(), "record 2") {
			t.Errorf("%s: %d records, %v", name, len(got), err)
		}
	}
	if got, err := read("a.json", []byte(`{"before":"`+long+`","rows":[{"a":1}]}`), rows.Spec{RowsPath: "rows"}); err != nil || len(got) != 1 {
		t.Errorf("what stands before the list is no record: %v, %v", got, err)
	}
}

func TestLookingIsEnough(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"a.csv": "a\n1\n2\n\"", "a.json": `[{"a":1},{"a":2},`, "a.ndjson": "{}\n{}\nx"} {
		f, err := rows.Open(strings.NewReader(content), int64(len(content)), name, rows.Spec{Header: 1})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // rows may be read again
			for _, err := range f.Rows() {
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				break
			}
		}
	}
}

func TestWhatIsFoundOut(t *testing.T) {
	t.Parallel()
	chinese, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte("订单号\t金额\nA\t1\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content                     []byte
		format, encoding, delimiter string
	}{
		"a.txt":  {chinese, rows.CSV, "gb18030", "\t"},
		"b.json": {[]byte("\xEF\xBB\xBF[]"), rows.JSON, "utf-8", ""},
		"c.csv":  {book(t, [][]string{{"a"}, {"1"}}), rows.XLSX, "", ""},
		"d":      {[]byte("\xEF\xBB\xBF [1]"), rows.JSON, "utf-8", ""},
		"e":      {[]byte("{\n\"a\":1}"), rows.JSON, "utf-8", ""},
	} {
		f, err := rows.Open(bytes.NewReader(c.content), int64(len(c.content)), name, rows.Spec{Format: rows.Auto, Encoding: rows.Auto, Delimiter: rows.Auto})
		if err != nil || f.Format != c.format || f.Encoding != c.encoding || f.Delimiter != c.delimiter {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
}

// Whatever cells a table has, and however it is written, each is the text that it was:
// long digits and zeros before them, blanks, quotation marks and line breaks.
func TestCellsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.OneOf(
			rapid.StringMatching(`0{0,3}[0-9]{0,25}(\.[0-9]{0,3})?`), rapid.StringMatching(`[a-z中文，"',; ]{0,6}`), rapid.StringMatching(`[a-z]\n[a-z]`), rapid.Just("1E+05"), rapid.Just("TRUE"),
		)
		width := rapid.IntRange(1, 4).Draw(t, "width")
		table := rapid.SliceOfN(rapid.SliceOfN(cell, width, width), 0, 8).Draw(t, "cells")
		header := []string{"a", "b", "c", "d"}[:width]
		var want []string
		for _, row := range table {
			if strings.Join(row, "") == "" {
				continue
			}
			body := []byte{'{'}
			for i, c := range row {
				if i > 0 {
					body = append(body, ',')
				}
				body = item.AppendText(append(item.AppendText(body, header[i]), ':'), c)
			}
			want = append(want, string(append(body, '}')))
		}
		csv := quoted(append([][]string{header}, table...))
		encoded, err := simplifiedchinese.GB18030.NewEncoder().Bytes(csv)
		if err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string][]byte{"a.csv": csv, "gbk.csv": encoded, "a.xlsx": book(outer, append([][]string{header}, table...))} {
			spec := rows.Spec{Header: 1, Delimiter: ","}
			if name == "gbk.csv" {
				spec.Encoding = "gbk"
			}
			got, err := read(name, content, spec)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for i, row := range got {
				_, got[i], _ = strings.Cut(row, " ")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s: %s", name, diff)
			}
		}
	})
}

// quoted writes a table with every cell in quotation marks.
func quoted(table [][]string) []byte {
	var out bytes.Buffer
	for _, row := range table {
		for i, c := range row {
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteString(`"` + strings.ReplaceAll(c, `"`, `""`) + `"`)
		}
		out.WriteString("\r\n")
	}
	return out.Bytes()
}

// Whatever a file holds, its records are JSON that the engine can take apart, and what
// ends it is a fault with a code; an element that is whole comes as it was written.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`[{"a":1},{"b":[1,2,{"c":null}]}]`, `{"data":{"items":[{"id":12345678901234567890.10}]}}`, "{\"a\":1}\n{\"a\":2}\n", `[1,"x",`, "\xEF\xBB\xBF[]", "[{\"a\":\"\\ud800\"}]", "[{}]]",
		`{"data":{"items":5},"data":{"items":[1]}}`, "\xff\xfe[\x00]\x00",
	} {
		f.Add([]byte(seed), "")
		f.Add([]byte(seed), "data.items")
	}
	f.Fuzz(func(t *testing.T, content []byte, under string) {
		for _, name := range []string{"a.json", "a.ndjson", "a"} {
			file, err := rows.Open(bytes.NewReader(content), int64(len(content)), name, rows.Spec{RowsPath: under, Header: 1, Position: true})
			if err != nil {
				coded(t, err)
				continue
			}
			last := 0
			for row, err := range file.Rows() {
				if err != nil {
					coded(t, err)
					break
				}
				if err := item.Check(row.Body); err != nil || bytes.ContainsAny(row.Body, "\n\r") {
					t.Fatalf("%q is no record: %v", row.Body, err)
				}
				if row.No <= last && file.Format != rows.JSON {
					t.Fatalf("row %d follows row %d", row.No, last)
				}
				last = row.No
			}
		}
	})
}

func coded(t *testing.T, err error) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Class != fault.Data && f.Class != fault.Config {
		t.Fatalf("%v is no fault of the file", err)
	}
}
