package examine

import (
	"context"
	"encoding/json"

	"github.com/karezflow/karez/sdk/conformance"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// trial makes the suite's trial of a plan's.
func (n Node) trial() conformance.Transform {
	raws := func(list []json.RawMessage) (out [][]byte) {
		for _, raw := range list {
			out = append(out, raw)
		}
		return out
	}
	return conformance.Transform{Name: n.Name, Node: n.Node, Settings: n.Settings, Bad: raws(n.Bad), Records: raws(n.Records), Refused: raws(n.Refused)}
}

// Apply implements node.Code: the bench's plugin is asked in its process.
func (b *bench) Apply(ctx context.Context, name string, settings []byte, batch []item.Item) (results []node.Result, err error) {
	err = b.programs.Transforms(ctx, b.id, "", func(code node.Code) (err error) {
		results, err = code.Apply(ctx, name, settings, batch)
		return err
	})
	return results, err
}

// CheckSettings implements node.Code.
func (b *bench) CheckSettings(ctx context.Context, name string, settings []byte) (found []*fault.Fault, err error) {
	err = b.programs.Transforms(ctx, b.id, "", func(code node.Code) (err error) {
		found, err = code.CheckSettings(ctx, name, settings)
		return err
	})
	return found, err
}

// Upgrade implements node.Code.
func (b *bench) Upgrade(ctx context.Context, name string, from int, settings []byte) (raw []byte, err error) {
	err = b.programs.Transforms(ctx, b.id, "", func(code node.Code) (err error) {
		raw, err = code.Upgrade(ctx, name, from, settings)
		return err
	})
	return raw, err
}
