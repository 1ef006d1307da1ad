package pull_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

const regrouped = `operation: orders, key: "{{no}}", regroup: {by: ["no"], lines: {into: lines, fields: [item]}},`

// newForward is a rig whose source is read forward by a strategy.
func newForward(t *testing.T, strategy manifest.Strategy, size int, edits ...string) *rig {
	t.Helper()
	r := newRig(t, append(edits, "pageSize: 10", "pageSize: 10, direction: forward")...)
	r.job.Source.Page.Strategy, r.job.Source.Page.Size = strategy, size
	return r
}

// TestAnEditBehindTheFirstPage changes an order of the second page before the
// fourth is read: no total tells of it, and the first page stays as it was.
func TestAnEditBehindTheFirstPage(t *testing.T) {
	t.Parallel()
	for _, strategy := range []manifest.Strategy{manifest.ByPage, manifest.ByOffset} {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			r := newForward(t, strategy, 10)
			r.orders(45, day(1, 1))
			r.shop.NoTotal = true
			r.shop.Before = func(s *enginetest.Shop, call int) {
				if call == 4 {
					o := s.Orders()[15]
					o.Modified = s.Now
					s.Put(o)
				}
			}
			if _, err := r.run(); err != nil {
				t.Fatal(err)
			}
			if n := len(r.keys()); n != 45 {
				t.Errorf("%d of 45 orders arrived, and no later run would bring the others", n)
			}
		})
	}
}

// TestOverlapIsNotCounted: the row by which two pages overlap is pulled once, and
// nothing is read twice where nothing moves.
func TestOverlapIsNotCounted(t *testing.T) {
	t.Parallel()
	for n, calls := range map[int]int{0: 1, 1: 1, 9: 1, 10: 2, 11: 2, 19: 3, 45: 5} {
		r := newForward(t, manifest.ByOffset, 10)
		r.orders(n, day(1, 1))
		r.shop.NoTotal = true
		counts, err := r.run()
		if err != nil {
			t.Fatal(err)
		}
		r.want(counts, map[ledger.Slot]int{"pulled": n, "accepted": n, "unchanged": 0})
		if r.shop.Calls != calls {
			t.Errorf("%d orders were read in %d calls, want %d", n, r.shop.Calls, calls)
		}
	}
}

// bill is a document of a register: rows of its own, which may be equal.
type bill struct {
	no       string
	modified time.Time
	items    []string
}

// register is a source of flat rows in the order of the bills' numbers.
type register struct {
	shop   *enginetest.Shop
	bills  []bill
	total  bool
	calls  int
	before func(call int)
}

func (r *register) Check(ctx context.Context) (connector.Health, error) { return r.shop.Check(ctx) }

func (r *register) Close(context.Context) error { return nil }

func (r *register) Query(_ context.Context, req connector.QueryRequest) (connector.Page, error) {
	r.calls++
	if r.before != nil {
		r.before(r.calls)
	}
	var ends [2]time.Time
	for i, name := range []string{"from", "to"} {
		at, err := time.ParseInLocation(time.DateTime, item.Of(req.Params).Field(name).Text(), enginetest.Zone())
		if err != nil {
			return connector.Page{}, err
		}
		ends[i] = at
	}
	slices.SortFunc(r.bills, func(a, b bill) int { return cmp.Compare(a.no, b.no) })
	var rows []string
	for _, b := range r.bills {
		if b.modified.Before(ends[0]) || b.modified.After(ends[1]) {
			continue
		}
		for _, it := range b.items {
			rows = append(rows, fmt.Sprintf(`{"no":%q,"item":%q}`, b.no, it))
		}
	}
	page := connector.Page{Total: -1}
	if r.total {
		page.Total = len(rows)
	}
	rows = rows[min(req.Page.Offset, len(rows)):]
	page.More = len(rows) > req.Page.Size
	page.Rows = []byte("[" + strings.Join(rows[:min(len(rows), req.Page.Size)], ",") + "]")
	return page, nil
}

// document is what a bill becomes.
func (b bill) document() string {
	items := make([]string, len(b.items))
	for i, it := range b.items {
		items[i] = fmt.Sprintf(`{"item":%q}`, it)
	}
	return fmt.Sprintf(`{"no":%q,"lines":[%s]}`, b.no, strings.Join(items, ","))
}

// claimable gives the bodies of the documents that can be claimed now, by key.
func (r *rig) claimable() map[string]string {
	r.t.Helper()
	due, err := r.store.Due(r.t.Context(), ledger.At(r.shop.Now.Add(time.Hour)), 100000)
	if err != nil {
		r.t.Fatal(err)
	}
	covered := map[ledger.ID]bool{}
	for _, w := range due {
		covered[w.ID] = true
	}
	bodies := map[string]string{}
	for _, d := range r.documents() {
		if !covered[d.Work] {
			continue
		}
		body, err := r.store.Body(r.t.Context(), d.ID)
		if err != nil {
			r.t.Fatal(err)
		}
		bodies[d.Key] = string(body)
	}
	return bodies
}

