package groupstore

import (
	"context"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/once"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
	"github.com/karezflow/karez/server/store/oncestore"
)

// Grouped implements barrier.Ejector.
func (s *Store) Grouped(ctx context.Context, workspace, document ledger.ID) (ledger.Document, []barrier.Group, error) {
	tx := s.db.Read(ctx)
	docs, err := documents(tx, []ledger.ID{document}, "")
	if err != nil {
		return ledger.Document{}, nil, err
	}
	doc := docs[document]
	if doc.ID == 0 || doc.Workspace != workspace {
		return ledger.Document{}, nil, ledger.ErrNotFound
	}
	ids, err := groupsOf(tx, doc)
	if err != nil {
		return doc, nil, err
	}
	var groups []barrier.Group
	for _, id := range ids {
		g, err := s.group(tx, id, "", true)
		if err != nil {
			return doc, nil, err
		}
		groups = append(groups, g)
	}
	return doc, groups, nil
}

// groupsOf gives the groups that a document's active revision is in.
func groupsOf(tx *gorm.DB, doc ledger.Document) ([]ledger.ID, error) {
	in, err := members(tx, byDocument, []ledger.ID{doc.ID})
	var ids []ledger.ID
	for _, m := range in {
		if m.Rev == doc.ActiveRev {
			ids = append(ids, m.Group)
		}
	}
	return ids, err
}

// Eject implements barrier.Ejector.
func (s *Store) Eject(ctx context.Context, e barrier.Ejecting) ([]ledger.ID, error) {
	most := 8
	for _, r := range e.Remade {
		most += 5
		if r.Bill != nil {
			most += 2 * len(r.Bill.Members)
		}
	}
	first, err := s.db.NextIDs(ctx, most)
	if err != nil {
		return nil, err
	}
	var due []ledger.ID
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		run := &ejection{Store: s, tx: tx, e: e, nextID: counter(first)}
		due = nil
		if err := run.run(); err != nil {
			return err
		}
		due = run.due
		return nil
	})
	return due, err
}

// ejection is one Eject.
type ejection struct {
	*Store

	tx     *gorm.DB
	e      barrier.Ejecting
	nextID func() ledger.ID
	due    []ledger.ID
}

func (r *ejection) run() error {
	groups := make([]barrier.Group, len(r.e.Remade))
	for i, remade := range r.e.Remade {
		g, err := r.group(r.tx, remade.Group, r.sql.ForUpdate(), false)
		if err != nil {
			return err
		}
		groups[i] = g
	}
	held, before, err := r.heldIn(r.tx, []barrier.Member{{Document: r.e.Document}})
	if err != nil {
		return err
	}
	member := held[0]
	if member.Document.ID == 0 || member.Document.Workspace != r.e.Workspace {
		return ledger.ErrNotFound
	}
	in, err := groupsOf(r.tx, member.Document)
	if err != nil {
		return err
	}
	if len(in) != len(groups) {
		return ledger.ErrFenced
	}
	if len(groups) > 0 {
		for _, m := range groups[0].Members {
			if m.Document == r.e.Document {
				member.Member = m
			}
		}
	}
	plan, err := barrier.PlanEject(r.e, member, groups, r.nextID)
	if err != nil {
		return err
	}
	if err := oncestore.Remember(r.tx, r.e.Workspace, once.Order{Key: r.e.OrderKey, Object: r.e.Document, Asked: r.e.Asked}, r.e.Now); err != nil {
		return err
	}
	r.due = plan.Now
	return r.write(plan, groups, before)
}

func (r *ejection) write(plan barrier.EjectPlan, groups []barrier.Group, before map[ledger.ID]ledger.Document) error {
	bills := make([]ledger.Document, len(plan.Groups))
	for i, p := range plan.Groups {
		if err := r.remade(&p, r.e.Remade[i], groups[i]); err != nil {
			return err
		}
		bills[i] = p.Document
	}
	h := plan.Groups[0].Head
	if err := r.rows.CarryOut(r.tx, before, plan.Member, h.Workspace, h.Flow, r.e.Now); err != nil {
		return err
	}
	if err := r.note(document.ActionEject, before[r.e.Document], ledgerrow.Address{}, ledgerrow.Address{}); err != nil {
		return err
	}
	followed, err := r.Follow(r.tx, bills, r.e.Now)
	if err != nil {
		return err
	}
	r.due = append(r.due, followed.Work...)
	deltas := plan.Member.Deltas
	for key, n := range followed.Deltas {
		deltas[key] += n
	}
	return r.rows.AddDeltas(r.tx, deltas)
}

