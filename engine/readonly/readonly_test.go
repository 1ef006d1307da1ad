package readonly_test

import (
	"context"
	"testing"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/readonly"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// short answers fewer keys than it is asked for.
type short struct{ connector.Session }

// Probe implements connector.Prober.
func (short) Probe(context.Context, connector.ProbeRequest) ([]connector.Found, error) {
	return nil, nil
}

func TestNoWayLeadsToWriting(t *testing.T) {
	t.Parallel()
	if _, ok := connector.Session(&enginetest.ERP{}).(connector.Writer); !ok {
		t.Fatal("the session behind does not write in the first place")
	}
	s := readonly.Of(&enginetest.ERP{})
	if _, ok := any(s).(connector.Writer); ok {
		t.Error("it writes")
	}
	if found, err := s.Probe(t.Context(), connector.ProbeRequest{Operation: "bills", Keys: []string{"N1"}}); err != nil || len(found) != 1 || found[0].Exists {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := readonly.Of(&enginetest.Shop{}).Probe(t.Context(), connector.ProbeRequest{Keys: []string{"N1"}}); fault.CodeOf(err) != "connector.cannot_probe" {
		t.Error(err)
	}
	if _, err := readonly.Of(short{}).Probe(t.Context(), connector.ProbeRequest{Keys: []string{"N1"}}); fault.CodeOf(err) != "connector.bad_answer" {
		t.Error(err)
	}
}

// counted counts what it is asked.
type counted struct {
	connector.Session

	queries int
}

// Query implements connector.Session.
func (c *counted) Query(context.Context, connector.QueryRequest) (connector.Page, error) {
	c.queries++
	return connector.Page{}, nil
}

// An operation that writes does not reach the system by the name of a query either.
func TestOnlyQueriesAreMade(t *testing.T) {
	t.Parallel()
	operations := &manifest.Manifest{Operations: []manifest.Operation{
		{Name: "orders", Kind: manifest.Query}, {Name: "bills", Kind: manifest.Write}, {Name: "audit", Kind: manifest.Action},
	}}
	for operation, want := range map[string]string{"orders": "", "bills": "connector.not_a_query", "audit": "connector.not_a_query", "unheard": "connector.not_a_query"} {
		behind := &counted{}
		_, err := readonly.Asking(behind, operations).Query(t.Context(), connector.QueryRequest{Operation: operation})
		if fault.CodeOf(err) != want || (behind.queries == 1) != (want == "") {
			t.Errorf("%s: %v after %d queries", operation, err, behind.queries)
		}
	}
}
