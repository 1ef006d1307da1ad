package errand_test

import (
	"testing"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func TestWhatARecordTells(t *testing.T) {
	t.Parallel()
	f := fault.New("test.bad", "not %s", "so").At("items[0].qty").Hinted("look")
	got, err := errand.WithFault([]byte(`{"n":1.50,"error":"own"}`), f, "check")
	if want := `{"n":1.50,"error":{"code":"test.bad","message":"not so","field":"items[0].qty","hint":"look","node":"check"}}`; err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	got, err = errand.About([]byte(`{"n":1.50}`), &item.Facts{Key: "k", Number: "N\"1", Revision: 2, RunID: "7"})
	if want := `{"n":1.50,"document":{"key":"k","number":"N\"1","revision":2,"run":"7"}}`; err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
}

func TestMessagesAreGathered(t *testing.T) {
	t.Parallel()
	record := func(id ledger.ID, body string) errand.Record {
		return errand.New(ledger.Errand{Body: []byte(body), Gathers: true}, id, 1, 2, 3)
	}
	lead, told := errand.Gather(record(1, `{"title":"T","text":"a\nb","to":["x"]}`), []errand.Record{record(2, `{"title":"U","text":"","to":["y","x"]}`)}, 9)
	if want := `{"title":"T (2)","text":"- a\n  b\n- U\n","to":["x","y"]}`; string(lead.Body) != want || lead.Gathers {
		t.Errorf("%s", lead.Body)
	}
	if told[0].State != errand.Told || told[0].Lead != 1 {
		t.Errorf("%+v", told)
	}
}
