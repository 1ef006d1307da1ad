package connection_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/limit/limittest"
)

// everything is a session that can all there is.
type everything struct {
	*session
	writes
	probes
	discovers
}

// The embedded sessions are one; these settle which methods count.
func (e everything) Check(ctx context.Context) (connector.Health, error) { return e.session.Check(ctx) }

func (e everything) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	return e.session.Query(ctx, req)
}

func (e everything) Close(ctx context.Context) error { return e.session.Close(ctx) }

func all(s *session) everything { return everything{s, writes{s}, probes{s}, discovers{s}} }

// limited opens a session under rules.
func limited(t *testing.T, vendor connector.Session, rules ...manifest.Limit) connector.Session {
	t.Helper()
	installed := newPlugins(t)
	installed.manifest.Limits = rules
	installed.session = func() connector.Session { return vendor }
	s := newService(t, &database{}, installed)
	give(t, s, account())
	_, session, err := s.Open(t.Context(), 1, "depot")
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// However many callers there are and whenever they come, no span of time sees
// more calls than any rule allows, and every call is made in the end.
func TestLimitsHold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		rules := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) manifest.Limit {
			per := time.Duration(rapid.IntRange(100, 20000).Draw(r, "per")) * time.Millisecond
			return limittest.Rule(rapid.IntRange(1, 5).Draw(r, "calls"), per, rapid.Bool().Draw(r, "perOperation"))
		}), 1, 3).Draw(r, "rules")
		type caller struct{ operation, kind, after int }
		callers := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) caller {
			return caller{rapid.IntRange(0, 2).Draw(r, "operation"), rapid.IntRange(0, 4).Draw(r, "kind"), rapid.IntRange(0, 30000).Draw(r, "after")}
		}), 1, 20).Draw(r, "callers")
		var problem string
		synctest.Test(t, func(t *testing.T) {
			vendor := &session{}
			s := limited(t, all(vendor), rules...)
			for _, c := range callers {
				go func() {
					time.Sleep(time.Duration(c.after) * time.Millisecond) // the bubble's time, which costs none
					request(t, s, c.kind, fmt.Sprint("operation ", c.operation))
				}()
			}
			time.Sleep(24 * time.Hour)
			synctest.Wait()
			calls := vendor.made()
			if problem = limittest.Crowded(calls, rules); problem == "" && len(calls) != len(callers) {
				problem = fmt.Sprintf("%d calls of %d were made", len(calls), len(callers))
			}
		})
		if problem != "" {
			r.Fatal(problem)
		}
	})
}

// request makes one call of a kind that must succeed.
func request(t *testing.T, s connector.Session, kind int, operation string) {
	t.Helper()
	requestAs(t.Context(), t, s, kind, operation)
}

// requestAs makes one call of a kind, for whom the context names.
func requestAs(ctx context.Context, t *testing.T, s connector.Session, kind int, operation string) {
	t.Helper()
	var err error
	switch kind {
	case 0:
		_, err = s.Check(ctx)
	case 1:
		_, err = s.Query(ctx, connector.QueryRequest{Operation: operation})
	case 2:
		_, err = s.(connector.Writer).Write(ctx, connector.Batch{Operation: operation})
	case 3:
		_, err = s.(connector.Prober).Probe(ctx, connector.ProbeRequest{Operation: operation})
	default:
		_, _, err = s.(connector.Discoverer).Discover(ctx, operation, "")
	}
	if err != nil {
		t.Error(err)
	}
}

// A call that waits for one rule must count in the others when it is made, not
// when it began to wait.
func TestRulesCountTheSameMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rules := []manifest.Limit{limittest.Rule(3, time.Second, false), limittest.Rule(1, 10*time.Second, true)}
		vendor := &session{}
		s := limited(t, vendor, rules...)
		query := func(operation string) {
			if _, err := s.Query(t.Context(), connector.QueryRequest{Operation: operation}); err != nil {
				t.Error(err)
			}
		}
		query("a")
		go query("a") // waits until 10.5 s
		time.Sleep(10*time.Second + 499*time.Millisecond)
		for _, operation := range []string{"b", "c", "d"} {
			go query(operation)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		calls := vendor.made()
		if problem := limittest.Crowded(calls, rules); problem != "" || len(calls) != 5 {
			t.Errorf("%s (%d calls)", problem, len(calls))
		}
	})
}

// The limit is used up, not merely kept.
func TestLimitsLetThroughWhatTheyCan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		vendor := &session{}
		s := limited(t, vendor, limittest.Rule(5, time.Second, false))
		start := time.Now()
		for range 51 {
			if _, err := s.Query(t.Context(), connector.QueryRequest{}); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took != 11000*time.Millisecond {
			t.Errorf("51 calls at 5 a second took %s, want ten windows of 1.1 s", took)
		}
		s = limited(t, vendor, limittest.Rule(1, time.Hour, true))
		start = time.Now()
		for _, operation := range []string{"a", "b", "c"} {
			request(t, s, 1, operation)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("three operations with a limit each waited %s for each other", took)
		}
	})
}

