package connection_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/connection"
)

func TestWhatIsWrongWithAConnection(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*connection.Connection)
		want   []string
	}{
		"nothing":                {func(*connection.Connection) {}, nil},
		"any version":            {func(c *connection.Connection) { c.Version = "" }, nil},
		"defaults as they are":   {func(c *connection.Connection) { c.Settings = []byte(`{"address":"https://depot.example"}`) }, nil},
		"an unknown connector":   {func(c *connection.Connection) { c.Connector = "nowhere" }, []string{"plugin.missing at connector"}},
		"an unknown version":     {func(c *connection.Connection) { c.Version = "9" }, []string{"plugin.missing at connector"}},
		"a missing setting":      {func(c *connection.Connection) { c.Settings = []byte(`{}`) }, []string{"setting.required at settings.address"}},
		"no settings at all":     {func(c *connection.Connection) { c.Settings = nil }, []string{"setting.required at settings.address"}},
		"null for settings":      {func(c *connection.Connection) { c.Settings = []byte(" null ") }, []string{"setting.required at settings.address"}},
		"a list for settings":    {func(c *connection.Connection) { c.Settings = []byte(`["a"]`) }, []string{"setting.wrong_type at settings"}},
		"half an object":         {func(c *connection.Connection) { c.Settings = []byte(`{"address":"https://depot`) }, []string{"setting.wrong_type at settings"}},
		"text behind the object": {func(c *connection.Connection) { c.Settings = append(c.Settings, " x"...) }, []string{"setting.wrong_type at settings"}},
		"a missing secret":       {func(c *connection.Connection) { c.Secrets = nil }, []string{"setting.required at secrets.apiKey"}},
		"a blank secret":         {func(c *connection.Connection) { c.Secrets["apiKey"] = "" }, []string{"setting.required at secrets.apiKey"}},
		"a secret among the settings": {func(c *connection.Connection) {
			c.Settings = []byte(`{"address":"https://depot.example","apiKey":"` + canary + `"}`)
			c.Secrets = nil
		}, []string{"connection.secret_in_settings at settings.apiKey"}},
		"a setting among the secrets": {func(c *connection.Connection) {
			c.Settings = []byte(`{}`)
			c.Secrets["address"] = canary
		}, []string{"connection.setting_in_secrets at secrets.address"}},
		"an unknown setting": {func(c *connection.Connection) {
			c.Settings = []byte(`{"address":"https://depot.example","password":"` + canary + `"}`)
		}, []string{"setting.unknown at settings.password"}},
		"an unknown secret": {func(c *connection.Connection) { c.Secrets["token"] = canary }, []string{"setting.unknown at settings.token"}},
		"wrong types": {func(c *connection.Connection) {
			c.Settings = []byte(`{"address":7,"retries":"many","debug":"maybe","login":"nobody"}`)
		}, []string{
			"setting.wrong_type at settings.address", "setting.wrong_type at settings.retries", "setting.wrong_type at settings.debug",
			"setting.not_an_option at settings.login",
		}},
		"several at once": {func(c *connection.Connection) {
			c.Settings, c.Secrets = []byte(`{"retries":10,"pin":"x"}`), nil
		}, []string{
			"connection.secret_in_settings at settings.pin", "setting.required at settings.address", "setting.out_of_range at settings.retries",
			"setting.required at secrets.apiKey",
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &database{}
			s := newService(t, store, newPlugins(t))
			c := account()
			tt.change(&c)
			var got []string
			for _, f := range s.Give(t.Context(), c) {
				got = append(got, f.Code+" at "+f.Path)
				silent(t, name, f)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if stored := len(store.connections); (stored == 0) != (len(tt.want) > 0) {
				t.Errorf("%d connections are stored", stored)
			}
		})
	}
}

func TestSecretsAreNotStored(t *testing.T) {
	t.Parallel()
	store := &database{}
	give(t, newService(t, store, newPlugins(t)), account())
	if len(store.connections) != 1 || bytes.Contains(store.connections[0].Settings, []byte(canary)) {
		t.Errorf("stored: %+v", store.connections)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	installed := newPlugins(t)
	s := newService(t, &database{}, installed)
	give(t, s, account())
	id, session, err := s.Open(t.Context(), 1, "depot")
	if err != nil || id != 41 {
		t.Fatalf("id %d, %v", id, err)
	}
	if page, err := session.Query(t.Context(), connector.QueryRequest{Operation: "goods"}); err != nil || page.Total != 7 {
		t.Errorf("%+v, %v", page, err)
	}
	got := installed.accounts[0]
	var settings map[string]any
	if err := json.Unmarshal(got.Settings, &settings); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"address": "https://depot.example", "account": "100", "retries": 5.0, "debug": false, "login": "key"}
	if diff := cmp.Diff(want, settings); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if got.ID != "41" || got.Secrets["apiKey"] != canary || len(got.Secrets) != 1 || installed.versions[0] != "1.2" {
		t.Errorf("account %s with %d secrets, version %s", got.ID, len(got.Secrets), installed.versions[0])
	}
	m, err := s.Manifest(t.Context(), 1, "depot")
	if err != nil || m.ID != "depot" || m.TimeZone != "Asia/Shanghai" {
		t.Errorf("manifest %v, %v", m, err)
	}
	installed.manifest.TimeZoneKey, installed.manifest.Settings = "zone", append(installed.manifest.Settings, field.Setting{Key: "zone", Kind: field.PlainText})
	other := account()
	other.Settings = []byte(`{"address":"https://depot.example","zone":"UTC"}`)
	give(t, s, other)
	if m, err = s.Manifest(t.Context(), 1, "depot"); err != nil || m.TimeZone != "UTC" || installed.manifest.TimeZone != "Asia/Shanghai" {
		t.Errorf("manifest %v, %v", m, err)
	}
}

