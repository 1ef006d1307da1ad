package draft

import (
	"context"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// Checker finds what is wrong with a document of a workspace.
type Checker interface {
	Check(ctx context.Context, workspace ledger.ID, doc *flow.Document) []flow.Problem
}

// unchecked stands in where nobody checks: nothing is published unseen.
type unchecked struct{}

// Check implements Checker.
func (unchecked) Check(context.Context, ledger.ID, *flow.Document) []flow.Problem {
	return []flow.Problem{flow.ProblemOf(fault.New("flow.unchecked", "this program can't check flows").Classed(fault.Internal), "")}
}

// ProblemsError refuses to publish or enable a document. Its fault is "flow.problems".
type ProblemsError struct {
	// Problems are all of the document's, warnings included.
	Problems []flow.Problem
	fault    *fault.Fault
}

// Error implements error.
func (e *ProblemsError) Error() string { return e.fault.Error() }

// ListProblems gives the problems.
func (e *ProblemsError) ListProblems() []flow.Problem { return e.Problems }

// Unwrap gives the fault.
func (e *ProblemsError) Unwrap() error { return e.fault }

// refuse gives a ProblemsError if a problem blocks.
func refuse(problems []flow.Problem) error {
	n := blocking(problems)
	if n == 0 {
		return nil
	}
	return &ProblemsError{problems, fault.New("flow.problems", "the flow has %d problems that must be solved first", n).Classed(fault.Config).
		Hinted("solve the problems that are listed")}
}

func blocking(problems []flow.Problem) int {
	n := 0
	for _, p := range problems {
		if p.Blocking {
			n++
		}
	}
	return n
}

// What columns hold, in characters.
const (
	maxID   = 64
	maxName = 190
)

// unnamed tells which names of a document are too long to be stored. A draft
// with these does not save.
func unnamed(doc *flow.Document) []*fault.Fault {
	var found []*fault.Fault
	for _, n := range []struct{ text, path string }{{doc.Metadata.Name, "metadata.name"}, {doc.Metadata.Title, "metadata.title"}} {
		if utf8.RuneCountInString(n.text) > maxName {
			found = append(found, fault.New("flow.name_too_long", "a name and a title have at most %d characters", maxName).
				At(n.path).Classed(fault.Config).Hinted("shorten it"))
		}
	}
	return found
}

// misnamed tells which ids of a document can't be stored when it is published.
func misnamed(doc *flow.Document) []*fault.Fault {
	var found []*fault.Fault
	if !isID(doc.Metadata.ID) {
		found = append(found, fault.New("flow.id_invalid", "a flow's id has at most %d characters, and neither white space nor a slash", maxID).
			At("metadata.id").Classed(fault.Config).Hinted("leave the id out to be given one"))
	}
	for i, n := range doc.Spec.Nodes {
		if !isID(n.ID) {
			found = append(found, fault.New("flow.node_id_invalid", "a node's id has at most %d characters, and neither white space nor a slash", maxID).
				At("spec.nodes["+strconv.Itoa(i)+"].id").Classed(fault.Config).Hinted("use small letters, digits and _, a letter first"))
		}
	}
	return found
}

// isID tells whether a text can be an id in a column and in an address. White
// space at an end would make two ids of one on MySQL.
func isID(text string) bool {
	return utf8.RuneCountInString(text) <= maxID &&
		!strings.ContainsFunc(text, func(r rune) bool { return r == '/' || unicode.IsSpace(r) || unicode.IsControl(r) })
}
