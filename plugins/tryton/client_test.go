package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// The answers below are a real server's (trytond 6.0), cut short where they are long.

// answering plays a Tryton that gives sessions and answers every other call the same.
func answering(status int, answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		switch method := item.Of(body).Field("method").Text(); {
		case method == "common.db.login":
			_, _ = io.WriteString(w, `{"id":1,"result":[7,"s3ss10n-k3y"]}`)
		case strings.HasSuffix(method, ".get_preferences"):
			_, _ = io.WriteString(w, `{"id":1,"result":{"company":3,"company.rec_name":"示例公司","language":"zh_CN"}}`)
		case strings.HasSuffix(method, ".fields_get"):
			_, _ = io.WriteString(w, `{"id":1,"result":{"id":{"type":"integer","string":"ID"},"code":{"type":"char","string":"Code"},"active":{"type":"boolean"}}}`)
		default:
			w.WriteHeader(status)
			_, _ = io.WriteString(w, answer)
		}
	}
}

func TestAnswersThatRefuse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status    int
		answer    string
		code      string
		class     fault.Class
		unapplied bool
	}{
		"unique":      {200, `{"id":1,"error":["UserError",["The code on party must be unique.","",null]]}`, "vendor.UserError", fault.Duplicate, true},
		"unique, zh":  {200, `{"id":1,"error":["UserError",["往来单位的编码必须唯一。","",null]]}`, "vendor.UserError", fault.Duplicate, true},
		"required":    {200, `{"id":1,"error":["UserError",["A value is required for field \"Party\" in \"Sale\".","",null]]}`, "vendor.UserError", fault.Data, true},
		"access":      {200, `{"id":1,"error":["UserError",["You are not allowed to create records of \"Sale\" because they fail on at least one of these rules:","…",null]]}`, "vendor.UserError", fault.Config, true},
		"period":      {200, `{"id":1,"error":["UserError",["To continue, you must create a period for the date \"01/01/1999\".","",null]]}`, "vendor.UserError", fault.BusinessWait, true},
		"warning":     {200, `{"id":1,"error":["UserWarning",["3_no_origin","Stock moves have no origin.",""]]}`, "vendor.UserWarning", fault.Data, true},
		"concurrency": {200, `{"id":1,"error":["ConcurrencyException","Records were modified in the meanwhile"]}`, "vendor.ConcurrencyException", fault.Transient, true},
		"factor":      {200, `{"id":1,"error":["LoginException",["sms_code","SMS code","char"]]}`, "vendor.LoginException", fault.Auth, true},
		"locked":      {200, `{"id":1,"error":["database is locked",""]}`, "vendor.exception", fault.Transient, true},
		"database":    {200, `{"id":1,"error":["server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally",""]}`, "vendor.exception", fault.Transient, false},
		"ended":       {200, `{"id":1,"error":["terminating connection due to administrator command",""]}`, "vendor.exception", fault.Transient, false},
		"defect":      {200, `{"id":1,"error":["'nofield'",""]}`, "vendor.exception", fault.Config, true},
		"forbidden":   {403, `<!doctype html><title>403 Forbidden</title>`, "tryton.method_refused", fault.Config, true},
		"missing":     {404, `<!doctype html><title>404 Not Found</title>`, "tryton.database_unknown", fault.Config, true},
		"too often":   {429, `<!doctype html><title>429 Too Many Requests</title>`, "tryton.too_many_logins", fault.Rate, true},
		"broken":      {500, `<!doctype html><title>500 Internal Server Error</title>`, "http.status", fault.Transient, false},
		"a page":      {200, `<html>maintenance</html>`, "http.html", fault.Transient, false},
		"cut":         {200, `{"id":1,"result":[1`, "http.not_json", fault.Transient, false},
		"not Tryton":  {200, `{"hello":1}`, "tryton.answer_unreadable", fault.Transient, false},
		"no ids":      {200, `{"id":1,"result":[]}`, "tryton.answer_unreadable", fault.Transient, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := played(t, answering(c.status, c.answer))
			_, err := r.write(connector.Create, "party.save", `{}`, `{"code":"C"}`)
			if f := refused(t, "party.save", err, c.code, c.class); f.NotApplied != c.unapplied {
				t.Errorf("unapplied is %v: %+v", f.NotApplied, f)
			}
		})
	}
}

// TestCompaniesThatAreNone: else a flow would work in another company without a word.
func TestCompaniesThatAreNone(t *testing.T) {
	t.Parallel()
	for company, code := range map[string]string{"": "", " 3 ": "", "main": "tryton.company_invalid", "-1": "tryton.company_invalid"} {
		s, err := newConnector(time.Now).Open(t.Context(), connector.Account{Settings: fmt.Appendf(nil, `{"address":"http://a.test","company":%q}`, company)}, connectortest.NewHost(time.Now))
		if fault.CodeOf(err) != code {
			t.Errorf("%q: %v", company, err)
		}
		if s != nil && err == nil {
			_ = s.Close(t.Context())
		}
	}
}

