package retentionstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/retention"
	"github.com/karezflow/karez/server/store"
)

// How much one transaction removes.
const (
	packsAtOnce = 64
	bytesAtOnce = 4 << 20
	rowsAtOnce  = 300
)

var errNoClass = errors.New("nothing is removed by this class")

// Purge implements retention.Store.
func (s *Store) Purge(ctx context.Context, pass ledger.ID, c retention.Class, from retention.Cursor, old retention.Old, needed retention.Needed, now ledger.Millis) (retention.Batch, error) {
	p := &purge{Store: s, tx: s.db.Read(ctx), from: from, old: old, needed: needed, batch: retention.Batch{Freed: map[ledger.ID]retention.Freed{}}}
	find := map[retention.Class]func() error{
		retention.Payloads: p.packs, retention.Calls: p.calls, retention.Posts: p.posts, retention.Errands: p.errands, retention.Pages: p.pages,
	}[c]
	if find == nil {
		return p.batch, errNoClass
	}
	if err := find(); err != nil || len(p.batch.Freed) == 0 {
		return p.batch, err
	}
	return p.batch, s.db.Write(ctx, func(tx *gorm.DB) error {
		for _, r := range p.removals {
			if err := tx.Exec(r.query, r.args...).Error; err != nil {
				return err
			}
		}
		if err := s.sql.Ensure(tx, purgedTable(), p.traces(now)); err != nil {
			return err
		}
		failpoint.Hit("in_batch")
		return note(tx, pass, p.batch.Freed, now)
	})
}

// purge is one batch: what is found by reading is removed afterwards.
type purge struct {
	*Store

	tx       *gorm.DB
	from     retention.Cursor
	old      retention.Old
	needed   retention.Needed
	batch    retention.Batch
	removals []removal
	// gone are the packs that are removed.
	gone []packGone
}

// packGone is a pack that is removed by the age of its class.
type packGone struct {
	id, workspace ledger.ID
	class         retention.Class
}

func purgedTable() store.Table {
	return store.Table{Name: "purged_pack", Key: "pack_id", Columns: []string{"pack_id", "rule", "days", "removed_at"}}
}

// traces are what is left of the packs: by which rule each was removed and when.
func (p *purge) traces(now ledger.Millis) [][]any {
	const day = ledger.Millis(24 * time.Hour / time.Millisecond)
	rows := make([][]any, len(p.gone))
	for i, g := range p.gone {
		// A pass takes less than a day, and the rule counts from its beginning.
		rows[i] = []any{g.id, g.class.String(), int64((now - p.old.Before(g.workspace, g.class)) / day), now}
	}
	return rows
}

type removal struct {
	query string
	args  []any
}

// remove deletes rows by the ids in a column.
func (p *purge) remove(table, column string, ids []ledger.ID) {
	if len(ids) > 0 {
		p.removals = append(p.removals, removal{"DELETE FROM " + table + " WHERE " + column + " IN " + store.In(len(ids)), store.Args(nil, ids...)})
	}
}

func (p *purge) freed(workspace ledger.ID, add func(f *retention.Freed)) {
	f := p.batch.Freed[workspace]
	add(&f)
	p.batch.Freed[workspace] = f
}

// classOf gives the age by which a kind of packs goes.
func classOf(kind string) retention.Class {
	switch kind {
	case "call":
		return retention.Calls
	case "errand":
		return retention.Errands
	default:
		return retention.Payloads
	}
}