func TestOpenOnce(t *testing.T) {
	t.Parallel()
	installed := newPlugins(t)
	s := newService(t, &database{}, installed)
	give(t, s, account())
	other := account()
	other.Workspace = 2
	give(t, s, other)
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			if _, _, err := s.Open(t.Context(), ledger.ID(1+i%2), "depot"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if len(installed.sessions) != 2 {
		t.Errorf("%d sessions for two connections", len(installed.sessions))
	}

	// A connection that is given anew gets a new session; the old one may still be in use.
	changed := account()
	changed.Secrets["apiKey"] = "another"
	give(t, s, changed)
	if installed.sessions[0].closed+installed.sessions[1].closed != 0 {
		t.Error("a session was closed under its users")
	}
	if _, _, err := s.Open(t.Context(), 1, "depot"); err != nil {
		t.Fatal(err)
	}
	if n := len(installed.sessions); n != 3 || installed.accounts[2].Secrets["apiKey"] != "another" {
		t.Errorf("%d sessions", n)
	}
	for range 2 {
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	for i, opened := range installed.sessions {
		if opened.closed != 1 {
			t.Errorf("session %d was closed %d times", i, opened.closed)
		}
	}
}

func TestCloseGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	installed := newPlugins(t)
	s := newService(t, &database{}, installed)
	for _, name := range []string{"a", "b"} {
		c := account()
		c.Name = name
		give(t, s, c)
		if _, _, err := s.Open(t.Context(), 1, name); err != nil {
			t.Fatal(err)
		}
	}
	failed := errors.New("the process is gone")
	for _, opened := range installed.sessions {
		opened.fails = failed
	}
	if err := s.Close(t.Context()); !errors.Is(err, failed) {
		t.Errorf("%v", err)
	}
	for i, opened := range installed.sessions {
		if opened.closed != 1 {
			t.Errorf("session %d was closed %d times", i, opened.closed)
		}
	}
}

func TestOpenThatFails(t *testing.T) {
	t.Parallel()
	down := fault.New("store.unreachable", "the database does not answer")
	crashed := fault.New("connector.crashed", "the process ended")
	gone := fault.New("plugin.missing", "there is no such connector")
	tests := map[string]struct {
		prepare func(*database, *plugins)
		name    string
		code    string
	}{
		"unknown":                {func(*database, *plugins) {}, "nobody", "connection.unknown"},
		"the database is down":   {func(d *database, _ *plugins) { d.fails = down }, "nobody", "store.unreachable"},
		"the connector is gone":  {func(_ *database, p *plugins) { p.missing = gone }, "depot", "plugin.missing"},
		"the process has ended":  {func(_ *database, p *plugins) { p.failing = crashed }, "depot", "connector.crashed"},
		"of another workspace":   {func(d *database, _ *plugins) { d.connections[0].Workspace = 9; d.connections[0].Name = "far" }, "far", "connection.unknown"},
		"found in the database":  {func(d *database, _ *plugins) { d.connections[0].Name = "stored" }, "stored", ""},
		"given, database broken": {func(d *database, _ *plugins) { d.fails = down }, "depot", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, installed := &database{}, newPlugins(t)
			s := newService(t, store, installed)
			give(t, s, account())
			tt.prepare(store, installed)
			_, _, err := s.Open(t.Context(), 1, tt.name)
			if fault.CodeOf(err) != tt.code || (tt.code == "") != (err == nil) {
				t.Fatalf("%v, want %q", err, tt.code)
			}
			silent(t, name, err)
			if _, err := s.Manifest(t.Context(), 1, tt.name); tt.code != "connector.crashed" && fault.CodeOf(err) != tt.code {
				t.Errorf("manifest: %v", err)
			}
			// A failure is not remembered.
			store.fails, installed.missing, installed.failing = nil, nil, nil
			if _, _, err := s.Open(t.Context(), 1, "depot"); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func TestGiveToABrokenDatabase(t *testing.T) {
	t.Parallel()
	store := &database{fails: errors.New("disk full")}
	s := newService(t, store, newPlugins(t))
	faults := s.Give(t.Context(), account())
	if len(faults) != 1 || faults[0].Code != "internal.unexpected" {
		t.Fatalf("%v", faults)
	}
	silent(t, "give", faults[0])
	store.fails = nil
	if _, _, err := s.Open(t.Context(), 1, "depot"); fault.CodeOf(err) != "connection.unknown" {
		t.Errorf("what was not stored is given: %v", err)
	}
}

// However a connection is printed, its secrets do not show.
func TestSecretsDoNotPrint(t *testing.T) {
	t.Parallel()
	c := account()
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).Info("opened", "connection", c, "pointer", &c, "secrets", c.Secrets)
	}
	marshalled, err := json.Marshal(c) //nolint:musttag // what would show if somebody wrote it out
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{log.String(), string(marshalled)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		texts = append(texts, fmt.Sprintf(verb, c), fmt.Sprintf(verb, c.Secrets), fmt.Sprintf(verb, &c))
	}
	for _, text := range texts {
		if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
			t.Errorf("shows the secret: %s", text)
		}
	}
	if !strings.Contains(fmt.Sprintf("%v", c), "apiKey") {
		t.Error("the keys of the secrets are of use and do not show")
	}
}
