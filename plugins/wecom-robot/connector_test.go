package main

import (
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/message"
	"github.com/karezflow/karez/plugins/internal/robottest"
	"github.com/karezflow/karez/plugins/wecom-robot/sandbox"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func rig(t *testing.T) *robottest.Rig {
	t.Helper()
	return robottest.New(t,
		func(clock func() time.Time) connector.Connector { return newConnector(clock) },
		func(clock func() time.Time) sandboxkit.Vendor { return sandbox.New(clock) })
}

func TestConformance(t *testing.T) { // not parallel: the suite looks for goroutines
	rig(t).Conform(t, robottest.Suite{Bad: map[string]string{"key": "not-the-key"}, Secrets: []string{sandbox.Key}})
}

func TestDeclaration(t *testing.T) {
	t.Parallel()
	r := rig(t)
	r.Declared(manifest.Upsert)
	if m := r.Manifest; m.LimitKey != "key" || len(m.Limits) != 1 || m.Limits[0].Calls != 20 || m.Limits[0].Per.Std() != time.Minute {
		t.Errorf("limits %v by %s", m.Limits, m.LimitKey)
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	r := rig(t)
	markdown, text := r.Open(nil), r.Open(map[string]string{"format": "text"})
	for _, tc := range []struct {
		session   connector.Session
		row, want string
	}{
		{
			markdown, `{"title":"对账差异","text":"单据 **A&B<1>** 待处理"}`,
			`{"msgtype":"markdown","markdown":{"content":"### 对账差异\n单据 **A&B<1>** 待处理"}}`,
		},
		{markdown, `{"text":"x","to":["wang","@li"]}`, `{"msgtype":"markdown","markdown":{"content":"x\n<@wang> <@li>"}}`},
		{
			markdown, `{"title":"T","text":"**x**","to":["13800000001","wang"]}`,
			`{"msgtype":"text","text":{"content":"T\n**x**","mentioned_list":["wang"],"mentioned_mobile_list":["13800000001"]}}`,
		},
		{markdown, `{"title":"T","text":"x","to":"all"}`, `{"msgtype":"text","text":{"content":"T\nx","mentioned_list":["@all"]}}`},
		{text, `{"title":"T\n2","text":"x"}`, `{"msgtype":"text","text":{"content":"T 2\nx"}}`},
	} {
		if got, _ := r.Said(tc.session, tc.row); string(got.Raw()) != tc.want {
			t.Errorf("%s:\n%s\n%s", tc.row, got.Raw(), tc.want)
		}
	}
}

func TestLongTextsAreCut(t *testing.T) {
	t.Parallel()
	r := rig(t)
	long := strings.Repeat(`单据\"`, 2000)
	for to, limit := range map[string]int{`["wang"]`: maxMarkdown, `["13800000001"]`: maxText} {
		got, _ := r.Said(r.Open(nil), `{"title":"`+strings.Repeat("标", 200)+`","text":"`+long+`","to":`+to+`}`)
		said := got.Field("markdown").Field("content").Text() + got.Field("text").Field("content").Text()
		if len(said) > limit || len(said) < limit-5 || !strings.Contains(said, message.Mark) || strings.HasSuffix(said, "<@wang>") != (limit == maxMarkdown) {
			t.Errorf("%s: %d bytes, ends in %q", to, len(said), said[len(said)-40:])
		}
	}
	everybody := strings.Repeat(`"someone",`, 600) + `"last"`
	got, _ := r.Said(r.Open(nil), `{"text":"x","to":[`+everybody+`]}`)
	if said := got.Field("markdown").Field("content").Text(); len(said) > maxMarkdown {
		t.Errorf("%d bytes of names", len(said))
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	robottest.Refusals(t, rig, []robottest.Refusal{
		{Name: "unknown robot", Set: `{}`, Change: map[string]string{"key": "nobody"}, Code: "vendor.93000", Class: fault.Auth, Hint: "Webhook"},
		{Name: "no robot", Set: `{}`, Change: map[string]string{"key": ""}, Code: "vendor.93000", Class: fault.Auth, Hint: "Webhook"},
		{Name: "wrong path", Set: `{}`, Change: map[string]string{"address": "/elsewhere"}, Code: "vendor.404", Class: fault.Config, Hint: "服务地址"},
		{Name: "under another status", Set: `{"refusalStatus":400}`, Change: map[string]string{"key": "nobody"}, Code: "vendor.93000", Class: fault.Auth, Hint: "Webhook"},
	})
}

func TestCheckSendsNothing(t *testing.T) {
	t.Parallel()
	r := rig(t)
	robottest.CheckSendsNothing(t, r, `{}`, `{"refusalStatus":400}`)
	r.Quiet(sandbox.Key)
}

func TestTooFast(t *testing.T) {
	t.Parallel()
	r := rig(t)
	session := r.Open(nil)
	for range 20 {
		r.Said(session, `{"text":"x"}`)
	}
	_, err := r.Send(session, `{"text":"x"}`, "k")
	if f := r.Refused(err, "vendor.45009", fault.Rate); f.RetryAfter != time.Minute {
		t.Errorf("wait %v", f.RetryAfter)
	}
	r.Clock.Pass(time.Minute)
	r.Said(session, `{"text":"x"}`)
}

func TestWholeAddresses(t *testing.T) {
	t.Parallel()
	r := rig(t)
	r.Said(r.Open(map[string]string{"key": r.URL + "/cgi-bin/webhook/send?key=" + sandbox.Key}), `{"text":"x"}`)
	_, err := r.Opened(map[string]string{"key": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x"})
	r.Refused(err, "message.address_differs", fault.Config)
}
