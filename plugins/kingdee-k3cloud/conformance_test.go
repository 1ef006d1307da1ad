package main_test

import (
	"fmt"
	"testing"

	k3cloud "github.com/karezflow/karez/plugins/kingdee-k3cloud"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
)

// TestConformance is what every connector has to pass, with a session and with calls that are
// signed one by one.
func TestConformance(t *testing.T) { // not parallel: the suite looks for goroutines
	for login, bad := range map[string]string{"password": "password", "apiSign": "appSecret"} {
		t.Run(login, func(t *testing.T) { conforms(t, login, bad) })
	}
}

// conforms tries the connector with a way to log in; bad is the secret that is wrong where the
// vendor has to refuse.
func conforms(t *testing.T, login, bad string) {
	t.Helper()
	r := setup(t)
	r.set("lockAfter", "0")
	r.set("gatewaySign", "true")
	count := func(t connectortest.T, number string) int {
		t.Helper()
		n := 0
		for _, b := range r.bills() {
			if b.Field("FBillNo").Text() == number {
				n++
			}
		}
		return n
	}
	lose := func(path string) func(connectortest.T) {
		return func(t connectortest.T) {
			t.Helper()
			r.inject(`[{"path":"` + path + `","kind":"lost_answer","times":1}]`)
		}
	}
	row := func(n int) ([]byte, string) {
		number := fmt.Sprintf("C%03d", n)
		return []byte(bill(number, "", `"FPrice":12345678901234567.89`)), number
	}
	// changed is a bill that exists, and the row that changes it.
	changed := func(n int) ([]byte, string) {
		number := fmt.Sprintf("U%03d", n)
		answers, err := r.open(nil).Write(t.Context(), batch(bill(number, "")))
		if err != nil || answers.Rows[0].Outcome != connector.Done {
			t.Fatalf("%v %v", answers, err)
		}
		return []byte(`{"FID":` + answers.Rows[0].ID + `,"FBillNo":"` + number + `","FHeadNote":"changed"}`), number
	}
	params := func(format string) func(connector.PageRef) []byte {
		return func(page connector.PageRef) []byte { return fmt.Appendf(nil, format, page.Offset, page.Size) }
	}
	connectortest.Exercise(t, connectortest.Harness{
		Manifest: k3cloud.New(r.clock.Now).Manifest(),
		Open: func(t connectortest.T) connector.Session {
			t.Helper()
			return r.open(map[string]string{"login": login})
		},
		OpenBad: func(t connectortest.T) connector.Session {
			t.Helper()
			return r.open(map[string]string{"login": login, bad: "not-the-password"})
		},
		Secrets: []string{
			"sandbox-password", "sandboxsecret0000000000000000001", "not-the-password", "5e551000-0000", "MDE3N2I2PzBrPzg4OD45N3IhK3B1InIk",
		},
		Host:  r.host,
		Stall: r.sent.Stall,
		Wait:  r.clock.Pass,
		Queries: []connectortest.Query{
			{
				Name: "materials", Operation: "executeBillQuery", Size: 150, Rows: 400,
				Params:    params(`{"FormId":"BD_MATERIAL","FieldKeys":"FNumber,FName","StartRow":%d,"Limit":%d}`),
				Malformed: []byte(`{"FormId":"BD_MATERIAL","FieldKeys":"FNoSuchField"}`),
			},
			{
				Name: "lines of deliveries", Operation: "executeBillQuery", Size: 50, Rows: 120,
				Params:    params(`{"FormId":"SAL_OUTSTOCK","no":"FBillNo","material":"FMaterialID.FNumber","StartRow":%d,"Limit":%d}`),
				Malformed: []byte(`{"FormId":"SAL_OUTSTOCK","no":"FBillNo","FilterString":"FBillNo='"}`),
			},
			{
				Operation: "view", Size: 1, Rows: 1, Malformed: []byte(`{"FormId":"SAL_OUTSTOCK"}`),
				Params: func(connector.PageRef) []byte { return []byte(`{"FormId":"SAL_OUTSTOCK","Number":"XSCKD000001"}`) },
			},
		},
		Writes: []connectortest.Write{
			{
				Operation: "batchSave", Form: "SAL_RETURNSTOCK", Params: []byte(`{"FormId":"SAL_RETURNSTOCK"}`),
				Row: row, LoseAnswer: lose(".BatchSave."), Count: count,
				BadRow: func(n int) ([]byte, string) {
					number := fmt.Sprintf("B%03d", n)
					return []byte(`{"FBillNo":"` + number + `","FEntity":[]}`), number
				},
			},
			{
				Operation: "batchSave", Form: "SAL_RETURNSTOCK", Mode: connector.Update, Params: []byte(`{"FormId":"SAL_RETURNSTOCK"}`),
				Row: changed, LoseAnswer: lose(".BatchSave."), Count: count,
				BadRow: func(n int) ([]byte, string) { return []byte(`{"FID":999}`), fmt.Sprintf("X%03d", n) },
			},
			{
				Operation: "save", Form: "SAL_RETURNSTOCK", Params: []byte(`{"FormId":"SAL_RETURNSTOCK"}`),
				Row: row, LoseAnswer: lose(".Save."), Count: count,
			},
			{
				Operation: "save", Form: "SAL_RETURNSTOCK", Mode: connector.Update, Params: []byte(`{"FormId":"SAL_RETURNSTOCK"}`),
				Row: changed, LoseAnswer: lose(".Save."), Count: count,
			},
		},
	})
}
