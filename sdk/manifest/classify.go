package manifest

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
)

// VendorPrefix stands before the vendor's own code in the Code of a fault.
const VendorPrefix = "vendor."

// Classify reads a vendor's refusal by the rules: the first that matches of the
// operation's, then of the manifest's, sets the class, the wait when the vendor
// named none and the hint when there is none. A fault that has a class keeps it
// and is returned as it is, and so is one that no rule matches. An unknown
// operation has the manifest's rules only. Classify(…, nil) is nil.
func (m *Manifest) Classify(operation string, f *fault.Fault) *fault.Fault {
	if f == nil || f.Class != "" {
		return f
	}
	var own []Rule
	if o, ok := m.Operation(operation); ok {
		own = o.Rules
	}
	for _, rules := range [][]Rule{own, m.Rules} {
		for i := range rules {
			if rules[i].matches(f) {
				return rules[i].apply(f)
			}
		}
	}
	return f
}

func (r *Rule) matches(f *fault.Fault) bool {
	if len(r.Codes) > 0 && !slices.Contains(r.Codes, strings.TrimPrefix(f.Code, VendorPrefix)) {
		return false
	}
	if r.Message == "" {
		return true
	}
	if r.message != nil {
		return r.message.MatchString(f.Message)
	}
	// A manifest that did not come from Parse, for example from JSON, still works.
	matched, err := regexp.MatchString(r.Message, f.Message)
	return err == nil && matched
}

func (r *Rule) apply(f *fault.Fault) *fault.Fault {
	f = f.Classed(r.Class)
	if f.RetryAfter == 0 && r.Wait > 0 {
		f = f.After(r.Wait.Std())
	}
	if f.Hint == "" && r.Hint != (field.Text{}) {
		f = f.Advised(cmp.Or(r.Hint.EN, r.Hint.ZH), cmp.Or(r.Hint.ZH, r.Hint.EN))
	}
	return f
}
