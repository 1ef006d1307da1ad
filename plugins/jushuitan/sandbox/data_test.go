package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/jushuitan/sandbox"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

func newVendor(o sandbox.Options) *sandbox.Vendor { return sandbox.New(start, o) }

func truth(t *testing.T, v sandboxkit.Vendor) ([]json.RawMessage, []row) {
	t.Helper()
	raw, ok := v.Objects("refund")
	if !ok {
		t.Fatal("no refunds")
	}
	return raw, rowsOf(t, raw)
}

func TestDataIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	one, _ := truth(t, newVendor(fast()))
	two, _ := truth(t, newVendor(sandbox.Demo()))
	if !slices.EqualFunc(one, two, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
		t.Error("the same seed gave other bytes")
	}
	other := fast()
	other.Seed = 2
	three, _ := truth(t, newVendor(other))
	if bytes.Equal(one[0], three[0]) {
		t.Error("another seed gave the same bytes")
	}
	for i, raw := range one {
		if !json.Valid(raw) {
			t.Fatalf("row %d is not JSON: %s", i, raw)
		}
	}
	few := fast()
	few.Refunds = 3
	if raw, _ := truth(t, newVendor(few)); len(raw) != 400 {
		t.Errorf("%d refunds, want the least that holds every kind", len(raw))
	}
}

func TestKindsOfRefunds(t *testing.T) {
	t.Parallel()
	v := newVendor(fast())
	raw, rows := truth(t, v)
	if len(rows) != 1000 {
		t.Fatalf("%d refunds", len(rows))
	}
	got := map[string]int{}
	byOrder, bySecond, ids := map[int64]int{}, map[string]int{}, map[int64]bool{}
	for i, r := range rows {
		got[r.Status]++
		byOrder[r.OrderID]++
		bySecond[r.Modified]++
		ids[r.ID] = true
		if n := len(r.Items); n < 1 || n > 8 {
			t.Errorf("%d has %d lines", r.ID, n)
		}
		if r.ShopID < 10001 || r.ShopID > 10005 {
			t.Errorf("%d is of shop %d", r.ID, r.ShopID)
		}
		if r.Mobile != "" && !strings.Contains(r.Mobile, "****") {
			t.Errorf("%d shows the phone %s", r.ID, r.Mobile)
		}
		confirm, unknown := string(r.Confirm), false
		for _, l := range r.Items {
			unknown = unknown || strings.HasPrefix(l.SKU, "SKU-X00")
			if !strings.HasPrefix(l.SKU, "SKU-X00") && (l.SKU < "SKU-0001" || l.SKU > "SKU-0400") {
				t.Errorf("%d has the material %s", r.ID, l.SKU)
			}
			if (r.Status == "Confirmed") != (l.Received == l.Quantity) || r.Status != "Confirmed" && l.Received != 0 {
				t.Errorf("%d (%s) received %d of %d", r.ID, r.Status, l.Received, l.Quantity)
			}
		}
		if unknown {
			got["unknown material"]++
		}
		switch {
		case confirm == "null":
			got["confirm null"]++
		case confirm == `""`:
			got["confirm empty"]++
		case r.Status != "Confirmed":
			t.Errorf("%d is %s but confirmed at %s", r.ID, r.Status, confirm)
		}
		if r.Status == "Confirmed" && (confirm == "null" || confirm == `""`) {
			t.Errorf("%d is confirmed at no time", r.ID)
		}
		for _, has := range []string{"😀", `"太大了"`, "\n", "\t", "{{o_id}}", "</script>", "'"} {
			if strings.Contains(r.Remark, has) {
				got["remark "+has]++
			}
		}
		if strings.Contains(string(raw[i]), `\ud83d`) {
			got["escaped emoji"]++
		}
	}
	for n := range byOrder {
		if byOrder[n] > 1 {
			got["refunds of shared orders"] += byOrder[n]
		}
		if byOrder[n] > 2 {
			t.Errorf("order %d has %d refunds", n, byOrder[n])
		}
	}
	for _, n := range bySecond {
		got["most in one second"] = max(got["most in one second"], n)
	}
	for name, want := range map[string]int{
		"WaitConfirm": 60, "Cancelled": 10, "Confirmed": 930, "unknown material": 8, "refunds of shared orders": 12,
	} {
		if got[name] != want {
			t.Errorf("%s: %d, want %d", name, got[name], want)
		}
	}
	for name, least := range map[string]int{
		"most in one second": 61, "confirm null": 20, "confirm empty": 20, "remark 😀": 20, "remark \n": 20, "remark \t": 20,
		"remark {{o_id}}": 20, "remark </script>": 20, `remark "太大了"`: 20, "remark '": 20, "escaped emoji": 3,
	} {
		if got[name] < least {
			t.Errorf("%s: %d, want at least %d", name, got[name], least)
		}
	}
	if len(ids) != 1000 || len(byOrder) != 994 {
		t.Errorf("%d ids, %d orders", len(ids), len(byOrder))
	}
	counts, _ := v.State()["counts"].(map[string]int)
	for name, want := range map[string]int{
		"total": 1000, "confirmed": 930, "unconfirmed": 60, "cancelled": 10, "sharedOrder": 12, "unknownMaterial": 8,
		"decimalTrap": 10, "bigPrice": 1, "longDecimal": 1, "sameSecond": 64, "modifiedWhilePaging": 0,
	} {
		if counts[name] != want {
			t.Errorf("state says %s = %d, want %d", name, counts[name], want)
		}
	}
}

