package groupstore

import (
	"context"
	"database/sql"
	"errors"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// DueGroups implements barrier.Composing.
func (s *Store) DueGroups(ctx context.Context, now ledger.Millis, after ledger.ID, limit int) ([]barrier.Head, error) {
	return store.Scan(s.db.Read(ctx), scanHead, "SELECT "+prefixed+" FROM group_head h JOIN document d ON d.id = h.document_id"+
		" WHERE h.state IN (?, ?, ?) AND h.due_at <= ? AND h.document_id > ?"+
		" AND (h.state <> ? OR d.work_id = 0 AND d.attention & ? = 0 AND d.state NOT IN (?, ?, ?, ?)) ORDER BY h.document_id LIMIT ?",
		barrier.Open, barrier.Full, barrier.Changed, now, after, barrier.Changed, ledger.Grouped, ledger.Waiting, ledger.Held, ledger.RetryAt, ledger.NeedsDecision, limit)
}

const prefixed = "h.document_id,h.workspace_id,h.flow_id,h.stream_id,h.node_id,h.version_id,h.run_id,h.group_key,h.number,h.per_run,h.late,h.state,h.members,h.seq,h.due_at,h.opened_at,h.closed_at"

// RunGroups implements barrier.Composing.
func (s *Store) RunGroups(ctx context.Context) ([]barrier.RunNode, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (barrier.RunNode, error) {
		var n barrier.RunNode
		return n, rows.Scan(&n.Run, &n.Version, &n.NodeID)
	}, "SELECT DISTINCT run_id, version_id, node_id FROM group_head WHERE state IN (?, ?) AND per_run = 1 ORDER BY run_id, version_id, node_id", barrier.Open, barrier.Full)
}

// GroupsOf implements barrier.Composing.
func (s *Store) GroupsOf(ctx context.Context, of barrier.RunNode, after ledger.ID, limit int) ([]barrier.Head, error) {
	return store.Scan(s.db.Read(ctx), scanHead, "SELECT "+headColumns+" FROM group_head WHERE run_id = ? AND state IN (?, ?) AND per_run = 1 AND version_id = ? AND node_id = ?"+
		" AND document_id > ? ORDER BY document_id LIMIT ?", of.Run, barrier.Open, barrier.Full, of.Version, of.NodeID, after, limit)
}

// Quiet implements barrier.Composing. Counts are read before bills: who moves on
// between goes from the one to the other.
func (s *Store) Quiet(ctx context.Context, id ledger.ID) (bool, error) {
	run, counts, err := s.runs.Run(ctx, id)
	if err != nil || !run.PullingEnded || counts[ledger.SlotOf(ledger.Waiting)] != 0 || counts[ledger.SlotClaimed] != 0 {
		return false, err
	}
	found, err := store.Scan(s.db.Read(ctx), store.Column[ledger.ID], "SELECT d.id FROM group_head h JOIN document d ON d.id = h.document_id WHERE h.run_id = ? AND d.state = ? LIMIT 1",
		id, ledger.Waiting)
	return len(found) == 0, err
}

// Group implements barrier.Composing. The head is read first: whoever changes the
// group afterwards is seen when it is closed.
func (s *Store) Group(ctx context.Context, id ledger.ID) (barrier.Group, error) {
	return s.group(s.db.Read(ctx), id, "", true)
}

// group reads, and with lock locks, a group.
func (s *Store) group(tx *gorm.DB, id ledger.ID, lock string, bodies bool) (barrier.Group, error) {
	var g barrier.Group
	work, err := store.Scan(tx, ledgerrow.ScanWork, "SELECT "+ledgerrow.WorkColumns+" FROM work WHERE id = (SELECT work_id FROM document WHERE id = ?)"+lock, id)
	if err != nil {
		return g, err
	}
	docs, err := documents(tx, []ledger.ID{id}, lock)
	if err != nil {
		return g, err
	}
	found, err := heads(tx, []ledger.ID{id}, lock)
	if err != nil {
		return g, err
	}
	g.Head, g.Document = found[id], docs[id]
	if g.Head.Document == 0 {
		return g, ledger.ErrNotFound
	}
	if len(work) > 0 && work[0].ID == g.Document.Work {
		g.Work = &work[0]
	}
	if g.Deliveries, err = deliveries(tx, id); err != nil {
		return g, err
	}
	in, err := members(tx, byGroup, []ledger.ID{id})
	if err != nil {
		return g, err
	}
	var at []ledgerrow.Address
	for _, m := range in {
		at = append(at, m.at)
	}
	var records map[ledgerrow.Address][]byte
	if bodies {
		if records, err = ledgerrow.Payloads(tx, at); err != nil {
			return g, err
		}
	}
	for _, m := range in {
		m.Records = records[m.at]
		g.Members = append(g.Members, m.Member)
	}
	return g, nil
}