// packs finds old packs that nothing needs.
func (p *purge) packs() error {
	var newest ledger.Millis
	for workspace := range p.old {
		for _, c := range []retention.Class{retention.Payloads, retention.Calls, retention.Errands} {
			newest = max(newest, p.old.Before(workspace, c))
		}
	}
	type row struct {
		id, workspace ledger.ID
		kind          string
		bytes         int64
		made          ledger.Millis
	}
	rows, err := store.Scan(p.tx, func(rows *sql.Rows) (r row, err error) {
		return r, rows.Scan(&r.id, &r.workspace, &r.kind, &r.bytes, &r.made)
	},
		"SELECT id, workspace_id, kind, LENGTH(body), made_at FROM pack WHERE made_at >= ? AND made_at < ? AND (made_at > ? OR id > ?) ORDER BY made_at, id LIMIT ?",
		max(p.from.At, 1), newest, p.from.At, p.from.ID, rowsAtOnce)
	if err != nil {
		return err
	}
	p.batch.Done = len(rows) < rowsAtOnce
	var gone []ledger.ID
	var bytes int64
	for _, r := range rows {
		if len(gone) == packsAtOnce || bytes >= bytesAtOnce {
			p.batch.Done = false
			break
		}
		p.batch.Next = retention.Cursor{At: r.made, ID: r.id}
		switch {
		case r.made >= p.old.Before(r.workspace, classOf(r.kind)):
		case p.needed.Packs[r.id]:
			p.freed(r.workspace, func(f *retention.Freed) { f.Needed++ })
		default:
			gone, bytes = append(gone, r.id), bytes+r.bytes
			p.gone = append(p.gone, packGone{r.id, r.workspace, classOf(r.kind)})
			p.freed(r.workspace, func(f *retention.Freed) { f.Packs++; f.Bytes += r.bytes })
		}
	}
	p.remove("pack", "id", gone)
	return nil
}

// next finds the next owner of rows by its id; 0 where none is left.
func (p *purge) next(query string) (id, workspace ledger.ID, err error) {
	found, err := store.Scan(p.tx, func(rows *sql.Rows) (ids [2]ledger.ID, err error) { return ids, rows.Scan(&ids[0], &ids[1]) }, query, p.from.Table)
	if err != nil || len(found) == 0 {
		return 0, 0, err
	}
	return found[0][0], found[0][1], nil
}

// calls finds old calls of one connection. The answers of several calls share a pack and
// are told apart by the order of the calls: so a call stays as long as its pack.
func (p *purge) calls() error {
	connection, workspace, err := p.next("SELECT connection_id, workspace_id FROM vendor_call WHERE connection_id >= ? ORDER BY connection_id LIMIT 1")
	if err != nil || connection == 0 {
		p.batch.Done = true
		return err
	}
	from := p.from
	if connection != from.Table {
		from = retention.Cursor{Table: connection}
	}
	type row struct {
		id      ledger.ID
		started ledger.Millis
		answer  bool
		rows    int
	}
	rows, err := store.Scan(p.tx, func(rows *sql.Rows) (r row, err error) { return r, rows.Scan(&r.id, &r.started, &r.answer, &r.rows) },
		"SELECT c.id, c.started_at, CASE WHEN p.id IS NULL THEN 0 ELSE 1 END, (SELECT COUNT(*) FROM call_row r WHERE r.call_id = c.id) FROM vendor_call c LEFT JOIN pack p ON p.id = c.resp_pack"+
			" WHERE c.connection_id = ? AND c.started_at >= ? AND c.started_at < ? AND (c.started_at > ? OR c.id > ?) ORDER BY c.started_at, c.id LIMIT ?",
		connection, from.At, p.old.Before(workspace, retention.Calls), from.At, from.ID, rowsAtOnce)
	if err != nil {
		return err
	}
	var gone []ledger.ID
	room := roomOf{left: rowsAtOnce}
	for _, r := range rows {
		if !r.answer && !p.needed.Calls[r.id] {
			switch room.takes(1 + r.rows) {
			case whole:
				gone = append(gone, r.id)
			case part:
				p.freed(workspace, func(*retention.Freed) {})
				if err := p.first("call_row", "call_id", r.id, "row_no"); err != nil {
					return err
				}
			case nothing:
			}
		}
		if room.full {
			break
		}
		from.At, from.ID = r.started, r.id
	}
	p.batch.Next = from
	if !room.full && len(rows) < rowsAtOnce {
		p.batch.Next = retention.Cursor{Table: connection + 1}
	}
	p.remove("call_row", "call_id", gone)
	p.remove("vendor_call", "id", gone)
	if len(gone) > 0 {
		p.freed(workspace, func(f *retention.Freed) { f.Calls += int64(len(gone)) })
	}
	return nil
}

