package main

import (
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/dingtalk-robot/sandbox"
	"github.com/karezflow/karez/plugins/internal/message"
	"github.com/karezflow/karez/plugins/internal/robottest"
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
	rig(t).Conform(t, robottest.Suite{Bad: map[string]string{"secret": "SECnot-the-secret"}, Secrets: []string{sandbox.Token, sandbox.Secret}})
}

func TestDeclaration(t *testing.T) {
	t.Parallel()
	r := rig(t)
	r.Declared(manifest.Upsert)
	if m := r.Manifest; m.LimitKey != "accessToken" || len(m.Limits) != 1 || m.Limits[0].Calls != 20 || m.Limits[0].Per.Std() != time.Minute {
		t.Errorf("limits %v by %s", m.Limits, m.LimitKey)
	}
}

func TestSign(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ secret, moment, want string }{
		{"this is secret", "1577262236757", "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM="}, // seen in public clients' tests
		{"SECexample0000", "1714536000000", "ls2w7BXjl4TXoRsduihV5VEPCr0HPZDUHaijKJvX9VQ="},
		{"密钥", "1599360473000", "x3Un0BUNMR0zIon3m2dlgW/6yETF/vmC6OtaOQLWXr8="},
	} {
		if got := sign(tc.secret, tc.moment); got != tc.want {
			t.Errorf("%s %s: %s", tc.secret, tc.moment, got)
		}
	}
	got := group{Address: "https://example.com/", token: "t", secret: "this is secret"}.address(time.UnixMilli(1577262236757))
	if want := "https://example.com/robot/send?access_token=t&sign=hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D&timestamp=1577262236757"; got != want {
		t.Errorf("the address is %s", got)
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
			`{"msgtype":"markdown","markdown":{"title":"对账差异","text":"### 对账差异\n\n单据 **A&B<1>** 待处理"}}`,
		},
		{
			markdown, `{"text":"# 第一行\n第二行"}`,
			`{"msgtype":"markdown","markdown":{"title":"第一行","text":"# 第一行\n第二行"}}`,
		},
		{
			markdown, `{"title":"T","text":"x","to":["13800000001","@user7","all"]}`,
			`{"msgtype":"markdown","markdown":{"title":"T","text":"### T\n\nx\n\n@13800000001 @user7"},"at":{"atMobiles":["13800000001"],"atUserIds":["user7"],"isAtAll":true}}`,
		},
		{
			text, `{"title":"T\n2","text":"x","to":"13800000001"}`,
			`{"msgtype":"text","text":{"content":"T 2\nx\n@13800000001"},"at":{"atMobiles":["13800000001"]}}`,
		},
		{text, `{"title":"T"}`, `{"msgtype":"text","text":{"content":"T"}}`},
	} {
		if got, _ := r.Said(tc.session, tc.row); string(got.Raw()) != tc.want {
			t.Errorf("%s:\n%s\n%s", tc.row, got.Raw(), tc.want)
		}
	}
}

