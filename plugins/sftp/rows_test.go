package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// workbook is one with numbers, dates and a formula as spreadsheet programs write them.
func workbook(t *testing.T, rows string, shared ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range map[string]string{
		"xl/workbook.xml":            `<workbook xmlns:r="r"><sheets><sheet name="一" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="t/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="t/styles" Target="styles.xml"/><Relationship Id="rId3" Type="t/sharedStrings" Target="shared.xml"/></Relationships>`,
		"xl/shared.xml":              `<sst>` + strings.Join(shared, "") + `</sst>`,
		"xl/styles.xml":              `<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`,
		"xl/worksheets/sheet1.xml":   `<worksheet><sheetData>` + rows + `</sheetData></worksheet>`,
	} {
		part, err := w.Create(name)
		if err == nil {
			_, err = part.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func texts(cells ...string) string {
	row := "<row>"
	for _, cell := range cells {
		row += `<c t="inlineStr"><is><t>` + cell + `</t></is></c>`
	}
	return row + "</row>"
}

// TestTypesOfColumns keeps the digits of a file to the last one, in workbooks as in CSV.
func TestTypesOfColumns(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	old := noon().Add(-time.Hour)
	r.box.Put("in/t.xlsx", workbook(t, texts("no", "qty", "on", "sum")+
		`<row><c t="inlineStr"><is><t>007</t></is></c><c><v>12345678901234567890.10</v></c><c s="1"><v>46082</v></c><c><f>B2*2</f><v>1.5E-3</v></c></row>`), old)
	r.box.Put("in/t.csv", []byte("no;qty;on;sum\n007;12345678901234567890.10;2026/3/1;0.0015\n"), old)
	r.box.Put("in/t.tsv", []byte("no\tqty\ton\tsum\n007\t12345678901234567890.10\t20260301\t0.0015\n"), old)
	for _, name := range []string{"t.xlsx", "t.csv", "t.tsv"} {
		page, err := query(t, r.open(nil), opRows, fmt.Sprintf(`{"folder":"in","pattern":%q,"types":"qty: decimal, on:date,sum: decimal"}`, name), 10, "")
		want := `[{"no":"007","qty":12345678901234567890.10,"on":"2026-03-01","sum":0.0015,"_key":"in/` + name + `#2","_path":"in/` + name + `","_line":2,"_modified":"2026-03-05T11:00:00Z"}]`
		if err != nil || string(page.Rows) != want {
			t.Errorf("%s %v, want\n%s", page.Rows, err, want)
		}
	}
}

// TestBrokenFiles: what is wrong with a file is said in a row without a key in place of
// its rest, and the files behind it are read; by pages of any size the same.
func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	bomb := workbook(t, "", "<si><t>"+strings.Repeat("0", maxTexts)+"</t></si>")
	for name, c := range map[string]struct {
		file, params string
		keys         string // of the rows before it
		code, says   string
	}{
		"a.csv":    {file: "no,b\n1,2\n3\n", keys: "1", code: "file.row_too_short", says: "row 3"},
		"q.csv":    {file: "no,b\n1,2\n\"3,4\n", keys: "1", code: "sheet.quotes", says: "line 3"},
		"gbk.csv":  {file: "no,b\n1,\xBF\xBF\n", code: "sheet.encoding_broken", says: "line 2"},
		"l.json":   {file: `[{"no":1},2]`, keys: "1", code: "sftp.row_broken", says: "row 2"},
		"c.json":   {file: `[{"no":1}`, keys: "1", code: "file.json_broken", says: "line 1"},
		"o.json":   {file: `{"no":1`, code: "sftp.row_broken", says: "no JSON"},
		"n.ndjson": {file: "{\"no\":1}\n{", keys: "1", code: "file.line_broken", says: "line 2"},
		"x.xlsx":   {file: "PK\x03\x04 and no more", code: "sheet.unreadable", says: "zip"},
		"cut.xlsx": {file: string(workbook(t, texts("no"))[:300]), code: "sheet.unreadable", says: "zip"},
		"half.xlsx": {
			file: string(workbook(t, texts("no")+texts("1")+`<row><c><v>`)), keys: "1", code: "sheet.unreadable", says: "sheet1",
		},
		"s.xlsx":     {file: string(workbook(t, texts("no"))), params: `,"sheet":"二"`, code: "sheet.missing", says: "二"},
		"t.xlsx":     {file: string(workbook(t, texts("no"))), params: `,"types":"x:int"`, code: "file.column_missing", says: "x"},
		"old.xls":    {file: "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", code: "sheet.old_format", says: ".xls"},
		"bomb.xlsx":  {file: string(bomb), code: "sheet.too_large", says: "bytes"},
		"large.json": {file: `{"a":"` + strings.Repeat("x", maxObject) + `"}`, code: "sheet.too_large", says: "16777216 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.box.Put("out/"+name, []byte(c.file), noon().Add(-time.Hour))
			r.box.Put("out/zz.json", []byte(`[{"no":"last"}]`), noon().Add(-time.Hour))
			if name == "bomb.xlsx" && len(c.file) > 1<<20 {
				t.Fatal("the bomb is no bomb")
			}
			s := r.open(nil)
			params := `{"folder":"out","keyColumn":"no"` + c.params + `}`
			want := strings.TrimSpace(c.keys + " | last")
			sizes := []int{1, 2, 10}
			if name == "bomb.xlsx" || name == "large.json" {
				sizes = []int{10}
			}
			for _, size := range sizes {
				var keys []string
				warned, token := 0, ""
				for {
					page, err := query(t, s, opRows, params, size, token)
					if err != nil {
						t.Fatalf("by %d: %v", size, err)
					}
					warned += len(page.Warnings)
					rows, err := item.Rows(page.Rows)
					if err != nil {
						t.Fatal(err)
					}
					for _, raw := range rows {
						row := item.Of(raw)
						if row.Field("_error").Kind() != item.Object {
							keys = append(keys, row.Field("_key").Text())
							continue
						}
						keys = append(keys, "|")
						e := row.Field("_error")
						if e.Field("code").Text() != c.code || !strings.Contains(e.Field("message").Text(), c.says) || e.Field("path").Text() != "out/"+name || row.Field("_key").Kind() != item.None {
							t.Errorf("by %d: %s", size, raw)
						}
					}
					if token = page.NextToken; token == "" {
						break
					}
				}
				if got := strings.Join(keys, " "); got != want || warned != 1 {
					t.Errorf("by %d: %s, want %s; %d warnings", size, got, want, warned)
				}
			}
		})
	}
}

// TestRowsWithoutTheirKey leaves the key blank, by which the engine refuses the row alone.
func TestRowsWithoutTheirKey(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.box.Put("out/k.csv", []byte("no,b\n1,x\n,y\n3,z\n"), noon().Add(-time.Hour))
	if got := strings.Join(r.all(r.open(nil), opRows, `{"folder":"out","keyColumn":"no"}`, "_key", 10), "|"); got != "1||3" {
		t.Error(got)
	}
}

// TestNamesThatNobodyCanWrite are left out with a warning: as UTF-8 they would fall together.
func TestNamesThatNobodyCanWrite(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, name := range []string{"\xC9\xCC.csv", "\xB5\xA5.csv", "a\\b.csv", "good.csv"} {
		r.box.Put("out/"+name, []byte("a\n1\n"), noon().Add(-time.Hour))
	}
	for _, operation := range []string{opFiles, opRows} {
		page, err := query(t, r.open(nil), operation, `{"folder":"out"}`, 10, "")
		if err != nil || len(page.Warnings) != 3 || strings.Count(string(page.Rows), `{"`) != 1 || !strings.Contains(string(page.Rows), "out/good.csv") {
			t.Errorf("%s: %s %q %v", operation, page.Rows, page.Warnings, err)
		}
	}
}

// TestWhiteSpaceDelimits: a tab that is given as it is, is one.
func TestWhiteSpaceDelimits(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.box.Put("out/a.txt", []byte("a,b\tc\n1,2\t3\n"), noon().Add(-time.Hour))
	for _, delimiter := range []string{"\t", "tab"} {
		params, err := json.Marshal(map[string]string{"folder": "out", "delimiter": delimiter})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.all(r.open(nil), opRows, string(params), "c", 10); strings.Join(got, " ") != "3" {
			t.Errorf("%q: %q", delimiter, got)
		}
	}
}

// TestWrittenRows are read again as they were, digit by digit.
func TestWrittenRows(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.open(map[string]string{"settle": "0"})
	const rows = `[{"no":"007","qty":12345678901234567890.10,"ok":true},{"no":"=1+1","note":"行,\"二\"","qty":0.1,"ok":null,"list":[1]}]`
	for name, more := range map[string]string{
		"a.xlsx": `"sheet":"单据"`, "a.csv": `"delimiter":";"`, "a.tsv": `"encoding":"utf-8"`, "g.csv": `"encoding":"GBK"`,
	} {
		r.done(s, opPut, `{"path":"out/`+name+`",`+more+`,"rows":`+rows+`}`)
		params := `{"folder":"out","pattern":"` + name + `","encoding":"auto","types":"qty: decimal"}`
		page, err := query(t, s, opRows, params, 10, "")
		if err != nil {
			t.Fatal(err)
		}
		got := string(page.Rows)
		for _, want := range []string{
			`{"no":"007","qty":12345678901234567890.10,"ok":"TRUE","note":"","list":"",`, `{"no":"=1+1","qty":0.1,"ok":"","note":"行,\"二\"","list":"[1]",`,
		} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
		}
	}
	r.done(s, opPut, `{"path":"out/c.csv","columns":"b, a","rows":[{"a":1,"b":2}]}`)
	if got, _ := r.box.File("out/c.csv"); string(got) != "\xEF\xBB\xBFb,a\n2,1\n" {
		t.Errorf("%q", got)
	}
	for row, code := range map[string]string{
		`{"path":"out/n.csv"}`: "sftp.content_missing", `{"path":"out/n.csv","content":"a","rows":[]}`: "sftp.content_missing",
		`{"path":"out/n.pdf","rows":[]}`: "sftp.table_unknown", `{"path":"out/n.csv","rows":[1]}`: "sftp.rows_invalid", `{"path":"out/n.csv","rows":"a"}`: "sftp.rows_invalid",
		`{"path":"out/n.csv","rows":[],"delimiter":"ab"}`: "sftp.param_invalid", `{"path":"out/n.csv","rows":[],"delimiter":"\""}`: "sheet.delimiter",
		`{"path":"out/n.xlsx","rows":[],"sheet":"a/b"}`:                              "sftp.table_refused",
		`{"path":"out/n.xlsx","rows":[{"a":"` + strings.Repeat("x", 40_000) + `"}]}`: "sheet.cell_too_long",
		`{"path":"out/n.csv","rows":[],"encoding":"latin1"}`:                         "sheet.encoding_unknown",
	} {
		_, err := r.write(s, opCreate, row)
		if f := r.refused(opCreate, err, code, fault.Data); !f.NotApplied {
			t.Errorf("%.80s may be applied", row)
		}
	}
	if _, there := r.box.File("out/n.csv"); there {
		t.Error("a refused row left a file")
	}
}

