package ask_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ask"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/manifest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// carrier is a system that tells where parcels are.
type carrier struct {
	mu     sync.Mutex
	calls  []string
	closed error
}

// Open implements ask.Connections.
func (c *carrier) Open(_ context.Context, _ ledger.ID, name string) (ledger.ID, connector.Session, error) {
	if name != "kd" {
		return 0, nil, fault.New("connection.unknown", "there is no connection %s", name).Classed(fault.Config)
	}
	return 5, c, c.closed
}

// Manifest implements ask.Connections.
func (c *carrier) Manifest(context.Context, ledger.ID, string) (*manifest.Manifest, error) {
	return &manifest.Manifest{}, nil
}

func (c *carrier) Check(context.Context) (connector.Health, error) { return connector.Health{}, nil }
func (c *carrier) Close(context.Context) error                     { return nil }

func (c *carrier) Query(_ context.Context, req connector.QueryRequest) (connector.Page, error) {
	c.mu.Lock()
	c.calls = append(c.calls, string(req.Params))
	c.mu.Unlock()
	switch no := item.Of(req.Params).Field("no").Text(); {
	case req.Operation != "track":
		return connector.Page{}, errors.New("no such operation")
	case no == "lost":
		return connector.Page{Rows: []byte(`[]`)}, nil
	case no == "bad":
		return connector.Page{}, fault.New("vendor.400", "no parcel").Classed(fault.Data)
	default:
		return connector.Page{Rows: []byte(`[{"nu":"` + no + `","state":{"code":3.10}},{"nu":"older"}]`)}, nil
	}
}

// tables answers everything with its code.
type tables struct{ err error }

// Answer implements ask.Lookups.
func (t tables) Answer(_ context.Context, _ ledger.ID, asked []item.Lookup) (map[string]lookup.Found, error) {
	out := map[string]lookup.Found{}
	for _, l := range asked {
		out[l.Key()] = lookup.Found{Values: []item.Value{item.Of([]byte(`"` + l.Table + `"`))}}
	}
	return out, t.err
}

func track(no string, find string, fresh time.Duration) item.Lookup {
	return item.Lookup{Connection: "kd", Operation: "track", Params: `{"no":"` + no + `"}`, Find: find, Fresh: fresh}
}

func shown(f lookup.Found) string {
	if f.Fault != nil {
		return f.Fault.Code + " " + string(f.Fault.Class)
	}
	var parts []string
	for _, v := range f.Values {
		parts = append(parts, string(v.Raw()))
	}
	return strings.Join(parts, " ")
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	a := ask.New(tables{}, &carrier{}, time.Now)
	asked := map[string]item.Lookup{
		`{"nu":"7","state":{"code":3.10}} {"nu":"older"}`: track("7", "", 0),
		`3.10`:                         track("8", "state.code", 0),
		``:                             track("lost", "", 0),
		`vendor.400 data`:              track("bad", "", 0),
		`"shops"`:                      {Table: "shops"},
		`connection.unknown transient`: {Connection: "gone", Operation: "track"},
	}
	var all []item.Lookup
	for _, l := range asked {
		all = append(all, l)
	}
	found, err := a.Answer(t.Context(), 1, all)
	if err != nil || len(found) != len(asked) {
		t.Fatalf("%v, %d answers", err, len(found))
	}
	for want, l := range asked {
		if got := shown(found[l.Key()]); got != want {
			t.Errorf("%+v gives %s, want %s", l, got, want)
		}
	}
	broken := errors.New("the disk is full")
	if _, err := ask.New(tables{broken}, &carrier{}, time.Now).Answer(t.Context(), 1, all); !errors.Is(err, broken) {
		t.Errorf("error is %v", err)
	}
}

func TestAnswersAreKeptAsLongAsAllowed(t *testing.T) {
	t.Parallel()
	c, now := &carrier{}, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	a := ask.New(tables{}, c, func() time.Time { return now })
	calls := func(l item.Lookup, want int) {
		t.Helper()
		if _, err := a.Answer(t.Context(), 1, []item.Lookup{l}); err != nil {
			t.Fatal(err)
		}
		if len(c.calls) != want {
			t.Errorf("%d calls, want %d: %v", len(c.calls), want, c.calls)
		}
	}
	calls(track("7", "", time.Minute), 1)
	calls(track("7", "", time.Minute), 1)
	now = now.Add(50 * time.Second)
	calls(track("7", "", time.Minute), 1)
	calls(track("7", "", 30*time.Second), 2)
	now = now.Add(time.Minute)
	calls(track("7", "", time.Minute), 3)
	calls(track("8", "", 0), 4)
	calls(track("8", "", 0), 5)
	calls(track("bad", "", time.Minute), 6)
	calls(track("bad", "", time.Minute), 7)
	if _, err := a.Answer(t.Context(), 2, []item.Lookup{track("7", "", time.Minute)}); err != nil || len(c.calls) != 8 {
		t.Errorf("another workspace gets this one's answer: %v", err)
	}
	if !slices.Contains(c.calls, `{"no":"8"}`) {
		t.Error(c.calls)
	}
}
