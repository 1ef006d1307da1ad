package pull_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// sample asks with a puller that has no store.
func (r *rig) sample(most int) (pull.Sampled, error) {
	job := r.job
	job.Session = r.shop
	p := pull.New(pull.Config{Clock: func() time.Time { return r.shop.Now }, Log: slog.New(slog.DiscardHandler), FirstWait: time.Microsecond, Tries: 2})
	return p.Sample(r.t.Context(), job, most)
}

// stored is what the ledger keeps of a document.
type stored struct{ Key, Number, Body, Problem string }

func sortedStored(list []stored) []stored {
	slices.SortFunc(list, func(a, b stored) int { return strings.Compare(a.Body, b.Body) })
	return list
}

// sampled gives records as stored ones. The key of a record without one names
// where it stood, which is not the same place.
func sampled(records []ledger.Incoming) []stored {
	list := []stored{}
	for _, in := range records {
		s := stored{Key: in.Key, Number: in.Number, Body: string(in.Body)}
		if in.Problem != nil {
			s.Key, s.Problem = "!", in.Problem.Code
		}
		list = append(list, s)
	}
	return sortedStored(list)
}

func (r *rig) stored(rt *rapid.T) []stored {
	list := []stored{}
	for _, d := range r.documents() {
		body, err := r.store.Body(r.t.Context(), d.ID)
		if err != nil {
			rt.Fatal(err)
		}
		s := stored{Key: d.Key, Number: d.Number, Body: string(body)}
		if p, has, err := r.store.Problem(r.t.Context(), d.ID); err != nil || has {
			s.Key, s.Problem = "!", p.Code
		}
		list = append(list, s)
	}
	return sortedStored(list)
}

// TestASampleIsWhatTheLedgerWouldStore compares samples with what a pull of the same window stores.
func TestASampleIsWhatTheLedgerWouldStore(t *testing.T) {
	t.Parallel()
	outer := t
	const operation = "operation: orders,"
	sources := []string{
		operation,
		"operation: orders, keep: [[{field: state, logic: eq, value: paid}]],",
		`operation: orders, key: "{{no}}", regroup: {by: ["no"], lines: {into: lines, fields: [id, amount]}},`,
		`operation: orders, key: "{{no}}", regroup: {by: ["no"], lines: {into: lines, fields: [id, amount]}}, explode: {path: lines, key: "{{id}}"}, keep: [[{field: state, logic: eq, value: paid}]],`,
	}
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(outer, "pageSize: 10", "pageSize: 10, direction: forward", operation, rapid.SampledFrom(sources).Draw(rt, "source"))
		n := rapid.IntRange(0, 45).Draw(rt, "orders")
		no := ""
		for i := range n {
			// Three orders share a number, which may be blank, and no others have it.
			if i%3 == 0 {
				no = rapid.SampledFrom([]string{strings.Repeat(" ", i), fmt.Sprint(i), fmt.Sprint(i)}).Draw(rt, "no")
			}
			o := enginetest.Order{
				ID: fmt.Sprintf("l%02d", i), No: no, Amount: fmt.Sprint(i, ".10"), Modified: day(1, 1),
				State: rapid.SampledFrom([]string{"paid", "open"}).Draw(rt, "state"),
			}
			r.shop.Put(o)
		}
		got, err := r.sample(1000)
		if err != nil {
			rt.Fatal(err)
		}
		counts, err := r.run()
		if err != nil {
			rt.Fatal(err)
		}
		if got.Dropped != counts["dropped"] || got.Total != n {
			rt.Errorf("%d of %d dropped, want %d of %d", got.Dropped, got.Total, counts["dropped"], n)
		}
		if diff := cmp.Diff(r.stored(rt), sampled(got.Records)); diff != "" {
			rt.Errorf("stored (-), sampled (+): %s", diff)
		}
	})
}

func TestASampleIsSmall(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.orders(500, day(1, 1))
	got, err := r.sample(13)
	if err != nil || len(got.Records) != 13 || got.Total != 500 || r.shop.Calls != 2 {
		t.Errorf("%d records of %d in %d calls, %v", len(got.Records), got.Total, r.shop.Calls, err)
	}
	if want := `{"from":"2026-01-01 00:00:00","to":"2026-01-01 11:59:00","page":1,"size":10}`; string(got.Request) != want {
		t.Errorf("the request is %s, want %s", got.Request, want)
	}
	if !got.From.Equal(day(1, 0)) || !got.To.Equal(day(1, 12).Add(-time.Minute)) {
		t.Errorf("the window is %s to %s", got.From, got.To)
	}
	if got, err := r.sample(100_000); err != nil || len(got.Records) != 50 {
		t.Errorf("five pages give %d records, %v", len(got.Records), err)
	}
	if got, err := r.sample(-1); err != nil || len(got.Records) != 0 {
		t.Errorf("%d records, %v", len(got.Records), err)
	}
}

func TestASampleLooksFurtherBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.shop.Now = day(9, 12)
	r.shop.Put(enginetest.Order{ID: "old", No: "old", Modified: day(5, 12)})
	got, err := r.sample(5)
	if err != nil || len(got.Records) != 1 || got.Records[0].Key != "old" || r.shop.Calls != 4 {
		t.Fatalf("%+v in %d calls, %v", got, r.shop.Calls, err)
	}
	// Where nothing is found the newest window is told.
	empty := newRig(t)
	empty.shop.Now = day(20, 12)
	got, err = empty.sample(5)
	if err != nil || len(got.Records) != 0 || empty.shop.Calls != 7 || !got.To.Equal(day(20, 12).Add(-time.Minute)) || got.Total != 0 {
		t.Errorf("%+v in %d calls, %v", got, empty.shop.Calls, err)
	}
}

