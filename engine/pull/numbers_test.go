package pull_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// numbers fetches documents by their numbers.
func (r *rig) numbers(numbers ...string) (missing []string, counts ledger.Counts, err error) {
	r.t.Helper()
	counts, err = r.pulled(func(p *pull.Puller, job pull.Job) error {
		var err error
		missing, err = p.Numbers(r.t.Context(), job, numbers)
		return err
	})
	return missing, counts, err
}

// openNumbers gives how many windows of pulls by numbers are open.
func (r *rig) openNumbers() int {
	r.t.Helper()
	stream, err := r.store.OpenStream(r.t.Context(), 1, 2, r.job.Source.NodeID)
	if err != nil {
		r.t.Fatal(err)
	}
	open, err := r.store.OpenWindows(r.t.Context(), stream.ID, ledger.ByNumbers)
	if err != nil {
		r.t.Fatal(err)
	}
	return len(open)
}

// TestNumbersFetchJustThese: documents of any time, also before startFrom, and the cursor stays.
func TestNumbersFetchJustThese(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.orders(5, day(1, 1))
	if _, err := r.run(); err != nil {
		t.Fatal(err)
	}
	cursor := r.watermark()
	old := time.Date(2019, 5, 1, 0, 0, 0, 0, enginetest.Zone())
	r.shop.Put(enginetest.Order{ID: "old", No: "OLD", Modified: old})
	r.shop.Put(enginetest.Order{ID: "new", No: "NEW", Modified: r.shop.Now})
	r.shop.Put(enginetest.Order{ID: "other", No: "OTHER", Modified: old})
	r.shop.Now = r.shop.Now.Add(time.Hour)

	missing, counts, err := r.numbers("OLD", "nowhere", "3", "NEW", "")
	if err != nil || !slices.Equal(missing, []string{"nowhere", ""}) {
		t.Fatalf("missing %q, %v", missing, err)
	}
	r.want(counts, map[ledger.Slot]int{"pulled": 3, "unchanged": 1, "accepted": 2, "waiting": 2})
	if got := strings.Join(r.keys(), " "); got != "new o0000 o0001 o0002 o0003 o0004 old" {
		t.Errorf("documents %s", got)
	}
	if !r.watermark().Equal(cursor) || r.openNumbers() != 0 {
		t.Errorf("the cursor went from %s to %s, %d windows are open", cursor, r.watermark(), r.openNumbers())
	}
	// What was fetched is unchanged when it is read by its time, and by its number again.
	counts, err = r.run()
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"pulled": 1, "unchanged": 1, "accepted": 0})
	_, counts, err = r.numbers("OLD")
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"pulled": 1, "unchanged": 1, "accepted": 0})
}

// TestNumbersBeforeTheFirstRun leave where it begins alone.
func TestNumbersBeforeTheFirstRun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.orders(5, day(1, 1))
	if missing, _, err := r.numbers("1"); err != nil || len(missing) != 0 {
		t.Fatalf("%q, %v", missing, err)
	}
	if !r.watermark().IsZero() {
		t.Errorf("the cursor is at %s", r.watermark())
	}
	counts, err := r.run()
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"accepted": 4, "unchanged": 1})
}

// TestNumbersArePaged: a request takes so many numbers, a page so many rows.
func TestNumbersArePaged(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(outer)
		r.job.Source.Page.Size = rapid.IntRange(1, 7).Draw(rt, "page size")
		r.job.Source.Page.Direction = rapid.SampledFrom([]manifest.Direction{manifest.Forward, manifest.Backward}).Draw(rt, "direction")
		most := rapid.IntRange(1, 9).Draw(rt, "numbers of a request")
		operation := *r.job.Source.Operation
		operation.ByNumber = &manifest.ByNumber{Param: "nos", Max: most}
		r.job.Source.Operation = &operation
		book := &asked{Session: r.shop}
		r.session = book
		var ask, want, missing []string
		for i := range rapid.IntRange(1, 40).Draw(rt, "numbers") {
			no := fmt.Sprintf("N%02d", i)
			ask = append(ask, no)
			if rapid.IntRange(0, 3).Draw(rt, "missing") == 0 {
				missing = append(missing, no)
				continue
			}
			for part := range rapid.IntRange(1, 3).Draw(rt, "documents of the number") {
				key := fmt.Sprintf("%s-%d", no, part)
				r.shop.Put(enginetest.Order{ID: key, No: no, Modified: day(1, 1)})
				want = append(want, key)
			}
		}
		got, counts, err := r.numbers(ask...)
		if err != nil || !slices.Equal(got, missing) || !slices.Equal(r.keys(), want) || counts["accepted"] != len(want) {
			rt.Fatalf("missing %q, want %q; documents %q, want %q; %v, %v", got, missing, r.keys(), want, counts, err)
		}
		if slices.Max(book.sizes) > most {
			rt.Fatalf("requests had %v numbers, at most %d are taken", book.sizes, most)
		}
	})
}

// asked keeps how many numbers the requests had.
type asked struct {
	connector.Session
	sizes []int
}

func (a *asked) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	n := 0
	for range item.Of(req.Params).Field("nos").Elements() {
		n++
	}
	a.sizes = append(a.sizes, n)
	return a.Session.Query(ctx, req)
}

