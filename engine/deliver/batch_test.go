package deliver_test

import (
	"fmt"
	"log/slog"
	"math/bits"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// forms makes the target one of these forms, in the simulation and in the plan alike.
func (r *rig) forms(class manifest.Class, batch manifest.BatchForm, answers manifest.AnswerForm) {
	op := *r.target.Operation
	writing, mode := *op.Writing, *op.Writing.Create
	mode.Class = class
	if mode.Probe = class == manifest.QueryableKey; !mode.Probe {
		mode.Compare = nil
	}
	writing.Create, writing.Batch, writing.Answers = &mode, batch, answers
	op.Writing = &writing
	target := *r.target
	target.Operation = &op
	r.target = &target
	r.erp.Class, r.erp.Batch, r.erp.Answers = class, batch, answers
}

func numbers(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("n%03d", i)
	}
	return out
}

// all gives n times a state, but for the rows at the given places.
func all(n int, state ledger.DeliveryState, but ledger.DeliveryState, at ...int) []ledger.DeliveryState {
	out := slices.Repeat([]ledger.DeliveryState{state}, n)
	for _, i := range at {
		out[i] = but
	}
	return out
}

// TestABatchRefusedForOneRowIsHalved: a call that is refused as a whole for the data of
// one row is halved, not repeated row by row.
func TestABatchRefusedForOneRowIsHalved(t *testing.T) {
	t.Parallel()
	for _, size := range []int{2, 3, 20, 50} {
		for _, bad := range []int{0, size / 2, size - 1} {
			t.Run(fmt.Sprintf("%d of %d", bad, size), func(t *testing.T) {
				t.Parallel()
				r := newRig(t, size)
				r.forms(manifest.QueryableKey, manifest.Atomic, manifest.All)
				target := *r.target
				target.Rows = size
				r.target = &target
				nos := numbers(size)
				r.erp.Refuse = func(no string) string {
					if no == nos[bad] {
						return "wrong"
					}
					return ""
				}
				r.states(r.send(r.rows(nos...)), all(size, done, rejected, bad)...)
				if most := 1 + 2*bits.Len(uint(size-1)); r.erp.Writes > most {
					t.Errorf("%d calls for one bad row of %d, want at most %d", r.erp.Writes, size, most)
				}
				if _, order := r.erp.Bills(); len(order) != size-1 {
					t.Errorf("the target holds %d", len(order))
				}
			})
		}
	}
}

// TestSeveralBadRowsAreFoundByHalving: each of them alone is refused.
func TestSeveralBadRowsAreFoundByHalving(t *testing.T) {
	t.Parallel()
	r := newRig(t, 16)
	r.forms(manifest.QueryableKey, manifest.Atomic, manifest.All)
	target := *r.target
	target.Rows = 16
	r.target = &target
	r.erp.Refuse = func(no string) string {
		if strings.HasSuffix(no, "3") || strings.HasSuffix(no, "9") {
			return "wrong"
		}
		return ""
	}
	r.states(r.send(r.rows(numbers(16)...)), all(16, done, rejected, 3, 9, 13)...)
}

