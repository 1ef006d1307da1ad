package flowstore_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/flowstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

// document makes a flow with nodes of the given ids.
func document(id, title string, nodes ...string) *flow.Document {
	doc := &flow.Document{APIVersion: flow.APIVersion, Kind: flow.Kind, Metadata: flow.Metadata{ID: id, Name: "job", Title: title}}
	for _, n := range nodes {
		doc.Spec.Nodes = append(doc.Spec.Nodes, flow.Node{ID: n, Type: "discard"})
	}
	return doc
}

// row is what the flow table says of a flow.
type row struct {
	PublicID, Name, Title, Draft string
	DraftVersion, UpdatedAt      int64
}

func rowOf(t *testing.T, db *store.DB, id ledger.ID) row {
	t.Helper()
	var r row
	if err := db.Read(t.Context()).Raw("SELECT public_id, name, title, draft, draft_version, updated_at FROM flow WHERE id = ?", id).Scan(&r).Error; err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFlows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		s := flowstore.New(db)
		for name, test := range map[string]func(*testing.T, *store.DB, *flowstore.Store){
			"saved and replaced":           saved,
			"saved by many at once":        savedTogether,
			"versions":                     versions,
			"published by many at once":    publishedTogether,
			"the same by many at once":     sameTogether,
			"numbers of nodes":             numbers,
			"numbered by many at once":     numberedTogether,
			"numbered by pulling as well":  numberedByPulling,
			"published and loaded":         throughTheService,
			"a context that is over":       givenUp,
			"unknown flows have no number": unknown,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, db, s)
			})
		}
	})
}

func put(t *testing.T, s *flowstore.Store, workspace ledger.ID, doc *flow.Document, now ledger.Millis) ledger.ID {
	t.Helper()
	id, err := s.PutFlow(t.Context(), workspace, doc.Metadata.ID, stored(doc), now)
	if err != nil || id == 0 {
		t.Fatalf("flow %d, %v", id, err)
	}
	return id
}

// stored is what a service stores of a document.
func stored(doc *flow.Document) draft.Contents {
	return draft.Contents{Name: doc.Metadata.Name, Title: doc.Metadata.Title, Document: doc.JSON(), Blocking: len(doc.Spec.Nodes)}
}

