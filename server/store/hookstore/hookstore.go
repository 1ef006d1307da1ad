// Package hookstore keeps the addresses at which documents are posted, the sealed
// secrets of those who post, and what was posted, in SQL. The documents themselves enter
// the ledger in the same transaction.
//
// It may import server/store, server/hook, engine/ledger and its rules only.
package hookstore

import (
	"context"
	"database/sql"
	"encoding/json"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/server/hook"
	"github.com/karezflow/karez/server/store"
)

// Enter lets the documents of a request into a flow and gives the work that is due at
// once. around runs in its transaction, and documents enter where it says so.
type Enter func(ctx context.Context, workspace ledger.ID, posted rules.Handing, now ledger.Millis, around func(tx *gorm.DB, enter func() ([]ledger.Admitted, error)) error) ([]ledger.ID, error)

// Store implements hook.Store.
type Store struct {
	db    *store.DB
	sql   store.Dialect
	enter Enter
}

var _ hook.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB, enter Enter) *Store { return &Store{db, db.Dialect(), enter} }

// NewID implements hook.Store.
func (s *Store) NewID(ctx context.Context) (ledger.ID, error) { return s.db.NextIDs(ctx, 1) }

const columns = "f.workspace_id, f.id, f.public_id, f.enabled, COALESCE(h.id, 0), COALESCE(h.public_id, ''), COALESCE(h.created_at, 0)"

func find(tx *gorm.DB, node, tables string, args ...any) (hook.Hook, error) {
	h, err := store.One(store.Scan(tx, func(rows *sql.Rows) (hook.Hook, error) {
		h := hook.Hook{NodeID: node}
		more := []any{}
		if node == "" {
			more = append(more, &h.NodeID)
		}
		return h, rows.Scan(append([]any{&h.Workspace, &h.Flow, &h.FlowID, &h.Enabled, &h.ID, &h.PublicID, &h.Created}, more...)...)
	}, tables, args...))
	if err != nil || h.ID == 0 {
		return h, err
	}
	h.Secrets, err = secrets(tx, h.ID)
	return h, err
}

func secrets(tx *gorm.DB, id ledger.ID) ([]hook.Secret, error) {
	return store.Scan(tx, func(rows *sql.Rows) (hook.Secret, error) {
		var c hook.Secret
		return c, rows.Scan(&c.ID, &c.Sealed, &c.By, &c.Created, &c.Expires)
	}, "SELECT id, sealed, created_by, created_at, expires_at FROM hook_secret WHERE hook_id = ? ORDER BY created_at DESC, id DESC", id)
}

// Hook implements hook.Store.
func (s *Store) Hook(ctx context.Context, workspace ledger.ID, flow, node string) (hook.Hook, error) {
	h, err := find(s.db.Read(ctx), node, "SELECT "+columns+" FROM flow f LEFT JOIN hook h ON h.flow_id = f.id AND h.node_id = ? WHERE f.workspace_id = ? AND f.public_id = ?", node, workspace, flow)
	h.NodeID = node
	return h, err
}

// Known implements hook.Store.
func (s *Store) Known(ctx context.Context, publicID string) (hook.Hook, error) {
	return find(s.db.Read(ctx), "", "SELECT "+columns+", h.node_id FROM hook h JOIN flow f ON f.id = h.flow_id WHERE h.public_id = ?", publicID)
}

// Replace implements hook.Store. The flow's row serialises those who make a hook's first secret.
func (s *Store) Replace(ctx context.Context, h hook.Hook, c hook.Secret, until ledger.Millis) (hook.Hook, error) {
	fresh, err := s.db.NextIDs(ctx, 1)
	if err != nil {
		return h, err
	}
	var out hook.Hook
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		out = h
		if _, err := store.One(store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM flow WHERE id = ?"+s.sql.ForUpdate(), h.Flow)); err != nil {
			return err
		}
		type known struct {
			id      ledger.ID
			public  string
			created ledger.Millis
		}
		found, err := store.Scan(tx, func(rows *sql.Rows) (k known, err error) { return k, rows.Scan(&k.id, &k.public, &k.created) },
			"SELECT id, public_id, created_at FROM hook WHERE flow_id = ? AND node_id = ?"+s.sql.ForUpdate(), h.Flow, h.NodeID)
		switch {
		case err != nil:
			return err
		case len(found) > 0:
			out.ID, out.PublicID, out.Created = found[0].id, found[0].public, found[0].created
		default:
			out.ID, out.Created = fresh, c.Created
			err = tx.Exec("INSERT INTO hook (id, workspace_id, flow_id, node_id, public_id, created_at) VALUES (?,?,?,?,?,?)", out.ID, h.Workspace, h.Flow, h.NodeID, h.PublicID, c.Created).Error
		}
		if err != nil {
			return err
		}
		if err := tx.Exec("UPDATE hook_secret SET expires_at = ? WHERE hook_id = ? AND (expires_at = 0 OR expires_at > ?)", until, out.ID, until).Error; err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM hook_secret WHERE hook_id = ? AND expires_at > 0 AND expires_at <= ?", out.ID, c.Created).Error; err != nil {
			return err
		}
		if err := tx.Exec("INSERT INTO hook_secret (id, hook_id, sealed, created_by, created_at) VALUES (?,?,?,?,?)", c.ID, out.ID, c.Sealed, store.Cut(c.By, 190), c.Created).Error; err != nil {
			return err
		}
		out.Secrets, err = secrets(tx, out.ID)
		return err
	})
	return out, err
}

