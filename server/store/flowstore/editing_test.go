package flowstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/flowstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
	"github.com/karezflow/karez/server/usage"
)

func TestEditing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		s := flowstore.New(db)
		// Each test has a workspace of its own.
		for i, c := range []struct {
			name string
			test func(*testing.T, *store.DB, *flowstore.Store, ledger.ID)
		}{
			{"inserted and saved", inserted},
			{"saved by many at once, one wins", oneSaves},
			{"published and dirty", dirty},
			{"listed page by page", listed},
			{"looked for", lookedFor},
			{"versions by number", versionsByNumber},
			{"versions without a hash", withoutHash},
			{"documents in flight", inFlight},
			{"who saved drafts", editors},
			{"connections in use", connectionsInUse},
			{"deleted", deleted},
			{"held", held},
			{"a context that is over", editingGivenUp},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.test(t, db, s, ledger.ID(100+i))
			})
		}
	})
}

func contents(title string) draft.Contents {
	return draft.Contents{Name: "job", Title: title, Document: document("x", title, "a").JSON(), Blocking: 2}
}

func insert(t *testing.T, s *flowstore.Store, workspace ledger.ID, publicID string, c draft.Contents, now ledger.Millis) draft.Flow {
	t.Helper()
	if err := s.InsertFlows(t.Context(), workspace, []draft.Prepared{{PublicID: publicID, Contents: c}}, now); err != nil {
		t.Fatal(err)
	}
	return get(t, s, workspace, publicID)
}

