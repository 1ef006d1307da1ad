package codetable_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/codetable"
	"github.com/karezflow/karez/server/usage"
)

func TestTables(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	shops, err := s.Create(s.as(access.Editor), "shops", " 店铺 → 客户 ")
	s.must(err)
	s.same("title", shops.Title, "店铺 → 客户")
	other, err := s.Create(s.as(access.Editor), "仓库", "")
	s.must(err)
	s.same("a title of its name", other.Title, "仓库")
	s.same("updated", other.Updated, 77)
	_, err = s.Create(s.as(access.Editor), "shops", "again")
	s.refused("the same name", err, "codetable.exists")
	_, err = s.Create(s.in(2, access.Editor), "shops", "")
	s.must(err)
	for _, name := range []string{"", " ", "a b", "a/b", "a\tb", strings.Repeat("长", 191), "\xFF"} {
		_, err = s.Create(s.as(access.Editor), name, "t")
		s.refused(name, err, "codetable.name_invalid")
	}
	for _, title := range []string{strings.Repeat("长", 191), "\xFF"} {
		_, err = s.Create(s.as(access.Editor), "x", title)
		s.refused(title, err, "codetable.title_invalid")
		_, err = s.Service.Rename(s.as(access.Editor), id(shops), title)
		s.refused(title, err, "codetable.title_invalid")
	}
	_, err = s.Service.Rename(s.as(access.Editor), id(shops), " ")
	s.refused("no title", err, "codetable.title_invalid")
	renamed, err := s.Service.Rename(s.as(access.Editor), id(shops), "店铺")
	s.must(err)
	s.same("renamed", []string{renamed.Name, renamed.Title}, []string{"shops", "店铺"})
	all, err := s.Service.List(s.as(access.Viewer))
	s.must(err)
	s.same("listed", []any{len(all), all[0].Title, all[1].Title}, []any{2, "店铺", "仓库"})
}

// A table that a flow names, in its draft or its version, or that documents wait for, stays.
func TestDelete(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	table := s.table("shops", "a=1")
	document := `{"spec":{"nodes":[{"settings":{"fields":[{"field":"x","children":[{"field":"y","table":"shops"}]}]}}]}}`
	s.documents = []usage.Document{{Flow: usage.Flow{ID: "f1", Title: "退货"}, Text: []byte(document)}, {Flow: usage.Flow{ID: "f1", Title: "退货"}, Text: []byte(document)}, {Flow: usage.Flow{ID: "f2", Title: "别的"}, Text: []byte(`{"spec":{}}`)}}
	got, err := s.Get(s.as(access.Viewer), table)
	s.must(err)
	s.same("used by", got.UsedBy, []usage.Flow{{ID: "f1", Title: "退货"}})
	f := s.refused("in use", s.Service.Delete(s.as(access.Editor), table), "codetable.in_use")
	if !strings.Contains(f.Hint, "退货") || f.Args["0"] != "1" {
		t.Errorf("the flow is not named: %v %v", f.Hint, f.Args)
	}
	s.documents, s.awaited[100] = nil, true
	s.refused("awaited", s.Service.Delete(s.as(access.Editor), table), "codetable.awaited")
	s.awaited[100] = false
	s.must(s.Service.Delete(s.as(access.Editor), table))
	s.refused("gone", s.Service.Delete(s.as(access.Editor), table), "object.missing")
}

func TestNamed(t *testing.T) {
	t.Parallel()
	for document, want := range map[string][]string{
		`{"spec":{"nodes":[{"settings":{"table":"b","n":{"codeTable":"a"},"list":[[{"table":"b"}]]}}]}}`: {"a", "b"},
		`{"spec":{"nodes":[{"settings":{"table":"","codeTable":{"table":"c"},"x":9007199254740993}}]}}`:  {"c"},
		`{"metadata":{"table":"x"},"spec":{"nodes":[{"settings":{"field":"table","value":"x"}}]}}`:       nil,
		`{"spec":`: nil, `{}`: nil, `[]`: nil,
	} {
		if got := codetable.Named([]byte(document)); !slices.Equal(got, want) {
			t.Errorf("%s names %q", document, got)
		}
	}
}

