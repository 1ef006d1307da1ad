package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/fault"
)

const depot = `
id: depot
version: 1.0.0
title: {zh: 仓库, en: Depot}
timeZone: Asia/Shanghai
settings:
  - {key: address, kind: url, required: true, title: {zh: 地址, en: Address}}
  - {key: key, kind: text, required: true, secret: true, title: {zh: 密钥, en: Key}}
rules:
  - {class: rate, codes: ["429"]}
  - {class: duplicate, codes: [dup]}
  - {class: data, codes: [bad]}
operations:
  - name: goods
    kind: query
    title: {zh: 货品, en: Goods}
    object: goods
    paging: {strategy: cursor, token: cursor, size: size, defaultSize: 10, maxSize: 50}
    request: [{field: cursor, title: {zh: 游标, en: Cursor}}, {field: size, title: {zh: 行数, en: Size}}, {field: no, title: {zh: 编码, en: Number}}]
    response: [{field: no, title: {zh: 编码, en: Number}}, {field: qty, title: {zh: 数量, en: Quantity}}]
  - name: push
    kind: write
    title: {zh: 写入, en: Push}
    object: goods
    request: [{field: rows, type: array, title: {zh: 行, en: Rows}, children: [{field: no, title: {zh: 编码, en: Number}}]}]
    writing: {rowsKey: rows, maxRows: 5, defaultRows: 5, key: "{{no}}", answers: perRow, batch: perRow, create: {class: B, probe: true, compare: [qty]}}
`

const depotDefinition = `
definition: 1
address: "{{settings.address}}"
request: {method: POST, path: "/v1/{{operation}}", header: {X-Key: "{{secrets.key}}"}, query: {cursor: "{{params.cursor}}", size: "{{params.size}}", no: "{{params.no}}"}}
answer: {ok: {path: ok}, code: code, message: msg, field: field}
check: {operation: goods}
operations:
  goods: {answer: {rows: data, total: total, more: {path: more}, next: next}}
  push:
    request: {json: {rows: "{{rows}}"}}
    answer:
      each: {path: results, row: no, answer: key, ok: {path: done, values: [yes]}, code: code, message: why, field: at}
      id: "{{answer.id}}"
    probe: {operation: goods, params: {no: "{{key}}"}, match: no, number: "{{row.no}}"}
`

