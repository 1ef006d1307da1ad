package hookstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/hook"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/flowstore"
	"github.com/karezflow/karez/server/store/hookstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

// bench is a store with one flow in a workspace of its own.
type bench struct {
	*hookstore.Store

	t      *testing.T
	db     *store.DB
	ledger *ledgerstore.Store
	flows  *flowstore.Store
	ws     ledger.ID
	public string
	flow   ledger.ID
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		for i, c := range []struct {
			name string
			test func(*bench)
		}{{"hooks", hooks}, {"made by many at once", together}, {"posts", posts}, {"posted by many at once", flood}, {"answers", answers}, {"standing", standing}} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				books := ledgerstore.New(db)
				b := &bench{Store: hookstore.New(db, books.Post), t: t, db: db, ledger: books, flows: flowstore.New(db), ws: ledger.ID(100 + i), public: fmt.Sprint("flow-", i)}
				var err error
				b.flow, err = b.flows.PutFlow(t.Context(), b.ws, b.public, draft.Contents{Document: []byte("{}")}, 1)
				b.must(err)
				c.test(b)
			})
		}
	})
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// replace makes a secret that seals text.
func (b *bench) replace(text string, now, until ledger.Millis) hook.Hook {
	b.t.Helper()
	ctx := b.t.Context()
	h, err := b.Hook(ctx, b.ws, b.public, "in")
	b.must(err)
	id, err := b.NewID(ctx)
	b.must(err)
	if h.ID == 0 {
		h.PublicID = "public-" + b.public
	}
	h, err = b.Replace(ctx, h, hook.Secret{ID: id, Sealed: []byte(text), By: "王小二", Created: now}, until)
	b.must(err)
	return h
}

func sealed(h hook.Hook) map[string]ledger.Millis {
	out := map[string]ledger.Millis{}
	for _, s := range h.Secrets {
		out[string(s.Sealed)] = s.Expires
	}
	return out
}

func hooks(b *bench) {
	ctx := b.t.Context()
	none, err := b.Hook(ctx, b.ws, b.public, "in")
	b.must(err)
	if none.ID != 0 || none.Flow != b.flow || none.NodeID != "in" {
		b.t.Errorf("%+v", none)
	}
	for _, other := range []struct {
		ws   ledger.ID
		flow string
	}{{b.ws + 1000, b.public}, {b.ws, "nobody's"}} {
		if _, err := b.Hook(ctx, other.ws, other.flow, "in"); !errors.Is(err, ledger.ErrNotFound) {
			b.t.Errorf("%+v: %v", other, err)
		}
	}
	first := b.replace("one", 10, 10)
	second := b.replace("two", 20, 100)
	if first.ID != second.ID || first.PublicID != second.PublicID {
		b.t.Errorf("%+v %+v", first, second)
	}
	if diff := cmp.Diff(map[string]ledger.Millis{"one": 100, "two": 0}, sealed(second)); diff != "" {
		b.t.Error(diff)
	}
	third := b.replace("three", 30, 50)
	if diff := cmp.Diff(map[string]ledger.Millis{"one": 50, "two": 50, "three": 0}, sealed(third)); diff != "" {
		b.t.Error(diff)
	}
	if fourth := b.replace("four", 60, 60); len(fourth.Secrets) != 1 || string(fourth.Secrets[0].Sealed) != "four" {
		b.t.Errorf("%+v", fourth.Secrets)
	}
	known, err := b.Known(ctx, first.PublicID)
	b.must(err)
	if known.ID != first.ID || known.NodeID != "in" || known.FlowID != b.public || known.Enabled || len(known.Secrets) != 1 {
		b.t.Errorf("%+v", known)
	}
	if _, err := b.Known(ctx, "guessed"); !errors.Is(err, ledger.ErrNotFound) {
		b.t.Error(err)
	}
	hold, err := b.flows.DeleteFlow(ctx, b.flow)
	b.must(err)
	if _, err := b.Known(ctx, first.PublicID); hold != draft.Free || !errors.Is(err, ledger.ErrNotFound) {
		b.t.Errorf("%v, and the hook of a deleted flow: %v", hold, err)
	}
}

func together(b *bench) {
	ctx := b.t.Context()
	h, err := b.Hook(ctx, b.ws, b.public, "in")
	b.must(err)
	const many = 8
	made := make([]hook.Hook, many)
	storetest.Together(many, func(i int) {
		mine := h
		mine.PublicID = fmt.Sprint("public-", b.ws, "-", i)
		id, err := b.NewID(ctx)
		if err == nil {
			made[i], err = b.Replace(ctx, mine, hook.Secret{ID: id, Sealed: []byte{byte(i)}, Created: 5}, 50)
		}
		if err != nil {
			b.t.Error(err)
		}
	})
	good := 0
	last, err := b.Hook(ctx, b.ws, b.public, "in")
	b.must(err)
	for _, s := range last.Secrets {
		if s.Expires == 0 {
			good++
		}
	}
	for _, m := range made {
		if m.ID != made[0].ID || m.PublicID != last.PublicID {
			b.t.Errorf("%+v, another one %+v", m, made[0])
		}
	}
	if good != 1 || len(last.Secrets) != many {
		b.t.Errorf("%d of %d secrets are good for ever", good, len(last.Secrets))
	}
}

