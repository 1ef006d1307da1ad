package deliver_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// TestOneObjectWhateverGoesWrong: in every class, whatever becomes of the calls and
// whenever newer revisions come, the target ends with one object for the key; where it can
// be told what became of a write, it holds the newest revision.
func TestOneObjectWhateverGoesWrong(t *testing.T) {
	t.Parallel()
	target := jobTarget(t)
	for _, class := range []manifest.Class{manifest.NativeKey, manifest.QueryableKey, manifest.Upsert, manifest.NoKey} {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				r := newRigOf(t, 1, target)
				r.forms(class, manifest.RowByRow, manifest.PerRow)
				r.target.OnRevised = "update"
				faults := []string{"none", "never arrives", "arrives, answer lost", "refused as a whole", "not named", "busy"}
				now := ""
				is := func(f string) bool { return now == f }
				r.erp.Fail = func(int) error {
					switch {
					case is("never arrives"):
						return fault.New("http.cut", "cut").Classed(fault.Transient)
					case is("refused as a whole"):
						return fault.New("vendor.closed", "closed").Classed(fault.Transient).Unapplied()
					default:
						return nil
					}
				}
				r.erp.Lose = func(int) bool { return is("arrives, answer lost") }
				r.erp.Silent = func(string) bool { return is("not named") }
				r.erp.Refuse = func(string) string { return map[bool]string{true: "busy"}[is("busy")] }
				rev, uncertain, ever := 1, false, false
				walk := func() ledger.DeliveryState {
					rows := r.rows("a")
					rows[0].Rev, rows[0].Body = rev, fmt.Appendf(nil, `{"no":"a","amount":%d}`, rev)
					rows[0].Resumed = true
					state := r.send(rows)[0].State
					uncertain = state == unknown
					ever = ever || uncertain
					r.now = r.now.Add(30 * time.Minute)
					return state
				}
				for range rapid.IntRange(1, 12).Draw(rt, "walks") {
					now = rapid.SampledFrom(faults).Draw(rt, "fault")
					if rapid.Bool().Draw(rt, "changes") && !uncertain {
						rev++
					}
					walk()
				}
				now = "none"
				state := walk()
				for range 6 {
					if state = walk(); state == done {
						break
					}
				}
				bills, order := r.erp.Bills()
				if len(order) > 1 {
					rt.Fatalf("the target holds %v", order)
				}
				if class == manifest.NoKey && ever {
					return // whatever came of it, a person decides
				}
				if want := fmt.Sprintf(`"amount":%d`, rev); state != done || len(order) != 1 || !strings.Contains(string(bills["a"]), want) {
					rt.Fatalf("%s with %s, want %s", state, bills["a"], want)
				}
			})
		})
	}
}
