package peer_test

import (
	"context"
	"slices"
	"testing"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/protocol/peer"
)

type full struct{ name string }

func (f *full) Check(context.Context) (connector.Health, error) {
	return connector.Health{Account: f.name}, nil
}

func (f *full) Query(context.Context, connector.QueryRequest) (connector.Page, error) {
	return connector.Page{NextToken: f.name}, nil
}
func (f *full) Close(context.Context) error { return nil }
func (f *full) Write(context.Context, connector.Batch) (connector.Answers, error) {
	return connector.Answers{Raw: []byte(f.name)}, nil
}

func (f *full) Probe(context.Context, connector.ProbeRequest) ([]connector.Found, error) {
	return []connector.Found{{ID: f.name}}, nil
}

func (f *full) Discover(context.Context, string, string) (request, response []byte, err error) {
	return []byte(f.name), nil, nil
}

// Every subset of the capabilities gives exactly those interfaces, whatever the
// order and whatever else is in the list, and each reaches the session.
func TestNarrow(t *testing.T) {
	t.Parallel()
	all := []string{peer.Writer, peer.Prober, peer.Discoverer}
	for subset := range 1 << len(all) {
		var want []string
		for i, name := range all {
			if subset&(1<<i) != 0 {
				want = append(want, name)
			}
		}
		announced := append([]string{"unheard-of"}, want...)
		slices.Reverse(announced)
		got := peer.Narrow(&full{name: "x"}, announced)
		if list := peer.Capabilities(got); !slices.Equal(list, want) {
			t.Errorf("Narrow(%v) implements %v", announced, list)
		}
		reaches(t, got)
	}
}

// reaches calls whatever s offers.
func reaches(t *testing.T, s connector.Session) {
	t.Helper()
	if health, _ := s.Check(t.Context()); health.Account != "x" {
		t.Errorf("Check reached %q", health.Account)
	}
	if w, ok := s.(connector.Writer); ok {
		if a, _ := w.Write(t.Context(), connector.Batch{}); string(a.Raw) != "x" {
			t.Errorf("Write reached %q", a.Raw)
		}
	}
	if p, ok := s.(connector.Prober); ok {
		if f, _ := p.Probe(t.Context(), connector.ProbeRequest{}); f[0].ID != "x" {
			t.Errorf("Probe reached %q", f[0].ID)
		}
	}
	if d, ok := s.(connector.Discoverer); ok {
		if r, _, _ := d.Discover(t.Context(), "", ""); string(r) != "x" {
			t.Errorf("Discover reached %q", r)
		}
	}
}

func TestMeta(t *testing.T) {
	t.Parallel()
	if _, ok := peer.MetaFrom(t.Context()); ok {
		t.Error("a context without marks has some")
	}
	want := connector.Meta{TraceID: "t", RunID: "r", Attempt: 2}
	if got, ok := peer.MetaFrom(peer.WithMeta(t.Context(), want)); !ok || got != want {
		t.Errorf("MetaFrom = %+v, %v", got, ok)
	}
}
