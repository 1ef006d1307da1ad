package main

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/robottest"
	"github.com/karezflow/karez/plugins/smtp/sandbox"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
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
		func(clock func() time.Time) sandboxkit.Vendor {
			server, err := sandbox.New(clock)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = server.Close() })
			return server
		})
}

func TestConformance(t *testing.T) { // not parallel: the suite looks for goroutines
	r := rig(t)
	r.Conform(t, robottest.Suite{
		Bad: map[string]string{"password": "not-the-password"}, Secrets: []string{sandbox.Password},
		Lose: func() { r.Set(`{"loseAnswers":1}`) },
		// What arrived twice has one Message-ID.
		Count: func(t connectortest.T, key string) int {
			t.Helper()
			ids := map[string]bool{}
			for _, m := range r.Messages() {
				if strings.Contains(m.Field("text").Text(), key) {
					ids[m.Field("messageId").Text()] = true
				}
			}
			return len(ids)
		},
	})
}

func TestDeclaration(t *testing.T) {
	t.Parallel()
	r := rig(t)
	r.Declared(manifest.Upsert)
	if r.Manifest.LimitKey != "user" {
		t.Errorf("limits by %s", r.Manifest.LimitKey)
	}
}

// TestEncryption sends over every kind of connection.
func TestEncryption(t *testing.T) {
	t.Parallel()
	r := rig(t)
	server, ok := r.Box.(*sandbox.Server)
	if !ok {
		t.Fatal("another sandbox")
	}
	for name, tc := range map[string]struct {
		change map[string]string
		code   string
		class  fault.Class
	}{
		"starttls":                              {nil, "", ""},
		"implicit":                              {map[string]string{"security": "tls", "port": server.TLSPort()}, "", ""},
		"none on this machine":                  {map[string]string{"security": "none"}, "", ""},
		"certificate of nobody that is trusted": {map[string]string{"trust": ""}, "smtp.tls_refused", fault.Config},
		"certificate of another name":           {map[string]string{"host": "localhost"}, "smtp.tls_refused", fault.Config},
		"implicit on the plain port":            {map[string]string{"security": "tls"}, "smtp.tls_refused", fault.Config},
		"nobody listens":                        {map[string]string{"port": "1"}, "smtp.unreachable", fault.Transient},
	} {
		session := r.Open(tc.change)
		health, err := session.Check(t.Context())
		if tc.code == "" {
			if err != nil || health.Account != sandbox.User+" · 127.0.0.1" {
				t.Errorf("%s: %+v %v", name, health, err)
			}
			r.Said(session, `{"title":"T","text":"x"}`)
			continue
		}
		if f := r.Refused(err, tc.code, tc.class); strings.Contains(f.Message, sandbox.Password) {
			t.Errorf("%s: %s", name, f.Message)
		}
		_, err = r.Send(session, `{"text":"x"}`, "k")
		r.Refused(err, tc.code, tc.class)
	}
	r.Quiet(sandbox.Password)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	r := rig(t)
	for code, change := range map[string]map[string]string{
		"smtp.unencrypted":    {"security": "none", "host": "mail.example.com"},
		"smtp.sender_invalid": {"from": "nobody in particular"},
		"smtp.trust_invalid":  {"trust": "-----BEGIN NOTHING-----"},
	} {
		_, err := r.Opened(change)
		r.Refused(err, code, fault.Config)
	}
	if _, err := r.Opened(map[string]string{"security": "none", "host": "mail.example.com", "insecure": "true"}); err != nil {
		t.Errorf("allowed explicitly: %v", err)
	}
	for security, port := range map[string]int{"tls": 465, "starttls": 587, "none": 25} {
		if got := usualPort(security); got != port {
			t.Errorf("%s: port %d", security, got)
		}
	}
	for host, near := range map[string]bool{"localhost": true, "127.0.0.9": true, "::1": true, "10.0.0.1": false, "localhost.example.com": false} {
		if loopback(host) != near {
			t.Errorf("%s is on this machine: %v", host, !near)
		}
	}
}

