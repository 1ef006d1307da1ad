package product_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/karezflow/karez/server/access"
)

// send makes a request with a body of a kind and gives the status, the header and the answer.
func (h *house) send(method, path, kind, token string, content []byte) (int, http.Header, []byte) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.server.URL+"/api/v1"+path, bytes.NewReader(content))
	h.must(err)
	req.Header.Set("Authorization", "Bearer "+token)
	if len(content) > 0 {
		req.Header.Set("Content-Type", kind)
	}
	res, err := http.DefaultClient.Do(req)
	h.must(err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	h.must(err)
	return res.StatusCode, res.Header, text
}

// A table is filled from a file, seen first; what is exported is the same table again.
func TestCodeTableOverHTTP(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token, path := h.token(1, access.Editor), "/code-tables/"+h.objects["code-tables"]
	const files, words = "application/octet-stream", "application/json"
	type file struct {
		Added       int `json:"added"`
		Changed     int `json:"changed"`
		Removed     int `json:"removed"`
		Unchanged   int `json:"unchanged"`
		Blocking    int `json:"blocking"`
		Differences []struct {
			Kind string `json:"kind"`
		} `json:"differences"`
		Problems []struct {
			Row     int    `json:"row"`
			Message string `json:"message"`
		} `json:"problems"`
	}
	ask := func(method, at, kind string, content string, want int) (f file) {
		t.Helper()
		status, _, text := h.send(method, path+at, kind, token, []byte(content))
		if status != want || status != http.StatusNoContent && json.Unmarshal(text, &f) != nil {
			t.Fatalf("%s %s: %d %s", method, at, status, text)
		}
		return f
	}
	ask(http.MethodPut, "/rows", words, `{"rows":[{"source":"old","target":"1"},{"source":"S1","target":"0"}]}`, http.StatusOK)
	const sheet = "源编码,目标编码,备注\nS1,K1,\nS2,K1,二店\n"
	seen := ask(http.MethodPost, "/import/preview?replace=true", files, sheet, http.StatusOK)
	if seen.Added != 1 || seen.Changed != 1 || seen.Removed != 1 || len(seen.Differences) != 3 || seen.Differences[0].Kind+seen.Differences[1].Kind+seen.Differences[2].Kind != "addedchangedremoved" {
		t.Errorf("%+v", seen)
	}
	ask(http.MethodPost, "/import?replace=true&version=9", files, sheet, http.StatusConflict)
	ask(http.MethodPost, "/import?replace=true&version=1", files, sheet, http.StatusOK)
	broken := ask(http.MethodPost, "/import/preview", files, "源编码,目标编码\nS1,K1\nS1,K2\n", http.StatusOK)
	if broken.Blocking != 1 || broken.Problems[0].Row != 3 || !strings.Contains(broken.Problems[0].Message, "第 2 行") {
		t.Errorf("%+v", broken)
	}
	ask(http.MethodPost, "/import", files, "源编码,目标编码\nS1,K1\nS1,K2\n", http.StatusUnprocessableEntity)
	ask(http.MethodPost, "/import", "text/csv", sheet, http.StatusUnsupportedMediaType)
	ask(http.MethodPost, "/import", files, strings.Repeat("x", 16<<20+1), http.StatusRequestEntityTooLarge)
	ask(http.MethodPut, "/rows", files, `{"rows":[]}`, http.StatusUnsupportedMediaType)

	for format, kind := range map[string]string{"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv; charset=utf-8"} {
		status, header, content := h.send(http.MethodGet, path+"/export?format="+format, "", token, nil)
		if status != http.StatusOK || header.Get("Content-Type") != kind || !strings.Contains(header.Get("Content-Disposition"), "shops."+format) {
			t.Fatalf("%s: %d %v", format, status, header)
		}
		if again := ask(http.MethodPost, "/import/preview?replace=true", files, string(content), http.StatusOK); again.Unchanged != 2 || again.Added+again.Changed+again.Removed+again.Blocking != 0 {
			t.Errorf("%s read again: %+v", format, again)
		}
	}

	status, _, text := h.send(http.MethodGet, path+"/rows?search=k1&shared=true", "", token, nil)
	var rows struct {
		Items []struct {
			Source string `json:"source"`
			Shared int    `json:"shared"`
		} `json:"items"`
	}
	if h.must(json.Unmarshal(text, &rows)); status != http.StatusOK || len(rows.Items) != 2 || rows.Items[1].Source != "S2" || rows.Items[1].Shared != 1 {
		t.Errorf("%d %s", status, text)
	}
	var refused struct {
		Problems []struct {
			Path string `json:"path"`
		} `json:"problems"`
	}
	status, _, text = h.send(http.MethodPut, path+"/rows", words, token, []byte(`{"rows":[{"source":"ok","target":"ok"},{"source":"","target":""}]}`))
	if h.must(json.Unmarshal(text, &refused)); status != http.StatusUnprocessableEntity || len(refused.Problems) != 2 || refused.Problems[1].Path != "rows[1].target" {
		t.Errorf("%d %s", status, text)
	}
	if f := ask(http.MethodPost, "/rows/delete", words, `{"sources":["S1","nobody"]}`, http.StatusOK); f.Removed != 1 {
		t.Errorf("%+v", f)
	}
	ask(http.MethodDelete, "", "", "", http.StatusNoContent)
	ask(http.MethodGet, "", "", "", http.StatusNotFound)
}

// A table that a flow names stays, and the flow is named.
func TestCodeTableInUse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token := h.token(1, access.Editor)
	_, err := h.e.Drafts.Create(h.as(1, access.Editor), "退货", []byte(`{"apiVersion":"karez/v1","kind":"Flow","metadata":{"name":"n","title":"退货"},"spec":{"nodes":[
{"id":"m","type":"map","settings":{"fields":[{"field":"FCustId","value":"{{shop}}","table":"shops"}]}}]}}`))
	h.must(err)
	_, err = h.e.Drafts.Create(h.as(1, access.Editor), "联查店铺", []byte(`{"apiVersion":"karez/v1","kind":"Flow","metadata":{"name":"o","title":"联查店铺"},"spec":{"nodes":[
{"id":"l","type":"lookup","settings":{"in":"table","table":"shops","code":"{{shop}}","into":"x"}}]}}`))
	h.must(err)
	var refused struct {
		Code string `json:"code"`
		Hint string `json:"hint"`
	}
	status, _, text := h.send(http.MethodDelete, "/code-tables/"+h.objects["code-tables"], "", token, nil)
	if h.must(json.Unmarshal(text, &refused)); status != http.StatusConflict || refused.Code != "codetable.in_use" || !strings.Contains(refused.Hint, "退货") || !strings.Contains(refused.Hint, "联查店铺") {
		t.Errorf("%d %s", status, text)
	}
}
