// Package codetable keeps code tables (对照表): pairs of a source's code and a
// target's that mappings translate by. It shows which codes documents wait for, takes
// rows from people and from files, and lets the documents go on that waited for them.
//
// It may import server/access, server/usage, sdk/spreadsheet, engine/ledger, engine/lookup and
// sdk/fault: never a database, HTTP or another service.
package codetable

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/usage"
)

// Store is what the service needs of a database.
type Store interface {
	Tables
	Rows
}

// Tables keeps the tables of workspaces.
type Tables interface {
	// Tables gives a workspace's tables by title and name.
	Tables(ctx context.Context, workspace ledger.ID) ([]Table, error)
	// Table gives one with its Ambiguous; ledger.ErrNotFound.
	Table(ctx context.Context, workspace, id ledger.ID) (Table, error)
	// Insert makes a table; false when its workspace has one of the name.
	Insert(ctx context.Context, t Table) (ledger.ID, bool, error)
	// Rename changes a title.
	Rename(ctx context.Context, id ledger.ID, title string, now ledger.Millis) error
	// Delete removes a table and its rows; false when documents wait for one of its codes.
	Delete(ctx context.Context, id ledger.ID) (bool, error)
	// Documents gives the drafts and newest versions of a workspace's flows that may name a table.
	Documents(ctx context.Context, workspace ledger.ID) ([]usage.Document, error)
}

// Rows keeps the rows of tables.
type Rows interface {
	// List gives rows in the byte order of their sources.
	List(ctx context.Context, table ledger.ID, q Query) ([]Row, error)
	// Change carries out PlanChange in one transaction, in which documents that waited
	// for its Filled are released. "codetable.changed" when the table is no longer of
	// the version, "codetable.full"; ledger.ErrNotFound.
	Change(ctx context.Context, table ledger.ID, c Change, now ledger.Millis) (Done, error)
	// Known gives the rows that a change is about and the table's version.
	Known(ctx context.Context, table ledger.ID, c Change) ([]Row, int64, error)
	// Missing gives the codes that unmapped documents of a workspace wait for, those of
	// the most documents first, and how many codes there are; table 0 is every table.
	Missing(ctx context.Context, workspace, table ledger.ID, limit int) ([]Missing, int, error)
}

// Hints carries wake-ups for work rows. Losing all of them loses nothing.
type Hints interface {
	// Publish wakes workers up for rows of a priority.
	Publish(ctx context.Context, priority int, work []ledger.ID) error
}

// Config wires a Service. Hints may be nil.
type Config struct {
	Store Store
	Hints Hints
	Clock func() time.Time
	Log   *slog.Logger
}

// Service keeps code tables. Its faults are "auth.…", "object.missing", those of
// files, "sheet.…", and its own, "codetable.…".
type Service struct{ Config }

// New makes a Service.
func New(c Config) *Service { return &Service{c} }

// Table is a code table.
type Table struct {
	ID, Workspace ledger.ID
	// Name is what flows name it by; it is unique in the workspace and never changes.
	Name, Title string
	// Version changes with the rows.
	Version int64
	Rows    int
	// Missing are the codes that documents wait for, Waiting those documents.
	Missing, Waiting int
	// Ambiguous are the targets that several sources have: no one can tell which of
	// them is meant when it is translated back. A list does not count them.
	Ambiguous int
	Updated   ledger.Millis
	// UsedBy are the flows that name the table, in their draft or newest version.
	UsedBy []usage.Flow
}

// What columns hold: names, titles and notes in characters, codes in bytes.
const (
	MaxName = 190
	MaxCode = 190
	MaxNote = 500
)

// List gives the tables of the caller's workspace.
func (s *Service) List(ctx context.Context) ([]Table, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return nil, err
	}
	tables, err := s.Store.Tables(ctx, p.Workspace)
	if err != nil {
		return nil, err
	}
	users, err := s.users(ctx, p.Workspace)
	for i := range tables {
		tables[i].UsedBy = users[tables[i].Name]
	}
	return tables, err
}

// Get gives a table.
func (s *Service) Get(ctx context.Context, id string) (Table, error) {
	t, err := s.table(ctx, access.Read, id)
	if err != nil {
		return t, err
	}
	users, err := s.users(ctx, t.Workspace)
	t.UsedBy = users[t.Name]
	return t, err
}

