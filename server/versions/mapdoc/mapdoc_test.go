package mapdoc_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/spreadsheet"
	"github.com/karezflow/karez/server/versions/mapdoc"
)

func book(cells ...[]string) mapdoc.Book {
	return mapdoc.Book{Title: "T", Overview: "概况", Sections: []mapdoc.Section{{Title: "S", Facts: []mapdoc.Fact{{Name: "a", Value: "b\nc"}}, Tables: []mapdoc.Table{{Heading: []string{"x", "y"}, Rows: cells}}}}}
}

func markdown(t *testing.T, b mapdoc.Book) string {
	t.Helper()
	var out bytes.Buffer
	if err := b.Markdown(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	got := markdown(t, book([]string{"{{a|date}}", "<script>*x*`[y](z)"}, []string{"_function a_b", "1\n2"}))
	const want = "# T\n\n## S\n\n- a: b<br>c\n\n| x | y |\n| --- | --- |\n| {{a\\|date}} | \\<script>\\*x\\*\\`\\[y](z) |\n| \\_function a_b | 1<br>2 |\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Whatever stands in cells, each row is one line with as many cells, and what it says is there.
func TestMarkdownKeepsCells(t *testing.T) {
	t.Parallel()
	mark := regexp.MustCompile("\\\\([\\\\|<*`\\[&#~_])")
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringMatching("[a-z_|<>*`\\[\\]&#~ =+@{}\\\\-]{0,20}")
		a, b := strings.TrimSpace(text.Draw(r, "a")), strings.TrimSpace(text.Draw(r, "b"))
		lines := strings.Split(strings.TrimSuffix(markdown(t, book([]string{a, b})), "\n"), "\n")
		row := lines[len(lines)-1]
		var cells []string
		from := 0
		for i := 0; i < len(row); i++ {
			switch row[i] {
			case '\\':
				i++
			case '|':
				cells = append(cells, mark.ReplaceAllString(strings.TrimSpace(row[from:i]), "$1"))
				from = i + 1
			}
		}
		if diff := cmp.Diff([]string{"", a, b}, cells); diff != "" {
			r.Fatalf("%s: %s", row, diff)
		}
	})
}

// Names of sheets are ones that workbooks take, however tables are called.
func TestSheets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		b := mapdoc.Book{Title: "T", Overview: "概况"}
		titles := rapid.SliceOfN(rapid.StringMatching(`[aA映'/:\[\]*?\\ 😀]{0,40}`), 1, 6).Draw(r, "titles")
		for _, title := range titles {
			b.Sections = append(b.Sections, mapdoc.Section{Tables: []mapdoc.Table{{Title: title, Heading: []string{"h"}, Rows: [][]string{{"=" + title}}}}})
		}
		var out bytes.Buffer
		if err := b.Workbook(&out); err != nil {
			r.Fatal(err)
		}
		file := bytes.NewReader(out.Bytes())
		read, err := spreadsheet.Open(file, file.Size(), spreadsheet.Options{})
		if err != nil || len(read.Sheets()) != len(titles)+1 {
			r.Fatalf("%v: %v", read, err)
		}
		for i, title := range titles {
			sheet, err := spreadsheet.Open(file, file.Size(), spreadsheet.Options{Sheet: read.Sheets()[i+1]})
			if err != nil {
				r.Fatal(err)
			}
			var cells []string
			for row, err := range sheet.Rows() {
				if err != nil {
					r.Fatal(err)
				}
				cells = append(cells, row.Cells...)
			}
			if diff := cmp.Diff([]string{"h", "=" + title}, cells); diff != "" {
				r.Fatal(diff)
			}
		}
	})
}

func TestACellThatNoWorkbookHolds(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := book([]string{strings.Repeat("说", 40_000), "\xff"}).Workbook(&out); err != nil {
		t.Fatal(err)
	}
}
