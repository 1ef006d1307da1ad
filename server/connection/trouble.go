package connection

import (
	"context"
	"fmt"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/trouble"
)

// Trouble is what keeps calls of a connection from being made.
type Trouble = trouble.Trouble

// lineName names the line to a connection's system. A connection that was changed has
// another one: what it was before says nothing of it.
func lineName(c Connection) string { return fmt.Sprintf("line/%d/%d", c.ID, c.Revision) }

// line gives the line to a connection's system; one that is not stored has none.
func (s *Service) line(c Connection) *trouble.Line {
	if c.ID == 0 {
		return nil
	}
	return s.Lines.Line(lineName(c), func(ctx context.Context) {
		if err := s.Store.WakeConnection(ctx, c.Workspace, c.Name, ledger.At(s.Clock())); err != nil {
			s.Log.WarnContext(ctx, "what waited for a system goes on in its own time", "connection", c.Name, "error", err)
		}
	})
}

// trouble gives what keeps calls of a connection waiting: that its system does not
// answer, as any process found, or what has to be mended, as this one met it.
func (s *Service) trouble(ctx context.Context, c Connection) *Trouble {
	if t, err := s.Lines.Interruption(ctx, lineName(c)); err == nil && t != nil {
		return t
	}
	s.mu.Lock()
	o := s.open[key{c.Workspace, c.Name}]
	var of interface{ First() *Trouble }
	if o != nil && o.id == c.ID && o.revision >= c.Revision {
		of, _ = o.session.(interface{ First() *Trouble })
	}
	s.mu.Unlock()
	if of == nil {
		return nil
	}
	return of.First()
}
