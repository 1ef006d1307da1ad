package books_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/books"
	"github.com/karezflow/karez/sdk/item"
)

func open() *books.Books {
	rules := books.Defaults()
	return books.New(func() time.Time { return time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC) }, &rules)
}

func bill(number string, quantities ...string) string {
	lines := make([]string, len(quantities))
	for i, q := range quantities {
		lines[i] = fmt.Sprintf(`{"FMaterialId":{"FNumber":"SKU-%04d"},"FRealQty":%s,"FTaxPrice":0.1,"FOwnerTypeId":"BD_OwnerOrg",`+
			`"FOwnerId":{"FNumber":"100"},"FStockId":{"FNumber":"1"}}`, i+1, q)
	}
	return `{"FBillTypeID":{"FNUMBER":"XSTHD01_SYS"},"FBillNo":"` + number + `","FSaleOrgId":{"FNumber":"100"},"FDate":"2026-03-05",` +
		`"FStockOrgId":{"FNumber":"100"},"FRetcustId":{"FNumber":"10001"},"FSettleCurrId":{"FNumber":"PRE001"},` +
		`"FSettleOrgId":{"FNumber":"100"},"FEntity":[` + strings.Join(lines, ",") + `]}`
}

func save(b *books.Books, models ...string) ([]books.Outcome, *books.Refusal) {
	return b.Save("SAL_RETURNSTOCK", books.Many, item.Of([]byte(`{"Model":[`+strings.Join(models, ",")+`]}`)))
}

func query(b *books.Books, data string) ([][]json.RawMessage, error) {
	raw, refusal := b.Query("SAL_RETURNSTOCK", item.Of([]byte(data)), false)
	if refusal != nil {
		return nil, fmt.Errorf("%d %s", refusal.Code, refusal.Message)
	}
	var rows [][]json.RawMessage
	return rows, json.Unmarshal(raw, &rows)
}

// TestPagesPartition: with an order, pages of any size give every line exactly
// once and in the same order as one big page.
func TestPagesPartition(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		b := open()
		for i := range rapid.IntRange(0, 12).Draw(t, "bills") {
			lines := make([]string, rapid.IntRange(1, 4).Draw(t, "lines"))
			for k := range lines {
				lines[k] = fmt.Sprint(rapid.IntRange(1, 3).Draw(t, "quantity"))
			}
			if _, refusal := save(b, bill(fmt.Sprintf("R%d", i), lines...)); refusal != nil {
				t.Fatal(refusal.Message)
			}
		}
		order := rapid.SampledFrom([]string{"FID,FEntity_FEntryID", "FRealQty DESC,FEntity_FEntryID", "FBillNo DESC,FEntity_FEntryID DESC"}).Draw(t, "order")
		base := `"FieldKeys":"FEntity_FEntryID","FilterString":"FRealQty<3","OrderString":"` + order + `"`
		whole, err := query(b, `{`+base+`}`)
		if err != nil {
			t.Fatal(err)
		}
		size := rapid.IntRange(1, 7).Draw(t, "size")
		var paged [][]json.RawMessage
		for start := 0; ; start += size {
			page, err := query(b, fmt.Sprintf(`{%s,"StartRow":%d,"Limit":%d}`, base, start, size))
			if err != nil {
				t.Fatal(err)
			}
			paged = append(paged, page...)
			if len(page) < size {
				break
			}
		}
		if fmt.Sprint(whole) != fmt.Sprint(paged) {
			t.Fatalf("whole %s, paged %s", whole, paged)
		}
	})
}

// TestDigitsSurvive: any number comes back in a query as it was sent.
func TestDigitsSurvive(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		b := open()
		digits := rapid.StringMatching(`-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "digits")
		outcomes, refusal := save(b, bill("R1", digits))
		if refusal != nil || len(outcomes[0].Faults) > 0 {
			t.Fatalf("%s is refused: %v %v", digits, refusal, outcomes)
		}
		rows, err := query(b, `{"FieldKeys":"FRealQty"}`)
		if err != nil || string(rows[0][0]) != digits {
			t.Fatalf("%s came back as %s, %v", digits, rows, err)
		}
		objects, _ := b.Objects("SAL_RETURNSTOCK")
		if got := item.Of(objects[0]).Path("FEntity.0.FRealQty").Raw(); string(got) != digits {
			t.Fatalf("%s is stored as %s", digits, got)
		}
	})
}

// TestOneNumberOnce: whatever is saved in whatever order, a number is there once,
// and every row is either stored or refused.
func TestOneNumberOnce(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		b := open()
		rows := rapid.IntRange(1, 20).Draw(t, "rows")
		models := make([]string, rows)
		for i := range models {
			models[i] = bill(rapid.SampledFrom([]string{"A", "B", "C", "XSTHD000001", ""}).Draw(t, "number"), "1")
		}
		outcomes, refusal := save(b, models...)
		if refusal != nil || len(outcomes) != rows {
			t.Fatalf("%d outcomes, %v", len(outcomes), refusal)
		}
		seen := map[string]bool{}
		objects, _ := b.Objects("SAL_RETURNSTOCK")
		for _, o := range objects {
			number := item.Of(o).Field("FBillNo").Text()
			if seen[number] || number == "" {
				t.Fatalf("number %q is there twice or empty", number)
			}
			seen[number] = true
		}
		if b.Creates != len(objects) || b.Creates+b.Refused["duplicate"] != rows {
			t.Fatalf("%d created, %d refused of %d", b.Creates, b.Refused["duplicate"], rows)
		}
	})
}
