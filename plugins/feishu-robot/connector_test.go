package main

import (
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/feishu-robot/sandbox"
	"github.com/karezflow/karez/plugins/internal/message"
	"github.com/karezflow/karez/plugins/internal/robottest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
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
	rig(t).Conform(t, robottest.Suite{Bad: map[string]string{"secret": "not-the-secret"}, Secrets: []string{sandbox.Hook, sandbox.Secret}})
}

func TestDeclaration(t *testing.T) {
	t.Parallel()
	r := rig(t)
	r.Declared(manifest.Upsert)
	if m := r.Manifest; m.LimitKey != "hook" || len(m.Limits) != 2 || m.Limits[0].Calls != 5 || m.Limits[0].Per.Std() != time.Second || m.Limits[1].Calls != 100 {
		t.Errorf("limits %v by %s", m.Limits, m.LimitKey)
	}
}

func TestSign(t *testing.T) {
	t.Parallel()
	// Made apart from this program by the vendor's description.
	for _, tc := range []struct{ secret, moment, want string }{
		{"demo", "1599360473", "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="},
		{"secret0000", "1714536000", "2/lEQ6CNkH/TFe6Jmt3D1A0AtTPLvtAeDnMzLPKwSzk="},
		{"密钥", "1599360473", "P9HUVM15LT0IjapLuiZySGCllJ5uMRqQueF+jKYN0cw="},
	} {
		if got := sign(tc.secret, tc.moment); got != tc.want {
			t.Errorf("%s %s: %s", tc.secret, tc.moment, got)
		}
	}
}

// unsigned is a message without moment and signature.
func unsigned(v item.Value) string {
	raw := string(v.Raw())
	if at := strings.Index(raw, `"msg_type"`); at > 0 {
		return "{" + raw[at:]
	}
	return raw
}

func TestMessages(t *testing.T) {
	t.Parallel()
	r := rig(t)
	card, text := r.Open(nil), r.Open(map[string]string{"format": "text"})
	const frame = `{"msg_type":"interactive","card":{"schema":"2.0","header":{"title":{"tag":"plain_text","content":`
	for _, tc := range []struct {
		session            connector.Session
		row, want, warning string
	}{
		{
			card, `{"title":"对账差异","text":"单据 **A&B<1>** 待处理"}`,
			frame + `"对账差异"}},"body":{"elements":[{"tag":"markdown","content":"单据 **A&B<1>** 待处理"}]}}}`, "",
		},
		{card, `{"title":"T"}`, frame + `"T"}},"body":{"elements":[{"tag":"markdown","content":"T"}]}}}`, ""},
		{
			card, `{"text":"# 第一行\n第二行","to":["ou_1","所有人"]}`,
			frame + `"第一行"}},"body":{"elements":[{"tag":"markdown","content":"# 第一行\n第二行\n\n<at id=ou_1></at> <at id=all></at>"}]}}}`, "",
		},
		{
			card, `{"title":"T","text":"x","to":["13800000001","a@example.com","ou_1> x"]}`,
			frame + `"T"}},"body":{"elements":[{"tag":"markdown","content":"x\n\n@13800000001 @a@example.com @ou_1> x"}]}}}`, "open id",
		},
		{
			text, `{"title":"T\n2","text":"x","to":"ou_1,all"}`,
			`{"msg_type":"text","content":{"text":"T 2\nx\n<at user_id=\"ou_1\"></at> <at user_id=\"all\"></at>"}}`, "",
		},
	} {
		got, answer := r.Said(tc.session, tc.row)
		if unsigned(got) != tc.want {
			t.Errorf("%s:\n%s\n%s", tc.row, got.Raw(), tc.want)
		}
		if !strings.Contains(answer.Warning, tc.warning) || (tc.warning == "") != (answer.Warning == "") {
			t.Errorf("%s: warning %q", tc.row, answer.Warning)
		}
	}
}

func TestLongTextsAreCut(t *testing.T) {
	t.Parallel()
	r := rig(t)
	for _, format := range []string{"markdown", "text"} {
		session := r.Open(map[string]string{"format": format})
		got, _ := r.Said(session, `{"title":"T","text":"`+strings.Repeat(`单据\"`, 6000)+`","to":["ou_1"]}`)
		if raw := string(got.Raw()); len(raw) > 20000 || len(raw) < 19980 || !strings.Contains(raw, message.Mark) || !strings.Contains(raw, "ou_1") {
			t.Errorf("%s: %d bytes, ends in %q", format, len(raw), raw[len(raw)-60:])
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	robottest.Refusals(t, rig, []robottest.Refusal{
		{Name: "unknown robot", Set: `{}`, Change: map[string]string{"hook": "nobody"}, Code: "vendor.19001", Class: fault.Auth, Hint: "Webhook"},
		{Name: "no robot", Set: `{}`, Change: map[string]string{"hook": ""}, Code: "vendor.19001", Class: fault.Auth, Hint: "Webhook"},
		{Name: "wrong secret", Set: `{}`, Change: map[string]string{"secret": "other"}, Code: "vendor.19021", Class: fault.Auth, Hint: "签名"},
		{Name: "no secret", Set: `{}`, Change: map[string]string{"secret": ""}, Code: "vendor.19021", Class: fault.Auth, Hint: "签名"},
		{Name: "clock", Set: `{"clockSeconds":-1}`, Code: "vendor.19021", Class: fault.Auth, Hint: "时间"},
		{Name: "caller", Set: `{"ips":["203.0.113.9"]}`, Code: "vendor.19022", Class: fault.Config, Hint: "IP"},
		{Name: "keyword", Set: `{"keywords":["报警"]}`, Code: "vendor.19024", Class: fault.Config, Hint: "关键词", Known: true},
		{Name: "wrong path", Set: `{}`, Change: map[string]string{"address": "/elsewhere"}, Code: "vendor.99991663", Class: fault.Config, Hint: "服务地址"},
		{Name: "under another status", Set: `{"ips":["203.0.113.9"],"refusalStatus":403}`, Code: "vendor.19022", Class: fault.Config, Hint: "IP"},
	})
}

func TestCheckSendsNothing(t *testing.T) {
	t.Parallel()
	r := rig(t)
	robottest.CheckSendsNothing(t, r, `{}`, `{"signed":false}`, `{"refusalStatus":400}`)
	r.Quiet(sandbox.Hook, sandbox.Secret)
}

func TestTooFast(t *testing.T) {
	t.Parallel()
	r := rig(t)
	session := r.Open(nil)
	for range 5 {
		r.Said(session, `{"text":"x"}`)
	}
	_, err := r.Send(session, `{"text":"x"}`, "k")
	if f := r.Refused(err, "vendor.11232", fault.Rate); f.RetryAfter != time.Minute {
		t.Errorf("wait %v", f.RetryAfter)
	}
	r.Clock.Pass(time.Second)
	r.Said(session, `{"text":"x"}`)
	again := r.Manifest.Classify("message.send", fault.New("vendor.9499", "too many request"))
	if again.Class != fault.Rate || (group{}).Complains("9499", "too many request") {
		t.Errorf("9499 with too many requests is %s", again.Class)
	}
}

func TestWholeAddresses(t *testing.T) {
	t.Parallel()
	r := rig(t)
	r.Said(r.Open(map[string]string{"hook": r.URL + hookPath + sandbox.Hook}), `{"text":"x"}`)
	for _, bad := range []string{"https://open.larksuite.com" + hookPath + "x", r.URL + hookPath} {
		_, err := r.Opened(map[string]string{"hook": bad})
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
