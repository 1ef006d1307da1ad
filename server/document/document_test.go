package document_test

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

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/once"
)

// rig is the service on a ledger in memory; lists are those of one page a document.
type rig struct {
	*worldtest.World
	*document.Service

	memory *runtest.Memory
	// queries are what was listed by.
	queries []document.Query
	// published is the flow's version, 0 for none; repair fails instead of the ledger's own.
	published ledger.ID
	repair    error
	// hints are what was announced, publishing is what that fails with.
	hints      []ledger.ID
	publishing error
	log        bytes.Buffer
	// orders are those that were carried out, by their keys; deaf lets a repair be carried
	// out and its answer get lost.
	orders map[string]once.Order
	deaf   error
	// ejected are the documents that were taken out of bills, ejecting is what that fails with.
	ejected  []barrier.Ejecting
	ejecting error
}

// bills are those of a rig.
type bills struct{ *rig }

func (b bills) Eject(_ context.Context, e barrier.Ejecting) error {
	if b.ejecting != nil {
		return b.ejecting
	}
	b.ejected = append(b.ejected, e)
	b.orders[e.OrderKey] = once.Order{Key: e.OrderKey, Object: e.Document, Asked: e.Asked}
	return nil
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{memory: runtest.NewStore(), orders: map[string]once.Order{}}
	r.World = worldtest.New(t, r.memory)
	r.published = r.Version + 500
	r.Service = document.New(document.Config{
		Store: r, Hints: r, Bills: bills{r}, Clock: func() time.Time { return r.Now.Time() }, Log: slog.New(slog.NewTextHandler(&r.log, nil)),
	})
	return r
}

// as gives a context of somebody with a role here.
func (r *rig) as(role access.Role) context.Context {
	return access.With(r.Context(), access.Principal{Workspace: r.Workspace, User: 7, Name: "王", Role: role})
}

func (r *rig) id(key string) string { return fmt.Sprint(r.Doc(key).ID) }

func (r *rig) List(ctx context.Context, q document.Query) (document.Listed, error) {
	r.queries = append(r.queries, q)
	docs, err := r.memory.Documents(ctx, r.Stream.ID, 0, 2000)
	var out document.Listed
	if err != nil {
		return out, err
	}
	slices.Reverse(docs)
	for i, d := range docs {
		if q.After != nil && d.ID >= q.After.ID || !slices.Contains(q.States, d.State) && len(q.States) > 0 {
			continue
		}
		if out.Items = append(out.Items, document.Summary{ID: d.ID, Key: d.Key}); len(out.Items) == q.Limit && i < len(docs)-1 {
			out.Next = &document.Place{Run: d.Run, ID: d.ID}
			break
		}
	}
	return out, nil
}

func (*rig) Facets(_ context.Context, workspace ledger.ID, flow string) (document.Facets, error) {
	return document.Facets{States: map[string]int{flow: int(workspace)}}, nil
}

func (r *rig) Detail(ctx context.Context, workspace, id ledger.ID) (document.Detail, error) {
	a, err := r.memory.Ailing(ctx, workspace, id)
	return document.Detail{Summary: document.Summary{ID: id, State: a.Document.State.String(), Rev: a.Document.ActiveRev}}, err
}

func (r *rig) Published(context.Context, ledger.ID) (ledger.ID, error) {
	if r.published == 0 {
		return 0, ledger.ErrNotFound
	}
	return r.published, nil
}

func (*rig) NodeNo(_ context.Context, _ ledger.ID, node string) (int, error) {
	if node == "k3" {
		return worldtest.NodeNo, nil
	}
	return 0, nil
}

func (r *rig) Ailing(ctx context.Context, workspace, id ledger.ID) (rules.Ailing, error) {
	return r.memory.Ailing(ctx, workspace, id)
}

func (r *rig) Ailings(ctx context.Context, workspace ledger.ID, ids []ledger.ID) (found []rules.Ailing, err error) {
	for _, id := range ids {
		if a, err := r.memory.Ailing(ctx, workspace, id); err == nil {
			found = append(found, a)
		}
	}
	return found, nil
}

func (r *rig) Select(_ context.Context, q document.Query, after ledger.ID) ([]document.Chosen, error) {
	r.queries = append(r.queries, q)
	return []document.Chosen{{ID: after + 1}}, nil
}

func (*rig) SelectNamed(_ context.Context, _ ledger.ID, ids []ledger.ID, after ledger.ID, _ int) ([]document.Chosen, error) {
	return []document.Chosen{{ID: ids[0] + after}}, nil
}