// TestFormsOfBatchesAndAnswers: what becomes of a call of five rows in each form, at once
// and when the uncertain rows are taken up a minute later.
func TestFormsOfBatchesAndAnswers(t *testing.T) {
	t.Parallel()
	refuse := func(nos ...string) func(string) string {
		return func(no string) string {
			if slices.Contains(nos, no) {
				return "wrong"
			}
			return ""
		}
	}
	lost := func(write int) bool { return write == 1 }
	cases := []struct {
		name    string
		class   manifest.Class
		batch   manifest.BatchForm
		answers manifest.AnswerForm
		refuse  func(string) string
		silent  func(string) bool
		lose    func(int) bool
		first   []ledger.DeliveryState
		then    []ledger.DeliveryState
		calls   int // of the first round
		written int
	}{
		{
			name: "row by row, each named", class: "B", batch: manifest.RowByRow, answers: manifest.PerRow, refuse: refuse("n001"),
			first: all(5, done, rejected, 1), then: all(5, done, rejected, 1), calls: 1, written: 4,
		},
		{
			name: "row by row, two not named", class: "B", batch: manifest.RowByRow, answers: manifest.PerRow,
			silent: func(no string) bool { return no == "n001" || no == "n004" },
			first:  all(5, done, unknown, 1, 4), then: all(5, done, done), calls: 1, written: 5,
		},
		{
			name: "atomic, the bad ones named", class: "B", batch: manifest.Atomic, answers: manifest.PerRow, refuse: refuse("n001", "n004"),
			first: all(5, done, rejected, 1, 4), then: all(5, done, rejected, 1, 4), calls: 2, written: 3,
		},
		{
			name: "atomic, lost its answer", class: "B", batch: manifest.Atomic, answers: manifest.All, lose: lost,
			first: all(5, unknown, unknown), then: all(5, done, done), calls: 1, written: 5,
		},
		{
			name: "atomic without a key, lost its answer", class: "D", batch: manifest.Atomic, answers: manifest.All, lose: lost,
			first: all(5, unknown, unknown), then: all(5, decide, decide), calls: 1, written: 5,
		},
		{
			name: "atomic, answers for all", class: "D", batch: manifest.Atomic, answers: manifest.All, refuse: refuse("n002"),
			first: all(5, done, rejected, 2), then: all(5, done, rejected, 2), calls: 5, written: 4,
		},
		{
			name: "atomic, counts none", class: "D", batch: manifest.Atomic, answers: manifest.Counts, refuse: refuse("n002"),
			first: all(5, done, rejected, 2), then: all(5, done, rejected, 2), calls: 5, written: 4,
		},
		{
			name: "counts four of five, rows may be repeated", class: "C", batch: manifest.RowByRow, answers: manifest.Counts, refuse: refuse("n002"),
			first: all(5, done, rejected, 2), then: all(5, done, rejected, 2), calls: 5, written: 4,
		},
		{
			name: "counts four of five, known keys", class: "A", batch: manifest.RowByRow, answers: manifest.Counts, refuse: refuse("n004"),
			first: all(5, done, rejected, 4), then: all(5, done, rejected, 4), calls: 7, written: 4,
		},
		{
			name: "counts four of five, rows can be looked up", class: "B", batch: manifest.RowByRow, answers: manifest.Counts, refuse: refuse("n002"),
			first: all(5, unknown, unknown), then: all(5, done, unknown, 2), calls: 1, written: 4,
		},
		{
			name: "counts four of five, rows have no key", class: "D", batch: manifest.RowByRow, answers: manifest.Counts, refuse: refuse("n002"),
			first: all(5, unknown, unknown), then: all(5, decide, decide), calls: 1, written: 4,
		},
		{
			name: "counts all", class: "D", batch: manifest.RowByRow, answers: manifest.Counts,
			first: all(5, done, done), then: all(5, done, done), calls: 1, written: 5,
		},
		{
			name: "not known what a refused call left behind", class: "B", batch: manifest.UnknownBatch, answers: manifest.All, refuse: refuse("n002"),
			first: all(5, unknown, unknown), then: all(5, done, unknown, 2), calls: 1, written: 4,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 5)
			r.forms(c.class, c.batch, c.answers)
			r.erp.Refuse, r.erp.Silent, r.erp.Lose = c.refuse, c.silent, c.lose
			r.states(r.send(r.rows(numbers(5)...)), c.first...)
			if r.erp.Writes != c.calls {
				t.Errorf("%d calls, want %d", r.erp.Writes, c.calls)
			}
			r.now = r.now.Add(time.Minute)
			rows := r.rows(numbers(5)...)
			for i := range rows {
				rows[i].Resumed = true
			}
			r.states(r.send(rows), c.then...)
			if _, order := r.erp.Bills(); len(order) != c.written {
				t.Errorf("the target holds %v, want %d", order, c.written)
			}
		})
	}
}

// TestARowThatIsRefusedWithItsCallIsLookedAt: whatever the reason that is one row's, its
// neighbours go on.
func TestARowThatIsRefusedWithItsCallIsLookedAt(t *testing.T) {
	t.Parallel()
	for class, want := range map[fault.Class]ledger.DeliveryState{
		fault.Data: rejected, fault.BusinessWait: retry, fault.Duplicate: decide, "": rejected,
	} {
		t.Run("class "+string(class), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 4)
			r.erp.Whole = func(nos []string) error {
				if slices.Contains(nos, "n002") {
					return fault.New("vendor.whole", "the call is refused").Classed(class).Unapplied()
				}
				return nil
			}
			r.states(r.send(r.rows(numbers(4)...)), done, done, want, done)
		})
	}
}

// TestSomebodyElsesObjectIsFoundByHalvingToo: the attempts that halving makes leave nothing,
// so an object that is there already is not the row's own.
func TestSomebodyElsesObjectIsFoundByHalvingToo(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3)
	r.erp.Put("n001", `{"no":"n001","amount":12.50}`)
	r.erp.Whole = func(nos []string) error {
		if slices.Contains(nos, "n002") {
			return fault.New("vendor.whole", "the call is refused").Classed(fault.Data).Unapplied()
		}
		return nil
	}
	results := r.send(r.rows(numbers(3)...))
	r.states(results, done, decide, rejected)
	if results[1].Fault.Code != "delivery.duplicate" {
		t.Errorf("fault is %v", results[1].Fault)
	}
}

// TestAFailedCallKeepsItsAnswer: what the vendor said to a call that failed as a whole is on
// record with the call.
func TestAFailedCallKeepsItsAnswer(t *testing.T) {
	t.Parallel()
	for said, err := range map[string]error{
		`{"code":7,"msg":"no"}`: fault.New("vendor.7", "no").Classed(fault.Data).Answered([]byte(`{"code":7,"msg":"no"}`)),
		"":                      fault.New("http.cut", "cut").Classed(fault.Transient),
	} {
		r := newRig(t, 1)
		r.erp.Fail = func(int) error { return err }
		sent, err := deliver.New(deliver.Config{Store: r.store, Clock: func() time.Time { return r.now }, Log: slog.New(slog.DiscardHandler)}).Send(t.Context(), deliver.Stage{
			Claim: r.claim, Workspace: 1, Connection: 5, NodeNo: 7, Target: r.target, Session: r.session, Tries: r.tries,
		}, r.rows("a"))
		r.must(err)
		if len(sent.Calls) != 1 || string(sent.Calls[0].Response) != said || sent.Calls[0].Code == "" {
			t.Errorf("%+v, want the answer %q", sent.Calls, said)
		}
	}
}
