package codetable

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

// Row is a pair of codes. Codes are compared byte by byte: A1, a1 and "A1 " are three.
type Row struct {
	Source, Target, Note string
	// Shared is how many other sources have the same target.
	Shared  int
	Updated ledger.Millis
}

// Filter says which rows are wanted.
type Filter struct {
	// Text stands in a source, a target or a note; "" wants all.
	Text string
	// Shared wants those whose target several sources have.
	Shared bool
	// After is the Next of the page before; Limit at most MaxLimit.
	After string
	Limit int
}

// The most rows that a page may have, how many it has unless asked otherwise, the most
// that one Put or Remove takes, and the most that a table may have.
const (
	MaxLimit     = 200
	DefaultLimit = 50
	MaxPut       = 2000
	MaxRows      = 200_000
)

// Query is a Filter that was checked. After is a source, "" for the first page.
type Query struct {
	Text   string
	Shared bool
	After  string
	Limit  int
}

// Page is one page of rows. Next is "" on the last.
type Page struct {
	Items []Row
	Next  string
}

// Page gives a page of a table's rows by source.
func (s *Service) Page(ctx context.Context, id string, f Filter) (Page, error) {
	t, err := s.table(ctx, access.Read, id)
	if err != nil {
		return Page{}, err
	}
	if f.Limit <= 0 {
		f.Limit = DefaultLimit
	}
	f.Limit = min(f.Limit, MaxLimit)
	rows, err := s.Store.List(ctx, t.ID, Query{Text: f.Text, Shared: f.Shared, After: f.After, Limit: f.Limit + 1})
	if err != nil {
		return Page{}, err
	}
	page := Page{Items: rows}
	if len(rows) > f.Limit {
		page.Items = rows[:f.Limit]
		page.Next = rows[f.Limit-1].Source
	}
	return page, nil
}

// Done tells what a change did.
type Done struct {
	Version                            int64
	Added, Changed, Removed, Unchanged int
	// Work are rows of work that are due at once: of documents that waited.
	Work []ledger.ID
}

// FaultsError refuses rows. It unwraps to the first fault; paths are rows[0].source.
type FaultsError struct{ Faults []*fault.Fault }

// Error implements error.
func (e *FaultsError) Error() string { return e.Faults[0].Error() }

// Unwrap gives the first fault.
func (e *FaultsError) Unwrap() error { return e.Faults[0] }

// Put adds rows, or changes those with the same source: all of them or, where one
// can't be, none.
func (s *Service) Put(ctx context.Context, id string, rows []Row) (Done, error) {
	t, err := s.table(ctx, access.Operate, id)
	if err != nil {
		return Done{}, err
	}
	if len(rows) > MaxPut {
		return Done{}, fault.New("codetable.too_many", "at most %d rows are taken at once", MaxPut).At("rows").Classed(fault.Data).Hinted("import them from a file")
	}
	var faults []*fault.Fault
	first := map[string]int{}
	rows = slices.Clone(rows)
	for i, r := range rows {
		rows[i].Note = oneBreak(r.Note)
		r = rows[i]
		at := fmt.Sprintf("rows[%d]", i)
		for _, f := range checkRow(r) {
			faults = append(faults, f.Under(at))
		}
		if before, twice := first[r.Source]; twice {
			faults = append(faults, twiceIn(before+1).At(at+".source"))
		} else {
			first[r.Source] = i
		}
	}
	if len(faults) > 0 {
		return Done{}, &FaultsError{faults}
	}
	return s.change(ctx, t, Change{Put: rows})
}

// Remove deletes rows by their sources; those that are not there are no failure.
func (s *Service) Remove(ctx context.Context, id string, sources []string) (Done, error) {
	t, err := s.table(ctx, access.Operate, id)
	if err != nil {
		return Done{}, err
	}
	if len(sources) > MaxPut {
		return Done{}, fault.New("codetable.too_many", "at most %d rows are taken at once", MaxPut).At("sources").Classed(fault.Data).Hinted("import them from a file")
	}
	return s.change(ctx, t, Change{Remove: sources})
}

