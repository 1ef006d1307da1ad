package pull_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/manifest"
)

// TestNoDocumentLosesLines regroups rows, many of them equal, of bills that come
// and go while pages are read. Whatever can be claimed is a whole bill, and in the
// end every bill that was there is.
func TestNoDocumentLosesLines(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(rt *rapid.T) {
		strategy := rapid.SampledFrom([]manifest.Strategy{manifest.ByOffset, manifest.ByPage}).Draw(rt, "strategy")
		r := newForward(outer, strategy, rapid.IntRange(3, 6).Draw(rt, "size"), "operation: orders,", regrouped)
		book := &register{shop: r.shop}
		r.session = book
		enter := func(no string, at time.Time) {
			items := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b"}), 1, 7).Draw(rt, "items")
			for i := 3; i < len(items); i++ {
				items[i] += fmt.Sprint(i) // else two pages could be equal, which they are not where pages are of use
			}
			book.bills = append(book.bills, bill{no, at, items})
		}
		for i := range rapid.IntRange(0, 9).Draw(rt, "bills") {
			enter(fmt.Sprintf("b%02d", 10*i), day(1, 1).Add(time.Duration(i)*time.Minute))
		}
		budget := rapid.IntRange(0, 9).Draw(rt, "changes")
		book.before = func(call int) {
			for range rapid.IntRange(0, 2).Draw(rt, "at once") {
				if budget == 0 || len(book.bills) == 0 {
					return
				}
				budget--
				if rapid.IntRange(0, 2).Draw(rt, "late") == 0 {
					enter(fmt.Sprintf("b%02d late%d", rapid.IntRange(0, 99).Draw(rt, "place"), call*10+budget), day(1, 2))
					continue
				}
				// One that came late stays: between numbered pages it could come and go unseen.
				if b := &book.bills[rapid.IntRange(0, len(book.bills)-1).Draw(rt, "which")]; !strings.Contains(b.no, "late") {
					b.modified = r.shop.Now
				}
			}
		}
		for turn := range 6 {
			if turn == 5 {
				book.before = nil
			}
			run(rt, r)
			whole := map[string]string{}
			for _, b := range book.bills {
				whole[b.no] = b.document()
			}
			for no, body := range r.claimable() {
				if body != whole[no] {
					rt.Fatalf("bill %s could be claimed as %s, and is %s", no, body, whole[no])
				}
			}
		}
		have := r.claimable()
		for _, b := range book.bills {
			if have[b.no] == "" && !strings.Contains(b.no, "late") {
				rt.Errorf("bill %s is missing (%s)", b.no, strategy)
			}
		}
	})
}

// TestEqualLinesAtAnEdge: a line that moved over the edge of a page leaves another
// one in its place that is equal to the byte.
func TestEqualLinesAtAnEdge(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		size  int
		bills []bill
	}{
		"of a group that begins on the page": {4, []bill{{"1", day(1, 1), []string{"a"}}, {"2", day(1, 1), []string{"b"}}, {"3", day(1, 1), []string{"c"}}, {"4", day(1, 1), []string{"l", "l", "z"}}}},
		"of a group that fills the page":     {3, []bill{{"1", day(1, 1), []string{"a"}}, {"4", day(1, 1), []string{"l", "l", "l", "x", "y"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newForward(t, manifest.ByOffset, c.size, "operation: orders,", regrouped)
			book := &register{shop: r.shop, bills: c.bills}
			r.session = book
			book.before = func(call int) {
				if call == 2 {
					book.bills[0].modified = r.shop.Now
				}
			}
			if _, err := r.run(); err != nil {
				t.Fatal(err)
			}
			if last := c.bills[len(c.bills)-1]; r.claimable()["4"] != last.document() {
				t.Errorf("bill 4 is %s, want %s", r.claimable()["4"], last.document())
			}
		})
	}
}

// TestHalfABillIsNeverReleased: of a bill that left the window after two of its
// three lines were read nothing can be claimed, until a later window brings it whole.
func TestHalfABillIsNeverReleased(t *testing.T) {
	t.Parallel()
	for _, total := range []bool{true, false} {
		r := newForward(t, manifest.ByPage, 2, "operation: orders,", regrouped)
		book := &register{shop: r.shop, total: total, bills: []bill{{"1", day(1, 1), []string{"a", "b", "c"}}, {"2", day(1, 2), []string{"d", "e", "f"}}}}
		r.session = book
		book.before = func(call int) {
			if call == 2 { // its third line is gone when the second page is read
				book.bills[0].modified = r.shop.Now
			}
		}
		counts, err := r.run()
		if err != nil {
			t.Fatal(err)
		}
		if got := r.claimable(); len(got) != 1 || got["2"] != book.bills[1].document() {
			t.Errorf("claimable: %v (%v)", got, counts)
		}
		book.before = nil
		r.shop.Now = r.shop.Now.Add(time.Hour)
		if _, err := r.run(); err != nil {
			t.Fatal(err)
		}
		if got := r.claimable(); len(got) != 2 || got["1"] != book.bills[0].document() {
			t.Errorf("claimable: %v", got)
		}
	}
}