func TestAmountsAreExactDecimals(t *testing.T) {
	t.Parallel()
	raw, rows := truth(t, newVendor(fast()))
	literals := map[string]int{}
	decimal := func(n json.Number) *big.Rat {
		r, ok := new(big.Rat).SetString(n.String())
		if !ok {
			t.Fatalf("%q is not a number", n)
		}
		return r
	}
	for i, r := range rows {
		sum := new(big.Rat)
		for _, l := range r.Items {
			want := new(big.Rat).Mul(decimal(l.Price), big.NewRat(int64(l.Quantity), 1))
			if want.Cmp(decimal(l.Amount)) != 0 {
				t.Errorf("%d: %d x %s is not %s", r.ID, l.Quantity, l.Price, l.Amount)
			}
			sum.Add(sum, decimal(l.Amount))
			literals[l.Price.String()]++
		}
		if sum.Cmp(decimal(r.Refund)) != 0 {
			t.Errorf("%d: the lines make %s, not %s", r.ID, sum.FloatString(4), r.Refund)
		}
		for _, l := range []string{`"price":12345678901234567.89,`, `"price":0.30000000000000004,`, `"refund":0.3,`} {
			if bytes.Contains(raw[i], []byte(l)) {
				literals[l]++
			}
		}
	}
	for literal, want := range map[string]int{
		"12345678901234567.89": 1, `"price":12345678901234567.89,`: 1, `"price":0.30000000000000004,`: 1, `"refund":0.3,`: 10, "0.1": 10, "0.2": 10,
	} {
		if literals[literal] != want {
			t.Errorf("%s: %d times, want %d", literal, literals[literal], want)
		}
	}
	trailing := 0
	for literal := range literals {
		if strings.HasSuffix(literal, "0") && len(literal) > 3 && literal[len(literal)-3] == '.' {
			trailing++
		}
	}
	if trailing == 0 {
		t.Error("no price is written with a trailing zero such as 35.50")
	}
}

func TestDataLiesInTheThirtyDaysBefore(t *testing.T) {
	t.Parallel()
	_, rows := truth(t, newVendor(fast()))
	first, last := "9", ""
	for _, r := range rows {
		first, last = min(first, r.Modified), max(last, r.Modified)
		if r.Created >= r.Modified {
			t.Errorf("%d is modified at %s, before it was made at %s", r.ID, r.Modified, r.Created)
		}
	}
	if first < "2024-04-01 12:00:00" || first > "2024-04-03" || last > "2024-05-01 11:50:00" || last < "2024-04-30" {
		t.Errorf("from %s to %s", first, last)
	}
}

