package main

import (
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/http/sandbox"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// TestWaysToLogIn: each way is let in, each wrong secret is not, and nothing of it shows.
func TestWaysToLogIn(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{"basic": "password", "bearer": "token", "header": "key", "query": "key", "hmac": "hmacSecret", "oauth2": "clientSecret"}
	for way, secret := range secrets {
		r := newRig(t)
		r.login(way)
		for range 2 {
			health, err := r.open(nil).Check(t.Context())
			if err != nil || !health.SourceTime.Equal(start()) || health.Account == "" {
				t.Errorf("%s: %+v %v", way, health, err)
			}
		}
		if a, err := write(r.open(nil), writeKeyed, `{"path":"/v1/orders","idPath":"id"}`, order("W-1"), "W-1"); err != nil || a.ID != "58" {
			t.Errorf("%s: %+v %v", way, a, err)
		}
		_, err := r.open(map[string]any{secret: "wrong-secret-0001"}).Check(t.Context())
		if f := parsed(t).Classify("", fault.From(err)); f == nil || f.Class != fault.Auth || !f.NotApplied {
			t.Errorf("%s with a wrong secret: %v", way, err)
		}
		for _, text := range []string{sandbox.Token, sandbox.Password, sandbox.Key, sandbox.Secret, sandbox.ClientSecret, "wrong-secret", "sandbox-access"} {
			if strings.Contains(r.said(), text) {
				t.Errorf("%s: %q shows in what was told:\n%s", way, text, r.said())
			}
		}
	}
	r := newRig(t)
	r.login("none")
	if _, err := r.open(nil).Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestSignature is one that was computed by other means.
func TestSignature(t *testing.T) {
	t.Parallel()
	var got http.Header
	r := played(t, func(w http.ResponseWriter, req *http.Request) {
		got = req.Header.Clone()
		_, _ = w.Write([]byte(`{}`))
	})
	r.secrets = map[string]string{"hmacSecret": "key"}
	session := r.open(map[string]any{
		"auth": "hmac", "hmacParts": "keyId, timestamp,method,path, body", "hmacJoin": "|", "hmacKeyId": "k", "hmacPrefix": "HMAC ", "hmacHeader": "Authorization",
		"hmacTimeHeader": "X-T", "hmacTime": "unixMs", "hmacEncoding": "base64",
	})
	if _, err := write(session, writeUnchecked, `{"path":"/a b/{id}"}`, `{"id":"x/y"}`, "k"); err != nil {
		t.Fatal(err)
	}
	// printf 'k|1714536000000|POST|/v1/a%%20b/x%%2Fy|{"id":"x/y"}' | openssl dgst -sha256 -hmac key -binary | base64
	if want := "HMAC ioXmXnvzO11w/tIi/H93GpW4ZmQ9wk5XoKOy+1NiH0g="; got.Get("Authorization") != want || got.Get("X-T") != "1714536000000" {
		t.Errorf("signed %s at %s", got.Get("Authorization"), got.Get("X-T"))
	}
}

// TestTokensAreShared: sessions that find no token, or one that was revoked, ask once.
func TestTokensAreShared(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.login("oauth2")
	sessions := []connector.Session{r.open(nil), r.open(nil), r.open(map[string]any{"clientAuth": "body"})}
	ask := func(want string) {
		t.Helper()
		var all sync.WaitGroup
		for _, session := range sessions {
			for range 4 {
				all.Go(func() {
					if _, err := session.Check(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		if got := r.state("tokens").Text(); got != want {
			t.Errorf("%s tokens were given, want %s", got, want)
		}
	}
	ask("1")
	r.clock.Pass(58 * time.Minute)
	ask("1")
	r.clock.Pass(90 * time.Second) // it holds for half a minute more, and is asked for anew before
	ask("2")
	r.set(`{"revoke":true}`)
	ask("3")
	if _, err := r.open(map[string]any{"clientSecret": "other"}).Check(t.Context()); fault.ClassOf(err) != fault.Auth || fault.CodeOf(err) != "vendor.invalid_client" {
		t.Error(err)
	}
	if a, err := write(sessions[0], writeUnchecked, `{"path":"/v1/orders"}`, order("T-1"), "T-1"); err != nil || a.Outcome != connector.Done {
		t.Errorf("%+v %v", a, err)
	}
}

// TestSettings are refused before anything is dialled.
func TestSettings(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, c := range map[string]struct {
		change map[string]any
		code   string
		path   string
	}{
		"no address":              {map[string]any{"address": nil}, "http.setting_invalid", "address"},
		"no web address":          {map[string]any{"address": "ftp://example.com"}, "http.setting_invalid", "address"},
		"an address with a user":  {map[string]any{"address": "https://a:b@example.com"}, "http.setting_invalid", "address"},
		"an address with a query": {map[string]any{"address": "https://example.com/?a=b"}, "http.setting_invalid", "address"},
		"not encrypted":           {map[string]any{"plain": "false"}, "http.unencrypted", "address"},
		"tokens not encrypted":    {map[string]any{"address": "https://example.com", "plain": "false", "auth": "oauth2", "clientId": "c"}, "http.unencrypted", "tokenUrl"},
		"no client":               {map[string]any{"auth": "oauth2"}, "http.setting_invalid", "tokenUrl"},
		"a way nobody knows":      {map[string]any{"auth": "magic"}, "http.setting_invalid", "auth"},
		"a key without a name":    {map[string]any{"auth": "header"}, "http.setting_invalid", "keyName"},
		"nothing signed":          {map[string]any{"auth": "hmac"}, "http.setting_invalid", "hmacParts"},
		"a header of two lines":   {map[string]any{"headers": []string{"A: b\r\nC: d"}}, "http.setting_invalid", "headers"},
		"a header without a name": {map[string]any{"headers": []string{"just words"}}, "http.setting_invalid", "headers"},
		"no certificate":          {map[string]any{"trust": "words"}, "http.setting_invalid", "trust"},
	} {
		_, err := r.tryOpen(c.change)
		if f := refusal(t, name, err, c.code, fault.Config, false); f.Path != c.path {
			t.Errorf("%s is blamed on %s", name, f.Path)
		}
	}
}

// TestReach: the machine itself is reached only where the connection says so, whatever it is called.
func TestReach(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, reach := range []any{nil, "public", "private"} {
		_, err := r.open(map[string]any{"reach": reach}).Check(t.Context())
		refused(t, fmt.Sprint(reach), err, "outbound.refused", fault.Config, false)
	}
	_, err := r.open(map[string]any{"address": "http://169.254.169.254/latest"}).Check(t.Context())
	refused(t, "metadata", err, "outbound.refused", fault.Config, false)
}

// TestRedirectsAreNotFollowed: what the server was told stays with it.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	calls := 0
	r := played(t, func(w http.ResponseWriter, req *http.Request) {
		calls++
		http.Redirect(w, req, "/elsewhere", http.StatusFound)
	})
	_, err := query(r.open(nil), readOnce, `{"path":"/a"}`, connector.PageRef{})
	if fault.ClassOf(err) != fault.Config || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
}

func TestDeclaration(t *testing.T) {
	t.Parallel()
	m := parsed(t)
	if m.LimitKey != "address" || m.TimeZoneKey != "timeZone" {
		t.Errorf("limits by %s, zone by %s", m.LimitKey, m.TimeZoneKey)
	}
	for name, class := range map[string]manifest.Class{writeKeyed: manifest.NativeKey, writeRepeated: manifest.Upsert, writeChecked: manifest.QueryableKey, writeUnchecked: manifest.NoKey} {
		op, ok := m.Operation(name)
		if !ok || op.Writing.Create.Class != class || !op.Named || op.Form != "path" {
			t.Errorf("%s is %+v", name, op)
			continue
		}
		if updates := op.Writing.Update != nil; updates != (class == manifest.Upsert) {
			t.Errorf("%s updates: %v", name, updates)
		}
	}
	for _, op := range m.Operations {
		for _, f := range op.Request {
			if strings.HasSuffix(strings.ToLower(f.Name), "path") && f.Name != "path" && f.Name != "probePath" {
				continue
			}
			if (f.Name == "path" || f.Name == "probePath") && !f.Constant {
				t.Errorf("%s takes placeholders in %s", op.Name, f.Name)
			}
		}
	}
}

// TestTrust: a server of one's own is believed by its authority only.
func TestTrust(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	r := newRig(t)
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	change := map[string]any{"address": server.URL, "plain": "false", "checkPath": nil, "trust": authority}
	if _, err := r.open(change).Check(t.Context()); err != nil {
		t.Error(err)
	}
	change["trust"] = nil
	if _, err := r.open(change).Check(t.Context()); fault.CodeOf(err) != "http.certificate" || !fault.From(err).NotApplied {
		t.Error(err)
	}
}
