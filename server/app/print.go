package app

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
)

// printJSON writes one line of JSON to standard output.
func (c *cli) printJSON(v any) error {
	encoder := json.NewEncoder(c.Out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// say writes a line for people.
func (c *cli) say(format string, args ...any) {
	_, _ = fmt.Fprintf(c.Out, format+"\n", args...) // a reader that has gone needs no line
}

// printFault writes a failure to standard error: for people, or with --json as an object.
func (c *cli) printFault(f *fault.Fault) {
	if c.json {
		_ = json.NewEncoder(c.Err).Encode(map[string]*fault.Fault{"error": f})
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
	_, _ = fmt.Fprint(c.Err, b.String())
}

// printProblems lists problems for people.
func (c *cli) printProblems(problems []flow.Problem) {
	for _, p := range problems {
		kind := "warning"
		if p.Blocking {
			kind = "problem"
		}
		c.say("%s  %s\n         %s", kind, p.Path, p.Message)
		if p.Hint != "" {
			c.say("         hint: %s", p.Hint)
		}
		c.say("         code: %s", p.Code)
	}
}
