package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/kuaidi100/sandbox"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

const track = "poll/query"

func parcels(t *testing.T) *bench {
	t.Helper()
	return newBench(t, "kuaidi100", func(clock func() time.Time) sandboxkit.Vendor {
		return sandbox.New(clock, sandbox.Defaults())
	})
}

// TestParcelThroughAProcess asks for a parcel as the engine does: in a process of the shared
// program, with the folder of the definition.
func TestParcelThroughAProcess(t *testing.T) {
	t.Parallel()
	b := parcels(t)
	s := b.dial("../kuaidi100")
	page, err := query(t, s, track, `{"com":"ems","num":"KD0007000004","phone":""}`, connector.PageRef{})
	if err != nil {
		t.Fatal(err)
	}
	rows := rowsOf(t, page)
	if len(rows) != 1 || rows[0].Field("nu").Text() != "KD0007000004" || rows[0].Field("ischeck").Text() != "1" || rows[0].Field("state").Text() != "3" ||
		rows[0].Path("data.0.context").Text() != "【广州市】已签收，签收人：本人" || !page.SourceTime.Equal(start()) {
		t.Errorf("%s at %s", page.Rows, page.SourceTime)
	}
	o, _ := b.d.Manifest.Operation(track)
	if names := undeclared(o.Response, rows[0]); len(names) > 0 {
		t.Errorf("the manifest declares no %v", names)
	}
	call := b.last()
	// A blank parameter is sent as the flow gave it: it is part of the text that is signed.
	const param = `{"com":"ems","num":"KD0007000004","phone":""}`
	if call.Method != http.MethodPost || call.Path != "/poll/query.do" || call.Form.Get("param") != param || call.Form.Get("customer") != sandbox.Customer ||
		call.Form.Get("sign") != sandbox.Sign(param, sandbox.Key, sandbox.Customer) {
		t.Errorf("sent %+v", call)
	}
	if _, ok := s.(connector.Writer); ok {
		t.Error("a connector without writes says that it writes")
	}
}

func TestParcelsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change map[string]string
		set    string
		params string
		code   string
		class  fault.Class
	}{
		"a wrong key":        {map[string]string{"key": "no"}, "", `{"com":"ems","num":"KD0007000004"}`, "503", fault.Auth},
		"a wrong customer":   {map[string]string{"customer": "no"}, "", `{"com":"ems","num":"KD0007000004"}`, "503", fault.Auth},
		"an expired key":     {nil, `{"expired":true}`, `{"com":"ems","num":"KD0007000004"}`, "601", fault.Auth},
		"no number":          {nil, "", `{"com":"ems"}`, "400", fault.Data},
		"a carrier's name":   {nil, "", `{"com":"中通","num":"KD0007000004"}`, "400", fault.Data},
		"a long number":      {nil, "", `{"com":"ems","num":"` + strings.Repeat("1", 33) + `"}`, "400", fault.Data},
		"no phone":           {nil, "", `{"com":"shunfeng","num":"KD0007000002"}`, "408", fault.Data},
		"another's phone":    {nil, "", `{"com":"shunfeng","num":"KD0007000002","phone":"0003"}`, "408", fault.Data},
		"a busy system":      {nil, `{"busy":true}`, `{"com":"ems","num":"KD0007000004"}`, "502", fault.Transient},
		"a system that ends": {nil, `{"down":true}`, `{"com":"ems","num":"KD0007000004"}`, "501", fault.Transient},
	} {
		b := parcels(t)
		if tt.set != "" {
			b.set(tt.set)
		}
		_, err := query(t, b.open(tt.change), track, tt.params, connector.PageRef{})
		if f := b.refused(track, err, "vendor."+tt.code, tt.class); f.Message == "" || f.Hint == "" || len(f.Answer()) == 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// A parcel that nothing is known of yet is no failure: there are no rows.
func TestParcelUnknown(t *testing.T) {
	t.Parallel()
	b := parcels(t)
	page, err := query(t, b.open(nil), track, `{"com":"ems","num":"KD9999999999"}`, connector.PageRef{})
	if err != nil || string(page.Rows) != "[]" || !page.SourceTime.Equal(start()) {
		t.Errorf("%s %v", page.Rows, err)
	}
}

// A gateway that fails may write its own status where the vendor writes 500, nothing is known:
// that is neither an answer about the parcel nor a proof of the key.
func TestParcelsBehindABrokenGateway(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(says(500, `{"status":500,"error":"Internal Server Error","path":"/poll/query.do"}`))
	t.Cleanup(server.Close)
	b := parcels(t)
	s := b.open(map[string]string{"address": server.URL})
	page, err := query(t, s, track, `{"com":"ems","num":"KD0007000004"}`, connector.PageRef{})
	if err == nil {
		t.Errorf("the parcel is not known: %s", page.Rows)
	}
	if _, err := s.Check(t.Context()); err == nil {
		t.Error("the connection is well")
	}
}

func TestParcelsAskedTooOften(t *testing.T) {
	t.Parallel()
	b := parcels(t)
	b.set(`{"repeatMinutes":30,"repeatCalls":2}`)
	s := b.open(nil)
	ask := func() error {
		_, err := query(t, s, track, `{"com":"zhongtong","num":"KD0007000000"}`, connector.PageRef{})
		return err
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	if f := b.refused(track, ask(), "vendor.502", fault.Transient); f.RetryAfter != 30*time.Second {
		t.Errorf("waits %s", f.RetryAfter)
	}
	b.clock.Pass(30 * time.Minute)
	if err := ask(); err != nil {
		t.Error(err)
	}
}

func TestCheckOfParcels(t *testing.T) {
	t.Parallel()
	b := parcels(t)
	health, err := b.open(nil).Check(t.Context())
	if err != nil || !strings.Contains(health.Account, sandbox.Customer) || !health.SourceTime.Equal(start()) {
		t.Errorf("%+v %v", health, err)
	}
	_, err = b.open(map[string]string{"key": "no"}).Check(t.Context())
	_ = b.refused(track, err, "vendor.503", fault.Auth)
	// Code 400 also says that a company is not authorised: it proves nothing.
	b.set(`{"stranger":"400"}`)
	_, err = b.open(map[string]string{"customer": "no"}).Check(t.Context())
	if f := b.refused(track, err, "vendor.400", fault.Data); !strings.Contains(f.Hint, "authorised") {
		t.Errorf("%+v", f)
	}
}

// The parcels of the simulated 旺店通 are known, so that the shipped template can be tried.
func TestParcelsOfStockouts(t *testing.T) {
	t.Parallel()
	b := parcels(t)
	s := b.open(nil)
	page, err := query(t, s, track, `{"com":"zhongtong","num":"78000000000004"}`, connector.PageRef{})
	if rows := rowsOf(t, page); err != nil || len(rows) != 1 || rows[0].Field("ischeck").Text() != "1" || rows[0].Field("com").Text() != "zhongtong" {
		t.Errorf("%s %v", page.Rows, err)
	}
	_, err = query(t, s, track, `{"com":"shunfeng","num":"78000000000004"}`, connector.PageRef{})
	_ = b.refused(track, err, "vendor.408", fault.Data)
}