// TestSessionsThatEnd: one that Tryton forgot is asked for again, once for many calls, and the call is made again.
func TestSessionsThatEnd(t *testing.T) {
	t.Parallel()
	var logins, refusals atomic.Int32
	usual := answering(200, `{"id":1,"result":[]}`)
	r := played(t, func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		req.Body = io.NopCloser(strings.NewReader(string(body)))
		if strings.Contains(string(body), "common.db.login") {
			_, _ = fmt.Fprintf(w, `{"id":1,"result":[7,"key-%d"]}`, logins.Add(1))
			return
		}
		token, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(req.Header.Get("Authorization"), "Session "))
		if !strings.Contains(string(token), "flows:7:key-") {
			t.Errorf("the session is %q", token)
		}
		if strings.HasSuffix(string(token), "key-1") && strings.Contains(string(body), "search_read") {
			refusals.Add(1)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		usual(w, req)
	})
	s := r.open()
	for range 3 {
		if _, err := s.Query(t.Context(), connector.QueryRequest{Operation: "party.query", Params: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
	}
	if logins.Load() != 2 || refusals.Load() != 1 {
		t.Errorf("%d log-ins, %d refusals", logins.Load(), refusals.Load())
	}
	_, traces := r.host.Said()
	for _, trace := range traces {
		if text := string(trace.RequestBody) + string(trace.ResponseBody); strings.Contains(text, "the-password") || strings.Contains(text, "key-2") {
			t.Errorf("a trace shows a secret: %s", text)
		}
	}
}

func TestALogInThatIsRefused(t *testing.T) {
	t.Parallel()
	r := played(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	_, err := r.open().Check(t.Context())
	expect(t, "", err, "tryton.login_refused", fault.Auth)
}

// TestTheContextOfCalls: the company and the language of the user go with every call, what is
// deactivated is looked at by reads only.
func TestTheContextOfCalls(t *testing.T) {
	t.Parallel()
	var contexts []string
	usual := answering(200, `{"id":1,"result":[5]}`)
	r := played(t, func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		method := item.Of(body).Field("method").Text()
		if strings.HasSuffix(method, ".create") || strings.HasSuffix(method, ".search_read") {
			contexts = append(contexts, string(body[strings.LastIndexByte(string(body), '{'):]))
		}
		req.Body = io.NopCloser(strings.NewReader(string(body)))
		usual(w, req)
	})
	r.done(connector.Create, "party.save", `{}`, `{"code":"C","active":"true"}`)
	_, _ = r.open().Query(t.Context(), connector.QueryRequest{Operation: "party.query", Params: []byte(`{}`)})
	want := []string{`{"active_test":true,"company":3,"language":"zh_CN"}]}`, `{"active_test":false,"company":3,"language":"zh_CN"}]}`}
	if fmt.Sprint(contexts) != fmt.Sprint(want) {
		t.Errorf("%s", contexts)
	}
}

// TestManifestDeclaresWhatIsServed, and every operation that is served is declared honestly.
func TestManifestDeclaresWhatIsServed(t *testing.T) {
	t.Parallel()
	m := declared(t)
	r := played(t, answering(200, `{"id":1,"result":[]}`))
	s := r.open()
	for _, o := range m.Operations {
		var err error
		if o.Kind == manifest.Query {
			_, err = s.Query(t.Context(), connector.QueryRequest{Operation: o.Name, Params: []byte(`{"model":"stock.shipment.in"}`)})
		} else {
			_, err = s.Write(t.Context(), connector.Batch{Operation: o.Name, Params: []byte(`{"model":"stock.shipment.in"}`), Rows: []byte(`[]`)})
		}
		if err != nil {
			t.Errorf("%s: %v", o.Name, err)
		}
		if o.Kind == manifest.Write && (o.Writing.Create.Class != manifest.QueryableKey || !o.Writing.Create.PreProbe || o.Writing.Update.Class != manifest.Upsert || o.Writing.Update.IDField != "id") {
			t.Errorf("%s: %+v", o.Name, o.Writing)
		}
	}
	for _, operation := range []string{"sale.nothing", "move.save", "party.quote", "sale", "", ".save"} {
		_, err := s.Write(t.Context(), connector.Batch{Operation: operation, Rows: []byte(`[{}]`), Keys: []string{""}})
		expect(t, "", err, "connector.unknown_operation", fault.Config)
	}
}
