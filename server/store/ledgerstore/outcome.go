package ledgerstore

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/errandstore"
	"github.com/karezflow/karez/server/store/groupstore"
	"github.com/karezflow/karez/server/store/handstore"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// CommitOutcome implements deliver.Store.
func (s *Store) CommitOutcome(ctx context.Context, o ledger.Outcome) (ledger.OutcomeResult, error) {
	ids, err := s.reserve(ctx, len(o.Documents)+2*len(o.Deliveries)+len(o.Calls)+len(o.Probes)+handstore.IDs*len(o.Hands)+errandstore.IDs*len(o.Errands)+groupstore.IDs(o.Documents)+4)
	if err != nil {
		return ledger.OutcomeResult{}, err
	}
	var result ledger.OutcomeResult
	var lost error
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		run := &outcome{Store: s, o: o, nextID: ids()}
		result, lost = ledger.OutcomeResult{}, nil
		if err := run.run(tx); err != nil {
			return err
		}
		// The answers are committed even where the claim is lost.
		result, lost = run.result, run.lost
		return nil
	})
	if err != nil {
		return result, err
	}
	return result, lost
}

// outcome is one CommitOutcome.
type outcome struct {
	*Store
	o      ledger.Outcome
	nextID func() ledger.ID
	// stale are the documents that are walked again.
	stale map[ledger.ID]bool
	// settled are the documents as the end of the walk leaves them.
	settled []ledger.Document
	lost    error
	result  ledger.OutcomeResult
}

func (r *outcome) run(tx *gorm.DB) error {
	var err error
	if r.stale, err = r.park.Overtaken(tx, r.o.Documents); err != nil {
		return err
	}
	came, err := r.feed.Came(tx, r.o.Documents)
	if err != nil {
		return err
	}
	work, err := r.claimed(tx, r.o.Claim)
	if err != nil && err != ledger.ErrFenced { //nolint:errorlint // claimed gives the sentinel itself
		return err
	}
	r.lost = err
	var docs map[ledger.ID]*ledger.Document
	if r.lost == nil && len(r.o.Documents) > 0 {
		if docs, err = r.walked(tx, work); err != nil {
			return err
		}
	}
	if err := r.resolve(tx); err != nil {
		return err
	}
	if err := r.probed(tx, work.Flow); err != nil {
		return err
	}
	if err := r.endCalls(tx); err != nil {
		return err
	}
	for id := range r.stale {
		r.result.Stale = append(r.result.Stale, id)
	}
	if r.lost == nil {
		if err := r.settle(tx, work, docs); err != nil {
			return err
		}
		due, err := r.feed.Await(tx, r.o.Documents, r.settled, r.stale, came, r.o.Now)
		r.result.Work = append(r.result.Work, due...)
		return err
	}
	return nil
}

// walked reads, and locks, the documents of the work row, which the outcome must all name.
func (r *outcome) walked(tx *gorm.DB, work ledger.Work) (map[ledger.ID]*ledger.Document, error) {
	rows, err := r.covered(tx, work, r.sql.ForUpdate())
	if err != nil {
		return nil, err
	}
	named := make(map[ledger.ID]bool, len(r.o.Documents))
	for _, d := range r.o.Documents {
		named[d.Document] = true
	}
	docs := make(map[ledger.ID]*ledger.Document, len(rows))
	for i := range rows {
		if !named[rows[i].ID] {
			return nil, fmt.Errorf("the outcome of work %d leaves out document %d", work.ID, rows[i].ID)
		}
		docs[rows[i].ID] = &rows[i]
	}
	return docs, nil
}

// resolve applies the answers to their deliveries, and what writebacks keep with them.
func (r *outcome) resolve(tx *gorm.DB) error {
	keys := make([]ledger.DeliveryKey, 0, len(r.o.Deliveries)+len(r.o.Writebacks))
	for _, d := range r.o.Deliveries {
		keys = append(keys, d.DeliveryKey)
	}
	for _, w := range r.o.Writebacks {
		keys = append(keys, w.DeliveryKey)
	}
	onFile, err := r.onRecord(tx, keys, answerableColumns, scanAnswerable)
	if err != nil {
		return err
	}
	c := &changes{onFile: onFile, changed: map[ledger.DeliveryKey]bool{}, resolved: map[ledger.DeliveryKey]bool{}, answers: map[ledger.DeliveryKey]ledgerrow.Address{}}
	bodies := &ledgerrow.Packs{Workspace: r.o.Workspace, Kind: "response", Now: r.o.Now, NextID: r.nextID}
	for _, d := range r.o.Deliveries {
		if err := r.resolveOne(tx, c, d, bodies); err != nil {
			return err
		}
	}
	for _, w := range r.o.Writebacks {
		on := onFile[w.DeliveryKey]
		if next, ok := rules.Keep(on.Delivery, w); ok {
			on.Delivery = next
			c.put(on)
		}
	}
	if err := bodies.Write(tx, r.sql); err != nil {
		return err
	}
	return r.putChanged(tx, c)
}

// changes are the deliveries that an outcome changes, in the order of their first change.
type changes struct {
	onFile            map[ledger.DeliveryKey]stored
	changed, resolved map[ledger.DeliveryKey]bool
	// answers are where the responses of this outcome are.
	answers map[ledger.DeliveryKey]ledgerrow.Address
	order   []ledger.DeliveryKey
}

