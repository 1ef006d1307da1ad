package connectionstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/connectionstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestManaging(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		s := connectionstore.New(db)
		// Each test has a workspace of its own.
		for i, c := range []struct {
			name string
			test func(*testing.T, *store.DB, *connectionstore.Store, ledger.ID)
		}{
			{"saved and replaced", saved},
			{"made by many at once", madeTogether},
			{"changed by many at once", changedTogether},
			{"given and saved", givenAndSaved},
			{"listed", listed},
			{"deleted", deleted},
			{"a context that is over", givenUp},
			{"secrets in the database", sealedSecrets},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.test(t, db, s, ledger.ID(100+i))
			})
		}
	})
}

func row(t *testing.T, s *connectionstore.Store, workspace ledger.ID, name string) connection.Connection {
	t.Helper()
	id, err := s.NewID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return connection.Connection{
		ID: id, Workspace: workspace, Name: name, Connector: "depot", Version: "1.2", Settings: []byte(`{"地址":"单"}`),
		Revision: 1, Updated: 7, Sealed: []byte("\x00\xff'\\" + strings.Repeat("z", 70000)), SealedAt: 1,
	}
}

func save(t *testing.T, s *connectionstore.Store, c connection.Connection, old int64) bool {
	t.Helper()
	ok, err := s.SaveConnection(t.Context(), c, old, c.Updated)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func stands(t *testing.T, s *connectionstore.Store, want connection.Connection) {
	t.Helper()
	got, err := s.Connection(t.Context(), want.Workspace, want.Name)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func saved(t *testing.T, _ *store.DB, s *connectionstore.Store, ws ledger.ID) {
	t.Helper()
	c := row(t, s, ws, "金蝶")
	if save(t, s, c, 3) {
		t.Error("a connection that is not there was changed")
	}
	if !save(t, s, c, 0) {
		t.Fatal("not saved")
	}
	stands(t, s, c)
	other := row(t, s, ws, "金蝶")
	if save(t, s, other, 0) || save(t, s, other, 1) {
		t.Error("a name was given twice")
	}
	stands(t, s, c)
	next := c
	next.Connector, next.Version, next.Settings, next.Revision, next.Updated, next.Sealed, next.SealedAt = "shop", "", []byte("{}"), 2, 8, nil, 2
	if save(t, s, next, 2) || save(t, s, next, -1) {
		t.Error("another revision was changed")
	}
	stands(t, s, c)
	if !save(t, s, next, 1) {
		t.Error("not changed")
	}
	stands(t, s, next)
	upper := row(t, s, ws, "K3")
	lower := row(t, s, ws, "k3")
	if !save(t, s, upper, 0) || !save(t, s, lower, 0) {
		t.Error("names that differ in case are one")
	}
	stands(t, s, upper)
	stands(t, s, lower)
}

func madeTogether(t *testing.T, _ *store.DB, s *connectionstore.Store, ws ledger.ID) {
	t.Helper()
	for round := range 3 {
		var won atomic.Int32
		storetest.Together(workers, func(int) {
			if save(t, s, row(t, s, ws, fmt.Sprint("main", round)), 0) {
				won.Add(1)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d made it", won.Load())
		}
	}
}

func changedTogether(t *testing.T, _ *store.DB, s *connectionstore.Store, ws ledger.ID) {
	t.Helper()
	c := row(t, s, ws, "main")
	save(t, s, c, 0)
	for round := range int64(3) {
		var won atomic.Int32
		storetest.Together(workers, func(i int) {
			mine := c
			mine.Version, mine.Revision = fmt.Sprint("1.", i), round+2
			if save(t, s, mine, round+1) {
				won.Add(1)
			}
		})
		if got, err := s.Connection(t.Context(), ws, "main"); won.Load() != 1 || err != nil || got.Revision != round+2 {
			t.Errorf("%d changed it, revision %d, %v", won.Load(), got.Revision, err)
		}
	}
}

// Giving a connection for one process leaves the stored secrets and counts as a change.
func givenAndSaved(t *testing.T, _ *store.DB, s *connectionstore.Store, ws ledger.ID) {
	t.Helper()
	c := row(t, s, ws, "main")
	save(t, s, c, 0)
	given, err := s.PutConnection(t.Context(), connection.Connection{Workspace: ws, Name: "main", Connector: "depot", Settings: []byte(`{"a":1}`), Secrets: connection.Secrets{"k": canary}}, 9)
	if err != nil || given.ID != c.ID || given.Revision != 2 || given.Updated != 9 || given.Secrets["k"] != canary {
		t.Errorf("%+v, %v", given, err)
	}
	want := c
	want.Version, want.Settings, want.Revision, want.Updated = "", []byte(`{"a":1}`), 2, 9
	stands(t, s, want)
	if save(t, s, c, 1) {
		t.Error("a change of before went through")
	}
	first, err := s.PutConnection(t.Context(), connection.Connection{Workspace: ws, Name: "new", Connector: "depot", Settings: []byte(`{}`)}, 9)
	if err != nil || first.Revision != 1 {
		t.Errorf("%+v, %v", first, err)
	}
	stands(t, s, first)
}

func listed(t *testing.T, _ *store.DB, s *connectionstore.Store, ws ledger.ID) {
	t.Helper()
	if got, err := s.Connections(t.Context(), ws); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	var want []connection.Connection
	for _, name := range []string{"a", "b", "单"} {
		want = append(want, row(t, s, ws, name))
	}
	foreign := row(t, s, ws+1000, "a")
	for _, c := range []connection.Connection{want[2], want[0], foreign, want[1]} {
		save(t, s, c, 0)
	}
	got, err := s.Connections(t.Context(), ws)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func deleted(t *testing.T, _ *store.DB, s *connectionstore.Store, ws ledger.ID) {
	t.Helper()
	gone, stays := row(t, s, ws, "gone"), row(t, s, ws, "stays")
	for _, c := range []connection.Connection{gone, stays} {
		save(t, s, c, 0)
		swap(t, s, c.ID, 0, "state", 0, 1)
	}
	for range 2 {
		if err := s.DeleteConnection(t.Context(), gone.ID); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Connection(t.Context(), ws, "gone"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("%v", err)
	}
	is(t, s, gone.ID, "", 0, 0)
	stands(t, s, stays)
	is(t, s, stays.ID, "state", 1, 0)
}

func givenUp(t *testing.T, _ *store.DB, s *connectionstore.Store, ws ledger.ID) {
	t.Helper()
	c := row(t, s, ws, "main")
	save(t, s, c, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	next := c
	next.Revision = 2
	_, saveErr := s.SaveConnection(ctx, next, 1, 9)
	_, listErr := s.Connections(ctx, ws)
	_, getErr := s.Connection(ctx, ws, "main")
	for name, err := range map[string]error{"SaveConnection": saveErr, "Connections": listErr, "Connection": getErr, "DeleteConnection": s.DeleteConnection(ctx, c.ID)} {
		if err == nil || errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%s went on: %v", name, err)
		}
	}
	stands(t, s, c)
}

// plugins are one connector that tells which secrets it was given.
type plugins struct{ given map[string]string }

func (p *plugins) Manifest(context.Context, string, string) (*manifest.Manifest, error) {
	return &manifest.Manifest{ID: "depot", Settings: []field.Setting{
		{Key: "apiKey", Kind: field.PlainText, Secret: true}, {Key: "pin", Kind: field.PlainText, Secret: true},
	}}, nil
}

func (p *plugins) Session(_ context.Context, _, _ string, a connector.Account) (connector.Session, error) {
	p.given = a.Secrets
	return quiet{}, nil
}

type quiet struct{ connector.Session }

func (quiet) Close(context.Context) error { return nil }

// sealedSecrets goes through service and database and back: no column shows a
// secret, and a ciphertext that was moved to another row does not open.
func sealedSecrets(t *testing.T, db *store.DB, s *connectionstore.Store, ws ledger.ID) {
	t.Helper()
	seal, err := connection.NewSeal(bytes.Repeat([]byte{9}, connection.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	installed := &plugins{}
	restart := func() *connection.Service {
		out := connection.New(connection.Config{Store: s, Plugins: installed, Seal: seal, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
		t.Cleanup(func() { _ = out.Close(context.WithoutCancel(t.Context())) })
		return out
	}
	service := restart()
	editor := access.With(t.Context(), access.Principal{Workspace: ws, Role: access.Editor})
	put := func(name string, revision int64, secrets connection.Secrets) {
		t.Helper()
		if _, err := service.Put(editor, connection.Change{Name: name, Connector: "depot", Secrets: secrets, Revision: revision}); err != nil {
			t.Fatal(err)
		}
	}
	put("a", 0, connection.Secrets{"apiKey": "sealed-c4n4ry", "pin": "单"})
	put("a", 1, connection.Secrets{"pin": "2"})
	put("b", 0, connection.Secrets{"apiKey": "sealed-c4n4ry"})
	if _, _, err := restart().Open(t.Context(), ws, "a"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"apiKey": "sealed-c4n4ry", "pin": "2"}, installed.given); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if all := dump(t, db, "connection"); bytes.Contains(all, []byte("sealed-c4n4ry")) || !bytes.Contains(all, []byte("apiKey")) {
		t.Error("the secret is stored, or the search finds nothing at all")
	}
	err = db.Write(t.Context(), func(tx *gorm.DB) error {
		from, err := s.Connection(t.Context(), ws, "a")
		if err != nil {
			return err
		}
		return tx.Exec("UPDATE connection SET secrets = ?, secrets_revision = ? WHERE workspace_id = ? AND name = 'b'", from.Sealed, from.SealedAt, ws).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	installed.given = nil
	if _, _, err := restart().Open(t.Context(), ws, "b"); fault.CodeOf(err) != "secret.sealed_otherwise" || installed.given != nil {
		t.Errorf("a ciphertext of another row: %v, handed on %d secrets", err, len(installed.given))
	}
	if _, _, err := restart().Open(t.Context(), ws, "a"); err != nil {
		t.Error(err)
	}
}
