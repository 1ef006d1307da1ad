package connection_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/usage"
)

// as gives a context in which somebody with a role calls.
func as(t *testing.T, workspace ledger.ID, role access.Role) context.Context {
	t.Helper()
	return access.With(t.Context(), access.Principal{Workspace: workspace, Role: role})
}

// is fails unless err has a code.
func is(t *testing.T, what string, err error, code string) {
	t.Helper()
	if got := fault.CodeOf(err); got != code || (err == nil) != (code == "") {
		t.Errorf("%s: %v, want %q", what, err, code)
	}
	silent(t, what, err)
}

// change makes a connection that is in order.
func change(name string, revision int64) connection.Change {
	return connection.Change{
		Name: name, Connector: "depot", Version: "1.2", Settings: []byte(`{"address":"https://depot.example"}`),
		Secrets: connection.Secrets{"apiKey": canary}, Revision: revision,
	}
}

func put(t *testing.T, s *connection.Service, c connection.Change) connection.View {
	t.Helper()
	v, err := s.Put(as(t, 1, access.Editor), c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// opens makes the service open a connection and gives the secrets that the plugin was handed for it.
func opens(t *testing.T, s *connection.Service, installed *plugins, name string) connection.Secrets {
	t.Helper()
	if _, _, err := s.Open(t.Context(), 1, name); err != nil {
		t.Fatal(err)
	}
	installed.mu.Lock()
	defer installed.mu.Unlock()
	return installed.accounts[len(installed.accounts)-1].Secrets
}

func TestPut(t *testing.T) {
	t.Parallel()
	store, installed := &database{}, newPlugins(t)
	s := newService(t, store, installed)
	made := put(t, s, change("main", 0))
	want := connection.View{
		ID: 1001, Name: "main", Connector: "depot", Version: "1.2", Settings: []byte(`{"address":"https://depot.example"}`),
		Secrets: map[string]bool{"apiKey": true}, Revision: 1, Updated: made.Updated,
	}
	if diff := cmp.Diff(want, made); diff != "" || made.Updated == 0 {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if row := store.connections[0]; bytes.Contains(row.Sealed, []byte(canary)) || !bytes.Contains(row.Sealed, []byte("apiKey")) || len(row.Secrets) > 0 || row.SealedAt != 1 {
		t.Errorf("stored: %s", row.Sealed)
	}
	if diff := cmp.Diff(connection.Secrets{"apiKey": canary}, opens(t, s, installed, "main")); diff != "" {
		t.Errorf("the plugin gets (-want +got):\n%s", diff)
	}

	steps := []struct {
		what    string
		change  connection.Change
		secrets connection.Secrets
		version string
	}{
		{"a secret more", connection.Change{Secrets: connection.Secrets{"pin": "1"}}, connection.Secrets{"apiKey": canary, "pin": "1"}, "1.2"},
		{"nothing new", connection.Change{}, connection.Secrets{"apiKey": canary, "pin": "1"}, "1.2"},
		{"another value", connection.Change{Secrets: connection.Secrets{"apiKey": "2"}}, connection.Secrets{"apiKey": "2", "pin": "1"}, "1.2"},
		{"one taken away", connection.Change{Secrets: connection.Secrets{"pin": ""}}, connection.Secrets{"apiKey": "2"}, "1.2"},
		{"the newest version", connection.Change{Connector: "depot"}, connection.Secrets{"apiKey": "2"}, ""},
	}
	for i, step := range steps {
		step.change.Name, step.change.Revision = "main", int64(i+1)
		step.change.Settings = []byte(`{"address":"https://depot.example"}`)
		v := put(t, s, step.change)
		if v.ID != made.ID || v.Revision != int64(i+2) || v.Version != step.version || v.Connector != "depot" || !bytes.Equal(v.Settings, step.change.Settings) || len(v.Secrets) != len(step.secrets) {
			t.Errorf("%s: %+v", step.what, v)
		}
		if diff := cmp.Diff(step.secrets, opens(t, s, installed, "main")); diff != "" {
			t.Errorf("%s: the plugin gets (-want +got):\n%s", step.what, diff)
		}
	}
	if n := len(installed.sessions); n != len(steps)+1 {
		t.Errorf("%d sessions for %d changes", n, len(steps))
	}
	for i, old := range installed.sessions {
		if old.closed != 0 {
			t.Errorf("session %d was closed under its users", i)
		}
	}
}

func TestPutRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*connection.Change)
		code   string
		faults int
	}{
		"nothing":              {func(*connection.Change) {}, "", 0},
		"a name that is taken": {func(c *connection.Change) { c.Name = "main" }, "connection.exists", 0},
		"no name":              {func(c *connection.Change) { c.Name = "" }, "connection.name_invalid", 0},
		"a blank at its end":   {func(c *connection.Change) { c.Name = "main " }, "connection.name_invalid", 0},
		"a slash":              {func(c *connection.Change) { c.Name = "a/b" }, "connection.name_invalid", 0},
		"a folder":             {func(c *connection.Change) { c.Name = ".." }, "connection.name_invalid", 0},
		"a line":               {func(c *connection.Change) { c.Name = "a\nb" }, "connection.name_invalid", 0},
		"bytes":                {func(c *connection.Change) { c.Name = "\xff" }, "connection.name_invalid", 0},
		"a long name":          {func(c *connection.Change) { c.Name = strings.Repeat("长", 191) }, "connection.name_invalid", 0},
		"just short enough":    {func(c *connection.Change) { c.Name = strings.Repeat("长", 190) }, "", 0},
		"no connector":         {func(c *connection.Change) { c.Connector = "" }, "plugin.missing", 1},
		"an unknown connector": {func(c *connection.Change) { c.Connector = "x" }, "plugin.missing", 1},
		"missing settings":     {func(c *connection.Change) { c.Settings, c.Secrets = nil, nil }, "setting.required", 2},
		"a secret in settings": {func(c *connection.Change) {
			c.Settings = []byte(`{"address":"https://a.example","apiKey":"` + canary + `"}`)
		}, "connection.secret_in_settings", 1},
		"half an object":        {func(c *connection.Change) { c.Settings = []byte(`{`) }, "setting.wrong_type", 1},
		"changed and not there": {func(c *connection.Change) { c.Revision = 1 }, "object.missing", 0},
		"another connector":     {func(c *connection.Change) { c.Name, c.Revision, c.Connector = "main", 1, "shop" }, "connection.connector_fixed", 0},
		"another address": {func(c *connection.Change) {
			c.Name, c.Revision, c.Secrets, c.Settings = "main", 1, nil, []byte(`{"address":"https://elsewhere.example"}`)
		}, "connection.secrets_needed", 0},
		"an old revision": {func(c *connection.Change) { c.Name, c.Revision = "main", 7 }, "connection.conflict", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &database{}
			s := newService(t, store, newPlugins(t))
			main := put(t, s, change("main", 0))
			c := change("fresh", 0)
			tt.change(&c)
			got, err := s.Put(as(t, 1, access.Editor), c)
			is(t, name, err, tt.code)
			var refused *connection.FaultsError
			if errors.As(err, &refused) != (tt.faults > 0) || refused != nil && (len(refused.Faults) != tt.faults || refused.Error() == "") {
				t.Errorf("%v", err)
			}
			if tt.code == "connection.conflict" {
				if diff := cmp.Diff(main, got); diff != "" {
					t.Errorf("current (-want +got):\n%s", diff)
				}
			}
			if n := len(store.connections); (n == 2) != (tt.code == "") || store.connections[0].Revision != 1 {
				t.Errorf("%d connections are stored, the first at revision %d", n, store.connections[0].Revision)
			}
		})
	}
}

