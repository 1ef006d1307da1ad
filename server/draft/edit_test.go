package draft_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.create("  订单 → 单据 ")
	want := draft.Flow{
		ID: f.ID, Workspace: 1, PublicID: "flow-1", Title: "订单 → 单据", DraftVersion: 1, Dirty: true, Updated: 1_760_000_000_000, Problems: []flow.Problem{},
		Document: []byte(`{"apiVersion":"karez/v1","kind":"Flow","metadata":{"id":"flow-1","title":"订单 → 单据"},"spec":{"nodes":[],"edges":[]}}`),
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("an empty flow (-want +got):\n%s", diff)
	}

	tests := map[string]struct {
		title, document string
		want, code      string
	}{
		"of a document":            {"", `{"metadata":{"id":"theirs","name":"n","title":"T"}}`, `"metadata":{"id":"flow-2","name":"n","title":"T"}`, ""},
		"with another title":       {"New", `{"metadata":{"id":"theirs","title":"T"}}`, `"title":"New"`, ""},
		"a title of a wrong type":  {"New", `{"metadata":{"title":7}}`, `"title":"New"`, ""},
		"an id of a wrong type":    {"New", `{"metadata":{"id":{}}}`, `"metadata":{"id":"flow-`, ""},
		"metadata that is a text":  {"New", `{"metadata":"x"}`, `"title":"New"`, ""},
		"unknown members are kept": {"New", `{"spec":{"nodes":[{"id":"a","colour":"红"}]},"x":1.50}`, `{"id":"a","colour":"红"}`, ""},
		"of YAML":                  {"", "metadata: {title: Y}", `"title":"Y"`, ""},
		"without any title":        {" ", `{"metadata":{"name":"n"}}`, "", "flow.title_missing"},
		"a long title":             {strings.Repeat("长", 191), "", "", "flow.name_too_long"},
		"half a document":          {"T", `{"metadata":`, "", "flow.syntax"},
		"a list":                   {"T", `[]`, "", "flow.not_an_object"},
		"a member twice":           {"T", `{"kind":"a","kind":"b"}`, "", "flow.duplicate_member"},
		"several":                  {"T", "metadata: {title: a}\n---\nmetadata: {title: b}", "", "flow.several_documents"},
		"too large":                {"T", `{"x":"` + strings.Repeat("x", flow.MaxSize) + `"}`, "", "flow.too_large"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.create("first")
			f, err := b.Create(b.editor(), tt.title, []byte(tt.document))
			is(t, name, err, tt.code)
			if tt.code == "" && (!strings.Contains(string(f.Document), tt.want) || f.PublicID != "flow-2") {
				t.Errorf("%s: %s", f.PublicID, f.Document)
			}
		})
	}
}

// A draft saves whatever problems it has, and they are told.
func TestSave(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.create("first")
	b.clock.Pass(time.Minute)
	saved, err := b.Save(b.editor(), f.PublicID, f.DraftVersion, titled("bad and bad, warned"))
	if err != nil {
		t.Fatal(err)
	}
	if saved.DraftVersion != 2 || saved.Title != "bad and bad, warned" || saved.Blocking != 2 || len(saved.Problems) != 3 || saved.Updated != f.Updated+60_000 || saved.ID != f.ID {
		t.Errorf("%+v", saved)
	}
	if !strings.Contains(string(saved.Document), `"id":"flow-1"`) {
		t.Errorf("the flow lost its id: %s", saved.Document)
	}

	// Somebody else saved meanwhile: nothing is stored, and what they saved is shown.
	other, err := b.Save(b.editor(), f.PublicID, f.DraftVersion, titled("late"))
	is(t, "late", err, "flow.conflict")
	if diff := cmp.Diff(saved, other); diff != "" {
		t.Errorf("current (-want +got):\n%s", diff)
	}
	// A repeat whose answer was lost is no conflict.
	again, err := b.Save(b.editor(), f.PublicID, f.DraftVersion, titled("bad and bad, warned"))
	is(t, "the same again", err, "")
	if diff := cmp.Diff(saved, again); diff != "" {
		t.Errorf("the same again (-want +got):\n%s", diff)
	}
	for _, version := range []int64{0, -1, 3} {
		_, err := b.Save(b.editor(), f.PublicID, version, titled("x"))
		is(t, "a version that never was", err, "flow.conflict")
	}
	for what, bad := range map[string]struct{ document, code string }{
		"nothing": {"", "flow.syntax"}, "no JSON": {`{"a":1`, "flow.syntax"}, "a long title": {string(titled(strings.Repeat("x", 191))), "flow.name_too_long"},
	} {
		_, err := b.Save(b.editor(), f.PublicID, 2, []byte(bad.document))
		is(t, what, err, bad.code)
	}
	// Ids that can't be published are problems of the draft, not errors.
	long := `{"metadata":{"title":"T"},"spec":{"nodes":[{"id":"` + strings.Repeat("n", 65) + `"}]}}`
	saved, err = b.Save(b.editor(), f.PublicID, 2, []byte(long))
	if err != nil || len(saved.Problems) != 1 || saved.Problems[0].Code != "flow.node_id_invalid" || saved.Problems[0].Path != "spec.nodes[0].id" {
		t.Errorf("%+v, %v", saved.Problems, err)
	}
}