// deliveries reads where the deliveries of a bill stand.
func deliveries(tx *gorm.DB, id ledger.ID) ([]ledger.Delivery, error) {
	return store.Scan(tx, func(rows *sql.Rows) (ledger.Delivery, error) {
		d := ledger.Delivery{DeliveryKey: ledger.DeliveryKey{Document: id}}
		return d, rows.Scan(&d.NodeNo, &d.Part, &d.Rev, &d.State, &d.Code, &d.Connection, &d.Resource, &d.Key)
	}, "SELECT node_no, part, rev, state, code, connection_id, resource, target_key FROM delivery WHERE document_id = ? ORDER BY node_no, part", id)
}

// Origins gives where the lines of a bill came from; nil where none is kept.
func (s *Store) Origins(ctx context.Context, bill ledger.ID) ([]byte, error) {
	tx := s.db.Read(ctx)
	at, err := store.Scan(tx, func(rows *sql.Rows) (a ledgerrow.Address, err error) { return a, rows.Scan(&a.Pack, &a.No) },
		"SELECT origins_pack, origins_no FROM group_head WHERE document_id = ?", bill)
	if err != nil || len(at) == 0 {
		return nil, err
	}
	found, err := ledgerrow.Payloads(tx, at)
	return found[at[0]], err
}

// CloseGroup implements barrier.Composing.
func (s *Store) CloseGroup(ctx context.Context, c barrier.Closing) ([]ledger.ID, error) {
	most := 8
	for _, b := range c.Bills { // a document, work, packs for the body and the origins; and for what members bring
		most += 4 + 2*len(b.Members)
	}
	first, err := s.db.NextIDs(ctx, most)
	if err != nil {
		return nil, err
	}
	var due []ledger.ID
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		run := &closer{Store: s, tx: tx, c: c, nextID: counter(first)}
		due = nil
		if err := run.run(); err != nil {
			return err
		}
		due = run.due
		return nil
	})
	return due, err
}

func counter(next ledger.ID) func() ledger.ID {
	return func() ledger.ID {
		next++
		return next - 1
	}
}

// closer is one CloseGroup.
type closer struct {
	*Store

	tx     *gorm.DB
	c      barrier.Closing
	nextID func() ledger.ID
	due    []ledger.ID
}

func (r *closer) run() error {
	g, err := r.group(r.tx, r.c.Group, r.sql.ForUpdate(), false)
	if errors.Is(err, ledger.ErrNotFound) {
		return ledger.ErrFenced
	}
	if err != nil {
		return err
	}
	in, before, err := r.heldIn(r.tx, g.Members)
	if err != nil {
		return err
	}
	plan, err := barrier.PlanClose(r.c, g.Head, g.Document, in, r.nextID)
	if err != nil {
		return err
	}
	r.due = plan.Now
	before[g.Document.ID] = g.Document
	if len(plan.Gone) > 0 {
		return r.let(plan, before)
	}
	return r.make(plan, g)
}

// heldIn reads, and locks, members with what queues behind them.
func (s *Store) heldIn(tx *gorm.DB, in []barrier.Member) ([]barrier.Held, map[ledger.ID]ledger.Document, error) {
	ids := make([]ledger.ID, len(in))
	for i, m := range in {
		ids[i] = m.Document
	}
	docs, err := documents(tx, ids, s.sql.ForUpdate())
	if err != nil {
		return nil, nil, err
	}
	list := make([]ledger.Document, 0, len(docs))
	for _, d := range docs {
		list = append(list, d)
	}
	queued, err := ledgerrow.Queued(tx, list, s.sql.ForUpdate())
	if err != nil {
		return nil, nil, err
	}
	out := make([]barrier.Held, len(in))
	for i, m := range in {
		out[i] = barrier.Held{Member: m, Document: docs[m.Document]}
		if rev, ok := queued[m.Document]; ok {
			out[i].Queued = &rev
		}
	}
	return out, docs, nil
}

