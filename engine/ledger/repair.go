package ledger

// Action is what a person does about a document that does not go on by itself.
type Action int8

// The actions.
const (
	// RetryDocument walks the document again from its source payload. What needs a
	// decision because the target's answer was lost is asked again, never sent
	// blindly: so many documents can be retried at once.
	RetryDocument Action = iota + 1
	// ResendDelivery writes one delivery's stored body, or an edited one, as a new
	// attempt. It is the person's word that the target does not hold it.
	ResendDelivery
	// SkipDocument lets the active revision go for good and gives back the target
	// keys of what was not written.
	SkipDocument
	// AcceptDelivery is the person's word that the target holds what a delivery sent: it
	// counts as written, and nothing is sent for it.
	AcceptDelivery
	// RestoreDelivery is the word of who compared both systems that the target no longer
	// holds what a done delivery wrote: the document is mapped anew and written again.
	RestoreDelivery
)

// Sight is what a person saw of a document; where it changed since, nothing is done.
type Sight struct {
	Rev     int
	State   State
	Work    ID
	Updated Millis
}

// Sight gives what is to be seen of the document now.
func (d *Document) Sight() Sight {
	return Sight{Rev: d.ActiveRev, State: d.State, Work: d.Work, Updated: d.Updated}
}

// Repair is one action on one document.
type Repair struct {
	Workspace, Document ID
	Action              Action
	Seen                Sight
	// Version is what the document is pinned to from now on; 0 keeps its version.
	Version ID
	// Source is an edited source payload: a retry makes it the newest revision. nil
	// walks the payload on record.
	Source []byte
	// Delivery is what is sent again; Body takes the place of its stored body unless nil.
	Delivery DeliveryKey
	Body     []byte
	// TargetID and TargetNumber are the target's names of an accepted delivery's object.
	TargetID, TargetNumber string
	// Also are further deliveries of the document that are sent again as they are.
	Also []DeliveryKey
	// Decided lets a delivery be sent again whose outcome the engine is still
	// finding out. Without it such a delivery is left to the engine.
	Decided bool
	// Actor is who acts; Note says why a document is skipped.
	Actor, Note string
	// Job is the job over many documents that acts, 0 for none. Its work gives way to
	// that of flows and stands behind what a person ordered about one document.
	Job ID
	// OrderKey is what the client calls the order by, "" where it does not; Asked tells
	// two orders apart. They are kept with what the order does.
	OrderKey string
	Asked    int64
	Now      Millis
}

// CodeSkipped is the code of the problem that a skipped document keeps: who skipped it and why.
const CodeSkipped = "document.skipped"
