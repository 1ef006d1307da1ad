package draft_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/usage"
)

const job = `
apiVersion: karez/v1
kind: Flow
metadata: {id: "%s", name: job, title: 订单 → 单据}
spec:
  connections: {shop: {connector: depot, settings: {address: "https://depot.example"}, secrets: {apiKey: "env:DEPOT_KEY"}}}
  nodes:
    - {id: orders, type: source, connection: shop, settings: {operation: orders}}
    - {id: keep, type: discard}
  edges:
    - {from: orders, to: keep}
`

// database keeps what it is given; each method fails where asked to.
type database struct {
	draft.Drafts // not used by what publishes for the command line

	fails map[string]error

	calls    []string
	flows    []draft.Contents
	ids      []string
	versions map[ledger.ID]draft.Version
	numbered []string
	notes    []string
	at       []ledger.Millis
}

func (d *database) call(name string) error {
	d.calls = append(d.calls, name)
	return d.fails[name]
}

func (d *database) PutFlow(_ context.Context, workspace ledger.ID, publicID string, c draft.Contents, now ledger.Millis) (ledger.ID, error) {
	d.flows, d.ids, d.at = append(d.flows, c), append(d.ids, publicID), append(d.at, now)
	return 70 + workspace, d.call("PutFlow")
}

func (d *database) PutVersion(_ context.Context, workspace, flowID ledger.ID, p draft.Publication, now ledger.Millis) (draft.Version, error) {
	if err := d.call("PutVersion"); err != nil {
		return draft.Version{}, err
	}
	if d.versions == nil {
		d.versions = map[ledger.ID]draft.Version{}
	}
	v := draft.Version{ID: 900, Flow: flowID, Workspace: workspace, No: 1, Document: p.Document, Operations: p.Operations}
	d.versions[v.ID], d.notes, d.at = v, append(d.notes, p.Note), append(d.at, now)
	return v, nil
}

func (d *database) Version(_ context.Context, id ledger.ID) (draft.Version, error) {
	if err := d.call("Version"); err != nil {
		return draft.Version{}, err
	}
	v, ok := d.versions[id]
	if !ok {
		return v, ledger.ErrNotFound
	}
	return v, nil
}

func (d *database) Versions(context.Context, ledger.ID) ([]draft.Version, error) { return nil, nil }

func (d *database) Edits(context.Context, ledger.ID) ([]draft.Edit, error) { return nil, nil }

func (d *database) InFlight(context.Context, ledger.ID) (map[ledger.ID]int, error) { return nil, nil }

func (d *database) VersionNo(context.Context, ledger.ID, int) (draft.Version, error) {
	return draft.Version{}, ledger.ErrNotFound
}

func (d *database) ConnectionUse(context.Context, ledger.ID) (map[string][]usage.Flow, error) {
	return nil, nil
}

func (d *database) NodeNumbers(_ context.Context, flowID ledger.ID, nodeIDs []string) (map[string]int, error) {
	d.numbered = nodeIDs
	numbers := map[string]int{"removed": 9}
	for i, id := range nodeIDs {
		numbers[id] = int(flowID) + i
	}
	return numbers, d.call("NodeNumbers")
}

func newService(d *database) *draft.Service {
	fresh := 0
	return draft.New(d, func() time.Time { return time.UnixMilli(5000) }, func() string {
		fresh++
		return fmt.Sprint("fresh-", fresh)
	})
}

func parse(t *testing.T, id string) *flow.Document {
	t.Helper()
	docs, err := flow.Parse([]byte(fmt.Sprintf(job, id)))
	if err != nil {
		t.Fatal(err)
	}
	return docs[0]
}

