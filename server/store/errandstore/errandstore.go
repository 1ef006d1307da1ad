// Package errandstore keeps errands in SQL. They are entered inside the transaction of
// who ends a walk; the rules of engine/errand say what becomes of them.
//
// It may import engine/errand, engine/ledger, engine/ledger/rules, sdk/item, server/once, server/store and below it
// ledgerrow and oncestore only.
package errandstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// Store implements errand.Store and errand.Book.
type Store struct {
	db  *store.DB
	sql store.Dialect
}

var (
	_ errand.Store = (*Store)(nil)
	_ errand.Book  = (*Store)(nil)
)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db, db.Dialect()} }

// IDs is the most ids that one entered errand takes.
const IDs = 2

// Enter enters what the outcome of a walk asks for. docs are the walked documents as
// they were, which the transaction has locked.
func (s *Store) Enter(tx *gorm.DB, o ledger.Outcome, flow ledger.ID, docs map[ledger.ID]*ledger.Document, stale map[ledger.ID]bool, nextID func() ledger.ID) error {
	made, err := s.made(tx, o.Errands)
	if err != nil {
		return err
	}
	requests := &ledgerrow.Packs{Workspace: o.Workspace, Kind: "errand", Now: o.Now, NextID: nextID}
	var rows [][]any
	for _, e := range rules.Errands(o, docs, stale, made) {
		r := stored{Record: errand.New(e, nextID(), o.Workspace, flow, o.Now)}
		r.request = requests.Add(requestOf(r.Record))
		rows = append(rows, row(r))
	}
	if err := requests.Write(tx, s.sql); err != nil {
		return err
	}
	return s.sql.Insert(tx, table(), rows)
}

// made gives which of some errands were entered before.
func (s *Store) made(tx *gorm.DB, errands []ledger.Errand) (map[ledger.ErrandKey]bool, error) {
	made := map[ledger.ErrandKey]bool{}
	var docs []ledger.ID
	for _, e := range errands {
		if len(docs) == 0 || docs[len(docs)-1] != e.Document {
			docs = append(docs, e.Document)
		}
	}
	err := store.Chunks(docs, func(ids []ledger.ID) error {
		found, err := store.Scan(tx, scanKey, "SELECT document_id, node_no, way FROM errand WHERE document_id IN "+store.In(len(ids)), store.Args(nil, ids...)...)
		for _, k := range found {
			made[k] = true
		}
		return err
	})
	return made, err
}

// Due implements errand.Store.
func (s *Store) Due(ctx context.Context, now ledger.Millis, limit int) ([]errand.Record, error) {
	const oldest = "NOT (e.purpose = ? AND EXISTS (SELECT 1 FROM errand o WHERE o.document_id = e.document_id AND o.node_no = e.node_no AND (o.rev < e.rev OR o.rev = e.rev AND o.id < e.id) AND o.state IN (?,?,?,?)))"
	older := []any{ledger.WritebackErrand}
	for _, state := range errand.Opens() {
		older = append(older, state)
	}
	tx := s.db.Read(ctx)
	due, err := store.Scan(tx, scan, "SELECT "+of("e")+" FROM errand e WHERE e.due_at <= ? AND "+oldest+" ORDER BY e.due_at, e.id LIMIT ?",
		append(append([]any{now}, older...), limit)...)
	if err != nil {
		return nil, err
	}
	gathered, err := store.Scan(tx, scan, "SELECT "+of("e")+" FROM errand e LEFT JOIN run r ON r.id = e.run_id"+
		" WHERE e.due_at > ? AND e.due_at < ? AND e.gathers = 1 AND e.state = ? AND e.owner = '' AND COALESCE(r.state, ?) > ? ORDER BY e.due_at, e.id LIMIT ?",
		now, ledger.FarFuture, errand.Pending, ledger.RunRunning+1, ledger.RunRunning, max(0, limit-len(due)))
	return records(append(due, gathered...)), err
}

// Take implements errand.Store.
func (s *Store) Take(ctx context.Context, listed []errand.Record, owner string, now ledger.Millis, lease time.Duration) ([]errand.Record, error) {
	ids := make([]ledger.ID, len(listed))
	asListed := make(map[ledger.ID]errand.Record, len(listed))
	for i, l := range listed {
		ids[i], asListed[l.ID] = l.ID, l
	}
	first, err := s.db.NextIDs(ctx, max(1, len(listed)))
	if err != nil {
		return nil, err
	}
	var taken []errand.Record
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		on, err := s.locked(tx, ids)
		if err != nil {
			return err
		}
		t := &taking{Store: s, tx: tx, now: now, packs: packs{first: first, now: now}, told: map[ledger.ID]bool{}, leads: map[lead]bool{}}
		for _, r := range on {
			l := asListed[r.ID]
			if t.told[r.ID] || t.second(r) || r.Fence != l.Fence || r.Due != l.Due || r.State != l.State {
				continue
			}
			if err := t.gather(&r); err != nil {
				return err
			}
			r.Record, r.owner = errand.Take(r.Record, now.Add(lease)), owner
			t.rows, t.taken = append(t.rows, row(r)), append(t.taken, r.Record)
		}
		taken = t.taken
		if err := t.packs.write(tx, s.sql); err != nil {
			return err
		}
		return s.sql.Put(tx, table(), t.rows)
	})
	return taken, err
}

// taking is one Take.
type taking struct {
	*Store

	tx    *gorm.DB
	now   ledger.Millis
	packs packs
	told  map[ledger.ID]bool
	leads map[lead]bool
	taken []errand.Record
	rows  [][]any
}

// lead names the messages that one of them tells.
type lead struct {
	flow, run ledger.ID
	nodeNo    int
}

