package accountstore_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/account"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/accountstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

// Each test has a database of its own, because there is one setup token.
func TestAccounts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*testing.T, *store.DB, *accountstore.Store){
		"the first user":               firstUser,
		"the first of many":            firstOfMany,
		"users":                        users,
		"sessions":                     sessions,
		"tokens":                       tokens,
		"token used by many at once":   usedTogether,
		"a context that is over":       givenUp,
		"fifty set up through it all":  fifty,
		"no secret is in the database": noSecret,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				t.Helper()
				test(t, db, accountstore.New(db))
			})
		})
	}
}

func ada() account.User {
	return account.User{Workspace: 1, Name: "Ada 👩‍🌾", Key: "ada 👩‍🌾", Role: access.Admin, Language: "zh", Password: "$argon2id$x"}
}

// inhabit makes a first user.
func inhabit(t *testing.T, s *accountstore.Store) account.User {
	t.Helper()
	if err := s.PutSetupHash(t.Context(), "h", 5); err != nil {
		t.Fatal(err)
	}
	u, first, err := s.InsertFirst(t.Context(), "h", ada(), 6)
	if err != nil || !first || u.ID == 0 {
		t.Fatal(u, first, err)
	}
	return u
}

func firstUser(t *testing.T, _ *store.DB, s *accountstore.Store) {
	t.Helper()
	ctx := t.Context()
	if found, err := s.AnyUser(ctx); found || err != nil {
		t.Errorf("%t, %v", found, err)
	}
	if hash, err := s.SetupHash(ctx); hash != "" || err != nil {
		t.Errorf("%q, %v", hash, err)
	}
	refused := func(what, hash string) {
		t.Helper()
		if _, first, err := s.InsertFirst(ctx, hash, ada(), 6); first || err != nil {
			t.Errorf("%s: %t, %v", what, first, err)
		}
	}
	refused("no token was made", "")
	for _, hash := range []string{"old", "new"} {
		if err := s.PutSetupHash(ctx, hash, 5); err != nil {
			t.Fatal(err)
		}
	}
	refused("an old token", "old")
	refused("no token", "")
	if hash, err := s.SetupHash(ctx); hash != "new" || err != nil {
		t.Errorf("%q, %v", hash, err)
	}
	if _, first, err := s.InsertFirst(ctx, "new", ada(), 6); !first || err != nil {
		t.Fatal(first, err)
	}
	if hash, err := s.SetupHash(ctx); hash != "" || err != nil {
		t.Errorf("the token was not used up: %q, %v", hash, err)
	}
	if err := s.PutSetupHash(ctx, "later", 7); err != nil {
		t.Fatal(err)
	}
	refused("with a user", "later")
	if found, err := s.AnyUser(ctx); !found || err != nil {
		t.Errorf("%t, %v", found, err)
	}
}

func firstOfMany(t *testing.T, db *store.DB, s *accountstore.Store) {
	t.Helper()
	if err := s.PutSetupHash(t.Context(), "h", 5); err != nil {
		t.Fatal(err)
	}
	var won atomic.Int32
	storetest.Together(50, func(i int) {
		u := ada()
		u.Name, u.Key = fmt.Sprint("u", i), fmt.Sprint("u", i)
		_, first, err := s.InsertFirst(t.Context(), "h", u, 6)
		if err != nil {
			t.Error(err)
		}
		if first {
			won.Add(1)
		}
	})
	if n := count(t, db, "account_user"); won.Load() != 1 || n != 1 {
		t.Errorf("%d were told to be first, %d users are stored", won.Load(), n)
	}
}

