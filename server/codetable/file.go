package codetable

import (
	"bytes"
	"context"
	"io"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/spreadsheet"
	"github.com/karezflow/karez/server/access"
)

// MaxFile is the largest file that is imported, in bytes; a workbook unpacks to no
// more than maxUnpacked.
const (
	MaxFile     = 16 << 20
	maxUnpacked = 256 << 20
)

// Import is a file of rows.
type Import struct {
	File []byte
	// Sheet is that of a workbook, "" the first.
	Sheet string
	// Replace removes the rows that the file does not have.
	Replace bool
	// Version is that of the table the preview was made for; 0 is any.
	Version int64
}

// Preview tells what an import does, or did.
type Preview struct {
	Done

	// Blank are rows without a target, which are left out.
	Blank int
	// Differences are the first of what the import touches: added, changed, then removed rows.
	Differences []Difference
	// Problems are the first of those that were found; where one blocks, nothing is imported.
	Problems []Problem
	// Found are all problems, Blocking those that block.
	Found, Blocking int
	// Sheets are those of a workbook.
	Sheets []string
}

// Problem is what is wrong with a row of a file.
type Problem struct {
	// Row is the row of the sheet, or the line of a CSV file.
	Row      int
	Fault    *fault.Fault
	Blocking bool
}

// maxShown bounds the lists of a Preview.
const maxShown = 200

// Preview tells what an import would do.
func (s *Service) Preview(ctx context.Context, id string, in Import) (Preview, error) {
	t, err := s.table(ctx, access.Operate, id)
	if err != nil {
		return Preview{}, err
	}
	preview, change, err := read(in)
	if err != nil {
		return preview, err
	}
	known, version, err := s.Store.Known(ctx, t.ID, change)
	if err != nil {
		return preview, missing(err)
	}
	plan := PlanChange(known, change)
	if err := plan.Check(change, version, t.Rows); err != nil {
		return preview, err
	}
	preview.Done = Done{Version: version, Added: len(plan.Added), Changed: len(plan.Changed), Removed: len(plan.Removed), Unchanged: plan.Unchanged}
	for _, list := range [][]Difference{plan.Added, plan.Changed, plan.Removed} {
		preview.Differences = append(preview.Differences, list[:min(len(list), maxShown)]...)
	}
	return preview, nil
}

// Import takes the rows of a file, all or none.
func (s *Service) Import(ctx context.Context, id string, in Import) (Preview, error) {
	t, err := s.table(ctx, access.Operate, id)
	if err != nil {
		return Preview{}, err
	}
	preview, change, err := read(in)
	if err != nil {
		return preview, err
	}
	if preview.Blocking > 0 {
		return preview, fault.New("codetable.file_problems", "the file has %d problems that must be solved first", preview.Blocking).Classed(fault.Data).
			Hinted("the preview names them by their rows")
	}
	preview.Done, err = s.change(ctx, t, change)
	return preview, err
}

// read makes a change of a file.
func read(in Import) (Preview, Change, error) {
	p, c := Preview{}, Change{Replace: in.Replace, Version: in.Version}
	if len(in.File) > MaxFile {
		return p, c, fault.New("codetable.file_too_large", "the file is larger than %d MiB", MaxFile>>20).Classed(fault.Data).Hinted("split it into several files")
	}
	r, err := spreadsheet.Open(bytes.NewReader(in.File), int64(len(in.File)), spreadsheet.Options{
		Sheet: in.Sheet, Limits: spreadsheet.Limits{Bytes: maxUnpacked, Rows: MaxRows + 1, Cells: 20 * MaxRows},
	})
	if err != nil {
		return p, c, err
	}
	p.Sheets = r.Sheets()
	var columns map[string]int
	lines := map[string]int{} // where each source stands
	for row, err := range r.Rows() {
		if err != nil {
			return p, c, err
		}
		if columns == nil {
			if columns, err = headings(row.Cells); err != nil {
				return p, c, err
			}
			continue
		}
		p.take(row, columns, lines, &c)
	}
	if columns == nil {
		return p, c, headingsMissing()
	}
	return p, c, nil
}

