package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

// TestRequests looks at what is sent.
func TestRequests(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		operation, params string
		page              connector.PageRef
		want              string // method, address, body
		code              string
	}{
		"values go into the query":     {readOnce, `{"path":"orders","b":"x y&z","a":[1,"2"],"none":null,"n":12345678901234567890.10}`, connector.PageRef{}, "GET /v1/orders?b=x+y%26z&a=1&a=2&n=12345678901234567890.10 ", ""},
		"values go into the path":      {readOnce, `{"path":"/shops/{shop}/a b/%41","shop":"../x?y#z/ü","q":1}`, connector.PageRef{}, "GET /v1/shops/..%2Fx%3Fy%23z%2F%C3%BC/a%20b/A?q=1 ", ""},
		"page":                         {readPages, `{"path":"/o","q":1}`, connector.PageRef{Number: 3, Size: 20}, "GET /v1/o?q=1&page=3&page_size=20 ", ""},
		"pages that begin with 0":      {readPages, `{"path":"/o","firstPage":"0","pageParam":"p","sizeParam":"-"}`, connector.PageRef{Number: 3, Size: 20}, "GET /v1/o?p=2 ", ""},
		"offset":                       {readOffset, `{"path":"/o","offsetParam":"skip","sizeParam":"take"}`, connector.PageRef{Offset: 40, Size: 20}, "GET /v1/o?skip=40&take=20 ", ""},
		"the first cursor":             {readCursor, `{"path":"/o"}`, connector.PageRef{Size: 20}, "GET /v1/o?limit=20 ", ""},
		"a cursor":                     {readCursor, `{"path":"/o","cursorParam":"after"}`, connector.PageRef{Size: 20, Token: `a"b`}, "GET /v1/o?after=a%22b&limit=20 ", ""},
		"a link":                       {readCursor, `{"path":"/o","q":1}`, connector.PageRef{Size: 20, Token: "link:/v1/o?x=%2F&y"}, "GET /v1/o?x=%2F&y ", ""},
		"the page in the body":         {readPages, `{"path":"/o","method":"post","pagingIn":"body","pageParam":"paging.no","sizeParam":"paging.size","body":{"paging":{"sort":"id"},"from":1.50}}`, connector.PageRef{Number: 2, Size: 9}, `POST /v1/o {"paging":{"sort":"id","no":2,"size":9},"from":1.50}`, ""},
		"the cursor in the body":       {readCursor, `{"path":"/o","method":"POST","pagingIn":"body"}`, connector.PageRef{Size: 9, Token: `a"b`}, `POST /v1/o {"cursor":"a\"b","limit":9}`, ""},
		"a body as a text":             {readOnce, `{"path":"/o","method":"POST","body":"{\"a\":1}"}`, connector.PageRef{}, `POST /v1/o {"a":1}`, ""},
		"no path":                      {readOnce, `{"q":1}`, connector.PageRef{}, "GET /v1?q=1 ", ""},
		"another server":               {readOnce, `{"path":"https://evil.example/x"}`, connector.PageRef{}, "", "http.path_invalid"},
		"another server in short":      {readOnce, `{"path":"//evil.example/x"}`, connector.PageRef{}, "", "http.path_invalid"},
		"a query in the path":          {readOnce, `{"path":"/x?y=z"}`, connector.PageRef{}, "", "http.path_invalid"},
		"no value for a place":         {readOnce, `{"path":"/x/{y}"}`, connector.PageRef{}, "", "http.path_value_missing"},
		"an empty value for a place":   {readOnce, `{"path":"/x/{y}","y":""}`, connector.PageRef{}, "", "http.path_value_missing"},
		"out of the path":              {readOnce, `{"path":"/x/{y}/z","y":".."}`, connector.PageRef{}, "", "http.path_value_missing"},
		"a list for a place":           {readOnce, `{"path":"/x/{y}","y":[1]}`, connector.PageRef{}, "", "http.path_value_missing"},
		"a setting for a place":        {readOnce, `{"path":"/x/{method}","method":"GET"}`, connector.PageRef{}, "", "http.path_value_missing"},
		"an open place":                {readOnce, `{"path":"/x/{y"}`, connector.PageRef{}, "", "http.path_invalid"},
		"an object in the query":       {readOnce, `{"path":"/x","y":{"a":1}}`, connector.PageRef{}, "", "http.value_shape"},
		"a list of lists in the query": {readOnce, `{"path":"/x","y":[[1]]}`, connector.PageRef{}, "", "http.value_shape"},
		"no method":                    {readOnce, `{"path":"/x","method":"GET / HTTP/1.1"}`, connector.PageRef{}, "", "http.method_invalid"},
		"a header of two lines":        {readOnce, `{"path":"/x","headers":{"A":"b\r\nC: d"}}`, connector.PageRef{}, "", "http.header_invalid"},
		"no body":                      {readOnce, `{"path":"/x","body":"words"}`, connector.PageRef{}, "", "http.body_invalid"},
		"a page in what is no object":  {readPages, `{"path":"/x","body":[1],"pagingIn":"body"}`, connector.PageRef{Number: 1, Size: 2}, "", "item.path_blocked"},
		"a link to somewhere else":     {readCursor, `{"path":"/o"}`, connector.PageRef{Token: "link:/v2/o?x"}, "", "http.next_elsewhere"},
		"a first page that is none":    {readPages, `{"path":"/o","firstPage":"one"}`, connector.PageRef{}, "", "http.value_shape"},
	} {
		var got string
		r := played(t, func(w http.ResponseWriter, req *http.Request) {
			body := make([]byte, 1000)
			n, _ := req.Body.Read(body)
			got = fmt.Sprintf("%s %s %s", req.Method, req.RequestURI, body[:n])
			_, _ = w.Write([]byte(`[]`))
		})
		_, err := query(r.open(nil), c.operation, c.params, c.page)
		if fault.CodeOf(err) != c.code || got != c.want {
			t.Errorf("%s: %q %v, want %q %q", name, got, err, c.want, c.code)
		}
	}
}

