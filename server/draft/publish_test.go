package draft_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/usage"
)

func TestPublishDraft(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.create("warned")
	b.clock.Pass(time.Second)
	first, err := b.PublishDraft(b.editor(), f.PublicID, "第一版")
	if err != nil || first.Published != 1 || first.PublishedID == 0 || first.Dirty || len(first.Problems) != 1 || first.DraftVersion != 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	if again, err := b.PublishDraft(b.editor(), f.PublicID, ""); err != nil || again.PublishedID != first.PublishedID {
		t.Errorf("unchanged, it became version %d, %v", again.Published, err)
	}
	if f, err = b.Save(b.editor(), f.PublicID, 1, []byte(`{"metadata":{"title":"two"},"spec":{"nodes":[{"id":"a"},{"id":"b"}]}}`)); err != nil || !f.Dirty || f.Published != 1 {
		t.Errorf("%+v, %v", f, err)
	}
	second, err := b.PublishDraft(b.editor(), f.PublicID, "2")
	if err != nil || second.Published != 2 || second.Dirty {
		t.Errorf("%+v, %v", second, err)
	}

	h, err := b.History(b.as(1, access.Viewer), f.PublicID)
	want := []draft.Version{
		{ID: second.PublishedID, Flow: f.ID, Workspace: 1, No: 2, Note: "2", Author: "Ada", Created: 1_760_000_001_000},
		{ID: first.PublishedID, Flow: f.ID, Workspace: 1, No: 1, Note: "第一版", Author: "Ada", Created: 1_760_000_001_000},
	}
	for i := range h.Versions {
		if len(h.Versions[i].Hash) != 64 || h.Versions[i].Hash == h.Versions[1-i].Hash {
			t.Errorf("the hashes are %s and %s", h.Versions[0].Hash, h.Versions[1].Hash)
		}
		want[i].Hash = h.Versions[i].Hash
	}
	if diff := cmp.Diff(want, h.Versions); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if len(h.Edits) != 2 || h.Edits[0].No != 2 || h.Edits[1].No != 1 || h.Edits[0].Author != "Ada" || len(h.InFlight) != 0 {
		t.Errorf("%+v %+v", h.Edits, h.InFlight)
	}
	v, err := b.VersionNo(b.as(1, access.Viewer), f.PublicID, 1)
	if err != nil || v.ID != first.PublishedID || string(v.Document) != string(first.Document) {
		t.Errorf("%+v, %v", v, err)
	}
	for _, no := range []int{0, 3, -1} {
		_, err := b.VersionNo(b.editor(), f.PublicID, no)
		is(t, "no such version", err, "object.missing")
	}
	// What was published here runs: the nodes have their numbers.
	loaded, doc, numbers, err := b.Load(t.Context(), second.PublishedID)
	if err != nil || loaded.No != 2 || doc.Metadata.Title != "two" || numbers["a"] != 1 || numbers["b"] != 2 {
		t.Errorf("%+v, %v, %v", loaded, numbers, err)
	}
}

func TestProblemsBlock(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.create("bad warned")
	_, err := b.PublishDraft(b.editor(), f.PublicID, "")
	var refused *draft.ProblemsError
	if !errors.As(err, &refused) || len(refused.Problems) != 2 || fault.CodeOf(err) != "flow.problems" || fault.ClassOf(err) != fault.Config || err.Error() == "" {
		t.Fatalf("%v", err)
	}
	if got, err := b.Get(b.editor(), f.PublicID); err != nil || got.Published != 0 {
		t.Errorf("%+v, %v", got, err)
	}

	// An id that no column holds is refused as a problem, too.
	f = b.create("T")
	if _, err = b.Save(b.editor(), f.PublicID, 1, []byte(`{"metadata":{"title":"T"},"spec":{"nodes":[{"id":"a b"}]}}`)); err != nil {
		t.Fatal(err)
	}
	if _, err = b.PublishDraft(b.editor(), f.PublicID, ""); !errors.As(err, &refused) || refused.Problems[0].Code != "flow.node_id_invalid" {
		t.Errorf("%v", err)
	}

	// Where nobody checks nothing is published.
	alone := draft.New(b.store, b.clock.Now, func() string { return "alone" })
	if f, err = alone.Create(b.editor(), "T", nil); err != nil || len(f.Problems) != 1 {
		t.Fatalf("%+v, %v", f, err)
	}
	if _, err = alone.PublishDraft(b.editor(), "alone", ""); !errors.As(err, &refused) || refused.Problems[0].Code != "flow.unchecked" {
		t.Errorf("%v", err)
	}
}

