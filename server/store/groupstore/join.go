package groupstore

import (
	"cmp"
	"slices"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// IDs gives how many ids Join takes at most.
func IDs(settled []ledger.Settled) int {
	n := 0
	for i := range settled {
		n += 4 * len(settled[i].Joins) // a stream, a document, and packs for the header and the records
	}
	return n
}

// Late carries out barrier.Late for documents that are to be held; docs are their rows.
// It comes before the end of their walks is planned.
func (s *Store) Late(tx *gorm.DB, settled []ledger.Settled, docs map[ledger.ID]*ledger.Document) ([]ledger.Settled, error) {
	var before []ledger.ID // only who was delivered can be in a bill that was
	for i := range settled {
		if doc := docs[settled[i].Document]; doc != nil && settled[i].State == ledger.Held && doc.DoneRev > 0 {
			before = append(before, doc.ID)
		}
	}
	if len(before) == 0 {
		return settled, nil
	}
	in, err := members(tx, byDocument, before)
	if err != nil {
		return nil, err
	}
	groups := make([]ledger.ID, len(in))
	for i, m := range in {
		groups[i] = m.Group
	}
	found, err := heads(tx, groups, "")
	if err != nil {
		return nil, err
	}
	bills, err := documents(tx, groups, "")
	if err != nil {
		return nil, err
	}
	out := slices.Clone(settled)
	for i := range out {
		var earlier []barrier.Earlier
		for _, m := range in {
			if m.Document == out[i].Document && m.Rev < out[i].Rev {
				earlier = append(earlier, barrier.Earlier{Head: found[m.Group], Document: bills[m.Group]})
			}
		}
		if len(earlier) > 0 {
			out[i] = barrier.Late(out[i], earlier)
		}
	}
	return out, nil
}

// joining is one join of a document that is held now.
type joining struct {
	ledger.Join

	doc *ledger.Document
	out *ledger.Settled
}

// Join lets documents join their groups that are held now: after are their rows as the
// end of their walk left them.
func (s *Store) Join(tx *gorm.DB, o ledger.Outcome, flow ledger.ID, after []ledger.Document, stale map[ledger.ID]bool, nextID func() ledger.ID) error {
	all := joins(o.Documents, after, stale)
	if len(all) == 0 {
		return nil
	}
	bodies := &ledgerrow.Packs{Workspace: o.Workspace, Kind: "group", Now: o.Now, NextID: nextID}
	j := joiner{Store: s, tx: tx, flow: flow, now: o.Now, bodies: bodies, nextID: nextID, streams: map[string]ledger.ID{}}
	for start := 0; start < len(all); {
		end := start + 1
		for end < len(all) && all[end].target() == all[start].target() {
			end++
		}
		n, err := j.group(all[start:end])
		if err != nil {
			return err
		}
		start += n
	}
	failpoint.Hit("in_join")
	return bodies.Write(tx, s.sql)
}

// joins gives what is to be joined, by group and in a fixed order, so that concurrent
// transactions lock alike.
func joins(settled []ledger.Settled, after []ledger.Document, stale map[ledger.ID]bool) []joining {
	rows := make(map[ledger.ID]*ledger.Document, len(after))
	for i := range after {
		rows[after[i].ID] = &after[i]
	}
	var out []joining
	for i := range settled {
		doc := rows[settled[i].Document]
		if doc == nil || settled[i].State != ledger.Held || doc.State != ledger.Held || doc.ActiveRev != settled[i].Rev || stale[doc.ID] {
			continue
		}
		for _, j := range settled[i].Joins {
			out = append(out, joining{j, doc, &settled[i]})
		}
	}
	slices.SortStableFunc(out, func(a, b joining) int {
		x, y := a.target(), b.target()
		return cmp.Or(cmp.Compare(x.into, y.into), cmp.Compare(x.node, y.node), cmp.Compare(x.version, y.version), cmp.Compare(x.key, y.key),
			cmp.Compare(a.doc.ID, b.doc.ID))
	})
	return out
}

// group names what is joined.
type group struct {
	into, version ledger.ID
	node, key     string
}

func (j joining) target() group {
	if j.Into != 0 {
		return group{into: j.Into}
	}
	return group{version: j.doc.Version, node: j.NodeID, key: j.Key}
}

type joiner struct {
	*Store

	tx      *gorm.DB
	flow    ledger.ID
	now     ledger.Millis
	bodies  *ledgerrow.Packs
	nextID  func() ledger.ID
	streams map[string]ledger.ID
}

// group lets documents join one group until it is full; it gives how many did.
func (j *joiner) group(all []joining) (int, error) {
	h, fresh, err := j.head(all[0])
	if err != nil {
		return 0, err
	}
	known, err := store.Scan(j.tx, store.Column[ledger.ID], "SELECT document_id FROM group_member WHERE group_document_id = ?", h.Document)
	if err != nil {
		return 0, err
	}
	in := make(map[ledger.ID]bool, len(known))
	for _, id := range known {
		in[id] = true
	}
	rows := make([]barrier.Member, 0, len(all))
	for _, a := range all {
		if h.State == barrier.Full {
			break
		}
		h.Take(a.Join, in[a.doc.ID], j.now)
		in[a.doc.ID] = true
		rows = append(rows, barrier.Member{Group: h.Document, Document: a.doc.ID, Rev: a.out.Rev, Rest: a.out.Rest, OnSeen: a.out.OnSeen, Records: a.Records})
	}
	if err := j.putMembers(j.tx, rows, j.bodies); err != nil {
		return 0, err
	}
	if fresh {
		return len(rows), j.sql.Insert(j.tx, headTable(), [][]any{headRow(h)})
	}
	return len(rows), j.putHeads(j.tx, h)
}

// head locks the group that a join is to. Where there is none its document is
// inserted; the group itself is, once it has members: where another worker opens it at
// this moment the transaction is repeated.
func (j *joiner) head(a joining) (h barrier.Head, fresh bool, err error) {
	if a.Into != 0 {
		found, err := heads(j.tx, []ledger.ID{a.Into}, j.sql.ForUpdate())
		if err == nil && found[a.Into].Document == 0 {
			err = ledger.ErrNotFound
		}
		return found[a.Into], false, err
	}
	stream, err := j.stream(a)
	if err != nil {
		return h, false, err
	}
	found, err := store.Scan(j.tx, scanHead, "SELECT "+headColumns+" FROM group_head WHERE stream_id = ? AND version_id = ? AND open_key = ?"+j.sql.ForUpdate(),
		stream, a.doc.Version, a.Key)
	if err != nil {
		return h, false, err
	}
	if len(found) > 0 {
		return found[0], false, nil
	}
	run := a.doc.Run
	if run == 0 { // a bill that joins has the run of its own group
		runs, err := Runs(j.tx, []ledger.ID{a.doc.ID})
		if err != nil {
			return h, false, err
		}
		run = runs[a.doc.ID]
	}
	h, doc := barrier.Begin(a.Join, *a.doc, j.flow, stream, j.nextID(), run, j.now)
	at := j.bodies.Add(a.Header)
	doc.Pack, doc.PackNo = at.Pack, at.No
	return h, true, j.rows.InsertDocuments(j.tx, []ledger.Document{doc})
}

// stream gives the stream of a group's bills and makes it at first use.
func (j *joiner) stream(a joining) (ledger.ID, error) {
	if id := j.streams[a.NodeID]; id != 0 {
		return id, nil
	}
	found, err := store.Scan(j.tx, store.Column[ledger.ID], "SELECT id FROM stream WHERE flow_id = ? AND node_id = ?", j.flow, a.NodeID)
	if err != nil {
		return 0, err
	}
	if len(found) > 0 {
		j.streams[a.NodeID] = found[0]
		return found[0], nil
	}
	id := j.nextID()
	j.streams[a.NodeID] = id
	if err := j.tx.Exec("INSERT INTO stream (id,workspace_id,flow_id,node_id,kind) VALUES (?,?,?,?,?)", id, a.doc.Workspace, j.flow, a.NodeID, kind).Error; err != nil {
		return 0, err
	}
	return id, j.tx.Exec("INSERT INTO stream_cursor (stream_id) VALUES (?)", id).Error
}
