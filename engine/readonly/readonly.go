// Package readonly is a session that can't write. What holds one can read a system and
// look objects up in it; no type assertion leads to more, for the session behind it is
// out of reach.
//
// It may import the sdk only.
package readonly

import (
	"context"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

// Session is a connector.Session and a connector.Prober, and never a connector.Writer.
// It is made by Of.
type Session struct{ behind connector.Session }

// Of gives a session without its writing side.
func Of(behind connector.Session) *Session { return &Session{behind} }

// Check implements connector.Session.
func (s *Session) Check(ctx context.Context) (connector.Health, error) { return s.behind.Check(ctx) }

// Query implements connector.Session.
func (s *Session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
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
