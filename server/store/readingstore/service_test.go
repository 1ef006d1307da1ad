package readingstore_test

import (
	"slices"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
)

// TestEstimate asks for a few pages, stores nothing, and tells calls and time.
func TestEstimate(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		from, to := day(1, 0).AddDate(0, 0, -10), day(1, 0)
		for d := range 10 {
			r.orders(string(rune('a'+d)), 25, from.AddDate(0, 0, d).Add(time.Hour))
		}
		before := r.rows()
		r.slow = 2 * time.Second
		e, err := r.service.Estimate(r.operator(), "job", "orders", from, to)
		r.must(err)
		// Three pages a day, and one of them once more.
		if e.Windows != 10 || e.Sampled != 5 || e.Calls != 40 || e.AtLeast || e.Documents != 250 || e.Takes != 80*time.Second || len(r.asked) != 5 {
			t.Errorf("%+v, %d questions", e, len(r.asked))
		}
		if !e.Hole.IsZero() || r.rows() != before {
			t.Errorf("a hole at %s; the ledger was %s and is %s", e.Hole, before, r.rows())
		}
		r.system.Limits = []manifest.Limit{{Calls: 5, Per: manifest.Duration(time.Minute)}, {Calls: 100, Per: manifest.Duration(time.Second)}}
		if e, err = r.service.Estimate(r.operator(), "job", "orders", from, to); err != nil || e.Takes != 8*time.Minute {
			t.Errorf("with a limit %+v, %v", e, err)
		}
		r.shop.NoTotal = true
		r.shop.Now = day(4, 12)
		r.plan.Sources[0].Page.Direction = manifest.Forward
		if e, err = r.service.Estimate(r.operator(), "job", "orders", from, to); err != nil || !e.AtLeast || e.Documents != -1 || e.Calls != 30 {
			t.Errorf("without totals %+v, %v", e, err)
		}
		e, err = r.service.Estimate(r.operator(), "job", "orders", from, day(1, 0).Add(-48*time.Hour))
		r.must(err)
		if !e.Hole.Equal(day(1, 0).Add(-48*time.Hour)) || !e.Until.Equal(day(1, 0)) {
			t.Errorf("the hole is from %s to %s", e.Hole, e.Until)
		}
		if e, err = r.service.Estimate(r.operator(), "job", "orders", from, day(20, 0)); err != nil || !e.To.Equal(day(4, 12).Add(-time.Minute)) {
			t.Errorf("what has not come yet is read: %+v, %v", e, err)
		}
	})
}

// TestParameters: what the flow's parameters say goes into what a source is asked, also
// where a range of the past is estimated and where a sweep asks in its own way.
func TestParameters(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		_, err := r.service.Estimate(r.operator(), "job", "orders", day(1, 0).AddDate(0, 0, -1), day(1, 0))
		r.must(err)
		want := `{"nos":["100"],"from":"2025-12-31 00:00:00","to":"2026-01-01 00:00:00","page":1,"size":10}`
		if !slices.Equal(r.asked, []string{want}) {
			t.Errorf("asked %s, want %s", r.asked, want)
		}
		if r.source().Sweep.LookBack != 24*time.Hour {
			t.Errorf("%+v", r.source().Sweep)
		}
	}, "spec:\n", "spec:\n  params: [{key: org, title: org, type: string, default: \"100\"}]\n",
		`startFrom: "2026-01-01 00:00:00"`, `startFrom: "2026-01-01 00:00:00", params: [{field: nos, value: "{{params.org}}", parser: {name: StringToArray, params: ","}}], sweep: {lookBack: 24h}`)
}