func (s *Service) change(ctx context.Context, t Table, c Change) (Done, error) {
	done, err := s.Store.Change(ctx, t.ID, c, ledger.At(s.Clock()))
	if err != nil {
		return done, missing(err)
	}
	p, _ := access.Of(ctx)
	s.Log.InfoContext(ctx, "a code table was changed", "table", t.ID, "added", done.Added, "changed", done.Changed, "removed", done.Removed,
		"released", len(done.Work), "by", p.Name)
	s.announce(ctx, done.Work)
	return done, nil
}

// oneBreak writes every line break as \n, as files give it back.
func oneBreak(text string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

// CheckRows gives the first thing that is wrong with the rows of a new table; its path is
// that of a row.
func CheckRows(rows []Row) error {
	if len(rows) > MaxRows {
		return fault.New("codetable.full", "a table has at most %d rows", MaxRows).At("rows").Classed(fault.Data)
	}
	first := map[string]int{}
	for i, r := range rows {
		at := fmt.Sprintf("rows[%d]", i)
		if faults := checkRow(r); len(faults) > 0 {
			return faults[0].Under(at)
		}
		if before, twice := first[r.Source]; twice {
			return twiceIn(before + 1).At(at + ".source")
		}
		first[r.Source] = i
	}
	return nil
}

// checkRow gives what is wrong with a row; paths are source, target, note.
func checkRow(r Row) []*fault.Fault {
	var faults []*fault.Fault
	for _, code := range []struct{ at, text string }{{"source", r.Source}, {"target", r.Target}} {
		switch {
		case strings.TrimSpace(code.text) == "":
			faults = append(faults, fault.New("codetable.code_missing", "a code is empty").At(code.at).Classed(fault.Data).Hinted("every row has a source and a target code"))
		case len(code.text) > MaxCode:
			faults = append(faults, fault.New("codetable.code_too_long", "a code is longer than %d bytes", MaxCode).At(code.at).Classed(fault.Data).
				Hinted("a Chinese character takes 3 bytes"))
		case !utf8.ValidString(code.text) || strings.ContainsFunc(code.text, unwritable):
			faults = append(faults, fault.New("codetable.code_invalid", "a code holds characters that can't be written").At(code.at).Classed(fault.Data).
				Hinted("look for line breaks and tabs"))
		}
	}
	if !utf8.ValidString(r.Note) || utf8.RuneCountInString(r.Note) > MaxNote || strings.ContainsFunc(r.Note, func(c rune) bool { return c != '\n' && c != '\t' && unwritable(c) }) {
		faults = append(faults, fault.New("codetable.note_invalid", "a note has at most %d characters that can be written", MaxNote).At("note").Classed(fault.Data))
	}
	return faults
}

// unwritable characters have no place in a workbook's cell.
func unwritable(r rune) bool { return r < ' ' || r == 0x7F || r == 0xFFFE || r == 0xFFFF }

func twiceIn(first int) *fault.Fault {
	return fault.New("codetable.twice", "the source code stands in row %d already", first).Classed(fault.Data).Hinted("keep one of the two rows")
}

// Missing is a code that documents wait for.
type Missing struct {
	Table ledger.ID
	// Name and TableTitle are the table's.
	Name, TableTitle string
	// Code is what is missing; Reverse says that it is one of the target side.
	Code    string
	Reverse bool
	// Documents wait for it; Document is one of them, Number its number or key, Flow
	// and FlowTitle name its flow.
	Documents       int
	Document        ledger.ID
	Number          string
	Flow, FlowTitle string
}

// MaxMissing is how many codes Missing gives at most.
const MaxMissing = 500

// Missing gives the codes that documents wait for, those of the most documents first,
// and how many codes there are; table "" is every table of the workspace.
func (s *Service) Missing(ctx context.Context, table string) ([]Missing, int, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return nil, 0, err
	}
	var of ledger.ID
	if table != "" {
		t, err := s.table(ctx, access.Read, table)
		if err != nil {
			return nil, 0, err
		}
		of = t.ID
	}
	found, total, err := s.Store.Missing(ctx, p.Workspace, of, MaxMissing)
	for i, m := range found {
		found[i].Code, found[i].Reverse = strings.CutPrefix(m.Code, lookup.ReverseMark)
	}
	return found, total, err
}
