package cluster_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/app/cluster"
	"github.com/karezflow/karez/server/app/product"
	"github.com/karezflow/karez/server/bus"
)

const mysql = "mysql://u:p@127.0.0.1/karez"

func env(pairs map[string]string) cluster.Env {
	return func(name string) (string, bool) {
		v, ok := pairs[name]
		return v, ok
	}
}

func apply(t *testing.T, c product.Config, args []string, pairs map[string]string) (product.Config, error) {
	t.Helper()
	var f cluster.Flags
	set := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	f.Serve(set)
	if err := set.Parse(args); err != nil {
		t.Fatal(err)
	}
	return f.Apply(c, env(pairs))
}

func TestFlagsAndEnvironment(t *testing.T) {
	t.Parallel()
	all := map[string]string{
		"KAREZ_NATS": " nats://a:4222,nats://b:4222 ", "KAREZ_SECRET_KEY_FILE": "/k", "NATS_USER": "u", "NATS_PASSWORD": "p", "NATS_CREDS": "c",
		"NATS_NKEY": "n", "NATS_CA": "ca", "NATS_CERT": "cert", "NATS_KEY": "key",
	}
	got, err := apply(t, product.Config{Database: mysql}, []string{"--roles", "worker", "--files", "/f", "--grace", "3s"}, all)
	want := product.Config{
		Database: mysql, Roles: product.Roles{product.Worker}, Key: "/k", Files: "/f", Grace: 3 * time.Second,
		Bus: bus.NatsConfig{URL: "nats://a:4222,nats://b:4222", Prefix: "karez", Login: bus.Login{
			User: "u", Password: "p", Credentials: "c", NKey: "n", CA: "ca", Certificate: "cert", Key: "key",
		}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = apply(t, product.Config{Database: mysql}, []string{
		"--nats", "tls://c", "--nats-prefix", "x", "--nats-replicas", "5", "--nats-user", "v", "--nats-creds", "d", "--nats-nkey", "m",
		"--nats-tlsca", "da", "--nats-tlscert", "dert", "--nats-tlskey", "dey", "--secret-key", "/l",
	}, all)
	want = product.Config{
		Database: mysql, Roles: product.AllRoles(), Key: "/l", Grace: 15 * time.Second,
		Bus: bus.NatsConfig{URL: "tls://c", Prefix: "x", Replicas: 5, Login: bus.Login{
			User: "v", Password: "p", Credentials: "d", NKey: "m", CA: "da", Certificate: "dert", Key: "dey",
		}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	for code, args := range map[string][]string{"serve.role_unknown": {"--roles", "cook"}, "serve.bus_shared": {"--roles", "api"}} {
		if _, err := apply(t, product.Config{Database: mysql}, args, nil); fault.CodeOf(err) != code {
			t.Errorf("%v: %v", args, err)
		}
	}
}

// A command that is alone with its work takes the key that all have, and no bus.
func TestCommandsThatAreAlone(t *testing.T) {
	t.Parallel()
	var f cluster.Flags
	got, err := f.Apply(product.Config{}, env(map[string]string{"KAREZ_NATS": "nats://a", "KAREZ_SECRET_KEY_FILE": "/k"}))
	if want := (product.Config{Key: "/k"}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

func get(t *testing.T, url string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	if res.StatusCode != http.StatusNotFound {
		if err := json.Unmarshal(text, &body); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return res.StatusCode, body
}

func TestHealth(t *testing.T) {
	t.Parallel()
	var state error
	at, stop, err := cluster.Listen(t.Context(), "127.0.0.1:0", func(context.Context) error { return state }, slog.New(slog.DiscardHandler))
	if err != nil || !strings.HasPrefix(at, "127.0.0.1:") {
		t.Fatal(at, err)
	}
	if _, _, err := cluster.Listen(t.Context(), at, nil, slog.New(slog.DiscardHandler)); fault.CodeOf(err) != "serve.address_unusable" {
		t.Errorf("the same address twice: %v", err)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, body := get(t, "http://"+at+path); status != http.StatusOK || body["ok"] != true || len(body) != 1 {
			t.Errorf("%s: %d %v", path, status, body)
		}
	}
	state = fault.New("store.unreachable", "the database does not answer").Hinted("a hint").Because(context.DeadlineExceeded)
	if status, body := get(t, "http://"+at+"/readyz"); status != http.StatusServiceUnavailable || !reflect.DeepEqual(body, map[string]any{
		"ok": false, "code": "store.unreachable", "message": "the database does not answer",
	}) {
		t.Errorf("%d %v", status, body)
	}
	if status, _ := get(t, "http://"+at+"/healthz"); status != http.StatusOK {
		t.Errorf("a process that is not ready is not alive: %d", status)
	}
	if status, _ := get(t, "http://"+at+"/api/v1/flows"); status != http.StatusNotFound {
		t.Errorf("it answers more: %d", status)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if at, stop, err := cluster.Listen(t.Context(), "", nil, nil); at != "" || err != nil || stop() != nil {
		t.Errorf("no address: %q, %v", at, err)
	}
}
