package access_test

import (
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.From(err).Code
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	const own, other ledger.ID = 7, 8
	const forbidden = "auth.forbidden"
	tests := map[access.Role][4]string{
		access.Viewer:   {"", forbidden, forbidden, forbidden},
		access.Operator: {"", "", forbidden, forbidden},
		access.Editor:   {"", "", "", forbidden},
		access.Admin:    {"", "", "", ""},
		"owner":         {forbidden, forbidden, forbidden, forbidden},
		"":              {forbidden, forbidden, forbidden, forbidden},
	}
	for role, want := range tests {
		ctx := access.With(t.Context(), access.Principal{Workspace: own, Role: role})
		for i, action := range []access.Action{access.Read, access.Operate, access.Edit, access.Administer} {
			if got := code(access.Authorize(ctx, action, own)); got != want[i] {
				t.Errorf("%q doing %d: %q, want %q", role, action, got, want[i])
			}
			if got := code(access.Authorize(ctx, action, other)); got != "object.missing" {
				t.Errorf("%q doing %d elsewhere: %q", role, action, got)
			}
			if p, err := access.Here(ctx, action); code(err) != want[i] || p.Workspace != own {
				t.Errorf("%q doing %d here: %+v, %v", role, action, p, err)
			}
		}
		if role.Valid() != (want[0] == "") {
			t.Errorf("%q: valid %t", role, role.Valid())
		}
	}
}

func TestNobody(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		access.Authorize(t.Context(), access.Read, 0),
		func() error { _, err := access.Here(t.Context(), access.Read); return err }(),
		func() error { _, err := access.Of(t.Context()); return err }(),
	} {
		if code(err) != "auth.login_required" {
			t.Errorf("nobody is answered %v", err)
		}
	}
}
