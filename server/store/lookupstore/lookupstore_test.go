package lookupstore_test

import (
	"fmt"
	"slices"
	"testing"

	"go.uber.org/goleak"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/indexing"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/lookupstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

type whole struct {
	*ledgerstore.Store
	*repairs
}

type repairs = documentstore.Store

// What the contract of every store does not say.
func TestInSQL(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for name, test := range map[string]func(*testing.T, *store.DB, *lookupstore.Store, *worldtest.World){
			"payloads that are purged":   purged,
			"documents far apart":        farApart,
			"codes that can't be stored": unaskable,
			"a flow without a version":   unpublished,
			"what is to be indexed":      published,
			"documents without an index": unindexed,
		} {
			t.Run(name, func(t *testing.T) {
				w := worldtest.New(t, whole{ledgerstore.New(db), documentstore.New(db)})
				test(t, db, lookupstore.New(db), w)
			})
		}
	})
}

func pull(w *worldtest.World, from, to int) {
	for i := from; i < to; i++ {
		w.Pull(worldtest.Raw(fmt.Sprint(i), []byte(fmt.Sprintf(`{"no":"%d","of":{"x":"x%d","y":"y%d"}}`, i, i, i))))
	}
}

// found gives what is kept of the documents with a value.
func found(t *testing.T, s *lookupstore.Store, stream ledger.ID, field int, value string) string {
	t.Helper()
	rows, err := s.LookupRows(t.Context(), stream, field, []string{lookup.Place(value)})
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, row := range rows[lookup.Place(value)] {
		text += string(row)
	}
	n, err := s.LookupCount(t.Context(), stream, field, lookup.Place(value), 10)
	if err != nil || n != len(rows[lookup.Place(value)]) {
		t.Errorf("%d rows are counted, %d read, %v", n, len(rows[lookup.Place(value)]), err)
	}
	return text
}

func build(w *worldtest.World, s *lookupstore.Store) {
	w.Helper()
	for done := false; !done; {
		var err error
		done, err = s.BuildIndex(w.Context(), w.Stream.ID, 10)
		w.Must(err)
	}
}

// purged indexes documents whose payloads are gone: by what is kept of them.
func purged(t *testing.T, db *store.DB, s *lookupstore.Store, w *worldtest.World) {
	pull(w, 0, 2)
	w.Must(s.Register(t.Context(), w.Stream.ID, []string{"no", "of"}))
	build(w, s)
	pull(w, 2, 4)
	w.Must(db.Write(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM pack WHERE workspace_id = ?", w.Workspace).Error
	}))
	w.Must(s.Register(t.Context(), w.Stream.ID, []string{"of.y", "colour"}))
	build(w, s)
	for i := range 4 {
		want := fmt.Sprintf(`{"no":"%d","of":{"x":"x%d","y":"y%d"}}`, i, i, i)
		for field, value := range map[int]string{1: fmt.Sprint(i), 3: fmt.Sprint("y", i)} {
			if got := found(t, s, w.Stream.ID, field, value); got != want {
				t.Errorf("field %d of document %d: %s, want %s", field, i, got, want)
			}
		}
	}
}

// farApart builds the index of a stream between whose documents lie many others.
func farApart(t *testing.T, _ *store.DB, s *lookupstore.Store, w *worldtest.World) {
	for i := range 3 {
		pull(w, i, i+1)
		_, err := w.Store.NextIDs(t.Context(), 30_000)
		w.Must(err)
	}
	w.Must(s.Register(t.Context(), w.Stream.ID, []string{"no"}))
	before := percent(t, s, w.Stream.ID)
	steps := 0
	for done := false; !done; steps++ {
		var err error
		done, err = s.BuildIndex(t.Context(), w.Stream.ID, 10)
		w.Must(err)
		now := percent(t, s, w.Stream.ID)
		if now < before || (now == 100) != done {
			t.Errorf("%d %% after %d %%, done %t", now, before, done)
		}
		before = now
	}
	if steps < 4 {
		t.Errorf("built in %d steps", steps)
	}
	for i := range 3 {
		if got, want := found(t, s, w.Stream.ID, 1, fmt.Sprint(i)), fmt.Sprintf(`{"no":"%d"}`, i); got != want {
			t.Errorf("document %d: %s, want %s", i, got, want)
		}
	}
}

