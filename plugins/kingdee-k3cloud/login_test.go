package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	k3cloud "github.com/karezflow/karez/plugins/kingdee-k3cloud"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
)

func TestCheck(t *testing.T) {
	t.Parallel()

	for _, login := range []string{"password", "appSecret", "sign", ""} {
		t.Run(login, func(t *testing.T) {
			t.Parallel()

			r := setup(t)
			health, err := r.open(map[string]string{"login": login}).Check(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "clock", health.SourceTime, r.clock.Now())
			equal(t, "account", health.Account, "demo @ 沙箱账套")
			equal(t, "logins", r.box.State()["logins"], 1)
			_, traces := r.host.Said()
			equal(t, "trace of the login", string(traces[0].RequestBody), `{"parameters":"***"}`)
			equal(t, "trace of the query", strings.Contains(string(traces[1].RequestBody), "BD_Currency"), true)
		})
	}
}

// TestCheckWithoutRight: a user who may not read the currency has logged in.
func TestCheckWithoutRight(t *testing.T) {
	t.Parallel()

	const answer = `[[{"Result":{"ResponseStatus":{"IsSuccess":false,"Errors":[{"Message":"m"}],"MsgCode":%d}}}]]`
	if _, err := against(t, fmt.Sprintf(answer, 2)).Check(t.Context()); err != nil {
		t.Error(err)
	}
	_, err := against(t, fmt.Sprintf(answer, 7)).Check(t.Context())
	equal(t, "a licence is missing", refused(t, err, "vendor.7").Message, "m")
}

// TestSignVector: the signature that public clients compute for these texts.
func TestSignVector(t *testing.T) {
	t.Parallel()

	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		var body struct {
			Parameters []any `json:"parameters"`
		}
		if err := json.NewDecoder(q.Body).Decode(&body); err == nil {
			got = append(got, fmt.Sprint(q.URL.Path, body.Parameters))
		}
		_, _ = w.Write([]byte(`{"LoginResultType":0,"Message":"no"}`))
	}))
	t.Cleanup(server.Close)
	c := clocktest.New(time.Unix(1700000000, 0))
	s, err := k3cloud.New(c.Now).Open(t.Context(), connector.Account{
		Settings: []byte(`{"address":"` + server.URL + `/K3Cloud/html5/index.aspx","acctId":"5f0000000000aa","username":"demo","login":"sign","appId":"900001_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX","lcid":1033}`),
		Secrets:  map[string]string{"appSecret": "sandboxsecret0000000000000000001"},
	}, connectortest.NewHost(c.Now))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Check(t.Context())
	refused(t, err, "k3cloud.login_refused")
	want := "/K3Cloud/Kingdee.BOS.WebApi.ServicesStub.AuthService.LoginBySign.common.kdsvc[5f0000000000aa demo 900001_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX " +
		"1700000000 69d921f9da5260b16bfe2b99ffaa0d726616e25ebecfe1559254e2ee4371ec05 1033]"
	if len(got) != 1 || got[0] != want {
		t.Errorf("sent %v", got)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()

	for given, want := range map[string]string{
		"":                                "/k3cloud/",
		"/":                               "/k3cloud/",
		"/k3cloud":                        "/k3cloud/",
		"/k3cloud/":                       "/k3cloud/",
		"/K3Cloud/html5/index.aspx?ud=1#": "/K3Cloud/",
		" ":                               "/k3cloud/",
		"/galaxyapi/":                     "/galaxyapi/",
	} {
		var path string
		_, err := before(t, given, func(w http.ResponseWriter, q *http.Request) {
			path = q.URL.Path
			_, _ = w.Write([]byte(`{"LoginResultType":0}`))
		}).Check(t.Context())
		refused(t, err, "k3cloud.login_refused")
		equal(t, given, path, want+"Kingdee.BOS.WebApi.ServicesStub.AuthService.ValidateUser.common.kdsvc")
	}
	for settings, code := range map[string]string{
		`{"address":"ftp://x"}`:                "k3cloud.address_invalid",
		`{"address":"/k3cloud"}`:               "k3cloud.address_invalid",
		`{"address":"http://x","lcid":"many"}`: "k3cloud.settings_invalid",
		`[]`:                                   "k3cloud.settings_invalid",
	} {
		_, err := k3cloud.New(newClock().Now).Open(t.Context(), connector.Account{Settings: []byte(settings)}, connectortest.NewHost(newClock().Now))
		equal(t, settings, refused(t, err, code).Class, fault.Config)
	}
}

func TestIncompleteSettings(t *testing.T) {
	t.Parallel()

	r := setup(t)
	for _, change := range []map[string]string{
		{"password": ""}, {"username": ""}, {"acctId": ""}, {"login": "sign", "appId": ""},
	} {
		_, err := r.open(change).Check(t.Context())
		equal(t, fmt.Sprint(change), refused(t, err, "k3cloud.settings_incomplete").Class, fault.Config)
	}
	_, err := r.open(map[string]string{"login": "other"}).Check(t.Context())
	refused(t, err, "k3cloud.settings_invalid")
	equal(t, "calls", len(r.calls("")), 0)
}

