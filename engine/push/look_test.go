package push_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// tables are code tables by their names, and what was asked of them, a line a call.
type tables struct {
	codes map[string]string
	asked []string
	fail  error
	// table is the one of the store that documents wait for.
	table lookup.Table
}

// Answer implements push.Lookups.
func (t *tables) Answer(_ context.Context, _ ledger.ID, asked []item.Lookup) (map[string]lookup.Found, error) {
	var line []string
	out := map[string]lookup.Found{}
	for _, l := range asked {
		code := l.Where[0].Value
		line = append(line, l.Table+"/"+code)
		found := lookup.Found{Wait: ledger.Wait{Kind: ledger.CodeWait, Ref: t.table.ID, Value: code, Version: t.table.Version}}
		if to, ok := t.codes[l.Table+"/"+code]; ok {
			found.Values = []item.Value{item.Of([]byte(to))}
		}
		out[l.Key()] = found
	}
	slices.Sort(line)
	t.asked = append(t.asked, strings.Join(line, " "))
	return out, t.fail
}

// outcomes keeps what walks came to.
type outcomes struct {
	pushStore
	settled []ledger.Settled
}

func (o *outcomes) CommitOutcome(ctx context.Context, out ledger.Outcome) (ledger.OutcomeResult, error) {
	o.settled = append(o.settled, out.Documents...)
	return o.pushStore.CommitOutcome(ctx, out)
}

// coded is a rig whose bills have their number and the key's form from code tables.
func coded(t *testing.T, known map[string]string) (*rig, *tables, *outcomes) {
	t.Helper()
	r := newRig(t,
		`{field: amount, value: "{{amount}}"}`, `{field: amount, value: "{{amount}}", table: amounts}, {field: shop, value: "{{state}}", table: shops}`,
		"operation: bills, params: [{field: form, value: F1}]", `operation: bills, params: [{field: form, value: "{{amount}}", table: forms, onMiss: keep}]`)
	look := &tables{codes: known}
	_, err := r.store.CreateTable(t.Context(), 1, "codes")
	r.must(err)
	look.table, _, err = r.store.CodeTable(t.Context(), 1, "codes")
	r.must(err)
	kept := &outcomes{pushStore: r.store}
	r.lookups = look
	r.use(kept)
	return r, look, kept
}

func TestWhatIsMissingParks(t *testing.T) {
	t.Parallel()
	known := map[string]string{"amounts/1": `"11"`, "shops/open": `"S1"`, "forms/11": `"F9"`}
	r, look, kept := coded(t, known)
	r.put(enginetest.Order{ID: "a", Amount: "1", State: "open"})
	r.put(enginetest.Order{ID: "b", Amount: "2", State: "shut"})
	r.put(enginetest.Order{ID: "c", Amount: "2", State: "open"})
	r.pull()
	r.push()
	r.want("a", ledger.Delivered, "")
	r.want("b", ledger.Unmapped, "lookup.values_missing")
	r.want("c", ledger.Unmapped, "lookup.code_missing")
	if diff := cmp.Diff([]string{"amounts/1 amounts/2 shops/open shops/shut", "forms/11"}, look.asked); diff != "" {
		t.Error(diff)
	}
	wait := func(code string) ledger.Wait {
		return ledger.Wait{Kind: ledger.CodeWait, Ref: look.table.ID, Value: code, Version: look.table.Version}
	}
	for _, s := range kept.settled {
		want := map[ledger.ID][]ledger.Wait{r.document("b").ID: {wait("2"), wait("shut")}, r.document("c").ID: {wait("2")}}
		if diff := cmp.Diff(want[s.Document], s.Waits); diff != "" {
			t.Errorf("document %d: %s", s.Document, diff)
		}
	}
	known["amounts/2"], known["shops/shut"] = `"22"`, `"S2"`
	r.act("b", ledger.RetryDocument, nil)
	r.push()
	r.want("b", ledger.Delivered, "")
}

// TestAnAnswerThatFails: those who asked wait where it passes, and the walk ends where
// it is nobody's fault.
func TestAnAnswerThatFails(t *testing.T) {
	t.Parallel()
	r, look, _ := coded(t, map[string]string{"amounts/1": `"11"`, "shops/open": `"S1"`})
	look.fail = fault.New("lookup.preparing", "not yet").Classed(fault.Transient)
	r.put(enginetest.Order{ID: "a", Amount: "1", State: "open"})
	r.pull()
	r.push()
	r.want("a", ledger.RetryAt, "lookup.preparing")
	look.fail = fault.New("lookup.table_gone", "gone").Classed(fault.Config)
	r.later(time.Minute)
	r.want("a", ledger.Rejected, "lookup.table_gone")
	look.fail = errors.New("the disk is full")
	r.act("a", ledger.RetryDocument, nil)
	due, err := r.store.Due(t.Context(), ledger.At(r.now), 1)
	r.must(err)
	if _, err := r.worker.Handle(t.Context(), due[0].ID); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("error is %v", err)
	}
	look.fail = nil
	r.later(time.Hour)
	r.want("a", ledger.Delivered, "")
}