// post gives a request that brings documents by their keys.
func (b *bench) post(h hook.Hook, message, sum string, keys ...string) hook.Post {
	p := hook.Post{Hook: h.ID, Workspace: b.ws, Message: message, Sum: sum, To: ledger.Inlet{Flow: b.flow, NodeID: "in", OnSeen: ledger.Skip, Priority: 5, Posted: true}, Now: 1000}
	for _, key := range keys {
		p.Documents = append(p.Documents, ledger.Incoming{Key: key, Number: "n" + key, Body: []byte(`{"k":"` + key + `"}`), SourceHash: int64(len(sum))})
	}
	return p
}

func posts(b *bench) {
	ctx := b.t.Context()
	h := b.replace("one", 1, 1)
	first, err := b.Accept(ctx, b.post(h, "m1", "s", "a", "b"))
	b.must(err)
	if len(first.Documents) != 2 || first.Documents[0].Document == first.Documents[1].Document || first.Documents[0].Rev != 1 || first.Documents[0].Same || len(first.Work) != 0 {
		b.t.Errorf("a flow that is not enabled: %+v", first)
	}
	again, err := b.Accept(ctx, b.post(h, "m1", "s", "a", "b"))
	b.must(err)
	if diff := cmp.Diff(first, again); diff != "" {
		b.t.Error(diff)
	}
	if _, err := b.Accept(ctx, b.post(h, "m1", "other", "a")); !errors.Is(err, hook.ErrReused) {
		b.t.Error(err)
	}
	b.enable()
	other, err := b.Accept(ctx, b.post(h, "m2", "s", "b", "c"))
	b.must(err)
	if !other.Documents[0].Same || other.Documents[0].Document != first.Documents[1].Document || other.Documents[1].Same || len(other.Work) != 1 {
		b.t.Errorf("%+v", other)
	}
	none, err := b.Accept(ctx, b.post(h, "m3", "s"))
	b.must(err)
	if len(none.Documents) != 0 {
		b.t.Errorf("%+v", none)
	}
	runs, err := b.ledger.OpenRuns(ctx, b.flow)
	b.must(err)
	if len(runs) != 1 || runs[0].Trigger != ledger.WebhookTrigger || !runs[0].PullingEnded {
		b.t.Errorf("%+v", runs)
	}
	var kind string
	b.must(b.db.Read(ctx).Raw("SELECT kind FROM stream WHERE flow_id = ?", b.flow).Scan(&kind).Error)
	if kind != "webhook" {
		b.t.Errorf("a stream of the kind %q", kind)
	}
	calls, err := b.Calls(ctx, h.ID, 2)
	b.must(err)
	if len(calls) != 2 || calls[0].Message != "m1" || calls[1].Message != "m2" || len(calls[0].Documents) != 2 {
		b.t.Errorf("%+v", calls)
	}
	if rev, ok, err := b.Came(ctx, h, first.Documents[0].Document); err != nil || !ok || rev != 1 {
		b.t.Errorf("%d %v %v", rev, ok, err)
	}
	elsewhere := h
	elsewhere.NodeID = "other"
	if _, ok, err := b.Came(ctx, elsewhere, first.Documents[0].Document); err != nil || ok {
		b.t.Errorf("another node's document: %v %v", ok, err)
	}
}

// enable publishes the flow and enables it.
func (b *bench) enable() {
	b.t.Helper()
	ctx := b.t.Context()
	_, err := b.flows.PutVersion(ctx, b.ws, b.flow, draft.Publication{Document: []byte("{}")}, 1)
	b.must(err)
	b.must(b.db.Write(ctx, func(tx *gorm.DB) error { return tx.Exec("UPDATE flow SET enabled = 1 WHERE id = ?", b.flow).Error }))
}

func flood(b *bench) {
	ctx := b.t.Context()
	h := b.replace("one", 1, 1)
	const many = 20
	got := make([]hook.Receipt, many)
	storetest.Together(many, func(i int) {
		var err error
		if got[i], err = b.Accept(ctx, b.post(h, "m1", "s", "a")); err != nil {
			b.t.Error(err)
		}
	})
	for _, r := range got {
		if diff := cmp.Diff(got[0].Documents, r.Documents); diff != "" {
			b.t.Error(diff)
		}
	}
	stream, err := b.ledger.OpenStream(ctx, b.ws, b.flow, "in")
	b.must(err)
	if stored, err := b.ledger.Documents(ctx, stream.ID, 0, 10); err != nil || len(stored) != 1 {
		b.t.Errorf("%d documents, %v", len(stored), err)
	}
}