// TestHeaders: those of the connection, of the call, and the call's own win.
func TestHeaders(t *testing.T) {
	t.Parallel()
	var got http.Header
	r := played(t, func(w http.ResponseWriter, req *http.Request) {
		got = req.Header.Clone()
		_, _ = w.Write([]byte(`[]`))
	})
	session := r.open(map[string]any{"headers": []string{"X-Tenant: t1", "Accept: application/vnd.x+json"}})
	if _, err := query(session, readOnce, `{"path":"/o","headers":{"X-Tenant":"t2","X-Empty":"","X-N":7}}`, connector.PageRef{}); err != nil {
		t.Fatal(err)
	}
	if got.Get("X-Tenant") != "t2" || got.Get("Accept") != "application/vnd.x+json" || got.Get("X-N") != "7" || got.Values("X-Empty") != nil {
		t.Errorf("%v", got)
	}
}

// TestAnswers looks at how pages are read.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		operation, params string
		status            int
		header            string
		body              string
		rows              string
		page              connector.Page // what else is wanted
		code              string
	}{
		"the list itself":        {readOnce, `{}`, 200, "", ` [{"a":1.10}] `, `[{"a":1.10}]`, connector.Page{Total: -1}, ""},
		"a list below":           {readPages, `{"rows":"data.list","totalPath":"data.n","morePath":"data.more"}`, 200, "", `{"data":{"list":[1],"n":"7","more":true}}`, `[1]`, connector.Page{Total: 7, More: true}, ""},
		"one record":             {readOnce, `{"rows":"data"}`, 200, "", `{"data":{"id":1}}`, `[{"id":1}]`, connector.Page{Total: -1}, ""},
		"null":                   {readOnce, `{"rows":"data"}`, 200, "", `{"data":null}`, `[]`, connector.Page{Total: -1}, ""},
		"no content":             {readOnce, `{"rows":"data"}`, 204, "", ``, `[]`, connector.Page{Total: -1}, ""},
		"no rows":                {readOnce, `{"rows":"data"}`, 200, "", `{"list":[]}`, ``, connector.Page{}, "http.rows_missing"},
		"no list":                {readOnce, `{"rows":"data"}`, 200, "", `{"data":"x"}`, ``, connector.Page{}, "http.rows_missing"},
		"no total":               {readPages, `{"rows":"data","totalPath":"n"}`, 200, "", `{"data":[]}`, ``, connector.Page{}, "http.total_missing"},
		"a negative total":       {readPages, `{"rows":"data","totalPath":"n"}`, 200, "", `{"data":[],"n":-1}`, ``, connector.Page{}, "http.total_missing"},
		"a cursor":               {readCursor, `{"rows":"data"}`, 200, "", `{"data":[1],"next_cursor":"c"}`, `[1]`, connector.Page{Total: -1, More: true, NextToken: "c"}, ""},
		"no cursor":              {readCursor, `{"rows":"data"}`, 200, "", `{"data":[1],"next_cursor":null}`, `[1]`, connector.Page{Total: -1}, ""},
		"a cursor at the end":    {readCursor, `{"rows":"data","morePath":"more","cursorFrom":"c"}`, 200, "", `{"data":[1],"c":"9","more":false}`, `[1]`, connector.Page{Total: -1}, ""},
		"a cursor that stands":   {readCursor, `{"rows":"data"}`, 200, "", `{"data":[1],"next_cursor":"now"}`, ``, connector.Page{}, "http.cursor_stuck"},
		"a link":                 {readCursor, `{"cursorFrom":"link"}`, 200, `</v1/o?p=1>; rel=first, </v1/o?p=3,4&q=%2F>; title="a;b"; rel="last next"`, `[1]`, `[1]`, connector.Page{Total: -1, More: true, NextToken: "link:/v1/o?p=3,4&q=%2F"}, ""},
		"no link":                {readCursor, `{"cursorFrom":"link"}`, 200, `</v1/o?p=1>; rel=prev`, `[1]`, `[1]`, connector.Page{Total: -1}, ""},
		"a link elsewhere":       {readCursor, `{"cursorFrom":"link"}`, 200, `<https://evil.example/v1/o>; rel=next`, `[1]`, ``, connector.Page{}, "http.next_elsewhere"},
		"a web page":             {readOnce, `{}`, 200, "", `<html>log in</html>`, ``, connector.Page{}, "http.html"},
		"half an answer":         {readOnce, `{}`, 200, "", `[{"a":`, ``, connector.Page{}, "http.not_json"},
		"nothing":                {readOnce, `{}`, 200, "", ``, ``, connector.Page{}, "http.rows_missing"},
		"nothing, and a mark":    {readOnce, `{"okPath":"code","okValues":"0"}`, 200, "", ``, ``, connector.Page{}, "http.empty"},
		"an accepted status":     {readOnce, `{"okStatus":"200, 300-302"}`, 301, "", `[1]`, `[1]`, connector.Page{Total: -1}, ""},
		"a mark of success":      {readOnce, `{"rows":"data","okPath":"code","okValues":"0,00"}`, 200, "", `{"code":"00","data":[1]}`, `[1]`, connector.Page{Total: -1}, ""},
		"a mark that is true":    {readOnce, `{"rows":"data","okPath":"success"}`, 200, "", `{"success":true,"data":[1]}`, `[1]`, connector.Page{Total: -1}, ""},
		"a mark that is false":   {readOnce, `{"rows":"data","okPath":"success","codePath":"c","messagePath":"m"}`, 200, "", `{"success":false,"c":"E7","m":"no"}`, ``, connector.Page{}, "vendor.E7"},
		"a mark that is missing": {readOnce, `{"rows":"data","okPath":"success"}`, 200, "", `{"data":[1]}`, ``, connector.Page{}, "vendor.200"},
	} {
		r := played(t, func(w http.ResponseWriter, _ *http.Request) {
			if c.header != "" {
				w.Header().Set("Link", c.header)
			}
			w.Header().Set("Date", start().Format(http.TimeFormat))
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		})
		params := strings.Replace(c.params, "{", `{"path":"/o",`, 1)
		params = strings.Replace(params, ",}", "}", 1)
		page, err := query(r.open(nil), c.operation, params, connector.PageRef{Number: 1, Size: 2, Token: map[bool]string{true: "now"}[name == "a cursor that stands"]})
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
			continue
		}
		if c.code == "" && (string(page.Rows) != c.rows || page.Total != c.page.Total || page.More != c.page.More || page.NextToken != c.page.NextToken || !page.SourceTime.Equal(start())) {
			t.Errorf("%s: %s %+v", name, page.Rows, page)
		}
	}
}