func TestLetters(t *testing.T) {
	t.Parallel()
	r := rig(t)
	got, answer := r.Said(r.Open(nil), `{"title":"对账差异 <1> 50%","text":"# 单据\n\n**XSCKD1** 待处理 <script>alert(1)</script>\n\n[看](https://example.com/?a=1&b=2) [坏](javascript:alert(1))\n\n| a | b |\n|---|---|\n| 1 | 2 |","to":["王 <wang@sandbox.example>","li@sandbox.example"]}`)
	for field, want := range map[string]string{
		"subject": "对账差异 <1> 50%", "from": "坎儿井通知 <notice@sandbox.example>", "to": `["wang@sandbox.example","li@sandbox.example"]`,
		"messageId": answer.ID, "envelope.from": "notice@sandbox.example", "headers.Auto-Submitted": "auto-generated",
		"headers.Date": "Wed, 01 May 2024 04:00:00 +0000",
	} {
		if have := got.Path(field).Text(); have != want {
			t.Errorf("%s is %q, want %q", field, have, want)
		}
	}
	if !strings.HasPrefix(answer.ID, "msg_") || !strings.HasSuffix(answer.ID, "@sandbox.example") {
		t.Errorf("Message-ID %s", answer.ID)
	}
	if text := got.Field("text").Text(); !strings.Contains(text, "**XSCKD1** 待处理 <script>") {
		t.Errorf("text %q", text)
	}
	html := got.Field("html").Text()
	for _, want := range []string{"<h1>单据</h1>", "<strong>XSCKD1</strong>", `href="https://example.com/?a=1&amp;b=2"`, "<td>1</td>"} {
		if !strings.Contains(html, want) {
			t.Errorf("%s is not in %s", want, html)
		}
	}
	for _, bad := range []string{"<script", "javascript:"} {
		if strings.Contains(html, bad) {
			t.Errorf("%s is in %s", bad, html)
		}
	}
}

func TestSmallLetters(t *testing.T) {
	t.Parallel()
	r := rig(t)
	session := r.Open(nil)
	got, _ := r.Said(session, `{"title":"只有标题"}`)
	if got.Field("subject").Text() != "只有标题" || strings.TrimSpace(got.Field("text").Text()) != "只有标题" || got.Field("to").Text() != `["ops@sandbox.example"]` {
		t.Errorf("%s", got.Raw())
	}
	got, _ = r.Said(session, `{"text":"## 第一行\n第二行","to":"a@sandbox.example,b@sandbox.example"}`)
	if got.Field("subject").Text() != "第一行" || got.Field("to").Text() != `["a@sandbox.example","b@sandbox.example"]` {
		t.Errorf("%s", got.Raw())
	}
	got, _ = r.Said(session, `{"title":"`+strings.Repeat("长", 200)+`","text":"x"}`)
	if subject := got.Field("subject").Text(); len(subject) > maxSubject || len(subject) < maxSubject-5 {
		t.Errorf("subject %q", subject)
	}
}

