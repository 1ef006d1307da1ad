package main

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/protocol"
)

// TestMain lets this test binary be the connector's executable.
func TestMain(m *testing.M) {
	if os.Getenv("KAREZ_TEST_ROLE") == "connector" {
		main()
		return
	}
	leaktest.Main(m)
}

// TestProcess runs the connector as the engine does.
func TestProcess(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	process, err := protocol.Dial(t.Context(), protocol.Config{Child: protocol.Command(self, nil, []string{"KAREZ_TEST_ROLE=connector"}, os.Stderr)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { process.Stop(context.Background()) })
	raw, err := json.Marshal(r.settings)
	if err != nil {
		t.Fatal(err)
	}
	session, err := process.Connector.Open(t.Context(), connector.Account{ID: "c1", Settings: raw, Secrets: r.secrets}, r.host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close(context.Background()) })
	if a, err := write(session, writeKeyed, `{"path":"/v1/orders","idPath":"id","numberPath":"number"}`, order("P-1"), "P-1"); err != nil || a.ID != "58" || a.Number != "P-1" {
		t.Errorf("%+v %v", a, err)
	}
	page, err := query(session, readOnce, `{"path":"/v1/orders/{number}","number":"P-1"}`, connector.PageRef{})
	if got := rows(t, page); err != nil || len(got) != 1 || got[0].Field("amount").Text() != "12.50" {
		t.Errorf("%s %v", page.Rows, err)
	}
}
