package product

import (
	"context"

	"github.com/karezflow/karez/engine/value/docs"
	"github.com/karezflow/karez/nodes"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/help"
	"github.com/karezflow/karez/server/help/nodepage"
)

// helpPages gathers the reference pages from where they are kept; those of the nodes that
// plugins bring are drawn from their manifests.
func helpPages(serving func(context.Context) ([]*manifest.Manifest, error)) (*help.Service, error) {
	types := nodes.All()
	pages := make([]string, len(types))
	for i, t := range types {
		pages[i] = "node-" + t.Declaration().Type
	}
	return help.New(
		help.Chapter{Key: help.Start, Files: help.Own(), Pages: []string{"first-steps", "market", "ledger", "safe-change"}},
		help.Chapter{Key: help.Nodes, Files: nodes.Docs(), Pages: pages, More: nodepage.Pages(serving)},
		help.Chapter{Key: help.Language, Files: docs.FS(), Pages: []string{"language"}},
		help.Chapter{Key: help.Deployment, Files: help.Own(), Pages: []string{"deployment"}},
		help.Chapter{Key: help.Authors, Files: help.Own(), Pages: []string{"connectors"}},
		help.Chapter{Key: help.Terms, Files: help.Own(), Pages: []string{"document-states", "delivery-states", "retries", "glossary"}},
	)
}
