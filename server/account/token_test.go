package account_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/account"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	b, entry := inhabited(t)
	ctx := access.With(t.Context(), entry.Principal)
	ends := b.clock.Now().Add(time.Hour)
	made, secret, err := b.CreateToken(ctx, " CI ", access.Operator, ends)
	if err != nil {
		t.Fatal(err)
	}
	want := account.Token{
		ID: made.ID, Workspace: 1, User: entry.Principal.User, Name: "CI", Role: access.Operator, Hash: made.Hash, Created: 1_760_000_000_000, Expires: ledger.At(ends),
	}
	if diff := cmp.Diff(want, made); diff != "" || made.ID == 0 {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(secret, "karez_") || len(secret) != 6+43 || strings.Contains(made.Hash, secret[6:]) || len(made.Hash) != 64 {
		t.Errorf("secret of %d bytes, hash %s", len(secret), made.Hash)
	}
	b.clock.Pass(time.Second)
	lasting, lastingSecret, err := b.CreateToken(ctx, "CI", access.Viewer, time.Time{})
	if err != nil || lastingSecret == secret {
		t.Fatal(err)
	}

	for range 3 {
		p, err := b.Token(t.Context(), secret)
		if want := (access.Principal{Workspace: 1, User: entry.Principal.User, Name: "CI", Role: access.Operator}); err != nil || p != want {
			t.Errorf("%+v, %v", p, err)
		}
	}
	if n := b.store.touched.Load(); n != 1 {
		t.Errorf("%d writes for three uses in one second", n)
	}
	made.Used = 1_760_000_001_000
	list, err := b.Tokens(ctx)
	if diff := cmp.Diff([]account.Token{lasting, made}, list); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	b.clock.Pass(time.Minute)
	storetest.Together(8, func(int) {
		if _, err := b.Token(t.Context(), secret); err != nil {
			t.Error(err)
		}
	})
	if list, err = b.Tokens(ctx); err != nil || list[1].Used != 1_760_000_061_000 {
		t.Errorf("%+v, %v", list, err)
	}

	for what, bad := range map[string]string{
		"nothing": "", "no prefix": secret[6:], "another": "karez_" + strings.Repeat("x", 43), "in capitals": "KAREZ_" + secret[6:], "a session": entry.Secret,
	} {
		_, err := b.Token(t.Context(), bad)
		is(t, what, err, "auth.login_required")
	}
	_, err = b.Session(t.Context(), secret)
	is(t, "a token as a session", err, "auth.login_required")

	b.clock.Pass(time.Hour)
	_, err = b.Token(t.Context(), secret)
	is(t, "expired", err, "auth.login_required")
	b.clock.Pass(10 * 365 * 24 * time.Hour)
	if _, err = b.Token(t.Context(), lastingSecret); err != nil {
		t.Errorf("without an expiry: %v", err)
	}
	b.store.fails.Store(true)
	b.clock.Pass(time.Hour)
	if _, err = b.Token(t.Context(), lastingSecret); !errors.Is(err, errDown) {
		t.Errorf("%v", err)
	}
	b.store.fails.Store(false)
	is(t, "delete", b.DeleteToken(ctx, lasting.ID), "")
	_, err = b.Token(t.Context(), lastingSecret)
	is(t, "deleted", err, "auth.login_required")
	is(t, "delete twice", b.DeleteToken(ctx, lasting.ID), "object.missing")
}

func TestWhatATokenMayBe(t *testing.T) {
	t.Parallel()
	b, _ := inhabited(t)
	now := b.clock.Now()
	for what, tt := range map[string]struct {
		name       string
		role       access.Role
		expires    time.Time
		code, path string
	}{
		"no name":       {" ", access.Viewer, time.Time{}, "account.name_invalid", "name"},
		"a long name":   {strings.Repeat("x", 191), access.Viewer, time.Time{}, "account.name_invalid", "name"},
		"bytes":         {"\xff", access.Viewer, time.Time{}, "account.name_invalid", "name"},
		"no role":       {"CI", "", time.Time{}, "account.role_invalid", "role"},
		"unknown role":  {"CI", "owner", time.Time{}, "account.role_invalid", "role"},
		"over already":  {"CI", access.Admin, now, "account.expiry_past", "expiresAt"},
		"long in order": {strings.Repeat("名", 190), access.Admin, now.Add(time.Millisecond), "", ""},
	} {
		_, secret, err := b.CreateToken(b.admin(), tt.name, tt.role, tt.expires)
		is(t, what, err, tt.code)
		if (secret != "") != (tt.code == "") {
			t.Errorf("%s: a secret of %d bytes", what, len(secret))
		}
		if f := fault.From(err); f != nil && f.Path != tt.path {
			t.Errorf("%s: at %s", what, f.Path)
		}
	}
}

// A token that the command line made has no user behind it.
func TestMe(t *testing.T) {
	t.Parallel()
	b, entry := inhabited(t)
	_, secret, err := b.CreateToken(b.admin(), "demo", access.Editor, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.Token(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Me(access.With(t.Context(), p))
	if diff := cmp.Diff(account.Me{Principal: access.Principal{Workspace: 1, Name: "demo", Role: access.Editor}, WorkspaceName: "default"}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	got, err = b.Me(access.With(t.Context(), entry.Principal))
	if diff := cmp.Diff(account.Me{Principal: entry.Principal, Language: "en", WorkspaceName: "default"}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestAccess calls everything that needs a caller as nobody, from another
// workspace, and with the highest role that does not suffice. What lets people in
// goes by the secrets that they show.
func TestAccess(t *testing.T) {
	t.Parallel()
	b, _ := inhabited(t)
	made, secret, err := b.CreateToken(b.admin(), "CI", access.Viewer, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		tooLow    access.Role
		elsewhere string
		do        func(context.Context) error
	}{
		"CreateToken": {access.Editor, "", func(ctx context.Context) error {
			_, _, err := b.CreateToken(ctx, "theirs", access.Viewer, time.Time{})
			return err
		}},
		"Tokens":      {access.Editor, "", func(ctx context.Context) error { _, err := b.Tokens(ctx); return err }},
		"DeleteToken": {access.Editor, "object.missing", func(ctx context.Context) error { return b.DeleteToken(ctx, made.ID) }},
		"Me":          {"", "object.missing", func(ctx context.Context) error { _, err := b.Me(ctx); return err }},
	} {
		is(t, name+" by nobody", c.do(t.Context()), "auth.login_required")
		if c.tooLow != "" {
			is(t, name+" by an editor", c.do(b.as(1, c.tooLow)), "auth.forbidden")
		}
		is(t, name+" from elsewhere", c.do(b.as(2, access.Admin)), c.elsewhere)
	}
	if _, err := b.Token(t.Context(), secret); err != nil {
		t.Errorf("the token was deleted from elsewhere: %v", err)
	}
	for ws, want := range map[ledger.ID]string{1: "CI", 2: "theirs"} {
		list, err := b.Tokens(b.as(ws, access.Admin))
		if err != nil || len(list) != 1 || list[0].Name != want || list[0].Workspace != ws {
			t.Errorf("workspace %d: %+v, %v", ws, list, err)
		}
	}
}