// TestRefusedLoginIsNotRepeated: the server locks users, so a refusal stops
// everybody until the pause is over or the settings change.
func TestRefusedLoginIsNotRepeated(t *testing.T) {
	t.Parallel()

	r := setup(t)
	r.set("lockAfter", "3")
	wrong := r.open(map[string]string{"password": `wr"ong<secret>`})
	_, err := wrong.Check(t.Context())
	f := refused(t, err, "k3cloud.login_refused")
	equal(t, "class", f.Class, fault.Auth)
	equal(t, "pause", f.RetryAfter, time.Minute)
	if !strings.Contains(f.Message, "用户名或密码错误 (LoginResultType 0)") || !strings.Contains(f.Message, "demo") {
		t.Errorf("the message says %s", f.Message)
	}

	var wg sync.WaitGroup
	other := r.open(map[string]string{"password": `wr"ong<secret>`}) // another process of the same connection
	for _, s := range []session{wrong, other, wrong, other} {
		wg.Go(func() {
			_, err := s.Write(t.Context(), batch(bill("R1", "")))
			if f := fault.From(err); f.Code != "k3cloud.login_refused" || !f.NotApplied {
				t.Errorf("a write during the pause: %v", err)
			}
		})
	}
	wg.Wait()
	equal(t, "refused logins", r.box.State()["loginsRefused"], 1)

	for i, pause := range []time.Duration{time.Minute, 2 * time.Minute} {
		r.clock.Pass(pause - time.Second)
		_, err = wrong.Check(t.Context())
		refused(t, err, "k3cloud.login_refused")
		equal(t, "still pausing", r.box.State()["loginsRefused"], i+1)
		r.clock.Pass(time.Second)
		_, err = other.Check(t.Context())
		equal(t, "the pause doubles", refused(t, err, "k3cloud.login_refused").RetryAfter, 2*pause)
		equal(t, "tried again", r.box.State()["loginsRefused"], i+2)
	}

	_, err = r.open(nil).Check(t.Context())
	if f := refused(t, err, "k3cloud.login_refused"); !strings.Contains(f.Message, "锁定") {
		t.Errorf("locked: %s", f.Message)
	}
	r.clock.Pass(31 * time.Minute)
	if _, err := r.open(nil).Check(t.Context()); err != nil {
		t.Errorf("with the right password and after the lock: %v", err)
	}
	if _, err = r.open(map[string]string{"password": "changed"}).Check(t.Context()); fault.CodeOf(err) != "k3cloud.login_refused" {
		t.Errorf("a stored session served another password: %v", err)
	}
	_, traces := r.host.Said()
	for _, e := range traces {
		for _, secret := range []string{"wr", "sandbox-password", "5e551000-0000"} {
			if text := string(e.RequestBody) + string(e.ResponseBody) + e.URL; strings.Contains(text, secret) {
				t.Errorf("%s is in the trace %s", secret, text)
			}
		}
	}
}

// TestLoginAnswers: what is no refusal is no reason to pause.
func TestLoginAnswers(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		body, code string
		class      fault.Class
	}{
		{`response_error:database is down`, "vendor.response_error", ""},
		{`<html>gateway</html>`, "http.html", fault.Transient},
		{`{}`, "k3cloud.answer_unexpected", fault.Transient},
		{`{"LoginResultType":1}`, "k3cloud.answer_unexpected", fault.Transient},
		{`{"LoginResultType":-3,"Message":"许可超限","MessageCode":"x7"}`, "k3cloud.login_refused", fault.Auth},
	} {
		calls := 0
		s := before(t, "", func(w http.ResponseWriter, _ *http.Request) {
			calls++
			_, _ = w.Write([]byte(c.body))
		})
		for range 2 {
			_, err := s.Query(t.Context(), query(`{"FormId":"BD_Currency","FieldKeys":"FCODE"}`))
			f := refused(t, err, c.code)
			equal(t, c.body, f.Class, c.class)
		}
		equal(t, c.body+" calls", calls, map[bool]int{true: 1, false: 2}[c.class == fault.Auth])
	}

	r := setup(t)
	r.set("loginResult", "-5")
	if _, err := r.open(nil).Check(t.Context()); err != nil {
		t.Errorf("a login with a warning on the password is refused: %v", err)
	}
}

