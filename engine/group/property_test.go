package group_test

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/group"
	"github.com/karezflow/karez/sdk/item"
)

// TestTotals: however lines are merged and bills split, the totals of all bills are
// those of all members to the last digit, and every line is in exactly one bill.
func TestTotals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		settings := fmt.Sprintf(`{"headerGroup":["k"],"bodyName":"l","bodyMaxLine":%d,"bodyGroup":[%s],"calculate":[{"field":"fee"},{"field":"l.n"},{"field":"l.n","into":"n"}]}`,
			rapid.IntRange(1, 4).Draw(t, "most"), rapid.SampledFrom([]string{`"sku"`, ``}).Draw(t, "by"))
		p, faults := group.New(group.SettingsOf(item.Of([]byte(settings))), nil)
		if faults != nil {
			t.Fatal(faults)
		}
		amount := rapid.Map(rapid.Int64Range(-1_000_000_000_000_000, 1_000_000_000_000_000), func(n int64) string {
			return new(big.Rat).SetFrac64(n, 10_000).FloatString(4)
		})
		fees, numbers := new(big.Rat), new(big.Rat)
		var ms []group.Member
		for d := range rapid.IntRange(1, 5).Draw(t, "documents") {
			m := group.Member{Document: int64(d + 1)}
			for range rapid.IntRange(1, 2).Draw(t, "records") {
				fee := amount.Draw(t, "fee")
				add(t, fees, fee)
				var lines []string
				for range rapid.IntRange(0, 5).Draw(t, "lines") {
					n := amount.Draw(t, "n")
					add(t, numbers, n)
					lines = append(lines, fmt.Sprintf(`{"sku":%q,"n":%s}`, rapid.SampledFrom([]string{"A", "B", "C", "D", "E"}).Draw(t, "sku"), n))
				}
				m.Records = append(m.Records, group.Record{Body: fmt.Appendf(nil, `{"k":1,"fee":%s,"l":[%s]}`, fee, strings.Join(lines, ","))})
			}
			ms = append(ms, m)
		}
		gotFees, gotLines, gotHeader := new(big.Rat), new(big.Rat), new(big.Rat)
		seen := map[string]int{}
		for _, b := range p.Compose(ms) {
			body := item.Of(b.Body)
			add(t, gotFees, body.Field("fee").Text())
			add(t, gotHeader, body.Field("n").Text())
			for e := range body.Field("l").Elements() {
				add(t, gotLines, e.Field("n").Text())
			}
			for _, line := range b.Lines {
				for _, o := range line {
					m := b.Members[o.Member]
					seen[fmt.Sprint(m.Document, string(m.Records[o.Record].Body), o.Line)]++
				}
			}
		}
		if gotFees.Cmp(fees) != 0 || gotLines.Cmp(numbers) != 0 || gotHeader.Cmp(numbers) != 0 {
			t.Fatalf("fees %s of %s, lines %s and header %s of %s", gotFees, fees, gotLines, gotHeader, numbers)
		}
		for _, m := range ms {
			for _, r := range m.Records {
				at := 0
				for range item.Of(r.Body).Field("l").Elements() {
					if n := seen[fmt.Sprint(m.Document, string(r.Body), at)]; n < 1 {
						t.Fatalf("line %d of %s is in no bill", at, r.Body)
					}
					at++
				}
			}
		}
	})
}

func add(t *rapid.T, to *big.Rat, text string) {
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q is no number", text)
	}
	to.Add(to, n)
}

// TestSplitLikeFlatten: documents taken apart into a record for each line come
// together as they were. The engine may not import the node that takes them apart, so
// its own splitting is used, which is the node's.
func TestSplitLikeFlatten(t *testing.T) {
	t.Parallel()
	p := compiled(t, `{"headerGroup":["no","shop"],"targetBodyName":"items","close":"run"}`)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z"\\\n<é中]{0,4}`)
		var lines []string
		for range rapid.IntRange(1, 6).Draw(t, "lines") {
			lines = append(lines, fmt.Sprintf(`{"sku":%s,"qty":%d.%03d}`, item.AppendText(nil, text.Draw(t, "sku")), rapid.IntRange(-99, 99).Draw(t, "whole"), rapid.IntRange(0, 999).Draw(t, "part")))
		}
		document := fmt.Sprintf(`{"no":%s,"shop":%s,"items":[%s]}`, item.AppendText(nil, text.Draw(t, "no")), strconv.Itoa(rapid.Int().Draw(t, "shop")), strings.Join(lines, ","))
		records, err := item.Split{Path: "items"}.Records([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		m := group.Member{Document: 1}
		for _, r := range records {
			m.Records = append(m.Records, group.Record{Body: r})
		}
		bills := p.Compose([]group.Member{m})
		if len(bills) != 1 {
			t.Fatalf("%d bills", len(bills))
		}
		if diff := cmp.Diff(document, string(bills[0].Body)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzCompose(f *testing.F) {
	f.Add([]byte(`{"k":1,"a":"2","l":[{"n":1.5,"s":"x"}]}`))
	f.Add([]byte(`{"k":{"x":[1]},"a":1e9,"l":{"n":"-0"}}`))
	f.Add([]byte(`{"l":[[],null,"x",1,{"n":0.0000001}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if item.Check(raw) != nil {
			return
		}
		p := compiled(t, `{"headerGroup":["k"],"bodyName":"l","bodyGroup":["s"],"bodyMaxLine":2,"calculate":[{"field":"a"},{"field":"l.n","function":"$avg"},{"field":"l.n","into":"n","function":"$addToSet"}]}`)
		if p.Check(item.Of(raw)) != nil {
			return
		}
		for _, b := range p.Compose([]group.Member{{Records: []group.Record{{Body: raw}, {Body: raw}}}}) {
			if err := item.Check(b.Body); err != nil {
				t.Fatalf("%s of %s: %v", b.Body, raw, err)
			}
		}
	})
}
