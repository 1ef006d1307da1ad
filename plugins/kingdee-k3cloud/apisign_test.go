package main_test

import (
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// TestSignedCalls: reading and writing without a log-in, before the server and before the gateway.
func TestSignedCalls(t *testing.T) {
	t.Parallel()
	for _, gateway := range []string{"false", "true"} {
		t.Run("gateway "+gateway, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			r.set("gatewaySign", gateway)
			s := r.open(map[string]string{"login": "apiSign"})
			health, err := s.Check(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "account", health.Account, "demo @ 5f0000000000aa")
			answers, err := s.Write(t.Context(), batch(bill("S1", "")))
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "written", tell(answers), "done 100001 S1 |||")
			page, err := s.Query(t.Context(), query(`{"FormId":"SAL_RETURNSTOCK","FieldKeys":"FBillNo"}`))
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "read", item.Of(page.Rows).Path("0.FBillNo").Text(), "S1")
			equal(t, "logins", r.box.State()["logins"], 0)
			equal(t, "signed", r.box.State()["signedCalls"], 3)
		})
	}
}

// TestSignaturesThatAreRefused: nothing was applied, and a person has to look.
func TestSignaturesThatAreRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		gateway string
		change  map[string]string
		pass    time.Duration
		code    string
		class   fault.Class
	}{
		"another secret":           {"false", map[string]string{"appSecret": "not-the-secret"}, 0, "k3cloud.signature_refused", fault.Auth},
		"another user":             {"false", map[string]string{"username": "other"}, 0, "k3cloud.signature_refused", fault.Auth},
		"another application":      {"true", map[string]string{"appId": "900002_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"}, 0, "vendor.4003", fault.Auth},
		"another key":              {"true", map[string]string{"appId": "900001_BBECAwQFBgcICQoLDA0ODxAREhMUFRYX"}, 0, "vendor.4008", fault.Auth},
		"an id that is cut":        {"false", map[string]string{"appId": "900001_AAE"}, 0, "k3cloud.settings_invalid", fault.Config},
		"no secret":                {"false", map[string]string{"appSecret": ""}, 0, "k3cloud.settings_incomplete", fault.Config},
		"the clocks are far apart": {"true", nil, 13 * time.Minute, "vendor.4006", fault.Auth},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			r.set("gatewaySign", tt.gateway)
			change := map[string]string{"login": "apiSign"}
			maps.Copy(change, tt.change)
			clock := newClock()
			clock.Pass(tt.pass)
			s := opened(t, clock, r.account(change), r.host)
			_, err := s.Write(t.Context(), batch(bill("S1", "")))
			f := refused(t, err, tt.code)
			equal(t, "not applied", f.NotApplied, true)
			equal(t, "class", parsed(t).Classify("batchSave", &f).Class, tt.class)
			equal(t, "bills", len(r.bills()), 0)
		})
	}
}

// TestGatewayThatIsBusy: what the gateway says of itself says nothing of the call.
func TestGatewayThatIsBusy(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"errcode":5007,"description":"overload"}`: "vendor.5007", `{"errcode":""}`: "http.status", `oops`: "http.status",
	} {
		s := before(t, "", func(w http.ResponseWriter, q *http.Request) {
			if q.URL.Path == "/k3cloud/Kingdee.BOS.WebApi.ServicesStub.AuthService.ValidateUser.common.kdsvc" {
				_, _ = w.Write([]byte(`{"LoginResultType":1,"KDSVCSessionId":"s"}`))
				return
			}
			w.WriteHeader(519)
			_, _ = w.Write([]byte(answer))
		})
		_, err := s.Write(t.Context(), batch(bill("S1", "")))
		f := refused(t, err, want)
		equal(t, "not applied", f.NotApplied, false)
		equal(t, "class", parsed(t).Classify("batchSave", &f).Class, fault.Transient)
	}
}
