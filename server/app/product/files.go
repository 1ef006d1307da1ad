package product

import (
	"context"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/readonly"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/files"
)

// systems opens what sources read: connections by their names and, where a source has
// none, the files of its workspace.
type systems struct {
	connections *connection.Service
	files       *files.Service
}

// Open implements push.Connections and trial.Connections.
func (s systems) Open(ctx context.Context, workspace ledger.ID, name string) (ledger.ID, connector.Session, error) {
	if name == "" {
		return 0, s.files.Open(ctx, workspace), nil
	}
	return s.connections.Open(ctx, workspace, name)
}

// readers opens what systems opens, for reading alone: of what they give nothing writes.
type readers struct{ systems }

// Read implements dryrun.Connections.
func (r readers) Read(ctx context.Context, workspace ledger.ID, name string) (ledger.ID, *readonly.Session, error) {
	id, session, err := r.systems.Open(ctx, workspace, name)
	if err != nil {
		return 0, nil, err
	}
	if name == "" {
		return id, readonly.Of(session), nil
	}
	operations, err := r.Manifest(ctx, workspace, name)
	if err != nil {
		return 0, nil, err
	}
	return id, readonly.Asking(session, operations), nil
}

// Open implements ask.Connections.
func (r readers) Open(ctx context.Context, workspace ledger.ID, name string) (ledger.ID, connector.Session, error) {
	id, session, err := r.Read(ctx, workspace, name)
	if err != nil {
		return 0, nil, err
	}
	return id, session, nil
}

// Manifest implements ask.Connections.
func (r readers) Manifest(ctx context.Context, workspace ledger.ID, name string) (*manifest.Manifest, error) {
	return r.connections.Manifest(ctx, workspace, name)
}