// all reads every page of one window and gives the rows in the order of the pages.
func (b *bench) all(path, token, window string, size int) []json.RawMessage {
	b.t.Helper()
	var rows []json.RawMessage
	for number := 1; ; number++ {
		p := b.page(path, token, fmt.Sprintf(`{"page_index":%d,"page_size":%d,%s}`, number, size, window))
		if p.Index != number || p.Size != size || p.Pages != (p.Count+size-1)/size || p.Next != (number < p.Pages) {
			b.t.Fatalf("page %d of %s: %+v", number, window, p)
		}
		got := slices.Concat(p.Datas, p.Orders)
		if want := min(size, max(0, p.Count-(number-1)*size)); len(got) != want {
			b.t.Fatalf("page %d holds %d rows, want %d", number, len(got), want)
		}
		if rows = append(rows, got...); !p.Next {
			return rows
		}
	}
}

func TestPagesHoldEveryRefundOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	token := b.token()
	want, _ := truth(t, b.vendor)
	var got []json.RawMessage
	crossing := false
	for week := range 5 {
		rows := b.all(refundPath, token, span(time.Duration(week+1)*7*day-time.Second, time.Duration(week)*7*day), 50)
		parsed := rowsOf(t, rows)
		for i := 1; i < len(parsed); i++ {
			a, c := parsed[i-1], parsed[i]
			if a.Modified > c.Modified || a.Modified == c.Modified && a.ID >= c.ID {
				t.Errorf("%d comes before %d", a.ID, c.ID)
			}
		}
		for i := 50; i < len(parsed); i += 50 {
			crossing = crossing || parsed[i].Modified == parsed[i-1].Modified && count(parsed, parsed[i].Modified) > 60
		}
		got = append(got, rows...)
	}
	if !crossing {
		t.Error("the refunds of one second lie on no page edge")
	}
	key := func(a, b json.RawMessage) int { return bytes.Compare(a, b) }
	slices.SortFunc(got, key)
	want = slices.SortedFunc(slices.Values(want), key)
	if !slices.EqualFunc(got, want, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
		t.Errorf("the pages hold %d refunds, the truth %d, or their bytes differ", len(got), len(want))
	}
	if p := b.page(refundPath, token, `{"page_index":99,`+span(7*day, 0)+`}`); len(p.Datas) != 0 || p.Next || p.Count == 0 {
		t.Errorf("behind the last page: %d rows, next %v, count %d", len(p.Datas), p.Next, p.Count)
	}
	if p := b.page(refundPath, token, `{"is_get_total":false,`+span(7*day, 0)+`}`); p.Count != 0 || p.Pages != 0 || !p.Next || len(p.Datas) != 30 {
		t.Errorf("without totals: %d of %d, %d rows, next %v", p.Count, p.Pages, len(p.Datas), p.Next)
	}
}

func count(rows []row, modified string) int {
	n := 0
	for _, r := range rows {
		if r.Modified == modified {
			n++
		}
	}
	return n
}

