package main

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestAllMakeTheSame(t *testing.T) {
	t.Parallel()
	all, err := contestants()
	if err != nil {
		t.Fatal(err)
	}
	orders := [][]byte{order(1), order(2), order(123456)}
	// Members in another order, one less, another number of lines: the raw plan must not live on what it expects.
	turned := strings.Replace(strings.Replace(string(order(3)), `"currency":"CNY",`, "", 1), `{"trade_id":1000003,`, `{"currency":"CNY","trade_id":1000003,`, 1)
	first, _, _ := strings.Cut(turned, `},{"rec_id"`)
	orders = append(orders, []byte(turned), []byte(first+`}]}`), order(4))
	if err := agree(all, orders); err != nil {
		t.Error(err)
	}
	all[2].do = func(_, _ []byte) ([]byte, error) { return []byte(`{}`), nil }
	if err := agree(all, orders); err == nil || !strings.Contains(err.Error(), "raw plan makes something else of document 0") {
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
