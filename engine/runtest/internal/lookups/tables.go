package lookups

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
)

// CreateTable makes a code table without rows.
func (s *Lookups) CreateTable(ctx context.Context, workspace ledger.ID, name string) (ledger.ID, error) {
	end, err := s.rows.Begin(ctx)
	defer end()
	if err != nil {
		return 0, err
	}
	id := s.rows.NextID()
	s.of.tables[id] = &codeTable{workspace: workspace, name: name, rows: map[string]string{}}
	return id, nil
}

// Fill sets rows of a code table, targets by their source, releases who waits for one
// of them and gives the work that is due at once.
func (s *Lookups) Fill(ctx context.Context, table ledger.ID, rows map[string]string, now ledger.Millis) ([]ledger.ID, error) {
	end, err := s.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	t := s.of.tables[table]
	if t == nil {
		return nil, ledger.ErrNotFound
	}
	t.version++
	maps.Copy(t.rows, rows)
	var keys []ledger.WaitKey
	for source, target := range rows {
		keys = append(keys, ledger.WaitKey{Kind: ledger.CodeWait, Ref: table, Value: lookup.CodePlace(source, false)},
			ledger.WaitKey{Kind: ledger.CodeWait, Ref: table, Value: lookup.CodePlace(target, true)})
	}
	return s.of.release(keys, now), nil
}

// Waits gives what a document waits for.
func (s *Lookups) Waits(ctx context.Context, document ledger.ID) ([]ledger.WaitKey, error) {
	end, err := s.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Keys(s.rows.Waits[document]), func(a, b ledger.WaitKey) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Value, b.Value))
	}), nil
}

// CodeTable implements lookup.Store.
func (s *Lookups) CodeTable(ctx context.Context, workspace ledger.ID, name string) (lookup.Table, bool, error) {
	end, err := s.rows.Begin(ctx)
	defer end()
	if err != nil {
		return lookup.Table{}, false, err
	}
	for id, t := range s.of.tables {
		if t.workspace == workspace && t.name == name {
			return lookup.Table{ID: id, Version: t.version}, true, nil
		}
	}
	return lookup.Table{}, false, nil
}

// Codes implements lookup.Store.
func (s *Lookups) Codes(ctx context.Context, table ledger.ID, reverse bool, codes []string) (map[string][]string, error) {
	end, err := s.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	t := s.of.tables[table]
	if t == nil {
		return out, nil
	}
	for _, source := range slices.Sorted(maps.Keys(t.rows)) {
		asked, other := source, t.rows[source]
		if reverse {
			asked, other = other, asked
		}
		if slices.Contains(codes, asked) {
			out[asked] = append(out[asked], other)
		}
	}
	return out, nil
}