func TestPublishAndLoad(t *testing.T) {
	t.Parallel()
	store := &database{}
	s := newService(store)
	doc := parse(t, "f-1")
	before := string(doc.JSON())
	v, err := s.Publish(t.Context(), 1, doc, "第一版")
	if err != nil {
		t.Fatal(err)
	}
	if v.ID != 900 || v.Flow != 71 || v.Workspace != 1 {
		t.Errorf("%+v", v)
	}
	if string(doc.JSON()) != before {
		t.Error("publishing changed the caller's document")
	}
	want := parse(t, "f-1")
	want.Spec.Connections = nil
	if string(v.Document) != string(want.JSON()) || string(store.flows[0].Document) != string(want.JSON()) {
		t.Errorf("stored: %s", v.Document)
	}
	if strings.Contains(string(v.Document), "DEPOT_KEY") {
		t.Error("an inline connection was stored")
	}
	if !slices.Equal(store.numbered, []string{"orders", "keep"}) || store.notes[0] != "第一版" || store.at[0] != 5000 || store.at[1] != 5000 {
		t.Errorf("numbered %v, notes %v, at %v", store.numbered, store.notes, store.at)
	}

	store.numbered = nil
	loaded, again, numbers, err := s.Load(t.Context(), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(v, loaded); diff != "" {
		t.Errorf("version (-want +got):\n%s", diff)
	}
	if string(again.JSON()) != string(want.JSON()) {
		t.Errorf("loaded: %s", again.JSON())
	}
	if numbers["orders"] != 71 || numbers["keep"] != 72 || !slices.Equal(store.numbered, []string{"orders", "keep"}) {
		t.Errorf("numbers %v", numbers)
	}
}

func TestPublishNamesWhatHasNoName(t *testing.T) {
	t.Parallel()
	store := &database{}
	s := newService(store)
	doc := parse(t, "")
	for i := range 2 {
		if _, err := s.Publish(t.Context(), 1, doc, ""); err != nil {
			t.Fatal(err)
		}
		if got, want := store.ids[i], fmt.Sprint("fresh-", i+1); got != want {
			t.Errorf("id %q, want %q", got, want)
		}
	}
	if doc.Metadata.ID != "" {
		t.Error("publishing changed the caller's document")
	}
}

// What columns can't hold is refused before anything is stored.
func TestPublishRefusesNamesThatDoNotFit(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*flow.Document)
		want   string
	}{
		"as long as may be": {func(d *flow.Document) {
			d.Metadata.ID, d.Metadata.Name, d.Metadata.Title = strings.Repeat("长", 64), strings.Repeat("长", 190), strings.Repeat("长", 190)
			d.Spec.Nodes[0].ID = strings.Repeat("n", 64)
		}, ""},
		"a long id":           {func(d *flow.Document) { d.Metadata.ID = strings.Repeat("x", 65) }, "flow.id_invalid at metadata.id"},
		"an id with a blank":  {func(d *flow.Document) { d.Metadata.ID = "f " }, "flow.id_invalid at metadata.id"},
		"an id with a slash":  {func(d *flow.Document) { d.Metadata.ID = "../f" }, "flow.id_invalid at metadata.id"},
		"a long name":         {func(d *flow.Document) { d.Metadata.Name = strings.Repeat("长", 191) }, "flow.name_too_long at metadata.name"},
		"a long title":        {func(d *flow.Document) { d.Metadata.Title = strings.Repeat("x", 191) }, "flow.name_too_long at metadata.title"},
		"a long node id":      {func(d *flow.Document) { d.Spec.Nodes[1].ID = strings.Repeat("x", 65) }, "flow.node_id_invalid at spec.nodes[1].id"},
		"a node id with tabs": {func(d *flow.Document) { d.Spec.Nodes[0].ID = "a\tb" }, "flow.node_id_invalid at spec.nodes[0].id"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &database{}
			doc := parse(t, "f")
			tt.change(doc)
			got := ""
			if _, err := newService(store).Publish(t.Context(), 1, doc, ""); err != nil {
				f := fault.From(err)
				got = f.Code + " at " + f.Path
				if f.Hint == "" {
					t.Error("no hint")
				}
			}
			if got != tt.want || (tt.want == "") != (len(store.calls) > 0) {
				t.Errorf("%q after %v, want %q", got, store.calls, tt.want)
			}
		})
	}
}

func TestPublishStopsAtTheFirstFailure(t *testing.T) {
	t.Parallel()
	order := []string{"PutFlow", "NodeNumbers", "PutVersion"}
	for i, name := range order {
		down := errors.New("the database is down")
		store := &database{fails: map[string]error{name: down}}
		v, err := newService(store).Publish(t.Context(), 1, parse(t, "f"), "")
		if !errors.Is(err, down) || v.ID != 0 {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
		if !slices.Equal(store.calls, order[:i+1]) {
			t.Errorf("%s: called %v", name, store.calls)
		}
	}
}

func TestVersionsThatCannotBeLoaded(t *testing.T) {
	t.Parallel()
	down := fault.New("store.unreachable", "the database does not answer").Classed(fault.Transient)
	whole := string(parse(t, "f").JSON())
	tests := map[string]struct {
		document string
		fails    map[string]error
		code     string
		class    fault.Class
	}{
		"not stored":          {"", nil, "flow.version_missing", fault.Config},
		"the database down":   {whole, map[string]error{"Version": down}, "store.unreachable", fault.Transient},
		"numbers down":        {whole, map[string]error{"NodeNumbers": down}, "store.unreachable", fault.Transient},
		"no document":         {" ", nil, "flow.version_unreadable", fault.Internal},
		"half a document":     {whole[:len(whole)/2], nil, "flow.version_unreadable", fault.Internal},
		"several documents":   {fmt.Sprintf(job, "f") + "\n---\n" + fmt.Sprintf(job, "g"), nil, "flow.version_unreadable", fault.Internal},
		"as it was published": {whole, nil, "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &database{fails: tt.fails, versions: map[ledger.ID]draft.Version{}}
			if tt.document != "" {
				store.versions[4711] = draft.Version{ID: 4711, Document: []byte(tt.document)}
			}
			_, _, _, err := newService(store).Load(t.Context(), 4711)
			if fault.CodeOf(err) != tt.code || tt.code != "" && fault.ClassOf(err) != tt.class || (tt.code == "") != (err == nil) {
				t.Fatalf("%v, want %q", err, tt.code)
			}
			if tt.code != "flow.version_missing" {
				return
			}
			f := fault.From(err)
			if !strings.Contains(f.Message, "4711") || f.Hint == "" || !errors.Is(err, ledger.ErrNotFound) {
				t.Errorf("%v, hint %q", f, f.Hint)
			}
		})
	}
}