// TestRowsOfAGroupStandTogether: a group that comes again would be stored twice,
// the second time without the lines of the first.
func TestRowsOfAGroupStandTogether(t *testing.T) {
	t.Parallel()
	for _, size := range []int{2, 10} {
		r := newForward(t, manifest.ByOffset, size, "operation: orders,", regrouped)
		r.session = told(func(req connector.QueryRequest) connector.Page {
			rows := []string{`{"no":"A","item":"1"}`, `{"no":"A","item":"2"}`, `{"no":"B","item":"3"}`, `{"no":"A","item":"4"}`}
			end := min(req.Page.Offset+req.Page.Size, len(rows))
			return connector.Page{Rows: []byte("[" + strings.Join(rows[min(req.Page.Offset, end):end], ",") + "]"), Total: -1, More: end < len(rows)}
		})
		_, err := r.run()
		if f := fault.From(err); f == nil || f.Code != "source.regroup_unordered" || !strings.Contains(f.Hint, "no") || f.Class != fault.Config {
			t.Errorf("error is %v", err)
		}
		if got := r.claimable(); len(got) != 0 {
			t.Errorf("claimable: %v", got)
		}
	}
}

// told is a source that answers by a function.
type told func(connector.QueryRequest) connector.Page

func (told) Check(context.Context) (connector.Health, error) { return connector.Health{}, nil }

func (told) Close(context.Context) error { return nil }

func (f told) Query(_ context.Context, req connector.QueryRequest) (connector.Page, error) {
	return f(req), nil
}