// take makes a row of the table out of one of the file.
func (p *Preview) take(row spreadsheet.Row, columns map[string]int, lines map[string]int, c *Change) {
	cell := func(column string) string {
		if i, ok := columns[column]; ok && i < len(row.Cells) {
			return row.Cells[i]
		}
		return ""
	}
	r := Row{Source: cell("source"), Target: cell("target"), Note: oneBreak(cell("note"))}
	if r.Source+r.Target+r.Note == "" {
		return // what stands beside the columns is nobody's
	}
	if before, twice := lines[r.Source]; twice && r.Source != "" {
		p.report(row.No, twiceIn(before).At("source"), true)
		return
	}
	lines[r.Source] = row.No
	if strings.TrimSpace(r.Target) == "" && strings.TrimSpace(r.Source) != "" {
		p.Blank++
		p.report(row.No, fault.New("codetable.target_blank", "the row has no target code and is left out").At("target").Classed(fault.Data), false)
		return
	}
	faults := checkRow(r)
	for _, f := range faults {
		p.report(row.No, f, true)
	}
	if len(faults) > 0 {
		return
	}
	for _, code := range []struct{ at, text string }{{"source", r.Source}, {"target", r.Target}} {
		if strings.TrimSpace(code.text) != code.text {
			p.report(row.No, fault.New("codetable.blanks_around", "the code has blanks at its beginning or end, which are part of it").At(code.at).Classed(fault.Data).
				Hinted("take them out unless documents have them too"), false)
		}
	}
	c.Put = append(c.Put, r)
}

func (p *Preview) report(row int, f *fault.Fault, blocking bool) {
	p.Found++
	if blocking {
		p.Blocking++
	}
	if len(p.Problems) < maxShown {
		p.Problems = append(p.Problems, Problem{row, f, blocking})
	}
}

// heading gives the columns of a file in the order in which they are written, and the
// words by which each is known.
func heading() []struct {
	column string
	words  []string
} {
	return []struct {
		column string
		words  []string
	}{
		{"source", []string{"源编码", "源系统编码", "来源编码", "源", "source", "source code"}},
		{"target", []string{"目标编码", "目标系统编码", "目标", "target", "target code"}},
		{"note", []string{"备注", "说明", "note", "notes", "remark"}},
	}
}

// headings finds the columns of the first row.
func headings(cells []string) (map[string]int, error) {
	columns := map[string]int{}
	for i, text := range cells {
		text = strings.ToLower(strings.TrimSpace(text))
		for _, h := range heading() {
			for _, word := range h.words {
				if text != word {
					continue
				}
				if _, twice := columns[h.column]; twice {
					return nil, fault.New("codetable.heading_twice", "two columns are called %s", text).Classed(fault.Data).Hinted("take one of them out")
				}
				columns[h.column] = i
			}
		}
	}
	_, source := columns["source"]
	_, target := columns["target"]
	if !source || !target {
		return nil, headingsMissing()
	}
	return columns, nil
}

func headingsMissing() *fault.Fault {
	return fault.New("codetable.headings_missing", "the first row does not name the columns").Classed(fault.Data).
		Hinted("write 源编码, 目标编码 and 备注, or source, target and note, into the first row")
}

// Export writes all rows of a table as a file that Import reads; chinese names the
// columns so.
func (s *Service) Export(ctx context.Context, id string, format spreadsheet.Format, chinese bool, out io.Writer) (Table, error) {
	t, err := s.table(ctx, access.Read, id)
	if err != nil {
		return t, err
	}
	if format != spreadsheet.XLSX && format != spreadsheet.CSV {
		return t, fault.New("codetable.format_unknown", "%s is no format of files", format).At("format").Classed(fault.Data).Hinted("write xlsx or csv")
	}
	w, err := spreadsheet.NewWriter(out, spreadsheet.WriteOptions{Format: format, Heading: true, Widths: []float64{28, 28, 40}})
	if err != nil {
		return t, err
	}
	var names []string
	for _, h := range heading() {
		names = append(names, map[bool]string{true: h.words[0], false: h.column}[chinese])
	}
	if err := w.Write(names...); err != nil {
		return t, err
	}
	for after := ""; ; {
		rows, err := s.Store.List(ctx, t.ID, Query{After: after, Limit: exported})
		if err != nil {
			return t, err
		}
		for _, r := range rows {
			if err := w.Write(r.Source, r.Target, r.Note); err != nil {
				return t, err
			}
			after = r.Source
		}
		if len(rows) < exported {
			return t, w.Close()
		}
	}
}

// exported is how many rows are read at once.
const exported = 2000
