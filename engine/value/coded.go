package value

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/value/text"
	"github.com/karezflow/karez/sdk/fault"
)

// The directions of a code table.
const (
	forward = "forward"
	reverse = "reverse"
)

// readTable reads the code table of a row: its name, or {table, direction, onMiss, onMany}.
func (r *row) readTable(raw json.RawMessage) error {
	if json.Unmarshal(raw, &r.table) == nil {
		return nil
	}
	var t struct {
		Table     string      `json:"table"`
		Direction string      `json:"direction"`
		OnMiss    text.OnMiss `json:"onMiss"`
		OnMany    text.OnMany `json:"onMany"`
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return err
	}
	r.table, r.direction = t.Table, cmp.Or(r.direction, t.Direction)
	r.policy = text.Policy{Miss: cmp.Or(r.policy.Miss, t.OnMiss), Many: cmp.Or(r.policy.Many, t.OnMany)}
	return nil
}

// known reports a word that is none of those that may stand at a place.
func (c *compiler) known(at, word string, words ...string) {
	if word != "" && !slices.Contains(words, word) {
		c.report(at, fault.New("mapping.unknown_word", "%s is none of %s", word, strings.Join(words, ", ")).Classed(fault.Config))
	}
}

// policyOf fills in what a row leaves open: a field that can't be empty, or that
// names base data, waits for what is missing.
func (c *compiler) policyOf(o *output, p text.Policy, otherwise text.OnMiss) text.Policy {
	switch {
	case p.Miss != "":
	case c.opts.Miss != "":
		p.Miss = c.opts.Miss
	default:
		p.Miss = otherwise
		if o.required || o.names {
			p.Miss = text.MissParks
		}
	}
	return p
}

// coded compiles the code table of a row. What no table knows is waited for: an
// empty field instead of a code would make another bill of it.
func (c *compiler) coded(o *output, r *row, at string) bool {
	if r.table == "" {
		return true
	}
	if c.opts.Finder == nil {
		c.problem(at+".table", "value.table_misplaced", "a code table can't be used here")
		return false
	}
	if f := c.opts.Finder.Table(r.table); f != nil {
		c.report(at+".table", f)
		return false
	}
	o.coded = &text.Coded{Table: r.table, Reverse: r.direction == reverse, Policy: c.policyOf(o, r.policy, text.MissParks)}
	if o.coded.Reverse && o.coded.Policy.Many == "" {
		o.coded.Policy.Many = text.ManyFails // which of them is meant nobody knows
	}
	return true
}