func saved(t *testing.T, db *store.DB, s *flowstore.Store) {
	t.Helper()
	doc := document("saved", "订单 👩‍🌾 → 单据", "a")
	id := put(t, s, 1, doc, 100)
	if got, want := rowOf(t, db, id), (row{"saved", "job", "订单 👩‍🌾 → 单据", string(doc.JSON()), 1, 100}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	doc = document("saved", strings.Repeat("长", 190), "a", "b")
	doc.Metadata.Name = strings.Repeat("x", 190)
	if again := put(t, s, 1, doc, 200); again != id {
		t.Errorf("saved again as %d, before %d", again, id)
	}
	got := rowOf(t, db, id)
	if got.Draft != string(doc.JSON()) || got.DraftVersion != 2 || got.UpdatedAt != 200 || utf8.RuneCountInString(got.Title) != 190 || len(got.Name) != 190 {
		t.Errorf("%+v", got)
	}
	for _, n := range []int{2, 0} {
		doc.Spec.Nodes = doc.Spec.Nodes[:n]
		put(t, s, 1, doc, 200)
		if f, err := s.Flow(t.Context(), 1, "saved"); err != nil || f.Blocking != n {
			t.Errorf("%d blocking problems were kept as %d, %v", n, f.Blocking, err)
		}
	}
	if other := put(t, s, 2, doc, 300); other == id {
		t.Error("two workspaces share a flow")
	}
	if other := put(t, s, 1, document("Saved", ""), 300); other == id {
		t.Error("ids that differ in case are one flow")
	}
}

func savedTogether(t *testing.T, db *store.DB, s *flowstore.Store) {
	t.Helper()
	ids := make([]ledger.ID, 8)
	storetest.Together(8, func(i int) {
		var err error
		if ids[i], err = s.PutFlow(t.Context(), 1, "saved-together", stored(document("saved-together", fmt.Sprint(i))), 1); err != nil {
			t.Error(err)
		}
	})
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 1 {
		t.Errorf("one flow was saved as %v", ids)
	}
	if got := rowOf(t, db, ids[0]); got.DraftVersion != 8 {
		t.Errorf("saved eight times, draft version %d", got.DraftVersion)
	}
}

func publish(t *testing.T, s *flowstore.Store, id ledger.ID, text string) draft.Version {
	t.Helper()
	v, err := s.PutVersion(t.Context(), 1, id, draft.Publication{Document: []byte(text), Note: "note"}, 5)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func versions(t *testing.T, db *store.DB, s *flowstore.Store) {
	t.Helper()
	id := put(t, s, 1, document("versions", ""), 1)
	first := publish(t, s, id, `{"v":"一"}`)
	if first.No != 1 || first.Flow != id || first.Workspace != 1 || string(first.Document) != `{"v":"一"}` {
		t.Errorf("%+v", first)
	}
	if again := publish(t, s, id, `{"v":"一"}`); again.ID != first.ID || again.No != 1 {
		t.Errorf("equal bytes made version %d, %d", again.ID, again.No)
	}
	second := publish(t, s, id, `{"v":"一" }`)
	if second.ID == first.ID || second.No != 2 {
		t.Errorf("%+v", second)
	}
	// Going back is a version of its own: the newest one is what runs.
	if back := publish(t, s, id, `{"v":"一"}`); back.ID == first.ID || back.No != 3 {
		t.Errorf("%+v", back)
	}
	other := put(t, s, 1, document("versions-2", ""), 1)
	if v := publish(t, s, other, `{"v":"一"}`); v.No != 1 || v.Flow != other || v.ID == first.ID {
		t.Errorf("another flow: %+v", v)
	}
	for _, want := range []draft.Version{first, second} {
		got, err := s.Version(t.Context(), want.ID)
		if err != nil || got.No != want.No || got.Flow != id || got.Workspace != 1 || string(got.Document) != string(want.Document) {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	if _, err := s.Version(t.Context(), 1<<60); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("an unknown version: %v", err)
	}
	long, err := s.PutVersion(t.Context(), 1, other, draft.Publication{Document: []byte("{}"), Note: strings.Repeat("说", 30000)}, 5)
	if err != nil {
		t.Fatal(err)
	}
	var note string
	if err := db.Read(t.Context()).Raw("SELECT note FROM flow_version WHERE id = ?", long.ID).Scan(&note).Error; err != nil || !utf8.ValidString(note) || len(note) < 60000 {
		t.Errorf("a long note: %d bytes, %v", len(note), err)
	}
}

// publishedTogether has more publishers than a transaction is repeated: they wait
// for each other instead of racing.
func publishedTogether(t *testing.T, _ *store.DB, s *flowstore.Store) {
	t.Helper()
	id := put(t, s, 1, document("published-together", ""), 1)
	const publishers = 24
	numbers := make([]int, publishers)
	storetest.Together(publishers, func(i int) {
		v, err := s.PutVersion(t.Context(), 1, id, draft.Publication{Document: fmt.Appendf(nil, `{"by":%d}`, i)}, 1)
		if err != nil {
			t.Error(err)
		}
		numbers[i] = v.No
	})
	slices.Sort(numbers)
	for i, no := range numbers {
		if no != i+1 {
			t.Fatalf("versions %v", numbers)
		}
	}
}

func sameTogether(t *testing.T, _ *store.DB, s *flowstore.Store) {
	t.Helper()
	id := put(t, s, 1, document("same-together", ""), 1)
	ids := make([]ledger.ID, 8)
	storetest.Together(8, func(i int) {
		v, err := s.PutVersion(t.Context(), 1, id, draft.Publication{Document: []byte(`{"by":"all"}`)}, 1)
		if err != nil {
			t.Error(err)
		}
		ids[i] = v.ID
	})
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 1 {
		t.Errorf("one document was published as %v", ids)
	}
}

func number(t *testing.T, s *flowstore.Store, id ledger.ID, nodes ...string) map[string]int {
	t.Helper()
	got, err := s.NodeNumbers(t.Context(), id, nodes)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func numbers(t *testing.T, _ *store.DB, s *flowstore.Store) {
	t.Helper()
	id := put(t, s, 1, document("numbers", ""), 1)
	steps := []struct {
		nodes []string
		want  map[string]int
	}{
		{[]string{"a", "b", "c"}, map[string]int{"a": 1, "b": 2, "c": 3}},
		{[]string{"c", "a"}, map[string]int{"a": 1, "b": 2, "c": 3}},                      // b is removed
		{[]string{"a", "c", "d"}, map[string]int{"a": 1, "b": 2, "c": 3, "d": 4}},         // and its number is not given again
		{[]string{"e", "b", "e"}, map[string]int{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}}, // b comes back as what it was
		{nil, map[string]int{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}},
	}
	for _, step := range steps {
		if got := number(t, s, id, step.nodes...); !maps.Equal(got, step.want) {
			t.Errorf("after %v: %v, want %v", step.nodes, got, step.want)
		}
	}
	other := put(t, s, 1, document("numbers-2", ""), 1)
	if got := number(t, s, other, "z"); !maps.Equal(got, map[string]int{"z": 1}) {
		t.Errorf("another flow: %v", got)
	}
}

func numberedTogether(t *testing.T, _ *store.DB, s *flowstore.Store) {
	t.Helper()
	id := put(t, s, 1, document("numbered-together", ""), 1)
	const publishers = 24
	got := make([]map[string]int, publishers)
	storetest.Together(publishers, func(i int) {
		var err error
		if got[i], err = s.NodeNumbers(t.Context(), id, []string{"shared", fmt.Sprint("own", i), fmt.Sprint("pair", i/2)}); err != nil {
			t.Error(err)
		}
	})
	all := number(t, s, id)
	seen := slices.Sorted(maps.Values(all))
	for i := range seen {
		if seen[i] != i+1 {
			t.Fatalf("numbers %v", all)
		}
	}
	if len(all) != 1+publishers+publishers/2 {
		t.Errorf("%d nodes have numbers", len(all))
	}
	for i, told := range got {
		for node, no := range told {
			if all[node] != no {
				t.Errorf("publisher %d was told that %s is %d, and it is %d", i, node, no, all[node])
			}
		}
	}
}

// A stream that is opened before its flow was published numbers its node itself.
func numberedByPulling(t *testing.T, db *store.DB, s *flowstore.Store) {
	t.Helper()
	id := put(t, s, 1, document("pulled", ""), 1)
	pulling := ledgerstore.New(db)
	storetest.Together(8, func(i int) {
		if i%2 == 0 {
			if _, err := pulling.OpenStream(t.Context(), 1, id, fmt.Sprint("source", i)); err != nil {
				t.Error(err)
			}
		} else if _, err := s.NodeNumbers(t.Context(), id, []string{fmt.Sprint("node", i), "source0"}); err != nil {
			t.Error(err)
		}
	})
	all := number(t, s, id)
	if seen := slices.Sorted(maps.Values(all)); len(slices.Compact(seen)) != 8 {
		t.Errorf("numbers %v", all)
	}
	for i := range 4 {
		node := fmt.Sprint("source", 2*i)
		stream, err := pulling.OpenStream(t.Context(), 1, id, node)
		if err != nil || stream.NodeNo != all[node] || stream.NodeNo == 0 {
			t.Errorf("%s is %d in its stream and %d in the flow, %v", node, stream.NodeNo, all[node], err)
		}
	}
}

// A document goes through the service and the database and comes back byte by byte.
func throughTheService(t *testing.T, db *store.DB, s *flowstore.Store) {
	t.Helper()
	service := draft.New(s, db.Clock(), func() string { return "given-id" })
	doc := document("", "运费 ¥1.50 \u2028 \"引号\" \\ 👩‍🌾", "a", "b")
	doc.Spec.Layout = []byte(`{"a":{"x":1.50,"y":-0}}`)
	v, err := service.Publish(t.Context(), 1, doc, "")
	if err != nil {
		t.Fatal(err)
	}
	again, err := service.Publish(t.Context(), 1, doc, "")
	if err != nil || again.ID != v.ID {
		t.Errorf("published unchanged as %d, before %d, %v", again.ID, v.ID, err)
	}
	loaded, got, numbers, err := service.Load(t.Context(), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	doc.Metadata.ID = "given-id"
	if string(got.JSON()) != string(doc.JSON()) || string(loaded.Document) != string(doc.JSON()) {
		t.Errorf("%s became %s", doc.JSON(), loaded.Document)
	}
	if loaded.Workspace != 1 || numbers["a"] != 1 || numbers["b"] != 2 {
		t.Errorf("%+v, %v", loaded, numbers)
	}
}

func givenUp(t *testing.T, _ *store.DB, s *flowstore.Store) {
	t.Helper()
	id := put(t, s, 1, document("given-up", ""), 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, flowErr := s.PutFlow(ctx, 1, "given-up-2", stored(document("given-up-2", "")), 1)
	_, versionErr := s.PutVersion(ctx, 1, id, draft.Publication{Document: []byte("{}")}, 1)
	_, numberErr := s.NodeNumbers(ctx, id, []string{"a"})
	for name, err := range map[string]error{"PutFlow": flowErr, "PutVersion": versionErr, "NodeNumbers": numberErr} {
		if err == nil {
			t.Errorf("%s went on", name)
		}
	}
	if v := publish(t, s, id, "{}"); v.No != 1 {
		t.Errorf("%+v", v)
	}
}

func unknown(t *testing.T, _ *store.DB, s *flowstore.Store) {
	t.Helper()
	if got := number(t, s, 1<<60); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
