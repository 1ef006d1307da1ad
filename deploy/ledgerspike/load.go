package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/karezflow/karez/deploy/ledgerspike/database"
	"github.com/karezflow/karez/deploy/ledgerspike/payload"
)

// load is a ledger being filled.
type load struct {
	db      *database.DB
	v       variant
	writers []*writer
	meter   *database.Meter
	// next is the first page nobody took yet.
	next int
}

func newLoad(ctx context.Context, s settings, v variant, now clock) (*load, error) {
	db, err := database.Open(ctx, s.database(v))
	if err != nil {
		return nil, err
	}
	l := &load{db: db, v: v}
	if err := l.start(ctx, now); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *load) start(ctx context.Context, now clock) (err error) {
	if l.meter, err = l.db.Meter(ctx, now); err != nil {
		return err
	}
	if l.db.SQLite() {
		l.v.writers = 1
	}
	shared, bodies := &ids{}, payload.NewBodies()
	for range l.v.writers {
		session, err := l.db.Session(ctx, l.v.send == "prepared")
		if err != nil {
			return err
		}
		w, err := newWriter(session, l.v, now, shared, bodies)
		if err != nil {
			return errors.Join(err, session.Close())
		}
		l.writers = append(l.writers, w)
	}
	return prepare(ctx, l.writers[0].s, now().UnixMilli())
}

// fill writes pages more pages, windows started by the first page of each.
func (l *load) fill(ctx context.Context, pages int) error {
	var next atomic.Int64
	next.Store(int64(l.next))
	l.next += pages
	g, ctx := errgroup.WithContext(ctx)
	for _, w := range l.writers {
		g.Go(func() error {
			for {
				last := int(next.Add(int64(l.v.group)))
				var group []*page
				for no := last - l.v.group; no < min(last, l.next); no++ {
					group = append(group, w.newPage(no))
				}
				if len(group) == 0 || ctx.Err() != nil {
					return ctx.Err()
				}
				if err := w.write(ctx, group); err != nil {
					return err
				}
			}
		})
	}
	return g.Wait()
}

// spent adds up the writers' phases.
func (l *load) spent() (p phases, repeats int) {
	for _, w := range l.writers {
		p.add(w.spent)
		repeats += w.s.Repeats()
	}
	return p, repeats
}

// audit proves that the figures belong to a ledger that balances.
func (l *load) audit(ctx context.Context) error {
	docs := l.next * payload.PageSize
	bad := l.next * l.v.bad
	for _, c := range []struct {
		what, query string
		want        int
	}{
		{"documents", "SELECT COUNT(*) FROM document", docs},
		{"delivered documents", fmt.Sprintf("SELECT COUNT(*) FROM document WHERE state = %d AND work_id = 0", stateDelivered), docs - bad},
		{"done deliveries with a number", fmt.Sprintf("SELECT COUNT(*) FROM delivery WHERE state = %d AND target_number IS NOT NULL", done), docs - bad},
		{"problems", "SELECT COUNT(*) FROM problem", bad},
		{"pages", "SELECT COUNT(*) FROM pull_page WHERE attempt = 1", l.next},
		{"packs", "SELECT COUNT(*) FROM pack", 3 * l.next},
		{"work rows", "SELECT COUNT(*) FROM work", 0},
		{"count pulled", "SELECT n FROM run_count WHERE run_id = 1 AND node_no = 0 AND slot = 'pulled'", docs},
		{"count claimed", "SELECT n FROM run_count WHERE run_id = 1 AND node_no = 0 AND slot = 'claimed'", 0},
		{"count delivered", "SELECT n FROM run_count WHERE run_id = 1 AND node_no = 0 AND slot = 'delivered'", docs - bad},
	} {
		got, err := l.writers[0].s.Number(ctx, c.query)
		if err != nil {
			return err
		}
		if got != c.want {
			return fmt.Errorf("the ledger has %d %s in place of %d", got, c.what, c.want)
		}
	}
	return nil
}

// close lets the connections go before the ledger is dropped.
func (l *load) close() error {
	var failed []error
	for _, w := range l.writers {
		failed = append(failed, w.s.Close())
	}
	return errors.Join(append(failed, l.db.Close())...)
}
