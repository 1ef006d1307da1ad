package node

import (
	"bytes"
	"context"
	"encoding/json"
	"sync"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Code is the code of the transforms that a plugin brings, by the names that its manifest
// gives their nodes, wherever it runs. Settings fit the declaration and have the defaults in
// them. Errors are faults: "transform.unknown" for a name that has no code.
type Code interface {
	// Apply is a TransformFunc for a node with these settings. It keeps nothing between
	// calls that would change a result.
	Apply(ctx context.Context, name string, settings []byte, batch []item.Item) ([]Result, error)
	// CheckSettings is that of Checker, and tells of settings that no transform can be made for.
	CheckSettings(ctx context.Context, name string, settings []byte) ([]*fault.Fault, error)
	// Upgrade is that of Upgrader.
	Upgrade(ctx context.Context, name string, from int, settings []byte) ([]byte, error)
}

// Transforms are the transforms of a plugin by the names that its manifest gives their nodes,
// written as those of this program are. One may be a Checker and an Upgrader too. They see
// settings of plain kinds only (Settings.Decode), and of an item Raw, Vars and what of Facts
// belongs to the document; look-ups are refused with "transform.lookups".
type Transforms map[string]Transformer

// mostKept is how many transforms Code keeps that were made for settings.
const mostKept = 256

// Code gives the transforms as they are called from elsewhere.
func (t Transforms) Code() Code { return &local{all: t, made: map[string]TransformFunc{}} }

type local struct {
	all Transforms

	mu   sync.Mutex
	made map[string]TransformFunc
}

// Apply implements Code.
func (l *local) Apply(ctx context.Context, name string, settings []byte, batch []item.Item) ([]Result, error) {
	apply, err := l.transform(name, settings)
	if err != nil {
		return nil, err
	}
	results, err := apply(ctx, batch)
	for i := range results {
		if r := &results[i]; len(r.Needs)+len(r.Missing) > 0 {
			*r = Result{Fault: noLookups()}
		}
	}
	return results, err
}

// transform gives the one for these settings, made at the first call.
func (l *local) transform(name string, settings []byte) (TransformFunc, error) {
	key := name + "\x00" + string(settings)
	l.mu.Lock()
	defer l.mu.Unlock()
	if apply := l.made[key]; apply != nil {
		return apply, nil
	}
	t, f := l.named(name)
	if f != nil {
		return nil, f
	}
	apply, err := t.New(plain{settings})
	if err != nil {
		return nil, err
	}
	if len(l.made) == mostKept {
		clear(l.made) // flows were edited that often since
	}
	l.made[key] = apply
	return apply, nil
}

func (l *local) named(name string) (Transformer, *fault.Fault) {
	if t := l.all[name]; t != nil {
		return t, nil
	}
	return nil, fault.New("transform.unknown", "the plugin has no code for its node %s", name).Arg("node", name).Classed(fault.Config).
		Hinted("this is a defect of the plugin")
}

// CheckSettings implements Code.
func (l *local) CheckSettings(_ context.Context, name string, settings []byte) ([]*fault.Fault, error) {
	t, f := l.named(name)
	if f != nil {
		return nil, f
	}
	if c, ok := t.(Checker); ok {
		if found := c.CheckSettings(settings); len(found) > 0 {
			return found, nil
		}
	}
	if _, err := t.New(plain{settings}); err != nil {
		return []*fault.Fault{fault.From(err)}, nil
	}
	return nil, nil
}

// Upgrade implements Code.
func (l *local) Upgrade(_ context.Context, name string, from int, settings []byte) ([]byte, error) {
	t, f := l.named(name)
	if f != nil {
		return nil, f
	}
	if u, ok := t.(Upgrader); ok {
		return u.Upgrade(from, settings)
	}
	return nil, fault.New("transform.no_upgrade", "the plugin can't read settings of version %d of its node %s", from, name).Arg("node", name).Classed(fault.Config)
}

// plain are settings without programs.
type plain struct{ raw []byte }

// Decode implements Settings.
func (p plain) Decode(into any) error {
	d := json.NewDecoder(bytes.NewReader(p.raw))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return fault.Wrap(err, "setting.wrong_type", "the settings can't be read").Classed(fault.Config)
	}
	return nil
}

// Mapping implements Settings.
func (plain) Mapping(string) Mapping { return nil }

// Value implements Settings.
func (plain) Value(string) Value { return nil }

// Stream implements Settings.
func (plain) Stream(string, string, []string) (string, error) { return "", noLookups() }

// Connection implements Settings.
func (plain) Connection() string { return "" }

// Conditions implements Settings.
func (plain) Conditions(string) Conditions { return nil }

// Script implements Settings.
func (plain) Script(string) Script { return nil }

func noLookups() *fault.Fault {
	return fault.New("transform.lookups", "a node of a plugin can't look up what other documents or code tables hold").Classed(fault.Config).
		Hinted("put a node of type lookup before it")
}