func (r *rig) Repair(ctx context.Context, repair ledger.Repair) ([]ledger.ID, error) {
	if r.repair != nil {
		return nil, r.repair
	}
	work, err := r.memory.Repair(ctx, repair)
	if err == nil && repair.OrderKey != "" {
		r.orders[repair.OrderKey] = once.Order{Key: repair.OrderKey, Object: repair.Document, Asked: repair.Asked}
	}
	return work, errors.Join(err, r.deaf)
}

func (r *rig) Order(_ context.Context, _ ledger.ID, key string) (once.Order, error) {
	o, ok := r.orders[key]
	if !ok {
		return o, ledger.ErrNotFound
	}
	return o, nil
}

func (r *rig) Publish(_ context.Context, priority int, work []ledger.ID) error {
	if priority != ledger.Urgent {
		r.Errorf("a person's order has the priority %d", priority)
	}
	r.hints = append(r.hints, work...)
	return r.publishing
}

// rejects pulls documents whose row the target refuses.
func (r *rig) rejects(keys ...string) {
	r.Helper()
	for _, key := range keys {
		r.Pull(worldtest.Rec(key, "1"))
		work := r.ClaimDoc(key)
		in := r.Send(work, key, "t-"+key)
		r.Must(r.Answer(work, ledger.Resolution{DeliveryKey: in.DeliveryKey, Attempt: 1, State: ledger.DeliveryRejected, Code: "vendor.no", FreeKey: true}))
		r.Conclude(work, r.Settled(key, ledger.Rejected))
	}
}