func get(t *testing.T, s *flowstore.Store, workspace ledger.ID, publicID string) draft.Flow {
	t.Helper()
	f, err := s.Flow(t.Context(), workspace, publicID)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func inserted(t *testing.T, _ *store.DB, s *flowstore.Store, ws ledger.ID) {
	t.Helper()
	c := contents("运费 👩‍🌾 'x' \\ %")
	f := insert(t, s, ws, "i", c, 100)
	want := draft.Flow{
		ID: f.ID, Workspace: ws, PublicID: "i", Name: "job", Title: c.Title, DraftVersion: 1, Dirty: true, Blocking: 2, Updated: 100, Document: c.Document,
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, elsewhere := range []struct {
		workspace ledger.ID
		id        string
	}{{ws + 1000, "i"}, {ws, "I"}, {ws, ""}} {
		if _, err := s.Flow(t.Context(), elsewhere.workspace, elsewhere.id); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%v: %v", elsewhere, err)
		}
	}
	if err := s.InsertFlows(t.Context(), ws, []draft.Prepared{{PublicID: "before", Contents: c}, {PublicID: "i", Contents: c}}, 100); err == nil {
		t.Error("one public id was given to two flows")
	}
	if _, err := s.Flow(t.Context(), ws, "before"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("one flow of two was stored: %v", err)
	}

	next := draft.Contents{Name: "n", Title: "t", Document: []byte(`{"spec":{}}`)}
	for _, old := range []int64{0, 2, -1} {
		if saved, err := s.SaveDraft(t.Context(), f.ID, old, next, 200); saved || err != nil {
			t.Errorf("version 1 was replaced by somebody who saw %d, %v", old, err)
		}
	}
	if saved, err := s.SaveDraft(t.Context(), f.ID, 1, next, 200); !saved || err != nil {
		t.Fatalf("%t, %v", saved, err)
	}
	want.Name, want.Title, want.DraftVersion, want.Blocking, want.Updated, want.Document = "n", "t", 2, 0, 200, next.Document
	if diff := cmp.Diff(want, get(t, s, ws, "i")); diff != "" {
		t.Errorf("saved (-want +got):\n%s", diff)
	}
	if saved, err := s.SaveDraft(t.Context(), 1<<60, 1, next, 200); saved || err != nil {
		t.Errorf("a flow that is not there was saved: %t, %v", saved, err)
	}

	// A count of problems that comes late does not touch the newer draft.
	for version, n := range map[int64]int{1: 7, 2: 3} {
		if err := s.SetBlocking(t.Context(), f.ID, version, n); err != nil {
			t.Error(err)
		}
	}
	for _, on := range []bool{true, true, false, true} {
		if err := s.SetEnabled(t.Context(), f.ID, on, 300); err != nil {
			t.Error(err)
		}
		if got := get(t, s, ws, "i"); got.Enabled != on || got.Updated != 300 || got.Blocking != 3 || got.DraftVersion != 2 {
			t.Errorf("switched to %t: %+v", on, got)
		}
	}
}

func oneSaves(t *testing.T, _ *store.DB, s *flowstore.Store, ws ledger.ID) {
	t.Helper()
	f := insert(t, s, ws, "o", contents("t"), 1)
	for round := range int64(3) {
		var won atomic.Int32
		var winner atomic.Value
		storetest.Together(12, func(i int) {
			c := contents(fmt.Sprint("by ", i))
			saved, err := s.SaveDraft(t.Context(), f.ID, 1+round, c, 2)
			if err != nil {
				t.Error(err)
			}
			if saved {
				won.Add(1)
				winner.Store(c.Title)
			}
		})
		if got := get(t, s, ws, "o"); won.Load() != 1 || got.Title != winner.Load() || got.DraftVersion != 2+round {
			t.Errorf("round %d: %d saved, the flow is %+v", round, won.Load(), got)
		}
	}
}

func dirty(t *testing.T, _ *store.DB, s *flowstore.Store, ws ledger.ID) {
	t.Helper()
	c := contents("t")
	f := insert(t, s, ws, "d", c, 1)
	publish := func(document []byte) draft.Version {
		t.Helper()
		v, err := s.PutVersion(t.Context(), ws, f.ID, draft.Publication{Document: document, Note: "注 note"}, 9)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := publish(c.Document)
	got := get(t, s, ws, "d")
	if got.Dirty || got.Published != 1 || got.PublishedID != v.ID {
		t.Errorf("published: %+v", got)
	}
	changed := c
	changed.Document = document("x", "another", "a").JSON()
	if saved, err := s.SaveDraft(t.Context(), f.ID, 1, changed, 10); !saved || err != nil {
		t.Fatal(saved, err)
	}
	if got = get(t, s, ws, "d"); !got.Dirty || got.Published != 1 {
		t.Errorf("changed: %+v", got)
	}
	v = publish(changed.Document)
	if got = get(t, s, ws, "d"); got.Dirty || got.Published != 2 || got.PublishedID != v.ID {
		t.Errorf("published again: %+v", got)
	}
	list, err := s.Flows(t.Context(), ws, draft.Filter{Limit: 5})
	got.Document = nil
	if diff := cmp.Diff([]draft.Flow{got}, list); err != nil || diff != "" {
		t.Errorf("%v, listed (-want +got):\n%s", err, diff)
	}
}

// listed walks the list with every size of page; flows changed at one moment neither repeat nor go missing.
func listed(t *testing.T, _ *store.DB, s *flowstore.Store, ws ledger.ID) {
	t.Helper()
	var want []string
	for i := range 11 {
		id := fmt.Sprintf("l%02d", i)
		insert(t, s, ws, id, contents("t"), ledger.Millis(100+i/4))
		want = append([]string{id}, want...)
	}
	insert(t, s, ws+1000, "foreign", contents("t"), 500)
	for size := 1; size <= 12; size++ {
		var got []string
		var after draft.Position
		for range 20 {
			page, err := s.Flows(t.Context(), ws, draft.Filter{After: after, Limit: size})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range page {
				got = append(got, f.PublicID)
				after = draft.Position{Updated: f.Updated, ID: f.ID}
			}
			if len(page) < size {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", size, diff)
		}
	}
}

func lookedFor(t *testing.T, _ *store.DB, s *flowstore.Store, ws ledger.ID) {
	t.Helper()
	for id, title := range map[string]string{"f1": "聚水潭退货 → 金蝶", "f2": "Orders 100%", "f3": "orders_old", "f4": "È una prova!"} {
		c := contents(title)
		c.Name = "name-" + id
		insert(t, s, ws, id, c, 1)
	}
	for text, want := range map[string]string{
		"退货": "f1", "orders": "f2 f3", "ORDERS": "f2 f3", "100%": "f2", "%": "f2", "_": "f3", "È": "f4", "a!": "f4", "!": "f4", "NAME-F3": "f3",
		"f2": "f2", "' OR 1=1 --": "", "nothing": "", "\xff": "", "": "f1 f2 f3 f4",
	} {
		found, err := s.Flows(t.Context(), ws, draft.Filter{Text: text, Limit: 9})
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		var got []string
		for _, f := range found {
			got = append(got, f.PublicID)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%q finds %v, want %s", text, got, want)
		}
	}
}

func versionsByNumber(t *testing.T, _ *store.DB, s *flowstore.Store, ws ledger.ID) {
	t.Helper()
	f := insert(t, s, ws, "v", contents("t"), 1)
	other := insert(t, s, ws, "v2", contents("t"), 1)
	var want []draft.Version
	for i := range 3 {
		v, err := s.PutVersion(t.Context(), ws, f.ID, draft.Publication{Document: fmt.Appendf(nil, `{"no":%d}`, i+1), Note: fmt.Sprint("第", i+1)}, ledger.Millis(50+i))
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.VersionNo(t.Context(), f.ID, i+1)
		if diff := cmp.Diff(v, got); err != nil || diff != "" || v.Note == "" || v.Created == 0 {
			t.Errorf("%v (-put +got):\n%s", err, diff)
		}
		v.Document = nil
		want = append([]draft.Version{v}, want...)
	}
	got, err := s.Versions(t.Context(), f.ID)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, id := range []ledger.ID{other.ID, 1 << 60} {
		if got, err := s.Versions(t.Context(), id); err != nil || len(got) != 0 {
			t.Errorf("flow %d: %v, %v", id, got, err)
		}
		if _, err := s.VersionNo(t.Context(), id, 1); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("flow %d: %v", id, err)
		}
	}
	if _, err := s.VersionNo(t.Context(), f.ID, 4); !errors.Is(err, ledger.ErrNotFound) {
		t.Error(err)
	}
}

// withoutHash is what was published before versions had a hash: it is that of what is stored.
func withoutHash(t *testing.T, db *store.DB, s *flowstore.Store, ws ledger.ID) {
	t.Helper()
	f := insert(t, s, ws, "old", contents("t"), 1)
	operations := []byte(`{"mine":{"base":"query"}}`)
	v, err := s.PutVersion(t.Context(), ws, f.ID, draft.Publication{Document: []byte(`{"a":1}`), Operations: operations, Author: "Ada", From: 7}, 5)
	if err != nil || v.Author != "Ada" || v.From != 7 || len(v.Hash) != 64 {
		t.Fatalf("%+v, %v", v, err)
	}
	if err := db.Write(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("UPDATE flow_version SET hash = '', author = '' WHERE id = ?", v.ID).Error
	}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Versions(t.Context(), f.ID)
	if err != nil || len(got) != 1 || got[0].Hash != v.Hash || got[0].Document != nil || got[0].Operations != nil || got[0].Author != "" {
		t.Errorf("%+v, %v", got, err)
	}
	plain, err := s.PutVersion(t.Context(), ws, f.ID, draft.Publication{Document: []byte(`{"a":1}`)}, 5)
	if err != nil || plain.Hash == v.Hash {
		t.Errorf("%+v, %v: what the operations are makes no difference", plain, err)
	}
}

// inFlight counts pages by the version of their run, and single documents by their own.
func inFlight(t *testing.T, db *store.DB, s *flowstore.Store, ws ledger.ID) {
	t.Helper()
	f := insert(t, s, ws, "busy", contents("t"), 1)
	base := int64(f.ID) << 8
	if err := db.Write(t.Context(), func(tx *gorm.DB) error {
		for _, statement := range []string{
			"INSERT INTO run (id,workspace_id,flow_id,version_id,trigger_name,fire_at,state) VALUES (%[1]d,1,%[2]d,11,'manual',1,1)",
			"INSERT INTO work (id,workspace_id,kind,ref_id,run_id,flow_id,docs,priority,due_at) VALUES (%[1]d,1,'page',1,%[1]d,%[2]d,40,1,1)",
			"INSERT INTO work (id,workspace_id,kind,ref_id,run_id,flow_id,docs,priority,due_at) VALUES (%[1]d+1,1,'page',1,%[1]d,%[2]d,2,1,1)",
			"INSERT INTO document (id,workspace_id,stream_id,doc_key,latest_rev,active_rev,src_hash,state,run_id,version_id,updated_at) VALUES (%[1]d,1,%[1]d,'a',1,1,1,1,%[1]d,12,1)",
			"INSERT INTO work (id,workspace_id,kind,ref_id,run_id,flow_id,docs,priority,due_at) VALUES (%[1]d+2,1,'document',%[1]d,%[1]d,%[2]d,0,1,1)",
		} {
			if err := tx.Exec(fmt.Sprintf(statement, base, f.ID)).Error; err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	got, err := s.InFlight(t.Context(), f.ID)
	if diff := cmp.Diff(map[ledger.ID]int{11: 42, 12: 1}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if none, err := s.InFlight(t.Context(), 1<<60); err != nil || len(none) != 0 {
		t.Errorf("%v, %v", none, err)
	}
}

// editors are told apart, and go with their flow.
func editors(t *testing.T, _ *store.DB, s *flowstore.Store, ws ledger.ID) {
	t.Helper()
	by := func(name string) draft.Contents {
		c := contents("by " + name)
		c.Author = name
		return c
	}
	f := insert(t, s, ws, "edited", by("Ada"), 1)
	for i, name := range []string{"Bob", "Ada", "ada"} {
		if saved, err := s.SaveDraft(t.Context(), f.ID, int64(i)+1, by(name), ledger.Millis(10+i)); !saved || err != nil {
			t.Fatal(saved, err)
		}
	}
	if saved, err := s.SaveDraft(t.Context(), f.ID, 1, by("Eve"), 20); saved || err != nil {
		t.Fatal(saved, err)
	}
	if _, err := s.PutVersion(t.Context(), ws, f.ID, draft.Publication{Document: []byte("{}")}, 30); err != nil {
		t.Fatal(err)
	}
	if saved, err := s.SaveDraft(t.Context(), f.ID, 4, by("Bob"), 40); !saved || err != nil {
		t.Fatal(saved, err)
	}
	got, err := s.Edits(t.Context(), f.ID)
	want := []draft.Edit{{No: 2, Author: "Bob", First: 40, Last: 40}, {No: 1, Author: "ada", First: 12, Last: 12}, {No: 1, Author: "Ada", First: 1, Last: 11}, {No: 1, Author: "Bob", First: 10, Last: 10}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if hold, err := s.DeleteFlow(t.Context(), f.ID); hold != draft.Free || err != nil {
		t.Fatal(hold, err)
	}
	if got, err := s.Edits(t.Context(), f.ID); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// naming makes a document whose nodes name connections.
func naming(connections ...string) *flow.Document {
	doc := document("c", "C")
	for i, name := range connections {
		doc.Spec.Nodes = append(doc.Spec.Nodes, flow.Node{ID: fmt.Sprint("n", i), Type: "source", Connection: name})
	}
	return doc
}

func connectionsInUse(t *testing.T, _ *store.DB, s *flowstore.Store, ws ledger.ID) {
	t.Helper()
	is := func(what string, want map[string][]usage.Flow) {
		t.Helper()
		got, err := s.ConnectionUse(t.Context(), ws)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", what, err, diff)
		}
	}
	save := func(f draft.Flow, version int64, connections ...string) {
		t.Helper()
		if saved, err := s.SaveDraft(t.Context(), f.ID, version, draft.Contents{Title: f.Title, Document: naming(connections...).JSON()}, 1); !saved || err != nil {
			t.Fatal(saved, err)
		}
	}
	is("nothing", map[string][]usage.Flow{})
	long := strings.Repeat("长", 190)
	a := insert(t, s, ws, "a", draft.Contents{Title: "A", Document: naming("jst", "k3", "jst", "", long, long+"x", "k3 ").JSON()}, 1)
	byA := usage.Flow{ID: "a", Title: "A"}
	is("a draft", map[string][]usage.Flow{"jst": {byA}, "k3": {byA}, long: {byA}})
	if _, err := s.PutVersion(t.Context(), ws, a.ID, draft.Publication{Document: naming("jst", "k3").JSON()}, 1); err != nil {
		t.Fatal(err)
	}
	save(a, 1, "JST", "jst")
	is("the draft goes on", map[string][]usage.Flow{"jst": {byA}, "JST": {byA}, "k3": {byA}})
	if _, err := s.PutVersion(t.Context(), ws, a.ID, draft.Publication{Document: naming("JST").JSON()}, 1); err != nil {
		t.Fatal(err)
	}
	is("published", map[string][]usage.Flow{"jst": {byA}, "JST": {byA}})
	if _, err := s.PutFlow(t.Context(), ws, "c", stored(naming("jst", "k4")), 1); err != nil {
		t.Fatal(err)
	}
	byC := usage.Flow{ID: "c", Title: "C"}
	is("another flow", map[string][]usage.Flow{"jst": {byA, byC}, "JST": {byA}, "k4": {byC}})
	if _, err := s.PutFlow(t.Context(), ws+1000, "c", stored(naming("jst")), 1); err != nil {
		t.Fatal(err)
	}
	save(a, 2)
	is("named no longer", map[string][]usage.Flow{"jst": {byC}, "JST": {byA}, "k4": {byC}})
	if hold, err := s.DeleteFlow(t.Context(), a.ID); hold != draft.Free || err != nil {
		t.Fatal(hold, err)
	}
	is("deleted", map[string][]usage.Flow{"jst": {byC}, "k4": {byC}})
}

// rows counts what a flow has in a table.
func rows(t *testing.T, db *store.DB, table string, id ledger.ID) int {
	t.Helper()
	column := "flow_id"
	if table == "flow" {
		column = "id"
	}
	var n int
	if err := db.Read(t.Context()).Raw("SELECT COUNT(*) FROM "+table+" WHERE "+column+" = ?", id).Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

func deleted(t *testing.T, db *store.DB, s *flowstore.Store, ws ledger.ID) {
	t.Helper()
	tables := []string{"flow", "flow_version", "flow_node", "flow_connection", "stream"}
	var flows []draft.Flow
	for _, id := range []string{"gone", "stays"} {
		f := insert(t, s, ws, id, draft.Contents{Title: id, Document: naming("jst").JSON()}, 1)
		if _, err := s.PutVersion(t.Context(), ws, f.ID, draft.Publication{Document: naming("jst").JSON()}, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := ledgerstore.New(db).OpenStream(t.Context(), ws, f.ID, "n0"); err != nil {
			t.Fatal(err)
		}
		flows = append(flows, f)
	}
	if hold, err := s.DeleteFlow(t.Context(), flows[0].ID); hold != draft.Free || err != nil {
		t.Fatal(hold, err)
	}
	for _, table := range tables {
		if n := rows(t, db, table, flows[0].ID); n != 0 {
			t.Errorf("%d rows stay in %s", n, table)
		}
		if rows(t, db, table, flows[1].ID) == 0 {
			t.Errorf("the other flow's rows in %s are gone", table)
		}
	}
	if _, err := s.DeleteFlow(t.Context(), flows[0].ID); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
}

func held(t *testing.T, db *store.DB, s *flowstore.Store, ws ledger.ID) {
	t.Helper()
	f := insert(t, s, ws, "h", contents("t"), 1)
	is := func(want draft.Hold) {
		t.Helper()
		if hold, err := s.DeleteFlow(t.Context(), f.ID); hold != want || err != nil {
			t.Fatalf("hold %d, %v, want %d", hold, err, want)
		}
	}
	exec := func(query string, args ...any) {
		t.Helper()
		if err := db.Write(t.Context(), func(tx *gorm.DB) error { return tx.Exec(query, args...).Error }); err != nil {
			t.Fatal(err)
		}
	}
	exec("UPDATE flow SET enabled = 1 WHERE id = ?", f.ID)
	is(draft.HeldByEnabled)
	exec("UPDATE flow SET enabled = 0 WHERE id = ?", f.ID)
	run := "INSERT INTO run (id, workspace_id, flow_id, version_id, trigger_name, fire_at, state) VALUES (?, ?, ?, 1, 'manual', 1, ?)"
	exec(run, f.ID+500_000, ws, f.ID, ledger.RunQueued)
	is(draft.HeldByRun)
	exec("UPDATE run SET state = ? WHERE flow_id = ?", ledger.RunRunning, f.ID)
	is(draft.HeldByRun)
	exec("UPDATE run SET state = ? WHERE flow_id = ?", ledger.RunFailed, f.ID)
	stream, err := ledgerstore.New(db).OpenStream(t.Context(), ws, f.ID, "a")
	if err != nil {
		t.Fatal(err)
	}
	exec("INSERT INTO document (id, workspace_id, stream_id, doc_key, latest_rev, active_rev, src_hash, state, run_id, version_id, updated_at) VALUES (?, ?, ?, 'k', 1, 1, 0, 1, 1, 1, 0)",
		f.ID+500_000, ws, stream.ID)
	is(draft.HeldByDocuments)
	exec("DELETE FROM document WHERE stream_id = ?", stream.ID)
	is(draft.Free)
	if rows(t, db, "run", f.ID) != 1 {
		t.Error("what happened is forgotten")
	}
}

func editingGivenUp(t *testing.T, _ *store.DB, s *flowstore.Store, ws ledger.ID) {
	t.Helper()
	f := insert(t, s, ws, "g", contents("t"), 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, listErr := s.Flows(ctx, ws, draft.Filter{Limit: 1})
	_, getErr := s.Flow(ctx, ws, "g")
	_, saveErr := s.SaveDraft(ctx, f.ID, 1, contents("late"), 2)
	_, deleteErr := s.DeleteFlow(ctx, f.ID)
	_, versionsErr := s.Versions(ctx, f.ID)
	_, useErr := s.ConnectionUse(ctx, ws)
	for name, err := range map[string]error{
		"Flows": listErr, "Flow": getErr, "SaveDraft": saveErr, "DeleteFlow": deleteErr, "Versions": versionsErr, "ConnectionUse": useErr,
		"InsertFlows": s.InsertFlows(ctx, ws, []draft.Prepared{{PublicID: "g2", Contents: contents("t")}}, 1), "SetEnabled": s.SetEnabled(ctx, f.ID, true, 2), "SetBlocking": s.SetBlocking(ctx, f.ID, 1, 9),
	} {
		if err == nil {
			t.Errorf("%s went on", name)
		}
	}
	if diff := cmp.Diff(f, get(t, s, ws, "g")); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}
