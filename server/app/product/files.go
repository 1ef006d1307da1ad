package product

import (
	"context"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/readonly"
	"github.com/karezflow/karez/sdk/connector"
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

// Read implements dryrun.Connections: what it gives can't write.
func (s systems) Read(ctx context.Context, workspace ledger.ID, name string) (*readonly.Session, error) {
	_, session, err := s.Open(ctx, workspace, name)
	if err != nil {
		return nil, err
	}
	return readonly.Of(session), nil
}
