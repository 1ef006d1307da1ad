// Package lookups is the part of the store in memory that look-ups ask: the indexes of
// streams, the code tables, and the documents that wait for what one of them lacks.
//
// It may import engine/ledger, its rules, engine/lookup and the rows and groups beside it: never
// another part of the store.
package lookups

import (
	"cmp"
	"context"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/runtest/internal/rows"
	"github.com/karezflow/karez/sdk/item"
)

// Lookups is what a lookup.Store does.
type Lookups struct {
	rows *rows.Rows
	of   *Rows
}

// New gives the store of the tables.
func New(of *Rows) *Lookups { return &Lookups{rows: of.rows, of: of} }

// PublishFlow makes a flow known by its public id.
func (s *Lookups) PublishFlow(ctx context.Context, workspace, flow ledger.ID, publicID string) error {
	end, err := s.rows.Begin(ctx)
	defer end()
	if err != nil {
		return err
	}
	s.rows.Flows[rows.PublicFlow{Workspace: workspace, ID: publicID}] = flow
	return nil
}

// RegisterLookups makes the documents of a source node, of a flow by its public id,
// indexed by paths, and gives the stream. ledger.ErrNotFound: there is no such flow.
func (s *Lookups) RegisterLookups(ctx context.Context, workspace ledger.ID, flow, node string, paths []string) (ledger.ID, error) {
	end, err := s.rows.Begin(ctx)
	defer end()
	if err != nil {
		return 0, err
	}
	id, known := s.rows.Flows[rows.PublicFlow{Workspace: workspace, ID: flow}]
	if !known {
		return 0, ledger.ErrNotFound
	}
	stream := s.rows.Stream(workspace, id, node)
	index := s.of.indexes[stream.ID]
	if index == nil {
		index = &streamIndex{building: map[string]ledger.ID{}, kept: map[ledger.ID][]byte{}, age: map[ledger.ID]ledger.Newest{}}
		s.of.indexes[stream.ID] = index
	}
	for _, path := range paths {
		if slices.Contains(index.paths, path) {
			continue
		}
		index.paths = append(index.paths, path)
		if len(s.rows.Order[stream.ID]) > 0 {
			index.building[path] = s.rows.Last + 1
		}
	}
	return stream.ID, nil
}

// BuildIndex indexes documents that were there before somebody looked into their
// stream, the newest first and at most limit at a time. It is done when all of them are.
func (s *Lookups) BuildIndex(ctx context.Context, stream ledger.ID, limit int) (bool, error) {
	end, err := s.rows.Begin(ctx)
	defer end()
	if err != nil {
		return false, err
	}
	index := s.of.indexes[stream]
	if index == nil || len(index.building) == 0 {
		return true, nil
	}
	from := ledger.ID(0)
	for _, at := range index.building {
		from = max(from, at)
	}
	to, n := ledger.ID(0), 0
	for _, id := range slices.Backward(s.rows.Order[stream]) {
		if id >= from {
			continue
		}
		if n == limit {
			break
		}
		doc := s.rows.Documents[id]
		pack, no := doc.Pack, doc.PackNo
		index.age[id] = ledger.Newest{Modified: doc.Modified, Seen: doc.Updated}
		if rev, ok := s.rows.Revisions[id][doc.LatestRev]; ok && doc.LatestRev > doc.ActiveRev {
			pack, no = rev.Pack, rev.PackNo
			index.age[id] = ledger.Newest{Modified: rev.Modified, Seen: rev.Updated}
		}
		index.kept[id] = lookup.Prune(item.Of(s.rows.Packs[pack][no]), index.paths)
		if n++; n == limit {
			to = id
		}
	}
	for path, at := range index.building {
		if index.building[path] = min(at, to); to == 0 {
			delete(index.building, path)
		}
	}
	if to == 0 {
		index.version++
	}
	return len(index.building) == 0, nil
}

// LookupStream implements lookup.Store.
func (s *Lookups) LookupStream(ctx context.Context, workspace ledger.ID, flow, node string) (lookup.Stream, bool, error) {
	end, err := s.rows.Begin(ctx)
	defer end()
	if err != nil {
		return lookup.Stream{}, false, err
	}
	id, known := s.rows.Flows[rows.PublicFlow{Workspace: workspace, ID: flow}]
	if !known {
		return lookup.Stream{}, false, nil
	}
	out := lookup.Stream{ID: s.rows.Nodes[rows.NodeKey{Flow: id, NodeID: node}], Fields: map[string]int{}}
	if index := s.of.indexes[out.ID]; index != nil {
		out.Version = index.version
		for i, path := range index.paths {
			out.Fields[path] = i + 1
			if _, building := index.building[path]; building {
				out.Building = append(out.Building, path)
			}
		}
	}
	return out, true, nil
}

// LookupRows implements lookup.Store.
func (s *Lookups) LookupRows(ctx context.Context, stream ledger.ID, field int, values []string) (map[string][][]byte, error) {
	end, err := s.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	out := map[string][][]byte{}
	index := s.of.indexes[stream]
	if index == nil || field < 1 || field > len(index.paths) {
		return out, nil
	}
	order := slices.Clone(s.rows.Order[stream])
	slices.SortFunc(order, func(a, b ledger.ID) int {
		x, y := index.age[a], index.age[b]
		return cmp.Or(cmp.Compare(y.Modified, x.Modified), cmp.Compare(y.Seen, x.Seen), cmp.Compare(b, a))
	})
	for _, id := range order {
		places := map[string]bool{}
		lookup.Values(item.Of(index.kept[id]), index.paths[field-1], func(text string) { places[lookup.Place(text)] = true })
		for _, value := range values {
			if places[value] {
				out[value] = append(out[value], slices.Clone(index.kept[id]))
			}
		}
	}
	return out, nil
}

// LookupCount implements lookup.Store.
func (s *Lookups) LookupCount(ctx context.Context, stream ledger.ID, field int, value string, most int) (int, error) {
	found, err := s.LookupRows(ctx, stream, field, []string{value})
	return min(len(found[value]), most), err
}