// TestABackfillIsSeen while it reads, rests, and when it is over; there is one at a time.
func TestABackfillIsSeen(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		from, to := day(1, 0).AddDate(0, 0, -4), day(1, 0)
		for d := range 4 {
			r.orders(string(rune('a'+d)), 3, from.AddDate(0, 0, d).Add(time.Hour))
		}
		id, err := r.service.Backfill(r.operator(), "job", "orders", from, to)
		r.must(err)
		p := r.source().Past[0]
		if p.ID != id || p.State != ledger.RunQueued || !p.Reads() || p.Percent() != 0 || p.Cut != 4 || p.Windows != 0 || p.Kind() != "backfill" {
			t.Errorf("queued: %+v", p)
		}
		r.play(id, 1)
		r.shop.Now = r.shop.Now.Add(10 * time.Minute)
		p = r.source().Past[0]
		left, known := p.Left(ledger.At(r.shop.Now))
		if p.Percent() != 25 || p.Windows != 1 || p.Cut != 4 || p.Found() != 3 || !p.Reads() || p.Rate(ledger.At(r.shop.Now)) != 0 || !known || left != 30*time.Minute {
			t.Errorf("after a window: %+v, left %s %t", p, left, known)
		}
		_, err = r.service.Backfill(r.operator(), "job", "orders", from, to)
		r.faults(err, "backfill.running")
		r.play(id, 0)
		p = r.source().Past[0]
		if p.Percent() != 100 || p.Windows != 4 || p.Found() != 12 || p.Reads() {
			t.Errorf("at the end: %+v", p)
		}
		if cursor := r.source().Stream.Watermark; cursor != 0 {
			t.Errorf("the cursor moved to %s", cursor.Time())
		}
		again, err := r.service.Backfill(r.operator(), "job", "orders", from, to)
		r.must(err)
		_, _, err = r.ledger.CancelRun(r.Context(), again, "ann", ledger.At(r.shop.Now))
		r.must(err)
		p = r.source().Past[0]
		if p.ID != again || p.Reads() || p.State != ledger.RunCancelled && !p.PullingEnded || p.Found() != 0 {
			t.Errorf("cancelled: %+v", p)
		}
		_, err = r.service.Backfill(r.operator(), "job", "orders", from, to)
		r.must(err)
	})
}

// TestASweepTells what it found, and that the next one should go further back.
func TestASweepTells(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		_, err := r.service.Sweep(r.operator(), "job", "orders")
		r.faults(err, "sweep.nothing_read")
		r.orders("a", 5, day(3, 1))
		r.live()
		sweep := func(found int, wider time.Duration) {
			t.Helper()
			r.shop.Now = r.shop.Now.Add(time.Minute)
			id, err := r.service.Sweep(r.operator(), "job", "orders")
			r.must(err)
			r.play(id, 0)
			s := r.source()
			if p := s.Past[0]; p.ID != id || p.Kind() != "sweep" || p.Found() != found || s.Wider != wider || p.Percent() != 100 {
				t.Errorf("%+v, wider %s; want %d found and %s", p, s.Wider, found, wider)
			}
		}
		sweep(0, 0)
		r.orders("late", 2, day(3, 13))
		sweep(2, 48*time.Hour)
		sweep(0, 48*time.Hour)
		sweep(0, 48*time.Hour)
		sweep(0, 0) // three found nothing
		s := r.source()
		if s.Sweep.Schedule != "30 2 * * *" || !s.NextSweep.Equal(day(5, 2).Add(30*time.Minute)) {
			t.Errorf("%+v, next at %s", s.Sweep, s.NextSweep)
		}
		r.exec("UPDATE flow SET enabled = 0")
		if s := r.source(); !s.NextSweep.IsZero() {
			t.Errorf("a flow that is off is looked through at %s", s.NextSweep)
		}
	}, `startFrom: "2026-01-01 00:00:00"`, `startFrom: "2026-01-01 00:00:00", sweep: {schedule: "30 2 * * *", lookBack: 24h}`, "  nodes:\n", "  settings: {timezone: Asia/Shanghai}\n  nodes:\n")
}

