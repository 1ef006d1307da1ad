package reconcile

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Row is a record of one side.
type Row struct {
	// Body is the record, Ref what tells it apart within its side: a record that is read
	// twice counts once, as it was read first. Number is what people call it by.
	Body        []byte
	Ref, Number string
	// At is its time; the zero time is within every range.
	At time.Time
}

// Finding is one document that is not the same on both sides.
type Finding struct {
	Kind Verdict `json:"kind"`
	Key  string  `json:"key"`
	// Ref and Number are the source's record where there is one, else the target's.
	Ref    string    `json:"ref"`
	Number string    `json:"number"`
	At     time.Time `json:"at,omitzero"`
	// Source and Target count the records with this key.
	Source int `json:"source"`
	Target int `json:"target"`
	// Others are the source's further records with this key, at most MostOthers.
	Others []Record `json:"others,omitempty"`
	// Differences are the fields that differ.
	Differences []Difference `json:"differences,omitempty"`
}

// Record is one of several records with the same key.
type Record struct {
	Ref    string `json:"ref"`
	Number string `json:"number"`
}

// MostOthers bounds the further records that a finding names.
const MostOthers = 1000

// Verdict is what is wrong with a document.
type Verdict string

// The verdicts, the gravest first.
const (
	// Missing: the source holds it and the target does not, or less often.
	Missing Verdict = "missing"
	// Doubled: the target holds it more often than the source.
	Doubled Verdict = "doubled"
	// Different: both hold it, and a field differs.
	Different Verdict = "different"
	// Extra: the target holds it and the source does not.
	Extra Verdict = "extra"
)

// Verdicts gives all in their order.
func Verdicts() []Verdict { return []Verdict{Missing, Doubled, Different, Extra} }

// Difference is a field with the values of both sides.
type Difference struct {
	Title  string `json:"title"`
	Source string `json:"source"`
	Target string `json:"target"`
}

// Group is what both sides come to for the same values of the groups.
type Group struct {
	Values []string `json:"values"`
	Source Total    `json:"source"`
	Target Total    `json:"target"`
}

// Equal reports whether both sides come to the same.
func (g *Group) Equal() bool {
	return g.Source.Count == g.Target.Count && slices.EqualFunc(g.Source.Sums, g.Target.Sums, decimal.Decimal.Equal)
}

// Total is a number of records and what their sums come to.
type Total struct {
	Count int               `json:"count"`
	Sums  []decimal.Decimal `json:"sums"`
}

// Result is what a comparison came to.
type Result struct {
	// Source and Target count the records within the range.
	Source, Target int
	// Same counts the keys that are the same on both sides.
	Same int
	// Counts are the findings by verdict, Findings the first of them by verdict and key.
	Counts   map[Verdict]int
	Findings []Finding
	// Groups are those of both sides in order of their values; without groups there is one.
	Groups []Group
}

// held is what is kept of a record, of the first of its key with the others.
type held struct {
	ref, number string
	at          time.Time
	// within: one of its key's records is within the range.
	within bool
	// values are those of the fields, group the values of the groups joined.
	values []string
	group  string
	sums   []decimal.Decimal
	others []*held
}

// all gives the records of a key.
func (h *held) all() []*held { return append([]*held{h}, h.others...) }

func (h *held) count() int { return 1 + len(h.others) }

// Comparer takes the records of both sides. It is not safe for concurrent use.
type Comparer struct {
	spec     Spec
	from, to time.Time
	zone     *time.Location
	programs [2]*programs
	keys     [2]map[string]*held
	refs     [2]map[string]bool
	scopes   [2]value.Scope
}

// MostKeys bounds the documents of one side: about 400 bytes are kept of each.
const MostKeys = 1_000_000

// New makes a Comparer. Records between from and to are judged; those outside may be given
// too, so that what one side dates a little differently is found there. The zero times
// bound nothing. Times without an offset are in zone. Its fault is that of Spec.Check.
func New(spec Spec, from, to time.Time, zone *time.Location) (*Comparer, *fault.Fault) {
	c := &Comparer{spec: spec, from: from, to: to, zone: cmp.Or(zone, time.UTC)}
	for side := range c.programs {
		p, f := spec.compile(Side(side), value.Options{Zone: c.zone})
		if f != nil {
			return nil, f
		}
		c.programs[side], c.keys[side], c.refs[side] = p, map[string]*held{}, map[string]bool{}
	}
	return c, nil
}

// Take adds a record. Its fault is "reconcile.key_blank" for a record without a key,
// "reconcile.too_many" when there are more than MostKeys, or that of a text of the spec.
func (c *Comparer) Take(side Side, row Row) *fault.Fault {
	p, scope := c.programs[side], &c.scopes[side]
	scope.Doc, scope.Source = item.Of(row.Body), item.Of(row.Body)
	key, f := c.read(p.key, scope)
	switch {
	case f != nil:
		return f
	case key == "":
		return fault.New("reconcile.key_blank", "the record %s has no key to compare by", cmp.Or(row.Number, row.Ref)).Classed(fault.Data).
			Hinted("choose a field that every record has")
	}
	ref := cmp.Or(row.Ref, key)
	if c.refs[side][ref] {
		return nil
	}
	now := &held{ref: ref, number: cmp.Or(row.Number, key), at: row.At, within: c.within(row.At)}
	for _, one := range p.fields {
		text, f := c.read(one, scope)
		if f != nil {
			return f
		}
		now.values = append(now.values, text)
	}
	var groups []string
	for _, one := range p.groups {
		text, f := c.read(one, scope)
		if f != nil {
			return f
		}
		groups = append(groups, text)
	}
	now.group = strings.Join(groups, "\x00")
	for _, one := range p.sums {
		text, f := c.read(one, scope)
		if f != nil {
			return f
		}
		sum, _ := decimal.NewFromString(text) // what is empty or no number adds nothing
		now.sums = append(now.sums, sum)
	}
	c.refs[side][ref] = true
	return c.put(side, key, now)
}

// put keeps a record beside those of its key.
func (c *Comparer) put(side Side, key string, now *held) *fault.Fault {
	old := c.keys[side][key]
	switch {
	case old == nil && len(c.keys[side]) >= MostKeys:
		return fault.New("reconcile.too_many", "more than %d documents can't be compared at once", MostKeys).Classed(fault.Config).
			Hinted("choose a shorter range")
	case old != nil:
		old.others = append(old.others, now)
		old.within = old.within || now.within
	default:
		c.keys[side][key] = now
	}
	return nil
}

func (c *Comparer) within(at time.Time) bool {
	return at.IsZero() || (!at.Before(c.from) && (c.to.IsZero() || !at.After(c.to)))
}

// read evaluates a text and gives its value in the form in which it is compared.
func (c *Comparer) read(p program, scope *value.Scope) (string, *fault.Fault) {
	v, err := p.Raw(scope)
	if err != nil {
		return "", fault.From(err)
	}
	text := strings.TrimSpace(v.Text())
	if v.Kind() == item.Null || v.Kind() == item.None {
		text = ""
	}
	switch p.kind {
	case Number:
		if n, err := decimal.NewFromString(text); err == nil {
			return n.String(), nil
		}
	case Day:
		return day(text, c.zone), nil
	case "", Text:
	}
	return text, nil
}

// day gives the day of a date or a time as 2006-01-02; a text that is none stays.
func day(text string, zone *time.Location) string {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly, "2006/01/02", "20060102"} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at.In(zone).Format(time.DateOnly)
		}
	}
	return text
}