func (c *changes) put(d stored) {
	c.onFile[d.DeliveryKey] = d
	if !c.changed[d.DeliveryKey] {
		c.changed[d.DeliveryKey] = true
		c.order = append(c.order, d.DeliveryKey)
	}
}

// resolveOne applies one answer.
func (r *outcome) resolveOne(tx *gorm.DB, c *changes, d ledger.Resolution, bodies *ledgerrow.Packs) error {
	on, ok := c.onFile[d.DeliveryKey]
	if !ok {
		return fmt.Errorf("a resolution of %v: %w", d.DeliveryKey, ledger.ErrNotFound)
	}
	next, applies, err := rules.Resolve(on.Delivery, d, r.o.Now)
	if err != nil {
		return err
	}
	if !applies {
		r.stale[d.Document] = true
		return nil
	}
	on.Delivery = next
	if d.Response != nil {
		on.response = bodies.Add(d.Response)
		c.answers[d.DeliveryKey] = on.response
	}
	c.put(on)
	c.resolved[d.DeliveryKey] = true
	if d.FreeKey {
		return freeKey(tx, d.DeliveryKey)
	}
	return nil
}

// freeKey gives a delivery's target key back.
func freeKey(tx *gorm.DB, of ledger.DeliveryKey) error {
	at, err := store.One(store.Scan(tx, func(row *sql.Rows) (at target, err error) { return at, row.Scan(&at.connection, &at.resource, &at.key) },
		"SELECT connection_id, resource, target_key FROM delivery WHERE document_id = ? AND node_no = ? AND part = ?", of.Document, of.NodeNo, of.Part))
	if err != nil {
		return err
	}
	_, err = store.Exec(tx, "DELETE FROM target_key WHERE connection_id = ? AND resource = ? AND target_key = ? AND document_id = ? AND node_no = ? AND part = ?",
		at.connection, at.resource, at.key, of.Document, of.NodeNo, of.Part)
	return err
}

// putChanged writes changed deliveries, and a row of the call for each that was
// resolved to something else than simply done.
func (r *outcome) putChanged(tx *gorm.DB, c *changes) error {
	var rows, kept, exceptions [][]any
	for _, key := range c.order {
		d := c.onFile[key]
		if !c.resolved[key] {
			kept = append(kept, []any{d.Document, d.NodeNo, d.Part, store.Null(string(d.Writeback))})
			continue
		}
		rows = append(rows, answeredRow(d))
		if d.State != ledger.DeliveryDone || d.Attempt > 1 {
			exceptions = append(exceptions, []any{
				d.Call, d.rowNo, d.Document, d.NodeNo, d.Part, d.Attempt, d.State, store.Cut(d.Code, 64), store.Null(store.CutText(d.Message)), store.NullArgs(d.Args),
				d.body.Pack, d.body.No, c.answers[key].Pack, c.answers[key].No,
			})
		}
	}
	if err := r.sql.Change(tx, answeredTable(), rows); err != nil {
		return err
	}
	if err := r.sql.Change(tx, keptTable(), kept); err != nil {
		return err
	}
	return r.sql.Put(tx, callRowTable(), exceptions)
}

// probed records look-ups with what they told of each delivery. They are put, because
// an outcome whose commit was not answered is recorded again.
func (r *outcome) probed(tx *gorm.DB, flow ledger.ID) error {
	var calls, rows [][]any
	for _, p := range r.o.Probes {
		c, node := p.Call, 0
		for no, row := range p.Rows {
			node = row.NodeNo
			rows = append(rows, []any{c.ID, no, row.Document, row.NodeNo, row.Part, row.Attempt, row.State, store.Cut(row.Code, 64), store.Null(store.CutText(row.Message)), store.NullArgs(row.Args), 0, 0, 0, 0})
		}
		calls = append(calls, callRow(c, r.o.Claim.Fence, ledger.DeliveryDone, flow, node))
	}
	if err := r.sql.Put(tx, callTable(), calls); err != nil {
		return err
	}
	return r.sql.Put(tx, callRowTable(), rows)
}

// endCalls closes calls in the order of their ids: a call knows its pack only, and
// its answer's place in it is its rank among the calls of the pack.
func (r *outcome) endCalls(tx *gorm.DB) error {
	bodies := &ledgerrow.Packs{Workspace: r.o.Workspace, Kind: "call", Now: r.o.Now, NextID: r.nextID}
	calls := slices.Clone(r.o.Calls)
	for _, p := range r.o.Probes {
		calls = append(calls, p.End)
	}
	slices.SortFunc(calls, func(a, b ledger.CallEnd) int { return cmp.Compare(a.ID, b.ID) })
	for _, c := range calls {
		at := bodies.Add(c.Response)
		if _, err := store.Exec(tx, "UPDATE vendor_call SET state = ?, ended_at = ?, code = ?, resp_pack = ? WHERE id = ?",
			ledger.DeliveryDone, r.o.Now, store.Cut(c.Code, 64), at.Pack, c.ID); err != nil {
			return err
		}
	}
	return bodies.Write(tx, r.sql)
}