func percent(t *testing.T, s *lookupstore.Store, stream ledger.ID) int {
	t.Helper()
	n, err := s.IndexPercent(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func unaskable(t *testing.T, db *store.DB, s *lookupstore.Store, w *worldtest.World) {
	w.Must(db.Write(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO code_row (table_id,source,target,updated_at) VALUES (?,'a','x',1),(?,'b','x',1)", w.Workspace, w.Workspace).Error
	}))
	got, err := s.Codes(t.Context(), w.Workspace, false, []string{"a", "\xff", "A", "a ", "b"})
	w.Must(err)
	w.Same("targets", got, map[string][]string{"a": {"x"}, "b": {"x"}})
	got, err = s.Codes(t.Context(), w.Workspace, true, []string{"x", "\xff"})
	w.Must(err)
	w.Same("sources", got, map[string][]string{"x": {"a", "b"}})
}

func unpublished(t *testing.T, db *store.DB, s *lookupstore.Store, w *worldtest.World) {
	w.Must(db.Write(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO flow (id,workspace_id,public_id,name,draft,updated_at) VALUES (?,?,'draft','draft','{}',1)", w.Flow, w.Workspace).Error
	}))
	w.Must(s.Register(t.Context(), w.Stream.ID, []string{"no"}))
	if _, ok, err := s.LookupStream(t.Context(), w.Workspace, "draft", w.Stream.NodeID); !ok || err != nil {
		t.Errorf("found %t, %v", ok, err)
	}
	if _, ok, err := s.LookupStream(t.Context(), w.Workspace, "none", w.Stream.NodeID); ok || err != nil {
		t.Errorf("found %t, %v", ok, err)
	}
}

// published gives the newest versions only, and the streams that are being indexed.
func published(t *testing.T, db *store.DB, s *lookupstore.Store, w *worldtest.World) {
	pull(w, 0, 1)
	w.Must(db.Write(t.Context(), func(tx *gorm.DB) error {
		for no := range 3 {
			if err := tx.Exec("INSERT INTO flow_version (id,workspace_id,flow_id,version_no,document,created_at) VALUES (?,?,?,?,'{}',1)",
				w.Flow*1000+ledger.ID(no), w.Workspace, w.Flow, no+1).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	versions, err := s.Newest(t.Context())
	w.Must(err)
	versions = slices.DeleteFunc(versions, func(v indexing.Version) bool { return v.Flow != w.Flow })
	w.Same("versions", versions, []indexing.Version{{ID: w.Flow*1000 + 2, Flow: w.Flow, Workspace: w.Workspace}})

	builds := func() bool {
		streams, err := s.Building(t.Context())
		w.Must(err)
		return slices.Contains(streams, w.Stream.ID)
	}
	w.Same("being indexed", builds(), false)
	w.Must(s.Register(t.Context(), w.Stream.ID, []string{"no", "of"}))
	w.Same("being indexed", builds(), true)
	build(w, s)
	w.Same("being indexed", builds(), false)
}

// unindexed reads the newest revisions of a stream's documents, where these are few.
func unindexed(t *testing.T, _ *store.DB, s *lookupstore.Store, w *worldtest.World) {
	read := func(most int) (texts []string, all bool) {
		docs, all, err := s.StreamDocuments(t.Context(), w.Stream.ID, most)
		w.Must(err)
		for _, d := range docs {
			texts = append(texts, string(d))
		}
		return texts, all
	}
	for i, at := range []ledger.Millis{20, 30, 10} {
		in := worldtest.Raw(fmt.Sprint(i), fmt.Appendf(nil, `{"no":%d}`, i))
		in.Modified = at
		w.Pull(in)
	}
	newer := worldtest.Raw("0", []byte(`{"no":7}`)) // queues behind the one that waits
	newer.Modified, newer.SourceHash = 20, 99
	w.Pull(newer)
	if got, all := read(3); !all || !slices.Equal(got, []string{`{"no":1}`, `{"no":7}`, `{"no":2}`}) {
		t.Errorf("%v, all: %t", got, all)
	}
	if got, all := read(2); all || got != nil {
		t.Errorf("%v, all: %t", got, all)
	}
}