func TestGivenUpWhileWaiting(t *testing.T) {
	t.Parallel()
	stopped := errors.New("the run was stopped")
	calls := map[string]func(context.Context, connector.Session) error{
		"query": func(ctx context.Context, s connector.Session) error {
			_, err := s.Query(ctx, connector.QueryRequest{})
			return err
		},
		"check": func(ctx context.Context, s connector.Session) error {
			_, err := s.Check(ctx)
			return err
		},
		"write": func(ctx context.Context, s connector.Session) error {
			_, err := s.(connector.Writer).Write(ctx, connector.Batch{})
			return err
		},
		"probe": func(ctx context.Context, s connector.Session) error {
			_, err := s.(connector.Prober).Probe(ctx, connector.ProbeRequest{})
			return err
		},
		"discover": func(ctx context.Context, s connector.Session) error {
			_, _, err := s.(connector.Discoverer).Discover(ctx, "", "")
			return err
		},
	}
	for name, do := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				vendor := &session{}
				s := limited(t, all(vendor), limittest.Rule(1, time.Minute, false))
				if err := do(t.Context(), s); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				for range 5 { // none of these may use up a turn
					ctx, cancel := context.WithCancelCause(t.Context())
					time.AfterFunc(time.Second, func() { cancel(stopped) })
					err := do(ctx, s)
					if !errors.Is(err, stopped) {
						t.Errorf("%v", err)
					}
					silent(t, name, err)
					if f := fault.From(err); f.Code != "connection.not_sent" || !f.NotApplied || f.Class != fault.Transient {
						t.Errorf("a %s that did not leave: %v, class %s, not applied %t", name, f, f.Class, f.NotApplied)
					}
					late, end := context.WithTimeout(t.Context(), 0)
					if f := fault.From(do(late, s)); f.Code != "connection.not_sent" || f.Class != fault.Transient || !errors.Is(f, context.DeadlineExceeded) {
						t.Errorf("a %s whose turn did not come in time: %v, class %s", name, f, f.Class)
					}
					end()
					if err := do(ctx, s); !errors.Is(err, stopped) {
						t.Errorf("given up before: %v", err)
					}
				}
				if n := len(vendor.made()); n != 1 {
					t.Errorf("%d calls were made", n)
				}
				if err := do(t.Context(), s); err != nil {
					t.Error(err)
				}
				if took := time.Since(start); took != 63*time.Second {
					t.Errorf("the next call was made after %s, want 63 s", took)
				}
			})
		})
	}
}

// The wrapper can what the session can.
func TestLimitsHideNothingAndAddNothing(t *testing.T) {
	t.Parallel()
	v := &session{}
	tests := map[string]connector.Session{
		"": v, "w": writes{v}, "p": probes{v}, "d": discovers{v},
		"wp": struct {
			writes
			connector.Prober
		}{writes{v}, probes{v}},
		"wd": struct {
			writes
			connector.Discoverer
		}{writes{v}, discovers{v}},
		"pd": struct {
			probes
			connector.Discoverer
		}{probes{v}, discovers{v}},
		"wpd": all(v),
	}
	for want, vendor := range tests {
		for _, rules := range [][]manifest.Limit{nil, {limittest.Rule(100, time.Second, false)}} {
			s := limited(t, vendor, rules...)
			got := ""
			if _, ok := s.(connector.Writer); ok {
				got += "w"
				request(t, s, 2, "write")
			}
			if _, ok := s.(connector.Prober); ok {
				got += "p"
				request(t, s, 3, "probe")
			}
			if _, ok := s.(connector.Discoverer); ok {
				got += "d"
				request(t, s, 4, "discover")
			}
			if got != want {
				t.Errorf("a session that can %q offers %q under %v", want, got, rules)
			}
			request(t, s, 0, "")
			request(t, s, 1, "query")
		}
	}
	for _, kind := range []string{"write", "probe", "discover"} {
		reached := slices.ContainsFunc(v.made(), func(c limittest.Call) bool { return c.Kind == kind && c.Operation == kind })
		if !reached {
			t.Errorf("no %s reached the session", kind)
		}
	}
}

