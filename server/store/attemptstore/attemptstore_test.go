package attemptstore_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/attempt"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/attemptstore"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

const secret = "c4n4ry-s3cr3t"

// veils cover one secret of the connection "erp".
type veils struct{}

func (veils) Veil(_ context.Context, _ ledger.ID, connection string, text []byte) ([]byte, bool, error) {
	if connection != "erp" {
		return text, false, nil
	}
	covered := bytes.ReplaceAll(text, []byte(secret), []byte("***"))
	return covered, !bytes.Equal(covered, text), nil
}

type whole struct {
	*ledgerstore.Store
	worldtest.Repairer
}

type rig struct {
	*worldtest.World

	db       *store.DB
	docs     *documentstore.Store
	attempts *attempt.Service
}

func each(t *testing.T, test func(r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		r := &rig{db: db, docs: documentstore.New(db), attempts: attempt.New(attemptstore.New(db), veils{})}
		r.World = worldtest.New(t, whole{ledgerstore.New(db), r.docs})
		r.exec("INSERT INTO flow_node (flow_id,node_no,node_id) VALUES (?,?,'k3')", r.Flow, worldtest.NodeNo)
		r.exec("INSERT INTO connection (id,workspace_id,name,connector,settings,updated_at) VALUES (?,?,'erp','kingdee','{}',1)", r.Connection, r.Workspace)
		test(r)
	})
}

func (r *rig) exec(statement string, args ...any) {
	r.Helper()
	r.Must(r.db.Write(r.Context(), func(tx *gorm.DB) error { return tx.Exec(statement, args...).Error }))
}

func (r *rig) viewer() context.Context {
	return access.With(r.Context(), access.Principal{Workspace: r.Workspace, Role: access.Viewer})
}

// of gives the attempts of a document, each in one line.
func (r *rig) of(key string) []attempt.Attempt {
	r.Helper()
	list, err := r.attempts.Of(r.viewer(), fmt.Sprint(r.Doc(key).ID))
	r.Must(err)
	return list
}

func lines(list []attempt.Attempt) string {
	var out []string
	for _, a := range list {
		out = append(out, fmt.Sprintf("%s %s.%d #%d %s %s %s %d/%d %s,%s,%s", a.Kind, a.Node, a.Part, a.No, a.Operation, a.Outcome, a.Code, a.Line, a.Rows, a.Request, a.Response, a.Answer))
	}
	return strings.Join(out, "\n")
}

// content gives a content of an attempt.
func (r *rig) content(key string, a attempt.Attempt, content string) string {
	r.Helper()
	text, err := r.attempts.Content(r.viewer(), fmt.Sprint(r.Doc(key).ID), a.String(), content)
	if err != nil {
		return fault.CodeOf(err)
	}
	if text.Covered {
		return string(text.Body) + " covered"
	}
	return string(text.Body)
}

// send writes documents of one row of work in one call, whose answer is the whole of it.
func (r *rig) send(work ledger.Work, answer string, bodies map[string]string, keys []string, settle func(key string, in ledger.Intent) (ledger.Resolution, ledger.State)) {
	r.Helper()
	var rows []ledger.Intent
	for _, key := range keys {
		in := r.Intent(r.Doc(key), "t-"+key, r.Delivery(key))
		in.Body = []byte(bodies[key])
		rows = append(rows, in)
	}
	_, err := r.Intend(work, rows...)
	r.Must(err)
	r.Now++
	o := r.Outcome(work)
	o.Calls = []ledger.CallEnd{{ID: rows[0].Call, Response: []byte(answer)}}
	for i, key := range keys {
		resolution, state := settle(key, rows[i])
		o.Deliveries = append(o.Deliveries, resolution)
		o.Documents = append(o.Documents, r.Settled(key, state))
	}
	_, err = r.Ended(o)
	r.Must(err)
	r.Now++
}

func (r *rig) retry(key string) {
	r.Helper()
	doc := r.Doc(key)
	_, err := r.docs.Repair(r.Context(), ledger.Repair{Workspace: r.Workspace, Document: doc.ID, Seen: doc.Sight(), Actor: "会计", Action: ledger.RetryDocument, Now: r.Now})
	r.Must(err)
}

// told tells of a look-up that found nothing under the key.
func (r *rig) probed(in ledger.Intent, found string) ledger.Probed {
	r.Helper()
	call, err := r.Store.NextIDs(r.Context(), 1)
	r.Must(err)
	return ledger.Probed{
		Call: ledger.Call{ID: call, Workspace: r.Workspace, Connection: r.Connection, Operation: "save", Kind: ledger.ProbeCall, Rows: 2, Started: r.Now},
		End:  ledger.CallEnd{ID: call, Response: []byte(`[null,` + found + `]`)},
		Rows: []ledger.ProbedRow{
			{DeliveryKey: ledger.DeliveryKey{Document: 1, NodeNo: 1}, State: ledger.DeliveryUnknown},
			{DeliveryKey: in.DeliveryKey, Attempt: in.Attempt, State: ledger.DeliveryRetryAt, Code: "http.timeout"},
		},
	}
}

