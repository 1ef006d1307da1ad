package draft_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/draft"
)

// twice makes a flow with two versions and a draft that is ahead of them.
func (b *bench) twice() draft.Flow {
	b.t.Helper()
	f := b.create("one")
	for version, title := range []string{"one", "two", "three"} {
		saved, err := b.Save(b.editor(), f.PublicID, max(int64(version), 1), titled(title))
		if err != nil {
			b.t.Fatal(err)
		}
		if f = saved; title == "three" {
			break
		}
		if f, err = b.PublishDraft(b.editor(), f.PublicID, title); err != nil {
			b.t.Fatal(err)
		}
	}
	return f
}

func TestRollback(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.twice()
	if f.Published != 2 || !f.Dirty || f.Title != "three" {
		t.Fatalf("%+v", f)
	}
	back, err := b.Rollback(b.editor(), f.PublicID, draft.Rollback{No: 1, Note: "back to one"})
	if err != nil || back.Published != 3 || back.Title != "three" || !back.Dirty || back.DraftVersion != f.DraftVersion {
		t.Fatalf("the draft was not kept: %+v, %v", back, err)
	}
	h, err := b.History(b.editor(), f.PublicID)
	if err != nil || h.Versions[0].From != 1 || h.Versions[0].Note != "back to one" || h.Versions[0].Author != "Ada" || h.Versions[0].Hash != h.Versions[2].Hash || h.Versions[1].From != 0 {
		t.Errorf("%+v, %v", h.Versions, err)
	}
	_, doc, _, err := b.Load(t.Context(), back.PublishedID)
	if err != nil || doc.Metadata.Title != "one" {
		t.Errorf("%+v, %v", doc, err)
	}
	// An answer that was lost is asked for again.
	if again, err := b.Rollback(b.editor(), f.PublicID, draft.Rollback{No: 1}); err != nil || again.Published != 3 {
		t.Errorf("%+v, %v", again, err)
	}
	for _, no := range []int{0, -1, 4} {
		_, err := b.Rollback(b.editor(), f.PublicID, draft.Rollback{No: no})
		is(t, "no such version", err, "object.missing")
	}
}

func TestRollbackOfTheDraft(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.twice()
	stale, err := b.Rollback(b.editor(), f.PublicID, draft.Rollback{No: 1, Draft: true, IfVersion: f.DraftVersion - 1})
	is(t, "a draft that was saved meanwhile", err, "flow.conflict")
	if stale.Title != "three" || stale.Published != 2 {
		t.Errorf("%+v", stale)
	}
	back, err := b.Rollback(b.editor(), f.PublicID, draft.Rollback{No: 1, Draft: true, IfVersion: f.DraftVersion})
	if err != nil || back.Published != 3 || back.Title != "one" || back.Dirty {
		t.Errorf("%+v, %v", back, err)
	}
}

// What blocks by now is refused, however well it ran once.
func TestRollbackToWhatBlocksNow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.twice()
	b.checker.finds(flow.Problem{Code: "connection.missing", Message: "the connection is gone", Blocking: true})
	_, err := b.Rollback(b.editor(), f.PublicID, draft.Rollback{No: 1, Draft: true, IfVersion: f.DraftVersion})
	var refused *draft.ProblemsError
	if !errors.As(err, &refused) || len(refused.ListProblems()) != 1 {
		t.Fatalf("%v", err)
	}
	b.checker.finds()
	if now, err := b.Get(b.editor(), f.PublicID); err != nil || now.Published != 2 || now.Title != "three" {
		t.Errorf("%+v, %v", now, err)
	}
}

// A version brings the derived operations along that it was published with.
func TestRollbackOfDerivedOperations(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ops := &fixed{}
	b.Service = b.Using(ops)
	f := b.create("one")
	ops.body = `{"base":"query"}`
	if _, err := b.PublishDraft(b.editor(), f.PublicID, ""); err != nil {
		t.Fatal(err)
	}
	ops.body = `{"base":"other"}`
	two, err := b.PublishDraft(b.editor(), f.PublicID, "")
	if err != nil || two.Published != 2 {
		t.Fatalf("%+v, %v", two, err)
	}
	back, err := b.Rollback(b.editor(), f.PublicID, draft.Rollback{No: 1})
	if err != nil || back.Published != 3 || !back.Dirty {
		t.Fatalf("%+v, %v", back, err)
	}
	doc, err := b.Whole(b.editor(), f.PublicID, 3)
	if err != nil || !strings.Contains(string(doc.JSON()), `{"base":"query"}`) {
		t.Errorf("%s, %v", doc.JSON(), err)
	}
	if doc, err = b.Whole(b.editor(), f.PublicID, 0); err != nil || !strings.Contains(string(doc.JSON()), `{"base":"other"}`) {
		t.Errorf("%s, %v", doc.JSON(), err)
	}
}

// fixed is one derived operation that every document uses.
type fixed struct{ body string }

func (f *fixed) Embedded(context.Context, ledger.ID, *flow.Document) (map[string]json.RawMessage, error) {
	return map[string]json.RawMessage{"mine": json.RawMessage(f.body)}, nil
}

func (*fixed) Restore(context.Context, ledger.ID, *flow.Document) error { return nil }

// Who saved the draft is told under the version that came of it.
func TestWhoChangedWhat(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.create("one")
	bob := access.With(t.Context(), access.Principal{Workspace: 1, User: 4, Name: "Bob", Role: access.Editor})
	b.clock.Pass(time.Second)
	f, err := b.Save(bob, f.PublicID, f.DraftVersion, titled("two"))
	if err != nil {
		t.Fatal(err)
	}
	b.clock.Pass(time.Second)
	if f, err = b.Save(b.editor(), f.PublicID, f.DraftVersion, titled("three")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.PublishDraft(bob, f.PublicID, ""); err != nil {
		t.Fatal(err)
	}
	if _, err = b.Save(bob, f.PublicID, f.DraftVersion, titled("four")); err != nil {
		t.Fatal(err)
	}
	h, err := b.History(b.editor(), f.PublicID)
	const begin = ledger.Millis(1_760_000_000_000)
	want := []draft.Edit{{2, "Bob", begin + 2000, begin + 2000}, {1, "Ada", begin, begin + 2000}, {1, "Bob", begin + 1000, begin + 1000}}
	if err != nil || len(h.Versions) != 1 || h.Versions[0].Author != "Bob" || len(h.Edits) != len(want) {
		t.Fatalf("%+v, %v", h, err)
	}
	for i, e := range h.Edits {
		if e != want[i] {
			t.Errorf("%+v, want %+v", e, want[i])
		}
	}
}
