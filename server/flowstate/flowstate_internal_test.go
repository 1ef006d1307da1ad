package flowstate

import (
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

func TestRangeOf(t *testing.T) {
	t.Parallel()
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 4, 17, 42, 3, 0, time.UTC) // the fifth, 1:42, in Shanghai
	for _, tt := range []struct {
		span, from, to string
		steps          int
	}{
		{"24h", "2026-03-03T18:00:00Z", "2026-03-04T18:00:00Z", 48},
		{"7d", "2026-02-25T20:00:00Z", "2026-03-04T20:00:00Z", 42},
		{"30d", "2026-02-03T16:00:00Z", "2026-03-05T16:00:00Z", 30},
	} {
		r, refused := rangeOf(tt.span, shanghai, now)
		if refused != nil {
			t.Fatal(refused)
		}
		if from, to := r.From.Time().Format(time.RFC3339), r.To.Time().Format(time.RFC3339); from != tt.from || to != tt.to || r.Steps() != tt.steps {
			t.Errorf("%s: %s to %s in %d steps", tt.span, from, to, r.Steps())
		}
		if got := r.At(ledger.At(now)); got != tt.steps-1 {
			t.Errorf("%s: now is in step %d", tt.span, got)
		}
		if first, beyond := r.At(r.From), r.At(r.To); first != 0 || beyond != tt.steps-1 {
			t.Errorf("%s: its ends are in the steps %d and %d", tt.span, first, beyond)
		}
	}
	for _, span := range []string{"", "1h", "24H"} {
		if _, refused := rangeOf(span, time.UTC, now); fault.CodeOf(refused) != "flow.span_unknown" {
			t.Errorf("%q: %v", span, refused)
		}
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(100-i))
	}
	for _, tt := range []struct {
		all        []time.Duration
		half, slow time.Duration
	}{{nil, 0, 0}, {[]time.Duration{7}, 7, 7}, {[]time.Duration{9, 1}, 1, 9}, {hundred, 50, 95}} {
		if half, slow := percentile(tt.all, 50), percentile(tt.all, 95); half != tt.half || slow != tt.slow {
			t.Errorf("of %v: %d and %d", tt.all, half, slow)
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	live := Flow{Version: 3, Enabled: true}
	every := func(pause time.Duration, states ...ledger.RunState) (runs []ledger.Run) {
		for i, s := range states {
			runs = append(runs, ledger.Run{State: s, FireAt: ledger.Millis(1e12).Add(-time.Duration(i) * pause)})
		}
		return runs
	}
	done := every(10*time.Minute, ledger.RunDone, ledger.RunDone, ledger.RunDone, ledger.RunDone)
	failed := []ledger.Run{{State: ledger.RunFailed, Code: "connection.refused"}}
	clusters := func(state ledger.State, n int) []Cluster { return []Cluster{{State: state, Documents: n}} }
	late := func(d time.Duration) []Lag { return []Lag{{Behind: time.Minute}, {Behind: d}} }
	for name, tt := range map[string]struct {
		flow     Flow
		runs     []ledger.Run
		sources  []Lag
		clusters []Cluster
		want     string
	}{
		"never published":              {Flow{}, nil, nil, nil, Unpublished},
		"rests":                        {Flow{Version: 1, Paused: true}, failed, nil, nil, Paused},
		"its sources can't be read":    {live, failed, nil, clusters(ledger.Rejected, 4), Failing},
		"cancelled is no failure":      {live, []ledger.Run{{State: ledger.RunCancelled, Code: ledger.CodeCancelled}}, nil, nil, Healthy},
		"still runs, but read nothing": {live, []ledger.Run{{State: ledger.RunRunning, PullingEnded: true, Code: "source.down"}}, nil, nil, Failing},
		"people are waited for":        {live, done, late(9 * time.Hour), clusters(ledger.Unmapped, 4), Attention},
		"stopped":                      {Flow{Version: 1}, done, late(9 * time.Hour), clusters(ledger.RetryAt, 4), Stopped},
		"stopped, but started by hand": {Flow{Version: 1}, every(time.Hour, ledger.RunRunning), nil, nil, Busy},
		"never ran":                    {live, nil, nil, nil, Never},
		"late":                         {live, done, late(31 * time.Minute), nil, Late},
		"not yet late":                 {live, done, late(30 * time.Minute), nil, Healthy},
		"late by its own pace":         {live, every(time.Hour, ledger.RunDone, ledger.RunDone, ledger.RunDone), late(3*time.Hour + time.Minute), nil, Late},
		"within its own pace":          {live, every(time.Hour, ledger.RunDone, ledger.RunDone, ledger.RunDone), late(3 * time.Hour), nil, Healthy},
		"tries again":                  {live, every(time.Hour, ledger.RunRunning), nil, clusters(ledger.RetryAt, 4), Retrying},
		"reads":                        {live, every(time.Hour, ledger.RunQueued), nil, nil, Busy},
	} {
		got := judge(tt.flow, tt.runs, tt.sources, tt.clusters)
		if got.Code != tt.want {
			t.Errorf("%s: %s", name, got.Code)
		}
	}
	v := judge(live, done, late(time.Hour), append(clusters(ledger.RetryAt, 4), Cluster{State: ledger.NeedsDecision, Documents: 2}, Cluster{State: ledger.Rejected, Documents: 5}))
	if v != (Verdict{Code: Attention, Waiting: 7, Again: 4, Behind: time.Hour, Usual: 10 * time.Minute}) {
		t.Errorf("%+v", v)
	}
}

func TestUsual(t *testing.T) {
	t.Parallel()
	at := func(minutes ...int) (runs []ledger.Run) {
		for _, m := range minutes {
			runs = append(runs, ledger.Run{FireAt: ledger.Millis(1e12).Add(-time.Duration(m) * time.Minute)})
		}
		return runs
	}
	// A range of the past, and what was fetched by number, tell nothing of the pace.
	odd := at(0, 1, 10, 11, 20)
	odd[1].Reading, odd[3].Numbers = &ledger.Reading{}, []string{"A"}
	for name, tt := range map[string]struct {
		runs []ledger.Run
		want time.Duration
	}{
		"none": {}, "two": {at(0, 5), 0}, "three": {at(0, 5, 12), 7 * time.Minute}, "one long pause": {at(0, 10, 20, 500, 510, 520), 10 * time.Minute}, "others between": {odd, 10 * time.Minute},
	} {
		if got := usual(tt.runs); got != tt.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestInDocument(t *testing.T) {
	t.Parallel()
	p := inDocument([]byte(`{"apiVersion":"karez/v1","kind":"Flow","metadata":{"id":"x","name":"x"},"spec":{"settings":{"timezone":"Europe/Berlin"},
		"nodes":[{"id":"a","type":"source","connection":"shop"},{"id":"b","type":"target","connection":"erp"},{"id":"c","type":"target","connection":"shop"}]}}`))
	if len(p.connections) != 2 || p.connections[0] != "shop" || p.connections[1] != "erp" || !p.nodes["b"] || p.zone.String() != "Europe/Berlin" {
		t.Errorf("%+v", p)
	}
	for _, text := range []string{"", "{", "[]"} {
		if p := inDocument([]byte(text)); len(p.connections) != 0 || p.zone != time.UTC {
			t.Errorf("%q: %+v", text, p)
		}
	}
}
