// Package closing makes bills of the groups whose time has come: it reads a group,
// composes it by the plan of its version and commits the bills, unless the group
// changed meanwhile.
//
// It may import engine/barrier, engine/failpoint, engine/group, engine/ledger,
// engine/plan and sdk/fault: never a database, a session or a timer.
package closing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/group"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/fault"
)

// Plans give the compiled version of a flow.
type Plans interface {
	Plan(ctx context.Context, version ledger.ID) (*plan.Plan, error)
}

// Config wires a Closer.
type Config struct {
	Store barrier.Composing
	Plans Plans
	Clock func() time.Time
	Log   *slog.Logger
}

// Closer closes groups. Any number of processes may have one: what another closed
// first is left alone.
type Closer struct{ Config }

// New gives a Closer.
func New(c Config) *Closer { return &Closer{c} }

// Work are rows that are due at once, by their priority.
type Work map[int][]ledger.ID

// atOnce is how many groups are listed at a time.
const atOnce = 50

// Sweep closes what can be closed now. A group that can't be composed is told of in
// the log, waits and stops no other, and neither does one that the ledger can't write;
// the error is the ledger's.
func (c *Closer) Sweep(ctx context.Context) (Work, error) {
	work := Work{}
	failed := c.all(ctx, work, func(after ledger.ID) ([]barrier.Head, error) {
		return c.Store.DueGroups(ctx, c.now(), after, atOnce)
	})
	nodes, err := c.Store.RunGroups(ctx)
	if err != nil {
		return work, errors.Join(failed, err)
	}
	quiet := map[ledger.ID]bool{}
	for _, at := range nodes {
		still, known := quiet[at.Run]
		if !known {
			if still, err = c.Store.Quiet(ctx, at.Run); err != nil && !errors.Is(err, ledger.ErrNotFound) {
				return work, errors.Join(failed, err)
			}
			quiet[at.Run] = still
		}
		if !still || c.behind(ctx, at, nodes) {
			continue
		}
		failed = errors.Join(failed, c.all(ctx, work, func(after ledger.ID) ([]barrier.Head, error) {
			return c.Store.GroupsOf(ctx, at, after, atOnce)
		}))
	}
	return work, failed
}

// all closes what list gives, page by page. Its error has that of every group.
func (c *Closer) all(ctx context.Context, work Work, list func(after ledger.ID) ([]barrier.Head, error)) error {
	var failed error
	for after := ledger.ID(0); ; {
		heads, err := list(after)
		if err != nil {
			return errors.Join(failed, err)
		}
		for _, h := range heads {
			if err := c.close(ctx, h, work); err != nil {
				failed = errors.Join(failed, fmt.Errorf("group %d: %w", h.Document, err))
			}
			if ctx.Err() != nil {
				return failed
			}
			after = h.Document
		}
		if len(heads) < atOnce {
			return failed
		}
	}
}

// behind reports whether a node may still get bills of another group of the run that
// is open.
func (c *Closer) behind(ctx context.Context, at barrier.RunNode, nodes []barrier.RunNode) bool {
	for _, other := range nodes {
		if other.Run != at.Run || other.Version != at.Version || other.NodeID == at.NodeID {
			continue
		}
		compiled, err := c.Plans.Plan(ctx, at.Version)
		if err != nil {
			return false // close tells
		}
		if leads(compiled, other.NodeID, at.NodeID) {
			return true
		}
	}
	return false
}

// leads reports whether records that leave a node may come to another one.
func leads(p *plan.Plan, from, to string) bool {
	reached := make([]bool, len(p.Steps))
	for i, step := range p.Steps {
		if step.NodeID != from && !reached[i] {
			continue
		}
		if step.NodeID == to {
			return true
		}
		for _, next := range step.Next {
			for _, at := range next {
				reached[at] = true
			}
		}
	}
	return false
}

// close makes the bills of one group.
func (c *Closer) close(ctx context.Context, h barrier.Head, work Work) error {
	g, err := c.Store.Group(ctx, h.Document)
	if err != nil || g.Head.Seq != h.Seq {
		return err // who changed it calls again
	}
	program, compiled, err := c.program(ctx, g.Head)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		c.Log.WarnContext(ctx, "a group can't be composed, its documents wait", "group", h.Document, "documents", h.Members, "error", err)
		return nil
	}
	closing := barrier.Closing{
		Group: h.Document, Seq: g.Head.Seq, Now: c.now(), Priority: ledger.PriorityOf(compiled.Flow.Spec.Settings.Priority),
	}
	if g.Head.State == barrier.Changed {
		closing.Bills = []barrier.Bill{bill(program.Recompose(members(g.Members)), g.Members)}
	} else {
		for _, b := range program.Compose(members(g.Members)) {
			closing.Bills = append(closing.Bills, bill(b, g.Members))
		}
	}
	failpoint.Hit("before_close")
	due, err := c.Store.CloseGroup(ctx, closing)
	if errors.Is(err, ledger.ErrFenced) {
		return nil // it changed, or somebody was faster: the next sweep sees
	}
	failpoint.Hit("after_close")
	work[closing.Priority] = append(work[closing.Priority], due...)
	return err
}

func (c *Closer) program(ctx context.Context, h barrier.Head) (*group.Program, *plan.Plan, error) {
	compiled, err := c.Plans.Plan(ctx, h.Version)
	if err != nil {
		return nil, nil, err
	}
	at := slices.IndexFunc(compiled.Steps, func(s *plan.Step) bool { return s.NodeID == h.NodeID && s.Group != nil })
	if at < 0 {
		return nil, nil, fault.New("group.node_gone", "the version has no group %s", h.NodeID).Classed(fault.Config)
	}
	return compiled.Steps[at].Group, compiled, nil
}

// Without composes a closed group anew without a member; nil where nobody is left.
func (c *Closer) Without(ctx context.Context, g barrier.Group, member ledger.ID) (*barrier.Bill, error) {
	program, _, err := c.program(ctx, g.Head)
	if err != nil {
		return nil, err
	}
	left := slices.DeleteFunc(slices.Clone(g.Members), func(m barrier.Member) bool { return m.Document == member })
	if len(left) == 0 {
		return nil, nil //nolint:nilnil // there is no bill of nobody
	}
	b := bill(program.Recompose(members(left)), left)
	return &b, nil
}

// members gives members as engine/group takes them, by their documents' ids.
func members(of []barrier.Member) []group.Member {
	out := make([]group.Member, len(of))
	for i, m := range of {
		out[i] = group.Member{Document: int64(m.Document), Rev: m.Rev, Records: group.DecodeRecords(m.Records)}
	}
	return out
}

// bill gives a bill as the ledger takes it.
func bill(b group.Bill, of []barrier.Member) barrier.Bill {
	out := barrier.Bill{Body: b.Body, Origins: group.EncodeOrigins(b.Lines)}
	for _, m := range b.Members {
		at := slices.IndexFunc(of, func(o barrier.Member) bool { return int64(o.Document) == m.Document })
		member := of[at]
		member.Records = group.EncodeRecords(m.Records)
		out.Members = append(out.Members, member)
	}
	return out
}

func (c *Closer) now() ledger.Millis { return ledger.At(c.Clock()) }
