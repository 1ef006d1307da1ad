package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// write uploads rows and gives their answers.
func (b *bench) write(operation string, rows ...string) ([]connector.Answer, error) {
	b.t.Helper()
	writer, _ := b.open().(connector.Writer)
	answers, err := writer.Write(b.t.Context(), connector.Batch{
		Operation: operation, Mode: connector.Create, Rows: []byte("[" + strings.Join(rows, ",") + "]"), Keys: make([]string, len(rows)),
	})
	return answers.Rows, err
}

func TestAnswersComeInTheRowsOrder(t *testing.T) {
	t.Parallel()
	to, _ := uploadOf("jushuitan.orders.upload")
	for name, tc := range map[string]struct{ rows, answer, want string }{
		"in order":           {`[{"so_id":"a"},{"so_id":"b"}]`, `[{"so_id":"a","o_id":1,"issuccess":true},{"so_id":"b","o_id":2,"issuccess":true}]`, "done 1 a, done 2 b"},
		"in another order":   {`[{"so_id":"a"},{"so_id":"b"}]`, `[{"so_id":"b","o_id":2,"issuccess":true},{"so_id":"a","o_id":1,"issuccess":true}]`, "done 1 a, done 2 b"},
		"one refused":        {`[{"so_id":"a"},{"so_id":"b"}]`, `[{"so_id":"a","o_id":0,"issuccess":false,"msg":"no"},{"so_id":"b","o_id":2,"issuccess":true}]`, "rejected no, done 2 b"},
		"refused, no reason": {`[{"so_id":"a"}]`, `[{"so_id":"a","issuccess":false}]`, "rejected 聚水潭 refused the document without a reason"},
		"one left out":       {`[{"so_id":"a"},{"so_id":"b"}]`, `[{"so_id":"b","o_id":2,"issuccess":true}]`, "unknown, done 2 b"},
		"two shops, in order": {
			`[{"shop_id":1,"so_id":"a"},{"shop_id":2,"so_id":"a"}]`, `[{"so_id":"a","o_id":1,"issuccess":true},{"so_id":"a","o_id":2,"issuccess":false,"msg":"no"}]`, "done 1 a, rejected no",
		},
		"two shops, one left out": {`[{"shop_id":1,"so_id":"a"},{"shop_id":2,"so_id":"a"}]`, `[{"so_id":"a","o_id":1,"issuccess":true}]`, "unknown, unknown"},
		"one answer twice":        {`[{"so_id":"a"}]`, `[{"so_id":"a","o_id":1,"issuccess":true},{"so_id":"a","o_id":2,"issuccess":true}]`, "unknown"},
		"success without an id":   {`[{"so_id":"a"}]`, `[{"so_id":"a","o_id":0,"issuccess":true}]`, "unknown"},
		"neither yes nor no":      {`[{"so_id":"a"}]`, `[{"so_id":"a","o_id":1}]`, "unknown"},
		"a number as text":        {`[{"so_id":7}]`, `[{"so_id":"7","o_id":1,"issuccess":true}]`, "done 1 7"},
		"no list":                 {`[{"so_id":"a"}]`, `null`, "unknown"},
		"rows of no number":       {`[{},{}]`, `[{"o_id":1,"issuccess":true}]`, "unknown, unknown"},
	} {
		rows, err := item.Rows([]byte(tc.rows))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range to.answers(item.Of([]byte(tc.answer)), rows) {
			text := string(a.Outcome)
			switch a.Outcome {
			case connector.Done:
				text += " " + a.ID + " " + a.Number
			case connector.Rejected:
				text += " " + a.Message
			case connector.Unknown:
				if a.ID != "" || a.Number != "" || a.Message == "" {
					t.Errorf("%s: %+v", name, a)
				}
			}
			got = append(got, text)
		}
		if all := strings.Join(got, ", "); all != tc.want {
			t.Errorf("%s: %s, want %s", name, all, tc.want)
		}
	}
}

