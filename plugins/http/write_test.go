package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

// TestWriteRequests looks at what is sent of a row.
func TestWriteRequests(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		operation, params, row string
		want, code             string
	}{
		"as it is":           {writeUnchecked, `{"path":"/o","shop":"s1"}`, `{"b":1.10,"a":[{"z":1}]}`, `POST /v1/o?shop=s1 {"b":1.10,"a":[{"z":1}]}`, ""},
		"below a field":      {writeUnchecked, `{"path":"/o","wrap":"data.order"}`, `{"a":1}`, `POST /v1/o {"data":{"order":{"a":1}}}`, ""},
		"put":                {writeRepeated, `{"path":"/o/{id}"}`, `{"id":"a/b"}`, `PUT /v1/o/a%2Fb {"id":"a/b"}`, ""},
		"a field further":    {writeRepeated, `{"path":"/o/{head.no}"}`, `{"head":{"no":7}}`, `PUT /v1/o/7 {"head":{"no":7}}`, ""},
		"a value goes first": {writeRepeated, `{"path":"/o/{id}","id":"p"}`, `{"id":"r"}`, `PUT /v1/o/p {"id":"r"}`, ""},
		"the key":            {writeRepeated, `{"path":"/o/{key}","method":"PATCH"}`, `{"a":1}`, `PATCH /v1/o/k%201 {"a":1}`, ""},
		"without a body":     {writeRepeated, `{"path":"/o/{key}","method":"DELETE"}`, `{"a":1}`, `DELETE /v1/o/k%201 `, ""},
		"no such field":      {writeRepeated, `{"path":"/o/{id}"}`, `{"a":1}`, ``, "http.path_value_missing"},
		"a row that is none": {writeRepeated, `{"path":"/o"}`, `[1]`, ``, "http.row_invalid"},
		"no look-up":         {writeChecked, `{"path":"/o"}`, `{"a":1}`, ``, "http.probe_missing"},
	} {
		var got string
		r := played(t, func(w http.ResponseWriter, req *http.Request) {
			body, _ := io.ReadAll(req.Body)
			got = fmt.Sprintf("%s %s %s", req.Method, req.RequestURI, body)
			w.WriteHeader(http.StatusNoContent)
		})
		a, err := write(r.open(nil), c.operation, c.params, c.row, "k 1")
		if fault.CodeOf(err) != c.code || got != c.want {
			t.Errorf("%s: %q %v, want %q %q", name, got, err, c.want, c.code)
		}
		if err == nil && a.Number != "k 1" {
			t.Errorf("%s: %+v", name, a)
		}
		if err != nil && !fault.From(err).NotApplied {
			t.Errorf("%s is not marked as never sent", name)
		}
	}
}

// TestWhatIsDone: how an object that was made is known.
func TestWhatIsDone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status             int
		location, kind     string
		body, params, key  string
		id, number, answer string
		code               string
	}{
		"by paths":           {200, "", "", `{"data":{"id":7,"no":"N7"}}`, `,"idPath":"data.id","numberPath":"data.no"`, "k", "7", "N7", `{"data":{"id":7,"no":"N7"}}`, ""},
		"by its place":       {201, "/v1/o/7", "", ``, ``, "k", "7", "", ``, ""},
		"by its whole place": {201, "https://x.example/v1/o/7?a=b", "", `{}`, `,"idPath":"id"`, "k", "7", "", `{}`, ""},
		"by its key":         {204, "", "", ``, ``, "k", "", "k", ``, ""},
		"by nothing":         {202, "", "", ``, ``, "", "HTTP 202", "", ``, ""},
		"with a word":        {200, "", "text/plain; charset=utf-8", `OK`, ``, "k", "", "k", ``, ""},
		"a word for a mark":  {200, "", "text/plain", `OK`, `,"okPath":"code"`, "k", "", "", ``, "http.not_json"},
		"a web page":         {200, "", "text/html", `<html>`, ``, "k", "", "", ``, "http.html"},
		"half an answer":     {200, "", "application/json", `{"id":`, ``, "k", "", "", ``, "http.not_json"},
	} {
		r := played(t, func(w http.ResponseWriter, _ *http.Request) {
			if c.location != "" {
				w.Header().Set("Location", c.location)
			}
			w.Header().Set("Content-Type", c.kind)
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		})
		a, err := write(r.open(nil), writeUnchecked, `{"path":"/o"`+c.params+`}`, `{}`, c.key)
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
			continue
		}
		if err != nil {
			if f := fault.From(err); f.Class != fault.Transient || f.NotApplied {
				t.Errorf("%s: %+v", name, f)
			}
			continue
		}
		if a.Outcome != connector.Done || a.ID != c.id || a.Number != c.number || string(a.Raw) != c.answer {
			t.Errorf("%s: %+v %s", name, a, a.Raw)
		}
	}
}