func TestLongTextsAreCut(t *testing.T) {
	t.Parallel()
	r := rig(t)
	for _, format := range []string{"markdown", "text"} {
		session := r.Open(map[string]string{"format": format})
		got, _ := r.Said(session, `{"title":"T","text":"`+strings.Repeat(`单据\"`, 6000)+`","to":["13800000001"]}`)
		said := got.Field("markdown").Field("text").Text() + got.Field("text").Field("content").Text()
		if len(got.Raw()) > 20000 || len(got.Raw()) < 19980 || !strings.Contains(said, message.Mark) || !strings.HasSuffix(said, "@13800000001") {
			t.Errorf("%s: %d bytes, ends in %q", format, len(got.Raw()), said[len(said)-60:])
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	robottest.Refusals(t, rig, []robottest.Refusal{
		{Name: "unknown robot", Set: `{}`, Change: map[string]string{"accessToken": "nobody"}, Code: "vendor.300005", Class: fault.Auth, Hint: "Webhook"},
		{Name: "no robot", Set: `{}`, Change: map[string]string{"accessToken": ""}, Code: "vendor.40035", Class: fault.Config, Hint: "令牌"},
		{Name: "wrong secret", Set: `{}`, Change: map[string]string{"secret": "SECother"}, Code: "vendor.310000", Class: fault.Auth, Hint: "加签"},
		{Name: "no secret", Set: `{}`, Change: map[string]string{"secret": ""}, Code: "vendor.310000", Class: fault.Auth, Hint: "加签"},
		{Name: "clock", Set: `{"clockSeconds":-1}`, Code: "vendor.310000", Class: fault.Auth, Hint: "时间"},
		{Name: "caller", Set: `{"ips":["203.0.113.9"]}`, Code: "vendor.310000", Class: fault.Config, Hint: "IP"},
		{Name: "keyword", Set: `{"keywords":["报警"]}`, Code: "vendor.310000", Class: fault.Config, Hint: "关键词", Known: true},
		{Name: "wrong path", Set: `{}`, Change: map[string]string{"address": "/elsewhere"}, Code: "vendor.404", Class: fault.Config, Hint: "服务地址"},
		{Name: "under another status", Set: `{"keywords":["报警"],"refusalStatus":400}`, Code: "vendor.310000", Class: fault.Config, Hint: "关键词", Known: true},
	})
}

func TestCheckSendsNothing(t *testing.T) {
	t.Parallel()
	r := rig(t)
	robottest.CheckSendsNothing(t, r, `{}`, `{"signed":false}`, `{"refusalStatus":400}`, `{"perMinute":1}`)
	r.Quiet(sandbox.Token, sandbox.Secret)
}

func TestTooFastAndBusy(t *testing.T) {
	t.Parallel()
	r := rig(t)
	r.Set(`{"perMinute":3,"blockSeconds":600}`)
	session := r.Open(nil)
	for range 3 {
		r.Said(session, `{"text":"x"}`)
	}
	_, err := r.Send(session, `{"text":"x"}`, "k")
	if f := r.Refused(err, "vendor.130101", fault.Rate); f.RetryAfter != time.Minute {
		t.Errorf("wait %v", f.RetryAfter)
	}
	r.Clock.Pass(9 * time.Minute)
	_, err = r.Send(session, `{"text":"x"}`, "k")
	r.Refused(err, "vendor.130101", fault.Rate)
	r.Clock.Pass(time.Minute)
	r.Said(session, `{"text":"x"}`)
	r.Set(`{"busy":1}`)
	_, err = r.Send(session, `{"text":"x"}`, "k")
	if f := r.Manifest.Classify("message.send", fault.From(err)); f.Code != "vendor.-1" || f.Class != fault.Transient || f.NotApplied {
		t.Errorf("a failure inside is %s (%s), not applied %v", f.Code, f.Class, f.NotApplied)
	}
}

func TestWholeAddresses(t *testing.T) {
	t.Parallel()
	r := rig(t)
	whole := r.Open(map[string]string{"accessToken": " " + r.URL + "/robot/send?access_token=" + sandbox.Token + " "})
	r.Said(whole, `{"text":"x"}`)
	for _, bad := range []string{"https://oapi.dingtalk.com/robot/send?access_token=x", r.URL + "/robot/send?key=x", "http://[::1/?access_token=x"} {
		_, err := r.Opened(map[string]string{"accessToken": bad})
		r.Refused(err, "message.address_differs", fault.Config)
	}
}

func TestOtherClock(t *testing.T) {
	t.Parallel()
	robottest.OtherClock(t, func(t *testing.T, off time.Duration) *robottest.Rig {
		t.Helper()
		return robottest.New(t,
			func(clock func() time.Time) connector.Connector {
				return newConnector(func() time.Time { return clock().Add(off) })
			},
			func(clock func() time.Time) sandboxkit.Vendor { return sandbox.New(clock) })
	})
}