// Somebody else is faster between reading and saving.
func TestPutMeetsAnother(t *testing.T) {
	t.Parallel()
	for _, revision := range []int64{0, 1} {
		store := &database{}
		s := newService(t, store, newPlugins(t))
		if revision > 0 {
			put(t, s, change("main", 0))
		}
		store.saving = func() {
			store.saving = nil
			other := change("main", revision)
			other.Settings = []byte(`{"address":"https://other.example"}`)
			put(t, s, other)
		}
		got, err := s.Put(as(t, 1, access.Editor), change("main", revision))
		if revision == 0 {
			is(t, "made twice", err, "connection.exists")
			continue
		}
		is(t, "changed twice", err, "connection.conflict")
		if string(got.Settings) != `{"address":"https://other.example"}` || got.Revision != 2 {
			t.Errorf("%+v", got)
		}
	}
}

// A secret opens in its own row, under its own key and for its own revision only.
func TestSecretsDoNotOpenElsewhere(t *testing.T) {
	t.Parallel()
	tests := map[string]func(main, other *connection.Connection, before []byte){
		"in another row":             func(main, other *connection.Connection, _ []byte) { main.Sealed = other.Sealed },
		"in its row with another id": func(main, _ *connection.Connection, _ []byte) { main.ID = 999 },
		"under another key": func(main, _ *connection.Connection, _ []byte) {
			var secrets map[string]json.RawMessage
			_ = json.Unmarshal(main.Sealed, &secrets)
			secrets["apiKey"], secrets["pin"] = secrets["pin"], secrets["apiKey"]
			main.Sealed, _ = json.Marshal(secrets)
		},
		"an older one":         func(main, _ *connection.Connection, before []byte) { main.Sealed = before },
		"for another revision": func(main, _ *connection.Connection, _ []byte) { main.SealedAt-- },
		"changed": func(main, _ *connection.Connection, _ []byte) {
			var secrets map[string][]byte
			_ = json.Unmarshal(main.Sealed, &secrets)
			secrets["apiKey"][3] ^= 1
			main.Sealed, _ = json.Marshal(secrets)
		},
	}
	for name, move := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, installed := &database{}, newPlugins(t)
			s := newService(t, store, installed)
			secrets := connection.Secrets{"apiKey": canary, "pin": canary + "2"}
			for _, n := range []string{"main", "other"} {
				c := change(n, 0)
				c.Secrets = secrets
				put(t, s, c)
			}
			before := store.connections[0].Sealed
			c := change("main", 1)
			c.Secrets = secrets
			put(t, s, c)
			if diff := cmp.Diff(secrets, opens(t, s, installed, "main")); diff != "" {
				t.Fatal(diff)
			}
			moved := store.connections[0]
			move(&moved, &store.connections[1], before)
			moved.Name = "main"
			store.connections[0] = moved

			fresh := newService(t, store, installed) // as after a restart
			_, _, err := fresh.Open(t.Context(), 1, "main")
			is(t, "open", err, "secret.sealed_otherwise")
			if f := fault.From(err); !strings.HasPrefix(f.Path, "secrets.") || f.Hint == "" || f.Class != fault.Config {
				t.Errorf("%v", f)
			}
			// A change that keeps what can't be read is refused; entered anew it is in order again.
			_, err = fresh.Put(as(t, 1, access.Editor), connection.Change{Name: "main", Revision: moved.Revision, Settings: moved.Settings})
			is(t, "keep", err, "secret.sealed_otherwise")
			c.Revision = moved.Revision
			put(t, fresh, c)
			if diff := cmp.Diff(secrets, opens(t, fresh, installed, "main")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWithoutAKey(t *testing.T) {
	t.Parallel()
	store, installed := &database{}, newPlugins(t)
	put(t, newService(t, store, installed), change("main", 0))
	s := connection.New(connection.Config{Store: store, Plugins: installed, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() { _ = s.Close(context.WithoutCancel(t.Context())) })
	_, _, err := s.Open(t.Context(), 1, "main")
	is(t, "open", err, "secret.no_key")
	_, err = s.Put(as(t, 1, access.Editor), change("other", 0))
	is(t, "put", err, "secret.no_key")
	is(t, "delete", s.Delete(as(t, 1, access.Editor), "main"), "connection.usage_unknown")
	if len(store.connections) != 1 {
		t.Error("a secret that can't be sealed was stored")
	}
	store.connections[0].Sealed = []byte("no JSON")
	_, _, err = s.Open(t.Context(), 1, "main")
	is(t, "unreadable", err, "secret.unreadable")
	if v, err := s.Get(as(t, 1, access.Viewer), "main"); err != nil || len(v.Secrets) != 0 {
		t.Errorf("%+v, %v: it has to be seen to be mended", v, err)
	}
}

func TestListAndGet(t *testing.T) {
	t.Parallel()
	store := &database{}
	s := newService(t, store, newPlugins(t))
	for _, name := range []string{"main", "used"} {
		put(t, s, change(name, 0))
	}
	memory := account()
	memory.Name = "given"
	give(t, s, memory)
	foreign := account()
	foreign.Workspace = 2
	give(t, s, foreign)
	list, err := s.List(as(t, 1, access.Viewer))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, v := range list {
		names = append(names, v.Name)
		if diff := cmp.Diff(map[string]bool{"apiKey": true}, v.Secrets); diff != "" {
			t.Errorf("%s (-want +got):\n%s", v.Name, diff)
		}
		if by := []usage.Flow{{ID: "f1", Title: "订单 → 单据"}}; (v.Name == "used") != cmp.Equal(by, v.UsedBy) {
			t.Errorf("%s is used by %v", v.Name, v.UsedBy)
		}
		one, err := s.Get(as(t, 1, access.Viewer), v.Name)
		if diff := cmp.Diff(v, one); err != nil || diff != "" {
			t.Errorf("%s: %v (-listed +got):\n%s", v.Name, err, diff)
		}
		marshalled, err := json.Marshal(v) //nolint:musttag // what would show if somebody wrote it out
		if text := fmt.Sprintf("%+v %#v %s", v, v, marshalled); err != nil || strings.Contains(text, canary) {
			t.Errorf("shows the secret: %s", text)
		}
	}
	if slices.Sort(names); !slices.Equal(names, []string{"given", "main", "used"}) {
		t.Errorf("listed %v", names)
	}
	_, err = s.Get(as(t, 1, access.Viewer), "nobody")
	is(t, "unknown", err, "object.missing")
}

// A connection that was given for this process becomes a stored one by a change, with its secrets.
func TestPutOfAGivenConnection(t *testing.T) {
	t.Parallel()
	store, installed := &database{}, newPlugins(t)
	s := newService(t, store, installed)
	give(t, s, account())
	v, err := s.Get(as(t, 1, access.Editor), "depot")
	if err != nil || len(store.connections[0].Sealed) != 0 {
		t.Fatalf("%+v, %v", v, err)
	}
	put(t, s, connection.Change{Name: "depot", Revision: v.Revision, Settings: v.Settings})
	if diff := cmp.Diff(connection.Secrets{"apiKey": canary}, opens(t, newService(t, store, installed), installed, "depot")); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}
	// What is stored goes by now, here as well.
	put(t, s, connection.Change{Name: "depot", Revision: 2, Settings: v.Settings, Secrets: connection.Secrets{"apiKey": "changed"}})
	if got := opens(t, s, installed, "depot")["apiKey"]; got != "changed" {
		t.Error("the given secret is in use after the change")
	}
	put(t, s, connection.Change{Name: "depot", Revision: 3, Settings: v.Settings, Secrets: connection.Secrets{"apiKey": canary}})
	// Given again, what was given goes.
	again := account()
	again.Secrets["apiKey"] = "given"
	give(t, s, again)
	if got := opens(t, s, installed, "depot")["apiKey"]; got != "given" {
		t.Error("the stored secret was used")
	}
	if got := opens(t, newService(t, store, installed), installed, "depot")["apiKey"]; got != canary {
		t.Error("giving touched the stored secret")
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	store, installed := &database{}, newPlugins(t)
	s := newService(t, store, installed)
	for _, name := range []string{"main", "used"} {
		put(t, s, change(name, 0))
		opens(t, s, installed, name)
	}
	err := s.Delete(as(t, 1, access.Editor), "used")
	if is(t, "used", err, "connection.in_use"); !strings.Contains(fault.From(err).Hint, "订单 → 单据") {
		t.Errorf("the hint does not name the flow: %s", fault.From(err).Hint)
	}
	is(t, "main", s.Delete(as(t, 1, access.Editor), "main"), "")
	is(t, "main again", s.Delete(as(t, 1, access.Editor), "main"), "object.missing")
	_, _, err = s.Open(t.Context(), 1, "main")
	is(t, "open", err, "connection.unknown")
	// Another one by the same name is another one.
	other := change("main", 0)
	other.Secrets = connection.Secrets{"apiKey": "other"}
	if v := put(t, s, other); v.ID == 1001 {
		t.Error("an id was given twice")
	}
	if got := opens(t, s, installed, "main")["apiKey"]; got != "other" {
		t.Error("the deleted connection's session is in use")
	}
}

func TestManagingWithABrokenDatabase(t *testing.T) {
	t.Parallel()
	store := &database{}
	s := newService(t, store, newPlugins(t))
	put(t, s, change("main", 0))
	store.fails = errors.New("the database is down")
	editor := as(t, 1, access.Editor)
	_, listErr := s.List(editor)
	_, getErr := s.Get(editor, "main")
	_, putErr := s.Put(editor, change("main", 1))
	_, checkErr := s.Check(editor, change("main", 1))
	_, savedErr := s.CheckSaved(editor, "main")
	for name, err := range map[string]error{"List": listErr, "Get": getErr, "Put": putErr, "Delete": s.Delete(editor, "main"), "Check": checkErr, "CheckSaved": savedErr} {
		if !errors.Is(err, store.fails) {
			t.Errorf("%s: %v", name, err)
		}
		silent(t, name, err)
	}
}

// TestAccess calls everything that people may call as nobody, from another
// workspace, and with the highest role that does not suffice.
func TestAccess(t *testing.T) {
	t.Parallel()
	store := &database{}
	s := newService(t, store, newPlugins(t))
	put(t, s, change("main", 0))
	for name, c := range map[string]struct {
		tooLow    access.Role
		elsewhere string
		do        func(context.Context) error
	}{
		"List":       {"", "", func(ctx context.Context) error { _, err := s.List(ctx); return err }},
		"Get":        {"", "object.missing", func(ctx context.Context) error { _, err := s.Get(ctx, "main"); return err }},
		"Put":        {access.Operator, "object.missing", func(ctx context.Context) error { _, err := s.Put(ctx, change("main", 1)); return err }},
		"Put new":    {access.Operator, "", func(ctx context.Context) error { _, err := s.Put(ctx, change("theirs", 0)); return err }},
		"Delete":     {access.Operator, "object.missing", func(ctx context.Context) error { return s.Delete(ctx, "main") }},
		"CheckSaved": {access.Viewer, "object.missing", func(ctx context.Context) error { _, err := s.CheckSaved(ctx, "main"); return err }},
		"Check": {access.Operator, "", func(ctx context.Context) error {
			// From elsewhere the stored secret is not there to be kept.
			c := change("main", 1)
			c.Secrets = nil
			r, err := s.Check(ctx, c)
			if err == nil && (r.OK || r.Fault.Code != "setting.required") {
				t.Errorf("a foreign secret was used: %+v", r)
			}
			return err
		}},
	} {
		is(t, name+" by nobody", c.do(t.Context()), "auth.login_required")
		if c.tooLow != "" {
			is(t, fmt.Sprint(name, " by ", c.tooLow), c.do(as(t, 1, c.tooLow)), "auth.forbidden")
		}
		is(t, name+" from elsewhere", c.do(as(t, 2, access.Admin)), c.elsewhere)
	}
	for ws, want := range map[ledger.ID]string{1: "main", 2: "theirs"} {
		list, err := s.List(as(t, ws, access.Viewer))
		if err != nil || len(list) != 1 || list[0].Name != want || list[0].Revision != 1 {
			t.Errorf("workspace %d: %+v, %v", ws, list, err)
		}
	}
}
