package codetable_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/spreadsheet"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/codetable"
)

func counts(p codetable.Preview) []int {
	return []int{p.Added, p.Changed, p.Unchanged, p.Removed, p.Blank, p.Blocking}
}

func TestImport(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file    string
		replace bool
		counts  []int
		rows    []string
		filled  []string
	}{
		"added, changed, unchanged": {"源编码,目标编码,备注\na,1,\nb,9,new\nd,4,\n", false, []int{1, 1, 1, 0, 0, 0}, []string{"a=1", "b=9#new", "c=3", "d=4"}, []string{"b", "d"}},
		"the rest goes":             {"源编码,目标编码\nd,4\nb,2\n", true, []int{1, 0, 1, 2, 0, 0}, []string{"b=2", "d=4"}, []string{"d"}},
		"in any order, in English":  {"x, Target ,y,SOURCE\n1,9,2,a\n", false, []int{0, 1, 0, 0, 0, 0}, []string{"a=9", "b=2", "c=3"}, []string{"a"}},
		"nothing but headings":      {"source,target\n", false, []int{0, 0, 0, 0, 0, 0}, []string{"a=1", "b=2", "c=3"}, nil},
		"rows without a target":     {"source,target,note\nd,,later\ne, ,\n,,\nf,6,\n", false, []int{1, 0, 0, 0, 2, 0}, []string{"a=1", "b=2", "c=3", "f=6"}, []string{"f"}},
		"what stands beside them":   {"source,target,,\nd,4,x\n,,y\n", false, []int{1, 0, 0, 0, 0, 0}, []string{"a=1", "b=2", "c=3", "d=4"}, []string{"d"}},
		"a note goes":               {"source,target,note\na,1,n\n", false, []int{0, 1, 0, 0, 0, 0}, []string{"a=1#n", "b=2", "c=3"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShelf(t)
			table := s.table("shops", "a=1", "b=2", "c=3")
			in := codetable.Import{File: []byte(c.file), Replace: c.replace}
			preview, err := s.Preview(s.as(access.Operator), table, in)
			s.must(err)
			s.same("preview", counts(preview), c.counts)
			s.same("differences", len(preview.Differences), preview.Added+preview.Changed+preview.Removed)
			s.same("a preview does nothing", []any{s.held(table), len(s.filled)}, []any{[]string{"a=1", "b=2", "c=3"}, 0})
			in.Version = preview.Version
			done, err := s.Import(s.as(access.Operator), table, in)
			s.must(err)
			s.same("import", counts(done), c.counts)
			s.same("rows", s.held(table), c.rows)
			s.same("filled", s.filled, [][]string{c.filled})
			s.same("announced", len(s.hints), len(c.filled))
			_, err = s.Import(s.as(access.Operator), table, in)
			s.refused("the version of before", err, "codetable.changed")
		})
	}
}