// The vendor counts by the limit key, whichever flow, session or connection calls.
func TestLimitsAreSharedByTheirKey(t *testing.T) {
	t.Parallel()
	const first, other = `{"address":"https://a.example","account":"7"}`, `{"address":"https://a.example","account":"8"}`
	named := func(workspace ledger.ID, name, settings string) connection.Connection {
		c := account()
		c.Workspace, c.Name, c.Settings = workspace, name, []byte(settings)
		return c
	}
	secret := func(key string) connection.Connection {
		c := named(1, "other", first)
		c.Secrets = connection.Secrets{"apiKey": key}
		return c
	}
	tests := map[string]struct {
		limitKey string
		second   connection.Connection
		waits    bool
	}{
		"the same account":                    {"account", named(1, "other", first), true},
		"the same account, another workspace": {"account", named(2, "depot", first), true},
		"another account":                     {"account", named(1, "other", other), false},
		"opened anew after a change":          {"account", named(1, "depot", first+" "), true},
		"changed to another account":          {"account", named(1, "depot", other), false},
		"another connection without a key":    {"", named(1, "other", first), false},
		"the same connection without a key":   {"", named(1, "depot", first+" "), true},
		"its name in another workspace":       {"", named(2, "depot", first), false},
		"the same secret":                     {"apiKey", secret(canary), true},
		"another secret":                      {"apiKey", secret("another"), false},
		"no value":                            {"pin", named(1, "other", first), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				installed, vendor := newPlugins(t), &session{}
				installed.manifest.LimitKey, installed.manifest.Limits = tt.limitKey, []manifest.Limit{limittest.Rule(2, time.Minute, false)}
				installed.session = func() connector.Session { return vendor }
				s := newService(t, &database{}, installed)
				query := func(c connection.Connection) {
					_, session, err := s.Open(t.Context(), c.Workspace, c.Name)
					if err == nil {
						_, err = session.Query(t.Context(), connector.QueryRequest{Operation: c.Name})
					}
					if err != nil {
						t.Error(err)
					}
				}
				give(t, s, named(1, "depot", first))
				query(named(1, "depot", first))
				query(named(1, "depot", first))
				give(t, s, tt.second)
				start := time.Now()
				query(tt.second)
				query(tt.second)
				if took := time.Since(start); took != map[bool]time.Duration{true: 63 * time.Second}[tt.waits] {
					t.Errorf("waited %s", took)
				}
			})
		})
	}
}

// A default counts like the value that it stands for, and so does a check that nobody saved.
func TestLimitsOfDefaultsAndChecks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		installed, vendor := newPlugins(t), &session{}
		installed.manifest.LimitKey, installed.manifest.Limits = "account", []manifest.Limit{limittest.Rule(1, 10*time.Second, false)}
		installed.session = func() connector.Session { return vendor }
		s := newService(t, &database{}, installed)
		for i, c := range []connection.Change{
			{Name: "a", Connector: "depot", Settings: []byte(`{"address":"https://a.example"}`), Secrets: connection.Secrets{"apiKey": "k"}},
			{Name: "b", Connector: "depot", Settings: []byte(`{"address":"https://a.example","account":"100"}`), Secrets: connection.Secrets{"apiKey": "k"}},
		} {
			start := time.Now()
			if r, err := s.Check(as(t, 1, access.Admin), c); err != nil || !r.OK {
				t.Fatal(r, err)
			}
			if took := time.Since(start); took != time.Duration(i)*10500*time.Millisecond {
				t.Errorf("check %d waited %s", i, took)
			}
		}
	})
}

// Versions that know other limits share the count: what either knows holds for its own calls.
func TestVersionsShareTheCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		vendor, installed := &session{}, newPlugins(t)
		installed.manifest.LimitKey, installed.manifest.Limits = "account", []manifest.Limit{limittest.Rule(2, time.Minute, false)}
		installed.session = func() connector.Session { return vendor }
		s := newService(t, &database{}, installed)
		open := func(name string) connector.Session {
			c := account()
			c.Name = name
			give(t, s, c)
			_, session, err := s.Open(t.Context(), 1, name)
			if err != nil {
				t.Fatal(err)
			}
			return session
		}
		old := open("old")
		newer := *installed.manifest
		newer.Limits = []manifest.Limit{limittest.Rule(3, time.Minute, false), limittest.Rule(1, time.Second, true)}
		installed.manifest = &newer
		fresh := open("new")
		start := time.Now()
		for _, step := range []struct {
			session connector.Session
			at      time.Duration
		}{{old, 0}, {fresh, 1100 * time.Millisecond}, {fresh, 2200 * time.Millisecond}, {old, 64150 * time.Millisecond}} {
			request(t, step.session, 1, "a")
			// What another session was granted counts a moment longer, until it tells when it called.
			if took := time.Since(start); took < step.at || took > step.at+100*time.Millisecond {
				t.Errorf("called after %s, want %s", took, step.at)
			}
		}
	})
}