// TestOnlyTheFileThatWasRead is moved or deleted: a new one with its name was not read.
func TestOnlyTheFileThatWasRead(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.open(nil)
	read, later := noon().Add(-time.Hour), noon().Add(-time.Minute)
	r.box.Put("in/a.csv", []byte("old"), read)
	r.done(s, opMove, `{"path":"in/a.csv","to":"done/a.csv","modified":"2026-03-05T11:00:00Z"}`)
	r.box.Put("in/a.csv", []byte("new"), later)
	// The move again, its answer lost: it was made, and the new file stays.
	r.done(s, opMove, `{"path":"in/a.csv","to":"done/a.csv","modified":"2026-03-05T11:00:00Z"}`)
	for _, operation := range []string{opMove, opDelete} {
		_, err := r.write(s, operation, `{"path":"in/a.csv","to":"done/b.csv","modified":"2026-03-05T11:00:00Z"}`)
		_ = r.refused(operation, err, "sftp.newer", fault.Data)
		_, err = r.write(s, operation, `{"path":"in/a.csv","to":"done/b.csv","modified":"yesterday"}`)
		_ = r.refused(operation, err, "sftp.time_invalid", fault.Data)
		_, err = r.write(s, operation, `{"path":"out","to":"done/out"}`)
		_ = r.refused(operation, err, "sftp.is_folder", fault.Data)
	}
	if got, _ := r.box.File("in/a.csv"); string(got) != "new" {
		t.Errorf("the new file holds %q", got)
	}
	r.done(s, opDelete, `{"path":"in/a.csv","modified":"2026-03-05T11:59:00Z"}`)
	if _, there := r.box.File("in/a.csv"); there {
		t.Error("the file is still there")
	}
}