func refused(in ledger.Intent, code string) ledger.Resolution {
	return ledger.Resolution{DeliveryKey: in.DeliveryKey, Attempt: in.Attempt, State: ledger.DeliveryRejected, Code: code, Message: "物料不存在", Response: []byte(`{"row":"` + in.Key + `", "bad" : 1.50}`)}
}

// TestEveryAttempt: each attempt with what was sent and answered then, also after later
// ones, with its line in a call that others shared, and the look-ups between.
func TestEveryAttempt(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.Pull(worldtest.Rec("a", "1"), worldtest.Rec("b", "1"))
		bodies := map[string]string{"a": `{"FQty" : 1.50, "try":1}`, "b": `{"b":1}`}
		r.send(r.ClaimDoc("a"), `{"Result":[1,2]}`, bodies, []string{"b", "a"}, func(key string, in ledger.Intent) (ledger.Resolution, ledger.State) {
			if key == "b" {
				return worldtest.Done(in), ledger.Delivered
			}
			return refused(in, "vendor.rejected"), ledger.Rejected
		})
		r.retry("a")
		work := r.ClaimDoc("a")
		in := r.Intent(r.Doc("a"), "t-a", r.Delivery("a"))
		in.Body = []byte(`{"FQty":1.50,"try":2}`)
		rows := []ledger.Intent{in}
		_, err := r.Intend(work, rows...)
		r.Must(err)
		o := r.Outcome(work)
		probe := r.probed(rows[0], `{"FBillNo" : "X"}`)
		o.Calls = []ledger.CallEnd{{ID: rows[0].Call, Code: "http.timeout"}}
		o.Probes = []ledger.Probed{probe}
		o.Deliveries = []ledger.Resolution{{DeliveryKey: in.DeliveryKey, Attempt: 2, State: ledger.DeliveryRetryAt, Code: "http.timeout", Message: "no answer", NextAt: r.Now}}
		retry := r.Settled("a", ledger.RetryAt)
		retry.RetryAt = r.Now
		o.Documents = []ledger.Settled{retry}
		_, err = r.Ended(o)
		r.Must(err)
		r.Now++
		bodies["a"] = `{"FQty":1.50,"try":3}`
		r.send(r.ClaimDoc("a"), `{"Result":"ok"}`, bodies, []string{"a"}, func(_ string, in ledger.Intent) (ledger.Resolution, ledger.State) {
			return worldtest.Done(in), ledger.Delivered
		})

		list := r.of("a")
		want := `send k3.0 #1 save rejected vendor.rejected 2/2 kept,kept,kept
send k3.0 #2 save retry_at http.timeout 1/1 kept,none,none
probe k3.0 #2 save retry_at http.timeout 2/2 none,kept,kept
send k3.0 #3 save done  1/1 kept,kept,kept`
		if diff := cmp.Diff(want, lines(list)); diff != "" {
			r.Fatalf("%s", diff)
		}
		r.Same("the first", []string{r.content("a", list[0], attempt.Request), r.content("a", list[0], attempt.Response), r.content("a", list[0], attempt.Answer)},
			[]string{`{"FQty" : 1.50, "try":1}`, `{"row":"t-a", "bad" : 1.50}`, `{"Result":[1,2]}`})
		r.Same("the second", []string{r.content("a", list[1], attempt.Request), r.content("a", list[1], attempt.Response)}, []string{`{"FQty":1.50,"try":2}`, "attempt.content_purged"})
		r.Same("the look-up", []string{r.content("a", list[2], attempt.Response), r.content("a", list[2], attempt.Answer)}, []string{`{"FBillNo" : "X"}`, `[null,{"FBillNo" : "X"}]`})
		r.Same("the last", []string{r.content("a", list[3], attempt.Request), r.content("a", list[3], attempt.Answer)}, []string{`{"FQty":1.50,"try":3}`, `{"Result":"ok"}`})
		r.Same("who and when", []any{list[0].Connection, list[0].Started > 0, list[0].Ended > list[0].Started, list[0].Message, list[0].Recorded}, []any{"erp", true, true, "物料不存在", true})
		if diff := cmp.Diff("send k3.0 #1 save done  1/2 kept,kept,kept", lines(r.of("b"))); diff != "" {
			r.Errorf("of b: %s", diff)
		}
	})
}

