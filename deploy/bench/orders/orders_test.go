package orders_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/karezflow/karez/deploy/bench/orders"
)

func TestOrders(t *testing.T) {
	t.Parallel()
	size := 0
	for n := range 1000 {
		doc := orders.Append(nil, n)
		size += len(doc)
		var read map[string]any
		if err := json.Unmarshal(doc, &read); err != nil || len(read) != 36 {
			t.Fatalf("order %d has %d members, %v", n, len(read), err)
		}
		if dropped := read["trade_status"] == "5"; dropped != orders.Dropped(n) {
			t.Errorf("order %d: dropped %v", n, dropped)
		}
		if read["trade_no"] != orders.Number(n) || read["trade_no"] != orders.BillOf(n).FBillNo {
			t.Errorf("order %d is %v", n, read["trade_no"])
		}
	}
	if size /= 1000; size < 2100 || size > 2300 {
		t.Errorf("an order has %d bytes", size)
	}
}

func TestKept(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]int{{0, 0}, {0, 1}, {0, 4}, {3, 1}, {3, 2}, {7, 100}, {20_100, 35}, {99, 1234}} {
		want := 0
		for n := c[0]; n < c[0]+c[1]; n++ {
			if !orders.Dropped(n) {
				want++
			}
		}
		if got := orders.Kept(c[0], c[1]); got != want {
			t.Errorf("of %d orders from %d on %d are kept, not %d", c[1], c[0], got, want)
		}
	}
}

// TestRenumber: what differs between two orders of a kind is their number alone.
func TestRenumber(t *testing.T) {
	t.Parallel()
	page := func(n int) (page []byte) {
		for i := range 5 {
			page = append(orders.Append(page, n+i), ',')
		}
		return page
	}
	got := page(40)
	orders.Renumber(got, 3*orders.Kinds+40)
	if !bytes.Equal(got, page(3*orders.Kinds+40)) {
		t.Errorf("%s", got)
	}
	if orders.BillOf(40).FStockOrgID != orders.BillOf(3*orders.Kinds+40).FStockOrgID {
		t.Error("the same kind has another organisation")
	}
}

func TestFlow(t *testing.T) {
	t.Parallel()
	text := orders.Flow("http://127.0.0.1:1")
	if !json.Valid(text) || strings.Count(string(text), `"table":"warehouses"`) != 1 || strings.Count(string(text), "127.0.0.1:1") != 2 {
		t.Errorf("%s", text)
	}
}
