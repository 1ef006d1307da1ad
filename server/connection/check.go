package connection

import (
	"context"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

// checkTime is how long a system may take to answer a check.
const checkTime = 30 * time.Second

// Result tells whether a system lets the connection in.
type Result struct {
	OK bool
	// Fault says why not.
	Fault *fault.Fault
	// Took is the time that opening and asking took.
	Took time.Duration
	// Account names what the credentials reach, for people.
	Account string
}

// CheckSaved asks the system of a stored connection.
func (s *Service) CheckSaved(ctx context.Context, name string) (Result, error) {
	p, err := access.Here(ctx, access.Operate)
	if err != nil {
		return Result{}, err
	}
	if _, err := s.stored(ctx, p.Workspace, name); err != nil {
		return Result{}, err
	}
	return s.ask(ctx, func(ctx context.Context) (connector.Health, error) {
		_, session, err := s.Open(ctx, p.Workspace, name)
		if err != nil {
			return connector.Health{}, err
		}
		return session.Check(ctx)
	}), nil
}

// Check asks the system of a connection that is not saved, or not saved so.
// Secrets that are left out are those of the stored connection with the name.
func (s *Service) Check(ctx context.Context, change Change) (Result, error) {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return Result{}, err
	}
	c, _, err := s.changed(ctx, p.Workspace, change)
	if err != nil {
		return Result{}, err
	}
	if change.Connector != "" && change.Connector != c.Connector { // a new one under a name that is taken
		c.ID, c.Connector, c.Secrets = 0, change.Connector, merged(nil, change.Secrets)
	}
	// New secrets begin with an empty state, which they don't share: tokens of the
	// stored ones must not be replaced by tokens of others that are never saved.
	if len(change.Secrets) > 0 {
		c.ID = 0
	}
	if err := s.acceptable(ctx, c); err != nil {
		return Result{Fault: advised(fault.From(err))}, nil
	}
	return s.ask(ctx, func(ctx context.Context) (connector.Health, error) {
		session, _, err := s.session(ctx, c)
		if err != nil {
			return connector.Health{}, err
		}
		defer func() { _ = session.Close(context.WithoutCancel(ctx)) }() // it has answered
		return session.Check(ctx)
	}), nil
}

// ask makes a result of a question.
func (s *Service) ask(ctx context.Context, question func(context.Context) (connector.Health, error)) Result {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	began := s.Clock()
	health, err := question(ctx)
	r := Result{OK: err == nil, Took: s.Clock().Sub(began), Account: health.Account}
	if err != nil {
		r.Fault, r.Account = advised(fault.From(err)), ""
	}
	return r
}
