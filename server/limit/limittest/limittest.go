// Package limittest tells whether calls kept to rules.
//
// It may import sdk/manifest only.
package limittest

import (
	"fmt"
	"time"

	"github.com/karezflow/karez/sdk/manifest"
)

// Call is a call that a vendor saw.
type Call struct {
	Operation string
	// Kind and Flow are the tests' own.
	Kind string
	Flow int64
	At   time.Time
}

// Rule makes a rule.
func Rule(calls int, per time.Duration, perOperation bool) manifest.Limit {
	return manifest.Limit{Calls: calls, Per: manifest.Duration(per), PerOperation: perOperation}
}

// Crowded gives the rule that calls broke, in the order of their times, and "" when
// none: more calls than allowed within a span, wherever it begins.
func Crowded(calls []Call, rules []manifest.Limit) string {
	for no, r := range rules {
		last := map[string][]time.Time{}
		for _, c := range calls {
			if !r.PerOperation {
				c.Operation = ""
			}
			at := append(last[c.Operation], c.At)
			last[c.Operation] = at
			if len(at) <= r.Calls {
				continue
			}
			if took := c.At.Sub(at[len(at)-1-r.Calls]); took <= r.Per.Std() {
				return fmt.Sprintf("rule %d: %d calls of %q within %s", no, r.Calls+1, c.Operation, took)
			}
		}
	}
	return ""
}