// TestIdempotencyKeys: the same for the same row of the same document, and another for another.
func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	var got []string
	r := played(t, func(w http.ResponseWriter, req *http.Request) {
		got = append(got, req.Header.Get("X-Once"))
		w.WriteHeader(http.StatusNoContent)
	})
	session := r.open(nil)
	for _, c := range []struct{ params, row, key string }{
		{`"path":"/o"`, `{"a":1}`, "k1"},
		{`"path":"/o"`, `{"a":1}`, "k1"},
		{`"path":"/o"`, `{"a":1}`, "k2"},
		{`"path":"/o"`, `{"a":2}`, "k1"},
		{`"path":"/p"`, `{"a":1}`, "k1"},
	} {
		if _, err := write(session, writeKeyed, `{`+c.params+`,"keyHeader":"X-Once"}`, c.row, c.key); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for _, key := range got {
		seen[key] = true
	}
	if len(seen) != 4 || got[0] != got[1] || !strings.HasPrefix(got[0], "karez-") {
		t.Errorf("%q", got)
	}
	_, err := write(session, writeKeyed, `{"path":"/o"}`, `{"a":1}`, "")
	refused(t, "no key", err, "http.key_missing", fault.Data, false)
}

// TestProbe: what is there, what is not, and what can't be told.
func TestProbe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		params string
		status int
		body   string
		want   string // the object, "" for none
		code   string
	}{
		"an object":         {``, 200, `{"id":1}`, `{"id":1}`, ""},
		"not found":         {``, 404, `{"error":"x"}`, ``, ""},
		"gone":              {``, 410, ``, ``, ""},
		"below":             {`,"probeObject":"data"`, 200, `{"data":{"id":1}}`, `{"id":1}`, ""},
		"null below":        {`,"probeObject":"data"`, 200, `{"data":null}`, ``, ""},
		"a list of one":     {`,"probeObject":"data"`, 200, `{"data":[{"id":1}]}`, `{"id":1}`, ""},
		"a list of none":    {`,"probeObject":"data"`, 200, `{"data":[]}`, ``, ""},
		"a list of two":     {`,"probeObject":"data"`, 200, `{"data":[{"id":1},{"id":2}]}`, ``, "http.probe_ambiguous"},
		"a word":            {`,"probeObject":"data"`, 200, `{"data":"x"}`, ``, "http.probe_unreadable"},
		"another absence":   {`,"probeAbsent":"204"`, 204, ``, ``, ""},
		"404 is no absence": {`,"probeAbsent":"204"`, 404, `{}`, ``, "vendor.404"},
		"a failure":         {``, 503, ``, ``, "vendor.503"},
		"a web page":        {``, 200, `<html>`, ``, "http.html"},
	} {
		var asked []string
		r := played(t, func(w http.ResponseWriter, req *http.Request) {
			asked = append(asked, req.Method+" "+req.RequestURI)
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		})
		prober := r.open(nil).(connector.Prober)
		found, err := prober.Probe(t.Context(), connector.ProbeRequest{
			Operation: writeChecked, Keys: []string{"k/1"}, Params: []byte(`{"path":"/o","shop":"s","probePath":"/o/{shop}/{key}?by={key}&all=1"` + c.params + `}`),
		})
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
			continue
		}
		if asked[0] != "GET /v1/o/s/k%2F1?by=k%2F1&all=1" {
			t.Errorf("asked %s", asked)
		}
		if err == nil && (found[0].Exists != (c.want != "") || string(found[0].Object) != c.want) {
			t.Errorf("%s: %+v %s", name, found[0], found[0].Object)
		}
	}
	r := played(t, func(http.ResponseWriter, *http.Request) {})
	prober := r.open(nil).(connector.Prober)
	for _, operation := range []string{writeChecked, writeKeyed} {
		if _, err := prober.Probe(t.Context(), connector.ProbeRequest{Operation: operation, Keys: []string{"k"}, Params: []byte(`{}`)}); fault.ClassOf(err) != fault.Config {
			t.Errorf("%s: %v", operation, err)
		}
	}
}

// TestRefusedByTheSandbox: what a careful interface refuses, field by field.
func TestRefusedByTheSandbox(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	session := r.open(nil)
	for name, c := range map[string]struct {
		row   string
		code  string
		class fault.Class
		field string
	}{
		"is there":        {order("SO-0001"), "vendor.exists", fault.Duplicate, "number"},
		"a wrong field":   {`{"number":"R-1","customer":"C","amount":1,"colour":"red"}`, "vendor.invalid", fault.Data, "colour"},
		"a wrong line":    {`{"number":"R-1","customer":"C","amount":1,"lines":[{"sku":"A","qty":1},{"sku":"A","qty":0}]}`, "vendor.invalid", fault.Data, "lines[1].qty"},
		"too fine":        {`{"number":"R-1","customer":"C","amount":1.005}`, "vendor.invalid", fault.Data, "amount"},
		"a missing field": {`{"number":"R-1","amount":1}`, "vendor.invalid", fault.Data, "customer"},
	} {
		_, err := write(session, writeUnchecked, `{"path":"/v1/orders"}`, c.row, "R-1")
		if f := refusal(t, name, err, c.code, c.class, false); f.Path != c.field {
			t.Errorf("%s is blamed on %q", name, f.Path)
		}
	}
	r.set(`{"failAfter":1}`)
	_, err := write(session, writeUnchecked, `{"path":"/v1/orders"}`, order("R-2"), "R-2")
	refused(t, "behind the work", err, "vendor.internal", fault.Transient, true)
	if r.count("R-2") != 1 || r.count("R-1") != 0 {
		t.Error("the sandbox keeps what it refused, or not what it did")
	}
}
