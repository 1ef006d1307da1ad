// Package checker compares what a source held, what the engine says and what a target
// took, and names everything that breaks a promise.
//
// It may import deploy/chaos/truth and the standard library only: it knows neither the
// fakes nor the engine, so that it can be tried with ledgers made by hand.
package checker

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/karezflow/karez/deploy/chaos/truth"
)

// Invariant is a promise.
type Invariant string

// The promises.
const (
	// Lost: every document that the source held is there, and written if it is to be.
	Lost Invariant = "lost"
	// Duplicate: a target holds no object twice, unless a person ordered it.
	Duplicate Invariant = "duplicate"
	// Stale: an older revision never overwrites a newer one.
	Stale Invariant = "stale"
	// Amount: amounts arrive byte by byte.
	Amount Invariant = "amount"
	// Writeback: a document is marked in the source if and only if it was delivered.
	Writeback Invariant = "writeback"
	// Balance: the counts of every run add up.
	Balance Invariant = "balance"
	// Unsettled: everything comes to rest after the last fault.
	Unsettled Invariant = "unsettled"
	// Decision: a person is asked only where nobody else can know.
	Decision Invariant = "decision"
	// State: what was left out or refused is shown as such and was not written.
	State Invariant = "state"
	// Growth: no process takes more and more.
	Growth Invariant = "growth"
)

// Finding is one broken promise.
type Finding struct {
	Invariant Invariant `json:"invariant"`
	Lane      string    `json:"lane,omitempty"`
	Key       string    `json:"key,omitempty"`
	Text      string    `json:"text"`
}

// String gives a finding on one line.
func (f Finding) String() string {
	return fmt.Sprintf("%s %s %s: %s", f.Invariant, f.Lane, f.Key, f.Text)
}

// Figures are what a check counted. They can be added up.
type Figures struct {
	Documents int            `json:"documents"`
	Revisions int            `json:"revisions"`
	In        int            `json:"in"`
	States    map[string]int `json:"states"`
	Lost      int            `json:"lost"`
	// Classes are the same by class of the target.
	Classes map[truth.Class]Through `json:"classes"`
	// Duplicates are surplus objects by class.
	Explained   map[truth.Class]int `json:"duplicatesExplained"`
	Unexplained map[truth.Class]int `json:"duplicatesUnexplained"`
	Stale       int                 `json:"staleOverwrites"`
	MarksLacked int                 `json:"writebackMissing"`
	MarksExtra  int                 `json:"writebackExtra"`
	// Resent are writes that a target had and knew again; Found are deliveries whose
	// answers were all lost and which nobody decided about: a look-up found them.
	Resent  int            `json:"resentAndKnown"`
	Found   int            `json:"foundByLookUp"`
	Decided map[string]int `json:"decisions"`
	// Difference is what the targets hold less what they should, exactly.
	Difference *big.Rat `json:"-"`
}

// Through is what went through to the targets of a class.
type Through struct {
	Documents int `json:"documents"`
	In        int `json:"in"`
	Delivered int `json:"delivered"`
	Lost      int `json:"lost"`
}

// NewFigures gives figures of nothing.
func NewFigures() Figures {
	return Figures{States: map[string]int{}, Classes: map[truth.Class]Through{}, Explained: map[truth.Class]int{}, Unexplained: map[truth.Class]int{}, Decided: map[string]int{}, Difference: new(big.Rat)}
}

// Add adds other figures.
func (f *Figures) Add(o Figures) {
	f.Documents += o.Documents
	f.Revisions += o.Revisions
	f.In += o.In
	f.Lost += o.Lost
	f.Stale += o.Stale
	f.MarksLacked += o.MarksLacked
	f.MarksExtra += o.MarksExtra
	f.Resent += o.Resent
	f.Found += o.Found
	for class, t := range o.Classes {
		was := f.Classes[class]
		f.Classes[class] = Through{was.Documents + t.Documents, was.In + t.In, was.Delivered + t.Delivered, was.Lost + t.Lost}
	}
	add(f.States, o.States)
	add(f.Explained, o.Explained)
	add(f.Unexplained, o.Unexplained)
	add(f.Decided, o.Decided)
	if o.Difference != nil {
		f.Difference.Add(f.Difference, o.Difference)
	}
}

func add[K comparable](into, from map[K]int) {
	for k, n := range from {
		into[k] += n
	}
}

// check is one comparison.
type check struct {
	lane     truth.Lane
	figures  Figures
	findings []Finding
	objects  map[string][]truth.Object
	writes   map[string][]truth.Write
	marks    map[string][]truth.Mark
	decided  map[string][]truth.Decision
}