func TestPut(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	table := s.table("shops", "a=1", "b=2#old", "c=3")
	done, err := s.Put(s.as(access.Operator), table, parsed("c=3", "b=2#new", "a=9", "d=4"))
	s.must(err)
	s.same("done", []int{done.Added, done.Changed, done.Unchanged}, []int{1, 2, 1})
	s.same("rows", s.held(table), []string{"a=9", "b=2#new", "c=3", "d=4"})
	s.same("those whose target is new", s.filled, [][]string{{"a", "d"}})
	s.same("announced", s.hints, []ledger.ID{900, 901})
	if !strings.Contains(s.log.String(), "a code table was changed") || !strings.Contains(s.log.String(), "by=王") {
		t.Error("nobody is told who changed what")
	}

	s.publishing = errors.New("the queue is away")
	_, err = s.Put(s.as(access.Operator), table, []codetable.Row{{Source: "A1 ", Target: "x", Note: "one\r\ntwo"}, {Source: "A1", Target: "y"}})
	s.must(err)
	s.same("codes are bytes", s.held(table)[:2], []string{"A1=y", "A1 =x#one\ntwo"})
	if !strings.Contains(s.log.String(), "the queue is away") {
		t.Error("a lost hint is not told")
	}
	s.Hints = nil
	_, err = s.Put(s.as(access.Operator), table, parsed("e=5"))
	s.must(err)
}