// TestNumbersThatAConditionDrops were there, and are not stored.
func TestNumbersThatAConditionDrops(t *testing.T) {
	t.Parallel()
	r := newRig(t, "operation: orders,", "operation: orders, keep: [[{field: state, logic: neq, value: void}]],")
	r.shop.Put(enginetest.Order{ID: "a", No: "A", State: "void", Modified: day(1, 1)})
	missing, counts, err := r.numbers("A", "B")
	if err != nil || !slices.Equal(missing, []string{"B"}) {
		t.Fatalf("%q, %v", missing, err)
	}
	r.want(counts, map[ledger.Slot]int{"pulled": 1, "dropped": 1, "accepted": 0})
}

// TestNumbersByAnyName: the flow may show another number than the one that is asked for.
func TestNumbersByAnyName(t *testing.T) {
	t.Parallel()
	r := newRig(t, "operation: orders,", `operation: orders, number: "{{note}}",`)
	r.shop.Put(enginetest.Order{ID: "a", No: "A", Note: "shown", Modified: day(1, 1)})
	if missing, _, err := r.numbers("A"); err != nil || len(missing) != 0 {
		t.Fatalf("%q, %v", missing, err)
	}
	if got := r.documents()[0].Number; got != "shown" {
		t.Errorf("the number is %q", got)
	}
}

func TestNumbersAreNotOffered(t *testing.T) {
	t.Parallel()
	r := newRig(t, "operation: orders,", "operation: lists,")
	_, _, err := r.numbers("A")
	if f := fault.From(err); f == nil || f.Code != "source.by_number_not_offered" || f.Hint == "" || r.shop.Calls != 0 {
		t.Errorf("%v after %d calls", err, r.shop.Calls)
	}
}

// TestNumbersWhoseSourceFails leave nothing behind that would keep the run open.
func TestNumbersWhoseSourceFails(t *testing.T) {
	t.Parallel()
	r := newForward(t, manifest.ByOffset, 2, "operation: orders,", regrouped)
	var fails bool
	r.session = told(func(req connector.QueryRequest) connector.Page {
		rows := []string{`{"no":"A","item":"1"}`, `{"no":"B","item":"2"}`, `{"no":"C","item":"3"}`}
		if !item.Of(req.Params).Field("from").Blank() || item.Of(req.Params).Field("nos").Blank() {
			t.Errorf("asked with %s", req.Params)
		}
		if req.Page.Offset > 0 && fails {
			return connector.Page{Rows: []byte("{"), Total: -1}
		}
		end := min(req.Page.Offset+req.Page.Size, len(rows))
		return connector.Page{Rows: []byte("[" + strings.Join(rows[min(req.Page.Offset, end):end], ",") + "]"), Total: -1, More: end < len(rows)}
	})
	fails = true
	_, counts, err := r.numbers("A", "B", "C")
	if err == nil || r.openNumbers() != 0 || !counts.Settled() || len(r.claimable()) != 0 {
		t.Fatalf("%v, %d windows are open, %v", err, r.openNumbers(), counts)
	}
	fails = false
	missing, counts, err := r.numbers("A", "B", "C", "D")
	if err != nil || !slices.Equal(missing, []string{"D"}) || len(r.claimable()) != 3 {
		t.Fatalf("%q, %v, %v", missing, counts, err)
	}
}

// TestNumbersThatWereCutOff: whoever reads the source next lets go of what was held back.
func TestNumbersThatWereCutOff(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]func(*rig) error{
		"by time": func(r *rig) error {
			_, err := r.run()
			return err
		},
		"by numbers": func(r *rig) error {
			_, _, err := r.numbers("x")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			stream, err := r.store.OpenStream(t.Context(), 1, 2, "orders")
			if err != nil {
				t.Fatal(err)
			}
			if _, err = r.store.StartWindow(t.Context(), ledger.Window{Stream: stream.ID, Run: 77, Kind: ledger.ByNumbers}, 1); err != nil {
				t.Fatal(err)
			}
			if err := next(r); err != nil || r.openNumbers() != 0 {
				t.Errorf("%v, %d windows are open", err, r.openNumbers())
			}
		})
	}
}

// TestNumbersThatAreTakenOver: one that lost its right leaves the windows of its successor alone.
func TestNumbersThatAreTakenOver(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.orders(3, day(1, 1))
	r.wrap = func(s pull.Store) pull.Store { return &robbed{Store: s} }
	_, _, err := r.numbers("1")
	if fault.CodeOf(err) != "window.taken_over" || r.openNumbers() != 1 {
		t.Errorf("%v, %d windows are open", err, r.openNumbers())
	}
}

// robbed is a store in which somebody takes over as soon as a page is to be stored.
type robbed struct{ pull.Store }

func (s *robbed) CommitPage(ctx context.Context, page ledger.PageCommit) (ledger.PageResult, error) {
	open, err := s.OpenWindows(ctx, page.Stream, ledger.ByNumbers)
	for _, w := range open {
		again, restarted := s.RestartWindow(ctx, w, 88, 1)
		_, finished := s.FinishWindow(ctx, again, 1)
		err = errors.Join(err, restarted, finished)
	}
	if _, started := s.StartWindow(ctx, ledger.Window{Stream: page.Stream, Run: 88, Kind: ledger.ByNumbers}, 1); errors.Join(err, started) != nil {
		return ledger.PageResult{}, errors.Join(err, started)
	}
	return s.Store.CommitPage(ctx, page)
}
