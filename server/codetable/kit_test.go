package codetable_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/codetable"
	"github.com/karezflow/karez/server/usage"
)

// shelf is the service on tables in memory.
type shelf struct {
	*codetable.Service
	*memory

	log bytes.Buffer
}

// memory is the store of a shelf.
type memory struct {
	t      *testing.T
	tables map[ledger.ID]codetable.Table
	rows   map[ledger.ID]map[string]codetable.Row
	// awaited are tables that documents wait for, waits what they wait for.
	awaited   map[ledger.ID]bool
	waits     []codetable.Missing
	documents []usage.Document
	// filled are what releases were asked for, hints what was announced.
	filled     [][]string
	hints      []ledger.ID
	publishing error
	down       error
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{memory: &memory{t: t, tables: map[ledger.ID]codetable.Table{}, rows: map[ledger.ID]map[string]codetable.Row{}, awaited: map[ledger.ID]bool{}}}
	s.Service = codetable.New(codetable.Config{
		Store: s.memory, Hints: s.memory, Clock: func() time.Time { return time.UnixMilli(77) }, Log: slog.New(slog.NewTextHandler(&s.log, nil)),
	})
	return s
}

// as gives a context of somebody with a role in workspace 1.
func (s *shelf) as(role access.Role) context.Context { return s.in(1, role) }

func (s *shelf) in(workspace ledger.ID, role access.Role) context.Context {
	return access.With(s.t.Context(), access.Principal{Workspace: workspace, User: 7, Name: "王", Role: role})
}

// table makes a table with rows "source=target" or "source=target#note".
func (s *shelf) table(name string, rows ...string) string {
	s.t.Helper()
	made, err := s.Create(s.as(access.Editor), name, "")
	s.must(err)
	if len(rows) > 0 {
		_, err = s.Put(s.as(access.Operator), id(made), parsed(rows...))
		s.must(err)
	}
	s.filled, s.hints = nil, nil
	return id(made)
}

func id(t codetable.Table) string { return fmt.Sprint(t.ID) }

func parsed(rows ...string) []codetable.Row {
	var out []codetable.Row
	for _, text := range rows {
		var r codetable.Row
		text, r.Note, _ = strings.Cut(text, "#")
		r.Source, r.Target, _ = strings.Cut(text, "=")
		out = append(out, r)
	}
	return out
}

// held gives the rows of a table as parsed takes them.
func (s *shelf) held(table string) []string {
	s.t.Helper()
	page, err := s.Page(s.as(access.Viewer), table, codetable.Filter{Limit: 200})
	s.must(err)
	return written(page.Items)
}

func written(rows []codetable.Row) []string {
	out := []string{}
	for _, r := range rows {
		text := r.Source + "=" + r.Target
		if r.Note != "" {
			text += "#" + r.Note
		}
		out = append(out, text)
	}
	return out
}

func (s *shelf) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) refused(what string, err error, code string) fault.Fault {
	s.t.Helper()
	f := fault.From(err)
	if err == nil || f.Code != code {
		s.t.Errorf("%s: %v, want %s", what, err, code)
		return fault.Fault{}
	}
	return *f
}

func (s *shelf) same(what string, got, want any) {
	s.t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		s.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func (s *memory) Tables(_ context.Context, workspace ledger.ID) ([]codetable.Table, error) {
	var out []codetable.Table
	for _, key := range slices.Sorted(maps.Keys(s.tables)) {
		if s.tables[key].Workspace == workspace {
			out = append(out, s.tables[key])
		}
	}
	return out, s.down
}

func (s *memory) Table(_ context.Context, workspace, id ledger.ID) (codetable.Table, error) {
	t, ok := s.tables[id]
	if !ok || t.Workspace != workspace {
		return t, ledger.ErrNotFound
	}
	t.Rows = max(t.Rows, len(s.rows[id]))
	return t, s.down
}

func (s *memory) Insert(_ context.Context, t codetable.Table) (ledger.ID, bool, error) {
	for _, other := range s.tables {
		if other.Name == t.Name && other.Workspace == t.Workspace {
			return 0, false, s.down
		}
	}
	t.ID = ledger.ID(100 + len(s.tables))
	s.tables[t.ID], s.rows[t.ID] = t, map[string]codetable.Row{}
	return t.ID, true, s.down
}

func (s *memory) Rename(_ context.Context, id ledger.ID, title string, now ledger.Millis) error {
	t := s.tables[id]
	t.Title, t.Updated = title, now
	s.tables[id] = t
	return nil
}

func (s *memory) Delete(_ context.Context, id ledger.ID) (bool, error) {
	if s.awaited[id] {
		return false, nil
	}
	delete(s.tables, id)
	return true, nil
}

func (s *memory) Documents(_ context.Context, workspace ledger.ID) ([]usage.Document, error) {
	if workspace != 1 {
		return nil, nil
	}
	return s.documents, nil
}

func (s *memory) List(_ context.Context, table ledger.ID, q codetable.Query) ([]codetable.Row, error) {
	var out []codetable.Row
	for _, r := range s.all(table) {
		if r.Source > q.After && strings.Contains(r.Source+r.Target+r.Note, q.Text) && len(out) < q.Limit {
			out = append(out, r)
		}
	}
	return out, s.down
}

func (s *memory) all(table ledger.ID) []codetable.Row {
	return slices.SortedFunc(maps.Values(s.rows[table]), func(a, b codetable.Row) int { return cmp.Compare(a.Source, b.Source) })
}

func (s *memory) Known(_ context.Context, table ledger.ID, _ codetable.Change) ([]codetable.Row, int64, error) {
	return s.all(table), s.tables[table].Version, s.down
}

func (s *memory) Change(_ context.Context, table ledger.ID, c codetable.Change, _ ledger.Millis) (codetable.Done, error) {
	t := s.tables[table]
	plan := codetable.PlanChange(s.all(table), c)
	if err := errors.Join(s.down, plan.Check(c, t.Version, len(s.rows[table]))); err != nil {
		return codetable.Done{}, err
	}
	for _, d := range slices.Concat(plan.Added, plan.Changed) {
		s.rows[table][d.After.Source] = d.After
	}
	for _, d := range plan.Removed {
		delete(s.rows[table], d.Before.Source)
	}
	t.Version++
	s.tables[table] = t
	var filled []string
	for _, r := range plan.Filled {
		filled = append(filled, r.Source)
	}
	s.filled = append(s.filled, filled)
	done := codetable.Done{Version: t.Version, Added: len(plan.Added), Changed: len(plan.Changed), Removed: len(plan.Removed), Unchanged: plan.Unchanged}
	for i := range plan.Filled {
		done.Work = append(done.Work, ledger.ID(900+i))
	}
	return done, nil
}

func (s *memory) Missing(_ context.Context, _, table ledger.ID, limit int) ([]codetable.Missing, int, error) {
	var out []codetable.Missing
	for _, m := range s.waits {
		if (table == 0 || m.Table == table) && len(out) < limit {
			out = append(out, m)
		}
	}
	return out, len(out), s.down
}

func (s *memory) Publish(_ context.Context, priority int, work []ledger.ID) error {
	if priority != ledger.NormalPriority {
		s.t.Errorf("announced with priority %d", priority)
	}
	s.hints = append(s.hints, work...)
	return s.publishing
}