func TestSamplesThatFail(t *testing.T) {
	t.Parallel()
	down := fault.New("vendor.500", "down").Classed(fault.Transient)
	tests := map[string]struct {
		prepare func(*rig)
		code    string
		calls   int
	}{
		"the vendor is down": {func(r *rig) { r.shop.Fail = func(int) error { return down } }, "vendor.500", 2},
		"the vendor refuses": {func(r *rig) {
			r.shop.Fail = func(int) error { return fault.New("vendor.401", "no").Classed(fault.Auth) }
		}, "vendor.401", 1},
		"it passes": {func(r *rig) {
			r.shop.Fail = func(call int) error {
				if call == 1 {
					return down
				}
				return nil
			}
		}, "", 2},
		"too early": {func(r *rig) { r.shop.Now = day(1, 0) }, "source.not_started", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.orders(1, day(1, 1))
			tt.prepare(r)
			if _, err := r.sample(1); fault.CodeOf(err) != tt.code || r.shop.Calls != tt.calls || tt.code == "" && err != nil {
				t.Errorf("%v after %d calls, want %s after %d", err, r.shop.Calls, tt.code, tt.calls)
			}
		})
	}
}

func TestRecent(t *testing.T) {
	t.Parallel()
	at := func(d, hour int) ledger.Millis { return ledger.At(day(d, hour)) }
	tests := map[string]struct {
		window plan.Window
		now    time.Time
		want   [][2]ledger.Millis
	}{
		"any range":   {plan.Window{Ranged: true, StartFrom: day(1, 0)}, day(9, 0), [][2]ledger.Millis{{at(8, 0), at(9, 0)}, {at(6, 0), at(8, 0)}, {at(2, 0), at(6, 0)}, {at(1, 0), at(2, 0)}}},
		"a span":      {plan.Window{Ranged: true, Span: 6 * time.Hour, StartFrom: day(1, 9)}, day(2, 0), [][2]ledger.Millis{{at(1, 18), at(2, 0)}, {at(1, 12), at(1, 18)}, {at(1, 9), at(1, 12)}}},
		"a lag":       {plan.Window{Ranged: true, Lag: time.Hour, StartFrom: day(1, 0)}, day(2, 1), [][2]ledger.Millis{{at(1, 0), at(2, 0)}}},
		"no range":    {plan.Window{Granularity: time.Hour}, day(2, 1).Add(time.Minute), [][2]ledger.Millis{{at(2, 1), at(2, 1)}}},
		"not started": {plan.Window{Ranged: true, StartFrom: day(3, 0)}, day(3, 0), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got [][2]ledger.Millis
			for _, w := range pull.Recent(tt.window, tt.now) {
				got = append(got, [2]ledger.Millis{w.From, w.To})
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestIdentify(t *testing.T) {
	t.Parallel()
	r := newRig(t, "operation: orders,", "operation: orders, keep: [[{field: state, logic: eq, value: paid}]],")
	w := pull.Recent(r.job.Source.Window, r.shop.Now)[0]
	in, kept := pull.Identify(r.job, w, []byte(`{"id":"a","no":"N1","state":"paid","modified":"2026-01-01 01:00:00"}`))
	if !kept || in.Key != "a" || in.Number != "N1" || in.Modified != ledger.At(day(1, 1)) || in.Problem != nil {
		t.Errorf("%+v, %t", in, kept)
	}
	if in, kept := pull.Identify(r.job, w, []byte(`{"id":"","state":"paid"}`)); !kept || in.Problem == nil || in.Problem.Code != "source.key_invalid" {
		t.Errorf("%+v, %t", in, kept)
	}
	if _, kept := pull.Identify(r.job, w, []byte(`{"id":"a","state":"open"}`)); kept {
		t.Error("a dropped record is kept")
	}
	if in, _ := pull.Identify(r.job, w, []byte(`7`)); in.Problem == nil || in.Problem.Code != "source.row_invalid" {
		t.Errorf("%+v", in)
	}
}

// A sample by numbers reads the documents that a pull by the same numbers stores.
func TestSampleNumbers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	operation := *r.job.Source.Operation
	operation.ByNumber = &manifest.ByNumber{Param: "nos", Max: 2}
	r.job.Source.Operation = &operation
	for _, no := range []string{"A", "B", "C", "D"} {
		r.shop.Put(enginetest.Order{ID: no, No: no, Modified: day(1, 1)})
	}
	book := &asked{Session: r.shop}
	sample := func(most int, numbers ...string) (string, error) {
		job := r.job
		job.Session = book
		p := pull.New(pull.Config{Clock: func() time.Time { return r.shop.Now }, Log: slog.New(slog.DiscardHandler), FirstWait: time.Microsecond, Tries: 2})
		got, err := p.SampleNumbers(t.Context(), job, numbers, most)
		var keys []string
		for _, one := range got.Records {
			keys = append(keys, one.Key)
		}
		return strings.Join(keys, " "), err
	}
	for most, want := range map[int]int{100: 3, 2: 2, 1: 1} {
		if got, err := sample(most, "D", "A", "none", "C"); err != nil || len(strings.Fields(got)) != want {
			t.Errorf("at most %d: %q, %v", most, got, err)
		}
	}
	got, err := sample(100, "D", "A", "none", "C")
	keys := strings.Fields(got)
	slices.Sort(keys)
	if err != nil || !slices.Equal(keys, []string{"A", "C", "D"}) {
		t.Errorf("%q, %v", keys, err)
	}
	r = newRig(t, "operation: orders,", "operation: lists,")
	if _, err := sample(9, "A"); fault.CodeOf(err) != "source.by_number_not_offered" || r.shop.Calls != 0 {
		t.Errorf("%v after %d calls", err, r.shop.Calls)
	}
}
