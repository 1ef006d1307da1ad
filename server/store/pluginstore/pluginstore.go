// Package pluginstore reads from SQL what uses a connector.
//
// It may import server/store, server/plugins and engine/ledger only.
package pluginstore

import (
	"context"
	"database/sql"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/plugins"
	"github.com/karezflow/karez/server/store"
)

// Store implements plugins.Store.
type Store struct{ db *store.DB }

var _ plugins.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db} }

// ConnectorUse implements plugins.Store.
func (s *Store) ConnectorUse(ctx context.Context, connector string) ([]plugins.Use, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (plugins.Use, error) {
		var c plugins.Use
		return c, rows.Scan(&c.Workspace, &c.Name, &c.Version)
	}, "SELECT workspace_id, name, version FROM connection WHERE connector = ? ORDER BY workspace_id, name", connector)
}

// NodeUse implements plugins.Store.
func (s *Store) NodeUse(ctx context.Context, plugin string) ([]plugins.Use, error) {
	type version struct {
		plugins.Use
		text []byte
	}
	// What the text leaves open, the document tells.
	found, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (version, error) {
		var v version
		return v, rows.Scan(&v.Workspace, &v.Name, &v.text)
	}, "SELECT f.workspace_id, f.title, v.document FROM flow f JOIN flow_version v ON v.flow_id = f.id"+
		" AND v.version_no = (SELECT MAX(w.version_no) FROM flow_version w WHERE w.flow_id = f.id)"+
		" WHERE v.document LIKE ? ORDER BY f.workspace_id, f.title, f.public_id", `%"`+plugin+`/%`)
	if err != nil {
		return nil, err
	}
	var uses []plugins.Use
	for _, v := range found {
		if pin, nodes := plugins.NodesOf(v.text, plugin); len(nodes) > 0 {
			v.Version = pin
			uses = append(uses, v.Use)
		}
	}
	return uses, nil
}

// Placed implements plugins.Store.
func (s *Store) Placed(ctx context.Context, workspace ledger.ID, plugin string) ([]plugins.Drawn, error) {
	var all []plugins.Drawn
	for _, part := range []struct {
		where int
		query string
	}{
		{draft, "SELECT f.public_id, f.title, f.draft FROM flow f WHERE f.workspace_id = ? AND f.draft LIKE ? ORDER BY f.title, f.public_id"},
		{published, "SELECT f.public_id, f.title, v.document FROM flow f JOIN flow_version v ON v.flow_id = f.id" +
			" AND v.version_no = (SELECT MAX(w.version_no) FROM flow_version w WHERE w.flow_id = f.id)" +
			" WHERE f.workspace_id = ? AND v.document LIKE ? ORDER BY f.title, f.public_id"},
	} {
		found, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (plugins.Drawn, error) {
			d := plugins.Drawn{Published: part.where == published}
			return d, rows.Scan(&d.ID, &d.Title, &d.Text)
		}, part.query, workspace, `%"`+plugin+`/%`)
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			if _, nodes := plugins.NodesOf(d.Text, plugin); len(nodes) > 0 {
				all = append(all, d)
			}
		}
	}
	return all, nil
}

// where a flow names a connection, as flowstore writes it.
const draft, published = 0, 1

// Drawn implements plugins.Store.
func (s *Store) Drawn(ctx context.Context, workspace ledger.ID, connector string) ([]plugins.Drawn, error) {
	const (
		from = " FROM flow_connection c JOIN connection n ON n.workspace_id = c.workspace_id AND n.name = c.name JOIN flow f ON f.id = c.flow_id"
		rest = " WHERE c.workspace_id = ? AND n.connector = ? AND c.published = ? ORDER BY f.title, f.public_id, c.name"
	)
	var all []plugins.Drawn
	for _, part := range []struct {
		where int
		query string
	}{
		{draft, "SELECT f.public_id, f.title, c.name, f.draft" + from + rest},
		{published, "SELECT f.public_id, f.title, c.name, v.document" + from +
			" JOIN flow_version v ON v.flow_id = f.id AND v.version_no = (SELECT MAX(w.version_no) FROM flow_version w WHERE w.flow_id = f.id)" + rest},
	} {
		found, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (plugins.Drawn, error) {
			d := plugins.Drawn{Published: part.where == published, Connections: []string{""}}
			return d, rows.Scan(&d.ID, &d.Title, &d.Connections[0], &d.Text)
		}, part.query, workspace, connector, part.where)
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			if n := len(all); n > 0 && all[n-1].ID == d.ID && all[n-1].Published == d.Published {
				all[n-1].Connections = append(all[n-1].Connections, d.Connections...)
				continue
			}
			all = append(all, d)
		}
	}
	return all, nil
}
