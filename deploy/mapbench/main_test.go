package main

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/deploy/bench/orders"
)

func TestAllMakeTheSame(t *testing.T) {
	t.Parallel()
	all, err := contestants()
	if err != nil {
		t.Fatal(err)
	}
	docs := [][]byte{orders.Append(nil, 1), orders.Append(nil, 2), orders.Append(nil, 123456)}
	// Members in another order, one less, another number of lines: the raw plan must not live on what it expects.
	turned := strings.Replace(strings.Replace(string(orders.Append(nil, 3)), `"currency":"CNY",`, "", 1), `{"trade_id":1000003,`, `{"currency":"CNY","trade_id":1000003,`, 1)
	first, _, _ := strings.Cut(turned, `},{"rec_id"`)
	docs = append(docs, []byte(turned), []byte(first+`}]}`), orders.Append(nil, 4))
	if err := agree(all, docs); err != nil {
		t.Error(err)
	}
	all[2].do = func(_, _ []byte) ([]byte, error) { return []byte(`{}`), nil }
	if err := agree(all, docs); err == nil || !strings.Contains(err.Error(), "raw plan makes something else of document 0") {
		t.Error(err)
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(&out, 3, 20, time.Millisecond); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`20 documents of 2\d\d\d bytes, 3 rounds in turn`, `engine/value +\d+\.\d\d +\d+ +\d+ +0\.\d\d\n`,
		`engine/value does \d+\.\d\d times what sonic does`, `engine/value does \d+\.\d\d times what raw plan does`,
	} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("%s is not in\n%s", want, out.String())
		}
	}
	if err := run(&out, 0, 20, time.Millisecond); err == nil {
		t.Error("no rounds")
	}
}

// TestBillOf has the product's mapping make the bills that the benchmark expects.
func TestBillOf(t *testing.T) {
	t.Parallel()
	all, err := contestants()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 7, 12345, 3*orders.Kinds + 4711} {
		out, err := all[0].do(nil, orders.Append(nil, n))
		if err != nil {
			t.Fatal(err)
		}
		var got orders.Bill
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		want := orders.BillOf(n)
		want.FStockOrgID = orders.Warehouse(n % orders.Codes) // which the benchmark's flow looks up
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v\n%+v", got, want)
		}
	}
}