// answers is the Table of the cursor of posts behind all addresses.
const answers ledger.ID = 1 << 62

// posts finds old requests of one address, and behind the last address old answers.
func (p *purge) posts() error {
	if p.from.Table == answers {
		return p.answers()
	}
	hook, workspace, err := p.next("SELECT id, workspace_id FROM hook WHERE id >= ? ORDER BY id LIMIT 1")
	if err != nil {
		return err
	}
	if hook == 0 {
		p.batch.Next = retention.Cursor{Table: answers}
		return nil
	}
	found, err := store.Scan(p.tx, store.Column[string], "SELECT message_id FROM hook_post WHERE hook_id = ? AND received_at < ? ORDER BY received_at LIMIT ?",
		hook, p.old.Before(workspace, retention.Posts), rowsAtOnce)
	if err != nil {
		return err
	}
	p.batch.Next = retention.Cursor{Table: hook}
	if len(found) < rowsAtOnce {
		p.batch.Next.Table++
	}
	if len(found) > 0 {
		p.removals = append(p.removals, removal{"DELETE FROM hook_post WHERE hook_id = ? AND message_id IN " + store.In(len(found)), store.Args([]any{hook}, found...)})
		p.freed(workspace, func(f *retention.Freed) { f.Posts += int64(len(found)) })
	}
	return nil
}

// answers finds old answers of documents that are finished.
func (p *purge) answers() error {
	type row struct {
		document, workspace ledger.ID
		rev                 int
		at                  ledger.Millis
		open                bool
	}
	rows, err := store.Scan(p.tx, func(rows *sql.Rows) (r row, err error) {
		return r, rows.Scan(&r.document, &r.rev, &r.at, &r.workspace, &r.open)
	}, "SELECT a.document_id, a.rev, a.answered_at, d.workspace_id, CASE WHEN "+unfinished()+" THEN 1 ELSE 0 END FROM document_answer a JOIN document d ON d.id = a.document_id"+
		" WHERE a.document_id >= ? AND (a.document_id > ? OR a.rev > ?) ORDER BY a.document_id, a.rev LIMIT ?", p.from.ID, p.from.ID, p.from.At, rowsAtOnce)
	if err != nil {
		return err
	}
	p.batch.Done = len(rows) < rowsAtOnce
	for _, r := range rows {
		p.batch.Next = retention.Cursor{Table: answers, ID: r.document, At: ledger.Millis(r.rev)}
		if !r.open && r.at < p.old.Before(r.workspace, retention.Posts) {
			p.removals = append(p.removals, removal{"DELETE FROM document_answer WHERE document_id = ? AND rev = ?", []any{r.document, r.rev}})
			p.freed(r.workspace, func(f *retention.Freed) { f.Posts++ })
		}
	}
	return nil
}

// errands finds old ones that are done, of documents that are finished: of an unfinished
// one the row keeps a repeated walk from making the call again.
func (p *purge) errands() error {
	type row struct {
		id, workspace ledger.ID
		at            ledger.Millis
		state         errand.State
		open          bool
	}
	rows, err := store.Scan(p.tx, func(rows *sql.Rows) (r row, err error) {
		return r, rows.Scan(&r.id, &r.workspace, &r.at, &r.state, &r.open)
	}, "SELECT e.id, e.workspace_id, e.updated_at, e.state, CASE WHEN "+unfinished()+" THEN 1 ELSE 0 END FROM errand e JOIN document d ON d.id = e.document_id"+
		" WHERE e.id > ? ORDER BY e.id LIMIT ?", p.from.ID, rowsAtOnce)
	if err != nil {
		return err
	}
	p.batch.Done = len(rows) < rowsAtOnce
	var gone []ledger.ID
	for _, r := range rows {
		p.batch.Next = retention.Cursor{ID: r.id}
		done := r.state == errand.Done || r.state == errand.Skipped || r.state == errand.Told
		if done && !r.open && r.at < p.old.Before(r.workspace, retention.Errands) {
			gone = append(gone, r.id)
			p.freed(r.workspace, func(f *retention.Freed) { f.Errands++ })
		}
	}
	p.remove("errand", "id", gone)
	return nil
}

