package product_test

import (
	"testing"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/app/product"
	"github.com/karezflow/karez/server/bus"
)

func TestRoles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"api,scheduler,worker": "api,scheduler,worker", "worker": "worker", " scheduler , api,api": "api,scheduler",
		"": "", "cook": "", "api,": "", "API": "",
	} {
		roles, err := product.ParseRoles(text)
		if want == "" {
			if fault.CodeOf(err) != "serve.role_unknown" {
				t.Errorf("%q: %v, %v", text, roles, err)
			}
			continue
		}
		if err != nil || roles.String() != want || roles.All() != (want == "api,scheduler,worker") {
			t.Errorf("%q: %v, %v", text, roles, err)
		}
	}
	if none := (product.Roles{}); !none.All() || !none.Has(product.Worker) {
		t.Error("no roles are not all")
	}
}

// What several processes need is asked for before anything is opened.
func TestSeveralProcessesNeedWhatTheyShare(t *testing.T) {
	t.Parallel()
	const mysql, sqlite, nats = "mysql://u:p@127.0.0.1/karez", "sqlite:x.db", "nats://127.0.0.1"
	for _, tt := range []struct {
		roles          product.Roles
		database, nats string
		code           string
	}{
		{nil, "", "", ""},
		{nil, sqlite, "", ""},
		{nil, mysql, "", ""},
		{nil, mysql, nats, ""},
		{product.Roles{product.Worker}, mysql, nats, ""},
		{product.AllRoles(), sqlite, "", ""},
		{nil, "", nats, "serve.database_shared"},
		{nil, sqlite, nats, "serve.database_shared"},
		{product.Roles{product.Worker}, "", "", "serve.database_shared"},
		{product.Roles{product.API, product.Scheduler}, sqlite, nats, "serve.database_shared"},
		{product.Roles{product.API}, mysql, "", "serve.bus_shared"},
	} {
		err := product.Config{Roles: tt.roles, Database: tt.database, Bus: bus.NatsConfig{URL: tt.nats}}.CheckRoles()
		if fault.CodeOf(err) != tt.code {
			t.Errorf("%+v: %v", tt, err)
		}
		if f := fault.From(err); f != nil && f.Hint == "" {
			t.Errorf("%+v: no hint", tt)
		}
	}
}

// A product that is ending says so, and does not begin again.
func TestReadyUntilItDrains(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.e.Start(t.Context())
	h.must(h.e.Ready(t.Context()))
	h.e.Drain()
	h.e.Drain()
	if err := h.e.Ready(t.Context()); fault.CodeOf(err) != "serve.draining" {
		t.Errorf("while ending: %v", err)
	}
	h.e.Start(t.Context())
	if !h.e.Draining() {
		t.Error("it began again")
	}
}
