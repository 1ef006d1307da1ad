package remote

import (
	"regexp"
	"slices"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/sdk/protocol/peer"
)

// checked gives a result as it may go on: what can't be is a fault of its record.
func (a *applier) checked(r node.Result) node.Result {
	if r.Fault != nil {
		return node.Result{Fault: a.clean(r.Fault)}
	}
	if len(r.Outputs) > mostOutputs {
		return node.Result{Fault: defect(fault.New("transform.too_many", "the plugin made %d records of one, and at most %d may come of it", len(r.Outputs), mostOutputs))}
	}
	routes := map[string]bool{}
	for _, o := range r.Outputs {
		switch {
		case !a.ports[o.Port]:
			return node.Result{Fault: defect(fault.New("transform.unknown_port", "the plugin sends the document out by %q, which is none of the node's outputs", o.Port))}
		case !object(o.Item.Raw) || len(o.Item.Vars) > 0 && !object(o.Item.Vars):
			return node.Result{Fault: defect(fault.New(peer.CodeBadOutput, "the plugin made something of the record that is no JSON object"))}
		case routes[o.Route] || len(o.Route) > mostRoute:
			return node.Result{Fault: defect(fault.New("transform.route", "the plugin names a record %q that came of the document: names have at most %d bytes, each its own", o.Route, mostRoute))}
		}
		routes[o.Route] = o.Route != ""
	}
	return r
}

func object(raw []byte) bool {
	return item.Of(raw).Kind() == item.Object && item.Check(raw) == nil
}

// clean gives a fault of the plugin's as everybody else's are: with a dotted code, a sentence
// and a class that documents have.
func (k *kind) clean(f *fault.Fault) *fault.Fault {
	if len(f.Code) > 100 || !regexp.MustCompile(`^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)+$`).MatchString(f.Code) {
		f = fault.New("transform.failed", "the plugin %s refuses the document: %s", k.plugin, f.Message).At(f.Path).Classed(f.Class)
	}
	classes := []fault.Class{fault.Data, fault.Config, fault.Transient, fault.Rate, fault.Internal, fault.BusinessWait}
	if !slices.Contains(classes, f.Class) {
		f = f.Classed(fault.Data)
	}
	return f
}

func defect(f *fault.Fault) *fault.Fault {
	return f.Hinted("this is a defect of the plugin").Classed(fault.Internal)
}
