package spreadsheet_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/spreadsheet"
)

func TestWorkbook(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rows string
		want []string
	}{
		"texts":              {`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="inlineStr"><is><t>丁</t></is></c><c t="str"><f>A1</f><v>戊</v></c></row>`, []string{"1: 甲|乙 丙|丁|戊"}},
		"escapes":            {`<row><c t="s"><v>2</v></c><c t="str"><v>_x0041__x004_</v></c></row>`, []string{"1: a\rb_x5F_c_x|A_x004_"}},
		"digits":             {`<row><c><v>12345678901234567890.10</v></c><c><v>0.1</v></c><c><v>-007</v></c><c><v> 8 </v></c></row>`, []string{"1: 12345678901234567890.10|0.1|-007|8"}},
		"exponents":          {`<row><c><v>1E+15</v></c><c><v>1.2345E-7</v></c><c><v>-1.50e2</v></c><c><v>0E0</v></c><c><v>1E999999</v></c><c><v>1.23456789012345678E+17</v></c></row>`, []string{"1: 1000000000000000|0.00000012345|-150|0|1E999999|123456789012345678"}},
		"other kinds":        {`<row><c t="b"><v>1</v></c><c t="b"><v>0</v></c><c t="e"><v>#N/A</v></c><c t="d"><v>2026-11-22T00:00:00</v></c><c t="d"><v>2026-11-22T08:01:02</v></c></row>`, []string{"1: TRUE|FALSE|#N/A|2026-11-22|2026-11-22 08:01:02"}},
		"formulas":           {`<row><c><f>1+1</f><v>2</v></c><c><f>x</f></c><c><v>3</v></c></row>`, []string{"1: 2||3"}},
		"gaps":               {`<row r="3"><c r="B3"><v>1</v></c><c r="D3"><v>2</v></c><c r="E3" s="1"/></row><row><c><v>3</v></c></row><row r="9"/><row><c s="1"/></row>`, []string{"3: |1||2", "4: 3"}},
		"dates":              {`<row><c s="1"><v>45000</v></c><c s="1"><v>45000.5</v></c><c s="2"><v>45000.524259259259</v></c><c s="2"><v>45000</v></c><c s="3"><v>45000</v></c></row>`, []string{"1: 2023-03-15|2023-03-15 12:00:00|2023-03-15 12:34:56|2023-03-15 00:00:00|2023-03-15"}},
		"times":              {`<row><c s="4"><v>0.25</v></c><c s="4"><v>1.25</v></c><c s="6"><v>1.5</v></c><c s="8"><v>0.0000115741</v></c><c s="4"><v>0.00000578703</v></c></row>`, []string{"1: 06:00:00|1900-01-01 06:00:00|36:00:00|00:00:01|00:00:00.500"}},
		"a February of 1900": {`<row><c s="1"><v>1</v></c><c s="1"><v>59</v></c><c s="1"><v>61</v></c></row>`, []string{"1: 1900-01-01|1900-02-28|1900-03-01"}},
		"no dates":           {`<row><c s="0"><v>45000</v></c><c s="5"><v>45000.50</v></c><c s="7"><v>45000</v></c><c s="99"><v>45000</v></c><c s="1"><v>-1</v></c><c s="1"><v>2958466</v></c><c s="1" t="str"><v>x</v></c></row>`, []string{"1: 45000|45000.50|45000|45000|-1|2958466|x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := read(workbook(c.rows).zip(t), spreadsheet.Options{})
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestSheets(t *testing.T) {
	t.Parallel()
	row := func(n int) string {
		return fmt.Sprintf(`<worksheet><sheetData><row><c s="1"><v>%d</v></c></row></sheetData></worksheet>`, n)
	}
	file := workbook("").
		with("xl/workbook.xml", `<workbook xmlns:r="r"><workbookPr date1904="1"/><sheets><sheet name="h" state="hidden" r:id="a"/><sheet name="chart" r:id="c"/>
<sheet name="one" r:id="b"/><sheet name="two &amp; 二" r:id="d"/></sheets></workbook>`).
		with("xl/_rels/workbook.xml.rels", `<R><Relationship Id="a" Type="x/worksheet" Target="a.xml"/><Relationship Id="b" Type="x/worksheet" Target="/xl/B.xml"/>
<Relationship Id="c" Type="x/chartsheet" Target="c.xml"/><Relationship Id="d" Type="x/worksheet" Target="../xl/d.xml"/><Relationship Id="e" Type="x/styles" Target="styles.xml"/></R>`).
		with("xl/a.xml", row(0)).with("xl/b.xml", row(1)).with("xl/d.xml", row(2)).zip(t)
	for name, want := range map[string]string{"": "1: 1904-01-02", "h": "1: 1904-01-01", "two & 二": "1: 1904-01-03"} {
		if got, err := read(file, spreadsheet.Options{Sheet: name}); err != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
	r, err := spreadsheet.Open(bytes.NewReader(file), int64(len(file)), spreadsheet.Options{})
	if err != nil || !slices.Equal(r.Sheets(), []string{"h", "one", "two & 二"}) {
		t.Errorf("%v", err)
	}
	if _, err := read(file, spreadsheet.Options{Sheet: "three"}); fault.CodeOf(err) != "sheet.missing" || !strings.Contains(fault.From(err).Hint, "h, one, two & 二") {
		t.Errorf("%v", err)
	}
}

// What another program wrote is read as that program shows it.
func TestOtherWriters(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	date, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		t.Fatal(err)
	}
	for cell, v := range map[string]any{"A1": "源编码", "B1": "  blank ", "A2": 1001, "B2": 9007199254740993, "A3": "00012", "C3": true, "A5": time.Date(2026, 11, 22, 8, 1, 2, 0, time.UTC)} {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		f.SetCellValue("Sheet1", "B5", 46348), f.SetCellStyle("Sheet1", "B5", "B5", date),
		f.SetCellFormula("Sheet1", "C5", "1+1"), f.SetCellRichText("Sheet1", "A6", []excelize.RichTextRun{{Text: "加"}, {Text: "粗", Font: &excelize.Font{Bold: true}}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var file bytes.Buffer
	if err := f.Write(&file); err != nil {
		t.Fatal(err)
	}
	got, err := read(file.Bytes(), spreadsheet.Options{})
	want := []string{"1: 源编码|  blank ", "2: 1001|9007199254740993", "3: 00012||TRUE", "5: 2026-11-22 08:01:02|2026-11-22", "6: 加粗"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}

// A workbook that is broken is refused; what could be read of it is never all of it.
func TestWorkbookRefused(t *testing.T) {
	t.Parallel()
	whole := workbook(strings.Repeat(`<row><c><v>1</v></c></row>`, 50))
	for name, file := range map[string][]byte{
		"cut":                   whole.zip(t)[:900],
		"only its first bytes":  []byte("PK\x03\x04"),
		"rows that end":         workbook("").with("xl/worksheets/sheet1.xml", `<worksheet><sheetData><row><c><v>1</v></c></row>`).zip(t),
		"a cell that ends":      workbook("").with("xl/worksheets/sheet1.xml", `<worksheet><sheetData><row><c><v>1`).zip(t),
		"texts that end":        workbook(`<row/>`).with("xl/sharedStrings.xml", `<sst><si><t>a`).zip(t),
		"no texts":              workbook(`<row><c t="s"><v>0</v></c></row>`).with("xl/sharedStrings.xml", "").zip(t),
		"no such text":          workbook(`<row><c t="s"><v>3</v></c></row>`).zip(t),
		"no sheet":              workbook("").with("xl/worksheets/sheet1.xml", "").zip(t),
		"no workbook":           workbook("").with("xl/workbook.xml", "").zip(t),
		"a row of no place":     workbook(`<row r="0"><c><v>1</v></c></row>`).zip(t),
		"a cell of no place":    workbook(`<row><c r="XFE1"><v>1</v></c></row>`).zip(t),
		"a cell without column": workbook(`<row><c r="7"><v>1</v></c></row>`).zip(t),
		"no XML":                workbook(`<row></c></row>`).zip(t),
		"entities":              workbook("").with("xl/worksheets/sheet1.xml", `<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet><sheetData><row><c><v>&a;</v></c></row></sheetData></worksheet>`).zip(t),
	} {
		if got, err := read(file, spreadsheet.Options{Format: spreadsheet.XLSX}); fault.CodeOf(err) != "sheet.unreadable" || fault.ClassOf(err) != fault.Data {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestBombs(t *testing.T) {
	t.Parallel()
	limits := spreadsheet.Limits{Bytes: 1 << 20, Rows: 1000, Cells: 20000, Texts: 30000}
	zeros := strings.Repeat("0", 4<<20)
	for name, c := range map[string]struct {
		file  []byte
		limit string
	}{
		"a sheet":                {workbook(`<row><c><v>` + zeros + `</v></c></row>`).zip(t), "1048576"},
		"shared texts":           {workbook("").with("xl/sharedStrings.xml", `<sst><si><t>`+zeros+`</t></si></sst>`).zip(t), "1048576"},
		"many shared texts":      {workbook("").with("xl/sharedStrings.xml", `<sst>`+strings.Repeat(`<si><t>12345678</t></si>`, 1251)+`</sst>`).zip(t), "30000"},
		"styles":                 {workbook("").with("xl/styles.xml", `<s>`+zeros+`</s>`).zip(t), "1048576"},
		"relations":              {workbook("").with("_rels/.rels", `<s>`+zeros+`</s>`).zip(t), "1048576"},
		"rows":                   {workbook(strings.Repeat(`<row><c><v>1</v></c></row>`, 1001)).zip(t), "1000"},
		"cells":                  {workbook(strings.Repeat(`<row r="1"><c r="XFD1"><v>1</v></c></row>`, 2)).zip(t), "20000"},
		"empty cells":            {workbook(strings.Repeat(`<row>`+strings.Repeat(`<c/>`, 101)+`</row>`, 200)).zip(t), "20000"},
		"one cell over and over": {workbook(`<row>` + strings.Repeat(`<c r="A1"/>`, 20001) + `</row>`).zip(t), "20000"},
	} {
		if len(c.file) > 20000 {
			t.Errorf("%s: %d bytes are no bomb", name, len(c.file))
		}
		_, err := read(c.file, spreadsheet.Options{Limits: limits})
		if f := fault.From(err); err == nil || f.Code != "sheet.too_large" || f.Args["0"] != c.limit {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A size that the file itself tells is not believed.
	if got, err := read(lying(t), spreadsheet.Options{Limits: limits}); err == nil {
		t.Errorf("a part of another size than it says was read: %.100q", got)
	}
}

// lying is a workbook whose sheet says that it is small.
func lying(t *testing.T) []byte {
	t.Helper()
	file := workbook(`<row><c><v>` + strings.Repeat("0", 4<<20) + `</v></c></row>`).zip(t)
	r, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range r.File {
		h := f.FileHeader
		if strings.HasSuffix(h.Name, "sheet1.xml") {
			h.UncompressedSize64 = 100
		}
		raw, err := f.OpenRaw()
		if err != nil {
			t.Fatal(err)
		}
		part, err := w.CreateRaw(&h)
		if err != nil {
			t.Fatal(err)
		}
		var body bytes.Buffer
		_, _ = body.ReadFrom(raw)
		_, _ = part.Write(body.Bytes())
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Whatever text is written is read again, in every way of writing.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	cell := rapid.OneOf(
		rapid.SampledFrom([]string{"", "007", "1E5", "=1+1", "2026-11-22", " a ", "a\nb", `"`, `a"b`, "店铺", "_x000D_", "_x0041", "\t", "TRUE", "'x", "-1", "😀", "a,b;c|d"}),
		rapid.StringOfN(rapid.RuneFrom([]rune("ab_x0D1 ,;\"'<>&\t\n中€𠮷")), 0, 12, -1),
	)
	rapid.Check(t, func(t *rapid.T) {
		table := rapid.SliceOfN(rapid.SliceOfN(cell, 1, 4), 0, 6).Draw(t, "table")
		o := rapid.SampledFrom([]spreadsheet.WriteOptions{
			{},
			{Format: spreadsheet.CSV, Encoding: "gb18030", Delimiter: '\t'},
			{Format: spreadsheet.CSV, Delimiter: ';'},
			{Format: spreadsheet.XLSX},
			{Format: spreadsheet.XLSX, Sheet: "对照", Heading: true, Widths: []float64{20, 30, 40}},
		}).Draw(t, "options")
		var file bytes.Buffer
		w, err := spreadsheet.NewWriter(&file, o)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, cells := range table {
			if err := w.Write(cells...); err != nil {
				t.Fatal(err)
			}
			if o.Format == spreadsheet.XLSX {
				for len(cells) > 0 && cells[len(cells)-1] == "" {
					cells = cells[:len(cells)-1]
				}
			}
			if strings.Join(cells, "") != "" {
				want = append(want, strings.Join(cells, "|"))
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, err := read(file.Bytes(), spreadsheet.Options{Encoding: o.Encoding, Delimiter: cmp.Or(o.Delimiter, ',')})
		for i, row := range got {
			_, got[i], _ = strings.Cut(row, ": ")
		}
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%q, %v; want %q", got, err, want)
		}
	})
}

func TestWritingRefused(t *testing.T) {
	t.Parallel()
	w, err := spreadsheet.NewWriter(&bytes.Buffer{}, spreadsheet.WriteOptions{Format: spreadsheet.XLSX})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{strings.Repeat("长", 32768), "\xFF"} {
		if err := w.Write("a", text); fault.CodeOf(err) != "sheet.cell_too_long" {
			t.Errorf("%.5q: %v", text, err)
		}
	}
	for code, o := range map[string]spreadsheet.WriteOptions{"sheet.encoding_unknown": {Encoding: "latin-1"}, "sheet.delimiter": {Delimiter: '\n'}} {
		if _, err := spreadsheet.NewWriter(&bytes.Buffer{}, o); fault.CodeOf(err) != code {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// FuzzSheet: any XML of a sheet gives rows or a coded fault.
func FuzzSheet(f *testing.F) {
	for _, xml := range []string{
		`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" s="2"><v>45000.5</v></c></row>`, `<row><c t="inlineStr"><is><r><t>a</t></r></is></c></row>`,
		`<row><c><v>1E+400</v></c><c s="8"><v>1e3</v></c></row>`, `<row r="9"><c r="AAAA9"/></row>`, `</sheetData>`, `<row><row><c><c><v>1</v></c></c></row></row>`, `<c><v>1</v></c>`,
	} {
		f.Add(xml)
	}
	f.Fuzz(func(t *testing.T, xml string) {
		_, err := read(workbook(xml).zip(t), spreadsheet.Options{Limits: spreadsheet.Limits{Bytes: 1 << 20, Rows: 100, Cells: 20000}})
		if err != nil && (fault.CodeOf(err) == "" || fault.ClassOf(err) == fault.Internal) {
			t.Fatalf("an uncoded error: %v", err)
		}
	})
}
