package main

import (
	"net/http"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/plugins/qeasy/sandbox"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// TestAnyTextFindsItsRow: keys and filters reach the platform as they are, in both versions.
func TestAnyTextFindsItsRow(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"v2", "v1"} {
		b := newBench(t, version)
		s := b.open()
		rapid.Check(t, func(r *rapid.T) {
			key := rapid.StringN(1, 20, -1).Draw(r, "key")
			if key == "." || key == ".." {
				r.Skip("no part of a path")
			}
			text := item.AppendText(nil, key)
			row := append(append(append(append([]byte(`[{"id":`), text...), `,"FNumber":`...), text...), `}]`...)
			params := []byte(`{"scheme_id":"` + sandbox.Orders + `"}`)
			if _, err := s.Write(t.Context(), connector.Batch{Operation: storeRows, Params: params, Rows: row}); err != nil {
				r.Fatal(err)
			}
			found, err := s.Probe(t.Context(), connector.ProbeRequest{Operation: storeRows, Params: params, Keys: []string{key}})
			if err != nil || !found[0].Exists || item.Of(found[0].Object).Field("FNumber").Text() != key {
				r.Fatalf("%q: %+v %v", key, found, err)
			}
		})
	}
}

// FuzzAnswers: whatever is answered is a page of rows or a coded fault.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		`{"success":true,"code":0,"content":{"list":[{"id":"1"}],"total":1}}`, `{"success":true,"code":0,"content":[1,2]}`, `{"success":true,"content":{"rows":null,"total":"7"}}`,
		`{"success":false,"code":40102,"message":"x"}`, `{"code":"0"}`, `{"success":true,"code":0,"content":{}}`, `{"success":false}`, `null`, `[]`, `{"code":0,"content":{"total":-1,"list":{}}}`,
	} {
		f.Add(seed, http.StatusOK)
		f.Add(seed, http.StatusUnauthorized)
	}
	f.Fuzz(func(t *testing.T, text string, status int) {
		if item.Check([]byte(text)) != nil {
			return // the HTTP client refuses it
		}
		root, failed := item.Of([]byte(text)), error(nil)
		if status != http.StatusOK {
			failed = fault.New("http.status", "the system answered HTTP %d", status).Classed(fault.Config)
		}
		err := played(t, http.NotFound).open().client.refusal(root, failed)
		if code := root.Field("code").Text(); err == nil && (failed != nil || code != "" && code != "0" || root.Field("success").Text() == "false") {
			t.Errorf("%s with status %d passes for success", text, status)
		}
		if err != nil {
			if fault.CodeOf(err) == "" || err.Error() == "" {
				t.Errorf("%s: %v", text, err)
			}
			return
		}
		list, total, err := rows(root.Field("content"))
		if _, broken := item.Rows(list); err == nil && broken != nil || total < -1 {
			t.Errorf("%s: %q, %d", text, list, total)
		}
		if err != nil && fault.CodeOf(err) != "qeasy.answer_unreadable" {
			t.Error(err)
		}
	})
}
