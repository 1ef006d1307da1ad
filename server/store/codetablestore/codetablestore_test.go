package codetablestore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/codetable"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/codetablestore"
	"github.com/karezflow/karez/server/store/parkstore"
	"github.com/karezflow/karez/server/store/storetest"
	"github.com/karezflow/karez/server/usage"
)

// bench is a store in a workspace of its own.
type bench struct {
	*codetablestore.Store

	t  *testing.T
	db *store.DB
	ws ledger.ID
	// released are what releases were asked for, as "version at time: sources, targets".
	released []string
	refuse   error
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		for i, c := range []struct {
			name string
			test func(*bench)
		}{
			{"made, renamed, deleted", tables},
			{"made by many at once", madeTogether},
			{"changed", changed},
			{"a change that fails", unchanged},
			{"changed by many at once", changedTogether},
			{"many rows", many},
			{"found", found},
			{"paged", paged},
			{"missing", missing},
			{"named by flows", named},
			{"a context that is over", givenUp},
			{"with its service", served},
			{"documents go on", goOn},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				b := &bench{t: t, db: db, ws: ledger.ID(100 + i)}
				b.Store = codetablestore.New(db, b.release)
				c.test(b)
			})
		}
	})
}

// release notes what it is asked for, with what it finds in its transaction.
func (b *bench) release(tx *gorm.DB, table ledger.ID, sources, targets []string, now ledger.Millis) ([]ledger.ID, error) {
	version, err := store.One(store.Scan(tx, store.Column[int64], "SELECT version FROM code_table WHERE id = ?", table))
	if err != nil {
		return nil, err
	}
	there, err := store.Scan(tx, store.Column[string], "SELECT source FROM code_row WHERE table_id = ? AND source IN "+store.In(len(sources)), store.Args([]any{table}, sources...)...)
	if err != nil || len(there) != len(sources) {
		return nil, fmt.Errorf("%q are not all there: %q, %w", sources, there, err)
	}
	b.released = append(b.released, fmt.Sprintf("%d at %d: %s, %s", version, now, strings.Join(sources, "|"), strings.Join(targets, "|")))
	return []ledger.ID{7, 8}, b.refuse
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) same(what string, got, want any) {
	b.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func (b *bench) table(name string, rows ...codetable.Row) ledger.ID {
	b.t.Helper()
	id, made, err := b.Insert(b.t.Context(), codetable.Table{Workspace: b.ws, Name: name, Title: "《" + name + "》", Updated: 5})
	if b.must(err); !made {
		b.t.Fatal("not made")
	}
	if len(rows) > 0 {
		_, err := b.Change(b.t.Context(), id, codetable.Change{Put: rows}, 6)
		b.must(err)
	}
	b.released = nil
	return id
}

func row(source, target string) codetable.Row { return codetable.Row{Source: source, Target: target} }

// rows gives the rows of a table as "source=target#note".
func (b *bench) rows(table ledger.ID, q codetable.Query) []string {
	b.t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	list, err := b.List(b.t.Context(), table, q)
	b.must(err)
	out := []string{}
	for _, r := range list {
		out = append(out, strings.TrimSuffix(r.Source+"="+r.Target+"#"+r.Note, "#"))
	}
	return out
}

func (b *bench) exec(statement string, args ...any) {
	b.t.Helper()
	b.must(b.db.Write(b.t.Context(), func(tx *gorm.DB) error { return tx.Exec(statement, args...).Error }))
}

func tables(b *bench) {
	ctx := b.t.Context()
	id := b.table("shops", row("a", "1"), row("b", "1"), row("c", "2"))
	got, err := b.Table(ctx, b.ws, id)
	b.must(err)
	want := codetable.Table{ID: id, Workspace: b.ws, Name: "shops", Title: "《shops》", Version: 1, Rows: 3, Ambiguous: 1, Updated: 6}
	b.same("one", got, want)
	_, made, err := b.Insert(ctx, codetable.Table{Workspace: b.ws, Name: "shops"})
	if b.must(err); made {
		b.t.Error("a name was given twice")
	}
	upper := b.table("SHOPS")
	_, made, err = b.Insert(ctx, codetable.Table{Workspace: b.ws + 1000, Name: "shops"})
	if b.must(err); !made {
		b.t.Error("another workspace has names of its own")
	}
	b.must(b.Rename(ctx, id, "Ω", 9))
	all, err := b.Tables(ctx, b.ws)
	b.must(err)
	want.Title, want.Updated, want.Ambiguous = "Ω", 9, 0
	b.same("all", all, []codetable.Table{want, {ID: upper, Workspace: b.ws, Name: "SHOPS", Title: "《SHOPS》", Updated: 5}})
	if _, err := b.Table(ctx, b.ws+1, id); !errors.Is(err, ledger.ErrNotFound) {
		b.t.Errorf("another workspace's table: %v", err)
	}
	gone, err := b.Delete(ctx, id)
	if b.must(err); !gone {
		b.t.Error("not deleted")
	}
	b.same("its rows", b.rows(id, codetable.Query{}), []string{})
	for what, err := range map[string]error{
		"delete": second(b.Delete(ctx, id)), "rename": b.Rename(ctx, id, "x", 9), "change": second(b.Change(ctx, id, codetable.Change{}, 9)),
		"known": third(b.Known(ctx, id, codetable.Change{})),
	} {
		if !errors.Is(err, ledger.ErrNotFound) {
			b.t.Errorf("%s of what is gone: %v", what, err)
		}
	}
}

func second[A any](_ A, err error) error        { return err }
func third[A, B any](_ A, _ B, err error) error { return err }

func madeTogether(b *bench) {
	var won [4]bool
	storetest.Together(len(won), func(i int) {
		_, made, err := b.Insert(b.t.Context(), codetable.Table{Workspace: b.ws, Name: "one", Updated: 1})
		if won[i] = made; err != nil {
			b.t.Error(err)
		}
	})
	n := 0
	for _, w := range won {
		if w {
			n++
		}
	}
	b.same("winners", n, 1)
}

// Codes are bytes: neither case nor blanks at an end make two of them one.
func changed(b *bench) {
	ctx := b.t.Context()
	id := b.table("t", row("A1", "x"), row("A2", "y"), row("A3", "z"))
	done, err := b.Change(ctx, id, codetable.Change{Put: []codetable.Row{
		row("a1", "x"), row("A1 ", "x"), row("A1", "X"), {Source: "A2", Target: "y", Note: "备注\n二"}, row("A3", "z"), row("店", "客"),
	}}, 9)
	b.must(err)
	b.same("done", done, codetable.Done{Version: 2, Added: 3, Changed: 2, Unchanged: 1, Work: []ledger.ID{7, 8}})
	b.same("rows", b.rows(id, codetable.Query{}), []string{"A1=X", "A1 =x", "A2=y#备注\n二", "A3=z", "a1=x", "店=客"})
	b.same("released", b.released, []string{"2 at 9: a1|A1 |A1|店, X|x|客"})
	list, err := b.List(ctx, id, codetable.Query{Limit: 3})
	b.must(err)
	b.same("who shares a target, and when it was written", list[1], codetable.Row{Source: "A1 ", Target: "x", Shared: 1, Updated: 9})

	done, err = b.Change(ctx, id, codetable.Change{Put: []codetable.Row{row("A3", "z"), {Source: "A2", Target: "y", Note: "n"}}, Version: 2}, 10)
	b.must(err)
	b.same("a note alone", done, codetable.Done{Version: 3, Changed: 1, Unchanged: 1})
	done, err = b.Change(ctx, id, codetable.Change{Put: []codetable.Row{row("A3", "z")}}, 11)
	b.must(err)
	b.same("nothing", done, codetable.Done{Version: 3, Unchanged: 1})
	done, err = b.Change(ctx, id, codetable.Change{Remove: []string{"A1", "nobody"}}, 12)
	b.must(err)
	b.same("removed", done, codetable.Done{Version: 4, Removed: 1})
	done, err = b.Change(ctx, id, codetable.Change{Put: []codetable.Row{row("A3", "z"), row("B", "b")}, Replace: true}, 13)
	b.must(err)
	b.same("replaced", done, codetable.Done{Version: 5, Added: 1, Removed: 4, Unchanged: 1, Work: []ledger.ID{7, 8}})
	b.same("rows", b.rows(id, codetable.Query{}), []string{"A3=z", "B=b"})
	b.same("released", b.released, []string{"2 at 9: a1|A1 |A1|店, X|x|客", "5 at 13: B, b"})
	t, err := b.Table(ctx, b.ws, id)
	b.must(err)
	b.same("table", []int64{t.Version, int64(t.Updated)}, []int64{5, 13})
}

func unchanged(b *bench) {
	ctx := b.t.Context()
	id := b.table("t", row("a", "1"))
	change := codetable.Change{Put: []codetable.Row{row("a", "2"), row("b", "3")}, Version: 7}
	if _, err := b.Change(ctx, id, change, 9); fault.CodeOf(err) != "codetable.changed" {
		b.t.Errorf("another version: %v", err)
	}
	change.Version, b.refuse = 1, errors.New("can't be released")
	if _, err := b.Change(ctx, id, change, 9); !errors.Is(err, b.refuse) {
		b.t.Errorf("a release that fails: %v", err)
	}
	b.refuse = nil
	b.same("rows", b.rows(id, codetable.Query{}), []string{"a=1"})
	known, version, err := b.Known(ctx, id, change)
	b.must(err)
	b.same("known", []any{known, version}, []any{[]codetable.Row{row("a", "1")}, int64(1)})
}

// Of many who change one version one wins; those who name none all do, and every
// change has a version of its own.
func changedTogether(b *bench) {
	id := b.table("t", row("a", "1"))
	b.Store = codetablestore.New(b.db, func(*gorm.DB, ledger.ID, []string, []string, ledger.Millis) ([]ledger.ID, error) { return nil, nil })
	for _, version := range []int64{1, 0} {
		var done [6]codetable.Done
		storetest.Together(len(done), func(i int) {
			var err error
			done[i], err = b.Change(b.t.Context(), id, codetable.Change{Put: []codetable.Row{row(fmt.Sprint(version, i), "x")}, Version: version}, 9)
			if err != nil && (version == 0 || fault.CodeOf(err) != "codetable.changed") {
				b.t.Error(err)
			}
		})
		var versions []int64
		for _, d := range done {
			if d.Added == 1 {
				versions = append(versions, d.Version)
			}
		}
		slices.Sort(versions)
		b.same("versions", versions, map[int64][]int64{1: {2}, 0: {3, 4, 5, 6, 7, 8}}[version])
	}
}

func many(b *bench) {
	ctx := b.t.Context()
	var rows []codetable.Row
	var sources []string
	for i := range 3000 {
		rows = append(rows, row(fmt.Sprintf("s%05d", i), fmt.Sprint(i)))
		sources = append(sources, rows[i].Source)
	}
	b.Store = codetablestore.New(b.db, func(_ *gorm.DB, _ ledger.ID, filled, _ []string, _ ledger.Millis) ([]ledger.ID, error) {
		b.same("filled", filled, sources)
		return nil, nil
	})
	id := b.table("t", rows...)
	done, err := b.Change(ctx, id, codetable.Change{Put: rows}, 9)
	b.must(err)
	b.same("again", done, codetable.Done{Version: 1, Unchanged: 3000})
	done, err = b.Change(ctx, id, codetable.Change{Put: rows[:1], Replace: true}, 9)
	b.must(err)
	b.same("but one", done, codetable.Done{Version: 2, Removed: 2999, Unchanged: 1})
}

func found(b *bench) {
	id := b.table("t", codetable.Row{Source: "SHOP_1", Target: "C%1", Note: "天猫 Flagship"}, row("SHOP11", "C!1"), row("x", "C%1"))
	for text, want := range map[string][]string{
		"shop_": {"SHOP_1=C%1#天猫 Flagship"}, "c%": {"SHOP_1=C%1#天猫 Flagship", "x=C%1"}, "!": {"SHOP11=C!1"}, "天猫": {"SHOP_1=C%1#天猫 Flagship"},
		"flagSHIP": {"SHOP_1=C%1#天猫 Flagship"}, "nothing": {}, "\xFF": {},
	} {
		b.same(text, b.rows(id, codetable.Query{Text: text}), want)
	}
	b.same("shared", b.rows(id, codetable.Query{Shared: true}), []string{"SHOP_1=C%1#天猫 Flagship", "x=C%1"})
	b.same("shared and found", b.rows(id, codetable.Query{Shared: true, Text: "x"}), []string{"x=C%1"})
}

func paged(b *bench) {
	id := b.table("t", row("a", "1"), row("B", "1"), row("b", "2"), row("店", "3"))
	b.same("first", b.rows(id, codetable.Query{Limit: 2}), []string{"B=1", "a=1"})
	b.same("second", b.rows(id, codetable.Query{Limit: 2, After: "a"}), []string{"b=2", "店=3"})
	b.same("last", b.rows(id, codetable.Query{Limit: 2, After: "店"}), []string{})
}

// document makes a document of a flow that waits for codes of a table.
func (b *bench) document(flow int64, no int, number string, state ledger.State, table ledger.ID, codes ...string) ledger.ID {
	id := flow*100 + int64(no)
	b.exec("INSERT INTO document (id, workspace_id, stream_id, doc_key, number, latest_rev, active_rev, src_hash, state, run_id, version_id, updated_at) VALUES (?,?,?,?,?,1,1,0,?,1,1,1)",
		id, b.ws, flow, fmt.Sprint("key", no), number, state)
	for _, code := range codes {
		b.exec("INSERT INTO wait (kind, ref_id, value, document_id) VALUES ('code',?,?,?)", table, code, id)
	}
	return ledger.ID(id)
}

func (b *bench) flow(draft string, versions ...string) int64 {
	id, err := b.db.NextIDs(b.t.Context(), 10)
	b.must(err)
	b.exec("INSERT INTO flow (id, workspace_id, public_id, name, title, draft, updated_at) VALUES (?,?,?,'n',?,?,1)", id, b.ws, fmt.Sprint("f", id), fmt.Sprint("方案", id), draft)
	b.exec("INSERT INTO stream (id, workspace_id, flow_id, node_id, kind) VALUES (?,?,?,'s','source')", id, b.ws, id)
	for i, v := range versions {
		b.exec("INSERT INTO flow_version (id, workspace_id, flow_id, version_no, document, created_at) VALUES (?,?,?,?,?,1)", int64(id)+int64(i), b.ws, id, i+1, v)
	}
	return int64(id)
}

func missing(b *bench) {
	ctx := b.t.Context()
	shops, stores := b.table("shops", row("known", "1")), b.table("stores")
	f := b.flow("{}")
	first := b.document(f, 1, "TH-1", ledger.Unmapped, shops, "S1", "S2")
	b.document(f, 2, "TH-2", ledger.Unmapped, shops, "S1")
	unnumbered := b.document(f, 3, "", ledger.Unmapped, stores, lookup.ReverseMark+"K")
	b.document(f, 4, "TH-4", ledger.Skipped, shops, "S1", "S3")
	b.exec("INSERT INTO wait (kind, ref_id, value, document_id) VALUES ('lookup',?,'x',?)", shops, first)
	title, public := fmt.Sprint("方案", f), fmt.Sprint("f", f)
	want := []codetable.Missing{
		{Table: shops, Name: "shops", TableTitle: "《shops》", Code: "S1", Documents: 2, Document: first, Number: "TH-1", Flow: public, FlowTitle: title},
		{Table: shops, Name: "shops", TableTitle: "《shops》", Code: "S2", Documents: 1, Document: first, Number: "TH-1", Flow: public, FlowTitle: title},
		{Table: stores, Name: "stores", TableTitle: "《stores》", Code: lookup.ReverseMark + "K", Documents: 1, Document: unnumbered, Number: "key3", Flow: public, FlowTitle: title},
	}
	got, total, err := b.Missing(ctx, b.ws, 0, 10)
	b.must(err)
	b.same("all", []any{got, total}, []any{want, 3})
	got, total, err = b.Missing(ctx, b.ws, shops, 1)
	b.must(err)
	b.same("the first of one table's", []any{got, total}, []any{want[:1], 2})
	got, total, err = b.Missing(ctx, b.ws+1, 0, 10)
	b.must(err)
	b.same("another workspace's", []any{len(got), total}, []any{0, 0})
	all, err := b.Tables(ctx, b.ws)
	b.must(err)
	b.same("counted", [][2]int{{all[0].Missing, all[0].Waiting}, {all[1].Missing, all[1].Waiting}}, [][2]int{{2, 2}, {1, 1}})
	gone, err := b.Delete(ctx, shops)
	if b.must(err); gone {
		b.t.Error("a table was deleted that documents wait for")
	}
	b.exec("UPDATE document SET state = ? WHERE stream_id = ?", ledger.Skipped, f)
	gone, err = b.Delete(ctx, shops)
	if b.must(err); !gone {
		b.t.Error("a table that nobody waits for any more stays")
	}
	left, err := store.Scan(b.db.Read(ctx), store.Column[string], "SELECT kind FROM wait WHERE ref_id = ?", shops)
	b.must(err)
	b.same("waits of others", left, []string{"lookup"})
}

func named(b *bench) {
	table := `{"spec":{"nodes":[{"settings":{"table":"a"}}]}}`
	one := b.flow(table, `{"spec":{"table":"older"}}`, `{"spec":{"codeTable":"b"}}`)
	b.flow("{}", "{}")
	got, err := b.Documents(b.t.Context(), b.ws)
	b.must(err)
	id, title := fmt.Sprint("f", one), fmt.Sprint("方案", one)
	b.same("documents", got, []usage.Document{{Flow: usage.Flow{ID: id, Title: title}, Text: []byte(table)}, {Flow: usage.Flow{ID: id, Title: title}, Text: []byte(`{"spec":{"codeTable":"b"}}`)}})
}

func givenUp(b *bench) {
	id := b.table("t")
	ctx, cancel := context.WithCancel(b.t.Context())
	cancel()
	for what, err := range map[string]error{
		"Tables": second(b.Tables(ctx, b.ws)), "Table": second(b.Table(ctx, b.ws, id)), "Insert": third(b.Insert(ctx, codetable.Table{Workspace: b.ws, Name: "x"})),
		"Rename": b.Rename(ctx, id, "x", 1), "Delete": second(b.Delete(ctx, id)), "Documents": second(b.Documents(ctx, b.ws)),
		"List": second(b.List(ctx, id, codetable.Query{Limit: 1})), "Change": second(b.Change(ctx, id, codetable.Change{Put: []codetable.Row{row("a", "1")}}, 1)),
		"Known": third(b.Known(ctx, id, codetable.Change{})), "Missing": third(b.Missing(ctx, b.ws, 0, 1)),
	} {
		if !errors.Is(err, context.Canceled) {
			b.t.Errorf("%s: %v", what, err)
		}
	}
}

// The service over the database: what is exported, read again and imported is the same.
func served(b *bench) {
	s := codetable.New(codetable.Config{Store: b.Store, Clock: func() time.Time { return time.UnixMilli(5) }, Log: slog.New(slog.DiscardHandler)})
	ctx := access.With(b.t.Context(), access.Principal{Workspace: b.ws, Role: access.Editor})
	table, err := s.Create(ctx, "shops", "")
	b.must(err)
	id := fmt.Sprint(table.ID)
	_, err = s.Import(ctx, id, codetable.Import{File: []byte("源编码,目标编码,备注\n007,客户,\n1E5, 首尾 ,\"n\nm\"\n店铺,=1+1,\n")})
	b.must(err)
	var file bytes.Buffer
	_, err = s.Export(ctx, id, "xlsx", true, &file)
	b.must(err)
	again, err := s.Preview(ctx, id, codetable.Import{File: file.Bytes(), Replace: true})
	b.must(err)
	b.same("again", again.Done, codetable.Done{Version: 1, Unchanged: 3})
	b.same("rows", b.rows(table.ID, codetable.Query{}), []string{"007=客户", "1E5= 首尾 #n\nm", "店铺==1+1"})
}

// hints notes what is announced.
type hints []ledger.ID

// Publish implements codetable.Hints.
func (h *hints) Publish(_ context.Context, _ int, work []ledger.ID) error {
	*h = append(*h, work...)
	return nil
}

// A document that waits for a code goes on when the code is filled, and for one of the
// target side when a row leads to it; a row that neither waits for changes nothing.
func goOn(b *bench) {
	var announced hints
	s := codetable.New(codetable.Config{
		Store: codetablestore.New(b.db, parkstore.New(b.db).ReleaseCodes), Hints: &announced, Clock: func() time.Time { return time.UnixMilli(5) }, Log: slog.New(slog.DiscardHandler),
	})
	ctx := access.With(b.t.Context(), access.Principal{Workspace: b.ws, Role: access.Operator})
	table := b.table("shops")
	f := b.flow("{}")
	forth, back := b.document(f, 1, "TH-1", ledger.Unmapped, table, "S1"), b.document(f, 2, "TH-2", ledger.Unmapped, table, lookup.CodePlace("K1", true))
	states := func() []ledger.State {
		found, err := store.Scan(b.db.Read(ctx), store.Column[ledger.State], "SELECT state FROM document WHERE id IN (?,?) ORDER BY id", forth, back)
		b.must(err)
		return found
	}
	for _, step := range []struct {
		row    codetable.Row
		states []ledger.State
		codes  int
	}{
		{row("S0", "S1"), []ledger.State{ledger.Unmapped, ledger.Unmapped}, 2},
		{row("S1", "K0"), []ledger.State{ledger.Waiting, ledger.Unmapped}, 1},
		{row("S2", "K1"), []ledger.State{ledger.Waiting, ledger.Waiting}, 0},
	} {
		_, err := s.Put(ctx, fmt.Sprint(table), []codetable.Row{step.row})
		b.must(err)
		b.same("states", states(), step.states)
		_, codes, err := s.Missing(ctx, "")
		b.must(err)
		b.same("codes that are missing", codes, step.codes)
	}
	work, err := store.Scan(b.db.Read(ctx), store.Column[ledger.ID], "SELECT work_id FROM document WHERE id IN (?,?) ORDER BY id", forth, back)
	b.must(err)
	b.same("announced", []ledger.ID(announced), work)
}
