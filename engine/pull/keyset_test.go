package pull_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// keyed is a source that gives what lies behind a key, in its order.
type keyed struct {
	*enginetest.Shop

	field string
	// tokens are what was asked with; before runs before every page.
	tokens []string
	before func(call int)
}

func (k *keyed) Query(_ context.Context, req connector.QueryRequest) (connector.Page, error) {
	k.tokens = append(k.tokens, req.Page.Token)
	if k.before != nil {
		k.before(len(k.tokens))
	}
	key := func(o enginetest.Order) string { return item.Of(o.JSON()).Field(k.field).Text() }
	in := slices.DeleteFunc(slices.Clone(k.Orders()), func(o enginetest.Order) bool { return req.Page.Token != "" && key(o) <= req.Page.Token })
	slices.SortFunc(in, func(a, b enginetest.Order) int { return cmp.Or(cmp.Compare(key(a), key(b)), cmp.Compare(a.ID, b.ID)) })
	n := min(req.Page.Size, len(in))
	rows := make([][]byte, n)
	for i, o := range in[:n] {
		rows[i] = o.JSON()
	}
	return connector.Page{Rows: append(append([]byte{'['}, bytes.Join(rows, []byte{','})...), ']'), Total: len(in), More: n < len(in)}, nil
}

// behind pages a rig by a key.
func (r *rig) behind(field string, unique bool, size int) *keyed {
	r.job.Source.Page.Strategy, r.job.Source.Page.Direction = manifest.ByKeyset, manifest.Forward
	r.job.Source.Page.KeyField, r.job.Source.Page.KeyUnique, r.job.Source.Page.Size = field, unique, size
	k := &keyed{Shop: r.shop, field: field}
	r.session = k
	return k
}

// TestPagesBehindAKey: 500 documents of one moment lie across page edges, and all arrive,
// whatever comes, goes or moves meanwhile.
func TestPagesBehindAKey(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		field  string
		unique bool
		size   int
		before func(s *enginetest.Shop) func(call int)
	}{
		"by what identifies a document":   {"id", true, 100, nil},
		"by what may repeat":              {"id", false, 100, nil},
		"by a few of which each is equal": {"no", false, 100, nil},
		"rows go from pages that were read": {"id", true, 100, func(s *enginetest.Shop) func(int) {
			return func(call int) {
				if call == 3 {
					o := s.Orders()[0]
					o.ID = "zz-gone" // it is at the end now
					s.Orders()[0] = o
				}
			}
		}},
		"rows come before the key": {"id", false, 100, func(s *enginetest.Shop) func(int) {
			return func(call int) {
				if call == 3 {
					s.Put(enginetest.Order{ID: "a-late", No: "000", Modified: day(1, 6)})
				}
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			for i := range 500 {
				r.shop.Put(enginetest.Order{ID: fmt.Sprintf("o%03d", i), No: fmt.Sprintf("%03d", i/7), Modified: day(1, 6)})
			}
			k := r.behind(c.field, c.unique, c.size)
			if c.before != nil {
				k.before = c.before(r.shop)
			}
			counts, err := r.run()
			if err != nil {
				t.Fatal(err)
			}
			keys := r.keys()
			for i := range 500 {
				if id := fmt.Sprintf("o%03d", i); !slices.Contains(keys, id) {
					t.Fatalf("%s did not arrive", id)
				}
			}
			if len(k.tokens) > 7 || k.tokens[0] != "" || counts[ledger.SlotUnchanged] > 0 {
				t.Errorf("asked with %v, %v", k.tokens, counts)
			}
		})
	}
}

// TestAKeyThatFillsAPage stops with a reason and passes nothing by.
func TestAKeyThatFillsAPage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 30 {
		r.shop.Put(enginetest.Order{ID: fmt.Sprintf("o%03d", i), No: "same", Modified: day(1, 6)})
	}
	r.behind("no", false, 10)
	if _, err := r.run(); fault.CodeOf(err) != "paging.key_repeated" || !r.watermark().IsZero() {
		t.Errorf("error %v, cursor at %s", err, r.watermark())
	}
}

// capped is a source that gives so many rows of one range and no more.
type capped struct {
	*enginetest.Shop

	most  int
	coded bool
}

func (c capped) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	page, err := c.Shop.Query(ctx, req)
	if c.coded && page.Total > c.most {
		return connector.Page{}, fault.New(manifest.TooManyRows, "too many").Classed(fault.Transient)
	}
	return page, err
}

// TestARangeWithTooManyRows is halved until the source gives it, and where it can't be
// halved reading stops with a reason.
func TestARangeWithTooManyRows(t *testing.T) {
	t.Parallel()
	for _, coded := range []bool{true, false} {
		r := newRig(t)
		r.orders(90, day(1, 1))
		r.session = capped{r.shop, 12, coded}
		if !coded {
			r.job.Source.Window.MaxRows = 12
		}
		if _, err := r.run(); err != nil {
			t.Fatal(err)
		}
		if n := len(r.keys()); n != 90 {
			t.Errorf("%d of 90 arrived", n)
		}
		r = newRig(t)
		for i := range 30 {
			r.shop.Put(enginetest.Order{ID: fmt.Sprintf("s%02d", i), No: "n", Modified: day(1, 6)})
		}
		r.session = capped{r.shop, 12, coded}
		if !coded {
			r.job.Source.Window.MaxRows = 12
		}
		if _, err := r.run(); fault.CodeOf(err) != "window.unsplittable" || !r.watermark().Before(day(1, 6)) {
			t.Errorf("error %v, cursor at %s", err, r.watermark())
		}
	}
}

// lying is a source whose total is wrong by so much, until it is asked often enough.
type lying struct {
	*enginetest.Shop

	by, until int
	asked     *int
}

func (l lying) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	*l.asked++
	page, err := l.Shop.Query(ctx, req)
	if *l.asked <= l.until {
		page.Total = max(0, page.Total+l.by)
	}
	return page, err
}

// TestATotalThatLies repeats the window, and stops with a reason where it goes on.
func TestATotalThatLies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		by, until int
		code      string
	}{
		"for a while, too many": {5, 4, ""}, "for a while, too few": {-5, 4, ""},
		"always too many": {5, 1 << 30, "window.unsplittable"}, "always too few": {-5, 1 << 30, "window.unsplittable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newForward(t, manifest.ByPage, 10)
			r.orders(25, day(1, 1))
			asked := 0
			r.session = lying{r.shop, c.by, c.until, &asked}
			if _, err := r.run(); fault.CodeOf(err) != c.code {
				t.Fatalf("error %v, want %q", err, c.code)
			}
			if n := len(r.keys()); c.code == "" && n != 25 {
				t.Errorf("%d of 25 arrived", n)
			}
		})
	}
}