// TestRefusals: what a status means, of a reading and of a write, and what of it may have happened.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for status, c := range map[int]struct {
		read, write fault.Class
		applied     bool
	}{
		302: {fault.Config, fault.Config, true},
		400: {fault.Config, fault.Data, false},
		401: {fault.Auth, fault.Auth, false},
		403: {fault.Auth, fault.Auth, false},
		404: {fault.Config, fault.Data, false},
		405: {fault.Config, fault.Config, false},
		408: {fault.Transient, fault.Transient, true},
		409: {fault.Config, fault.Duplicate, false},
		415: {fault.Config, fault.Config, false},
		422: {fault.Config, fault.Data, false},
		423: {fault.Transient, fault.Transient, false},
		429: {fault.Rate, fault.Rate, false},
		500: {fault.Transient, fault.Transient, true},
		501: {fault.Config, fault.Config, true},
		503: {fault.Transient, fault.Transient, true},
	} {
		r := played(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "17")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"error":{"code":"E1","message":"the words"},"errors":[{"path":"lines[0].qty"}]}`))
		})
		session := r.open(map[string]any{"messagePath": "error.message", "fieldPath": "errors.0.path"})
		code := fmt.Sprintf("vendor.%d", status)
		_, err := query(session, readOnce, `{"path":"/o"}`, connector.PageRef{})
		refused(t, "reading", err, code, c.read, c.applied)
		_, err = write(session, writeUnchecked, `{"path":"/o"}`, `{"a":1}`, "k")
		f := refusal(t, "writing", err, code, c.write, c.applied)
		if f.Message != "the words" || f.Path != "lines[0].qty" || f.Args["field"] != "lines[0].qty" || f.RetryAfter != 17*time.Second {
			t.Errorf("%d: %+v", status, f)
		}
		_, err = write(session, writeUnchecked, `{"path":"/o","codePath":"error.code"}`, `{"a":1}`, "k")
		refused(t, "with a code", err, "vendor.E1", c.write, c.applied)
	}
}

// TestCodes: what a code means is said by the connection, whatever the status is.
func TestCodes(t *testing.T) {
	t.Parallel()
	kinds := []struct {
		setting string
		class   fault.Class
		applied bool
	}{
		{"retryCodes", fault.Transient, true},
		{"rateCodes", fault.Rate, false},
		{"authCodes", fault.Auth, false},
		{"duplicateCodes", fault.Duplicate, false},
		{"waitCodes", fault.BusinessWait, false},
		{"", fault.Data, false},
	}
	for _, k := range kinds {
		r := newRig(t)
		r.set(`{"envelope":true}`)
		change := map[string]any{"okPath": "code", "okValues": "0", "codePath": "code", "messagePath": "message", "duplicateCodes": nil}
		if k.setting != "" {
			change[k.setting] = "other, invalid"
		}
		session := r.open(change)
		if a, err := write(session, writeUnchecked, `{"path":"/v1/orders","idPath":"data.id"}`, order("E-1"), "E-1"); err != nil || a.ID != "58" {
			t.Errorf("%+v %v", a, err)
		}
		_, err := write(session, writeUnchecked, `{"path":"/v1/orders"}`, `{"number":"E-2"}`, "E-2")
		if f := refusal(t, k.setting, err, "vendor.invalid", k.class, k.applied); !strings.Contains(f.Message, "customer") {
			t.Errorf("%+v", f)
		}
	}
}

// TestReadingTheSandbox: a window, the place of a value, and a list of values.
func TestReadingTheSandbox(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	session := r.open(nil)
	for name, c := range map[string]struct {
		params string
		want   int
	}{
		"a window":     {`"updated_from":"2024-05-01T00:00:00Z","updated_to":"2024-05-01T02:00:00Z","limit":100`, 3},
		"one customer": {`"customer":"C01","limit":100`, 8},
		"two":          {`"customer":["C01","C02"],"limit":100`, 16},
	} {
		page, err := query(session, readOnce, `{"path":"/v1/orders","rows":"data",`+c.params+`}`, connector.PageRef{})
		if err != nil || len(rows(t, page)) != c.want {
			t.Errorf("%s: %d rows, %v", name, len(rows(t, page)), err)
		}
	}
	page, err := query(session, readPages, `{"path":"/v1/orders/search","method":"POST","rows":"data","totalPath":"total","pagingIn":"body","body":{"customer":"C01"}}`, connector.PageRef{Number: 2, Size: 5})
	if err != nil || page.Total != 8 || len(rows(t, page)) != 3 {
		t.Errorf("%+v %v", page, err)
	}
	page, err = query(session, readOnce, `{"path":"/v1/orders/{number}","number":"SO-0003"}`, connector.PageRef{})
	if got := rows(t, page); err != nil || len(got) != 1 || got[0].Field("amount").Text() != "102.02" {
		t.Errorf("%s %v", page.Rows, err)
	}
	r.set(`{"perMinute":5}`)
	var waits []time.Duration
	for range 4 {
		if _, err := query(session, readOnce, `{"path":"/v1/ping"}`, connector.PageRef{}); err != nil {
			f := refusal(t, "too fast", err, "vendor.too_many", fault.Rate, false)
			waits = append(waits, f.RetryAfter)
		}
	}
	if !slices.Equal(waits, []time.Duration{time.Minute, time.Minute, time.Minute, time.Minute}) {
		t.Errorf("waits %v", waits)
	}
	r.clock.Pass(time.Minute)
	if _, err := query(session, readOnce, `{"path":"/v1/ping"}`, connector.PageRef{}); err != nil {
		t.Error(err)
	}
	r.set(`{"linkTo":"http://127.0.0.1:1"}`)
	_, err = query(session, readCursor, `{"path":"/v1/orders","rows":"data","cursorFrom":"link"}`, connector.PageRef{Size: 10})
	refused(t, "a link elsewhere", err, "http.next_elsewhere", fault.Config, true)
}