// TestRefusedDocuments reads what the sandbox says of single documents, with the classes of the manifest.
func TestRefusedDocuments(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	good, _ := orderRow("N1", "", false)
	empty, _ := orderRow("N2", "", true)
	long, _ := orderRow(strings.Repeat("长", 51), "", false)
	refund, _ := b.refundRow("R1", "", false)
	orphan, _ := b.refundRow("R2", "", true)
	for name, tc := range map[string]struct {
		operation, row, say string
		class               fault.Class
	}{
		"accepted":            {"jushuitan.orders.upload", good, "", ""},
		"no lines":            {"jushuitan.orders.upload", empty, "商品明细不能为空", fault.Data},
		"too long":            {"jushuitan.orders.upload", long, "长度不能超过 50", fault.Data},
		"no such shop":        {"jushuitan.orders.upload", strings.Replace(good, "10004", "77", 1), "店铺编号不存在", fault.BusinessWait},
		"shop of a platform":  {"jushuitan.orders.upload", strings.Replace(good, "10004", "10001", 1), "商家自有商城", fault.Data},
		"unknown state":       {"jushuitan.orders.upload", strings.Replace(good, "WAIT_SELLER_SEND_GOODS", "SENT", 1), "shop_status", fault.Data},
		"refund":              {"aftersale.upload", refund, "", ""},
		"refund of no order":  {"aftersale.upload", orphan, "订单不存在", fault.BusinessWait},
		"refund of no kind":   {"aftersale.upload", strings.Replace(refund, "普通退货", "退", 1), "type", fault.Data},
		"refund without good": {"aftersale.upload", strings.Replace(refund, "BUYER_RECEIVED", "", 1), "good_status", fault.Data},
	} {
		answers, err := b.write(tc.operation, tc.row)
		if err != nil {
			t.Fatal(name, err)
		}
		a := answers[0]
		if tc.say == "" {
			if a.Outcome != connector.Done || a.ID == "" || a.Number == "" {
				t.Errorf("%s: %+v", name, a)
			}
			continue
		}
		f := parsedManifest(t).Classify(tc.operation, fault.New("vendor.refused", "%s", a.Message))
		if a.Outcome != connector.Rejected || !strings.Contains(a.Message, tc.say) || f.Class != tc.class {
			t.Errorf("%s: %s %q of class %s", name, a.Outcome, a.Message, f.Class)
		}
	}
}

