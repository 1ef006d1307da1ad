package documentstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// Detail implements document.Store.
func (s *Store) Detail(ctx context.Context, workspace, id ledger.ID) (document.Detail, error) {
	var v *view
	err := s.db.Read(ctx).Transaction(func(tx *gorm.DB) error {
		v = &view{tx: tx, id: id}
		for _, step := range []func() error{
			func() error { return v.document(workspace) }, v.revisions, v.problem, v.deliveries, v.lineage, v.bill, v.bills, v.payloads,
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	}, &sql.TxOptions{ReadOnly: true, Isolation: s.sql.Snapshot()})
	if err != nil {
		return document.Detail{}, err
	}
	return v.out, nil
}

// view is one Detail.
type view struct {
	tx     *gorm.DB
	id     ledger.ID
	doc    ledger.Document
	source ledgerrow.Address
	rows   []stored
	out    document.Detail
}

func (v *view) document(workspace ledger.ID) error {
	found, err := store.Scan(v.tx, func(rows *sql.Rows) (document.Summary, error) {
		return scanSummary(rows, &v.doc.Version, &v.doc.State, &v.doc.Stream, &v.doc.Attention, &v.source.Pack, &v.source.No)
	}, "SELECT "+summaryColumns+", d.version_id, d.state, d.stream_id, d.attention, d.pack_id, d.pack_no FROM "+summaryTables+" WHERE d.id = ? AND d.workspace_id = ?", v.id, workspace)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return ledger.ErrNotFound
	}
	if err := markFailing(v.tx, found); err != nil {
		return err
	}
	v.out.Summary = found[0]
	return v.tx.Raw("SELECT COALESCE(MAX(version_no), 0) FROM flow_version WHERE id = ?", v.doc.Version).Scan(&v.out.Version).Error
}

func (v *view) revisions() error {
	revisions, err := store.Scan(v.tx, func(rows *sql.Rows) (document.Revision, error) {
		var r document.Revision
		var state ledger.State
		err := rows.Scan(&r.Rev, &r.Origin, &state, &r.Actor, &r.At)
		r.State = document.StateName(state)
		return r, err
	}, "SELECT rev, origin, state, actor, updated_at FROM revision WHERE document_id = ? ORDER BY rev", v.id)
	if err != nil {
		return err
	}
	// The active revision has a row of its own only where it was edited, and its
	// state is the document's.
	active := document.Revision{Rev: v.out.Rev, Origin: "pull", At: v.out.Updated}
	at := slices.IndexFunc(revisions, func(r document.Revision) bool { return r.Rev >= active.Rev })
	switch {
	case at >= 0 && revisions[at].Rev == active.Rev:
		active.Origin, active.Actor = revisions[at].Origin, revisions[at].Actor
		revisions[at] = active
	case at >= 0:
		revisions = slices.Insert(revisions, at, active)
	default:
		at, revisions = len(revisions), append(revisions, active)
	}
	revisions[at].State = v.out.State
	v.out.Revisions = revisions
	return nil
}

func (v *view) problem() error {
	found, err := store.Scan(v.tx, func(rows *sql.Rows) (document.Problem, error) {
		var p document.Problem
		var path, args, message, hint sql.NullString
		err := rows.Scan(&p.Code, &p.Node, &path, &args, &message, &hint, &p.Since)
		p.Path, p.Args, p.Message, p.Hint = path.String, store.ReadArgs(args), message.String, hint.String
		return p, err
	}, "SELECT code, node_id, path, args, message, hint, since FROM problem WHERE document_id = ?", v.id)
	if err == nil && len(found) > 0 {
		v.out.Problem = &found[0]
	}
	return err
}

func (v *view) deliveries() error {
	var err error
	if v.rows, err = deliveries(v.tx, v.id, ""); err != nil || len(v.rows) == 0 {
		return err
	}
	names, err := v.names()
	if err != nil {
		return err
	}
	for _, d := range v.rows {
		v.out.Deliveries = append(v.out.Deliveries, document.Delivery{
			Node: names[fmt.Sprint("node ", d.NodeNo)], Part: d.Part, Attempt: d.Attempt,
			Connection: names[fmt.Sprint("connection ", d.Connection)], Resource: d.Resource, Key: d.Key,
			State: d.State.String(), Code: d.Code, Message: d.Message, Args: d.Args, TargetID: d.TargetID, TargetNumber: d.TargetNumber, Step: d.Step, Updating: d.Updating,
			Writeback: d.Writeback, NextAt: d.NextAt, Updated: d.Updated,
		})
		if v.out.TargetNumber == "" || d.TargetNumber != "" && d.TargetNumber < v.out.TargetNumber {
			v.out.TargetNumber = d.TargetNumber
		}
	}
	return nil
}

// names gives the names of the flow's nodes and of the deliveries' connections.
func (v *view) names() (map[string]string, error) {
	ids := make([]ledger.ID, len(v.rows))
	for i, d := range v.rows {
		ids[i] = d.Connection
	}
	type named struct {
		id   ledger.ID
		name string
	}
	scan := func(rows *sql.Rows) (named, error) {
		var n named
		return n, rows.Scan(&n.id, &n.name)
	}
	nodes, err := store.Scan(v.tx, scan, "SELECT node_no, node_id FROM flow_node WHERE flow_id = (SELECT flow_id FROM stream WHERE id = ?)", v.doc.Stream)
	if err != nil {
		return nil, err
	}
	connections, err := store.Scan(v.tx, scan, "SELECT id, name FROM connection WHERE id IN "+store.In(len(ids)), store.Args(nil, ids...)...)
	out := map[string]string{}
	for _, n := range nodes {
		out[fmt.Sprint("node ", n.id)] = n.name
	}
	for _, c := range connections {
		out[fmt.Sprint("connection ", c.id)] = c.name
	}
	return out, err
}

// purged tells when the source was removed.
func (v *view) purged() error {
	found, err := store.Scan(v.tx, func(rows *sql.Rows) (p document.Purged, err error) { return p, rows.Scan(&p.Rule, &p.Days, &p.At) },
		"SELECT rule, days, removed_at FROM purged_pack WHERE pack_id = ?", v.source.Pack)
	v.out.Purged = &document.Purged{}
	if len(found) > 0 {
		v.out.Purged = &found[0]
	}
	return err
}

// payloads fills in what is kept in packs.
func (v *view) payloads() error {
	wanted := []ledgerrow.Address{v.source}
	for _, d := range v.rows {
		wanted = append(wanted, d.body, d.response)
	}
	bodies, err := ledgerrow.Payloads(v.tx, wanted)
	if err != nil {
		return err
	}
	if v.out.Source = bodies[v.source]; v.out.Source == nil && v.source.Pack != 0 {
		if err := v.purged(); err != nil {
			return err
		}
	}
	for i, d := range v.rows {
		out := &v.out.Deliveries[i]
		out.Mapped, out.Response = bodies[d.body], bodies[d.response]
	}
	return nil
}