// TestLookupsWithoutEnd are given up.
func TestLookupsWithoutEnd(t *testing.T) {
	t.Parallel()
	r, _, _ := coded(t, nil)
	r.lookups = forgetful{}
	r.use(r.store)
	r.put(enginetest.Order{ID: "a", Amount: "1", State: "open"})
	r.pull()
	r.push()
	r.want("a", ledger.Rejected, "lookup.endless")
}

// forgetful answers nothing at all.
type forgetful struct{}

// Answer implements push.Lookups.
func (forgetful) Answer(context.Context, ledger.ID, []item.Lookup) (map[string]lookup.Found, error) {
	return nil, nil
}

var _ push.Lookups = forgetful{}

// TestAWritebackLooksUp what it keeps and what it hands over; it never waits, and what
// it does not find is empty or its own failure.
func TestAWritebackLooksUp(t *testing.T) {
	t.Parallel()
	c := newChain(t, `store: [{field: clerk, value: "_findCollection find name from staff.rows where no={{no}}"},
		{field: "no", value: "{{Number}}"}], to: next, document: [{field: id, value: "{{id}}"},
		{field: "no", value: "_findCollection find no from staff.rows where no={{no}}-next", onMiss: error}, {field: clerk, value: "{{primaryWriteback.clerk}}"}]`,
		`key: "{{id}}"`)
	c.look.codes = map[string]string{"/n1": `"Li"`, "/n1-next": `"N1"`, "/n2-next": `"N2"`}
	c.put(enginetest.Order{ID: "a", No: "n1", Amount: "1"})
	c.put(enginetest.Order{ID: "b", No: "n2", Amount: "1"})
	c.put(enginetest.Order{ID: "c", No: "n3", Amount: "1"})
	c.pull()
	c.push()
	for id, want := range map[string]string{"a": `{"clerk":"Li","no":"n1"}`, "b": `{"no":"n2"}`, "c": `{"no":"n3"}`} {
		c.want(id, ledger.Delivered, map[string]string{"c": "lookup.nothing_found"}[id])
		got, err := c.store.Deliveries(t.Context(), c.document(id).ID)
		c.must(err)
		if len(got) != 1 || string(got[0].Writeback) != want {
			t.Errorf("%s keeps %s, want %s", id, got[0].Writeback, want)
		}
	}
	if _, order := c.erp2.Bills(); !slices.Equal(order, []string{"SN1", "SN2"}) {
		t.Errorf("the next flow wrote %v", order)
	}
	if d := c.document("c"); d.Attention&ledger.WritebackFailing == 0 {
		t.Errorf("a hand-over without what it needs shows nothing: %+v", d)
	}
}

// TestAWritebackWhoseLookupPasses is made again, and nothing is written twice.
func TestAWritebackWhoseLookupPasses(t *testing.T) {
	t.Parallel()
	c := newChain(t, `store: [{field: clerk, value: "_findCollection find name from staff.rows where no={{no}}"}]`, `key: "{{id}}"`)
	c.look.codes = map[string]string{"/n1": `"Li"`}
	c.look.fail = fault.New("lookup.preparing", "not yet").Classed(fault.Transient)
	c.put(enginetest.Order{ID: "a", No: "n1", Amount: "1"})
	c.pull()
	due, err := c.store.Due(t.Context(), ledger.At(c.now), 1)
	c.must(err)
	if _, err := c.worker.Handle(t.Context(), due[0].ID); fault.CodeOf(err) != "lookup.preparing" {
		t.Fatalf("error is %v", err)
	}
	c.look.fail = nil
	c.later(time.Hour)
	c.want("a", ledger.Delivered, "")
	got, err := c.store.Deliveries(t.Context(), c.document("a").ID)
	c.must(err)
	if _, order := c.erp.Bills(); len(got) != 1 || string(got[0].Writeback) != `{"clerk":"Li"}` || len(order) != 1 {
		t.Errorf("%+v, written %v", got, order)
	}
}
