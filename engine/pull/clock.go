package pull

import (
	"context"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

// How far a source's clock may stand apart from ours.
const (
	// WarnApart is worth a word, MostApart stops reading: such a clock is set wrong, and
	// a window that ends in the future would pass by what comes until then.
	WarnApart = time.Minute
	MostApart = 10 * time.Minute
	// OwnTime is that of a system that lives in a time of its own: a simulation, a copy
	// of last year's books. Nobody sets a clock wrong by so much.
	OwnTime = 24 * time.Hour
)

// clock gives the source's time and notes how far it stands apart from ours.
func (p *Puller) clock(ctx context.Context, job Job, stream ledger.Stream) (time.Time, error) {
	now, told, err := p.ask(ctx, job)
	if err != nil || !told {
		return now, err
	}
	ahead := now.Sub(p.Clock()).Truncate(time.Second) // vendors tell whole seconds
	if stream.ClockAt == 0 || ahead != stream.Ahead {
		if err := p.Store.NoteClock(ctx, stream.ID, ahead, p.now()); err != nil {
			return now, err
		}
	}
	switch apart := ahead.Abs(); {
	case apart >= OwnTime: // windows go by the source's time, whatever it is
	case apart > MostApart:
		return now, fault.New("source.clock_wrong", "the source's clock says %s and ours %s: one of them is wrong",
			now.UTC().Format(time.RFC3339), p.Clock().UTC().Format(time.RFC3339)).
			Classed(fault.Transient).Hinted("set the clock that is wrong; the source is read again then, and nothing is passed by until that")
	case apart > WarnApart:
		p.Log.WarnContext(ctx, "the source's clock stands apart from ours", "stream", stream.NodeID, "ahead", ahead)
	}
	return now, nil
}

// sourceTime gives the source's time; ours stands in where it tells none.
func (p *Puller) sourceTime(ctx context.Context, job Job) (time.Time, error) {
	now, _, err := p.ask(ctx, job)
	return now, err
}

func (p *Puller) ask(ctx context.Context, job Job) (now time.Time, told bool, err error) {
	var health connector.Health
	err = p.retry(ctx, func(ctx context.Context) error {
		var err error
		health, err = job.Session.Check(ctx)
		return err
	})
	if err != nil || !health.SourceTime.IsZero() {
		return health.SourceTime, err == nil, err
	}
	return p.Clock(), false, nil
}