func TestSelection(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	token := b.token()
	_, rows := truth(t, b.vendor)
	one := rows[slices.IndexFunc(rows, func(r row) bool { return count(rows, r.Modified) == 1 })]
	edge := fmt.Sprintf(`"modified_begin":"%s","modified_end":"%s"`, one.Modified, one.Modified)
	newest := slices.MaxFunc(rows, func(a, b row) int { return strings.Compare(a.TS, b.TS) })
	for name, tc := range map[string]struct {
		biz  string
		want func(row) bool
	}{
		"both ends belong":   {edge, func(r row) bool { return r.Modified == one.Modified }},
		"online number":      {fmt.Sprintf(`"so_ids":["%s"]`, one.OnlineID), func(r row) bool { return r.OnlineID == one.OnlineID }},
		"after-sale id":      {fmt.Sprintf(`"as_ids":[%d,"%d"]`, one.ID, rows[300].ID), func(r row) bool { return r.ID == one.ID || r.ID == rows[300].ID }},
		"order id":           {fmt.Sprintf(`"o_ids":[%d]`, one.OrderID), func(r row) bool { return r.OrderID == one.OrderID }},
		"number and window":  {fmt.Sprintf(`"as_ids":[%d],%s`, one.ID, span(3*time.Minute, time.Minute)), func(row) bool { return false }},
		"status":             {`"status":"Cancelled","as_ids":[` + ids(rows[:50]) + `]`, func(r row) bool { return r.Status == "Cancelled" && r.ID <= rows[49].ID }},
		"shop":               {fmt.Sprintf(`"shop_id":"%d",%s`, one.ShopID, edge), func(r row) bool { return r.Modified == one.Modified && r.ShopID == one.ShopID }},
		"offline shops":      {`"shop_id":0,"is_offline_shop":true,` + edge, func(row) bool { return false }},
		"from a row version": {`"is_get_total":false,"start_ts":` + newest.TS, func(r row) bool { return r.TS >= newest.TS }},
	} {
		want := 0
		for _, r := range rows {
			if tc.want(r) {
				want++
			}
		}
		p := b.page(refundPath, token, `{"page_size":50,`+tc.biz+`}`)
		for _, r := range rowsOf(t, p.Datas) {
			if !tc.want(r) {
				t.Errorf("%s: %d was not asked for", name, r.ID)
			}
		}
		if len(p.Datas) != want {
			t.Errorf("%s: %d rows, want %d", name, len(p.Datas), want)
		}
	}
	versions := rowsOf(t, b.page(refundPath, token, `{"page_size":50,"start_ts":0}`).Datas)
	if !slices.IsSortedFunc(versions, func(a, b row) int { return strings.Compare(a.TS, b.TS) }) || len(versions) != 50 ||
		versions[0].TS != slices.MinFunc(rows, func(a, b row) int { return strings.Compare(a.TS, b.TS) }).TS {
		t.Errorf("%d rows by version do not begin with the oldest", len(versions))
	}
	b.set(`{"startTsAlone":false}`)
	if got := b.query(refundPath, token, `{"start_ts":1}`); got.Code != 130 {
		t.Errorf("start_ts alone as a setting: %d", got.Code)
	}
}

func ids(rows []row) string {
	texts := make([]string, len(rows))
	for i, r := range rows {
		texts[i] = fmt.Sprint(r.ID)
	}
	return strings.Join(texts, ",")
}

func TestOrders(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	token := b.token()
	truth, _ := b.vendor.Objects("order")
	if len(truth) != 994 {
		t.Errorf("%d orders, want one for each of 994", len(truth))
	}
	rows := b.all(orderPath, token, span(14*day, 7*day), 100)
	free := map[byte]int{}
	for _, raw := range rows {
		var o struct {
			ID   int64           `json:"o_id"`
			Free json.RawMessage `json:"platform_free_amount"`
		}
		if err := json.Unmarshal(raw, &o); err != nil {
			t.Fatal(err)
		}
		free[o.Free[0]]++
		if !slices.ContainsFunc(truth, func(r json.RawMessage) bool { return bytes.Equal(r, raw) }) {
			t.Errorf("order %d differs from the truth", o.ID)
		}
	}
	if len(rows) < 100 || free['"'] == 0 || free['1'] == 0 {
		t.Errorf("%d orders, platform_free_amount %v", len(rows), free)
	}
}