func TestCallsRefusedAsAWholeAreNotApplied(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	good, _ := orderRow("W1", "", false)
	for name, tc := range map[string]struct {
		operation string
		rows      []string
		code      string
		class     fault.Class
	}{
		"too many documents": {"jushuitan.orders.upload", slices.Repeat([]string{good}, 51), "vendor.170", fault.Data},
		"no objects":         {"jushuitan.orders.upload", []string{"1"}, "vendor.-4", fault.Data},
		"two of one":         {"jushuitan.otherinout.upload", []string{"{}", "{}"}, "jushuitan.too_many_rows", fault.Config},
		"unknown":            {"nothing.upload", []string{"{}"}, "connector.unknown_operation", fault.Config},
	} {
		_, err := b.write(tc.operation, tc.rows...)
		f := fault.From(err)
		if f == nil || f.Code != tc.code || !f.NotApplied || parsedManifest(t).Classify(tc.operation, f).Class != tc.class {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if answers, err := b.write("jushuitan.orders.upload"); err != nil || len(answers) != 0 {
		t.Errorf("nothing to write: %v %v", answers, err)
	}
	// A trouble that passes may come after the document was stored.
	busy := played(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == initPath {
			_, _ = fmt.Fprint(w, `{"code":0,"data":{"access_token":"a","expires_in":9000}}`)
			return
		}
		_, _ = fmt.Fprint(w, `{"code":500,"msg":"系统繁忙"}`)
	})
	_, err := busy.write("jushuitan.orders.upload", good)
	if f := fault.From(err); f == nil || f.Code != "vendor.500" || f.NotApplied || parsedManifest(t).Classify("jushuitan.orders.upload", f).Class != fault.Transient {
		t.Errorf("busy: %+v", f)
	}
}

// TestAnExternalNumberTwice tries both answers that a second upload may get.
func TestAnExternalNumberTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	const operation = "jushuitan.otherinout.upload"
	row, _ := otherRow("X1", "调整", false)
	first, err := b.write(operation, row)
	if err != nil || first[0].Outcome != connector.Done || first[0].Number != "X1" {
		t.Fatalf("%+v %v", first, err)
	}
	again, err := b.write(operation, row)
	if err != nil || again[0].Outcome != connector.Rejected || again[0].Code != "170" {
		t.Fatalf("%+v %v", again, err)
	}
	if f := parsedManifest(t).Classify(operation, fault.New("vendor."+again[0].Code, "%s", again[0].Message)); f.Class != fault.Duplicate {
		t.Errorf("class %s", f.Class)
	}
	b.set(`{"duplicateExternal":"same"}`)
	if same, err := b.write(operation, row); err != nil || same[0].Outcome != connector.Done || same[0].ID != first[0].ID {
		t.Errorf("%+v %v", same, err)
	}
	prober, _ := b.open().(connector.Prober)
	found, err := prober.Probe(t.Context(), connector.ProbeRequest{Operation: operation, Keys: []string{"X0", "X1"}})
	if err != nil || found[0].Exists || !found[1].Exists || found[1].ID != first[0].ID {
		t.Fatalf("%+v %v", found, err)
	}
	compare := []string{"external_id", "type", "remark", "items.sku_id", "items.qty"}
	if at := item.Differ(item.Of([]byte(row)), item.Of(found[1].Object), compare); at != "" {
		t.Errorf("differs at %s: %s", at, found[1].Object)
	}
	other := strings.Replace(row, `"qty":2`, `"qty":3`, 1)
	if at := item.Differ(item.Of([]byte(other)), item.Of(found[1].Object), compare); at != "items.qty" {
		t.Errorf("another quantity differs at %q", at)
	}
}

// TestOrdersAreLookedUpByShopAndNumber: the same number may be given in two shops.
func TestOrdersAreLookedUpByShopAndNumber(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	row, _ := orderRow("S1", "", false)
	keys := make([]string, 45)
	for i := range keys {
		keys[i] = fmt.Sprintf("10004/never%d", i)
	}
	keys[3], keys[44] = "10004/S1", "10005/S1"
	answers, err := b.write("jushuitan.orders.upload", row, strings.Replace(row, "10004", "10005", 1))
	if err != nil || answers[0].Outcome != connector.Done || answers[1].Outcome != connector.Done || answers[0].ID == answers[1].ID {
		t.Fatalf("%+v %v", answers, err)
	}
	prober, _ := b.open().(connector.Prober)
	found, err := prober.Probe(t.Context(), connector.ProbeRequest{Operation: "jushuitan.orders.upload", Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range found {
		if want := map[int]string{3: answers[0].ID, 44: answers[1].ID}[i]; f.ID != want || f.Exists != (want != "") {
			t.Errorf("%s: %+v, want %q", keys[i], f, want)
		}
	}
	if !strings.Contains(string(found[3].Object), `"pay_amount":12345678901234567.89,`) {
		t.Errorf("the amount changed its digits: %s", found[3].Object)
	}
	if _, err := prober.Probe(t.Context(), connector.ProbeRequest{Operation: "aftersale.upload", Keys: []string{"k"}}); fault.CodeOf(err) != "connector.unknown_operation" {
		t.Errorf("no look-up: %v", err)
	}
	b.set(`{"perSecond":1}`)
	if _, err := prober.Probe(t.Context(), connector.ProbeRequest{Operation: "jushuitan.orders.upload", Keys: keys}); !errors.As(err, new(*fault.Fault)) {
		t.Errorf("a refused look-up: %v", err)
	}
}
