package derived

import (
	"encoding/json"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// Library is where the derived operations of a flow are.
type Library struct {
	// Own are those that the flow's document holds; they come first.
	Own map[string]json.RawMessage
	// Shared gives one of the workspace as JSON, nil where there is none; nil knows none.
	Shared func(name string) ([]byte, error)
}

// Use is a node's use of an operation.
type Use struct {
	// Settings are the node's. Where it names a derived operation they are as if the base
	// stood there with the fixed parameters.
	Settings []byte

	name   string
	by     *Operation
	faults []*fault.Fault
}

// Use looks for the operation that settings name where the connector does not declare it;
// rows is the setting that holds the request's parameters. An operation that is nowhere
// leaves the settings as they are.
func (l Library) Use(settings []byte, rows string, m func() (*manifest.Manifest, error)) *Use {
	u := &Use{Settings: settings, name: item.Of(settings).Field("operation").Text()}
	if _, _, is := Split(u.name); !is {
		return u
	}
	connector, err := m()
	if err != nil {
		return u // whoever asks for the operation asks for it too
	}
	if _, declared := connector.Operation(u.name); declared {
		return u
	}
	raw, own := l.Own[u.name]
	if !own && l.Shared != nil {
		if raw, err = l.Shared(u.name); err != nil {
			u.faults = []*fault.Fault{fault.From(err).At("operation")}
		}
	}
	if len(raw) == 0 {
		return u
	}
	by, faults := Read(u.name, raw)
	if len(faults) > 0 {
		u.faults = []*fault.Fault{fault.New("operation.unusable", "the derived operation %s has problems", u.name).At("operation").Classed(fault.Config).
			Hinted("mend the operation first")}
		return u
	}
	u.by = by
	u.Settings, u.faults = by.Under(settings, u.name, rows)
	return u
}

// In gives the used operation of a manifest, nil where there is none; the faults say what
// keeps it from being used, as far as that is known, or how the settings contradict it.
// Their paths are in the settings.
func (u *Use) In(m *manifest.Manifest) (*manifest.Operation, []*fault.Fault) {
	if u.by == nil {
		op, _ := m.Operation(u.name)
		return op, u.faults
	}
	op, f := u.by.Over(u.name, m)
	if f != nil {
		return nil, []*fault.Fault{f.At("operation")}
	}
	return op, u.faults
}
