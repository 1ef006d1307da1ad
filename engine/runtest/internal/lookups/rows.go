package lookups

import (
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/runtest/internal/groups"
	"github.com/karezflow/karez/engine/runtest/internal/rows"
	"github.com/karezflow/karez/sdk/item"
)

// Rows are the indexes and code tables, with what the rest of the store does by them.
type Rows struct {
	rows   *rows.Rows
	groups *groups.Rows
	// indexes are by stream.
	indexes map[ledger.ID]*streamIndex
	tables  map[ledger.ID]*codeTable
}

// NewRows gives empty tables beside the other ones.
func NewRows(of *rows.Rows, grouped *groups.Rows) *Rows {
	return &Rows{rows: of, groups: grouped, indexes: map[ledger.ID]*streamIndex{}, tables: map[ledger.ID]*codeTable{}}
}

// streamIndex is what others look up in the documents of a stream.
type streamIndex struct {
	version int64
	paths   []string
	// building has, for paths that are not complete, the id behind that of the next
	// document of before.
	building map[string]ledger.ID
	// kept is what is known of documents.
	kept map[ledger.ID][]byte
	// age is what they are ordered by, see ledger.Newest.
	age map[ledger.ID]ledger.Newest
}

// Index notes the newest revisions of documents and gives the work of those that
// waited for what they hold.
func (r *Rows) Index(stream ledger.ID, docs []ledger.Newest, now ledger.Millis) []ledger.ID {
	index := r.indexes[stream]
	if index == nil || len(docs) == 0 {
		return nil
	}
	index.version++
	var keys []ledger.WaitKey
	for _, d := range docs {
		kept := lookup.Prune(item.Of(d.Body), index.paths)
		index.kept[d.Document], index.age[d.Document] = kept, d
		for no, path := range index.paths {
			lookup.Values(item.Of(kept), path, func(text string) {
				keys = append(keys, ledger.WaitKey{Kind: ledger.StreamWait, Ref: stream, Value: lookup.StreamPlace(no+1, text)})
			})
		}
	}
	return r.release(keys, now)
}

// codeTable is a code table; rows are targets by their source.
type codeTable struct {
	workspace ledger.ID
	name      string
	version   int64
	rows      map[string]string
}

// Overtaken adds the documents to stale that would be parked although what they wait
// for may have come.
func (r *Rows) Overtaken(settled []ledger.Settled, stale map[ledger.ID]bool) {
	for _, out := range settled {
		if out.State != ledger.Unmapped {
			continue
		}
		for _, w := range out.Waits {
			if now, there := r.versionOf(w.Kind, w.Ref); !there || now != w.Version {
				stale[out.Document] = true
			}
		}
	}
}

func (r *Rows) versionOf(kind ledger.WaitKind, ref ledger.ID) (int64, bool) {
	if kind == ledger.StreamWait {
		if index := r.indexes[ref]; index != nil {
			return index.version, true
		}
		return 0, r.rows.Streams[ref] != nil
	}
	t := r.tables[ref]
	if t == nil {
		return 0, false
	}
	return t.version, true
}

// Park notes what documents wait for that are parked now.
func (r *Rows) Park(settled []ledger.Settled, after []ledger.Document, stale map[ledger.ID]bool) {
	for _, doc := range after {
		if doc.State != ledger.Unmapped || stale[doc.ID] {
			continue
		}
		for _, out := range settled {
			if out.Document == doc.ID && out.Rev == doc.ActiveRev && out.State == ledger.Unmapped && len(out.Waits) > 0 {
				r.rows.Waits[doc.ID] = map[ledger.WaitKey]bool{}
				for _, w := range out.Waits {
					r.rows.Waits[doc.ID][w.Key()] = true
				}
			}
		}
	}
}

// release carries out rules.PlanRelease for the documents that wait for one of the
// keys, and gives the work that is due at once.
func (r *Rows) release(keys []ledger.WaitKey, now ledger.Millis) []ledger.ID {
	var parked []rules.Parked
	queued := map[ledger.ID]ledger.Revision{}
	for id, waits := range r.rows.Waits {
		if !slices.ContainsFunc(keys, func(k ledger.WaitKey) bool { return waits[k] }) {
			continue
		}
		doc := *r.rows.Documents[id]
		p := rules.Parked{Document: doc, Flow: r.rows.Streams[doc.Stream].Flow}
		if w := r.rows.Work[doc.Work]; w != nil {
			row := *w
			p.Work = &row
		}
		r.rows.AddQueued(queued, doc)
		if rev, waits := queued[id]; waits {
			p.Queued = &rev
		}
		parked = append(parked, p)
	}
	plan, uncovered := rules.PlanRelease(parked, now, r.rows.NextID)
	r.rows.Must(plan.Err())
	r.groups.CarryOut(plan)
	for _, id := range uncovered {
		r.rows.DropWork(id)
	}
	return plan.Now
}