// table finds a table of the caller's workspace for an action.
func (s *Service) table(ctx context.Context, action access.Action, id string) (Table, error) {
	p, err := access.Of(ctx)
	if err != nil {
		return Table{}, err
	}
	t, err := s.Store.Table(ctx, p.Workspace, number(id))
	if err != nil {
		return t, missing(err)
	}
	return t, access.Authorize(ctx, action, t.Workspace)
}

// Create makes an empty table. Without a title it is called as it is named.
func (s *Service) Create(ctx context.Context, name, title string) (Table, error) {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return Table{}, err
	}
	if title = strings.TrimSpace(title); title == "" {
		title = name
	}
	if err := CheckName(name); err != nil {
		return Table{}, err
	}
	if err := CheckTitle(title); err != nil {
		return Table{}, err
	}
	t := Table{Workspace: p.Workspace, Name: name, Title: title, Updated: ledger.At(s.Clock())}
	id, made, err := s.Store.Insert(ctx, t)
	if err != nil {
		return t, err
	}
	if t.ID = id; !made {
		return t, fault.New("codetable.exists", "there is a code table %s already", name).At("name").Classed(fault.Duplicate).Hinted("choose another name")
	}
	s.Log.InfoContext(ctx, "a code table was made", "table", t.ID, "name", name, "by", p.Name)
	return t, nil
}

// CheckName refuses a text that can be no table's name, "codetable.name_invalid".
func CheckName(name string) error {
	if !validName(name) {
		return fault.New("codetable.name_invalid", "a name has 1 to %d characters, no white space and no slash", MaxName).At("name").Classed(fault.Data).
			Hinted("for example shops or 店铺")
	}
	return nil
}

// validName tells whether a text can be a name in a flow and in a column, where white
// space at an end would be lost.
func validName(text string) bool {
	return text != "" && utf8.ValidString(text) && utf8.RuneCountInString(text) <= MaxName &&
		!strings.ContainsFunc(text, func(r rune) bool { return r == '/' || unicode.IsSpace(r) || unicode.IsControl(r) })
}

// CheckTitle refuses what no table is called.
func CheckTitle(title string) error {
	if title == "" || !utf8.ValidString(title) || utf8.RuneCountInString(title) > MaxName {
		return fault.New("codetable.title_invalid", "a title has 1 to %d characters", MaxName).At("title").Classed(fault.Data)
	}
	return nil
}

// Rename changes a table's title.
func (s *Service) Rename(ctx context.Context, id, title string) (Table, error) {
	t, err := s.table(ctx, access.Edit, id)
	if err != nil {
		return t, err
	}
	title = strings.TrimSpace(title)
	if err := CheckTitle(title); err != nil {
		return t, err
	}
	if err := s.Store.Rename(ctx, t.ID, title, ledger.At(s.Clock())); err != nil {
		return t, missing(err)
	}
	return s.Get(ctx, id)
}

// Delete removes a table that no flow names and no document waits for.
func (s *Service) Delete(ctx context.Context, id string) error {
	t, err := s.table(ctx, access.Edit, id)
	if err != nil {
		return err
	}
	users, err := s.users(ctx, t.Workspace)
	if err != nil {
		return err
	}
	if by := users[t.Name]; len(by) > 0 {
		return usage.Refuse(fault.New("codetable.in_use", "%d flows use the code table", len(by)), by)
	}
	gone, err := s.Store.Delete(ctx, t.ID)
	if err != nil {
		return missing(err)
	}
	if !gone {
		return fault.New("codetable.awaited", "documents wait for codes of this table").Classed(fault.Config).
			Hinted("fill in the codes they wait for, or skip these documents")
	}
	p, _ := access.Of(ctx)
	s.Log.InfoContext(ctx, "a code table was deleted", "table", t.ID, "name", t.Name, "rows", t.Rows, "by", p.Name)
	return nil
}

// announce wakes workers up for documents that were released.
func (s *Service) announce(ctx context.Context, work []ledger.ID) {
	if len(work) == 0 || s.Hints == nil {
		return
	}
	if err := s.Hints.Publish(ctx, ledger.NormalPriority, work); err != nil {
		s.Log.WarnContext(ctx, "work was not announced; the sweeper will find it", "error", err)
	}
}

// number reads an id, 0 when it is none.
func number(text string) ledger.ID {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return ledger.ID(id)
}

// missing translates what a store does not find.
func missing(err error) error {
	if errors.Is(err, ledger.ErrNotFound) {
		return access.Missing()
	}
	return err
}