// TestHeadersCannotBeSmuggledIn refuses line breaks where they would end a header.
func TestHeadersCannotBeSmuggledIn(t *testing.T) {
	t.Parallel()
	r := rig(t)
	session := r.Open(nil)
	for row, code := range map[string]string{
		`{"title":"a\r\nBcc: x@sandbox.example","text":"x"}`:                     "message.line_break",
		`{"title":"a\nb","text":"x"}`:                                            "message.line_break",
		`{"title":"a\u0000b","text":"x"}`:                                        "message.line_break",
		`{"title":"a","text":"x","to":["a@sandbox.example\r\nRCPT TO:<b@c.d>"]}`: "message.line_break",
		`{"title":"a","text":"x","to":["a@sandbox.example>\rDATA"]}`:             "message.line_break",
		`{"title":"a","text":"x","to":["no address"]}`:                           "message.recipient_invalid",
		`{"title":"a","text":"x","to":["a@sandbox.example b@sandbox.example"]}`:  "message.recipient_invalid",
		`{"title":"a","text":"x","to":["13800000001"]}`:                          "message.recipient_invalid",
	} {
		_, err := r.Send(session, row, "k")
		r.Refused(err, code, fault.Data)
	}
	_, err := r.Send(r.Open(map[string]string{"to": ""}), `{"title":"a"}`, "k")
	r.Refused(err, "message.recipient_missing", fault.Data)
	if n := len(r.Messages()); n != 0 {
		t.Errorf("%d mails arrived", n)
	}
	got, _ := r.Said(session, `{"title":"a","text":"x\r\n.\r\nRCPT TO:<evil@sandbox.example>\r\nBcc: evil@sandbox.example"}`)
	if got.Path("envelope.to").Text() != `["ops@sandbox.example"]` || !strings.Contains(got.Field("text").Text(), "\n.\r\nRCPT TO") && !strings.Contains(got.Field("text").Text(), "\n.\nRCPT TO") {
		t.Errorf("%s", got.Raw())
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, set, row string
		change         map[string]string
		code           string
		class          fault.Class
		wait           time.Duration
		hint           string
	}{
		{name: "password", change: map[string]string{"password": "x"}, code: "vendor.535", class: fault.Auth, hint: "授权码"},
		{name: "nobody", change: map[string]string{"user": "", "password": ""}, code: "vendor.530", class: fault.Auth, hint: "授权码"},
		{name: "sender", change: map[string]string{"from": "other@sandbox.example"}, code: "vendor.553", class: fault.Config, hint: "发件人"},
		{name: "recipient", row: `{"text":"x","to":["a@sandbox.example","` + sandbox.Unknown + `"]}`, code: "vendor.550", class: fault.Data, hint: "收件人"},
		{name: "content", set: `{"refuseWords":["发票"]}`, row: `{"text":"代开发票"}`, code: "vendor.554", class: fault.Data, hint: "内容"},
		{name: "too long", set: `{"maxBytes":100}`, code: "vendor.552", class: fault.Data, hint: "内容"},
		{name: "busy", set: `{"busy":1}`, code: "vendor.451", class: fault.Transient, wait: time.Minute, hint: "灰名单"},
	} {
		r := rig(t)
		if tc.set != "" {
			r.Set(tc.set)
		}
		if tc.row == "" {
			tc.row = `{"title":"T","text":"x"}`
		}
		_, err := r.Send(r.Open(tc.change), tc.row, "k")
		f := r.Refused(err, tc.code, tc.class)
		if f.RetryAfter != tc.wait || !strings.Contains(f.Args[fault.HintZH], tc.hint) {
			t.Errorf("%s: wait %v, hint %q", tc.name, f.RetryAfter, f.Args[fault.HintZH])
		}
		if n := len(r.Messages()); n != 0 {
			t.Errorf("%s: %d mails arrived", tc.name, n)
		}
	}
}

func TestTooFast(t *testing.T) {
	t.Parallel()
	r := rig(t)
	r.Set(`{"perMinute":2}`)
	session := r.Open(nil)
	r.Said(session, `{"text":"x"}`)
	r.Said(session, `{"text":"x"}`)
	_, err := r.Send(session, `{"text":"x"}`, "k")
	if f := r.Refused(err, "vendor.450", fault.Rate); f.RetryAfter != 5*time.Minute {
		t.Errorf("wait %v", f.RetryAfter)
	}
	r.Clock.Pass(time.Minute)
	r.Said(session, `{"text":"x"}`)
	for words, want := range map[string]fault.Class{
		"550 Daily user sending limit exceeded": fault.Rate, "554 Reject by behaviour spam, 发送过于频繁": fault.Rate,
		"552 Message size exceeds fixed limit": fault.Data, "421 closing": fault.Transient, "503 bad sequence": fault.Config, "538 encryption required": fault.Auth,
	} {
		var code int
		if _, err := fmt.Sscanf(words, "%d", &code); err != nil {
			t.Fatal(err)
		}
		if f := refused(code, words); f.Class != want {
			t.Errorf("%s is %s", words, f.Class)
		}
	}
}

