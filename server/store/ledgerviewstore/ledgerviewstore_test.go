package ledgerviewstore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/ledgerview"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerviewstore"
	"github.com/karezflow/karez/server/store/storetest"
)

// bench is the service over a database with people of a workspace of its own.
type bench struct {
	*ledgerview.Service

	t  *testing.T
	ws ledger.ID
}

func newBench(t *testing.T, db *store.DB, ws ledger.ID) *bench {
	t.Helper()
	return &bench{&ledgerview.Service{Store: ledgerviewstore.New(db), Clock: func() time.Time { return time.UnixMilli(5000) }, Log: slog.New(slog.DiscardHandler)}, t, ws}
}

// as gives a context of a person: her number is her role's length.
func (b *bench) as(user ledger.ID, role access.Role) context.Context {
	return access.With(b.t.Context(), access.Principal{Workspace: b.ws, User: user, Name: fmt.Sprint("u", user), Role: role})
}

func (b *bench) must(v ledgerview.View, err error) ledgerview.View {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// names gives what a person sees: own views plain, shared ones with a star, those that she may change with a mark.
func (b *bench) names(ctx context.Context) string {
	b.t.Helper()
	all, err := b.All(ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	var names []string
	for _, v := range all.Views {
		name := v.Name
		if v.Shared {
			name += "*"
		}
		if v.Changeable {
			name += "!"
		}
		names = append(names, name)
	}
	return strings.Join(append(names, all.Choice), " ")
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.From(err).Code
}

func named(name string, shared bool) ledgerview.View {
	return ledgerview.View{Name: name, Shared: shared, Content: ledgerview.Content{Filter: document.Filter{States: []string{"rejected"}}}}
}

const (
	amy, ben, eve ledger.ID = 11, 12, 13
)

func TestViews(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := newBench(t, db, 1)
		viewer, operator, editor := b.as(amy, access.Viewer), b.as(ben, access.Operator), b.as(eve, access.Editor)
		same := func(what, got, want string) {
			t.Helper()
			if got != want {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		refused := func(what string, err error, want string) {
			t.Helper()
			same(what, code(err), want)
		}

		whole := ledgerview.Content{
			Filter:  document.Filter{Flow: "f", Node: "orders", States: []string{"rejected", "claimed"}, Number: "SO", Code: "c", Attention: true},
			Columns: []string{"so_id", "items.sku_id", "中文.名"}, Period: ledgerview.Week,
		}
		mine := b.must(b.Create(viewer, ledgerview.View{Name: "  我的失败 ", Content: whole}))
		want := ledgerview.View{Content: whole, ID: mine.ID, Name: "我的失败", Maker: "u11", MadeBy: amy, Version: 1, Updated: 5000, Mine: true, Changeable: true}
		all, err := b.All(viewer)
		if err != nil || len(all.Views) != 1 {
			t.Fatalf("%+v, %v", all, err)
		}
		if diff := cmp.Diff(want, all.Views[0]); diff != "" {
			t.Errorf("kept is another view: %s", diff)
		}

		// Whose is what.
		_, err = b.Create(viewer, named("x", true))
		refused("a viewer shares", err, "auth.forbidden")
		shared := b.must(b.Create(operator, named("大家的", true)))
		b.must(b.Create(operator, named("我的失败", false)))
		same("a viewer sees", b.names(viewer), "大家的* 我的失败! ")
		same("who shared sees", b.names(operator), "大家的*! 我的失败! ")
		same("an editor sees", b.names(editor), "大家的*! ")
		same("another workspace sees", newBench(t, db, 2).names(newBench(t, db, 2).as(amy, access.Admin)), "")
		_, err = b.Change(viewer, shared.ID, named("y", true))
		refused("a viewer changes what is shared", err, "auth.forbidden")
		refused("or deletes it", b.Remove(viewer, shared.ID), "auth.forbidden")
		_, err = b.Change(editor, mine.ID, named("y", false))
		refused("an editor changes another's own", err, "object.missing")
		refused("or deletes it", b.Remove(editor, mine.ID), "object.missing")
		change := named("大家的", false)
		change.Version = 1
		_, err = b.Change(editor, shared.ID, change)
		refused("an editor takes a shared one for herself", err, "view.of_another")

		// Names, versions.
		_, err = b.Create(operator, named("大家的", true))
		refused("a taken name", err, "view.name_taken")
		b.must(b.Create(viewer, named("大家的", false)))
		again := named("改名", true)
		again.Version = 1
		renamed := b.must(b.Change(editor, shared.ID, again))
		if renamed.Version != 2 || renamed.MadeBy != ben || renamed.Maker != "u12" {
			t.Errorf("renamed: %+v", renamed)
		}
		_, err = b.Change(operator, shared.ID, again)
		refused("an older version", err, "view.conflict")
		other := b.must(b.Create(operator, named("另一个", true)))
		again.Version = other.Version
		_, err = b.Change(operator, other.ID, again)
		refused("renamed to a taken name", err, "view.name_taken")
		take := named("另一个", false)
		take.Version = 1
		b.must(b.Change(operator, other.ID, take))
		same("unshared", b.names(viewer), "大家的! 我的失败! 改名* ")

		// What a ledger opens with.
		for _, id := range []string{"failed_today", fmt.Sprint(shared.ID), fmt.Sprint(shared.ID)} {
			if err := b.Choose(viewer, id); err != nil {
				t.Fatal(err)
			}
			same("chosen", b.names(viewer), "大家的! 我的失败! 改名* "+id)
		}
		same("another's choice", b.names(editor), "改名*! ")
		refused("another's own", b.Choose(editor, fmt.Sprint(mine.ID)), "object.missing")
		refused("nothing there", b.Choose(editor, "nothing"), "object.missing")
		if err := b.Remove(editor, shared.ID); err != nil {
			t.Fatal(err)
		}
		same("it is gone", b.names(viewer), "大家的! 我的失败! ")
		refused("twice", b.Remove(editor, shared.ID), "object.missing")
		if err := errors.Join(b.Choose(viewer, "waiting"), b.Choose(viewer, "")); err != nil {
			t.Fatal(err)
		}
		same("no choice", b.names(viewer), "大家的! 我的失败! ")

		// The program has nothing of its own.
		program := b.as(0, access.Admin)
		_, err = b.Create(program, named("p", false))
		refused("the program's own", err, "view.nobody")
		refused("the program's choice", b.Choose(program, "waiting"), "view.nobody")
		b.must(b.Create(program, named("p", true)))
		_, err = b.All(t.Context())
		refused("nobody", err, "auth.login_required")
	})
}

func TestWhatIsNoView(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.Migrated(t, storetest.SQLite(t)), 1)
	for what, tt := range map[string]struct {
		edit func(*ledgerview.View)
		want string
	}{
		"no name":        {func(v *ledgerview.View) { v.Name = " " }, "view.name_missing"},
		"longest":        {func(v *ledgerview.View) { v.Name = strings.Repeat("名", ledgerview.MaxName) }, ""},
		"too long":       {func(v *ledgerview.View) { v.Name = strings.Repeat("名", ledgerview.MaxName+1) }, "view.name_too_long"},
		"two lines":      {func(v *ledgerview.View) { v.Name = "a\nb" }, "view.name_invalid"},
		"no period":      {func(v *ledgerview.View) { v.Period = "year" }, "view.period_unknown"},
		"two times":      {func(v *ledgerview.View) { v.Period, v.Filter.UpdatedTo = ledgerview.Today, "2026-11-21T00:00:00Z" }, "view.two_times"},
		"no state":       {func(v *ledgerview.View) { v.Filter.States = []string{"lost"} }, "document.filter_unknown"},
		"no column":      {func(v *ledgerview.View) { v.Columns = []string{""} }, "document.filter_unknown"},
		"too many":       {func(v *ledgerview.View) { v.Columns = strings.Split(strings.Repeat("a,", document.MaxFields)+"a", ",") }, "document.filter_unknown"},
		"a view's times": {func(v *ledgerview.View) { v.Filter.UpdatedFrom = "2026-11-21T00:00:00Z" }, ""},
	} {
		v := named(what, false)
		tt.edit(&v)
		if _, err := b.Create(b.as(amy, access.Viewer), v); code(err) != tt.want {
			t.Errorf("%s: %v, want %q", what, err, tt.want)
		}
	}
}

// TestTooMany also when they are made at once: names and numbers hold.
func TestTooMany(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := newBench(t, db, 1)
		ctx := b.as(amy, access.Operator)
		var made errgroup.Group
		for i := range ledgerview.MaxViews + 8 {
			made.Go(func() error {
				_, err := b.Create(ctx, named(fmt.Sprint("view ", i), false))
				if c := code(err); c != "" && c != "view.too_many" {
					return err
				}
				return nil
			})
			made.Go(func() error {
				_, err := b.Create(ctx, named("one", true))
				if c := code(err); c != "" && c != "view.name_taken" {
					return err
				}
				return nil
			})
			if i%4 == 3 {
				if err := made.Wait(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := made.Wait(); err != nil {
			t.Fatal(err)
		}
		all, err := b.All(ctx)
		if err != nil || len(all.Views) != ledgerview.MaxViews+1 {
			t.Errorf("%d views, %v", len(all.Views), err)
		}
		// What is shared already may be changed, not made one's own beside so many.
		i := 0
		for ; !all.Views[i].Shared; i++ {
			continue
		}
		v := all.Views[i]
		v.Shared = false
		if _, err := b.Change(ctx, v.ID, v); code(err) != "view.too_many" {
			t.Errorf("one more: %v", err)
		}
	})
}
