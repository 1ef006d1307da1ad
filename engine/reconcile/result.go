package reconcile

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Result judges what came, and gives at most the first findings; the counts are of all.
func (c *Comparer) Result(most int) Result {
	r := Result{Counts: map[Verdict]int{}}
	source, target := c.keys[Source], c.keys[Target]
	var all []Finding
	for key, has := range source {
		if !has.within {
			continue
		}
		r.Source += has.count()
		there := target[key]
		if there == nil {
			all = append(all, finding(Missing, key, has, nil, nil))
			continue
		}
		differences := c.differences(has, there)
		switch {
		case there.count() < has.count():
			all = append(all, finding(Missing, key, has, there, differences))
		case there.count() > has.count():
			all = append(all, finding(Doubled, key, has, there, differences))
		case len(differences) > 0:
			all = append(all, finding(Different, key, has, there, differences))
		default:
			r.Same++
		}
	}
	for key, has := range target {
		if !has.within {
			continue
		}
		r.Target += has.count()
		if source[key] == nil {
			all = append(all, finding(Extra, key, nil, has, nil))
		}
	}
	for i := range all {
		r.Counts[all[i].Kind]++
	}
	order := Verdicts()
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)), strings.Compare(a.Key, b.Key))
	})
	r.Findings = all[:min(most, len(all))]
	r.Groups = c.groups()
	return r
}

func finding(kind Verdict, key string, source, target *held, differences []Difference) Finding {
	one := cmp.Or(source, target)
	f := Finding{Kind: kind, Key: key, Ref: one.ref, Number: one.number, At: one.at, Differences: differences}
	if source != nil {
		f.Source = source.count()
		for _, o := range source.others[:min(len(source.others), MostOthers)] {
			f.Others = append(f.Others, Record{o.ref, o.number})
		}
	}
	if target != nil {
		f.Target = target.count()
	}
	return f
}

// differences compares what a key's records say, in whatever order they came.
func (c *Comparer) differences(source, target *held) []Difference {
	has, there := told(source), told(target)
	alike := len(has) == len(there)
	if !alike { // which of them are doubled is no difference
		has, there = slices.CompactFunc(has, slices.Equal[[]string]), slices.CompactFunc(there, slices.Equal[[]string])
	}
	if slices.EqualFunc(has, there, slices.Equal[[]string]) {
		return nil
	}
	var out, all []Difference
	for i, field := range c.spec.Fields {
		one := Difference{field.Title, column(has, i), column(there, i)}
		all = append(all, one)
		if !slices.Equal(sorted(has, i, alike), sorted(there, i, alike)) {
			out = append(out, one)
		}
	}
	if len(out) == 0 && alike {
		return all // the same values, of other records
	}
	return out
}

// told gives what the records of a key say, in an order of its own.
func told(of *held) [][]string {
	var rows [][]string
	for _, one := range of.all() {
		rows = append(rows, one.values)
	}
	slices.SortFunc(rows, slices.Compare[[]string])
	return rows
}

// sorted gives the values of a field, each once unless all count.
func sorted(rows [][]string, at int, all bool) []string {
	var values []string
	for _, row := range rows {
		values = append(values, row[at])
	}
	slices.Sort(values)
	if !all {
		values = slices.Compact(values)
	}
	return values
}

// column gives the values of a field as people read them.
func column(rows [][]string, at int) string {
	var values []string
	for _, row := range rows[:min(len(rows), mostShown)] {
		values = append(values, row[at])
	}
	if len(rows) > mostShown {
		values = append(values, "…")
	}
	return strings.Join(values, ", ")
}

// mostShown is how many values of a field a difference shows.
const mostShown = 20

// groups adds up what is within the range, and what the other side has of it.
func (c *Comparer) groups() []Group {
	found := map[string]*Group{}
	for side := range c.keys {
		for key, has := range c.keys[side] {
			other := c.keys[1-side][key]
			if has.within || other != nil && other.within {
				for _, one := range has.all() {
					c.group(found, one.group).of(Side(side)).add(one)
				}
			}
		}
	}
	keys := slices.Sorted(maps.Keys(found))
	out := make([]Group, 0, len(keys))
	for _, key := range keys {
		out = append(out, *found[key])
	}
	return out
}

// group gives the group of some values, a new one where it is the first.
func (c *Comparer) group(found map[string]*Group, values string) *Group {
	g := found[values]
	if g == nil {
		g = &Group{Source: c.none(), Target: c.none()}
		if len(c.spec.Groups) > 0 {
			g.Values = strings.Split(values, "\x00")
		}
		found[values] = g
	}
	return g
}

func (g *Group) of(side Side) *Total {
	if side == Source {
		return &g.Source
	}
	return &g.Target
}

func (t *Total) add(has *held) {
	t.Count++
	for i, sum := range has.sums {
		t.Sums[i] = t.Sums[i].Add(sum)
	}
}

func (c *Comparer) none() Total { return Total{Sums: make([]decimal.Decimal, len(c.spec.Sums))} }
