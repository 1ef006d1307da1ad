package connectortest_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/connectortest"
)

func TestRecorder(t *testing.T) { //nolint:tparallel // the end of its part lets calls go
	t.Parallel()
	r := connectortest.NewRecorder(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { _, _ = io.Copy(w, req.Body) }))
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	post := func(ctx context.Context) (string, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/p?q=1", strings.NewReader("a=1&a=2"))
		if err != nil {
			return "", err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return "", err
		}
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		return string(body), err
	}
	if got, err := post(t.Context()); err != nil || got != "a=1&a=2" {
		t.Errorf("%s %v", got, err)
	}
	if c := r.Last(t); c.Method != http.MethodPost || c.Path != "/p" || c.Query.Get("q") != "1" || len(c.Form["a"]) != 2 || c.Body != "a=1&a=2" {
		t.Errorf("%+v", c)
	}
	t.Run("held", func(t *testing.T) {
		held := r.Stall(t)
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() { _, err := post(ctx); gone <- err }()
		<-held
		cancel()
		if err := <-gone; err == nil {
			t.Error("a call that is held is answered")
		}
	})
	if got, err := post(t.Context()); err != nil || got == "" || len(r.Calls()) != 3 {
		t.Errorf("%s %v, %d calls", got, err, len(r.Calls()))
	}
}

func TestSVG(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "icon.svg")
	if err := os.WriteFile(name, []byte(`<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>`), 0o600); err != nil {
		t.Fatal(err)
	}
	connectortest.SVG(t, name)
}