// TestAPreviewChangesNothing, and a reset does what it said.
func TestAPreviewChangesNothing(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		r.orders("a", 30, day(3, 1))
		r.live()
		before := r.rows()
		at := r.source().Stream.Watermark.Time()
		back, err := r.service.Preview(r.operator(), "job", "orders", day(3, 0))
		r.must(err)
		if !back.From.Equal(at) || !back.To.Equal(day(3, 0)) || back.Skipped || back.Again == nil || back.Again.Windows != 2 || back.Stored != 30 || !back.Begins.Equal(day(3, 0).Add(-10*time.Minute)) {
			t.Errorf("back: %+v", back)
		}
		r.shop.Now = r.shop.Now.Add(5 * time.Hour)
		ahead, err := r.service.Preview(r.operator(), "job", "orders", day(4, 16))
		r.must(err)
		if !ahead.Skipped || ahead.Again != nil || ahead.Stored != 0 {
			t.Errorf("ahead: %+v", ahead)
		}
		if got := r.rows(); got != before {
			t.Errorf("the ledger was %s and is %s", before, got)
		}
		r.must(r.service.Reset(r.operator(), "job", "orders", day(3, 0), back.Version, " 读漏了 "))
		s := r.source()
		if !s.Stream.Watermark.Time().Equal(day(3, 0)) || len(s.Resets) != 1 || s.Resets[0].Actor != "ann" || s.Resets[0].Note != "读漏了" || !s.Resets[0].From.Time().Equal(at) {
			t.Errorf("%+v", s)
		}
		r.faults(r.service.Reset(r.operator(), "job", "orders", day(3, 5), back.Version, ""), "cursor.moved")
		r.live()
		if s := r.source(); !s.Stream.Watermark.Time().Equal(day(4, 17).Add(-time.Minute)) {
			t.Errorf("the cursor is at %s", s.Stream.Watermark.Time())
		}
	})
}

// TestAnOpenWindowIsLeftByAReset: what was begun and not read to its end is read anew.
func TestAnOpenWindowIsLeftByAReset(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		r.orders("a", 30, day(1, 1))
		r.shop.Fail = func(call int) error {
			if call > 2 {
				return fault.New("vendor.down", "down").Classed(fault.Auth)
			}
			return nil
		}
		run, _, err := r.ledger.OpenRun(r.Context(), ledger.Run{Workspace: workspace, Flow: flowID, Version: version, Trigger: "manual", FireAt: 1}, 1)
		r.must(err)
		r.faults(r.puller().Run(r.Context(), r.job(run.ID)), "vendor.down")
		s := r.source()
		if s.Open == nil || s.Open.Run != run.ID {
			t.Fatalf("%+v", s)
		}
		r.shop.Fail = nil
		r.must(r.service.Reset(r.operator(), "job", "orders", day(2, 0), s.Stream.Version, ""))
		if s := r.source(); s.Open != nil || !s.Stream.Watermark.Time().Equal(day(2, 0)) {
			t.Errorf("%+v", s)
		}
		r.live()
	})
}