func TestChurnOfServedRowsShiftsThePagesBehind(t *testing.T) {
	t.Parallel()
	o := fast()
	o.Churn = sandbox.Churn{Every: 1, Rows: 2, Total: 3, Pick: "served"}
	b := newBench(t, o)
	token := b.token()
	window := span(7*day, time.Minute)
	get := func(number int) page {
		t.Helper()
		return b.page(refundPath, token, fmt.Sprintf(`{"page_index":%d,"page_size":50,%s}`, number, window))
	}
	quiet := newBench(t, fast())
	before := quiet.all(refundPath, quiet.token(), window, 50)
	undisturbed := rowsOf(t, before)

	first, second := get(1), get(2)
	if second.Count != first.Count-2 {
		t.Errorf("total %d after two of %d rows left", second.Count, first.Count)
	}
	if got, want := rowsOf(t, second.Datas)[0].ID, undisturbed[52].ID; got != want {
		t.Errorf("page 2 begins with %d, want %d: two rows were missed", got, want)
	}
	if !slices.EqualFunc(first.Datas, before[:50], func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
		t.Error("the page served before the change is not as it was")
	}
	if third := get(3); third.Count != first.Count-3 || get(1).Count != first.Count-3 {
		t.Errorf("three rows are modified in all, total %d of %d", third.Count, first.Count)
	}
	moved := b.page(refundPath, token, `{`+span(0, 0)+`}`)
	for _, r := range rowsOf(t, moved.Datas) {
		if !strings.Contains(r.Remark, "读取期间修改") || r.Modified != "2024-05-01 12:00:00" || r.TS <= undisturbed[0].TS {
			t.Errorf("modified row: %+v", r)
		}
	}
	if len(moved.Datas) != 3 {
		t.Errorf("%d rows are modified now, want 3", len(moved.Datas))
	}

	b.control("reset", "")
	token = b.token()
	if again := get(1); again.Count != first.Count || !bytes.Equal(again.Datas[7], first.Datas[7]) {
		t.Error("reset did not restore the data")
	}
	if again := get(2); again.Count != second.Count {
		t.Error("after a reset refunds are modified as they were before it")
	}
}

func TestChurnAheadTakesUnreadRowsOutOfTheWindow(t *testing.T) {
	t.Parallel()
	o := fast()
	o.Churn = sandbox.Churn{Every: 2, Rows: 5, Total: 5, Pick: "ahead"}
	b := newBench(t, o)
	token := b.token()
	window := span(7*day, time.Minute)
	var read []row
	last := (b.page(refundPath, token, `{"page_size":1,`+window+`}`).Count + 49) / 50
	for number := last; number > 0; number-- {
		read = append(read, rowsOf(t, b.page(refundPath, token, fmt.Sprintf(`{"page_index":%d,"page_size":50,%s}`, number, window)).Datas)...)
	}
	seen := map[int64]bool{}
	for _, r := range read {
		seen[r.ID] = true
	}
	moved := rowsOf(t, b.page(refundPath, token, `{`+span(0, 0)+`}`).Datas)
	if len(moved) != 5 {
		t.Fatalf("%d rows modified, want 5", len(moved))
	}
	for _, r := range moved {
		if seen[r.ID] {
			t.Errorf("%d had been read before it was modified", r.ID)
		}
	}
}

func TestControl(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	token := b.token()
	b.page(refundPath, token, `{`+span(day, 0)+`}`)
	b.query(refundPath, token, `{}`)
	var state struct {
		Objects  map[string]int `json:"objects"`
		Counts   map[string]int `json:"counts"`
		Calls    map[string]int `json:"calls"`
		Refusals map[string]int `json:"refusals"`
		Tokens   map[string]int `json:"tokens"`
		Pages    int            `json:"pages"`
		Settings map[string]any `json:"settings"`
		Writes   map[string]int `json:"writeCalls"`
	}
	b.read("state", &state)
	if state.Objects["refund"] != 1000 || state.Counts["sameSecond"] != 64 || state.Calls[refundPath] != 2 || state.Refusals["130"] != 1 ||
		state.Tokens["issued"] != 1 || state.Pages != 1 || state.Settings["perSecond"] == nil || state.Writes == nil {
		t.Errorf("state: %+v", state)
	}
	var refunds []json.RawMessage
	b.read("objects/refund", &refunds)
	if len(refunds) != 1000 {
		t.Errorf("%d refunds", len(refunds))
	}
	if _, ok := b.vendor.Objects("invoice"); ok {
		t.Error("there are no invoices")
	}
	credentials := map[string]string{}
	b.read("credentials", &credentials)
	if credentials["appKey"] != sandbox.AppKey || credentials["appSecret"] != sandbox.AppSecret || credentials["authMode"] != "self" {
		t.Errorf("credentials: %v", credentials)
	}
}

func (b *bench) read(name string, into any) {
	b.t.Helper()
	_, raw := b.exchange(http.MethodGet, "/_sandbox/"+name, "", "")
	if err := json.Unmarshal(raw, into); err != nil {
		b.t.Fatalf("%v in %s", err, raw)
	}
}
