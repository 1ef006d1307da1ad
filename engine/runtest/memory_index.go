package runtest

import (
	"context"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/sdk/item"
)

// streamIndex is what others look up in the documents of a stream.
type streamIndex struct {
	version int64
	paths   []string
	// building has, for paths that are not complete, the id behind that of the next
	// document of before.
	building map[string]ledger.ID
	// kept is what is known of documents.
	kept map[ledger.ID][]byte
}

type publicFlow struct {
	workspace ledger.ID
	id        string
}

// PublishFlow makes a flow known by its public id.
func (m *Memory) PublishFlow(ctx context.Context, workspace, flow ledger.ID, publicID string) error {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return err
	}
	m.flows[publicFlow{workspace, publicID}] = flow
	return nil
}

// RegisterLookups makes the documents of a source node, of a flow by its public id,
// indexed by paths, and gives the stream. ledger.ErrNotFound: there is no such flow.
func (m *Memory) RegisterLookups(ctx context.Context, workspace ledger.ID, flow, node string, paths []string) (ledger.ID, error) {
	m.mu.Lock()
	id, known := m.flows[publicFlow{workspace, flow}]
	m.mu.Unlock()
	if !known {
		return 0, ledger.ErrNotFound
	}
	stream, err := m.OpenStream(ctx, workspace, id, node)
	if err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	index := m.indexes[stream.ID]
	if index == nil {
		index = &streamIndex{building: map[string]ledger.ID{}, kept: map[ledger.ID][]byte{}}
		m.indexes[stream.ID] = index
	}
	for _, path := range paths {
		if slices.Contains(index.paths, path) {
			continue
		}
		index.paths = append(index.paths, path)
		if len(m.order[stream.ID]) > 0 {
			index.building[path] = m.last + 1
		}
	}
	return stream.ID, nil
}

// BuildIndex indexes documents that were there before somebody looked into their
// stream, the newest first and at most limit at a time. It is done when all of them are.
func (m *Memory) BuildIndex(ctx context.Context, stream ledger.ID, limit int) (bool, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return false, err
	}
	index := m.indexes[stream]
	if index == nil || len(index.building) == 0 {
		return true, nil
	}
	from := ledger.ID(0)
	for _, at := range index.building {
		from = max(from, at)
	}
	to, n := ledger.ID(0), 0
	for _, id := range slices.Backward(m.order[stream]) {
		if id >= from {
			continue
		}
		if n == limit {
			break
		}
		doc := m.documents[id]
		pack, no := doc.Pack, doc.PackNo
		if rev, ok := m.revisions[id][doc.LatestRev]; ok && doc.LatestRev > doc.ActiveRev {
			pack, no = rev.Pack, rev.PackNo
		}
		index.kept[id] = lookup.Prune(item.Of(m.packs[pack][no]), index.paths)
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

// index notes the newest revisions of documents and gives the work of those that
// waited for what they hold.
func (m *Memory) index(stream ledger.ID, docs []ledger.Newest, now ledger.Millis) []ledger.ID {
	index := m.indexes[stream]
	if index == nil || len(docs) == 0 {
		return nil
	}
	index.version++
	var keys []ledger.WaitKey
	for _, d := range docs {
		kept := lookup.Prune(item.Of(d.Body), index.paths)
		index.kept[d.Document] = kept
		for no, path := range index.paths {
			lookup.Values(item.Of(kept), path, func(text string) {
				keys = append(keys, ledger.WaitKey{Kind: ledger.StreamWait, Ref: stream, Value: lookup.StreamPlace(no+1, text)})
			})
		}
	}
	return m.release(keys, now)
}

// LookupStream implements lookup.Store.
func (m *Memory) LookupStream(ctx context.Context, workspace ledger.ID, flow, node string) (lookup.Stream, bool, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return lookup.Stream{}, false, err
	}
	id, known := m.flows[publicFlow{workspace, flow}]
	if !known {
		return lookup.Stream{}, false, nil
	}
	out := lookup.Stream{ID: m.nodes[nodeKey{id, node}], Fields: map[string]int{}}
	if index := m.indexes[out.ID]; index != nil {
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
func (m *Memory) LookupRows(ctx context.Context, stream ledger.ID, field int, values []string) (map[string][][]byte, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	out := map[string][][]byte{}
	index := m.indexes[stream]
	if index == nil || field < 1 || field > len(index.paths) {
		return out, nil
	}
	for _, id := range slices.Backward(m.order[stream]) {
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
func (m *Memory) LookupCount(ctx context.Context, stream ledger.ID, field int, value string, most int) (int, error) {
	rows, err := m.LookupRows(ctx, stream, field, []string{value})
	return min(len(rows[value]), most), err
}
