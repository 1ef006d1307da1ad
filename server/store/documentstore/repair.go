package documentstore

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/moves"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/once"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/groupstore"
	"github.com/karezflow/karez/server/store/ledgerrow"
	"github.com/karezflow/karez/server/store/oncestore"
	"github.com/karezflow/karez/server/store/pack"
	"github.com/karezflow/karez/server/store/parkstore"
)

// Repair implements document.Store. What it decides by is locked to its end.
func (s *Store) Repair(ctx context.Context, r ledger.Repair) ([]ledger.ID, error) {
	const most = 5 // a pack for each payload, work, and the note of who did it
	first, err := s.db.NextIDs(ctx, most)
	if err != nil {
		return nil, err
	}
	var due []ledger.ID
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		next := first - 1
		nextID := func() ledger.ID { next++; return next }
		a, err := s.ailing(tx, r.Workspace, r.Document, s.sql.ForUpdate())
		if err != nil {
			return err
		}
		if err := oncestore.Remember(tx, r.Workspace, once.Order{Key: r.OrderKey, Object: r.Document, Asked: r.Asked}, r.Now); err != nil {
			return err
		}
		plan, err := rules.PlanRepair(r, a, nextID)
		if err != nil {
			return err
		}
		w := &writing{Store: s, tx: tx, r: r, a: a, plan: plan, nextID: nextID}
		for _, step := range []func() error{w.work, w.document, w.revisions, w.deliveries, w.keys, w.problem, w.members, w.lookups, w.note, w.counts} {
			if err := step(); err != nil {
				return err
			}
		}
		due = slices.Concat(plan.Now, w.followed.Work, w.released.Work)
		return nil
	})
	return due, err
}

// writing carries a plan out.
type writing struct {
	*Store

	tx     *gorm.DB
	r      ledger.Repair
	a      rules.Ailing
	plan   rules.RepairPlan
	nextID func() ledger.ID
	// before and after are the packs of what was edited.
	before, after ledgerrow.Address
	// released are other documents that waited for what this one holds now.
	released parkstore.Released
	// followed are the members of the document, where it is a bill.
	followed groupstore.Followed
}

func (w *writing) exec(statement string, args ...any) error {
	return w.tx.Exec(statement, args...).Error
}

// pack stores a payload alone and gives its pack.
func (w *writing) pack(kind string, payload []byte) (ledger.ID, error) {
	id := w.nextID()
	return id, w.exec("INSERT INTO pack (id,workspace_id,kind,row_count,codec,made_at,body) VALUES (?,?,?,1,?,?,?)",
		id, w.r.Workspace, kind, pack.Codec, w.r.Now, pack.Encode([][]byte{payload}))
}

func (w *writing) work() error {
	if err := w.exec("DELETE FROM work WHERE id = ?", w.plan.Uncovered); err != nil {
		return err
	}
	for _, row := range w.plan.Work {
		kind := "document"
		if row.Kind == ledger.PageWork {
			kind = "page"
		}
		if err := w.exec("INSERT INTO work (id,workspace_id,kind,ref_id,run_id,flow_id,connection_id,docs,doc_ids,priority,due_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
			row.ID, row.Workspace, kind, row.Ref, row.Run, row.Flow, row.Connection, row.Docs, store.ListIDs([]ledger.ID{w.r.Document}), row.Priority, row.Due); err != nil {
			return err
		}
	}
	return nil
}

func (w *writing) document() error {
	d := &w.plan.Document
	if err := moves.Row(w.a.Document, *d); err != nil {
		return err
	}
	if d.Pack == rules.NewPack {
		var err error
		if d.Pack, err = w.pack("source", w.r.Source); err != nil {
			return err
		}
		w.before = ledgerrow.Address{Pack: w.a.Document.Pack, No: w.a.Document.PackNo}
		w.after = ledgerrow.Address{Pack: d.Pack}
	}
	return w.exec("UPDATE document SET number = ?, latest_rev = ?, active_rev = ?, done_rev = ?, modified_at = ?, state = ?, attention = ?, work_id = ?, run_id = ?,"+
		" version_id = ?, window_id = ?, pack_id = ?, pack_no = ?, updated_at = ? WHERE id = ?",
		d.Number, d.LatestRev, d.ActiveRev, d.DoneRev, d.Modified, d.State, d.Attention, d.Work, d.Run, d.Version, d.Window, d.Pack, d.PackNo, d.Updated, d.ID)
}

// revisions writes what is no longer active, or was edited. The row of an edited
// revision is there from the edit on, because a document's has no place for who
// edited it: later writes leave base and actor alone.
func (w *writing) revisions() error {
	for _, r := range w.plan.Unqueued {
		if err := w.exec("DELETE FROM revision WHERE document_id = ? AND rev = ?", r.Document, r.Rev); err != nil {
			return err
		}
	}
	for _, r := range w.plan.Revisions {
		if err := w.put(r); err != nil {
			return err
		}
	}
	if w.plan.Edited == nil {
		return nil
	}
	edited := *w.plan.Edited
	edited.Pack = w.plan.Document.Pack
	if err := w.put(edited); err != nil {
		return err
	}
	return w.exec("UPDATE revision SET base_rev = ?, actor = ? WHERE document_id = ? AND rev = ?", edited.Base, store.Cut(edited.Actor, 64), edited.Document, edited.Rev)
}

func (w *writing) put(r ledger.Revision) error {
	held, origin := 0, "pull"
	if r.Hold {
		held = 1
	}
	if r.Attention&ledger.Edited != 0 {
		origin = "edit"
	}
	table := store.Table{Name: "revision", Key: "document_id,rev", Columns: append(strings.Split(revisionColumns, ","), "origin")}
	return w.sql.Put(w.tx, table, [][]any{{
		r.Document, r.Rev, r.Number, r.SourceHash, r.Modified, r.State, r.Attention, r.Run, r.Version, r.Window, r.Pack, r.PackNo, held, r.Updated, origin,
	}})
}