func (r *rig) wants(what string, err error, code string) {
	r.Helper()
	if got := fault.CodeOf(err); got != code || (err == nil) != (code == "") {
		r.Errorf("%s: %v, want %q", what, err, code)
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.rejects("a")
	id := r.id("a")
	reads := map[string]func(context.Context) error{
		"List":   func(ctx context.Context) error { _, err := r.Service.List(ctx, document.Filter{}); return err },
		"Facets": func(ctx context.Context) error { _, err := r.Service.Facets(ctx, ""); return err },
		"Get":    func(ctx context.Context) error { _, err := r.Get(ctx, id); return err },
	}
	acts := map[string]func(context.Context) error{
		"Retry": func(ctx context.Context) error { _, err := r.Retry(ctx, id, document.RetryRequest{}); return err },
		"Resend": func(ctx context.Context) error {
			_, err := r.Resend(ctx, id, document.ResendRequest{Node: "k3"})
			return err
		},
		"Skip": func(ctx context.Context) error { _, err := r.Skip(ctx, id, ""); return err },
	}
	elsewhere := access.With(t.Context(), access.Principal{Workspace: r.Workspace + 1, Role: access.Admin})
	for name, call := range reads {
		r.wants(name+" by nobody", call(t.Context()), "auth.login_required")
		r.wants(name+" by a viewer", call(r.as(access.Viewer)), "")
	}
	for name, call := range acts {
		r.wants(name+" by nobody", call(t.Context()), "auth.login_required")
		r.wants(name+" by a viewer", call(r.as(access.Viewer)), "auth.forbidden")
	}
	_, err := r.Get(elsewhere, id)
	r.wants("another workspace's document", err, "object.missing")
	_, err = r.Skip(elsewhere, id, "")
	r.wants("another workspace's document", err, "object.missing")
	r.Same("nothing was done", r.Doc("a").State, ledger.Rejected)
}

func TestFilters(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.rejects("a")
	still := []ledger.State{ledger.Rejected, ledger.RetryAt, ledger.Unmapped, ledger.NeedsDecision}
	base := document.Query{Workspace: r.Workspace, Waiting: true, Claimed: true, Limit: 50}
	tests := map[string]struct {
		filter document.Filter
		want   func(*document.Query)
		code   string
	}{
		"nothing": {},
		"everything": {document.Filter{Flow: "f", Node: "n", Run: "12", States: []string{"delivered", "skipped"}, Number: " A 1 ", Code: "c", After: "9.4", Limit: 7}, func(q *document.Query) {
			q.Flow, q.Node, q.Run, q.States, q.Number, q.Code = "f", "n", 12, []ledger.State{ledger.Delivered, ledger.Skipped}, "A 1", "c"
			q.After, q.Limit = &document.Place{Run: 9, ID: 4}, 7
		}, ""},
		"of a time": {document.Filter{UpdatedFrom: "2026-11-21T08:00:00+08:00", UpdatedTo: "2026-11-21T00:00:01.5Z"}, func(q *document.Query) {
			q.From, q.To = 1795219200000, 1795219201500
		}, ""},
		"no time":     {document.Filter{UpdatedFrom: "yesterday"}, nil, "document.filter_unknown"},
		"no such end": {document.Filter{UpdatedTo: "2026-11-21"}, nil, "document.filter_unknown"},
		"too many":    {document.Filter{Limit: 5000}, func(q *document.Query) { q.Limit = 200 }, ""},
		"waiting":     {document.Filter{States: []string{"waiting"}}, func(q *document.Query) { q.States, q.Claimed = []ledger.State{ledger.Waiting}, false }, ""},
		"claimed":     {document.Filter{States: []string{"claimed"}}, func(q *document.Query) { q.States, q.Waiting = []ledger.State{ledger.Waiting}, false }, ""},
		"both":        {document.Filter{States: []string{"claimed", "waiting"}}, func(q *document.Query) { q.States = []ledger.State{ledger.Waiting} }, ""},
		"attention":   {document.Filter{Attention: true}, func(q *document.Query) { q.States, q.Failing = still, ledger.States() }, ""},
		"attention of states": {document.Filter{Attention: true, States: []string{"unmapped", "delivered"}}, func(q *document.Query) {
			q.States, q.Failing = []ledger.State{ledger.Unmapped}, []ledger.State{ledger.Unmapped, ledger.Delivered}
		}, ""},
		"happy attention":       {document.Filter{Attention: true, States: []string{"delivered"}}, func(q *document.Query) { q.States, q.Failing = []ledger.State{}, []ledger.State{ledger.Delivered} }, ""},
		"attention for a code":  {document.Filter{Attention: true, Code: "some.code"}, func(q *document.Query) { q.States, q.Code = still, "some.code" }, ""},
		"no such state":         {document.Filter{States: []string{"lost"}}, nil, "document.filter_unknown"},
		"dropped is no state":   {document.Filter{States: []string{"dropped"}}, nil, "document.filter_unknown"},
		"no such run":           {document.Filter{Run: "x"}, nil, "document.filter_unknown"},
		"before":                {document.Filter{Before: "0.0"}, func(q *document.Query) { q.Before = &document.Place{} }, ""},
		"at":                    {document.Filter{At: "1970-01-01T00:00:01Z"}, func(q *document.Query) { q.At = 1000 }, ""},
		"no such time to begin": {document.Filter{At: "then"}, nil, "document.filter_unknown"},
		"no such place":         {document.Filter{Before: "x.1"}, nil, "document.filter_unknown"},
		"both ends":             {document.Filter{After: "9.4", Before: "9.5"}, nil, "document.filter_unknown"},
		"no such cursor":        {document.Filter{After: "x.1"}, nil, "document.filter_unknown"},
		"no such attention":     {document.Filter{Attention: true, Code: "some.code", States: []string{"delivered"}}, nil, "document.filter_unknown"},
	}
	for name, tt := range tests {
		r.queries = nil
		_, err := r.Service.List(r.as(access.Viewer), tt.filter)
		r.wants(name, err, tt.code)
		if err != nil {
			continue
		}
		want := base
		if tt.want != nil {
			tt.want(&want)
		}
		if diff := cmp.Diff([]document.Query{want}, r.queries); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.rejects("a", "b", "c")
	var keys []string
	f := document.Filter{Limit: 1}
	for range 3 {
		page, err := r.Service.List(r.as(access.Viewer), f)
		r.Must(err)
		keys = append(keys, page.Items[0].Key)
		f.After = page.Next
	}
	r.Same("documents", keys, []string{"c", "b", "a"})
	r.Same("the last page", f.After, "")
}

func TestActions(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.rejects("a")
	r.Pull(worldtest.Rec("b", "1"))
	got := func(key string, role access.Role) []string {
		d, err := r.Get(r.as(role), r.id(key))
		r.Must(err)
		return d.Actions
	}
	r.Same("rejected", got("a", access.Operator), []string{"retry", "resend", "skip", "edit"})
	r.Same("for who may only look", got("a", access.Viewer), []string{})
	r.Same("waiting", got("b", access.Admin), []string{})
	r.Walk("b", ledger.RetryAt)
	r.Same("never sent", got("b", access.Operator), []string{"retry", "skip", "edit"})
	for _, id := range []string{"", "x", "-1", "99999999"} {
		_, err := r.Get(r.as(access.Viewer), id)
		r.wants("document "+id, err, "object.missing")
	}
}

func TestRetry(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.rejects("a", "b", "c")
	pinned := r.Version
	for _, tt := range []struct {
		key, version string
		want         ledger.ID
	}{{"a", "", r.published}, {"b", "published", r.published}, {"c", "pinned", pinned}} {
		d, err := r.Retry(r.as(access.Operator), r.id(tt.key), document.RetryRequest{Version: tt.version})
		r.Must(err)
		doc := r.Doc(tt.key)
		r.Same(tt.key, []any{d.State, doc.Version, len(d.Actions)}, []any{"waiting", tt.want, 0})
		r.Same("announced", r.hints[len(r.hints)-1], doc.Work)
	}
	if log := r.log.String(); !strings.Contains(log, "by=王") {
		t.Errorf("who did it is not kept: %s", log)
	}
	_, err := r.Retry(r.as(access.Operator), r.id("a"), document.RetryRequest{})
	r.wants("what waits already", err, "document.not_repairable")
}

func TestRetryRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.rejects("a")
	retry := func(req document.RetryRequest) error {
		_, err := r.Retry(r.as(access.Operator), r.id("a"), req)
		return err
	}
	r.wants("another version", retry(document.RetryRequest{Version: "draft"}), "document.version_unknown")
	for _, text := range []string{"", "[]", "{", `{"a":1} {}`, "null", `"{}"`} {
		err := retry(document.RetryRequest{Source: []byte(text)})
		r.wants("the source "+text, err, "document.body_invalid")
		if f := fault.From(err); f.Path != "source" || f.Hint == "" {
			t.Errorf("%q: %+v", text, f)
		}
	}
	r.published = 0
	r.wants("no version", retry(document.RetryRequest{}), "flow.not_published")
	r.repair = rules.Changed()
	r.wants("somebody was faster", retry(document.RetryRequest{Version: "pinned"}), "document.changed")
	r.repair = ledger.ErrNotFound
	r.wants("it is gone", retry(document.RetryRequest{Version: "pinned"}), "object.missing")
	r.Same("nothing was done", r.Doc("a").State, ledger.Rejected)
	r.Same("nothing was announced", len(r.hints), 0)
}

func TestEdit(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.rejects("a")
	body := []byte("\n {\"a\": 1.10}")
	d, err := r.Retry(r.as(access.Operator), r.id("a"), document.RetryRequest{Source: body})
	r.Must(err)
	r.Same("revision", d.Rev, 2)
	r.Body("a", body)
	r.Walk("a", ledger.Rejected)
	r.Retry(r.as(access.Operator), r.id("a"), document.RetryRequest{Source: []byte("{}")}) //nolint:errcheck // looked at below
	revs := r.Revisions("a")
	r.Same("who edited", revs[1].Actor, "王")
}

func TestResend(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.rejects("a")
	resend := func(req document.ResendRequest) error {
		_, err := r.Resend(r.as(access.Operator), r.id("a"), req)
		return err
	}
	r.wants("another node", resend(document.ResendRequest{Node: "gone"}), "delivery.missing")
	r.wants("another part", resend(document.ResendRequest{Node: "k3", Part: 1}), "delivery.missing")
	r.wants("no body", resend(document.ResendRequest{Node: "k3", Body: []byte("x")}), "document.body_invalid")
	r.wants("an edited body", resend(document.ResendRequest{Node: "k3", Body: []byte(`{"by":"hand"}`)}), "")
	d := r.Delivery("a")
	r.Same("delivery", []any{d.State, string(d.Body)}, []any{ledger.DeliveryPending, `{"by":"hand"}`})
	r.Same("the version stays", r.Doc("a").Version, r.Version)
}

func TestSkip(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.rejects("a")
	d, err := r.Skip(r.as(access.Operator), r.id("a"), "测试单")
	r.Must(err)
	r.Same("state", d.State, "skipped")
	r.Same("why", r.Problem("a").Message, "skipped by 王: 测试单")
	r.Same("nothing to announce", len(r.hints), 0)
}

// TestHintsMayBeLost: the work is there, so a queue that is away is no failure.
func TestHintsMayBeLost(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.rejects("a", "b")
	r.publishing = errors.New("the queue is away")
	_, err := r.Retry(r.as(access.Operator), r.id("a"), document.RetryRequest{})
	r.wants("a lost hint", err, "")
	if !strings.Contains(r.log.String(), "the queue is away") {
		t.Error("nobody is told")
	}
	r.Hints = nil
	_, err = r.Retry(r.as(access.Operator), r.id("b"), document.RetryRequest{})
	r.wants("no hints", err, "")
}

func TestNames(t *testing.T) {
	t.Parallel()
	if got := document.Marks(ledger.Overtaken | ledger.Edited | ledger.Uncertain | ledger.WritebackFailing); !slices.Equal(got, []string{"uncertain", "warned", "writeback_failing"}) {
		t.Errorf("marks are %v", got)
	}
	for state, want := range map[ledger.State]string{ledger.Replaced: "superseded", ledger.Dropped: "ignored", ledger.RetryAt: "retry_at"} {
		if got := document.StateName(state); got != want {
			t.Errorf("%s is %s, want %s", state, got, want)
		}
	}
}
