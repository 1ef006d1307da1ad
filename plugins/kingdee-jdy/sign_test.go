package main

import (
	"net/http"
	"net/url"
	"testing"
)

// The vectors of the vendor's own client.
func TestSignatures(t *testing.T) {
	t.Parallel()
	appSignature := digest("sbx-app-secret-1", "SbxAppK1")
	for name, tc := range map[string]struct{ got, want string }{
		"vendor's sample": {digest("abc123", "abc"), "ZDljMTI3NGIyNTE1MTRkYzlkNjc1MDNhYjUzMzgzNWMyY2M4YTdjMzdmNmM3YTVlNDkxMTkzNjdiOTFjNzUyZQ=="},
		"application":     {appSignature, "ZjA0ZDY0Nzg5MWIyYjhlMmRmZDI1YjcwMWE3NWY5ZWMwYTg0ZThhNzU5NzkyNGFkYWZkZWRlZWM4YmU0NGJlYg=="},
		"token": {
			vector(http.MethodGet, "/jdyconnector/app_management/kingdee_auth_token", url.Values{"app_key": {"SbxAppK1"}, "app_signature": {appSignature}}),
			"MTY1Y2VmNDM1MjZhY2E3YjAxNWQ2Njc0Y2QyNDZiZGNiYTZjNTRkODI2MTg0ZDhlY2NmMzZmNWI0NjMzNjA4Yg==",
		},
		"no query": {vector(http.MethodPost, "/jdy/sal/sal_order_save", nil), "NWQ0NjUyYThjNDI5M2E0ZDQ3YmQzZDU0N2VkNGIyYjFhOTE0YjBjMzc4MTBiOWRiODZjNTA3ZjBkYTk1MjE0MA=="},
		"hard query": {
			vector(http.MethodGet, "/jdy/v2/scm/sal_order", url.Values{"search": {"单 据*~/+ab"}, "page": {"1"}, "page_size": {"100"}}),
			"YWZmNGE1M2FkYmQ2ZWNmNjMyMjVkZTYzY2IyYjkyOWZiMzRiNThkMGE1M2U4MTc0N2Y5ZjViYzdjMzVjNmE5Yg==",
		},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %s, want %s", name, tc.got, tc.want)
		}
	}
}

func vector(method, path string, query url.Values) string {
	return signed("1", "0123456789abcdef0123456789abcdef", method, path, query, "1655775240", "1655775240000").Get("X-Api-Signature")
}