func (c *check) find(i Invariant, key, format string, args ...any) {
	c.findings = append(c.findings, Finding{i, c.lane.Name, key, fmt.Sprintf(format, args...)})
}

// Check compares a lane, when everything has come to rest.
func Check(lane truth.Lane, engine truth.Engine) (Figures, []Finding) {
	c := &check{
		lane: lane, figures: NewFigures(), objects: map[string][]truth.Object{}, writes: map[string][]truth.Write{},
		marks: map[string][]truth.Mark{}, decided: map[string][]truth.Decision{},
	}
	for _, o := range lane.Objects {
		c.objects[o.Key] = append(c.objects[o.Key], o)
	}
	for _, w := range lane.Writes {
		c.writes[w.Key] = append(c.writes[w.Key], w)
		if w.Met {
			c.figures.Resent++
		}
	}
	for _, m := range lane.Marks {
		c.marks[m.Key] = append(c.marks[m.Key], m)
	}
	for _, d := range lane.Decisions {
		c.decided[d.Key] = append(c.decided[d.Key], d)
		c.figures.Decided[d.Action]++
		c.decision(d)
	}
	seen := map[string]truth.Seen{}
	for _, s := range engine.Documents {
		if _, twice := seen[s.Key]; twice {
			c.find(Duplicate, s.Key, "the engine holds the document twice")
		}
		seen[s.Key] = s
		c.figures.States[s.State]++
	}
	c.figures.In = len(engine.Documents)
	known := map[string]bool{}
	for _, d := range lane.Documents {
		known[d.Key] = true
		c.figures.Documents++
		c.figures.Revisions += len(d.Revs)
		s, ok := seen[d.Key]
		c.document(d, s, ok)
	}
	c.strangers(known, seen)
	c.figures.Classes[lane.Class] = Through{c.figures.Documents, c.figures.In, c.figures.States["delivered"], c.figures.Lost}
	for _, r := range engine.Runs {
		c.findings = append(c.findings, Balanced(lane.Name, r)...)
	}
	return c.figures, c.findings
}

// strangers finds what nobody sent.
func (c *check) strangers(known map[string]bool, seen map[string]truth.Seen) {
	for key := range seen {
		if !known[key] {
			c.find(State, key, "the engine holds a document that the source never had")
		}
	}
	for key := range c.objects {
		if !known[key] {
			c.find(State, key, "the target holds an object of no document")
		}
	}
	for key := range c.marks {
		if !known[key] {
			c.figures.MarksExtra++
			c.find(Writeback, key, "a document is marked that the source never had")
		}
	}
}

func (c *check) document(d truth.Document, s truth.Seen, there bool) {
	if !there {
		c.figures.Lost++
		c.find(Lost, d.Key, "the source held it and the engine never heard of it")
		return
	}
	switch s.State {
	case "waiting", "claimed", "held", "retry_at", "unmapped", "needs_decision":
		c.find(Unsettled, d.Key, "it is %s (%s)", s.State, s.Code)
	}
	switch d.Last().Status {
	case truth.Void:
		c.idle(d, s, "filtered")
	case truth.Poison:
		c.idle(d, s, "rejected")
	case truth.Good:
		c.good(d, s)
	}
	c.overwrites(d)
}

// idle checks a document that is not to be written.
func (c *check) idle(d truth.Document, s truth.Seen, state string) {
	if s.State != state {
		c.find(State, d.Key, "it should be %s and is %s (%s)", state, s.State, s.Code)
	}
	if n := len(c.objects[d.Key]); n > 0 {
		c.find(State, d.Key, "it should be %s, and the target holds it", state)
	}
	if n := len(c.marks[d.Key]); n > 0 {
		c.figures.MarksExtra += n
		c.find(Writeback, d.Key, "it is marked as written and was not to be")
	}
}

// good checks a document that is to be written.
func (c *check) good(d truth.Document, s truth.Seen) {
	objects := c.objects[d.Key]
	delivered := s.State == "delivered"
	skipped := s.State == "skipped" && slices.ContainsFunc(c.decided[d.Key], func(x truth.Decision) bool { return x.Action == "skip" })
	settled := delivered || skipped
	if !settled && s.State != "needs_decision" && s.State != "retry_at" && s.State != "waiting" && s.State != "claimed" {
		c.find(State, d.Key, "it should be delivered and is %s (%s)", s.State, s.Code)
	}
	if settled && len(objects) == 0 {
		c.figures.Lost++
		c.find(Lost, d.Key, "the engine says %s and the target does not hold it", s.State)
	}
	c.twice(d.Key, objects)
	for _, o := range objects {
		c.amounts(d, o)
	}
	if c.lane.Revises && delivered && len(objects) > 0 && objects[len(objects)-1].Rev != d.Last().Rev {
		c.find(Stale, d.Key, "the target holds revision %d of %d", objects[len(objects)-1].Rev, d.Last().Rev)
		c.figures.Stale++
	}
	c.marked(d.Key, objects, delivered, skipped)
	answered := slices.ContainsFunc(c.writes[d.Key], func(w truth.Write) bool { return w.Answered })
	if delivered && !answered && c.lane.Class == truth.B {
		c.figures.Found++
	}
}

