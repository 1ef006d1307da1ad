package connection

import (
	"cmp"
	"context"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/inflight"
	"github.com/karezflow/karez/server/limit"
)

// Traffic is how calls of a connection stand, over all processes.
type Traffic struct {
	limit.View

	// AtOnce is how many calls of the connection each process has under way at a time; 0
	// where its connector is not there.
	AtOnce int
	// Trouble is why no calls are made; nil where they are.
	Trouble *Trouble
}

// bucketOf gives the bucket of a stored connection and what is declared of it.
func (s *Service) bucketOf(ctx context.Context, c Connection) (string, *manifest.Manifest, error) {
	m, err := s.Plugins.Manifest(ctx, c.Connector, c.Version)
	if err != nil {
		return "", nil, err
	}
	secrets, err := s.secrets(c)
	if err != nil {
		return "", nil, err
	}
	return s.bucketName(c.Connector, key{c.Workspace, c.Name}, m, manifest.WithDefaults(m.Settings, c.Settings), secrets), m, nil
}

// Traffic tells how calls of a connection stand.
func (s *Service) Traffic(ctx context.Context, name string) (Traffic, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return Traffic{}, err
	}
	c, err := s.stored(ctx, p.Workspace, name)
	if err != nil {
		return Traffic{}, err
	}
	t := Traffic{Trouble: s.trouble(ctx, c)}
	bucket, m, err := s.bucketOf(ctx, c)
	if err != nil {
		t.Level = 1000
		return t, nil //nolint:nilerr // without its connector nothing is known of its limits, and no call is made
	}
	t.AtOnce = cmp.Or(m.Concurrency, inflight.Default)
	t.View, err = s.Limits.View(ctx, bucket, m.Limits)
	return t, err
}

// SetLimit puts calls of people's own in place of a declared limit's, for all connections
// that the vendor counts together; 0 takes them back. More than the vendor declares is
// "connection.limit_high" unless sure says that it is meant.
func (s *Service) SetLimit(ctx context.Context, name string, declared manifest.Limit, calls int, sure bool) error {
	p, err := access.Here(ctx, access.Administer)
	if err != nil {
		return err
	}
	c, err := s.stored(ctx, p.Workspace, name)
	if err != nil {
		return err
	}
	bucket, m, err := s.bucketOf(ctx, c)
	switch {
	case err != nil:
		return err
	case !slices.Contains(m.Limits, declared):
		return fault.New("connection.limit_unknown", "the connection has no such limit").Classed(fault.Data)
	case calls > declared.Calls && !sure:
		return fault.New("connection.limit_high", "the vendor lets %d calls through, %d are more", declared.Calls, calls).Classed(fault.Data).At("calls").
			Hinted("if the vendor has raised the quota of this account, confirm it")
	}
	s.Log.InfoContext(ctx, "a limit is set by hand", "connection", name, "by", p.Name, "declared", declared.Calls, "per", declared.Per.Std(), "calls", calls)
	return s.Limits.Set(ctx, bucket, declared, calls)
}

// Resume lets calls of a connection be made at once that wait because its system did not
// answer or asked for fewer calls. What waits in the ledger is due.
func (s *Service) Resume(ctx context.Context, name string) error {
	p, err := access.Here(ctx, access.Administer)
	if err != nil {
		return err
	}
	c, err := s.stored(ctx, p.Workspace, name)
	if err != nil {
		return err
	}
	bucket, _, err := s.bucketOf(ctx, c)
	if err == nil {
		err = s.Limits.Forgive(ctx, bucket)
	}
	if err == nil {
		err = s.Lines.Resume(ctx, lineName(c))
	}
	if err != nil {
		return err
	}
	s.Log.InfoContext(ctx, "calls are resumed by hand", "connection", name, "by", p.Name)
	s.forget(key{c.Workspace, c.Name})
	return s.Store.WakeConnection(ctx, c.Workspace, c.Name, ledger.At(s.Clock()))
}
