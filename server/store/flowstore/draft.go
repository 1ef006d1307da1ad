package flowstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/usage"
)

// flowColumns are what a list shows; flowTables joins the newest version.
const (
	flowColumns = "f.id, f.workspace_id, f.public_id, f.name, f.title, f.enabled, f.draft_version, f.blocking, f.updated_at, " +
		"COALESCE(v.version_no, 0), COALESCE(v.id, 0), CASE WHEN v.document = f.draft THEN 0 ELSE 1 END"
	flowTables = " FROM flow f LEFT JOIN flow_version v ON v.flow_id = f.id AND v.version_no = (SELECT MAX(n.version_no) FROM flow_version n WHERE n.flow_id = f.id)"
)

// Flows implements draft.Store.
func (s *Store) Flows(ctx context.Context, workspace ledger.ID, filter draft.Filter) ([]draft.Flow, error) {
	where, args := "f.workspace_id = ?", []any{workspace}
	if filter.Text != "" {
		// LOWER knows ASCII only on SQLite, so the text is looked for as it is as well.
		same, lower := contains(filter.Text), contains(strings.ToLower(filter.Text))
		where += " AND (f.public_id LIKE ? ESCAPE '!'"
		args = append(args, same)
		for _, column := range []string{"f.title", "f.name"} {
			where += " OR " + column + " LIKE ? ESCAPE '!' OR LOWER(" + column + ") LIKE ? ESCAPE '!'"
			args = append(args, same, lower)
		}
		where += ")"
	}
	if after := filter.After; after != (draft.Position{}) {
		where += " AND (f.updated_at < ? OR f.updated_at = ? AND f.id < ?)"
		args = append(args, after.Updated, after.Updated, after.ID)
	}
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (draft.Flow, error) { return scanFlow(rows) },
		"SELECT "+flowColumns+flowTables+" WHERE "+where+" ORDER BY f.updated_at DESC, f.id DESC LIMIT ?", append(args, filter.Limit)...)
}

// contains makes a pattern of LIKE with "!" for its escapes.
func contains(text string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToValidUTF8(text, "\uFFFD")) + "%"
}

// Flow implements draft.Store.
func (s *Store) Flow(ctx context.Context, workspace ledger.ID, publicID string) (draft.Flow, error) {
	return store.One(store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (draft.Flow, error) {
		var document []byte
		f, err := scanFlow(rows, &document)
		f.Document = document
		return f, err
	}, "SELECT "+flowColumns+", f.draft"+flowTables+" WHERE f.workspace_id = ? AND f.public_id = ?", workspace, publicID))
}

func scanFlow(rows *sql.Rows, more ...any) (draft.Flow, error) {
	var f draft.Flow
	err := rows.Scan(append([]any{
		&f.ID, &f.Workspace, &f.PublicID, &f.Name, &f.Title, &f.Enabled, &f.DraftVersion, &f.Blocking, &f.Updated, &f.Published, &f.PublishedID, &f.Dirty,
	}, more...)...)
	return f, err
}

// InsertFlows implements draft.Store.
func (s *Store) InsertFlows(ctx context.Context, workspace ledger.ID, flows []draft.Prepared, now ledger.Millis) error {
	first, err := s.db.NextIDs(ctx, len(flows))
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		for i, f := range flows {
			if err := s.InsertIn(tx, first+ledger.ID(i), workspace, f.PublicID, f.Contents, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// InsertIn inserts a flow within a transaction, under an id of the caller's.
func (s *Store) InsertIn(tx *gorm.DB, id, workspace ledger.ID, publicID string, c draft.Contents, now ledger.Millis) error {
	if err := s.use(tx, workspace, id, inDraft, c.Document); err != nil {
		return err
	}
	if err := edited(tx, id, c.Author, now); err != nil {
		return err
	}
	return tx.Exec("INSERT INTO flow (id, workspace_id, public_id, name, title, draft, blocking, updated_at) VALUES (?,?,?,?,?,?,?,?)",
		id, workspace, publicID, c.Name, c.Title, string(c.Document), c.Blocking, now).Error
}

// SaveDraft implements draft.Store.
func (s *Store) SaveDraft(ctx context.Context, id ledger.ID, old int64, c draft.Contents, now ledger.Millis) (bool, error) {
	saved := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE flow SET name = ?, title = ?, draft = ?, draft_version = draft_version + 1, blocking = ?, updated_at = ? WHERE id = ? AND draft_version = ?",
			c.Name, c.Title, string(c.Document), c.Blocking, now, id, old)
		saved = done.RowsAffected > 0
		if done.Error != nil || !saved {
			return done.Error
		}
		if err := edited(tx, id, c.Author, now); err != nil {
			return err
		}
		var workspace ledger.ID
		if err := tx.Raw("SELECT workspace_id FROM flow WHERE id = ?", id).Scan(&workspace).Error; err != nil {
			return err
		}
		return s.use(tx, workspace, id, inDraft, c.Document)
	})
	return saved && err == nil, err
}

// SetBlocking implements draft.Store.
func (s *Store) SetBlocking(ctx context.Context, id ledger.ID, draftVersion int64, n int) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE flow SET blocking = ? WHERE id = ? AND draft_version = ?", n, id, draftVersion).Error
	})
}

