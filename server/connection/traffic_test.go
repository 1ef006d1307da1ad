package connection_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/turn"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/limit/limittest"
)

// A system that does not answer is called no more, by reads and by writes; a person who
// asks is let through, and so is everybody after a person said so.
func TestASystemThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	r := newTroubled(t)
	r.vendor.refuse["save"] = fault.New("vendor.cut", "the connection was cut").Classed(fault.Transient)
	for range 5 {
		r.held("save", "")
	}
	if code, wait := r.held("save", ""); code != "connection.interrupted" || wait != 10*time.Second {
		t.Errorf("a write is held by %s for %s", code, wait)
	}
	_, session, err := r.service.Open(t.Context(), 1, "depot")
	if err != nil {
		t.Fatal(err)
	}
	flow := turn.With(t.Context(), turn.Caller{Flow: 7})
	if _, err := session.Query(flow, connector.QueryRequest{Operation: "goods"}); fault.CodeOf(err) != "connection.interrupted" {
		t.Errorf("a flow's query: %v", err)
	}
	r.service.Lines.Close() // what was found is stored
	if tr := r.trouble(); tr == nil || tr.Failures != 5 || tr.Fault.Code != "connection.interrupted" {
		t.Errorf("the connection shows %+v", tr)
	}
	if err := r.service.Resume(r.as(), "depot"); err != nil {
		t.Fatal(err)
	}
	if code, _ := r.held("save", ""); code != "" || r.trouble() != nil || len(r.store.woken) != 1 {
		t.Errorf("after it is resumed: %s, %+v, woken %v", code, r.trouble(), r.store.woken)
	}
	for range 5 {
		r.held("save", "")
	}
	if _, err := session.Query(t.Context(), connector.QueryRequest{Operation: "goods"}); err != nil {
		t.Errorf("a person's query: %v", err)
	}
	if code, _ := r.held("save", ""); code != "" {
		t.Errorf("after an answer it is held by %s", code)
	}
}

// tired is a vendor that asks for fewer calls, or says so of the rows of a batch.
type tired struct {
	*session

	answers connector.Answers
	err     error
}

func (v tired) Write(_ context.Context, b connector.Batch) (connector.Answers, error) {
	v.call("write", b.Operation)
	return v.answers, v.err
}

// What a vendor says about too many calls lowers the bucket, wherever it says so.
func TestTooManyCallsLowerTheLimit(t *testing.T) {
	t.Parallel()
	for name, vendor := range map[string]tired{
		"of the call": {&session{}, connector.Answers{}, fault.New("vendor.199", "too often")},
		"of a row":    {&session{}, connector.Answers{Rows: []connector.Answer{{Outcome: connector.Done}, {Outcome: connector.Rejected, Code: "199", Message: "too often"}}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				installed := newPlugins(t)
				installed.manifest.Limits = []manifest.Limit{limittest.Rule(10, time.Second, false)}
				installed.manifest.Rules = []manifest.Rule{{Class: fault.Rate, Codes: []string{"199"}, Wait: manifest.Duration(2 * time.Second)}}
				installed.session = func() connector.Session { return vendor }
				s := newService(t, &database{}, installed)
				give(t, s, account())
				_, session, err := s.Open(t.Context(), 1, "depot")
				if err != nil {
					t.Fatal(err)
				}
				_, _ = session.(connector.Writer).Write(t.Context(), connector.Batch{Operation: "save"})
				as := access.With(t.Context(), access.Principal{Workspace: 1, Role: access.Admin})
				got, err := s.Traffic(as, "depot")
				if err != nil || got.Level != 500 || got.Paused != 2*time.Second || got.Rules[0].Allowed != 5 || got.Code != "vendor.199" || got.Trouble != nil {
					t.Errorf("%+v, %v", got, err)
				}
				if session.(deliver.Gate).Held("save", nil) != nil {
					t.Error("it counts as not answering")
				}
				start := time.Now()
				_, _ = session.Query(t.Context(), connector.QueryRequest{})
				if took := time.Since(start); took != 2*time.Second {
					t.Errorf("the next call was made after %s", took)
				}
				if err := s.Resume(as, "depot"); err != nil {
					t.Error(err)
				}
				if got, err := s.Traffic(as, "depot"); err != nil || got.Level != 1000 || got.Paused != 0 {
					t.Errorf("resumed: %+v, %v", got, err)
				}
			})
		})
	}
}

// An administrator may lower a limit, and raise it only with intent.
func TestLimitsOfPeople(t *testing.T) {
	t.Parallel()
	installed, declared := newPlugins(t), limittest.Rule(10, time.Second, false)
	installed.manifest.Limits = []manifest.Limit{declared}
	s := newService(t, &database{}, installed)
	give(t, s, account())
	as := func(role access.Role) context.Context {
		return access.With(t.Context(), access.Principal{Workspace: 1, Role: role})
	}
	for _, tt := range []struct {
		role  access.Role
		limit manifest.Limit
		calls int
		sure  bool
		code  string
		then  int
	}{
		{access.Editor, declared, 3, false, "auth.forbidden", 10},
		{access.Admin, declared, 3, false, "", 3},
		{access.Admin, limittest.Rule(9, time.Second, false), 3, false, "connection.limit_unknown", 3},
		{access.Admin, declared, 11, false, "connection.limit_high", 3},
		{access.Admin, declared, 11, true, "", 11},
		{access.Admin, declared, 0, false, "", 10},
	} {
		err := s.SetLimit(as(tt.role), "depot", tt.limit, tt.calls, tt.sure)
		got, failed := s.Traffic(as(access.Viewer), "depot")
		if fault.CodeOf(err) != tt.code || failed != nil || got.Rules[0].Allowed != tt.then {
			t.Errorf("%+v: %v, then %+v, %v", tt, err, got, failed)
		}
	}
	if err := s.Resume(as(access.Operator), "depot"); fault.CodeOf(err) != "auth.forbidden" {
		t.Errorf("an operator resumes: %v", err)
	}
	if _, err := s.Traffic(as(access.Viewer), "unknown"); err == nil {
		t.Error("an unknown connection")
	}
	if _, err := s.Traffic(access.With(t.Context(), access.Principal{Workspace: 2, Role: access.Admin}), "depot"); err == nil {
		t.Error("another workspace's connection")
	}
}
