package bulkstore_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/bulk"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/store"
)

// howMany documents a job has here.
func howMany() int {
	if os.Getenv("KAREZ_TEST_LONG") == "" {
		return 200
	}
	return 10_000
}

// TestCancelledAmongThousands: every tenth of many documents can't be resent. The counts of the
// job are exact whenever they are looked at, also once it is cancelled in the middle: what is
// counted as done is what the ledger sends, and a second job does the rest.
func TestCancelledAmongThousands(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		total := howMany()
		keys := make([]string, total)
		for n := range keys {
			keys[n] = fmt.Sprintf("k%05d", n)
		}
		r.Many(keys, func(key string) worldtest.Fate {
			if strings.HasSuffix(key, "0") {
				return worldtest.Fate{Delivery: ledger.DeliveryNeedsDecision, State: ledger.NeedsDecision, Code: "delivery.unknown"}
			}
			return worldtest.Fate{Delivery: ledger.DeliveryRejected, State: ledger.Rejected, Code: "vendor.no"}
		})
		const packet = 50
		jobs := r.process("many", func(c *bulk.Config) { c.PartSize = packet })
		job, err := jobs.StartJob(r.as(access.Operator), bulk.Request{Kind: "resend", Filter: &document.Filter{}})
		r.Must(err)
		calls, before := 0, 0
		var looking sync.Mutex // The documents of a packet are carried at the same time.
		r.between = func(ledger.ID) {
			looking.Lock()
			defer looking.Unlock()
			if calls++; calls%25 != 0 {
				return
			}
			// What is counted is done; of the packet at hand some is done and not counted yet.
			j, sent := r.job(job.ID), r.waiting()
			if j.Total != total || j.Done+j.Refused < before || sent < j.Done || sent > j.Done+packet || j.Refused != (j.Done+j.Refused)/10 {
				t.Errorf("%s after %d, the ledger sends %d", stands(j), before, sent)
			}
			if before = j.Done + j.Refused; calls == total/2 {
				_, err := jobs.Cancel(r.as(access.Operator), job.ID)
				r.Must(err)
			}
		}
		r.run(jobs)
		r.between = nil
		over := r.job(job.ID)
		before = over.Done + over.Refused
		r.Same("cancelled", stands(over), fmt.Sprintf("cancelled %d = %d + %d + %d open false", total, before*9/10, before/10, total-before))
		r.Same("who", over.StoppedBy, "王")
		r.Same("what the ledger sends", r.waiting(), over.Done)
		if before < total/2 || before > total/2+2*packet || calls < total/2 {
			t.Errorf("the job went on to %d after %d calls", before, calls)
		}

		rest, err := jobs.StartJob(r.as(access.Operator), bulk.Request{Kind: "resend", Filter: &document.Filter{States: []string{"rejected", "needs_decision"}}})
		r.Must(err)
		for worked := true; worked; {
			worked, err = jobs.Round(r.Context())
			r.Must(err)
		}
		r.Same("the rest", stands(r.job(rest.ID)), fmt.Sprintf("done %d = %d + %d + 0 open false", total-before*9/10, (total-before)*9/10, total/10))
		r.Same("in all", r.waiting(), total*9/10)
		actions, err := store.Scan(r.db.Read(r.Context()), store.Column[int], "SELECT COUNT(*) FROM document_action WHERE action = 'resend'")
		r.Must(err)
		r.Same("each once", actions, []int{total * 9 / 10})
		r.Balance()
	})
}

// waiting counts the documents that are to be sent, in the ledger itself.
func (r *rig) waiting() int {
	r.Helper()
	n, err := store.Scan(r.db.Read(r.Context()), store.Column[int], "SELECT COUNT(*) FROM document WHERE state = ?", ledger.Waiting)
	r.Must(err)
	return n[0]
}