func count(t *testing.T, db *store.DB, table string) int {
	t.Helper()
	var n int
	if err := db.Read(t.Context()).Raw("SELECT COUNT(*) FROM " + table).Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

func users(t *testing.T, db *store.DB, s *accountstore.Store) {
	t.Helper()
	u := inhabit(t, s)
	want := ada()
	want.ID = u.ID
	byKey, err := s.UserByKey(t.Context(), want.Key)
	if diff := cmp.Diff(want, byKey); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	byID, err := s.User(t.Context(), 1, u.ID)
	if diff := cmp.Diff(want, byID); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	_, otherKey := s.UserByKey(t.Context(), "Ada 👩‍🌾")
	_, injected := s.UserByKey(t.Context(), "' OR 1=1 --")
	_, otherID := s.User(t.Context(), 1, u.ID+1)
	_, otherSpace := s.User(t.Context(), 2, u.ID)
	_, noSpace := s.WorkspaceName(t.Context(), 2)
	for what, err := range map[string]error{"another key": otherKey, "injected": injected, "another id": otherID, "another workspace": otherSpace, "no workspace": noSpace} {
		if !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if name, err := s.WorkspaceName(t.Context(), 1); name != "default" || err != nil {
		t.Errorf("%q, %v", name, err)
	}
	// One name is one person.
	err = db.Write(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO account_user (id, workspace_id, name, name_key, role, password, created_at) VALUES (?, 2, 'x', ?, 'admin', '', 0)", u.ID+1, u.Key).Error
	})
	if err == nil {
		t.Error("a name was given twice")
	}
}

func session(hash string, user ledger.ID, seen, expires ledger.Millis) account.Session {
	return account.Session{Hash: hash, Workspace: 1, User: user, Created: 100, Seen: seen, Expires: expires}
}

func sessions(t *testing.T, db *store.DB, s *accountstore.Store) {
	t.Helper()
	ctx := t.Context()
	u := inhabit(t, s)
	has := func(hash string, want *account.Session) {
		t.Helper()
		got, who, err := s.Session(ctx, hash)
		if want == nil {
			if !errors.Is(err, ledger.ErrNotFound) {
				t.Errorf("%s: %+v, %v", hash, got, err)
			}
			return
		}
		if diff := cmp.Diff(*want, got); err != nil || diff != "" || who.ID != u.ID || who.Role != access.Admin {
			t.Errorf("%s: %+v, %v (-want +got):\n%s", hash, who, err, diff)
		}
	}
	insert := func(x account.Session, idle, now ledger.Millis) {
		t.Helper()
		if err := s.InsertSession(ctx, x, idle, now); err != nil {
			t.Fatal(err)
		}
	}
	a, b := session("a", u.ID, 100, 1000), session("b", u.ID, 100, 5000)
	insert(a, 0, 100)
	insert(b, 0, 100)
	has("a", &a)
	has("A", nil)
	has("", nil)
	for _, at := range []ledger.Millis{300, 200, 300} { // a slower process's clock never moves it back
		if err := s.TouchSession(ctx, "a", at); err != nil {
			t.Error(err)
		}
	}
	a.Seen = 300
	has("a", &a)
	has("b", &b)
	if err := s.InsertSession(ctx, a, 0, 100); err == nil {
		t.Error("one secret was given twice")
	}

	// A role that changes holds at once.
	set := func(statement string, args ...any) {
		t.Helper()
		if err := db.Write(ctx, func(tx *gorm.DB) error { return tx.Exec(statement, args...).Error }); err != nil {
			t.Fatal(err)
		}
	}
	set("UPDATE account_user SET role = 'viewer' WHERE id = ?", u.ID)
	if _, who, err := s.Session(ctx, "a"); err != nil || who.Role != access.Viewer {
		t.Errorf("%+v, %v", who, err)
	}
	set("UPDATE account_user SET role = 'admin' WHERE id = ?", u.ID)

	c := session("c", u.ID, 400, 9000)
	insert(c, 200, 400) // b is idle by now
	has("a", &a)
	has("b", nil)
	d := session("d", u.ID, 1200, 9000)
	insert(d, 200, 1200) // a has expired
	has("a", nil)
	has("c", &c)
	for range 2 {
		if err := s.DeleteSession(ctx, "c"); err != nil {
			t.Error(err)
		}
	}
	has("c", nil)
	has("d", &d)
	set("DELETE FROM account_user WHERE id = ?", u.ID)
	has("d", nil)
}

func tokens(t *testing.T, _ *store.DB, s *accountstore.Store) {
	t.Helper()
	ctx := t.Context()
	var made []account.Token
	for i, token := range []account.Token{
		{Workspace: 1, User: 7, Name: "CI 单", Role: access.Operator, Hash: "h1", Created: 100, Expires: 900},
		{Workspace: 1, Name: "CI 单", Role: access.Viewer, Hash: "h2", Created: 100},
		{Workspace: 2, Name: "CI", Role: access.Admin, Hash: "h3", Created: 50},
	} {
		got, err := s.InsertToken(ctx, token)
		if token.ID = got.ID; err != nil || got != token || got.ID == 0 {
			t.Fatalf("%d: %+v, %v", i, got, err)
		}
		made = append(made, got)
	}
	if _, err := s.InsertToken(ctx, account.Token{Workspace: 1, Name: "x", Hash: "h3"}); err == nil {
		t.Error("one secret was given twice")
	}
	list, err := s.Tokens(ctx, 1)
	if diff := cmp.Diff([]account.Token{made[1], made[0]}, list); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	got, err := s.TokenByHash(ctx, "h1")
	if diff := cmp.Diff(made[0], got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := s.TokenByHash(ctx, "H1"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("%v", err)
	}
	for _, touch := range []struct{ old, now ledger.Millis }{{0, 500}, {0, 600}, {400, 600}} { // the second one comes too late
		if err := s.TouchToken(ctx, made[0].ID, touch.old, touch.now); err != nil {
			t.Error(err)
		}
		if got, err := s.TokenByHash(ctx, "h1"); err != nil || got.Used != 500 {
			t.Errorf("used at %d, %v", got.Used, err)
		}
	}
	for _, d := range []struct {
		workspace, id ledger.ID
		want          bool
	}{{2, made[0].ID, false}, {1, 1 << 60, false}, {1, made[0].ID, true}, {1, made[0].ID, false}} {
		if deleted, err := s.DeleteToken(ctx, d.workspace, d.id); deleted != d.want || err != nil {
			t.Errorf("%+v: %t, %v", d, deleted, err)
		}
	}
	if list, err := s.Tokens(ctx, 1); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

func usedTogether(t *testing.T, _ *store.DB, s *accountstore.Store) {
	t.Helper()
	token, err := s.InsertToken(t.Context(), account.Token{Workspace: 1, Name: "n", Role: access.Viewer, Hash: "h"})
	if err != nil {
		t.Fatal(err)
	}
	storetest.Together(12, func(i int) {
		if err := s.TouchToken(t.Context(), token.ID, 0, ledger.Millis(1+i)); err != nil {
			t.Error(err)
		}
	})
	if got, err := s.TokenByHash(t.Context(), "h"); err != nil || got.Used == 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func givenUp(t *testing.T, db *store.DB, s *accountstore.Store) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, anyErr := s.AnyUser(ctx)
	_, hashErr := s.SetupHash(ctx)
	_, _, firstErr := s.InsertFirst(ctx, "h", ada(), 1)
	_, keyErr := s.UserByKey(ctx, "x")
	_, _, sessionErr := s.Session(ctx, "x")
	_, tokenErr := s.InsertToken(ctx, account.Token{Name: "n", Hash: "h"})
	_, listErr := s.Tokens(ctx, 1)
	_, deleteErr := s.DeleteToken(ctx, 1, 1)
	for name, err := range map[string]error{
		"AnyUser": anyErr, "SetupHash": hashErr, "InsertFirst": firstErr, "UserByKey": keyErr, "Session": sessionErr, "InsertToken": tokenErr,
		"Tokens": listErr, "DeleteToken": deleteErr, "PutSetupHash": s.PutSetupHash(ctx, "h", 1), "InsertSession": s.InsertSession(ctx, session("x", 1, 1, 1), 0, 0),
		"TouchSession": s.TouchSession(ctx, "x", 1), "DeleteSession": s.DeleteSession(ctx, "x"), "TouchToken": s.TouchToken(ctx, 1, 0, 1),
	} {
		if err == nil || errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%s went on: %v", name, err)
		}
	}
	for _, table := range []string{"account_user", "account_session", "account_token"} {
		if n := count(t, db, table); n != 0 {
			t.Errorf("%d rows in %s", n, table)
		}
	}
}

func service(t *testing.T, s *accountstore.Store) *account.Service {
	t.Helper()
	out, err := account.New(account.Config{Store: s, Clock: time.Now, Cost: account.Cost{MemoryKiB: 64, Passes: 1, Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// fifty set up at once, by several processes.
func fifty(t *testing.T, db *store.DB, s *accountstore.Store) {
	t.Helper()
	services := []*account.Service{service(t, s), service(t, s), service(t, s)}
	token, err := services[0].SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var won atomic.Int32
	storetest.Together(50, func(i int) {
		_, err := services[i%3].Setup(t.Context(), token, fmt.Sprint("u", i), "a password", "")
		switch {
		case err == nil:
			won.Add(1)
		case fault.CodeOf(err) != "auth.setup_done" && fault.CodeOf(err) != "auth.setup_token_invalid":
			t.Error(err)
		}
	})
	if n := count(t, db, "account_user"); won.Load() != 1 || n != 1 {
		t.Errorf("%d administrators were made, %d are stored", won.Load(), n)
	}
}

// noSecret looks for every secret in every column of the tables of accounts, and in SQLite's files.
func noSecret(t *testing.T, db *store.DB, s *accountstore.Store) {
	t.Helper()
	ctx := t.Context()
	accounts := service(t, s)
	setup, err := accounts.SetupToken(ctx)
	if err != nil {
		t.Fatal(err)
	}
	unused := dump(t, db)
	entry, err := accounts.Setup(ctx, setup, "findable", "canary password", "")
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := accounts.CreateToken(access.With(ctx, entry.Principal), "t", access.Viewer, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	all := append(unused, dump(t, db)...)
	if !bytes.Contains(all, []byte("findable")) {
		t.Fatal("the search finds nothing at all")
	}
	for what, secret := range map[string]string{"setup token": setup, "password": "canary password", "session": entry.Secret, "API token": strings.TrimPrefix(token, "karez_")} {
		if bytes.Contains(all, []byte(secret)) {
			t.Errorf("the %s is stored", what)
		}
	}
}

// dump gives every value of the tables of accounts, and the files they are in.
func dump(t *testing.T, db *store.DB) []byte {
	t.Helper()
	var out []byte
	for _, table := range []string{"workspace", "account_user", "account_session", "account_token", "account_setup"} {
		found, err := store.Scan(db.Read(t.Context()), values, "SELECT * FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, bytes.Join(found, []byte{'\n'})...)
	}
	if db.Dialect() != store.SQLite {
		return out
	}
	var path string
	if err := db.Read(t.Context()).Raw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path).Error; err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{path, path + "-wal"} {
		part, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, part...)
	}
	return out
}

// values gives the values of a row, one a line.
func values(rows *sql.Rows) ([]byte, error) {
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	fields := make([]sql.RawBytes, len(columns))
	into := make([]any, len(columns))
	for i := range fields {
		into[i] = &fields[i]
	}
	err = rows.Scan(into...)
	var out []byte
	for _, field := range fields {
		out = append(append(out, field...), '\n')
	}
	return out, err
}
