package apisign_test

import (
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/internal/apisign"
	"github.com/karezflow/karez/sdk/fault"
)

func app() apisign.App {
	return apisign.App{
		ID: "900001_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", Secret: "sandboxsecret0000000000000000001",
		Acct: "5f0000000000aa", User: "demo", LCID: 2052, Org: "100",
	}
}

// TestVector: the headers that the vendor's own Java kit sends for these texts.
func TestVector(t *testing.T) {
	t.Parallel()
	const path = "/k3cloud/Kingdee.BOS.WebApi.ServicesStub.DynamicFormService.ExecuteBillQuery.common.kdsvc"
	h, err := app().Headers(path, time.UnixMilli(1700000000000))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"X-Api-ClientID": "900001", "X-Api-Auth-Version": "2.0", "x-api-timestamp": "1700000000000", "x-api-nonce": "1700000000000",
		"x-api-signheaders": "X-Api-TimeStamp,X-Api-Nonce",
		"X-Api-Signature":   "NmFmZjk0YTRjYTI0MzAxMWNjZjAyYzc4YzExZTA0NjNiZTI1NTNkOTk3ZTRmMmUyY2FiM2QzOTE5NDBjYTljNw==",
		"X-Kd-Appkey":       "900001_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX",
		"X-Kd-Appdata":      "NWYwMDAwMDAwMDAwYWEsZGVtbywyMDUyLDEwMA==",
		"X-Kd-Signature":    "M2I5MDg3ZDBmOTMzZjM0ODU0YmVhY2NjMzMxMDViMzAxZjhhZDQxYmMzOGEwZGNhNmFhODBmMGM4ZGQ2YmMwYw==",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// TestWithoutGateway: an id without a key for the gateway signs for the server alone.
func TestWithoutGateway(t *testing.T) {
	t.Parallel()
	a := app()
	a.ID = "216813"
	h, err := a.Headers("/k3cloud/x", time.Unix(1, 0))
	if err != nil || h.Get("X-Api-Signature") != "" || h.Get("X-Api-ClientID") != "" || h.Get("X-Kd-Signature") == "" || h.Get("X-Kd-Appkey") != a.ID {
		t.Errorf("%v, %v", h, err)
	}
}

func TestBadIDs(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"900001_***", "900001_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBka"} {
		a := app()
		a.ID = id
		_, err := a.Headers("/k3cloud/x", time.Unix(1, 0))
		if f := fault.From(err); f.Code != "k3cloud.settings_invalid" || f.Path != "appId" {
			t.Errorf("%s: %v", id, err)
		}
	}
}
