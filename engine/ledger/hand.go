package ledger

// InletTrigger is the trigger of runs that documents of other flows open: such a run
// pulls nothing and is done when nothing of it is left to do.
const InletTrigger = "inlet"

// WebhookTrigger is the trigger of runs that posted documents open. They are as those
// of InletTrigger.
const WebhookTrigger = "webhook"

// MaxHops is the most hand-overs from flow to flow that may lead to a document.
const MaxHops = 16

// RefusedHand begins the key of a handed record that has none of its own.
const RefusedHand = "!handed/"

// HandKey names a hand-over. It is made once: a walk that is repeated makes it again
// and nothing happens.
type HandKey struct {
	Document    ID
	Rev, NodeNo int
	// Way tells the hand-overs of one revision at one node apart, at most MaxKey bytes.
	Way string
}

// Inlet is where a flow takes documents of others.
type Inlet struct {
	Flow ID
	// NodeID is the inlet node.
	NodeID string
	// Version is the published one, 0 where there is none yet.
	Version  ID
	OnSeen   OnSeen
	Priority int
	// Posted says that requests bring the documents, not other flows.
	Posted bool
}

// Trigger gives the trigger of the runs that what enters here opens or joins.
func (i Inlet) Trigger() string {
	if i.Posted {
		return WebhookTrigger
	}
	return InletTrigger
}

// Hand is a record that the walk of a document hands over to an inlet.
type Hand struct {
	HandKey
	Incoming
	To Inlet
	// Hops counts the hand-overs that lead to the record, this one included.
	Hops int
	// TraceID is that of the run that hands over.
	TraceID string
}

// Origin tells where a record came from that was a document of another flow.
type Origin struct {
	HandKey
	Hops int
}

// HandedOver is a hand-over that was made.
type HandedOver struct {
	HandKey
	To   Admitted
	Hops int
	At   Millis
}

// Admitted is the revision that a record became or is already; Rev is 0 for one that
// is ignored.
type Admitted struct {
	Document ID
	Rev      int
	// Same says that it was the newest revision before, whatever became of it.
	Same bool
}