// played opens a session before a system that the test plays.
func played(t *testing.T, system http.HandlerFunc) connector.Session {
	t.Helper()
	server := httptest.NewServer(system)
	t.Cleanup(server.Close)
	d, err := declarative.Parse([]byte(depot), []byte(depotDefinition))
	if err != nil {
		t.Fatal(err)
	}
	return opened(t, newConnector(d, start), accountOf(t, d, map[string]string{"address": server.URL + "/api/", "key": "T0P"}), connectortest.NewHost(start))
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestCursors(t *testing.T) {
	t.Parallel()
	var seen []string
	s := played(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.URL.String()+" "+r.Header.Get("X-Key"))
		_, _ = io.WriteString(w, `{"ok":true,"data":[{"no":"1"}],"total":"2","more":`+map[bool]string{true: `true,"next":"c2"`, false: `false,"next":"c3"`}[r.URL.Query().Get("cursor") == ""]+`}`)
	})
	page, err := query(t, s, "goods", `{}`, connector.PageRef{Size: 1})
	if err != nil || !page.More || page.NextToken != "c2" || page.Total != 2 {
		t.Fatalf("%+v %v", page, err)
	}
	page, err = query(t, s, "goods", `{}`, connector.PageRef{Size: 1, Token: "c2"})
	if err != nil || page.More || page.NextToken != "" {
		t.Fatalf("%+v %v", page, err)
	}
	if want := "/api/v1/goods?size=1 T0P,/api/v1/goods?cursor=c2&size=1 T0P"; strings.Join(seen, ",") != want {
		t.Errorf("%v", seen)
	}
	stuck := played(t, says(200, `{"ok":true,"data":[],"more":true,"next":"c2"}`))
	if _, err := query(t, stuck, "goods", `{}`, connector.PageRef{Token: "c2"}); fault.CodeOf(err) != "definition.cursor_stuck" {
		t.Errorf("%v", err)
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		body   string
		code   string
		class  fault.Class
	}{
		"a page of a gateway":           {200, `<html>`, "http.html", fault.Transient},
		"a cut answer":                  {200, `{"ok":true,"data":[`, "http.not_json", fault.Transient},
		"neither success nor why not":   {200, `{}`, "definition.answer_unreadable", fault.Transient},
		"no rows":                       {200, `{"ok":true}`, "definition.rows_missing", fault.Transient},
		"a page that is no list":        {200, `{"ok":true,"data":{"list":[{"no":"1"}]}}`, "definition.rows_missing", fault.Transient},
		"rows that are none":            {200, `{"ok":true,"data":7}`, "definition.rows_missing", fault.Transient},
		"a refusal":                     {200, `{"ok":false,"code":"429","msg":"slow"}`, "vendor.429", fault.Rate},
		"a refusal without a code":      {200, `{"ok":0,"msg":"no T0P"}`, "vendor.refused", ""},
		"a refusal with its own status": {422, `{"code":"bad","msg":"no"}`, "vendor.bad", fault.Data},
		"a status alone":                {503, `{"trace":1}`, "http.status", fault.Transient},
		"a status of the caller":        {401, ``, "http.status", fault.Auth},
	} {
		s := played(t, says(tt.status, tt.body))
		_, err := query(t, s, "goods", `{}`, connector.PageRef{})
		d, _ := declarative.Parse([]byte(depot), []byte(depotDefinition))
		f := d.Manifest.Classify("goods", fault.From(err))
		if err == nil || f.Code != tt.code || f.Class != tt.class || strings.Contains(f.Message, "T0P") {
			t.Errorf("%s: %+v", name, f)
		}
	}
	s := played(t, says(200, `{}`))
	if _, err := query(t, s, "other", `{}`, connector.PageRef{}); fault.CodeOf(err) != "connector.unknown_operation" {
		t.Errorf("%v", err)
	}
	if _, err := query(t, s, "goods", `{`, connector.PageRef{}); fault.CodeOf(err) != "item.invalid_json" {
		t.Errorf("%v", err)
	}
}