// What comes with a file is saved with its problems and published by nobody: what
// was published of the flow stays.
func TestImport(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	doc := parse(t, "f-1")
	if id, problems, err := b.Import(t.Context(), 1, doc); err != nil || len(problems) != 0 || id != "f-1" {
		t.Fatal(id, problems, err)
	}
	if len(doc.Spec.Connections) == 0 {
		t.Error("importing changed the caller's document")
	}
	got, err := b.Get(b.editor(), "f-1")
	if err != nil || got.Published != 0 || got.Blocking != 0 || strings.Contains(string(got.Document), "DEPOT_KEY") {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := b.PublishDraft(b.editor(), "f-1", ""); err != nil {
		t.Fatal(err)
	}
	doc.Metadata.Title = "bad and warned"
	_, problems, err := b.Import(t.Context(), 1, doc)
	if err != nil || len(problems) != 2 || problems[0].Code != "test.bad" {
		t.Fatal(problems, err)
	}
	// As it is stored: Get would count anew.
	page, err := b.List(b.editor(), draft.Query{})
	if err != nil || len(page.Items) != 1 {
		t.Fatal(page, err)
	}
	if f := page.Items[0]; f.Title != doc.Metadata.Title || f.Blocking != 1 || f.Published != 1 || !f.Dirty {
		t.Errorf("%+v", f)
	}
	doc.Metadata.ID = "../f"
	if _, _, err = b.Import(t.Context(), 1, doc); fault.CodeOf(err) != "flow.id_invalid" {
		t.Error(err)
	}
}

func TestSetEnabled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.create("T")
	_, err := b.SetEnabled(b.editor(), f.PublicID, true)
	if is(t, "not published", err, "flow.not_published"); fault.From(err).Hint == "" {
		t.Error("no hint")
	}
	if f, err = b.SetEnabled(b.editor(), f.PublicID, false); err != nil || f.Enabled {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := b.PublishDraft(b.editor(), f.PublicID, ""); err != nil {
		t.Fatal(err)
	}
	// The version starts, whatever the draft looks like by now.
	if _, err := b.Save(b.editor(), f.PublicID, 1, titled("bad")); err != nil {
		t.Fatal(err)
	}
	if f, err = b.SetEnabled(b.editor(), f.PublicID, true); err != nil || !f.Enabled {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err = b.Get(b.editor(), f.PublicID); err != nil || !f.Enabled {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err = b.SetEnabled(b.as(1, access.Operator), f.PublicID, false); err != nil || f.Enabled {
		t.Errorf("an operator stops it: %+v, %v", f, err)
	}
	_, err = b.SetEnabled(b.as(1, access.Operator), f.PublicID, true)
	is(t, "an operator starts it", err, "auth.forbidden")

	// A version that lost its connection does not start; it can be stopped.
	b.checker.finds(flow.Problem{Path: "spec.nodes[0].connection", Code: "connection.unknown", Blocking: true})
	var refused *draft.ProblemsError
	if _, err := b.SetEnabled(b.editor(), f.PublicID, true); !errors.As(err, &refused) || refused.Problems[0].Code != "connection.unknown" {
		t.Errorf("%v", err)
	}
	if f, err = b.SetEnabled(b.editor(), f.PublicID, false); err != nil || f.Enabled {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestConnectionUse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.Create(b.editor(), "T", []byte(`{"spec":{"nodes":[{"id":"a","type":"source","connection":"jst"}]}}`)); err != nil {
		t.Fatal(err)
	}
	got, err := b.ConnectionUse(b.as(1, access.Viewer))
	if diff := cmp.Diff(map[string][]usage.Flow{"jst": {{ID: "flow-1", Title: "T"}}}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got, err := b.ConnectionUse(b.as(2, access.Viewer)); err != nil || len(got) != 0 {
		t.Errorf("the other workspace sees %v, %v", got, err)
	}
}

// TestAccess calls everything that people may call as nobody, from another
// workspace, and with the highest role that does not suffice.
func TestAccess(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.create("T")
	if _, err := b.PublishDraft(b.editor(), f.PublicID, ""); err != nil {
		t.Fatal(err)
	}
	before, err := b.Get(b.editor(), f.PublicID)
	if err != nil {
		t.Fatal(err)
	}
	id := f.PublicID
	calls := []struct {
		name string
		// tooLow is the highest role that may not; "" where every role may.
		tooLow access.Role
		// own says that the call is about the caller's workspace and not about one flow.
		own bool
		do  func(context.Context) error
	}{
		{"List", "", true, func(ctx context.Context) error { _, err := b.List(ctx, draft.Query{}); return err }},
		{"Create", access.Operator, true, func(ctx context.Context) error { _, err := b.Create(ctx, "x", nil); return err }},
		{"Get", "", false, func(ctx context.Context) error { _, err := b.Get(ctx, id); return err }},
		{"Save", access.Operator, false, func(ctx context.Context) error { _, err := b.Save(ctx, id, 1, titled("x")); return err }},
		{"Delete", access.Operator, false, func(ctx context.Context) error { return b.Delete(ctx, id) }},
		{"PublishDraft", access.Operator, false, func(ctx context.Context) error { _, err := b.PublishDraft(ctx, id, ""); return err }},
		{"SetEnabled", access.Operator, false, func(ctx context.Context) error { _, err := b.SetEnabled(ctx, id, true); return err }},
		{"SetEnabled off", access.Viewer, false, func(ctx context.Context) error { _, err := b.SetEnabled(ctx, id, false); return err }},
		{"Copy", access.Operator, false, func(ctx context.Context) error { _, err := b.Copy(ctx, id, "x"); return err }},
		{"History", "", false, func(ctx context.Context) error { _, err := b.History(ctx, id); return err }},
		{"Whole", "", false, func(ctx context.Context) error { _, err := b.Whole(ctx, id, 0); return err }},
		{"Rollback", access.Operator, false, func(ctx context.Context) error { _, err := b.Rollback(ctx, id, draft.Rollback{No: 1}); return err }},
		{"VersionNo", "", false, func(ctx context.Context) error { _, err := b.VersionNo(ctx, id, 1); return err }},
		{"Validate", access.Operator, true, func(ctx context.Context) error { _, err := b.Validate(ctx, titled("x")); return err }},
		{"ConnectionUse", "", true, func(ctx context.Context) error { _, err := b.ConnectionUse(ctx); return err }},
	}
	for _, c := range calls {
		is(t, c.name+" by nobody", c.do(t.Context()), "auth.login_required")
		if c.tooLow != "" {
			is(t, fmt.Sprint(c.name, " by ", c.tooLow), c.do(b.as(1, c.tooLow)), "auth.forbidden")
		}
		want := "object.missing"
		if c.own {
			want = ""
		}
		is(t, c.name+" from elsewhere", c.do(b.as(2, access.Admin)), want)
	}
	after, err := b.Get(b.editor(), id)
	if diff := cmp.Diff(before, after); err != nil || diff != "" {
		t.Errorf("%v (-before +after):\n%s", err, diff)
	}
	// What an administrator elsewhere made is theirs.
	for ws, want := range map[ledger.ID]int{1: 1, 2: 1} {
		page, err := b.List(b.as(ws, access.Viewer), draft.Query{})
		if err != nil || len(page.Items) != want {
			t.Fatalf("workspace %d: %d flows, %v", ws, len(page.Items), err)
		}
		if own := page.Items[0].PublicID == id; own != (ws == 1) {
			t.Errorf("workspace %d sees %s", ws, page.Items[0].PublicID)
		}
	}
}