func TestPutRefused(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	table := s.table("shops", "a=1")
	_, err := s.Put(s.as(access.Operator), table, []codetable.Row{
		{Source: "ok", Target: "ok"},
		{Source: " ", Target: ""},
		{Source: strings.Repeat("长", 64), Target: "x"},
		{Source: "x\ny", Target: "\xFF"},
		{Source: "n", Target: "n", Note: strings.Repeat("长", 501)},
		{Source: "ok", Target: "other"},
		{Source: "z", Target: "z", Note: "\x00"},
	})
	all, ok := errors.AsType[*codetable.FaultsError](err)
	if !ok {
		t.Fatal(err)
	}
	var got []string
	for _, f := range all.Faults {
		got = append(got, f.Path+" "+f.Code)
	}
	s.same("faults", strings.Join(got, "; "), "rows[1].source codetable.code_missing; rows[1].target codetable.code_missing; rows[2].source codetable.code_too_long; "+
		"rows[3].source codetable.code_invalid; rows[3].target codetable.code_invalid; rows[4].note codetable.note_invalid; rows[5].source codetable.twice; rows[6].note codetable.note_invalid")
	s.refused("unwrapped", err, "codetable.code_missing")
	s.same("nothing is half put", s.held(table), []string{"a=1"})
	_, err = s.Put(s.as(access.Operator), table, make([]codetable.Row, codetable.MaxPut+1))
	s.refused("too many", err, "codetable.too_many")
	_, err = s.Remove(s.as(access.Operator), table, make([]string, codetable.MaxPut+1))
	s.refused("too many", err, "codetable.too_many")
	s.down = errors.New("down")
	if _, err := s.Put(s.as(access.Operator), table, parsed("b=2")); !errors.Is(err, s.down) {
		t.Errorf("a store that is down: %v", err)
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	table := s.table("shops", "a=1", "b=2")
	done, err := s.Remove(s.as(access.Operator), table, []string{"b", "nothing"})
	s.must(err)
	s.same("done", []any{done.Removed, s.held(table)}, []any{1, []string{"a=1"}})
	s.same("nobody can go on for that", []any{s.filled, s.hints}, []any{[][]string{nil}, []ledger.ID(nil)})
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	table := s.table("shops", "a=1", "b=2", "c=3#a")
	page, err := s.Page(s.as(access.Viewer), table, codetable.Filter{Limit: 2})
	s.must(err)
	s.same("first", []any{written(page.Items), page.Next}, []any{[]string{"a=1", "b=2"}, "b"})
	page, err = s.Page(s.as(access.Viewer), table, codetable.Filter{Limit: 2, After: page.Next})
	s.must(err)
	s.same("last", []any{written(page.Items), page.Next}, []any{[]string{"c=3#a"}, ""})
	page, err = s.Page(s.as(access.Viewer), table, codetable.Filter{Text: "a", Limit: 9999})
	s.must(err)
	s.same("found", written(page.Items), []string{"a=1", "c=3#a"})
}

func TestMissing(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	shops, stores := s.table("shops"), s.table("stores")
	s.waits = []codetable.Missing{{Table: 100, Code: "S1", Documents: 5}, {Table: 101, Code: lookup.ReverseMark + "K7", Documents: 2}}
	got, total, err := s.Service.Missing(s.as(access.Viewer), "")
	s.must(err)
	s.same("all", []any{total, got[0].Code, got[0].Reverse, got[1].Code, got[1].Reverse}, []any{2, "S1", false, "K7", true})
	got, total, err = s.Service.Missing(s.as(access.Viewer), stores)
	s.must(err)
	s.same("one table's", []any{total, got[0].Code}, []any{1, "K7"})
	_, _, err = s.Service.Missing(s.as(access.Viewer), shops+"0")
	s.refused("no table", err, "object.missing")
	s.down = errors.New("down")
	if _, _, err := s.Service.Missing(s.as(access.Viewer), ""); !errors.Is(err, s.down) {
		t.Errorf("a store that is down: %v", err)
	}
}

// Every call asks who calls: nobody, another workspace and a role that does not suffice are refused.
func TestAccess(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	table := s.table("shops", "a=1")
	calls := []struct {
		name  string
		least access.Role
		own   bool // is about the caller's workspace rather than a table
		do    func(context.Context) error
	}{
		{"List", access.Viewer, true, func(ctx context.Context) error { _, err := s.Service.List(ctx); return err }},
		{"Missing of all", access.Viewer, true, func(ctx context.Context) error { _, _, err := s.Service.Missing(ctx, ""); return err }},
		{"Missing", access.Viewer, false, func(ctx context.Context) error { _, _, err := s.Service.Missing(ctx, table); return err }},
		{"Get", access.Viewer, false, func(ctx context.Context) error { _, err := s.Get(ctx, table); return err }},
		{"Page", access.Viewer, false, func(ctx context.Context) error { _, err := s.Page(ctx, table, codetable.Filter{}); return err }},
		{"Export", access.Viewer, false, func(ctx context.Context) error {
			_, err := s.Export(ctx, table, "csv", false, &strings.Builder{})
			return err
		}},
		{"Put", access.Operator, false, func(ctx context.Context) error { _, err := s.Put(ctx, table, parsed("a=1")); return err }},
		{"Remove", access.Operator, false, func(ctx context.Context) error { _, err := s.Remove(ctx, table, nil); return err }},
		{"Preview", access.Operator, false, func(ctx context.Context) error {
			_, err := s.Preview(ctx, table, codetable.Import{File: []byte("source,target\n")})
			return err
		}},
		{"Import", access.Operator, false, func(ctx context.Context) error {
			_, err := s.Import(ctx, table, codetable.Import{File: []byte("source,target\n")})
			return err
		}},
		{"Create", access.Editor, true, func(ctx context.Context) error { _, err := s.Create(ctx, "new", ""); return err }},
		{"Rename", access.Editor, false, func(ctx context.Context) error { _, err := s.Service.Rename(ctx, table, "t"); return err }},
		{"Delete", access.Editor, false, func(ctx context.Context) error { return s.Service.Delete(ctx, table) }},
	}
	less := map[access.Role]access.Role{access.Viewer: "", access.Operator: access.Viewer, access.Editor: access.Operator}
	for _, c := range calls {
		s.refused(c.name+" by nobody", c.do(t.Context()), "auth.login_required")
		s.refused(c.name+" by less", c.do(s.as(less[c.least])), "auth.forbidden")
		if !c.own {
			s.refused(c.name+" by strangers", c.do(s.in(2, access.Admin)), "object.missing")
		}
	}
	for _, c := range calls {
		s.must(c.do(s.as(c.least)))
	}
}