// A path that leads elsewhere is refused, and not repeated: a secret may stand in it.
func TestPathsThatLeadElsewhere(t *testing.T) {
	t.Parallel()
	d, err := declarative.Parse([]byte(depot), []byte(strings.Replace(depotDefinition, `"/v1/{{operation}}"`, `"/bot{{secrets.key}}/{{params.no}}"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	s := opened(t, newConnector(d, start), accountOf(t, d, map[string]string{"address": "http://127.0.0.1:1", "key": "T0P"}), connectortest.NewHost(start))
	_, err = query(t, s, "goods", `{"no":".."}`, connector.PageRef{})
	if f := fault.From(err); f == nil || f.Code != "definition.path" || strings.Contains(f.Error(), "T0P") || f.Hint == "" || !f.NotApplied {
		t.Errorf("%v", err)
	}
}

func TestAnswersOfBatches(t *testing.T) {
	t.Parallel()
	write := func(s connector.Session, keys ...string) (connector.Answers, error) {
		rows := make([]string, len(keys))
		for i, key := range keys {
			rows[i] = `{"no":"` + key + `"}`
		}
		return s.(connector.Writer).Write(t.Context(), connector.Batch{Operation: "push", Mode: connector.Create, Rows: []byte("[" + strings.Join(rows, ",") + "]"), Keys: keys})
	}
	// In another order, one refused, one named twice and one not at all.
	s := played(t, says(200, `{"ok":true,"results":[{"key":"b","done":"no","code":"dup","why":"there T0P","at":"no"},{"key":"a","done":"yes","id":7},{"key":"c","done":"yes","id":8},{"key":"c","done":"yes","id":9}]}`))
	got, err := write(s, "a", "b", "c", "d")
	if err != nil || got.Rows[0].Outcome != connector.Done || got.Rows[0].ID != "7" || got.Rows[2].Outcome != connector.Unknown || got.Rows[3].Outcome != connector.Unknown {
		t.Errorf("%+v %v", got.Rows, err)
	}
	if a := got.Rows[1]; a.Outcome != connector.Rejected || a.Code != "dup" || a.Message != "there ***" || a.Field != "no" {
		t.Errorf("%+v", a)
	}
	// A refusal without code and words has some all the same.
	got, err = write(played(t, says(200, `{"ok":true,"results":[{"key":"a","done":"no"}]}`)), "a")
	if a := got.Rows[0]; err != nil || a.Outcome != connector.Rejected || a.Code != "refused" || a.Message == "" {
		t.Errorf("%+v %v", a, err)
	}
	// A row that is done without an id is not known to be.
	got, err = write(played(t, says(200, `{"ok":true,"results":[{"key":"a","done":"yes"}]}`)), "a")
	if err != nil || got.Rows[0].Outcome != connector.Unknown {
		t.Errorf("%+v %v", got.Rows, err)
	}
	// A refusal is about the one row, or about the call.
	for body, want := range map[string]struct {
		rows      int
		rejected  bool
		unapplied bool
	}{
		`{"ok":false,"code":"dup","msg":"x"}`: {1, true, false},
		`{"ok":false,"code":"bad","msg":"x"}`: {2, false, false},
		`{"ok":false,"code":"429","msg":"x"}`: {2, false, true},
		`{"ok":false,"code":"odd","msg":"x"}`: {1, false, false},
	} {
		got, err := write(played(t, says(200, body)), []string{"a", "b"}[:want.rows]...)
		if want.rejected != (err == nil) || want.rejected && got.Rows[0].Outcome != connector.Rejected || err != nil && fault.From(err).NotApplied != want.unapplied {
			t.Errorf("%s: %+v %v", body, got.Rows, err)
		}
	}
	if _, err := write(played(t, says(200, `{}`))); fault.CodeOf(err) != "definition.batch" {
		t.Errorf("%v", err)
	}
}

func TestProbes(t *testing.T) {
	t.Parallel()
	probe := func(body string) (connector.Found, error) {
		found, err := played(t, says(200, body)).(connector.Prober).Probe(t.Context(), connector.ProbeRequest{Operation: "push", Keys: []string{"a"}, Compare: []string{"qty"}})
		if err != nil {
			return connector.Found{}, err
		}
		return found[0], nil
	}
	if f, err := probe(`{"ok":true,"data":[{"no":"x","qty":1},{"no":"a","qty":2}]}`); err != nil || !f.Exists || f.Number != "a" || string(f.Object) != `{"no":"a","qty":2}` {
		t.Errorf("%+v %v", f, err)
	}
	// A system that does not know the parameter answers others.
	if f, err := probe(`{"ok":true,"data":[{"no":"x"}]}`); err != nil || f.Exists {
		t.Errorf("%+v %v", f, err)
	}
	// What is not on the page may still be there: it is not called absent, and so not written twice.
	for _, more := range []string{`"total":11`, `"more":true,"next":"c2"`} {
		if f, err := probe(`{"ok":true,"data":[{"no":"x"}],` + more + `}`); fault.CodeOf(err) != "definition.probe_unsure" || f.Exists || fault.From(err).Hint == "" {
			t.Errorf("%s: %+v %v", more, f, err)
		}
	}
	if _, err := probe(`{"ok":true,"data":[{"no":"a"},{"no":"a"}]}`); fault.CodeOf(err) != "definition.probe_ambiguous" {
		t.Errorf("%v", err)
	}
}
