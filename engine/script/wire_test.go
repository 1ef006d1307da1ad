package script_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/script"
	"github.com/karezflow/karez/engine/script/internal/asking"
	"github.com/karezflow/karez/engine/script/internal/jsvm"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func TestRequestsOnTheWire(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		docs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) jsvm.Doc {
			return jsvm.Doc{
				Raw: rapid.String().Draw(t, "raw"), Vars: rapid.String().Draw(t, "vars"), Key: rapid.String().Draw(t, "key"),
				Number:   rapid.String().Draw(t, "number"),
				From:     rapid.SampledFrom([]time.Time{{}, time.UnixMilli(1).UTC(), time.UnixMilli(-62135596800001).UTC()}).Draw(t, "from"),
				Revision: rapid.IntRange(math.MinInt, math.MaxInt).Draw(t, "revision"),
				Now:      time.UnixMilli(rapid.Int64Range(-1e14, 1e14).Draw(t, "now")).UTC(),
			}
		}), 0, 5).Draw(t, "documents")
		sent := script.OnTheWire{Docs: docs, Answers: rapid.MapOfN(rapid.String(), rapid.SliceOfN(rapid.String(), 0, 3), 0, 4).Draw(t, "answers")}
		sent.Lookups = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) asking.Lookup {
			text := func(name string) string { return rapid.String().Draw(t, name) }
			l := asking.Lookup{Name: text("name"), OnMiss: text("miss"), OnMany: text("many")}
			l.Ask = item.Lookup{From: text("from"), Table: text("table"), Find: text("find"), Reverse: rapid.Bool().Draw(t, "reverse")}
			for range rapid.IntRange(0, 3).Draw(t, "conditions") {
				l.Ask.Where = append(l.Ask.Where, item.Equal{Path: text("path")})
			}
			return l
		}), 0, 3).Draw(t, "lookups")
		got, err := script.RequestOnTheWire(sent)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sent, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestRepliesOnTheWire(t *testing.T) {
	t.Parallel()

	faults := rapid.Map(rapid.Bool(), func(has bool) *fault.Fault {
		if !has {
			return nil
		}
		return fault.New("script.error", "单 %d", 1).Classed(fault.Data).At("a[0]").Hinted("h").Arg("line", "2")
	})
	asked := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) asking.Asked {
		return asking.Asked{Lookup: rapid.IntRange(0, 1<<20).Draw(t, "lookup"), Values: rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "values")}
	}), 0, 3)
	rapid.Check(t, func(t *rapid.T) {
		results := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) jsvm.Result {
			return jsvm.Result{
				Vars:  rapid.SliceOf(rapid.Byte()).Draw(t, "vars"),
				Fault: faults.Draw(t, "fault"),
				Outputs: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) jsvm.Output {
					if rapid.Bool().Draw(t, "same") {
						return jsvm.Output{Port: rapid.String().Draw(t, "port"), Same: true}
					}
					return jsvm.Output{Port: rapid.String().Draw(t, "port"), Raw: rapid.SliceOfN(rapid.Byte(), 1, 400).Draw(t, "raw")}
				}), 0, 3).Draw(t, "outputs"),
				Needs: asked.Draw(t, "needs"), Missing: asked.Draw(t, "missing"),
				Lines: []jsvm.Line{{Level: "warn", Text: rapid.String().Draw(t, "text")}},
			}
		}), 0, 4).Draw(t, "results")
		bad := faults.Draw(t, "fault of all")
		got, gotBad, err := script.ReplyOnTheWire(results, bad)
		if err != nil {
			t.Fatal(err)
		}
		unexported := cmpopts.IgnoreUnexported(fault.Fault{})
		if diff := cmp.Diff(results, got, cmpopts.EquateEmpty(), unexported) + cmp.Diff(bad, gotBad, unexported); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A damaged answer is an error, never a panic or a huge allocation.
func FuzzReply(f *testing.F) {
	f.Add([]byte("\x05\x00\x00\x00\x00\x00\x01\x00\x00"))
	f.Add([]byte("\x06\x00\x00\x00\x00\x00\xff\xff\xff\x7f"))
	f.Add([]byte("\x03\x00\x00\x00\x00\x02{}"))
	f.Add([]byte("\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		results, _, err := script.ReadReply(raw)
		if err == nil && len(results) > len(raw) {
			t.Errorf("%d results of %d bytes", len(results), len(raw))
		}
	})
}