// let lets members go whose newer revisions wait.
func (r *closer) let(plan barrier.ClosePlan, before map[ledger.ID]ledger.Document) error {
	if err := r.putHeads(r.tx, plan.Head); err != nil {
		return err
	}
	if err := r.rows.PutDocuments(r.tx, before, []ledger.Document{plan.Document}); err != nil {
		return err
	}
	if err := gone(r.tx, r.c.Group, plan.Gone); err != nil {
		return err
	}
	if err := r.rows.CarryOut(r.tx, before, plan.Let, plan.Head.Workspace, plan.Head.Flow, r.c.Now); err != nil {
		return err
	}
	return r.rows.AddDeltas(r.tx, plan.Let.Deltas)
}

// gone removes members of a group.
func gone(tx *gorm.DB, group ledger.ID, documents []ledger.ID) error {
	return store.Chunks(documents, func(ids []ledger.ID) error {
		return tx.Exec("DELETE FROM group_member WHERE group_document_id = ? AND document_id IN "+store.In(len(ids)), store.Args([]any{group}, ids...)...).Error
	})
}

// make writes the bills.
func (r *closer) make(plan barrier.ClosePlan, g barrier.Group) error {
	source := &ledgerrow.Packs{Workspace: plan.Head.Workspace, Kind: "source", Now: r.c.Now, NextID: r.nextID}
	parts := &ledgerrow.Packs{Workspace: plan.Head.Workspace, Kind: "group", Now: r.c.Now, NextID: r.nextID}
	covers := map[ledger.ID][]ledger.ID{}
	docs := []ledger.Document{plan.Document}
	newHeads := make([][]any, 0, len(plan.More))
	for _, m := range plan.More {
		docs = append(docs, m.Document)
		newHeads = append(newHeads, headRow(m.Head))
	}
	if err := r.sql.Insert(r.tx, headTable(), newHeads); err != nil {
		return err
	}
	if err := r.tx.Exec("DELETE FROM group_member WHERE group_document_id = ?", r.c.Group).Error; err != nil {
		return err
	}
	for i := range docs {
		at := source.Add(r.c.Bills[i].Body)
		docs[i].Pack, docs[i].PackNo = at.Pack, at.No
		covers[docs[i].Work] = []ledger.ID{docs[i].ID}
		if err := r.compose(r.tx, docs[i].ID, r.c.Bills[i], parts); err != nil {
			return err
		}
	}
	for _, p := range []*ledgerrow.Packs{source, parts} {
		if err := p.Write(r.tx, r.sql); err != nil {
			return err
		}
	}
	if err := r.rows.PutDocuments(r.tx, map[ledger.ID]ledger.Document{g.Document.ID: g.Document}, docs[:1]); err != nil {
		return err
	}
	if err := r.rows.InsertDocuments(r.tx, docs[1:]); err != nil {
		return err
	}
	if plan.Archived != nil {
		if err := r.rows.PutRevisions(r.tx, []ledger.Revision{*plan.Archived}); err != nil {
			return err
		}
	}
	if err := r.putHeads(r.tx, plan.Head); err != nil {
		return err
	}
	failpoint.Hit("in_close")
	if err := r.rows.AddWork(r.tx, plan.Work, covers); err != nil {
		return err
	}
	if plan.Cleared {
		if err := r.clear(r.tx, g.Document, r.c.Now); err != nil {
			return err
		}
	}
	followed, err := r.Follow(r.tx, docs[:1], r.c.Now)
	if err != nil {
		return err
	}
	r.due = append(r.due, followed.Work...)
	return r.rows.AddDeltas(r.tx, followed.Deltas)
}

// compose writes who is in a bill and where its lines came from. The group's row is there.
func (s *Store) compose(tx *gorm.DB, id ledger.ID, b barrier.Bill, parts *ledgerrow.Packs) error {
	rows := make([]barrier.Member, len(b.Members))
	for i, m := range b.Members {
		m.Group = id
		rows[i] = m
	}
	if err := s.putMembers(tx, rows, parts); err != nil {
		return err
	}
	at := parts.Add(b.Origins)
	return tx.Exec("UPDATE group_head SET origins_pack = ?, origins_no = ? WHERE document_id = ?", at.Pack, at.No, id).Error
}

// clear removes the problem of a bill that is composed anew.
func (s *Store) clear(tx *gorm.DB, before ledger.Document, now ledger.Millis) error {
	return s.rows.SetProblems(tx, ledgerrow.Problems{
		Cleared: []ledger.ID{before.ID}, Now: now, Before: func(ledger.ID) ledger.State { return before.State }, After: func(ledger.ID) ledger.State { return ledger.Waiting },
	})
}