// numbered gives n rows from a number on.
func numbered(from, n int) []byte {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"id":"r%03d"}`, from+i)
	}
	return []byte("[" + strings.Join(rows, ",") + "]")
}

// TestReadingEndsOnlyAtTheEnd: where the source announces more there is a way on or a fault.
func TestReadingEndsOnlyAtTheEnd(t *testing.T) {
	t.Parallel()
	const size = 3
	// after gives the rows behind a key, a page at a time.
	after := func(all int, more bool) told {
		return func(req connector.QueryRequest) connector.Page {
			at := 0
			if req.Page.Token != "" {
				_, _ = fmt.Sscanf(req.Page.Token, "r%d", &at)
				at++
			}
			n := max(0, min(size, all-at))
			return connector.Page{Rows: numbered(at, n), Total: -1, More: more && at+n < all}
		}
	}
	once := func(p connector.Page) told {
		return func(connector.QueryRequest) connector.Page { return p }
	}
	cursor := func(tokens ...string) told {
		calls := 0
		return func(connector.QueryRequest) connector.Page {
			calls++
			return connector.Page{Rows: numbered(calls*size, size), Total: -1, NextToken: tokens[calls-1]}
		}
	}
	cases := map[string]struct {
		strategy manifest.Strategy
		session  told
		key      string
		rows     int
		code     string
	}{
		"one call, and that was all":   {manifest.Unpaged, once(connector.Page{Rows: numbered(0, 5), Total: -1}), "", 5, ""},
		"one call, and there is more":  {manifest.Unpaged, once(connector.Page{Rows: numbered(0, 5), More: true}), "", 0, "paging.no_way_on"},
		"tokens until there is none":   {manifest.ByCursor, cursor("a", "b", ""), "", 9, ""},
		"more without a token":         {manifest.ByCursor, once(connector.Page{Rows: numbered(0, 3), More: true}), "", 0, "paging.no_way_on"},
		"an empty page ends it":        {manifest.ByCursor, once(connector.Page{Rows: numbered(0, 0), NextToken: "z"}), "", 0, ""},
		"the last key leads on":        {manifest.ByKeyset, after(8, true), "id", 8, ""},
		"a full page leads on":         {manifest.ByKeyset, after(9, false), "id", 9, ""},
		"a key that no row has":        {manifest.ByKeyset, after(8, false), "key", 0, "paging.no_way_on"},
		"more without a key":           {manifest.ByKeyset, after(8, true), "", 0, "paging.no_way_on"},
		"a token in place of a key":    {manifest.ByKeyset, cursor("a", ""), "", 6, ""},
		"an empty page announces more": {manifest.ByOffset, once(connector.Page{Rows: numbered(0, 0), Total: -1, More: true}), "", 0, "window.unsplittable"},
		"a short page announces more":  {manifest.ByPage, once(connector.Page{Rows: numbered(0, 2), Total: -1, More: true}), "", 0, "window.unsplittable"},
		"numbered pages without an end": {manifest.ByPage, func(req connector.QueryRequest) connector.Page {
			return connector.Page{Rows: numbered(size*req.Page.Number, size), Total: -1}
		}, "", 300, "paging.too_many_pages"},
		"a source that ignores the page": {manifest.ByOffset, once(connector.Page{Rows: numbered(0, 3), Total: -1, More: true}), "", 3, "window.unsplittable"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newForward(t, c.strategy, size)
			r.job.Source.Page.KeyField, r.job.Source.Page.MaxPages = c.key, 100
			r.session = c.session
			_, err := r.run()
			if fault.CodeOf(err) != c.code {
				t.Errorf("error is %v, want %q", err, c.code)
			}
			if n := len(r.keys()); n != c.rows {
				t.Errorf("%d records, want %d", n, c.rows)
			}
		})
	}
}

// TestBackwardLooksBehindTheTotal: a total that tells too little is no end, and one that is missing is none either.
func TestBackwardLooksBehindTheTotal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rows, total int
		more        bool
		code        string
	}{
		"more than the total":       {10, 10, true, "window.unsplittable"},
		"more than a total of none": {10, 0, true, "window.unsplittable"},
		"no total":                  {10, -1, false, "paging.no_total"},
		"no total, more":            {4, -1, true, "paging.no_total"},
		"no total and none needed":  {4, -1, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.session = told(func(connector.QueryRequest) connector.Page {
				return connector.Page{Rows: numbered(0, c.rows), Total: c.total, More: c.more}
			})
			if _, err := r.run(); fault.CodeOf(err) != c.code {
				t.Errorf("error is %v, want %q", err, c.code)
			}
		})
	}
}

// pages is a store that keeps what is committed to it.
type pages struct {
	pull.Store
	commits []ledger.PageCommit
}

func (p *pages) CommitPage(ctx context.Context, page ledger.PageCommit) (ledger.PageResult, error) {
	p.commits = append(p.commits, page)
	return p.Store.CommitPage(ctx, page)
}

// TestPagesAreRecordedAsTheVendorGaveThem: the record of a page has the rows of
// the vendor's page, however many documents they make.
func TestPagesAreRecordedAsTheVendorGaveThem(t *testing.T) {
	t.Parallel()
	for strategy, want := range map[manifest.Strategy][]string{
		manifest.ByPage:   {"4 rows, 1 documents", "2 rows, 1 documents"},
		manifest.ByOffset: {"4 rows, 1 documents", "4 rows, 0 documents", "1 rows, 1 documents"}, // overlapping
	} {
		r := newForward(t, strategy, 4, "operation: orders,", regrouped)
		r.session = &register{shop: r.shop, total: true, bills: []bill{{"1", day(1, 1), []string{"a", "b", "c"}}, {"2", day(1, 2), []string{"d", "e", "f"}}}}
		var kept *pages
		r.wrap = func(s pull.Store) pull.Store {
			kept = &pages{Store: s}
			return kept
		}
		pulled := 0
		r.job.Report = func(p pull.Progress) { pulled += p.Rows }
		if _, err := r.run(); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range kept.commits {
			got = append(got, fmt.Sprintf("%d rows, %d documents", p.Rows, len(p.Docs)))
		}
		if !slices.Equal(got, want) || pulled != 2 {
			t.Errorf("%s: %v, want %v; %d pulled", strategy, got, want, pulled)
		}
	}
}

// TestStartFromIsSetLater: what lies before it is not wanted any more, and reading goes on behind it.
func TestStartFromIsSetLater(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.orders(3, day(1, 1))
	if _, err := r.run(); err != nil {
		t.Fatal(err)
	}
	r.orders(3, day(2, 1))
	r.orders(3, day(4, 1))
	r.shop.Now = day(5, 12)
	r.job.Source.Window.StartFrom = day(3, 0)
	// A window that an earlier reader left is not wanted either.
	stream, err := r.store.OpenStream(t.Context(), 1, 2, "orders")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.store.StartWindow(t.Context(), ledger.Window{Stream: stream.ID, Kind: ledger.Live, From: stream.Watermark, To: ledger.At(day(2, 12))}, 1); err != nil {
		t.Fatal(err)
	}
	counts, err := r.run()
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"accepted": 3})
	if want := day(5, 12).Add(-time.Minute); !r.watermark().Equal(want) {
		t.Errorf("the cursor is at %s, want %s", r.watermark(), want)
	}
}

// TestASourceWithoutTimes is read whole, once in every run.
func TestASourceWithoutTimes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.job.Source.Window.Ranged = false
	calls := 0
	r.session = &timed{told: func(connector.QueryRequest) connector.Page {
		calls++
		return connector.Page{Rows: numbered(0, 2), Total: 2}
	}, rig: r}
	for turn := range 3 {
		r.shop.Now = r.shop.Now.Add(time.Hour)
		if _, err := r.run(); err != nil || calls != turn+1 {
			t.Fatalf("run %d: %d calls, %v", turn, calls, err)
		}
	}
}

// timed is a source that tells the rig's time.
type timed struct {
	told
	rig *rig
}

func (s *timed) Check(context.Context) (connector.Health, error) {
	return connector.Health{SourceTime: s.rig.shop.Now}, nil
}

// TestACursorThatStays ends the run: reading one window for ever would look like work.
func TestACursorThatStays(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.orders(1, day(1, 1))
	w := &r.job.Source.Window
	w.Span, w.Granularity, w.LookBack = time.Hour, time.Hour, 10*time.Minute
	_, err := r.run()
	if fault.CodeOf(err) != "window.cursor_stuck" || r.shop.Calls > 20 {
		t.Errorf("error is %v after %d calls", err, r.shop.Calls)
	}
}