// SetEnabled implements draft.Store.
func (s *Store) SetEnabled(ctx context.Context, id ledger.ID, on bool, now ledger.Millis) error {
	enabled := 0
	if on {
		enabled = 1
	}
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("UPDATE flow SET enabled = ?, updated_at = ? WHERE id = ?", enabled, now, id).Error; err != nil || !on {
			return err
		}
		return s.hand.Enabled(tx, id, now)
	})
}

// DeleteFlow implements draft.Store. Runs without documents stay as what happened.
func (s *Store) DeleteFlow(ctx context.Context, id ledger.ID) (draft.Hold, error) {
	hold := draft.Free
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		hold = draft.Free
		enabled, err := store.One(store.Scan(tx, store.Column[bool],
			"SELECT enabled FROM flow WHERE id = ?"+s.sql.ForUpdate(), id))
		if err != nil {
			return err
		}
		if hold, err = holds(tx, id, enabled); err != nil || hold != draft.Free {
			return err
		}
		for _, statement := range []string{
			"DELETE FROM stream_cursor WHERE stream_id IN (SELECT id FROM stream WHERE flow_id = ?)",
			"DELETE FROM stream WHERE flow_id = ?",
			"DELETE FROM hook_post WHERE hook_id IN (SELECT id FROM hook WHERE flow_id = ?)",
			"DELETE FROM hook_secret WHERE hook_id IN (SELECT id FROM hook WHERE flow_id = ?)",
			"DELETE FROM hook WHERE flow_id = ?",
			"DELETE FROM pinned_sample WHERE flow_id = ?",
			"DELETE FROM flow_connection WHERE flow_id = ?",
			"DELETE FROM flow_node WHERE flow_id = ?",
			"DELETE FROM flow_edit WHERE flow_id = ?",
			"DELETE FROM flow_version WHERE flow_id = ?",
			"DELETE FROM flow WHERE id = ?",
		} {
			if err := tx.Exec(statement, id).Error; err != nil {
				return err
			}
		}
		return nil
	})
	return hold, err
}

// holds tells what keeps a flow from being deleted.
func holds(tx *gorm.DB, id ledger.ID, enabled bool) (draft.Hold, error) {
	if enabled {
		return draft.HeldByEnabled, nil
	}
	for _, h := range []struct {
		hold  draft.Hold
		query string
		args  []any
	}{
		{draft.HeldByRun, "SELECT id FROM run WHERE flow_id = ? AND state IN (?, ?)", []any{id, ledger.RunQueued, ledger.RunRunning}},
		{draft.HeldByDocuments, "SELECT d.id FROM document d JOIN stream s ON s.id = d.stream_id WHERE s.flow_id = ?", []any{id}},
	} {
		found, err := store.Scan(tx, func(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) }, h.query+" LIMIT 1", h.args...)
		if err != nil || len(found) > 0 {
			return h.hold, err
		}
	}
	return draft.Free, nil
}

// Where a flow names a connection.
const (
	inDraft = iota
	inVersion
)

// use remembers the connections that a document names.
func (s *Store) use(tx *gorm.DB, workspace, flowID ledger.ID, where int, document []byte) error {
	if err := tx.Exec("DELETE FROM flow_connection WHERE flow_id = ? AND published = ?", flowID, where).Error; err != nil {
		return err
	}
	var rows [][]any
	for _, name := range connectionsOf(document) {
		rows = append(rows, []any{flowID, where, name, workspace})
	}
	return s.sql.Insert(tx, store.Table{
		Name: "flow_connection", Key: "flow_id,published,name", Columns: []string{"flow_id", "published", "name", "workspace_id"},
	}, rows)
}

// connectionsOf gives the connections of a document's nodes, each once. Names
// that no connection can have are left out, as MySQL would take some for others.
func connectionsOf(document []byte) []string {
	docs, err := flow.Parse(document)
	if err != nil {
		return nil
	}
	var names []string
	for _, n := range docs[0].Spec.Nodes {
		if name := n.Connection; name != "" && name == strings.TrimSpace(name) && utf8.RuneCountInString(name) <= 190 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// concurrencyOf gives how many pieces of work of a published document may be walked at a time.
func concurrencyOf(document []byte) int {
	docs, err := flow.Parse(document)
	if err != nil {
		return flow.DefaultConcurrency
	}
	return cmp.Or(docs[0].Spec.Settings.Concurrency, flow.DefaultConcurrency)
}

// ConnectionUse implements draft.Store.
func (s *Store) ConnectionUse(ctx context.Context, workspace ledger.ID) (map[string][]usage.Flow, error) {
	type use struct {
		name string
		by   usage.Flow
	}
	found, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (use, error) {
		var u use
		return u, rows.Scan(&u.name, &u.by.ID, &u.by.Title)
	}, "SELECT DISTINCT c.name, f.public_id, f.title FROM flow_connection c JOIN flow f ON f.id = c.flow_id WHERE c.workspace_id = ? ORDER BY c.name, f.title, f.public_id", workspace)
	if err != nil {
		return nil, err
	}
	uses := map[string][]usage.Flow{}
	for _, u := range found {
		uses[u.name] = append(uses[u.name], u.by)
	}
	return uses, nil
}