// taken is a row of hook_post.
type taken struct {
	message, sum string
	received     ledger.Millis
	documents    []ledger.Admitted
	status       int
	answer       []byte
}

func posts(tx *gorm.DB, where string, args ...any) ([]taken, error) {
	return store.Scan(tx, func(rows *sql.Rows) (taken, error) {
		var t taken
		var list string
		if err := rows.Scan(&t.message, &t.sum, &t.received, &list, &t.status, &t.answer); err != nil {
			return t, err
		}
		var err error
		t.documents, err = readList(list)
		return t, err
	}, "SELECT message_id, sum, received_at, documents, status, answer FROM hook_post WHERE "+where, args...)
}

// A list of documents is one of [document, revision, 1 where it was there before].
func writeList(documents []ledger.Admitted) (string, error) {
	list := make([][3]int64, len(documents))
	for i, d := range documents {
		list[i] = [3]int64{int64(d.Document), int64(d.Rev), int64(store.Bit(d.Same))}
	}
	text, err := json.Marshal(list)
	return string(text), err
}

func readList(text string) ([]ledger.Admitted, error) {
	var list [][3]int64
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, err
	}
	out := make([]ledger.Admitted, len(list))
	for i, d := range list {
		out[i] = ledger.Admitted{Document: ledger.ID(d[0]), Rev: int(d[1]), Same: d[2] != 0}
	}
	return out, nil
}

// Calls implements hook.Store.
func (s *Store) Calls(ctx context.Context, id ledger.ID, limit int) ([]hook.Call, error) {
	found, err := posts(s.db.Read(ctx), "hook_id = ? ORDER BY received_at DESC, message_id LIMIT ?", id, limit)
	out := make([]hook.Call, len(found))
	for i, t := range found {
		out[i] = hook.Call{Message: t.message, Received: t.received, Status: t.status}
		for _, d := range t.documents {
			out[i].Documents = append(out[i].Documents, d.Document)
		}
	}
	return out, err
}

// mostPosts is how many requests are looked at for the newest documents: some bring none
// that others did not bring as well.
const mostPosts = 500

// Posted gives the documents that the newest requests to a node of a flow brought, those
// of the newest first, at most so many.
func Posted(tx *gorm.DB, flow ledger.ID, node string, most int) ([]ledger.ID, error) {
	hooks, err := store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM hook WHERE flow_id = ? AND node_id = ?", flow, node)
	if err != nil || len(hooks) == 0 {
		return nil, err
	}
	found, err := posts(tx, "hook_id = ? ORDER BY received_at DESC, message_id DESC LIMIT ?", hooks[0], mostPosts)
	var ids []ledger.ID
	seen := map[ledger.ID]bool{}
	for _, t := range found {
		for _, d := range t.documents {
			if !seen[d.Document] && len(ids) < most {
				seen[d.Document], ids = true, append(ids, d.Document)
			}
		}
	}
	return ids, err
}

// Accept implements hook.Store. The flow's row serialises its requests, so that of
// several with one id the first is stored and the others find it.
func (s *Store) Accept(ctx context.Context, p hook.Post) (hook.Receipt, error) {
	handing := rules.Handing{To: p.To}
	for _, in := range p.Documents {
		handing.Hands = append(handing.Hands, ledger.Hand{Incoming: in, To: p.To, TraceID: p.TraceID})
	}
	var receipt hook.Receipt
	work, err := s.enter(ctx, p.Workspace, handing, p.Now, func(tx *gorm.DB, enter func() ([]ledger.Admitted, error)) error {
		receipt = hook.Receipt{}
		if _, err := store.One(store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM flow WHERE id = ?"+s.sql.ForUpdate(), p.To.Flow)); err != nil {
			return err
		}
		before, err := posts(tx, "hook_id = ? AND message_id = ?", p.Hook, p.Message)
		if err != nil {
			return err
		}
		if len(before) > 0 {
			if before[0].sum != p.Sum {
				return hook.ErrReused
			}
			receipt = hook.Receipt{Documents: before[0].documents, Status: before[0].status, Answer: before[0].answer}
			return nil
		}
		if len(p.Documents) > 0 {
			if receipt.Documents, err = enter(); err != nil {
				return err
			}
		}
		list, err := writeList(receipt.Documents)
		if err != nil {
			return err
		}
		return tx.Exec("INSERT INTO hook_post (hook_id, message_id, sum, received_at, documents) VALUES (?,?,?,?,?)", p.Hook, p.Message, p.Sum, p.Now, list).Error
	})
	receipt.Work = work
	return receipt, err
}

// Answer implements hook.Store.
func (s *Store) Answer(ctx context.Context, id ledger.ID, message string, status int, answer []byte) (int, []byte, error) {
	var kept []taken
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("UPDATE hook_post SET status = ?, answer = ? WHERE hook_id = ? AND message_id = ? AND status = 0", status, answer, id, message).Error; err != nil {
			return err
		}
		var err error
		kept, err = posts(tx, "hook_id = ? AND message_id = ?", id, message)
		return err
	})
	if err != nil || len(kept) == 0 {
		return status, answer, err
	}
	return kept[0].status, kept[0].answer, nil
}