// TestCallsOfOneCommit: several answers share a pack and are told apart, and rows of one
// call that end at different times keep their own evidence.
func TestCallsOfOneCommit(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.Pull(worldtest.Rec("a", "1"), worldtest.Rec("b", "1"))
		work := r.ClaimDoc("a")
		rows := []ledger.Intent{r.Intent(r.Doc("a"), "ta", nil), r.Intent(r.Doc("b"), "tb", nil)}
		_, err := r.Intend(work, rows...)
		r.Must(err)
		for _, in := range []ledger.Intent{rows[1], rows[0]} {
			r.Must(r.Answer(work, ledger.Resolution{DeliveryKey: in.DeliveryKey, Attempt: 1, State: ledger.DeliveryUnknown, Code: "delivery." + in.Key}))
		}
		a, b := r.Send(work, "a", "ta"), r.Send(work, "b", "tb")
		o := r.Outcome(work)
		o.Calls = []ledger.CallEnd{{ID: b.Call, Response: []byte(`"of b"`)}, {ID: a.Call, Response: []byte(`"of a"`)}}
		o.Deliveries = []ledger.Resolution{worldtest.Done(b), worldtest.Done(a)}
		o.Documents = []ledger.Settled{r.Settled("a", ledger.Delivered), r.Settled("b", ledger.Delivered)}
		_, err = r.Store.CommitOutcome(r.Context(), o)
		r.Must(err)
		for i, key := range []string{"a", "b"} {
			list := r.of(key)
			want := fmt.Sprintf("send k3.0 #1 save unknown delivery.t%s %d/2 kept,none,none\nsend k3.0 #2 save done  1/1 kept,kept,kept", key, i+1)
			if diff := cmp.Diff(want, lines(list)); diff != "" {
				r.Fatalf("%s: %s", key, diff)
			}
			r.Same("the answer", r.content(key, list[1], attempt.Answer), `"of `+key+`"`)
		}
	})
}

// TestLookUpsAreShown beside the write whose answer was lost, each once: an outcome whose
// commit was not answered is recorded again.
func TestLookUpsAreShown(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.Pull(worldtest.Rec("a", "1"))
		work := r.ClaimDoc("a")
		in := r.Send(work, "a", "t")
		r.Must(r.Answer(work, ledger.Resolution{DeliveryKey: in.DeliveryKey, Attempt: 1, State: ledger.DeliveryUnknown, Code: "delivery.unknown"}))
		asked := func(state ledger.DeliveryState, code string, found ledger.Resolution) {
			r.Now += 10
			call, err := r.Store.NextIDs(r.Context(), 1)
			r.Must(err)
			o := r.Outcome(work)
			o.Deliveries = []ledger.Resolution{found}
			o.Probes = []ledger.Probed{{
				Call: ledger.Call{ID: call, Workspace: r.Workspace, Connection: r.Connection, Operation: "save", Kind: ledger.ProbeCall, Rows: 1, Started: r.Now - 1},
				End:  ledger.CallEnd{ID: call, Code: code},
				Rows: []ledger.ProbedRow{{DeliveryKey: in.DeliveryKey, Attempt: 1, State: state, Code: code}},
			}}
			for range 2 {
				_, err = r.Store.CommitOutcome(r.Context(), o)
				r.Must(err)
			}
		}
		sent := r.Now
		asked(ledger.DeliveryUnknown, "http.cut", ledger.Resolution{DeliveryKey: in.DeliveryKey, Attempt: 1, State: ledger.DeliveryUnknown, Absent: 1})
		asked(ledger.DeliveryDone, "", worldtest.Done(in))
		list := r.of("a")
		var got []string
		for _, one := range list {
			got = append(got, fmt.Sprintf("%s #%d %s %s %d-%d", one.Kind, one.No, one.Outcome, one.Code, one.Started-sent, max(one.Ended-sent, 0)))
		}
		r.Same("calls", got, []string{"send #1 unknown  0-0", "probe #1 unknown http.cut 9-10", "probe #1 done  19-20"})
	})
}

// TestARevisionKeepsItsAttempts: what an earlier revision did at once stands in what is kept of
// its delivery alone.
func TestARevisionKeepsItsAttempts(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		for _, version := range []string{"1", "2"} {
			r.PullAs(ledger.Revise, worldtest.Rec("a", version))
			r.send(r.ClaimDoc("a"), `{"v":`+version+`}`, map[string]string{"a": `{"body":` + version + `}`}, []string{"a"}, func(_ string, in ledger.Intent) (ledger.Resolution, ledger.State) {
				return worldtest.Done(in), ledger.Delivered
			})
		}
		list := r.of("a")
		if diff := cmp.Diff("send k3.0 #1 save done  1/1 kept,kept,kept\nsend k3.0 #2 save done  1/1 kept,kept,kept", lines(list)); diff != "" {
			r.Fatalf("%s", diff)
		}
		r.Same("revisions", []int{list[0].Rev, list[1].Rev}, []int{1, 2})
		r.Same("requests", []string{r.content("a", list[0], attempt.Request), r.content("a", list[1], attempt.Request)}, []string{`{"body":1}`, `{"body":2}`})
	})
}