func (w *writing) deliveries() error {
	const columns = deliveryColumns + ",workspace_id,row_no"
	for _, d := range w.plan.History {
		// REPLACE, because the same revision may be edited several times: the last is kept.
		if err := w.exec("REPLACE INTO delivery_history ("+columns+") SELECT "+columns+" FROM delivery WHERE document_id = ? AND node_no = ? AND part = ?",
			d.Document, d.NodeNo, d.Part); err != nil {
			return err
		}
	}
	for _, d := range w.plan.Deliveries {
		if err := w.exec("UPDATE delivery SET state = ?, probe_absent = ?, spent = ?, tried_since = ?, code = ?, message = ?, args = ?, next_at = ?, updated_at = ?, updating = ?, step = ?, target_id = ?, target_number = ?"+
			" WHERE document_id = ? AND node_no = ? AND part = ?",
			d.State, d.Absent, d.Spent, d.Since, d.Code, null(d.Message), store.NullArgs(d.Args), d.NextAt, d.Updated, store.Bit(d.Updating), store.Cut(d.Step, 190),
			store.Cut(d.TargetID, 190), null(store.Cut(d.TargetNumber, 190)), d.Document, d.NodeNo, d.Part); err != nil {
			return err
		}
	}
	if w.r.Action != ledger.ResendDelivery || w.r.Body == nil {
		return nil
	}
	body, err := w.pack("request", w.r.Body)
	if err != nil {
		return err
	}
	to := w.r.Delivery
	w.after = ledgerrow.Address{Pack: body}
	before, err := store.Scan(w.tx, func(rows *sql.Rows) (ledgerrow.Address, error) {
		var at ledgerrow.Address
		return at, rows.Scan(&at.Pack, &at.No)
	}, "SELECT req_pack, req_no FROM delivery WHERE document_id = ? AND node_no = ? AND part = ?", to.Document, to.NodeNo, to.Part)
	if err != nil {
		return err
	}
	if len(before) > 0 {
		w.before = before[0]
	}
	return w.exec("UPDATE delivery SET req_pack = ?, req_no = 0 WHERE document_id = ? AND node_no = ? AND part = ?", body, to.Document, to.NodeNo, to.Part)
}

// keys gives target keys back that the deliveries own.
func (w *writing) keys() error {
	for _, d := range w.a.Deliveries {
		for _, freed := range w.plan.Freed {
			if d.DeliveryKey != freed {
				continue
			}
			if err := w.exec("DELETE FROM target_key WHERE connection_id = ? AND resource = ? AND target_key = ? AND document_id = ? AND node_no = ? AND part = ?",
				d.Connection, d.Resource, d.Key, d.Document, d.NodeNo, d.Part); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writing) problem() error {
	d := w.plan.Document
	p := ledgerrow.Problems{
		Workspace: d.Workspace, Flow: w.a.Flow, Now: w.r.Now,
		Before: func(ledger.ID) ledger.State { return w.a.Document.State }, After: func(ledger.ID) ledger.State { return d.State },
	}
	if w.plan.Problem != nil {
		p.Set = map[ledger.ID]ledger.Problem{d.ID: *w.plan.Problem}
	} else {
		p.Cleared = []ledger.ID{d.ID}
	}
	return w.rows.SetProblems(w.tx, p)
}

// lookups makes an edited payload the one that others look up.
func (w *writing) lookups() (err error) {
	if w.plan.Edited == nil {
		return nil
	}
	d := w.plan.Document
	w.released, err = w.index.Put(w.tx, d.Stream, []ledger.Newest{{Document: d.ID, Body: w.r.Source, Modified: d.Modified, Seen: w.r.Now}}, w.r.Now)
	return err
}

// members lets those of a bill follow it.
func (w *writing) members() error {
	var err error
	w.followed, err = w.group.Follow(w.tx, []ledger.Document{w.plan.Document}, w.r.Now)
	return err
}

// note keeps who did what to the document, and of an edit where both texts are.
func (w *writing) note() error {
	d := w.a.Document
	return w.exec("INSERT INTO document_action (id,workspace_id,document_id,rev,action,actor,job_id,version_id,node_no,part,state,code,note,before_pack,before_no,after_pack,after_no,created_at)"+
		" VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		w.nextID(), w.r.Workspace, d.ID, d.ActiveRev, actionName(w.r), store.Cut(w.r.Actor, 190), w.r.Job, w.r.Version, w.r.Delivery.NodeNo, w.r.Delivery.Part, d.State,
		store.Cut(w.a.Problem, 64), store.Null(store.CutText(w.r.Note)), w.before.Pack, w.before.No, w.after.Pack, w.after.No, w.r.Now)
}

// actionName is what the history calls an action.
func actionName(r ledger.Repair) string {
	switch {
	case r.Action == ledger.SkipDocument:
		return document.ActionSkip
	case r.Action == ledger.ResendDelivery:
		return document.ActionResend
	case r.Action == ledger.AcceptDelivery:
		return document.ActionAccept
	case r.Action == ledger.RestoreDelivery:
		return document.ActionRestore
	case r.Source != nil:
		return document.ActionEdit
	default:
		return document.ActionRetry
	}
}

// counts comes last: everybody who works on the run meets at these rows.
func (w *writing) counts() error {
	for _, deltas := range []ledger.Deltas{w.released.Deltas, w.followed.Deltas} {
		for key, n := range deltas {
			w.plan.Deltas[key] += n
		}
	}
	return w.rows.AddDeltas(w.tx, w.plan.Deltas)
}
