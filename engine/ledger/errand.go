package ledger

// Purpose says why a call is made after a walk.
type Purpose int8

// The purposes of errands.
const (
	// WritebackErrand tells a system that a document was written to another one.
	WritebackErrand Purpose = iota + 1
	// NotifyErrand sends people a message.
	NotifyErrand
)

// String gives the purpose's name in the API.
func (p Purpose) String() string {
	if p == NotifyErrand {
		return "notify"
	}
	return "writeback"
}

// ErrandKey names an errand. It is entered once: a walk that is repeated enters it
// again and nothing happens.
type ErrandKey struct {
	Document ID
	NodeNo   int
	// Way tells the errands of one document at one node apart, at most MaxKey bytes.
	Way string
}

// Errand is a call that a walk asks for. It is entered with the outcome of the walk and
// made afterwards; what becomes of it does not change the document's state.
type Errand struct {
	ErrandKey
	Rev     int
	NodeID  string
	Purpose Purpose
	// Run is the one that counts the document's revision.
	Run ID
	// Connection and Operation name what is called, Mode is that of the write.
	Connection, Operation, Mode string
	// Key is the row's target key, Params are the call's other parameters, Body is the row.
	Key          string
	Params, Body []byte
	// Gathers says that it is told together with the others of the run at the node: as
	// soon as the run is over, and at the latest when it is Due.
	Gathers bool
	Due     Millis
	TraceID string
}
