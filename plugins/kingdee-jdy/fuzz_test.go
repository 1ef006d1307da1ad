package main

import (
	"net/http"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// TestAnyQueryIsSignedAsTheGatewayDoes: the sandbox computes signatures with code of its own.
func TestAnyQueryIsSignedAsTheGatewayDoes(t *testing.T) {
	t.Parallel()
	s := newBench(t, "gateway").open()
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.String().Draw(r, "search")
		params := object{}.text("search", text).text("extra "+text, text).bytes()
		if _, err := s.Query(t.Context(), connector.QueryRequest{Operation: listOrdersV2, Params: params}); err != nil {
			r.Fatalf("%q: %v", text, err)
		}
	})
}

// FuzzAnswers: whatever is answered is a page, an answer of the row or a coded fault.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		`{"success":true,"data":{"success":true,"successPkIds":["1"]}}`, `{"success":true,"data":{"success":false,"errorInfo":[{"msg":"x"}]}}`,
		`{"errcode":0,"data":{"rows":[],"count":"0"}}`, `{"success":true,"data":{"success":true,"successPkIds":[""]}}`, `{"errcode":4008}`, `{"success":true,"data":[]}`, `null`, `[]`, `{"data":`,
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, text string, gateway bool) {
		if item.Check([]byte(text)) != nil {
			return // the HTTP client refuses it
		}
		got := answer{root: item.Of([]byte(text)), status: http.StatusOK}
		if gateway {
			got.status = statusGateway
		}
		c := newTestClient(t)
		if err := c.refusal(&got); err != nil {
			if fault.CodeOf(err) == "" || err.Error() == "" {
				t.Errorf("%s: %v", text, err)
			}
			return
		}
		if gateway {
			t.Errorf("%s of the gateway passes for success", text)
		}
		if one := saved(got.data()); one.Outcome == connector.Done && one.ID == "" && one.Number == "" {
			t.Errorf("%s is done without an id", text)
		}
	})
}

func newTestClient(t *testing.T) *client {
	t.Helper()
	b := played(t, answering(http.StatusOK, `{}`))
	return b.open().(*session).client
}
