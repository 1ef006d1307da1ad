package document_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/once"
)

// refuse lets a document that waits be walked, and its row be refused.
func (r *rig) refuse(key string) {
	r.Helper()
	work := r.ClaimDoc(key)
	in := r.Send(work, key, "t-"+key)
	r.Must(r.Answer(work, ledger.Resolution{DeliveryKey: in.DeliveryKey, Attempt: in.Attempt, State: ledger.DeliveryRejected, Code: "vendor.no", FreeKey: true}))
	r.Conclude(work, r.Settled(key, ledger.Rejected))
}

// TestAnOrderIsCarriedOutOnce: a client that sends an order of the same key again gets the
// document as it is, whatever became of it since.
func TestAnOrderIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.rejects("a", "b")
	ctx := once.With(r.as(access.Operator), "k1")
	if _, err := r.Retry(ctx, r.id("a"), document.RetryRequest{}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Retry(ctx, r.id("a"), document.RetryRequest{}); err != nil || len(r.hints) != 1 {
		t.Errorf("again while it waits: %v, announced %v", err, r.hints)
	}
	r.refuse("a")
	d, err := r.Retry(ctx, r.id("a"), document.RetryRequest{})
	if err != nil || d.State != "rejected" || r.Doc("a").State != ledger.Rejected {
		t.Errorf("again when it failed again: %v, %s", err, d.State)
	}
	_, err = r.Retry(ctx, r.id("b"), document.RetryRequest{})
	r.wants("the same key for another document", err, "order.key_used")
	_, err = r.Retry(ctx, r.id("a"), document.RetryRequest{Version: document.Pinned})
	r.wants("the same key for another order", err, "order.key_used")
	_, err = r.Skip(ctx, r.id("a"), "")
	r.wants("the same key for another action", err, "order.key_used")
	_, err = r.Skip(once.With(ctx, strings.Repeat("k", once.MaxKey+1)), r.id("a"), "")
	r.wants("a long key", err, "order.key_too_long")
	if _, err := r.Retry(once.With(ctx, "k2"), r.id("a"), document.RetryRequest{}); err != nil || r.Doc("a").State != ledger.Waiting {
		t.Errorf("another key: %v, %s", err, r.Doc("a").State)
	}
	_, err = r.Skip(once.With(ctx, "k3"), r.id("a"), "")
	r.wants("what can't be done", err, "document.not_repairable")
	r.refuse("a")
	if _, err := r.Skip(once.With(ctx, "k3"), r.id("a"), ""); err != nil { // it was not carried out then
		t.Error(err)
	}
}

// TestTakenOutOnce: a document is taken out of its bill once by orders of one key.
func TestTakenOutOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.rejects("a", "b")
	ctx := once.With(r.as(access.Operator), "k1")
	r.ejecting = fault.New("group.no_member", "it is in no bill")
	_, err := r.Eject(ctx, r.id("a"), "下月", true)
	r.wants("what can't be done", err, "group.no_member")
	r.ejecting = nil
	for range 2 {
		d, err := r.Eject(ctx, r.id("a"), "下月", true)
		if err != nil || d.ID != r.Doc("a").ID {
			t.Errorf("%d, %v", d.ID, err)
		}
	}
	_, err = r.Eject(ctx, r.id("a"), "下月", false)
	r.wants("otherwise", err, "order.key_used")
	_, err = r.Eject(ctx, r.id("a"), "", true)
	r.wants("for another reason", err, "order.key_used")
	_, err = r.Eject(ctx, r.id("b"), "下月", true)
	r.wants("another document", err, "order.key_used")
	_, err = r.Skip(ctx, r.id("a"), "下月")
	r.wants("another action", err, "order.key_used")
	if len(r.ejected) != 1 || r.ejected[0].Actor != "王" || r.ejected[0].Note != "下月" || !r.ejected[0].Again || r.ejected[0].OrderKey != "k1" {
		t.Errorf("taken out: %+v", r.ejected)
	}
}

// TestAnAnswerOfTheDatabaseIsLost: what was committed is not called a failure.
func TestAnAnswerOfTheDatabaseIsLost(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.rejects("a", "b")
	r.deaf = errors.New("connection reset")
	if _, err := r.Retry(once.With(r.as(access.Operator), "k1"), r.id("a"), document.RetryRequest{}); err != nil {
		t.Errorf("with a key: %v", err)
	}
	if _, err := r.Retry(r.as(access.Operator), r.id("b"), document.RetryRequest{}); err == nil {
		t.Error("without a key nobody can tell")
	}
	r.repair, r.deaf = errors.New("no disk"), nil
	r.Pull(worldtest.Rec("c", "1"))
	if _, err := r.Skip(once.With(r.as(access.Operator), "k4"), r.id("c"), ""); err == nil {
		t.Error("what was not committed is called done")
	}
}

// TestAWordIsAboutWhatWasSeen: what a person says of a write or edits is refused where the
// document was written again since.
func TestAWordIsAboutWhatWasSeen(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.rejects("a")
	ctx, id, seen := r.as(access.Operator), r.id("a"), r.Doc("a").Updated
	_, err := r.Retry(ctx, id, document.RetryRequest{Source: []byte(`{"by":"one"}`), Seen: seen})
	r.Must(err)
	r.Now++
	r.refuse("a")
	_, err = r.Retry(ctx, id, document.RetryRequest{Source: []byte(`{"by":"two"}`), Seen: seen})
	r.wants("an edit of the text before", err, "document.changed")
	_, err = r.Resend(ctx, id, document.ResendRequest{Node: "k3", Decided: true, Seen: seen})
	r.wants("a word about the attempt before", err, "document.changed")
	_, err = r.Accept(ctx, id, document.AcceptRequest{Node: "k3", Seen: seen})
	r.wants("another word", err, "document.changed")
	_, err = r.Resend(ctx, id, document.ResendRequest{Node: "k3", Seen: r.Doc("a").Updated})
	r.Must(err)
}
