// Package readonly is a session that can't write. What holds one can read a system and
// look objects up in it; no type assertion leads to more, for the session behind it is
// out of reach.
//
// It may import sdk/connector, sdk/fault and sdk/manifest only.
package readonly

import (
	"context"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// Session is a connector.Session and a connector.Prober, and never a connector.Writer.
// It is made by Of and Asking.
type Session struct {
	behind     connector.Session
	operations *manifest.Manifest
}

// Of gives a session without its writing side.
func Of(behind connector.Session) *Session { return &Session{behind: behind} }

// Asking gives a session whose queries are those of a manifest: by no other name does a
// call reach the system.
func Asking(behind connector.Session, operations *manifest.Manifest) *Session {
	return &Session{behind, operations}
}

// Check implements connector.Session.
func (s *Session) Check(ctx context.Context) (connector.Health, error) { return s.behind.Check(ctx) }

// Query implements connector.Session. Behind Asking an operation that is no query never
// reaches the connector: it is "connector.not_a_query".
func (s *Session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	if s.operations != nil {
		if op, ok := s.operations.Operation(req.Operation); !ok || op.Kind != manifest.Query {
			return connector.Page{}, fault.New("connector.not_a_query", "%s is no query, and only queries are made here", req.Operation).
				Classed(fault.Config).Unapplied().Hinted("choose an operation that reads")
		}
	}
	return s.behind.Query(ctx, req)
}

// Close implements connector.Session.
func (s *Session) Close(ctx context.Context) error { return s.behind.Close(ctx) }

// Probe implements connector.Prober. A connector that looks nothing up is
// "connector.cannot_probe".
func (s *Session) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	prober, ok := s.behind.(connector.Prober)
	if !ok {
		return nil, fault.New("connector.cannot_probe", "the connector does not look objects up").Classed(fault.Config)
	}
	found, err := prober.Probe(ctx, req)
	if err == nil && len(found) != len(req.Keys) {
		return nil, fault.New("connector.bad_answer", "the connector answered %d keys of %d", len(found), len(req.Keys)).Classed(fault.Internal)
	}
	return found, err
}