// note keeps who did what, and of a bill that was composed anew where both texts are.
func (r *ejection) note(action string, d ledger.Document, was, is ledgerrow.Address) error {
	table := ledgerrow.Table("document_action", "id", "id,workspace_id,document_id,rev,action,actor,state,note,before_pack,before_no,after_pack,after_no,created_at")
	return r.sql.Insert(r.tx, table, [][]any{{
		r.nextID(), d.Workspace, d.ID, d.ActiveRev, action, store.Cut(r.e.Actor, 190), d.State, store.Null(store.CutText(r.e.Note)), was.Pack, was.No, is.Pack, is.No, r.e.Now,
	}})
}

// remade writes a group without the member.
func (r *ejection) remade(p *barrier.RemadePlan, remade barrier.Remade, was barrier.Group) error {
	if err := gone(r.tx, remade.Group, []ledger.ID{r.e.Document}); err != nil {
		return err
	}
	if err := r.recompose(p, remade, was.Document); err != nil {
		return err
	}
	if err := r.putHeads(r.tx, p.Head); err != nil {
		return err
	}
	if err := r.rows.PutDocuments(r.tx, map[ledger.ID]ledger.Document{p.Document.ID: was.Document}, []ledger.Document{p.Document}); err != nil {
		return err
	}
	if p.Archived != nil {
		if err := r.rows.PutRevisions(r.tx, []ledger.Revision{*p.Archived}); err != nil {
			return err
		}
	}
	if err := r.tx.Exec("DELETE FROM work WHERE id = ?", p.Uncovered).Error; err != nil {
		return err
	}
	if p.Work != nil {
		if err := r.rows.AddWork(r.tx, []ledger.Work{*p.Work}, map[ledger.ID][]ledger.ID{p.Work.ID: {p.Document.ID}}); err != nil {
			return err
		}
	}
	if err := r.free(p.Freed, was.Deliveries); err != nil {
		return err
	}
	return r.clear(r.tx, was.Document, r.e.Now)
}

// recompose stores the bill anew, where one is left, and notes both texts.
func (r *ejection) recompose(p *barrier.RemadePlan, remade barrier.Remade, was ledger.Document) error {
	if remade.Bill == nil {
		return nil
	}
	source := &ledgerrow.Packs{Workspace: p.Head.Workspace, Kind: "source", Now: r.e.Now, NextID: r.nextID}
	parts := &ledgerrow.Packs{Workspace: p.Head.Workspace, Kind: "group", Now: r.e.Now, NextID: r.nextID}
	at := source.Add(remade.Bill.Body)
	p.Document.Pack, p.Document.PackNo = at.Pack, at.No
	if err := r.compose(r.tx, remade.Group, *remade.Bill, parts); err != nil {
		return err
	}
	for _, packs := range []*ledgerrow.Packs{source, parts} {
		if err := packs.Write(r.tx, r.sql); err != nil {
			return err
		}
	}
	return r.note(document.ActionRecompose, was, ledgerrow.Address{Pack: was.Pack, No: was.PackNo}, at)
}

// free gives target keys back.
func (r *ejection) free(freed []ledger.DeliveryKey, all []ledger.Delivery) error {
	for _, key := range freed {
		for _, d := range all {
			if d.DeliveryKey != key {
				continue
			}
			if err := r.tx.Exec("DELETE FROM target_key WHERE connection_id = ? AND resource = ? AND target_key = ? AND document_id = ? AND node_no = ? AND part = ?",
				d.Connection, d.Resource, d.Key, d.Document, d.NodeNo, d.Part).Error; err != nil {
				return err
			}
		}
	}
	return nil
}
