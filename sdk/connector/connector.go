// Package connector is the contract between the engine and a connector: one
// external system's protocol, running in a process of its own. It is free of
// wire versions; sdk/protocol carries it between processes.
//
// A connector is stateless: each method makes at most a few calls to the vendor
// for one request, and the engine pages, splits, retries, throttles and keeps
// the ledger. It may import the standard library, sdk/fault, sdk/item and
// sdk/field only.
package connector

import (
	"context"
	"encoding/json"
	"time"

	"github.com/karezflow/karez/sdk/fault"
)

// Connector is one system.
type Connector interface {
	// Manifest gives the YAML that declares the connector; see sdk/manifest.
	Manifest() []byte
	// Open makes a session for one connection. It makes no call to the vendor and
	// does not fail on wrong credentials: Check and the first call tell those.
	Open(ctx context.Context, account Account, host Host) (Session, error)
}

// Account is a configured connection as the connector sees it. Settings are
// checked against the manifest before; secrets are never logged.
type Account struct {
	// ID is opaque and stable for the connection.
	ID string
	// Settings is a JSON object of the settings that are not secret.
	Settings []byte
	// Secrets are the secret settings by key.
	Secrets map[string]string
}

// Read puts the settings into a struct by their JSON names. Its fault is
// "connection.settings_invalid".
func (a Account) Read(settings any) error {
	if err := json.Unmarshal(a.Settings, settings); err != nil {
		return fault.New("connection.settings_invalid", "the connection's settings cannot be read").Classed(fault.Config).Because(err)
	}
	return nil
}

// Session is an open connection. Its methods are safe for concurrent use. Every
// error is a *fault.Fault whose Code and Message are the vendor's own where the
// vendor answered ("vendor.<code>"); the host sets the class by the manifest's
// rules where the connector set none. A cancelled context ends a call early.
//
// A Session may implement Writer, Prober and Discoverer as well.
type Session interface {
	// Check makes the cheapest call that proves the credentials and tells the source's clock.
	Check(ctx context.Context) (Health, error)
	// Query fetches one page.
	Query(ctx context.Context, req QueryRequest) (Page, error)
	// Close frees what the session holds. Closing twice is legal.
	Close(ctx context.Context) error
}

// Writer is a Session that writes.
type Writer interface {
	// Write sends one batch in one vendor call (and a log-in before it where
	// needed). An error means the call as a whole gave no per-row answer: the
	// engine takes every row as unknown, unless the fault is marked Unapplied.
	// Rows that the vendor's answer does not name are answered as Unknown.
	//
	// People see beside a failed call what the vendor answered: the last response that was
	// traced during it (see Host.Trace), or what the fault was given with Answered.
	Write(ctx context.Context, batch Batch) (Answers, error)
}

// Prober is a Session that finds written objects by their key.
type Prober interface {
	// Probe tells for each key whether the object exists now, and if so its
	// fields in the shape of a mapped row, at least those the manifest compares.
	Probe(ctx context.Context, req ProbeRequest) ([]Found, error)
}

// Discoverer is a Session that reads fields from the vendor's metadata.
type Discoverer interface {
	// Discover gives the request and response fields of an operation on a form as JSON arrays of sdk/field.Field.
	Discover(ctx context.Context, operation, form string) (request, response []byte, err error)
}

// Meta travels with every call.
type Meta struct {
	// TraceID and RunID mark logs and traces.
	TraceID, RunID string
	// Attempt counts from 1.
	Attempt int
}

// Health is the answer of Check.
type Health struct {
	// SourceTime is the vendor's clock, from its Date header or a time field; zero when it tells none.
	SourceTime time.Time
	// Account names what the credentials reach, for people: a shop, a data centre.
	Account string
}

// QueryRequest asks for one page.
type QueryRequest struct {
	Operation string
	// Params is a JSON object of the request's parameters, page and window included.
	Params []byte
	// Page repeats the page for connectors that count otherwise than their vendor.
	Page PageRef
	Meta Meta
}

// PageRef names a page.
type PageRef struct {
	// Number counts from the operation's first page number; Offset counts rows from 0.
	Number, Offset, Size int
	// Token is the NextToken of the page before, or "".
	Token string
}

// Page is one page as the vendor gave it.
type Page struct {
	// Rows is a JSON array; each element keeps the vendor's bytes.
	Rows []byte
	// Total is the number of matching rows, or -1 when the vendor does not tell.
	Total int
	// More says that the vendor announces another page.
	More bool
	// NextToken leads to the next page where paging is by cursor.
	NextToken string
	// SourceTime is the vendor's clock at the answer; zero when it tells none.
	SourceTime time.Time
	// Warnings are for the run's log.
	Warnings []string
}

// Mode says whether a write makes or changes an object.
type Mode string

// The modes.
const (
	Create Mode = "create"
	Update Mode = "update"
)

// Batch is one write call.
type Batch struct {
	Operation string
	Mode      Mode
	// Params is a JSON object of the request parameters besides the rows.
	Params []byte
	// Rows is a JSON array of mapped rows, ready for the vendor.
	Rows []byte
	// Keys are the target keys of the rows, "" where a row has none.
	Keys []string
	Meta Meta
}

// Outcome is what a write did to one row.
type Outcome string

// The outcomes.
const (
	Done     Outcome = "done"
	Rejected Outcome = "rejected"
	Unknown  Outcome = "unknown"
)

// Answer is the vendor's answer for one row.
type Answer struct {
	Outcome Outcome
	// ID and Number identify the object in the target. A done row of an operation that
	// answers perRow has one of them at least; without either its answer counts as
	// unknown. Where the vendor only counts the rows, or answers for all of them, a
	// done row may have neither.
	ID, Number string
	// Code and Message are the vendor's own for a refused row. A code that begins with the
	// connector's id and a dot is the connector's own, which it refused the row with itself.
	Code, Message string
	// Field is the request field the vendor blames, if it names one.
	Field string
	// Warning is what the vendor remarked on an accepted row.
	Warning string
	// Raw is the vendor's JSON for this row, or nil.
	Raw []byte
}

// Answers are the answers of a batch, one for each row in the rows' order. Putting them so is
// the connector's work, by whatever the vendor says of its rows, and the engine can't see a
// mistake in it, unless the vendor gives the rows' keys back and the manifest says where (see
// manifest.Mode.Echo): then nothing of an answer is believed that has the key of one row at another.
type Answers struct {
	Rows []Answer
	// Raw is the vendor's whole answer, redacted, for the call's record.
	Raw []byte
}

// ProbeRequest asks for objects by target key.
type ProbeRequest struct {
	Operation string
	// Params are the parameters of the write, which name its form.
	Params []byte
	Keys   []string
	// Compare are the paths the engine will compare.
	Compare []string
	Meta    Meta
}

// Found is one probed key.
type Found struct {
	Exists     bool
	ID, Number string
	// Object is the found object in the shape of a mapped row.
	Object []byte
}
