// Package nodes lists the node types that come with the product. All is the
// table of contents: a new type is a folder and a line here.
//
// It may import its own folders and sdk packages only.
package nodes

import (
	"github.com/karezflow/karez/nodes/branch"
	"github.com/karezflow/karez/nodes/discard"
	"github.com/karezflow/karez/nodes/file"
	"github.com/karezflow/karez/nodes/filter"
	"github.com/karezflow/karez/nodes/flatten"
	"github.com/karezflow/karez/nodes/group"
	"github.com/karezflow/karez/nodes/inlet"
	"github.com/karezflow/karez/nodes/lookup"
	"github.com/karezflow/karez/nodes/mapping"
	"github.com/karezflow/karez/nodes/merge"
	"github.com/karezflow/karez/nodes/notify"
	"github.com/karezflow/karez/nodes/paginate"
	"github.com/karezflow/karez/nodes/respond"
	"github.com/karezflow/karez/nodes/script"
	"github.com/karezflow/karez/nodes/source"
	"github.com/karezflow/karez/nodes/target"
	"github.com/karezflow/karez/nodes/webhook"
	"github.com/karezflow/karez/nodes/window"
	"github.com/karezflow/karez/nodes/writeback"
	"github.com/karezflow/karez/sdk/node"
)

// All gives every node type, in the order of the palette.
func All() []node.Type {
	return []node.Type{
		window.Node{},
		paginate.Node{},
		source.Node{},
		file.Node{},
		webhook.Node{},
		inlet.Node{},
		filter.Node{},
		branch.Node{},
		mapping.Node{},
		lookup.Node{},
		script.Node{},
		flatten.Node{},
		merge.Node{},
		group.Node{},
		target.Node{},
		writeback.Node{},
		respond.Node{},
		notify.Node{},
		discard.Node{},
	}
}