func TestManySaveAndOneWins(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.create("first")
	var won atomic.Int32
	storetest.Together(16, func(i int) {
		got, err := b.Save(b.editor(), f.PublicID, 1, titled(fmt.Sprint("by ", i)))
		if err == nil {
			won.Add(1)
		} else if fault.CodeOf(err) != "flow.conflict" || got.DraftVersion != 2 {
			t.Errorf("%+v, %v", got, err)
		}
	})
	if won.Load() != 1 {
		t.Errorf("%d saved over version 1", won.Load())
	}
}

// What a draft depends on changes without it.
func TestGetCountsAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.create("T")
	listed := func() int {
		t.Helper()
		page, err := b.List(b.editor(), draft.Query{})
		if err != nil || len(page.Items) != 1 {
			t.Fatal(page, err)
		}
		return page.Items[0].Blocking
	}
	b.checker.finds(flow.Problem{Path: "spec.nodes[0]", Code: "connection.unknown", Blocking: true})
	if n := listed(); n != 0 {
		t.Errorf("%d before anybody looked", n)
	}
	got, err := b.Get(b.as(1, access.Viewer), f.PublicID)
	if err != nil || got.Blocking != 1 || len(got.Problems) != 1 || listed() != 1 || got.Updated != f.Updated {
		t.Errorf("%+v, %v, listed %d", got, err, listed())
	}
	b.checker.finds()
	if got, err := b.Get(b.editor(), f.PublicID); err != nil || got.Blocking != 0 || got.Problems == nil || listed() != 0 {
		t.Errorf("%+v, %v, listed %d", got, err, listed())
	}
	for _, ws := range b.checker.workspaces {
		if ws != 1 {
			t.Errorf("checked in workspace %d", ws)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 7 {
		b.create(fmt.Sprint("Flow ", i))
		b.clock.Pass(time.Duration(i%2) * time.Second)
	}
	var titles []string
	q := draft.Query{Limit: 3}
	for pages := 1; ; pages++ {
		page, err := b.List(b.as(1, access.Viewer), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range page.Items {
			titles = append(titles, f.Title[5:])
			if f.Document != nil || f.Problems != nil {
				t.Error("a list carries documents")
			}
		}
		if q.After = page.Next; q.After == "" {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
	}
	if got := strings.Join(titles, ""); got != "6543210" {
		t.Errorf("listed %s", got)
	}
	for text, want := range map[string]int{"flow 3": 1, " FLOW ": 7, "%": 0} {
		if page, err := b.List(b.editor(), draft.Query{Text: text, Limit: 1000}); err != nil || len(page.Items) != want || page.Next != "" {
			t.Errorf("%q: %d, %v", text, len(page.Items), err)
		}
	}
	for _, after := range []string{"x", "1", "1-", "-1", "1-2-3", "1-2 OR 1=1"} {
		_, err := b.List(b.editor(), draft.Query{After: after})
		is(t, after, err, "list.cursor_invalid")
	}
	if page, err := b.List(b.editor(), draft.Query{Limit: -1}); err != nil || len(page.Items) != 7 {
		t.Errorf("%d, %v", len(page.Items), err)
	}
}

func TestListIsBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 201 {
		if err := b.store.InsertFlows(t.Context(), 1, []draft.Prepared{{PublicID: fmt.Sprint("f", i), Contents: draft.Contents{Title: "T", Document: titled("T")}}}, 1); err != nil {
			t.Fatal(err)
		}
	}
	for limit, want := range map[int]int{0: 50, 200: 200, 100_000: 200} {
		if page, err := b.List(b.editor(), draft.Query{Limit: limit}); err != nil || len(page.Items) != want || page.Next == "" {
			t.Errorf("limit %d gives %d, %v", limit, len(page.Items), err)
		}
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.create("first")
	if _, err := b.PublishDraft(b.editor(), f.PublicID, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := b.SetEnabled(b.editor(), f.PublicID, true); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Save(b.editor(), f.PublicID, 1, titled("draft of it")); err != nil {
		t.Fatal(err)
	}
	c, err := b.Copy(b.editor(), f.PublicID, "second")
	if err != nil || c.PublicID == f.PublicID || c.ID == f.ID || c.Title != "second" || c.Enabled || c.Published != 0 || c.DraftVersion != 1 || !c.Dirty {
		t.Errorf("%+v, %v", c, err)
	}
	if strings.Contains(string(c.Document), f.PublicID) {
		t.Errorf("the copy names the original: %s", c.Document)
	}
	if c, err = b.Copy(b.editor(), f.PublicID, ""); err != nil || c.Title != "draft of it" {
		t.Errorf("%+v, %v", c, err)
	}
	_, err = b.Copy(b.editor(), f.PublicID, strings.Repeat("x", 191))
	is(t, "a long title", err, "flow.name_too_long")
}

func TestDelete(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.create("T")
	for hold, code := range map[draft.Hold]string{
		draft.HeldByEnabled: "flow.enabled", draft.HeldByRun: "flow.in_run", draft.HeldByDocuments: "flow.has_documents",
	} {
		err := b.over(holding{b.store, hold}).Delete(b.editor(), f.PublicID)
		if is(t, "delete", err, code); fault.From(err).Hint == "" {
			t.Errorf("%s has no hint", code)
		}
	}
	is(t, "free", b.Delete(b.editor(), f.PublicID), "")
	is(t, "twice", b.Delete(b.editor(), f.PublicID), "object.missing")
	_, err := b.Get(b.editor(), f.PublicID)
	is(t, "gone", err, "object.missing")
}

// holding is a database in which something holds every flow.
type holding struct {
	draft.Store
	hold draft.Hold
}

func (h holding) DeleteFlow(context.Context, ledger.ID) (draft.Hold, error) { return h.hold, nil }

func TestValidate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for document, want := range map[string]string{
		string(titled("fine")): "", string(titled("bad warned")): "test.bad test.warned", `{"a":`: "flow.syntax", "a: 1\n---\nb: 2": "flow.several_documents",
		string(titled(strings.Repeat("x", 191))): "flow.name_too_long", `{"spec":{"nodes":[{"id":"a b"}]}}`: "flow.node_id_invalid",
	} {
		problems, err := b.Validate(b.editor(), []byte(document))
		var codes []string
		for _, p := range problems {
			codes = append(codes, p.Code)
		}
		if got := strings.Join(codes, " "); err != nil || got != want || problems == nil {
			t.Errorf("%.60s: %s, %v, want %s", document, got, err, want)
		}
	}
	if page, err := b.List(b.editor(), draft.Query{}); err != nil || len(page.Items) != 0 {
		t.Errorf("validating stored %d flows, %v", len(page.Items), err)
	}
}

// broken is a database of which one call fails.
type broken struct {
	draft.Store
	call string
}

var errDown = errors.New("the database is down")

func (b broken) fail(call string) error {
	if b.call == call {
		return errDown
	}
	return nil
}

func (b broken) Flow(ctx context.Context, ws ledger.ID, id string) (draft.Flow, error) {
	f, err := b.Store.Flow(ctx, ws, id)
	return f, errors.Join(b.fail("Flow"), err)
}

func (b broken) SaveDraft(ctx context.Context, id ledger.ID, old int64, c draft.Contents, now ledger.Millis) (bool, error) {
	if err := b.fail("SaveDraft"); err != nil {
		return false, err
	}
	return b.Store.SaveDraft(ctx, id, old, c, now)
}

func (b broken) SetBlocking(context.Context, ledger.ID, int64, int) error {
	return b.fail("SetBlocking")
}

func (b broken) DeleteFlow(ctx context.Context, id ledger.ID) (draft.Hold, error) {
	if err := b.fail("DeleteFlow"); err != nil {
		return draft.Free, err
	}
	return b.Store.DeleteFlow(ctx, id)
}

func (b broken) NodeNumbers(ctx context.Context, id ledger.ID, nodes []string) (map[string]int, error) {
	if err := b.fail("NodeNumbers"); err != nil {
		return nil, err
	}
	return b.Store.NodeNumbers(ctx, id, nodes)
}

func TestADatabaseThatFails(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.create("T")
	for call, do := range map[string]func(*draft.Service) error{
		"Flow":        func(s *draft.Service) error { _, err := s.Get(b.editor(), f.PublicID); return err },
		"SaveDraft":   func(s *draft.Service) error { _, err := s.Save(b.editor(), f.PublicID, 1, titled("x")); return err },
		"DeleteFlow":  func(s *draft.Service) error { return s.Delete(b.editor(), f.PublicID) },
		"NodeNumbers": func(s *draft.Service) error { _, err := s.PublishDraft(b.editor(), f.PublicID, ""); return err },
	} {
		if err := do(b.over(broken{b.store, call})); !errors.Is(err, errDown) {
			t.Errorf("%s: %v", call, err)
		}
	}
	b.checker.finds(flow.Problem{Blocking: true})
	if _, err := b.over(broken{b.store, "SetBlocking"}).Get(b.editor(), f.PublicID); !errors.Is(err, errDown) {
		t.Errorf("SetBlocking: %v", err)
	}
	b.checker.finds()
	if got, err := b.Get(b.editor(), f.PublicID); err != nil || got.DraftVersion != 1 || got.Published != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestCreateMany: flows of one text use each other as they did, or none is there.
func TestCreateMany(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	many := func(text string) []*flow.Document {
		t.Helper()
		docs, err := flow.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return docs
	}
	const two = `
apiVersion: karez/v1
kind: Flow
metadata: {id: banks, title: 银行}
spec: {uses: {pay: {flow: bill}, far: {flow: elsewhere}}, nodes: [], edges: []}
---
apiVersion: karez/v1
kind: Flow
metadata: {id: bill, title: TITLE}
spec: {uses: {banks: {flow: banks}}, nodes: [], edges: []}
`
	made, err := b.CreateMany(b.editor(), many(strings.Replace(two, "TITLE", "付款", 1)))
	if err != nil || len(made) != 2 || made[0].Title != "银行" || made[1].Title != "付款" {
		t.Fatalf("%+v, %v", made, err)
	}
	uses, back := many(string(made[0].Document))[0].Spec.Uses, many(string(made[1].Document))[0].Spec.Uses
	if uses["pay"].Flow != made[1].PublicID || uses["far"].Flow != "elsewhere" || back["banks"].Flow != made[0].PublicID {
		t.Errorf("%+v, %+v", uses, back)
	}
	for title, code := range map[string]string{`""`: "flow.title_missing", strings.Repeat("长", 1000): "flow.name_too_long"} {
		if _, err := b.CreateMany(b.editor(), many(strings.Replace(two, "TITLE", title, 1))); fault.CodeOf(err) != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
	if _, err := b.CreateMany(b.as(1, access.Viewer), many(two)); fault.CodeOf(err) != "auth.forbidden" {
		t.Error(err)
	}
	if page, err := b.List(b.editor(), draft.Query{}); err != nil || len(page.Items) != 2 {
		t.Errorf("%d flows, %v", len(page.Items), err)
	}
}