// twice counts surplus objects.
func (c *check) twice(key string, objects []truth.Object) {
	surplus := len(objects) - 1
	if surplus <= 0 {
		return
	}
	ordered := 0
	for _, x := range c.decided[key] {
		switch {
		case c.lane.Class != truth.D || !x.Held:
		case x.Action == "resend":
			ordered++
		case objects[surplus].Rev > objects[0].Rev:
			// The person let go of a revision that was there; the source's next one is new.
			ordered++
		}
	}
	explained := min(surplus, ordered)
	c.figures.Explained[c.lane.Class] += explained
	if rest := surplus - explained; rest > 0 {
		c.figures.Unexplained[c.lane.Class] += rest
		c.find(Duplicate, key, "the target holds %d objects, and a person ordered %d of them again", len(objects), ordered)
	}
}

func (c *check) amounts(d truth.Document, o truth.Object) {
	r, ok := d.Revision(o.Rev)
	if !ok {
		c.find(Amount, d.Key, "the target holds a revision %d that the source never had", o.Rev)
		return
	}
	for _, pair := range [][2]string{{o.Amount, r.Amount}, {o.Paid, r.Paid}} {
		got, ok := new(big.Rat).SetString(pair[0])
		want, _ := new(big.Rat).SetString(pair[1])
		if ok && want != nil {
			c.figures.Difference.Add(c.figures.Difference, got.Sub(got, want))
		}
		if pair[0] != pair[1] {
			c.find(Amount, d.Key, "%s arrived as %s", pair[1], pair[0])
		}
	}
}

func (c *check) marked(key string, objects []truth.Object, delivered, skipped bool) {
	right := 0
	for _, m := range c.marks[key] {
		if slices.ContainsFunc(objects, func(o truth.Object) bool { return o.ID == m.Object }) {
			right++
			continue
		}
		c.figures.MarksExtra++
		c.find(Writeback, key, "it is marked with %q, which the target does not hold", m.Object)
	}
	switch {
	case delivered && right == 0:
		c.figures.MarksLacked++
		c.find(Writeback, key, "it is delivered and not marked")
	case !delivered && !skipped && right > 0:
		c.figures.MarksExtra += right
		c.find(Writeback, key, "it is marked and not delivered")
	}
}

// overwrites looks for an older revision behind a newer one.
func (c *check) overwrites(d truth.Document) {
	newest := 0
	for _, w := range c.writes[d.Key] {
		if w.Met {
			continue
		}
		if w.Rev < newest {
			c.figures.Stale++
			c.find(Stale, d.Key, "revision %d was written over revision %d", w.Rev, newest)
		}
		newest = max(newest, w.Rev)
	}
}

// decision looks whether a person had to be asked.
func (c *check) decision(d truth.Decision) {
	switch {
	case c.lane.Class == truth.D && d.Code == "delivery.unknown":
	default:
		c.find(Decision, d.Key, "a person was asked for %s, which class %s never needs", d.Code, c.lane.Class)
	}
}

// Balanced checks that the counts of a run add up, by the engine's word and by sum.
func Balanced(lane string, r truth.Run) []Finding {
	var found []Finding
	pulled := r.Counts["dropped"] + r.Counts["unchanged"] + r.Counts["ignored"] + r.Counts["accepted"]
	if r.Counts["pulled"] != pulled {
		found = append(found, Finding{Balance, lane, "", fmt.Sprintf("run %s pulled %d and accounts for %d", r.ID, r.Counts["pulled"], pulled)})
	}
	accepted := 0
	for _, state := range []string{
		"waiting", "claimed", "held", "delivered", "collected", "filtered", "rejected", "retry_at", "unmapped", "needs_decision", "superseded", "skipped",
	} {
		accepted += r.Counts[state]
	}
	if r.Counts["accepted"] != accepted {
		found = append(found, Finding{Balance, lane, "", fmt.Sprintf("run %s accepted %d and accounts for %d", r.ID, r.Counts["accepted"], accepted)})
	}
	if !r.Balanced && len(found) == 0 {
		found = append(found, Finding{Balance, lane, "", fmt.Sprintf("run %s says that it does not balance", r.ID)})
	}
	return found
}
