// Package errandtest is a store of errands in memory and the contract that every store
// keeps.
//
// It may import the testing helpers go-cmp and rapid, engine/errand, engine/ledger and the
// worlds of engine/runtest/worldtest: never a database, and only tests and packages that
// end in test import it, and engine/runtest.
package errandtest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/ledger"
)

// Memory keeps errands in memory. It is safe for concurrent use.
type Memory struct {
	// over reports which of some runs are over. It is asked while nothing is locked.
	over func(runs []ledger.ID) map[ledger.ID]bool

	mu      sync.Mutex
	records map[ledger.ID]errand.Record
	owners  map[ledger.ID]string
}

var _ Store = (*Memory)(nil)

// NewMemory gives an empty store.
func NewMemory(over func(runs []ledger.ID) map[ledger.ID]bool) *Memory {
	return &Memory{over: over, records: map[ledger.ID]errand.Record{}, owners: map[ledger.ID]string{}}
}

// Made gives the keys of all errands.
func (m *Memory) Made() map[ledger.ErrandKey]bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	made := map[ledger.ErrandKey]bool{}
	for _, r := range m.records {
		made[r.ErrandKey] = true
	}
	return made
}

// Enter adds errands, as part of whoever commits an outcome.
func (m *Memory) Enter(records []errand.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range records {
		m.put(r)
	}
}

func (m *Memory) put(r errand.Record) {
	r.Params, r.Body, r.Answer = slices.Clone(r.Params), slices.Clone(r.Body), slices.Clone(r.Answer)
	m.records[r.ID] = r
}

// sorted gives the records by their ids.
func (m *Memory) sorted() []errand.Record {
	return slices.SortedFunc(maps.Values(m.records), func(a, b errand.Record) int { return cmp.Compare(a.ID, b.ID) })
}

// Due implements errand.Store.
func (m *Memory) Due(ctx context.Context, now ledger.Millis, limit int) ([]errand.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	over := m.over(m.gathering())
	m.mu.Lock()
	defer m.mu.Unlock()
	open := map[[2]ledger.ID]bool{}
	var due []errand.Record
	inOrder := m.sorted()
	slices.SortStableFunc(inOrder, func(a, b errand.Record) int { return cmp.Compare(a.Rev, b.Rev) })
	for _, r := range inOrder {
		if !r.State.Open() {
			continue
		}
		at := [2]ledger.ID{r.Document, ledger.ID(r.NodeNo)}
		blocked := r.Purpose == ledger.WritebackErrand && open[at]
		if r.Purpose == ledger.WritebackErrand {
			open[at] = true
		}
		if !blocked && (r.Due <= now || r.Gathers && r.State == errand.Pending && m.owners[r.ID] == "" && over[r.Run]) {
			r.Params, r.Body, r.Answer = nil, nil, nil
			due = append(due, r)
		}
	}
	slices.SortStableFunc(due, func(a, b errand.Record) int { return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.ID, b.ID)) })
	return due[:min(limit, len(due))], nil
}

// gathering gives the runs whose messages are gathered.
func (m *Memory) gathering() []ledger.ID {
	m.mu.Lock()
	defer m.mu.Unlock()
	var runs []ledger.ID
	for _, r := range m.records {
		if r.Gathers && r.State == errand.Pending {
			runs = append(runs, r.Run)
		}
	}
	return runs
}

// Take implements errand.Store.
func (m *Memory) Take(ctx context.Context, listed []errand.Record, owner string, now ledger.Millis, lease time.Duration) ([]errand.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var taken []errand.Record
	for _, l := range listed {
		on, ok := m.records[l.ID]
		if !ok || on.Fence != l.Fence || on.Due != l.Due || on.State != l.State {
			continue
		}
		if on.Gathers {
			lead, told := errand.Gather(on, m.with(on), now)
			for _, r := range told {
				m.put(r)
			}
			on = lead
		}
		on = errand.Take(on, now.Add(lease))
		m.put(on)
		m.owners[on.ID] = owner
		taken = append(taken, m.records[on.ID])
	}
	return taken, nil
}

// with gives the messages that are told with one.
func (m *Memory) with(lead errand.Record) []errand.Record {
	var out []errand.Record
	for _, r := range m.sorted() {
		if r.ID != lead.ID && r.Gathers && r.State == errand.Pending && m.owners[r.ID] == "" && r.Run == lead.Run && r.NodeNo == lead.NodeNo && r.Flow == lead.Flow {
			out = append(out, r)
		}
	}
	return out[:min(len(out), errand.MostGathered-1)]
}

// Renew implements errand.Store.
func (m *Memory) Renew(ctx context.Context, held []errand.Record, until ledger.Millis) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var lost error
	for _, h := range held {
		if on, ok := m.held(h); ok {
			on.Due = until
			m.put(on)
		} else {
			lost = ledger.ErrFenced
		}
	}
	return lost
}

// held gives the record of a claim that still holds.
func (m *Memory) held(h errand.Record) (errand.Record, bool) {
	on, ok := m.records[h.ID]
	return on, ok && on.Fence == h.Fence && m.owners[h.ID] != "" && on.State.Open()
}

// Intend implements errand.Store.
func (m *Memory) Intend(ctx context.Context, held []errand.Record, now ledger.Millis) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	next := make([]errand.Record, 0, len(held))
	for _, h := range held {
		on, ok := m.held(h)
		if !ok {
			return ledger.ErrFenced
		}
		next = append(next, errand.Intend(on, now))
	}
	for _, r := range next {
		m.put(r)
	}
	return nil
}

// Settle implements errand.Store.
func (m *Memory) Settle(ctx context.Context, settlements []errand.Settlement, now ledger.Millis) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range settlements {
		if next, ok := errand.Settle(m.records[s.ID], s, now); ok {
			m.put(next)
			delete(m.owners, s.ID)
		}
	}
	return nil
}

// Of implements errand.Book.
func (m *Memory) Of(ctx context.Context, workspace, document ledger.ID) ([]errand.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(m.sorted(), func(r errand.Record) bool { return r.Workspace != workspace || r.Document != document }), nil
}

// Errand implements errand.Book.
func (m *Memory) Errand(ctx context.Context, workspace, id ledger.ID) (errand.Record, error) {
	if err := ctx.Err(); err != nil {
		return errand.Record{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.records[id]
	if !ok || r.Workspace != workspace {
		return errand.Record{}, ledger.ErrNotFound
	}
	return r, nil
}

// Mend implements errand.Book. It remembers no keys.
func (m *Memory) Mend(ctx context.Context, repair errand.Repair) (errand.Record, error) {
	if err := ctx.Err(); err != nil {
		return errand.Record{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	on, ok := m.records[repair.ID]
	if !ok || on.Workspace != repair.Workspace {
		return errand.Record{}, ledger.ErrNotFound
	}
	next, err := errand.Mend(on, m.owners[on.ID] != "" && on.Due > repair.Now, repair)
	if err == nil {
		m.put(next)
		delete(m.owners, next.ID)
	}
	return next, err
}

// Left implements errand.Book.
func (m *Memory) Left(ctx context.Context, flows []ledger.ID) (n int, due ledger.Millis, err error) {
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	over := m.over(m.gathering())
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.records {
		if r.State.Open() && slices.Contains(flows, r.Flow) {
			if r.Gathers && r.State == errand.Pending && over[r.Run] {
				r.Due = 0
			}
			if n++; n == 1 || r.Due < due {
				due = r.Due
			}
		}
	}
	return n, due, nil
}
