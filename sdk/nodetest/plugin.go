package nodetest

import (
	"testing"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
)

// OfPlugin gives a node that a plugin brings as Run and CheckSettings take it: what the
// manifest declares, and the code.
func OfPlugin(tb testing.TB, yaml []byte, all node.Transforms, name string) node.Type {
	tb.Helper()
	m, err := manifest.Parse(yaml)
	if err != nil {
		tb.Fatal(err)
	}
	for i, n := range m.Nodes {
		if n.Name == name && all[name] != nil {
			return brought{m.Declarations()[i], all[name]}
		}
	}
	tb.Fatalf("the plugin brings no node %s with code", name)
	return nil
}

type brought struct {
	declared node.Declaration
	node.Transformer
}

// Declaration implements node.Type.
func (b brought) Declaration() node.Declaration { return b.declared }

// CheckSettings implements node.Checker.
func (b brought) CheckSettings(settings []byte) []*fault.Fault {
	if c, ok := b.Transformer.(node.Checker); ok {
		return c.CheckSettings(settings)
	}
	return nil
}