// TestLeftOut: a row whose key another document owns is left out of the call, and no line of it.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		for _, key := range []string{"a", "b"} {
			r.Pull(worldtest.Rec(key, "1"))
			in := r.Intent(r.Doc(key), "same", nil)
			_, err := r.Intend(r.ClaimDoc(key), in)
			r.Must(err)
		}
		if diff := cmp.Diff("send k3.0 #1 save sending  1/1 kept,none,none", lines(r.of("a"))); diff != "" {
			r.Errorf("%s", diff)
		}
		if diff := cmp.Diff("send k3.0 #1 save needs_decision delivery.key_taken 0/0 kept,none,none", lines(r.of("b"))); diff != "" {
			r.Errorf("%s", diff)
		}
	})
}

// TestWhatIsGone: an attempt that was cut off, contents and calls that were removed because of
// their age.
func TestWhatIsGone(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.Pull(worldtest.Rec("a", "1"))
		work := r.ClaimDoc("a")
		r.Send(work, "a", "t-a") // nobody comes back from it
		r.Send(work, "a", "t-a")
		r.Must(r.Answer(work, ledger.Resolution{DeliveryKey: ledger.DeliveryKey{Document: r.Doc("a").ID, NodeNo: worldtest.NodeNo}, Attempt: 2, State: ledger.DeliveryDone}))
		list := r.of("a")
		if diff := cmp.Diff("send k3.0 #1    0/0 none,none,none\nsend k3.0 #2 save done  1/1 kept,none,none", lines(list)); diff != "" || list[0].Recorded {
			r.Fatalf("%s", diff)
		}
		r.exec("DELETE FROM pack")
		r.exec("DELETE FROM call_row")
		r.exec("DELETE FROM vendor_call")
		if diff := cmp.Diff("send k3.0 #1    0/0 none,none,none\nsend k3.0 #2  done  0/0 purged,none,none", lines(r.of("a"))); diff != "" {
			r.Errorf("%s", diff)
		}
		r.Same("gone", r.content("a", list[1], attempt.Request), "attempt.content_purged")
	})
}

// TestOnlyWhatIsOurs: nothing is shown of another workspace's documents, nor by an attempt of
// another document, and a secret of the connection is covered.
func TestOnlyWhatIsOurs(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.Pull(worldtest.Rec("a", "1"))
		r.send(r.ClaimDoc("a"), `{"token":"`+secret+`"}`, map[string]string{"a": `{"pw":"` + secret + `"}`}, []string{"a"}, func(_ string, in ledger.Intent) (ledger.Resolution, ledger.State) {
			d := worldtest.Done(in)
			d.Response = []byte(secret)
			return d, ledger.Delivered
		})
		r.Pull(worldtest.Rec("b", "1"))
		a := r.of("a")[0]
		for content, want := range map[string]string{attempt.Request: `{"pw":"***"} covered`, attempt.Response: "*** covered", attempt.Answer: `{"token":"***"} covered`, "else": "attempt.content_unknown"} {
			r.Same(content, r.content("a", a, content), want)
		}
		r.Same("of another document", r.content("b", a, attempt.Request), "object.missing")
		id := fmt.Sprint(r.Doc("a").ID)
		stranger := access.With(r.Context(), access.Principal{Workspace: r.Workspace + 1, Role: access.Admin})
		_, err := r.attempts.Of(stranger, id)
		r.Same("a stranger", fault.CodeOf(err), "object.missing")
		_, err = r.attempts.Content(stranger, id, a.String(), attempt.Request)
		r.Same("a stranger's content", fault.CodeOf(err), "object.missing")
		for _, at := range []string{"", "1", "1.2", "1.2.3.4", "x.y.z", "-1.2.3", "9.9.9"} {
			_, err = r.attempts.Content(r.viewer(), id, at, attempt.Request)
			r.Same("of "+at, fault.CodeOf(err), "object.missing")
		}
		_, err = r.attempts.Of(r.viewer(), "x")
		r.Same("no id", fault.CodeOf(err), "object.missing")
		_, err = r.attempts.Of(r.Context(), id)
		r.Same("nobody", strings.HasPrefix(fault.CodeOf(err), "auth."), true)
	})
}
