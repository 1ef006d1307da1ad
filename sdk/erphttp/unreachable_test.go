package erphttp_test

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/fault"
)

// TestNoAnswerSaysWhyAndWhatToDo goes through the causes for which a check of a connection
// gets no answer: each has a code of its own or a hint of its own, in both languages.
func TestNoAnswerSaysWhyAndWhatToDo(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = nil
	secure.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	secure.StartTLS()
	t.Cleanup(secure.Close)
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = gone.Close()
	for name, tt := range map[string]struct{ url, code, hint, chinese string }{
		"nothing listens":          {"http://" + gone.Addr().String(), "http.unreachable", "port", "端口"},
		"nobody knows the name":    {"http://nowhere.invalid", "http.unreachable", "spelling", "拼写"},
		"its own certificate":      {secure.URL, "http.certificate", "issue", "签发者"},
		"http at a port for https": {strings.Replace(plain.URL, "http:", "https:", 1), "http.not_tls", "https", ""},
	} {
		c, _ := client(t)
		_, err := c.Post(t.Context(), tt.url, "", nil, nil)
		f := fault.From(err)
		if f.Code != tt.code || !strings.Contains(f.Hint, tt.hint) || !strings.Contains(f.Args[fault.HintZH], tt.chinese) || !f.NotApplied || f.Class != fault.Transient {
			t.Errorf("%s: %s %s: %s, %q, %q", name, f.Class, f.Code, f.Message, f.Hint, f.Args[fault.HintZH])
		}
	}
}

// TestEveryStatusSaysWhatToDo in both languages.
func TestEveryStatusSaysWhatToDo(t *testing.T) {
	t.Parallel()
	status := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	t.Cleanup(server.Close)
	seen := map[string]int{}
	for _, status = range []int{400, 401, 403, 404, 407, 408, 418, 429, 500, 503} {
		c, _ := client(t)
		_, err := c.Post(t.Context(), server.URL, "", nil, nil)
		f := fault.From(err)
		if f.Code != "http.status" || f.Hint == "" || f.Args[fault.HintZH] == "" {
			t.Errorf("%d: %s %q %q", status, f.Code, f.Hint, f.Args[fault.HintZH])
		}
		seen[f.Hint]++
	}
	if len(seen) < 6 {
		t.Errorf("only %d hints", len(seen))
	}
}
