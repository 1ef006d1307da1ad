// Package parkstore keeps what parked documents wait for, and lets them go when that
// has come. Both happen inside transactions of others: of who ends a walk, fills a
// code or commits a page.
//
// It may import engine/failpoint, engine/ledger, its rules, engine/lookup, server/store and
// below it groupstore and ledgerrow only.
package parkstore

import (
	"slices"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/groupstore"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// Store parks and releases.
type Store struct {
	db   *store.DB
	sql  store.Dialect
	rows ledgerrow.Writer
	// group has the members of bills that are let go.
	group *groupstore.Store
}

// New makes a Store of a migrated database.
func New(db *store.DB) *Store {
	return &Store{db: db, sql: db.Dialect(), rows: ledgerrow.Writer{SQL: db.Dialect()}, group: groupstore.New(db)}
}

// kinds are the stored names, and the tables that have what is waited for.
func kinds() map[ledger.WaitKind]struct{ name, table string } {
	return map[ledger.WaitKind]struct{ name, table string }{ledger.CodeWait: {"code", "code_table"}, ledger.StreamWait: {"stream", "stream"}}
}

// Overtaken gives the documents that are not to be parked, because a code table or a
// stream that one of their waits is for changed since it was asked, or is gone. Until
// the transaction ends none of them changes. It comes first in a transaction: who
// changes one of them locks documents afterwards.
func (s *Store) Overtaken(tx *gorm.DB, settled []ledger.Settled) (map[ledger.ID]bool, error) {
	asked := map[ledger.WaitKind][]ledger.ID{}
	for i := range settled {
		for _, w := range parks(&settled[i]) {
			asked[w.Kind] = append(asked[w.Kind], w.Ref)
		}
	}
	versions := map[ledger.WaitKind]map[ledger.ID]int64{}
	for _, kind := range []ledger.WaitKind{ledger.CodeWait, ledger.StreamWait} {
		refs := asked[kind]
		slices.Sort(refs)
		var err error
		if versions[kind], err = s.versions(tx, kind, slices.Compact(refs)); err != nil {
			return nil, err
		}
	}
	overtaken := map[ledger.ID]bool{}
	for i := range settled {
		for _, w := range parks(&settled[i]) {
			if now, there := versions[w.Kind][w.Ref]; !there || now != w.Version {
				overtaken[settled[i].Document] = true
			}
		}
	}
	return overtaken, nil
}

// parks gives what a document is to be parked for.
func parks(out *ledger.Settled) []ledger.Wait {
	if out.State != ledger.Unmapped {
		return nil
	}
	return out.Waits
}

func (s *Store) versions(tx *gorm.DB, kind ledger.WaitKind, refs []ledger.ID) (map[ledger.ID]int64, error) {
	versions := make(map[ledger.ID]int64, len(refs))
	err := store.Chunks(refs, func(refs []ledger.ID) error {
		rows, err := tx.Raw("SELECT id, version FROM "+kinds()[kind].table+" WHERE id IN "+store.In(len(refs))+" ORDER BY id"+s.sql.ForShare(), store.Args(nil, refs...)...).Rows()
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // Err has told what there is to tell
		for rows.Next() {
			var id ledger.ID
			var version int64
			if err := rows.Scan(&id, &version); err != nil {
				return err
			}
			versions[id] = version
		}
		return rows.Err()
	})
	return versions, err
}

// Park notes what documents wait for. after are their rows as the end of their walk
// left them: one that took up another revision, or is walked again, waits for nothing.
func (s *Store) Park(tx *gorm.DB, settled []ledger.Settled, after []ledger.Document, stale map[ledger.ID]bool) error {
	revs := make(map[ledger.ID]int, len(after))
	for i := range after {
		if after[i].State == ledger.Unmapped && !stale[after[i].ID] {
			revs[after[i].ID] = after[i].ActiveRev
		}
	}
	var rows [][]any
	for i := range settled {
		out := &settled[i]
		if revs[out.Document] != out.Rev {
			continue
		}
		noted := map[ledger.WaitKey]bool{}
		for _, w := range parks(out) {
			if !noted[w.Key()] {
				noted[w.Key()] = true
				rows = append(rows, []any{kinds()[w.Kind].name, w.Ref, w.Value, out.Document})
			}
		}
	}
	if len(rows) > 0 {
		defer failpoint.Hit("in_park")
	}
	return s.sql.Insert(tx, ledgerrow.Table("wait", "kind,ref_id,value,document_id", "kind,ref_id,value,document_id"), rows)
}

// Released is what became of documents whose wait is over.
type Released struct {
	// Work are the rows that cover them, due at once.
	Work []ledger.ID
	// Deltas are to be added to the counts at the end of the transaction.
	Deltas ledger.Deltas
}

// Release lets the documents go that wait for one of the keys, by rules.PlanRelease.
// What they wait for may come with the transaction alone, which has locked it.
func (s *Store) Release(tx *gorm.DB, keys []ledger.WaitKey, now ledger.Millis) (Released, error) {
	out := Released{Deltas: ledger.Deltas{}}
	ids, err := waiting(tx, keys)
	if err != nil {
		return out, err
	}
	err = store.Chunks(ids, func(ids []ledger.ID) error {
		parked, err := s.parked(tx, ids)
		if err != nil || len(parked) == 0 {
			return err
		}
		return s.letGo(tx, parked, now, &out)
	})
	return out, err
}

// ReleaseCodes lets the documents go that wait for codes of a table: sources that were
// filled, or targets that rows now lead to. It gives the work that is due at once. It
// comes behind the change of the table's version.
func (s *Store) ReleaseCodes(tx *gorm.DB, table ledger.ID, sources, targets []string, now ledger.Millis) ([]ledger.ID, error) {
	keys := make([]ledger.WaitKey, 0, len(sources)+len(targets))
	for _, code := range sources {
		keys = append(keys, ledger.WaitKey{Kind: ledger.CodeWait, Ref: table, Value: lookup.CodePlace(code, false)})
	}
	for _, code := range targets {
		keys = append(keys, ledger.WaitKey{Kind: ledger.CodeWait, Ref: table, Value: lookup.CodePlace(code, true)})
	}
	out, err := s.Release(tx, keys, now)
	if err != nil {
		return nil, err
	}
	return out.Work, s.rows.AddDeltas(tx, out.Deltas)
}

// waiting gives the documents that wait for one of the keys, by id.
func waiting(tx *gorm.DB, keys []ledger.WaitKey) ([]ledger.ID, error) {
	type ref struct {
		kind ledger.WaitKind
		id   ledger.ID
	}
	values := map[ref][]string{}
	for _, k := range keys {
		values[ref{k.Kind, k.Ref}] = append(values[ref{k.Kind, k.Ref}], k.Value)
	}
	var ids []ledger.ID
	for of, values := range values {
		err := store.Chunks(values, func(values []string) error {
			found, err := store.Scan(tx, store.Column[ledger.ID], "SELECT document_id FROM wait WHERE kind = ? AND ref_id = ? AND value IN "+store.In(len(values)),
				store.Args([]any{kinds()[of.kind].name, of.id}, values...)...)
			ids = append(ids, found...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// parked reads, and locks, documents with the work rows that cover them and what
// queues behind them; the work rows first, as everybody does.
func (s *Store) parked(tx *gorm.DB, ids []ledger.ID) ([]rules.Parked, error) {
	rows, err := store.Scan(tx, store.Column[ledger.ID], "SELECT DISTINCT work_id FROM document WHERE id IN "+store.In(len(ids))+" AND work_id <> 0", store.Args(nil, ids...)...)
	if err != nil {
		return nil, err
	}
	work := map[ledger.ID]*ledger.Work{}
	if err := s.lockWork(tx, rows, work); err != nil {
		return nil, err
	}
	docs, err := store.Scan(tx, ledgerrow.ScanDocument, "SELECT "+ledgerrow.DocumentColumns+" FROM document WHERE id IN "+store.In(len(ids))+" ORDER BY id"+s.sql.ForUpdate(),
		store.Args(nil, ids...)...)
	if err != nil {
		return nil, err
	}
	docs = slices.DeleteFunc(docs, func(d ledger.Document) bool { return d.State != ledger.Unmapped })
	var other []ledger.ID // covered anew between the two reads
	for i := range docs {
		if id := docs[i].Work; id != 0 && work[id] == nil {
			other = append(other, id)
		}
	}
	if err := s.lockWork(tx, other, work); err != nil {
		return nil, err
	}
	queued, err := ledgerrow.Queued(tx, docs, s.sql.ForUpdate())
	if err != nil {
		return nil, err
	}
	flows, err := flowsOf(tx, docs)
	if err != nil {
		return nil, err
	}
	parked := make([]rules.Parked, len(docs))
	for i, doc := range docs {
		parked[i] = rules.Parked{Document: doc, Flow: flows[doc.Stream], Work: work[doc.Work]}
		if rev, ok := queued[doc.ID]; ok {
			parked[i].Queued = &rev
		}
	}
	return parked, nil
}

func (s *Store) lockWork(tx *gorm.DB, ids []ledger.ID, work map[ledger.ID]*ledger.Work) error {
	if len(ids) == 0 {
		return nil
	}
	found, err := store.Scan(tx, ledgerrow.ScanWork, "SELECT "+ledgerrow.WorkColumns+" FROM work WHERE id IN "+store.In(len(ids))+" ORDER BY id"+s.sql.ForUpdate(), store.Args(nil, ids...)...)
	for i := range found {
		work[found[i].ID] = &found[i]
	}
	return err
}

// flowsOf gives the flows of the documents' streams.
func flowsOf(tx *gorm.DB, docs []ledger.Document) (map[ledger.ID]ledger.ID, error) {
	flows := map[ledger.ID]ledger.ID{}
	for i := range docs {
		stream := docs[i].Stream
		if _, known := flows[stream]; known {
			continue
		}
		var flow ledger.ID
		if err := tx.Raw("SELECT flow_id FROM stream WHERE id = ?", stream).Scan(&flow).Error; err != nil {
			return nil, err
		}
		flows[stream] = flow
	}
	return flows, nil
}

// letGo carries out the plan for documents, and adds to out.
func (s *Store) letGo(tx *gorm.DB, parked []rules.Parked, now ledger.Millis, out *Released) error {
	first, err := s.db.NextIDsIn(tx, rowsFor(parked))
	if err != nil {
		return err
	}
	before := make(map[ledger.ID]ledger.Document, len(parked))
	for i := range parked {
		before[parked[i].Document.ID] = parked[i].Document
	}
	plan, uncovered := rules.PlanRelease(parked, now, func() ledger.ID {
		first++
		return first - 1
	})
	if err := plan.Err(); err != nil {
		return err
	}
	if len(uncovered) > 0 {
		if err := tx.Exec("DELETE FROM work WHERE id IN "+store.In(len(uncovered)), store.Args(nil, uncovered...)...).Error; err != nil {
			return err
		}
	}
	if err := s.rows.CarryOut(tx, before, plan, 0, 0, now); err != nil {
		return err
	}
	followed, err := s.group.Follow(tx, plan.Update, now)
	if err != nil {
		return err
	}
	out.Work = append(out.Work, followed.Work...)
	for key, n := range followed.Deltas {
		out.Deltas[key] += n
	}
	for key, n := range plan.Deltas {
		out.Deltas[key] += n
	}
	out.Work = append(out.Work, plan.Now...)
	failpoint.Hit("in_release")
	return nil
}

// rowsFor gives how many work rows cover documents at most: those of a flow and run
// are covered together.
func rowsFor(parked []rules.Parked) int {
	type together struct{ flow, run ledger.ID }
	groups := map[together]bool{}
	for i := range parked {
		groups[together{parked[i].Flow, parked[i].Document.Run}] = true
	}
	return len(groups) + len(parked)/ledger.WorkSize
}