// TestLostAnswer has a mail whose answer was lost come again under its id.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	r := rig(t)
	r.Set(`{"loseAnswers":1}`)
	session := r.Open(nil)
	_, err := r.Send(session, `{"text":"x"}`, "k")
	if f := fault.From(err); f == nil || f.Code != "smtp.cut" || f.Class != fault.Transient || f.NotApplied {
		t.Errorf("%+v", f)
	}
	again, err := r.Send(session, `{"text":"x"}`, "k")
	if err != nil {
		t.Fatal(err)
	}
	mails := r.Messages()
	if len(mails) != 2 || mails[0].Field("messageId").Text() != again.Rows[0].ID || mails[1].Field("messageId").Text() != again.Rows[0].ID {
		t.Errorf("%d mails", len(mails))
	}
	other, err := r.Send(session, `{"text":"y"}`, "k")
	if err != nil || other.Rows[0].ID == again.Rows[0].ID {
		t.Errorf("another mail has the same id: %v", err)
	}
}

// TestCancelling ends a call at a server that says nothing.
func TestCancelling(t *testing.T) {
	t.Parallel()
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	accepted := make(chan net.Conn, 8)
	go func() {
		for {
			conn, err := silent.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- conn
		}
	}()
	_, port, err := net.SplitHostPort(silent.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	r := rig(t)
	for _, security := range []string{"tls", "starttls", "none"} {
		session := r.Open(map[string]string{"port": port, "security": security})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := session.Check(ctx)
			ended <- err
		}()
		conn := <-accepted
		cancel()
		if f := fault.From(<-ended); f == nil || f.Code != "smtp.cancelled" || f.Class != fault.Transient || !f.NotApplied {
			t.Errorf("%s: %+v", security, f)
		}
		_ = conn.Close()
		late, stop := context.WithTimeout(t.Context(), -time.Second)
		_, err = session.Check(late)
		stop()
		if f := fault.From(err); f == nil || f.Code != "smtp.timeout" {
			t.Errorf("%s: %v", security, err)
		}
	}
}

// TestWithoutSTARTTLS refuses to go on unencrypted with a server that cannot encrypt.
func TestWithoutSTARTTLS(t *testing.T) {
	t.Parallel()
	old, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = old.Close() })
	go func() {
		for {
			conn, err := old.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("220 old\r\n"))
			_, _ = conn.Read(make([]byte, 512))
			_, _ = conn.Write([]byte("250 old\r\n"))
			_, _ = conn.Read(make([]byte, 512))
			_ = conn.Close()
		}
	}()
	_, port, err := net.SplitHostPort(old.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	r := rig(t)
	_, err = r.Open(map[string]string{"port": port}).Check(t.Context())
	r.Refused(err, "smtp.tls_missing", fault.Config)
	_, err = r.Open(map[string]string{"port": port, "security": "none"}).Check(t.Context())
	r.Refused(err, "smtp.login_unsupported", fault.Config)
}

func TestSettingsAreReadAsFormsWriteThem(t *testing.T) {
	t.Parallel()
	opened, err := newConnector(time.Now).Open(t.Context(), connector.Account{
		ID: "c", Settings: []byte(`{"host":" mail.example.com ","port":2525,"security":"none","insecure":true,"from":"a@b.example"}`),
	}, nil)
	s, ok := opened.(*session)
	if err != nil || !ok || s.port != 2525 || s.host != "mail.example.com" {
		t.Errorf("%+v %v", s, err)
	}
	if _, err := newConnector(time.Now).Open(t.Context(), connector.Account{Settings: []byte(`{`)}, nil); fault.CodeOf(err) != "connection.settings_invalid" {
		t.Error(err)
	}
	if s.hide("x") != "x" {
		t.Error("something is hidden though there is no password")
	}
}