// TestSessionFromCookie: some servers give the session by cookie only.
func TestSessionFromCookie(t *testing.T) {
	t.Parallel()

	var sessions []string
	s := before(t, "", func(w http.ResponseWriter, q *http.Request) {
		if strings.Contains(q.URL.Path, "AuthService") {
			http.SetCookie(w, &http.Cookie{Name: "kdservice-sessionid", Value: "by-cookie", Path: "/"})
			_, _ = w.Write([]byte(`{"LoginResultType":1,"KDSVCSessionId":null}`))
			return
		}
		cookie, err := q.Cookie("kdservice-sessionid")
		if err == nil {
			sessions = append(sessions, cookie.Value, q.Header.Get("kdservice-sessionid"))
		}
		_, _ = w.Write([]byte(`[["CNY"]]`))
	})
	health, err := s.Check(t.Context())
	if err != nil || fmt.Sprint(sessions) != "[by-cookie by-cookie]" || health.Account != "u" {
		t.Errorf("%v, %v, %v", sessions, health, err)
	}
}

// TestOneLoginForAll: concurrent calls of two processes share one login, and
// after a loss one new login.
func TestOneLoginForAll(t *testing.T) {
	t.Parallel()

	r := setup(t)
	sessions := []session{r.open(nil), r.open(nil)}
	all := func() {
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() {
				if _, err := sessions[i%2].Query(t.Context(), query(`{"FormId":"BD_Currency","FieldKeys":"FCODE"}`)); err != nil {
					t.Errorf("call %d: %v", i, err)
				}
			})
		}
		wg.Wait()
	}
	all()
	equal(t, "logins", r.box.State()["logins"], 1)
	r.clock.Pass(21 * time.Minute)
	all()
	equal(t, "logins after the session ran out", r.box.State()["logins"], 2)
	third := r.open(nil)
	if _, err := third.Check(t.Context()); err != nil {
		t.Error(err)
	}
	equal(t, "logins with a third process", r.box.State()["logins"], 2)
}

// TestLoginUnreachable: a login that does not get through leaves a write unapplied and is tried again.
func TestLoginUnreachable(t *testing.T) {
	t.Parallel()

	r := setup(t)
	s := r.open(nil)
	for _, kind := range []string{"lost_request", "lost_answer", "html", "truncated"} {
		r.inject(`[{"path":"AuthService","kind":"` + kind + `","times":1}]`)
		_, err := s.Write(t.Context(), batch(bill("R1", "")))
		if f := fault.From(err); err == nil || !f.NotApplied || f.Class != fault.Transient {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if _, err := s.Write(t.Context(), batch(bill("R1", ""))); err != nil {
		t.Error(err)
	}
	equal(t, "bills", len(r.bills()), 1)
}

// brokenState cannot be read.
type brokenState struct{ *connectortest.Host }

func (b brokenState) State() connector.State { return b }

func (b brokenState) Get(context.Context) (connector.Snapshot, error) {
	return connector.Snapshot{}, errors.New("the disk is full")
}

// TestNoSessionToBeHad: a write whose session could not be got is not applied.
func TestNoSessionToBeHad(t *testing.T) {
	t.Parallel()

	r := setup(t)
	_, err := opened(t, r.clock, r.account(nil), brokenState{r.host}).Write(t.Context(), batch(bill("R1", "")))
	f := refused(t, err, "k3cloud.state_unavailable")
	equal(t, "broken state", fmt.Sprintf("%v %s", f.NotApplied, f.Class), "true transient")

	// Another process is logging in and does not come to an end.
	if _, err := r.host.CompareAndSwap(t.Context(), connector.Snapshot{}, []byte("not JSON"), time.Minute); err != nil {
		t.Fatal(err)
	}
	s := r.open(nil)
	ctx, cancel := contextWithTimeout(t, 120*time.Millisecond)
	defer cancel()
	_, err = s.Write(ctx, batch(bill("R1", "")))
	f = refused(t, err, "k3cloud.login_interrupted")
	equal(t, "waiting in vain", fmt.Sprintf("%v %s", f.NotApplied, f.Class), "true transient")
	stopped, stop := context.WithCancel(t.Context())
	stop()
	_, err = s.Write(stopped, batch(bill("R1", "")))
	equal(t, "cancelled", refused(t, err, "k3cloud.login_interrupted").NotApplied, true)
	equal(t, "calls so far", len(r.calls("")), 0)

	// Its lease runs out while a call waits.
	done := make(chan error, 1)
	go func() {
		_, err := s.Write(t.Context(), batch(bill("R1", "")))
		done <- err
	}()
	r.clock.Pass(time.Minute)
	if err := <-done; err != nil {
		t.Error(err)
	}
	equal(t, "bills", len(r.bills()), 1)
}

// TestCancelledLogin ends the call and not the login, whose session serves the next call.
func TestCancelledLogin(t *testing.T) { //nolint:tparallel // the second call comes when the first one is over
	t.Parallel()

	r := setup(t)
	s := r.open(nil)
	t.Run("cancelled", func(t *testing.T) {
		held := r.sent.Stall(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := s.Write(ctx, batch(bill("R1", "")))
			done <- err
		}()
		<-held
		cancel()
		equal(t, "unapplied", refused(t, <-done, "k3cloud.login_interrupted").NotApplied, true)
	})
	if _, err := s.Write(t.Context(), batch(bill("R1", ""))); err != nil {
		t.Error(err)
	}
}
