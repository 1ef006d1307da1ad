package groupstore

import (
	"database/sql"
	"slices"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// Followed is what became of members whose bills changed.
type Followed struct {
	// Work are rows that are due at once.
	Work []ledger.ID
	// Deltas are to be added to the counts at the end of the transaction.
	Deltas ledger.Deltas
}

// Follow lets members go where their bills went: changed are rows as a transaction
// wrote them, with their problems. Documents that are no bills are left alone.
func (s *Store) Follow(tx *gorm.DB, changed []ledger.Document, now ledger.Millis) (Followed, error) {
	out := Followed{Deltas: ledger.Deltas{}}
	for {
		var bills []ledger.ID
		for i := range changed {
			if changed[i].Run == 0 {
				bills = append(bills, changed[i].ID)
			}
		}
		if len(bills) == 0 {
			return out, nil
		}
		var next []ledger.Document
		for _, bill := range bills {
			moved, err := s.follow(tx, bill, now, &out)
			if err != nil {
				return out, err
			}
			next = append(next, moved...)
		}
		changed = next // bills of bills
	}
}

// follow lets the members of one bill follow, and gives their rows.
func (s *Store) follow(tx *gorm.DB, bill ledger.ID, now ledger.Millis, out *Followed) ([]ledger.Document, error) {
	found, err := heads(tx, []ledger.ID{bill}, "")
	if err != nil || found[bill].Document == 0 {
		return nil, err
	}
	in, err := members(tx, byGroup, []ledger.ID{bill})
	if err != nil {
		return nil, err
	}
	ids := make([]ledger.ID, len(in))
	for i, m := range in {
		ids[i] = m.Document
	}
	rows, err := documents(tx, ids, s.sql.ForUpdate())
	if err != nil {
		return nil, err
	}
	fates, err := s.fates(tx, ids)
	if err != nil {
		return nil, err
	}
	docs, before := map[ledger.ID]*ledger.Document{}, map[ledger.ID]ledger.Document{}
	var settled []ledger.Settled
	var list []ledger.Document
	for _, m := range in {
		doc, there := rows[m.Document]
		if !there || !barrier.In(doc, m.Member) {
			continue
		}
		before[doc.ID] = doc
		docs[doc.ID], list = &doc, append(list, doc)
		settled = append(settled, barrier.Follow(doc, m.Member, fates.of(doc)))
	}
	queued, err := ledgerrow.Queued(tx, list, s.sql.ForUpdate())
	if err != nil {
		return nil, err
	}
	nextID, err := s.few(tx, len(queued))
	if err != nil {
		return nil, err
	}
	failpoint.Hit("in_follow")
	plan := barrier.Plan(settled, docs, queued, found[bill], now, nextID)
	if err := plan.Err(); err != nil {
		return nil, err
	}
	if err := s.rows.CarryOut(tx, before, plan, found[bill].Workspace, found[bill].Flow, now); err != nil {
		return nil, err
	}
	for key, n := range plan.Deltas {
		out.Deltas[key] += n
	}
	out.Work = append(out.Work, plan.Now...)
	return plan.Update, nil
}

// few reserves n ids inside the transaction, where hardly ever any is needed.
func (s *Store) few(tx *gorm.DB, n int) (func() ledger.ID, error) {
	var next ledger.ID
	if n > 0 {
		first, err := s.db.NextIDsIn(tx, n)
		if err != nil {
			return nil, err
		}
		next = first
	}
	return func() ledger.ID {
		next++
		return next - 1
	}, nil
}

// standing is where the groups of documents stand.
type standing struct {
	in       map[ledger.ID][]member
	heads    map[ledger.ID]barrier.Head
	bills    map[ledger.ID]ledger.Document
	problems map[ledger.ID]ledger.Problem
}

// of gives where the groups of a document's active revision stand.
func (s standing) of(doc ledger.Document) []barrier.Fate {
	var out []barrier.Fate
	for _, m := range s.in[doc.ID] {
		if m.Rev != doc.ActiveRev {
			continue
		}
		f := barrier.Fate{Head: s.heads[m.Group].State, Document: s.bills[m.Group]}
		if p, ok := s.problems[m.Group]; ok {
			f.Problem = &p
		}
		out = append(out, f)
	}
	return out
}

func (s *Store) fates(tx *gorm.DB, ids []ledger.ID) (standing, error) {
	out := standing{in: map[ledger.ID][]member{}, problems: map[ledger.ID]ledger.Problem{}}
	in, err := members(tx, byDocument, ids)
	if err != nil {
		return out, err
	}
	var groups []ledger.ID
	for _, m := range in {
		out.in[m.Document] = append(out.in[m.Document], m)
		groups = append(groups, m.Group)
	}
	slices.Sort(groups)
	groups = slices.Compact(groups)
	if out.heads, err = heads(tx, groups, ""); err != nil {
		return out, err
	}
	if out.bills, err = documents(tx, groups, ""); err != nil {
		return out, err
	}
	err = store.Chunks(groups, func(groups []ledger.ID) error {
		type told struct {
			id ledger.ID
			ledger.Problem
		}
		found, err := store.Scan(tx, func(rows *sql.Rows) (told, error) {
			var p told
			var path, args, message, hint sql.NullString
			err := rows.Scan(&p.id, &p.Code, &p.NodeID, &path, &args, &message, &hint)
			p.Path, p.Args, p.Message, p.Hint = path.String, store.ReadArgs(args), message.String, hint.String
			return p, err
		}, "SELECT document_id, code, node_id, path, args, message, hint FROM problem WHERE document_id IN "+store.In(len(groups)), store.Args(nil, groups...)...)
		for _, p := range found {
			out.problems[p.id] = p.Problem
		}
		return err
	})
	return out, err
}
