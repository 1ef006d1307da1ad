package rules_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
)

func TestWatermark(t *testing.T) {
	t.Parallel()
	window := func(from, to ledger.Millis, state ledger.WindowState) ledger.Window {
		return ledger.Window{From: from, To: to, State: state}
	}
	const done, open = ledger.WindowDone, ledger.WindowOpen
	tests := map[string]struct {
		current ledger.Millis
		windows []ledger.Window
		want    ledger.Millis
	}{
		"nothing":                       {0, nil, 0},
		"nothing new":                   {50, nil, 50},
		"the first window":              {0, []ledger.Window{window(1000, 1100, done)}, 1100},
		"the first is open":             {0, []ledger.Window{window(1000, 1100, open), window(1100, 1200, done)}, 0},
		"first and second":              {0, []ledger.Window{window(1000, 1100, done), window(1100, 1200, done)}, 1200},
		"a gap after the first":         {0, []ledger.Window{window(1000, 1100, done), window(1101, 1200, done)}, 1100},
		"touching":                      {100, []ledger.Window{window(100, 200, done)}, 200},
		"looking back":                  {100, []ledger.Window{window(90, 200, done), window(190, 300, done)}, 300},
		"a gap":                         {100, []ledger.Window{window(101, 200, done)}, 100},
		"done behind an open one":       {100, []ledger.Window{window(100, 200, open), window(200, 300, done)}, 100},
		"open behind a done one":        {100, []ledger.Window{window(100, 200, done), window(200, 300, open)}, 200},
		"inside another":                {100, []ledger.Window{window(50, 400, done), window(100, 200, done)}, 400},
		"open inside what is done":      {100, []ledger.Window{window(90, 200, done), window(150, 260, open), window(180, 300, done)}, 200},
		"a later one alone is no first": {1, []ledger.Window{window(1000, 1100, done)}, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := rules.Watermark(tt.current, tt.windows); got != tt.want {
				t.Errorf("watermark %d, want %d", got, tt.want)
			}
		})
	}
}

// TestWatermarkInAnyOrder finishes a chain of windows in any order: the cursor
// never goes back, never passes what was not read, and ends at the end.
func TestWatermarkInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		chain := make([]ledger.Window, 0, 8)
		for at, n := ledger.Millis(1000), rapid.IntRange(1, 8).Draw(t, "windows"); len(chain) < n; {
			to := at + ledger.Millis(rapid.IntRange(1, 50).Draw(t, "span"))
			back := ledger.Millis(rapid.IntRange(0, 10).Draw(t, "look-back"))
			chain = append(chain, ledger.Window{ID: ledger.ID(len(chain) + 1), From: at - back, To: to, State: ledger.WindowOpen})
			at = to
		}
		slices.SortStableFunc(chain, func(a, b ledger.Window) int { return int(a.From - b.From) })
		end := chain[0].To
		for _, w := range chain {
			end = max(end, w.To)
		}
		current := ledger.Millis(0)
		for _, i := range rapid.Permutation(indexes(len(chain))).Draw(t, "order") {
			chain[i].State = ledger.WindowDone
			var ahead []ledger.Window
			for _, w := range chain {
				if w.To > current {
					ahead = append(ahead, w)
				}
			}
			next := rules.Watermark(current, ahead)
			if next < current {
				t.Fatalf("the cursor went from %d back to %d", current, next)
			}
			current = next
			for at := chain[0].From; at < current; at++ {
				if !slices.ContainsFunc(chain, func(w ledger.Window) bool { return w.State == ledger.WindowDone && w.From <= at && at < w.To }) {
					t.Fatalf("the cursor is %d and %d was never read: %+v", current, at, chain)
				}
			}
		}
		if current != end {
			t.Fatalf("all windows are done and the cursor is %d, want %d", current, end)
		}
	})
}

func indexes(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
