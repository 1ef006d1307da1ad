package rules

import (
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// CanRestore says why what a delivery wrote can't be written again although it is done;
// nil when it can.
func (a *Ailing) CanRestore(d *ledger.Delivery, now ledger.Millis) *fault.Fault {
	switch {
	case a.Purged:
		return purged()
	case a.Document.State != ledger.Delivered:
		return fault.New("document.not_delivered", "a document that is %s was not delivered, so nothing of it can be gone", a.Document.State).Classed(fault.Data).
			Arg("state", a.Document.State.String()).Hinted("look at what it waits for, or retry it")
	case a.Document.Attention&ledger.Grouped != 0:
		return fault.New("document.grouped", "the document is part of a bill, which is retried as a whole").Classed(fault.Data).
			Hinted("look at the bill: write that again")
	case a.Claimed(now):
		return fault.New("document.busy", "the document is being worked on at this moment").Classed(fault.Transient).
			Hinted("wait a moment and look at it again")
	case d.State != ledger.DeliveryDone || d.Rev != a.Document.ActiveRev:
		return fault.New("delivery.not_restorable", "what was sent is %s, or belongs to an earlier version of the document", d.State).Classed(fault.Data).
			Arg("state", d.State.String()).Hinted("look at the document")
	default:
		return nil
	}
}

// restore takes a done delivery for lost by the target. The target's names of the object
// go with it: what is written again is another object.
func (p *repairer) restore() *fault.Fault {
	for _, d := range p.Deliveries {
		if d.DeliveryKey != p.Delivery {
			continue
		}
		if f := p.CanRestore(&d, p.Now); f != nil {
			return f
		}
		d.TargetID, d.TargetNumber, d.Updating, d.Step = "", "", false, ""
		d.Absent, d.Spent, d.Since = 0, 0, p.Now
		d.Code, d.Message, d.Args = ledger.CodeGone, "a comparison of both systems found that the target no longer holds it", nil
		p.put(d, Gone)
		p.Ailing.Document.DoneRev = 0 // a walk writes nothing of what was delivered
		return nil
	}
	return noDelivery()
}
