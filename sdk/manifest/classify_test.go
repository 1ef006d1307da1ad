package manifest_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	m := parse(t, depot(t))
	cases := []struct {
		name, operation string
		in              *fault.Fault
		class           fault.Class
		wait            time.Duration
		hint            string
	}{
		{"by code", "order.query", fault.New("vendor.429", "太频繁"), fault.Rate, 2 * time.Second, "Wait"},
		{"a code is compared whole", "order.query", fault.New("vendor.4290", "?"), fault.Data, 0, ""},
		{"leading zeros count", "order.query", fault.New("vendor.0429", "?"), fault.Rate, 2 * time.Second, "Wait"},
		{"by message", "order.query", fault.New("vendor.500", "物料 A1 不存在"), fault.BusinessWait, 0, ""},
		{"the operation's rule needs code and message", "order.query", fault.New("vendor.40001", "系统维护中"), fault.Transient, 30 * time.Second, ""},
		{"else the manifest's follows", "order.query", fault.New("vendor.40001", "token 过期"), fault.Auth, 0, ""},
		{"another operation has its own rules", "bill.save", fault.New("vendor.40001", "系统维护中"), fault.Auth, 0, ""},
		{"an unknown operation has the manifest's", "nothing", fault.New("vendor.40001", "系统维护中"), fault.Auth, 0, ""},
		{"the last rule matches everything", "bill.save", fault.New("vendor.1", "字段错误"), fault.Data, 0, ""},
		{"the vendor's own wait wins", "order.query", fault.New("vendor.429", "?").After(time.Minute), fault.Rate, time.Minute, "Wait"},
		{"a hint stays", "order.query", fault.New("vendor.429", "?").Hinted("mine"), fault.Rate, 2 * time.Second, "mine"},
		{"a class stays, and nothing is added", "order.query", fault.New("vendor.429", "?").Classed(fault.Config), fault.Config, 0, ""},
		{"codes of our own count too", "order.query", fault.New("429", "?"), fault.Rate, 2 * time.Second, "Wait"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before := *c.in
			got := m.Classify(c.operation, c.in)
			if got.Class != c.class || got.RetryAfter != c.wait || got.Hint != c.hint {
				t.Errorf("got class %q, wait %v, hint %q; want %q, %v, %q", got.Class, got.RetryAfter, got.Hint, c.class, c.wait, c.hint)
			}
			if chinese := map[string]string{"Wait": "请稍候"}[c.hint]; got.Args[fault.HintZH] != chinese {
				t.Errorf("the hint's Chinese words are %q, want %q", got.Args[fault.HintZH], chinese)
			}
			if got.Code != before.Code || got.Message != before.Message {
				t.Errorf("the vendor's words changed: %v", got)
			}
			if diff := cmp.Diff(before, *c.in, cmpopts.IgnoreUnexported(fault.Fault{})); diff != "" {
				t.Errorf("the fault given was written to (-want +got):\n%s", diff)
			}
		})
	}
}

func TestClassifyWithoutARule(t *testing.T) {
	t.Parallel()
	m := &manifest.Manifest{Rules: []manifest.Rule{{Class: fault.Rate, Codes: []string{"429"}}}}
	f := fault.New("vendor.500", "?")
	if got := m.Classify("order.query", f); got != f {
		t.Errorf("a fault that no rule matches came back as %v", got)
	}
	if got := m.Classify("order.query", nil); got != nil {
		t.Errorf("no fault became %v", got)
	}
}

func TestClassifyAfterJSON(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(parse(t, depot(t)))
	if err != nil {
		t.Fatal(err)
	}
	var m manifest.Manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	if got := m.Classify("bill.save", fault.New("vendor.9", "库存不足")); got.Class != fault.BusinessWait {
		t.Errorf("class is %q, want business_wait: rules work without Parse as well", got.Class)
	}
	m.Rules = []manifest.Rule{{Class: fault.Rate, Message: "("}}
	if got := m.Classify("bill.save", fault.New("vendor.9", "(")); got.Class != "" {
		t.Errorf("a broken regular expression matched: %v", got)
	}
}

func TestManifestSurvivesJSON(t *testing.T) {
	t.Parallel()
	m := parse(t, depot(t))
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	again, err := manifest.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, again, cmpopts.IgnoreUnexported(manifest.Rule{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("JSON lost something (-want +got):\n%s", diff)
	}
}

func TestRulesAreCompiledOnce(t *testing.T) { // not parallel: allocations are counted over the whole process
	m, f := parse(t, depot(t)), fault.New("vendor.9", "库存不足")
	if m.Classify("bill.save", f).Class != fault.BusinessWait {
		t.Fatal("the rule with a regular expression did not match")
	}
	const most = 20 // compiling an expression takes several times as many
	if got := testing.AllocsPerRun(20, func() { _ = m.Classify("bill.save", f) }); got > most {
		t.Errorf("classifying allocates %v times, want at most %d", got, most)
	}
}