func answers(b *bench) {
	ctx := b.t.Context()
	h := b.replace("one", 1, 1)
	_, err := b.Accept(ctx, b.post(h, "m1", "s", "a"))
	b.must(err)
	for _, said := range []string{`{"a":1}`, `{"a":2}`} {
		status, answer, err := b.Answer(ctx, h.ID, "m1", 200, []byte(said))
		if err != nil || status != 200 || string(answer) != `{"a":1}` {
			b.t.Errorf("%d %s %v", status, answer, err)
		}
	}
	again, err := b.Accept(ctx, b.post(h, "m1", "s", "a"))
	b.must(err)
	if again.Status != 200 || string(again.Answer) != `{"a":1}` {
		b.t.Errorf("%+v", again)
	}
}

func standing(b *bench) {
	ctx := b.t.Context()
	h := b.replace("one", 1, 1)
	b.enable()
	refused := b.post(h, "m1", "s", "a", "b", "c")
	refused.Documents[1].Problem = &ledger.Problem{Code: "source.key_invalid", Message: "m", Path: "p", Args: map[string]string{"0": "x"}}
	receipt, err := b.Accept(ctx, refused)
	b.must(err)
	work, ok, err := b.ledger.Claim(ctx, receipt.Work[0], "me", 2000, 1000)
	b.must(err)
	if !ok {
		b.t.Fatal("the work can't be claimed")
	}
	d := receipt.Documents
	answer := func(doc ledger.ID, body string) ledger.Answer {
		return ledger.Answer{Document: doc, Rev: 1, NodeNo: 2, Status: 201, Body: []byte(body)}
	}
	_, err = b.ledger.CommitOutcome(ctx, ledger.Outcome{
		Claim: ledger.ClaimOf(work), Workspace: b.ws, Now: 3000,
		Documents: []ledger.Settled{{Document: d[0].Document, Rev: 1, State: ledger.Collected}, {Document: d[2].Document, Rev: 1, State: ledger.RetryAt, RetryAt: 3000}},
		Answers:   []ledger.Answer{answer(d[0].Document, "1"), answer(d[0].Document, "2"), answer(d[2].Document, "3"), {Document: d[2].Document, Rev: 9, Status: 500, Body: []byte("9")}},
	})
	b.must(err)
	b.again(d[2].Document, answer(d[2].Document, "4"))
	got, err := b.Standing(ctx, append(d, d[0], ledger.Admitted{Document: d[0].Document, Rev: 7}))
	b.must(err)
	type told struct {
		Key, State, Answer, Problem string
		Status                      int
	}
	var all []told
	for _, s := range got {
		one := told{Key: s.Key, State: s.State.String(), Answer: string(s.Answer), Status: s.Status}
		if s.Problem != nil {
			one.Problem = s.Problem.Code + s.Problem.Args["0"]
		}
		all = append(all, one)
	}
	want := []told{
		{"a", "collected", "1", "", 201},
		{"b", "rejected", "", "source.key_invalidx", 0},
		{"c", "delivered", "3", "", 201},
		{"a", "collected", "1", "", 201},
		{"a", "waiting", "", "", 0},
	}
	if diff := cmp.Diff(want, all); diff != "" {
		b.t.Error(diff)
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := b.Standing(over, d); !errors.Is(err, context.Canceled) {
		b.t.Errorf("a context that is over: %v", err)
	}
}

// again walks a document that is retried: what it is answered then changes nothing.
func (b *bench) again(doc ledger.ID, a ledger.Answer) {
	b.t.Helper()
	ctx := b.t.Context()
	due, err := b.ledger.Due(ctx, 4000, 1000)
	b.must(err)
	for _, w := range due {
		if w.Ref != doc {
			continue
		}
		work, ok, err := b.ledger.Claim(ctx, w.ID, "me", 4000, 1000)
		b.must(err)
		if !ok {
			b.t.Fatal("the work can't be claimed")
		}
		_, err = b.ledger.CommitOutcome(ctx, ledger.Outcome{
			Claim: ledger.ClaimOf(work), Workspace: b.ws, Now: 5000,
			Documents: []ledger.Settled{{Document: doc, Rev: 1, State: ledger.Delivered}}, Answers: []ledger.Answer{a},
		})
		b.must(err)
		return
	}
	b.t.Fatal("the document is not retried")
}