// second reports whether a gathered message would be the second one that tells the
// others: it waits, because what the first one tells is not written yet.
func (t *taking) second(r stored) bool {
	return r.Gathers && t.leads[lead{r.Flow, r.Run, r.NodeNo}]
}

// gather lets a gathered message tell the others.
func (t *taking) gather(first *stored) error {
	if !first.Gathers {
		return nil
	}
	t.leads[lead{first.Flow, first.Run, first.NodeNo}] = true
	told, err := t.Store.gather(t.tx, first, t.now)
	if err != nil || len(told) == 0 {
		return err
	}
	for _, r := range told {
		t.told[r.ID] = true
		t.rows = append(t.rows, row(r))
	}
	first.request = t.packs.add("errand", first.Workspace, requestOf(first.Record))
	return nil
}

// packs are the payloads of one transaction, a pack for each workspace.
type packs struct {
	// first is the first of the ids that were reserved, as many as payloads at most.
	first ledger.ID
	// now is when they are made.
	now  ledger.Millis
	open map[ledger.ID]*ledgerrow.Packs
}

func (p *packs) add(kind string, workspace ledger.ID, payload []byte) ledgerrow.Address {
	if p.open == nil {
		p.open = map[ledger.ID]*ledgerrow.Packs{}
	}
	if p.open[workspace] == nil {
		p.open[workspace] = &ledgerrow.Packs{Workspace: workspace, Kind: kind, Now: p.now, NextID: func() ledger.ID {
			p.first++
			return p.first - 1
		}}
	}
	return p.open[workspace].Add(payload)
}

func (p *packs) write(tx *gorm.DB, dialect store.Dialect) error {
	for _, one := range p.open {
		if err := one.Write(tx, dialect); err != nil {
			return err
		}
	}
	return nil
}

// gather lets the first of some messages tell the others, and gives those.
func (s *Store) gather(tx *gorm.DB, lead *stored, now ledger.Millis) ([]stored, error) {
	others, err := store.Scan(tx, scan, "SELECT "+columns+" FROM errand WHERE run_id = ? AND node_no = ? AND gathers = 1 AND flow_id = ? AND state = ? AND owner = '' AND id <> ? ORDER BY id LIMIT ?"+s.sql.ForUpdate(),
		lead.Run, lead.NodeNo, lead.Flow, errand.Pending, lead.ID, errand.MostGathered-1)
	if err != nil {
		return nil, err
	}
	if err := load(tx, others); err != nil {
		return nil, err
	}
	next, told := errand.Gather(lead.Record, records(others), now)
	lead.Record = next
	for i := range others {
		others[i].Record = told[i]
	}
	return others, nil
}

// locked reads and locks errands with their requests, by their ids.
func (s *Store) locked(tx *gorm.DB, ids []ledger.ID) ([]stored, error) {
	var found []stored
	err := store.Chunks(ids, func(ids []ledger.ID) error {
		rows, err := store.Scan(tx, scan, "SELECT "+columns+" FROM errand WHERE id IN "+store.In(len(ids))+" ORDER BY id"+s.sql.ForUpdate(), store.Args(nil, ids...)...)
		found = append(found, rows...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, load(tx, found)
}

// Renew implements errand.Store.
func (s *Store) Renew(ctx context.Context, held []errand.Record, until ledger.Millis) error {
	lost := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		lost = false
		for _, h := range held {
			done := tx.Exec("UPDATE errand SET due_at = ? WHERE id = ? AND fence = ? AND owner <> ''", until, h.ID, h.Fence)
			if done.Error != nil {
				return done.Error
			}
			lost = lost || done.RowsAffected == 0
		}
		return nil
	})
	if err == nil && lost {
		return ledger.ErrFenced
	}
	return err
}

// Intend implements errand.Store.
func (s *Store) Intend(ctx context.Context, held []errand.Record, now ledger.Millis) error {
	fences := map[ledger.ID]int64{}
	ids := make([]ledger.ID, len(held))
	for i, h := range held {
		ids[i], fences[h.ID] = h.ID, h.Fence
	}
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		on, err := s.locked(tx, ids)
		if err != nil {
			return err
		}
		if len(on) != len(held) {
			return ledger.ErrFenced
		}
		rows := make([][]any, len(on))
		for i, r := range on {
			if r.owner == "" || r.Fence != fences[r.ID] || !r.State.Open() {
				return ledger.ErrFenced
			}
			r.Record = errand.Intend(r.Record, now)
			rows[i] = row(r)
		}
		return s.sql.Put(tx, table(), rows)
	})
}

// Settle implements errand.Store.
func (s *Store) Settle(ctx context.Context, settlements []errand.Settlement, now ledger.Millis) error {
	if len(settlements) == 0 {
		return nil
	}
	byID := map[ledger.ID]errand.Settlement{}
	ids := make([]ledger.ID, len(settlements))
	for i, one := range settlements {
		ids[i], byID[one.ID] = one.ID, one
	}
	first, err := s.db.NextIDs(ctx, len(settlements))
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		on, err := s.locked(tx, ids)
		if err != nil {
			return err
		}
		answers := packs{first: first, now: now}
		var rows [][]any
		for _, r := range on {
			next, ok := errand.Settle(r.Record, byID[r.ID], now)
			if !ok {
				continue
			}
			r.Record, r.owner = next, ""
			if answer := byID[r.ID].Answer; answer != nil {
				r.answer = answers.add("response", r.Workspace, answer)
			}
			rows = append(rows, row(r))
		}
		if err := answers.write(tx, s.sql); err != nil {
			return err
		}
		return s.sql.Put(tx, table(), rows)
	})
}
