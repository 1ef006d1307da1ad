// Package asking is what scripts look up: which look-ups a node declares, what one
// asks, and what its answer comes to.
//
// It may import sdk/item and the standard library.
package asking

import (
	"strings"

	"github.com/karezflow/karez/sdk/item"
)

// MaxAsked is the number of look-ups that one run may ask for.
const MaxAsked = 1000

// Lookup is a look-up that ctx.lookup may name.
type Lookup struct {
	Name string
	// Ask is the question without the values of its conditions.
	Ask item.Lookup
	// OnMiss is park, empty or error; OnMany newest, all or error.
	OnMiss, OnMany string
}

// Asked is a look-up with the values that were asked for, in the order of its conditions.
type Asked struct {
	Lookup int
	Values []string
}

// Conditions are the names that a script gives the values under: the paths, or
// "code" for a code table.
func (l *Lookup) Conditions() []string {
	names := make([]string, len(l.Ask.Where))
	for i, w := range l.Ask.Where {
		if names[i] = w.Path; w.Path == "" {
			names[i] = "code"
		}
	}
	return names
}

// Outcome is what a look-up comes to.
type Outcome int

// The outcomes.
const (
	// Found has a value, None has nothing, which is no failure.
	Found Outcome = iota
	None
	// Stands says that the run can't go on without an answer.
	Stands
	// NothingAsked, Nothing and Several are failures that the script may catch.
	NothingAsked
	Nothing
	Several
)

// Questions are what one run asks. A run that lacks an answer goes on with an
// unknown value in its place, so that all it asks for is answered at once; nothing
// else it comes to counts.
type Questions struct {
	Lookups []Lookup
	// Answers are the values that were found, as JSON, by the keys of look-ups.
	Answers map[string][]string
	// Needs have no answer, Missing were answered with nothing and are waited for.
	Needs, Missing []Asked

	seen  map[string]bool
	stood int
}

// Open reports whether the run stands still.
func (q *Questions) Open() bool { return len(q.Needs)+len(q.Missing) > 0 }

// Exhausted reports whether the run asked so often that it need not go on.
func (q *Questions) Exhausted() bool { return q.stood > MaxAsked }

// Find gives a look-up by its name, and the names there are.
func (q *Questions) Find(name string) (no int, known string) {
	names := make([]string, len(q.Lookups))
	for i := range q.Lookups {
		if names[i] = q.Lookups[i].Name; name == names[i] {
			return i, ""
		}
	}
	if len(names) == 0 {
		return -1, "none"
	}
	return -1, strings.Join(names, ", ")
}

// Ask gives what a look-up comes to, with the value as JSON where one was found.
func (q *Questions) Ask(asked Asked) (Outcome, string) {
	l := &q.Lookups[asked.Lookup]
	ask, where := l.Ask, make([]item.Equal, len(asked.Values))
	for i, v := range asked.Values {
		if v == "" { // nothing is asked about nothing
			if l.OnMiss == "error" && !q.Open() {
				return NothingAsked, ""
			}
			return None, ""
		}
		where[i] = item.Equal{Path: ask.Where[i].Path, Value: v}
	}
	ask.Where = where
	key := ask.Key()
	found, known := q.Answers[key]
	switch {
	case !known:
		q.stand(&q.Needs, key, asked)
		return Stands, ""
	case len(found) == 0 && l.OnMiss == "park":
		q.stand(&q.Missing, key, asked)
		return Stands, ""
	case len(found) == 0 && l.OnMiss == "error":
		return Nothing, ""
	case l.OnMany == "all":
		return Found, "[" + strings.Join(found, ",") + "]"
	case len(found) == 0:
		return None, ""
	case len(found) > 1 && l.OnMany == "error":
		return Several, ""
	default:
		return Found, found[0]
	}
}

func (q *Questions) stand(list *[]Asked, key string, asked Asked) {
	if q.seen == nil {
		q.seen = map[string]bool{}
	}
	q.stood++
	if !q.seen[key] && len(*list) < MaxAsked {
		q.seen[key] = true
		*list = append(*list, asked)
	}
}
