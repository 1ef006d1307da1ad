// Package terminal is what the command line says: lines for people or JSON for
// programs, failures, problems, and how far a run is.
//
// It may import engine/flow, engine/ledger, engine/pull and sdk/fault only: never the
// product or a command.
package terminal

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
)

// Terminal writes what a command finds.
type Terminal struct {
	// JSON is for programs: lines for people are left out by whoever asks.
	JSON bool

	out, err io.Writer
}

// New gives a terminal that writes findings to out and failures to err.
func New(out, err io.Writer) *Terminal { return &Terminal{out: out, err: err} }

// PrintJSON writes one line of JSON to standard output.
func (t *Terminal) PrintJSON(v any) error {
	encoder := json.NewEncoder(t.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// Say writes a line for people.
func (t *Terminal) Say(format string, args ...any) {
	_, _ = fmt.Fprintf(t.out, format+"\n", args...) // a reader that has gone needs no line
}

// PrintFault writes a failure to standard error: for people, or with --json as an object.
func (t *Terminal) PrintFault(f *fault.Fault) {
	if t.JSON {
		_ = json.NewEncoder(t.err).Encode(map[string]*fault.Fault{"error": f})
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "karez: %s", f.Message)
	if f.Path != "" {
		fmt.Fprintf(&b, "\n  at   %s", f.Path)
	}
	if f.Hint != "" {
		fmt.Fprintf(&b, "\n  hint %s", f.Hint)
	}
	fmt.Fprintf(&b, "\n  code %s\n", f.Code)
	_, _ = fmt.Fprint(t.err, b.String())
}

// PrintProblems lists problems for people.
func (t *Terminal) PrintProblems(problems []flow.Problem) {
	for _, p := range problems {
		kind := "warning"
		if p.Blocking {
			kind = "problem"
		}
		t.Say("%s  %s\n         %s", kind, p.Path, p.Message)
		if p.Hint != "" {
			t.Say("         hint: %s", p.Hint)
		}
		t.Say("         code: %s", p.Code)
	}
}