// pages finds the pages of old windows. The windows stay: documents say by which one they came.
func (p *purge) pages() error {
	type row struct {
		id, workspace ledger.ID
		at            ledger.Millis
		state         ledger.WindowState
		pages         int
	}
	rows, err := store.Scan(p.tx, func(rows *sql.Rows) (r row, err error) {
		return r, rows.Scan(&r.id, &r.workspace, &r.at, &r.state, &r.pages)
	},
		"SELECT w.id, s.workspace_id, w.updated_at, w.state, (SELECT COUNT(*) FROM pull_page p WHERE p.window_id = w.id) FROM pull_window w JOIN stream s ON s.id = w.stream_id WHERE w.id > ? ORDER BY w.id LIMIT ?", p.from.ID, rowsAtOnce)
	if err != nil {
		return err
	}
	p.batch.Done = len(rows) < rowsAtOnce
	var gone []ledger.ID
	room := roomOf{left: rowsAtOnce}
	for _, r := range rows {
		if r.pages > 0 && r.state != ledger.WindowOpen && r.at < p.old.Before(r.workspace, retention.Pages) {
			switch room.takes(r.pages) {
			case whole:
				gone = append(gone, r.id)
				p.freed(r.workspace, func(f *retention.Freed) { f.Pages += int64(r.pages) })
			case part:
				p.freed(r.workspace, func(f *retention.Freed) { f.Pages += rowsAtOnce })
				if err := p.first("pull_page", "window_id", r.id, "attempt", "page_no"); err != nil {
					return err
				}
			case nothing:
			}
		}
		if room.full {
			p.batch.Done = false
			break
		}
		p.batch.Next = retention.Cursor{ID: r.id}
	}
	p.remove("pull_page", "window_id", gone)
	return nil
}

// roomOf is how many rows a batch may still remove.
type roomOf struct {
	left int
	// some says that it removes some already, full that nothing more goes in.
	some, full bool
}

// taken says how much of something goes into a batch.
type taken int8

const (
	whole taken = iota
	// part: it is larger than a batch, and this batch has room for nothing else.
	part
	nothing
)

func (r *roomOf) takes(rows int) taken {
	switch {
	case rows <= r.left:
		r.left -= rows
		r.some = true
		return whole
	case r.some:
		r.full = true
		return nothing
	default:
		r.full = true
		return part
	}
}

// first removes the first rows of one owner that has more than go into a batch. They are
// told apart by an order.
func (p *purge) first(table, owner string, id ledger.ID, order ...string) error {
	type key [2]int64
	by := strings.Join(order, ", ")
	last, err := store.Scan(p.tx, func(rows *sql.Rows) (k key, err error) { return k, rows.Scan(&k[0], &k[1]) },
		"SELECT "+order[0]+", "+order[len(order)-1]+" FROM "+table+" WHERE "+owner+" = ? ORDER BY "+by+" LIMIT 1 OFFSET ?", id, rowsAtOnce-1)
	if err != nil || len(last) == 0 {
		return err
	}
	a, b := order[0], order[len(order)-1]
	p.removals = append(p.removals, removal{
		"DELETE FROM " + table + " WHERE " + owner + " = ? AND (" + a + " < ? OR " + a + " = ? AND " + b + " <= ?)", []any{id, last[0][0], last[0][0], last[0][1]},
	})
	return nil
}
