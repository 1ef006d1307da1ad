package pluginhost

import (
	"context"

	"github.com/karezflow/karez/sdk/node"
)

// Transforms has the code of the nodes that a plugin brings called by work, in its process,
// which is started if need be. version is that of Session; the folder is not looked at. What
// Session says of faults holds: no process is Transient and Unapplied, the end of the process
// meanwhile "connector.crashed". A plugin that serves no nodes is "connector.unsupported".
func (h *Host) Transforms(ctx context.Context, id, version string, work func(node.Code) error) error {
	p, f := h.find(ctx, id, version)
	if f != nil {
		return unserved(f)
	}
	i, f := p.acquire(ctx)
	if f != nil {
		return unserved(f)
	}
	defer i.leave()
	if i.process.Transforms == nil {
		return noLonger("Apply")
	}
	if err := work(i.process.Transforms); err != nil {
		return i.settle(p.known(), "", err)
	}
	return nil
}