// A file with problems is not imported, not even in part, and each is named by its row.
func TestImportProblems(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	table := s.table("shops", "a=1")
	in := codetable.Import{File: []byte("源编码,目标编码,备注\nb,2,\n\n,3,\nb,4,\n" + strings.Repeat("x", 191) + ",5,\nc, 6,\nd,,\n\"e\nf\",7,\ng,8," + strings.Repeat("长", 501) + "\n")}
	preview, err := s.Preview(s.as(access.Operator), table, in)
	s.must(err)
	var got []string
	for _, p := range preview.Problems {
		got = append(got, fmt.Sprintf("%d %s %s %v", p.Row, p.Fault.Path, p.Fault.Code, p.Blocking))
	}
	want := []string{
		"4 source codetable.code_missing true", "5 source codetable.twice true", "6 source codetable.code_too_long true",
		"7 target codetable.blanks_around false", "8 target codetable.target_blank false", "9 source codetable.code_invalid true", "11 note codetable.note_invalid true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	s.same("the first of the two", preview.Problems[1].Fault.Args["0"], "2")
	s.same("found", []int{preview.Found, preview.Blocking, preview.Added}, []int{7, 5, 2})
	f := s.refused("import", func() error { _, err := s.Import(s.as(access.Operator), table, in); return err }(), "codetable.file_problems")
	s.same("how many", f.Args["0"], "5")
	s.same("nothing is half imported", s.held(table), []string{"a=1"})
}

func TestFilesRefused(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	table := s.table("shops", "a=1")
	for name, c := range map[string]struct {
		file, code string
	}{
		"nothing":         {"", "codetable.headings_missing"},
		"no headings":     {"a,1\nb,2\n", "codetable.headings_missing"},
		"one heading":     {"源编码,x\n", "codetable.headings_missing"},
		"a heading twice": {"源编码,目标编码,source\n", "codetable.heading_twice"},
		"broken":          {"source,target\na,\"1\n", "sheet.quotes"},
		"no encoding":     {"source,target\na,\xFF\n", "sheet.encoding_broken"},
		"an old workbook": {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "sheet.old_format"},
		"too large":       {strings.Repeat("x", codetable.MaxFile+1), "codetable.file_too_large"},
		"too many rows":   {"source,target\n" + strings.Repeat("a,b\n", codetable.MaxRows+1), "sheet.too_large"},
	} {
		_, err := s.Preview(s.as(access.Operator), table, codetable.Import{File: []byte(c.file)})
		s.refused(name, err, c.code)
		_, err = s.Import(s.as(access.Operator), table, codetable.Import{File: []byte(c.file)})
		s.refused(name, err, c.code)
	}
	s.same("rows", s.held(table), []string{"a=1"})
	full := s.tables[100]
	full.Rows = codetable.MaxRows
	s.tables[100] = full
	_, err := s.Preview(s.as(access.Operator), table, codetable.Import{File: []byte("source,target\nb,2\n")})
	s.refused("a full table", err, "codetable.full")
	s.down = errors.New("down")
	if _, err := s.Export(s.as(access.Operator), table, "csv", false, &bytes.Buffer{}); !errors.Is(err, s.down) {
		t.Errorf("a store that is down: %v", err)
	}
}

// Lists of a preview are bounded, its counts are not.
func TestPreviewIsBounded(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	table := s.table("shops")
	var file strings.Builder
	file.WriteString("source,target\n")
	for i := range 500 {
		fmt.Fprintf(&file, "s%d,t%d\nb%d,\n", i, i, i)
	}
	p, err := s.Preview(s.as(access.Operator), table, codetable.Import{File: []byte(file.String())})
	s.must(err)
	s.same("bounds", []int{p.Added, len(p.Differences), p.Found, len(p.Problems)}, []int{500, 200, 500, 200})
}

func TestExportRefused(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	_, err := s.Export(s.as(access.Viewer), s.table("shops"), "ods", false, &bytes.Buffer{})
	s.refused("another format", err, "codetable.format_unknown")
}

// What is exported and imported again changes nothing, in either format and language,
// and makes the same table where there was none.
func TestExportedIsImported(t *testing.T) {
	t.Parallel()
	code := rapid.OneOf(rapid.SampledFrom([]string{"007", "1E5", "=1+1", " a ", "2026-11-22", "店铺", `"`, "a,b", "TRUE", "_x0041_"}),
		rapid.StringOfN(rapid.RuneFrom([]rune("ab01 ,;\"'<&店中€")), 1, 8, 24)).Filter(func(s string) bool { return strings.TrimSpace(s) != "" })
	note := rapid.StringOfN(rapid.RuneFrom([]rune("ab \"\n\t店")), 0, 6, -1)
	rapid.Check(t, func(rt *rapid.T) {
		s := newShelf(t)
		table, empty := s.table("a"), s.table("b")
		rows := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) codetable.Row {
			return codetable.Row{Source: code.Draw(t, "source"), Target: code.Draw(t, "target"), Note: note.Draw(t, "note")}
		}), 0, 8, func(r codetable.Row) string { return r.Source }).Draw(rt, "rows")
		_, err := s.Put(s.as(access.Operator), table, rows)
		s.must(err)
		var file bytes.Buffer
		_, err = s.Export(s.as(access.Viewer), table, rapid.SampledFrom([]spreadsheet.Format{"csv", "xlsx"}).Draw(rt, "format"), rapid.Bool().Draw(rt, "chinese"), &file)
		s.must(err)
		in := codetable.Import{File: file.Bytes(), Replace: true}
		again, err := s.Preview(s.as(access.Operator), table, in)
		s.must(err)
		if want := []int{0, 0, len(rows), 0, 0, 0}; !slices.Equal(counts(again), want) {
			rt.Fatalf("%v, want %v: %v", counts(again), want, again.Differences)
		}
		_, err = s.Import(s.as(access.Operator), empty, in)
		s.must(err)
		if got, want := s.held(empty), s.held(table); !slices.Equal(got, want) {
			rt.Fatalf("%q, want %q", got, want)
		}
	})
}

// TestCheckRows: what a table of the interface refuses, one of a template may not have either.
func TestCheckRows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rows []codetable.Row
		want string
	}{
		"good":        {[]codetable.Row{{Source: "a", Target: "b"}, {Source: "A", Target: "b", Note: "x\ny"}}, " "},
		"empty":       {[]codetable.Row{{Source: "a", Target: "b"}, {Source: " ", Target: "b"}}, "codetable.code_missing rows[1].source"},
		"long":        {[]codetable.Row{{Source: "a", Target: strings.Repeat("长", 67)}}, "codetable.code_too_long rows[0].target"},
		"broken line": {[]codetable.Row{{Source: "a\nb", Target: "c"}}, "codetable.code_invalid rows[0].source"},
		"twice":       {[]codetable.Row{{Source: "a", Target: "b"}, {Source: "a", Target: "c"}}, "codetable.twice rows[1].source"},
		"too many":    {make([]codetable.Row, codetable.MaxRows+1), "codetable.full rows"},
	} {
		got := " "
		if f := fault.From(codetable.CheckRows(c.rows)); f != nil {
			got = f.Code + " " + f.Path
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