// TestSizes: a file that is too large is not begun, one that is shorter than it was listed
// is read another time, and one of many chunks is read whole.
func TestSizes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.open(nil)
	r.box.Put("out/a.csv", []byte("no\n1\n"), noon().Add(-time.Hour))
	r.box.Claim("out/a.csv", maxFileBytes+1)
	page, err := query(t, s, opRows, `{"folder":"out"}`, 10, "")
	if err != nil || !strings.Contains(string(page.Rows), `"code":"sftp.file_too_large"`) || len(page.Warnings) != 1 {
		t.Errorf("%s %q %v", page.Rows, page.Warnings, err)
	}
	r.box.Claim("out/a.csv", 7)
	_, err = query(t, s, opRows, `{"folder":"out"}`, 10, "")
	_ = r.refused(opRows, err, "sftp.changed", fault.Transient)
	r.box.Put("out/a.xlsx", append([]byte("PK\x03\x04"), make([]byte, 3*chunkBytes)...), noon().Add(-time.Hour))
	r.box.Claim("out/a.xlsx", 4*chunkBytes)
	_, err = query(t, s, opRows, `{"folder":"out","pattern":"*.xlsx"}`, 10, "")
	_ = r.refused(opRows, err, "sftp.changed", fault.Transient)
	r.box.Put("out/a.csv", []byte("no\n1\n"), noon().Add(-time.Hour))
	r.set(`{"writeWhileRead":1}`)
	_, err = query(t, s, opRows, `{"folder":"out","pattern":"*.csv"}`, 10, "")
	_ = r.refused(opRows, err, "sftp.changed", fault.Transient)
	text := []byte("no,b\n")
	for n := range 30_000 {
		text = fmt.Appendf(text, "%d,%s\n", n, strings.Repeat("x", 100))
	}
	r.box.Put("out/a.csv", text, noon().Add(-time.Hour))
	if got := r.all(s, opRows, `{"folder":"out","pattern":"*.csv"}`, "no", 12_000); len(got) != 30_000 || got[29_999] != "29999" {
		t.Errorf("%d rows", len(got))
	}
}