// TestRefusals: each has a code of its own, and changes nothing.
func TestRefusals(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		r.orders("a", 3, day(3, 1))
		r.live()
		version, before := r.source().Stream.Version, r.rows()
		from, to := day(1, 0).AddDate(0, 0, -3), day(1, 0)
		for name, c := range map[string]struct {
			do   func() error
			code string
		}{
			"nobody":             {func() error { _, err := r.service.Sources(r.Context(), "job"); return err }, "auth.login_required"},
			"a viewer sweeps":    {func() error { _, err := r.service.Sweep(r.as(access.Viewer), "job", "orders"); return err }, "auth.forbidden"},
			"a viewer estimates": {func() error { _, err := r.service.Estimate(r.as(access.Viewer), "job", "orders", from, to); return err }, "auth.forbidden"},
			"a viewer resets":    {func() error { return r.service.Reset(r.as(access.Viewer), "job", "orders", day(2, 0), version, "") }, "auth.forbidden"},
			"no such flow":       {func() error { _, err := r.service.Sources(r.operator(), "nowhere"); return err }, "object.missing"},
			"no such source":     {func() error { _, err := r.service.Backfill(r.operator(), "job", "nobody", from, to); return err }, "reading.source_missing"},
			"never published":    {func() error { _, err := r.service.Sweep(r.operator(), "draft", "orders"); return err }, "flow.not_published"},
			"no beginning":       {func() error { _, err := r.service.Backfill(r.operator(), "job", "orders", time.Time{}, to); return err }, "backfill.from_missing"},
			"an end before it":   {func() error { _, err := r.service.Backfill(r.operator(), "job", "orders", to, from); return err }, "backfill.range_empty"},
			"all in the future": {func() error {
				_, err := r.service.Backfill(r.operator(), "job", "orders", day(20, 0), day(21, 0))
				return err
			}, "backfill.range_empty"},
			"a cursor nowhere":          {func() error { _, err := r.service.Preview(r.operator(), "job", "orders", time.Time{}); return err }, "cursor.to_missing"},
			"a cursor in the future":    {func() error { _, err := r.service.Preview(r.operator(), "job", "orders", day(20, 0)); return err }, "cursor.in_future"},
			"a cursor before the start": {func() error { _, err := r.service.Preview(r.operator(), "job", "orders", from); return err }, "cursor.before_start"},
			"a reset into the future":   {func() error { return r.service.Reset(r.operator(), "job", "orders", day(20, 0), version, "") }, "cursor.in_future"},
			"a reset seen before":       {func() error { return r.service.Reset(r.operator(), "job", "orders", day(2, 0), version-1, "") }, "cursor.moved"},
			"a long note": {func() error {
				return r.service.Reset(r.operator(), "job", "orders", day(2, 0), version, string(make([]rune, 501)))
			}, "cursor.note_long"},
			"while it is read": {func() error {
				r.busy = true
				defer func() { r.busy = false }()
				return r.service.Reset(r.operator(), "job", "orders", day(2, 0), version, "")
			}, "cursor.busy"},
			"the system is away": {func() error {
				r.down = fault.New("connection.closed", "closed")
				defer func() { r.down = nil }()
				_, err := r.service.Estimate(r.operator(), "job", "orders", from, to)
				return err
			}, "connection.closed"},
		} {
			r.faults(c.do(), c.code)
			if got := r.rows(); got != before {
				t.Fatalf("%s: the ledger was %s and is %s", name, before, got)
			}
		}
	})
}

// TestWhatCannotBeTold: without its connector nothing is known of a flow's sources, and
// that is said; one that was never published has none.
func TestWhatCannotBeTold(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		all, err := r.service.Sources(r.operator(), "draft")
		r.must(err)
		if len(all.Items) != 0 || all.Trouble != nil {
			t.Errorf("a draft has %+v", all)
		}
		r.broken = fault.New("connector.missing", "not installed").Classed(fault.Config)
		all, err = r.service.Sources(r.operator(), "job")
		r.must(err)
		if all.Trouble == nil || all.Trouble.Code != "connector.missing" {
			t.Errorf("%+v", all)
		}
		r.broken = fault.New("store.closed", "closed").Classed(fault.Internal)
		_, err = r.service.Sources(r.operator(), "job")
		r.faults(err, "store.closed")
	})
}

// TestLongNames: the readings of two sources whose names agree for long are told apart.
func TestLongNames(t *testing.T) {
	t.Parallel()
	long := "orders_of_a_shop_with_a_name_that_is_rather_long_and_ends_so_"
	inRig(t, func(r *rig) {
		r.shop.Put(enginetest.Order{ID: "a", No: "a", Modified: day(3, 1)})
		id, err := r.service.Backfill(r.operator(), "job", long+"a", day(2, 0), day(3, 0))
		r.must(err)
		all, err := r.service.Sources(r.operator(), "job")
		r.must(err)
		for _, s := range all.Items {
			if want := s.Node == long+"a"; want != (len(s.Past) == 1 && s.Past[0].ID == id) {
				t.Errorf("%s has %+v", s.Node, s.Past)
			}
		}
	}, "{id: orders, type: source", "{id: "+long+"a, type: source", "{from: pages, to: orders}", "{from: pages, to: "+long+"a}", "{from: orders, to: live}",
		"{from: "+long+"a, to: live}\n    - {from: pages2, to: "+long+"b}\n    - {from: "+long+"b, to: live}",
		"  edges:", "    - {id: pages2, type: paginate, settings: {pageSize: 10}}\n    - {id: "+long+"b, type: source, connection: shop, settings: {operation: orders, startFrom: \"2026-01-01 00:00:00\"}}\n  edges:")
}
