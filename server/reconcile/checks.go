package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

// The most days that a comparison may reach back, and that may be read around them.
const (
	mostDays   = 400
	mostMargin = 60
)

// List gives the comparisons of the caller's workspace with their newest runs.
func (s *Service) List(ctx context.Context) ([]Listed, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return nil, err
	}
	return s.Store.Checks(ctx, p.Workspace)
}

// Get gives one with its newest runs.
func (s *Service) Get(ctx context.Context, id ledger.ID) (Check, []Run, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return Check{}, nil, err
	}
	c, err := s.check(ctx, p.Workspace, id)
	if err != nil {
		return c, nil, err
	}
	runs, err := s.Store.List(ctx, p.Workspace, id, 50)
	return c, runs, err
}

func (s *Service) check(ctx context.Context, workspace, id ledger.ID) (Check, error) {
	c, err := s.Store.Check(ctx, workspace, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return c, access.Missing()
	}
	return c, err
}

// Put keeps a comparison, a new one where its ID is 0. Its Version is the one that was seen.
func (s *Service) Put(ctx context.Context, c Check) (Check, error) {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return c, err
	}
	c.Workspace, c.By, c.Updated = p.Workspace, cmp.Or(p.Name, fmt.Sprint("user ", p.User)), s.now()
	if c.ID != 0 {
		if _, err := s.check(ctx, p.Workspace, c.ID); err != nil {
			return c, err
		}
	}
	c.Title, c.Zone = strings.TrimSpace(c.Title), cmp.Or(c.Zone, "Asia/Shanghai")
	if err := s.valid(ctx, &c); err != nil {
		return c, err
	}
	kept, ok, err := s.Store.Put(ctx, c)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return c, access.Missing()
	case err == nil && !ok:
		return c, fault.New("reconcile.changed", "somebody changed the comparison meanwhile").Classed(fault.Data).Hinted("look at it again, then change it")
	}
	return kept, err
}

func (s *Service) valid(ctx context.Context, c *Check) error {
	switch {
	case c.Title == "":
		return fault.New("reconcile.title_missing", "the comparison has no name").At("title").Classed(fault.Data).Hinted("name it, for example after both systems")
	case c.Days < 1 || c.Days > mostDays || c.Margin < 0 || c.Margin > mostMargin:
		return fault.New("reconcile.days_invalid", "a comparison reaches back 1 to %d days, and reads at most %d days around them", mostDays, mostMargin).At("days").Classed(fault.Data).
			Hinted("compare a few days often, and a long time seldom")
	}
	if f := c.Spec.Check(); f != nil {
		return f
	}
	if c.Schedule != "" {
		if _, err := s.Next(c.Schedule, c.Zone, s.Clock()); err != nil {
			return fault.From(err).At("schedule")
		}
	}
	for path, node := range map[string]Node{"source": c.Source, "target": c.Target} {
		if _, err := s.source(ctx, c.Workspace, node); err != nil {
			f := fault.From(err)
			if f.Class == fault.Config {
				return f.At(path)
			}
			return err
		}
	}
	return nil
}

// Delete removes a comparison with all it found.
func (s *Service) Delete(ctx context.Context, id ledger.ID) error {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return err
	}
	err = s.Store.Delete(ctx, p.Workspace, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return access.Missing()
	}
	return err
}

// read is a source node that can be read.
type read struct {
	flow   ledger.ID
	public string
	plan   *plan.Plan
	source *plan.Source
	zone   *time.Location
}

// source gives a source node of a flow's published version.
func (s *Service) source(ctx context.Context, workspace ledger.ID, n Node) (read, error) {
	id, version, err := s.Store.Flow(ctx, workspace, n.Flow)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return read{}, fault.New("reconcile.flow_missing", "there is no such flow").Classed(fault.Config).Hinted("choose another flow")
	case err != nil:
		return read{}, err
	case version == 0:
		return read{}, fault.New("flow.not_published", "the flow has no published version").Classed(fault.Config).Hinted("publish the flow first")
	}
	compiled, err := s.Plans.Plan(ctx, version)
	if err != nil {
		return read{}, err
	}
	for _, source := range compiled.Sources {
		if source.NodeID == n.Node {
			zone, err := time.LoadLocation(cmp.Or(compiled.Flow.Spec.Settings.Timezone, "Asia/Shanghai"))
			if err != nil {
				zone = time.UTC
			}
			return read{id, n.Flow, compiled, source, zone}, nil
		}
	}
	return read{}, fault.New("reconcile.node_missing", "the published flow has no source node %s", n.Node).Classed(fault.Config).Hinted("choose another node, or publish the flow")
}
