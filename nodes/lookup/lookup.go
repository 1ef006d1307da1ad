// Package lookup is the node 联查, type id lookup: it fetches what belongs to a
// document from the documents of another flow, from a code table or from a query
// operation, and puts it into the document.
//
// It may import sdk packages only.
package lookup

import (
	"context"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// Where a look-up looks.
const (
	Flow      = "flow"
	Table     = "table"
	Operation = "operation"
)

// What becomes of a document whose look-up found nothing, or several.
const (
	Park   = "park"
	Empty  = "empty"
	Error  = "error"
	Newest = "newest"
	All    = "all"
)

// Node is the type lookup.
type Node struct{}

// Settings of a look-up. Where, Params and Code are programs besides.
type Settings struct {
	In        string `json:"in"`
	Source    string `json:"source"`
	Table     string `json:"table"`
	Direction string `json:"direction"`
	Operation string `json:"operation"`
	Where     []struct {
		Field string `json:"field"`
	} `json:"where"`
	Find     string `json:"find"`
	Into     string `json:"into"`
	OnMiss   string `json:"onMiss"`
	OnMany   string `json:"onMany"`
	CacheFor string `json:"cacheFor"`
}

// look is a compiled look-up.
type look struct {
	Settings

	from  string
	fresh time.Duration
	// asked gives the conditions or parameters, code the code.
	asked      node.Mapping
	code       node.Value
	connection string
}

// New implements node.Transformer.
func (Node) New(settings node.Settings) (node.TransformFunc, error) {
	l := &look{connection: settings.Connection()}
	if err := settings.Decode(&l.Settings); err != nil {
		return nil, err
	}
	switch l.In {
	case Table:
		l.code = settings.Value("code")
	case Operation:
		l.asked = settings.Mapping("params")
		l.fresh, _ = time.ParseDuration(l.CacheFor) // checked with the settings
	default:
		l.asked = settings.Mapping("where")
		paths := []string{l.Find}
		for _, w := range l.Where {
			paths = append(paths, w.Field)
		}
		var err error
		if l.from, err = settings.Stream("from", l.Source, paths); err != nil {
			return nil, err
		}
	}
	return l.apply, nil
}

func (l *look) apply(ctx context.Context, batch []item.Item) ([]node.Result, error) {
	results := make([]node.Result, len(batch))
	for i, in := range batch {
		if err := ctx.Err(); err != nil {
			return nil, fault.Wrap(err, "lookup.cancelled", "the batch was given up").Classed(fault.Transient)
		}
		results[i] = l.one(in)
	}
	return results, nil
}

func (l *look) one(in item.Item) node.Result {
	asked, blank, err := l.ask(in)
	if err != nil {
		return node.Failed(err)
	}
	if blank { // nothing is asked about nothing
		if l.OnMiss == Error {
			return node.Result{Fault: fault.New("lookup.nothing_asked", "the fields that the look-up asks with are empty").Classed(fault.Data)}
		}
		return node.Result{Outputs: []node.Output{{Item: in}}}
	}
	values, known := in.Answers[asked.Key()]
	switch {
	case !known:
		return node.Result{Needs: []item.Lookup{asked}}
	case len(values) == 0:
		return l.missed(in, asked)
	case len(values) > 1 && l.OnMany == Error:
		return node.Result{Fault: fault.New("lookup.several", "the look-up found %d values instead of one", len(values)).Classed(fault.Data).
			Hinted("add a condition, take the newest or take all")}
	}
	raw, err := item.Put(in.Raw, l.Into, l.wanted(values))
	if err != nil {
		return node.Failed(err)
	}
	return node.Result{Outputs: []node.Output{{Item: in.With(raw)}}}
}

// missed is what becomes of a document for which nothing was found.
func (l *look) missed(in item.Item, asked item.Lookup) node.Result {
	switch l.OnMiss {
	case Park:
		if l.In != Operation {
			return node.Result{Missing: []item.Lookup{asked}}
		}
		// Nobody is told when a system has it: it is asked again and again.
		return node.Result{Fault: nothing().Classed(fault.Transient)}
	case Error:
		return node.Result{Fault: nothing().Classed(fault.Data)}
	default:
		return node.Result{Outputs: []node.Output{{Item: in}}}
	}
}

func nothing() *fault.Fault { return fault.New("lookup.nothing", "the look-up found nothing") }

// wanted gives what is put into the document.
func (l *look) wanted(values []item.Value) []byte {
	if l.OnMany != All {
		return values[0].Raw()
	}
	out := []byte{'['}
	for i, v := range values {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, v.Raw()...)
	}
	return append(out, ']')
}

// ask gives the look-up for a document; blank says that it has nothing to ask with.
func (l *look) ask(in item.Item) (asked item.Lookup, blank bool, err error) {
	if l.In == Table {
		code, err := l.code.Text(in)
		return item.Lookup{Table: l.Table, Reverse: l.Direction == "reverse", Where: []item.Equal{{Value: code}}}, code == "", err
	}
	raw, err := l.asked.Map(nil, in)
	if err != nil {
		return item.Lookup{}, false, err
	}
	if l.In == Operation {
		asked = item.Lookup{Connection: l.connection, Operation: l.Operation, Params: string(raw), Find: l.Find, Fresh: l.fresh}
		if l.OnMany == "" || l.OnMany == Newest {
			asked.Most = 1
		}
		return asked, false, nil
	}
	asked = item.Lookup{From: l.from, Find: l.Find}
	for path, v := range item.Of(raw).Fields() {
		asked.Where = append(asked.Where, item.Equal{Path: path, Value: v.Text()})
	}
	return asked, len(asked.Where) < len(l.Where), nil
}

var (
	_ node.Type        = Node{}
	_ node.Checker     = Node{}
	_ node.Transformer = Node{}
)
