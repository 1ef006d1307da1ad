// Package trial tries flows out before they are published: a text of the value
// language on a document, a script's syntax, the first records of a source or what was posted last, the tests saved with a flow, and
// one document through a flow with nothing sent. It stores nothing.
//
// It may import server/access, the engine's cases, flow, ledger, lookup, plan, pull, push and
// value, and the sdk: never a database, HTTP or another service.
package trial

import (
	"context"
	"log/slog"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Compiler compiles drafts.
type Compiler interface {
	// Compile compiles a document against the connections of a workspace, and may
	// change it. The plan is nil when a problem blocks.
	Compile(ctx context.Context, workspace ledger.ID, doc *flow.Document) (*plan.Plan, []flow.Problem)
	// Options are what it compiles against.
	Options(ctx context.Context, workspace ledger.ID) compile.Options
}

// Connections open the connections of a workspace by name.
type Connections interface {
	Open(ctx context.Context, workspace ledger.ID, name string) (ledger.ID, connector.Session, error)
}

// Ledger gives what is stored.
type Ledger interface {
	// Newest gives the bodies of the documents that came last to a node of a flow, the
	// newest first, at most so many; none where the flow or the node is not known.
	Newest(ctx context.Context, workspace ledger.ID, flow, node string, most int) ([][]byte, error)
}

// Config wires a Service.
type Config struct {
	Compiler    Compiler
	Connections Connections
	// Ledger has what was posted and handed over, which samples are made of.
	Ledger  Ledger
	Scripts compile.Scripts
	// Lookups answer what records look up; nil finds nothing.
	Lookups lookup.Answerer
	Clock   func() time.Time
	Log     *slog.Logger
	// FirstWait is the pause before a source is asked again. Default 500 ms.
	FirstWait time.Duration
}

// Service tries things out. It is safe for concurrent use.
type Service struct {
	Config

	puller *pull.Puller
}

// New makes a Service.
func New(c Config) *Service {
	if c.Lookups == nil {
		c.Lookups = lookup.Nothing{}
	}
	// Somebody waits for the answer: two tries, and not for long.
	return &Service{Config: c, puller: pull.New(pull.Config{
		Lookups: c.Lookups, Clock: pull.Clock(c.Clock), Log: c.Log, Tries: 2, FirstWait: c.FirstWait, CallTimeout: 30 * time.Second,
	})}
}

// read reads the one flow of a document.
func read(document []byte) (*flow.Document, error) {
	docs, err := flow.Parse(document)
	if err != nil {
		return nil, err
	}
	if len(docs) != 1 {
		return nil, fault.New("trial.one_flow", "a trial takes one flow, and these are %d", len(docs)).At("document").Classed(fault.Config)
	}
	return docs[0], nil
}

// record refuses what is no record: one JSON object.
func record(raw []byte) error {
	if err := item.Check(raw); err != nil {
		return fault.From(err).At("sample")
	}
	if item.Of(raw).Kind() != item.Object {
		return fault.New("trial.not_a_record", "a record is a JSON object").At("sample").Classed(fault.Config)
	}
	return nil
}

// ProblemsError says that a flow can't be tried because of its problems. Its
// fault is "flow.problems".
type ProblemsError struct {
	// Problems are those of the parts that were to be tried, warnings included.
	Problems []flow.Problem
}

// Error implements error.
func (e *ProblemsError) Error() string { return e.Unwrap().Error() }

// Unwrap gives the fault.
func (e *ProblemsError) Unwrap() error {
	n := 0
	for _, p := range e.Problems {
		if p.Blocking {
			n++
		}
	}
	return fault.New("flow.problems", "the flow has %d problems that must be solved first", n).Classed(fault.Config).
		Hinted("solve the problems that are listed")
}

// ListProblems gives the problems.
func (e *ProblemsError) ListProblems() []flow.Problem { return e.Problems }

func faultOf(p flow.Problem) *fault.Fault {
	return &fault.Fault{Code: p.Code, Message: p.Message, Path: p.Path, Hint: p.Hint, Args: p.Args, Class: fault.Config}
}
