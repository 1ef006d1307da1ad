package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/app/product"
	"github.com/karezflow/karez/server/app/sandboxes"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/execution"
	"github.com/karezflow/karez/server/market"
)

// What the demonstration shows: the flow has already moved the days between
// demoBegin and demoPause before now, among whose refunds one has a material that
// the target lacks; the refunds since demoPause are there for the first run by hand.
const (
	demoTemplate = "jushuitan-refund-to-kingdee-return.yaml"
	demoBegin    = 103 * time.Hour
	demoPause    = "24h"
	demoToken    = "demo"
)

func (c *cli) demoCommand() *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Serve a workspace that is ready to try, with simulated systems behind it",
		Long: "Starts the simulated systems that its flow needs and serves a workspace with connections to them, the published\n" +
			"flow and a document that waits to be put right. The simulated systems begin anew at every start.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			e, err := c.open(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, e.Close(cmd.Context())) }()
			ctx := c.operator(cmd.Context())
			doc, err := demoFlow()
			if err != nil {
				return err
			}
			boxes, err := sandboxes.Start(ctx, e.Plugins, connectorsOf([]*flow.Document{doc}, []int{0}), "127.0.0.1:0", "")
			if err != nil {
				return err
			}
			if err := c.furnish(ctx, e, doc, boxes); err != nil {
				return err
			}
			return c.serve(ctx, e, serving{listen: listen}, func(base string, ready chan<- error) {
				ready <- c.show(ctx, e, base, doc, boxes)
			})
		},
	}
	c.storeFlags(cmd)
	cmd.Flags().Lookup("data").DefValue = "./karez-demo"
	cmd.PreRun = func(cmd *cobra.Command, _ []string) {
		if !cmd.Flags().Changed("data") {
			c.dataDir = "./karez-demo"
		}
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8765", "address")
	return cmd
}

// demoFlow reads the flow that is shown.
func demoFlow() (*flow.Document, error) {
	text, err := fs.ReadFile(market.Templates(), demoTemplate)
	if err != nil {
		return nil, err
	}
	docs, err := flow.Parse(text)
	if err != nil {
		return nil, err
	}
	return docs[0], nil
}

// furnish makes the flow's connections to the simulated systems; the flow then has none of its own.
func (c *cli) furnish(ctx context.Context, e *product.Product, doc *flow.Document, boxes map[string]string) error {
	for name, inline := range doc.Spec.Connections {
		settings, secrets, err := sandboxes.Account(ctx, product.Plugins{Host: e.Plugins}, inline.Connector, boxes)
		if err != nil {
			return err
		}
		change := connection.Change{Name: name, Connector: inline.Connector, Settings: settings, Secrets: secrets}
		if known, err := e.Connections.Get(ctx, name); err == nil {
			change.Revision = known.Revision
		}
		if _, err := e.Connections.Put(ctx, change); err != nil {
			return err
		}
	}
	doc.Spec.Connections = nil
	return nil
}

// show publishes the flow and lets it run over the days before the pause, once;
// then it prints where everything is.
func (c *cli) show(ctx context.Context, e *product.Product, base string, doc *flow.Document, boxes map[string]string) error {
	if _, err := e.Drafts.Get(ctx, doc.Metadata.ID); fault.CodeOf(err) == "object.missing" {
		if err := c.rehearse(ctx, e, doc); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	apiToken, err := freshToken(ctx, e)
	if err != nil {
		return err
	}
	setup, err := e.Accounts.SetupToken(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.PrintJSON(map[string]any{"url": base, "setup_token": setup, "api_token": apiToken, "sandboxes": boxes})
	}
	c.Say("")
	c.Say("  Karez is ready:  %s", address(base, setup))
	c.Say("")
	for _, id := range slices.Sorted(maps.Keys(boxes)) {
		c.Say("  %-18s is simulated at %s", id, boxes[id])
	}
	c.Say("  API token          %s", apiToken)
	c.Say("  Ctrl+C stops everything.")
	return nil
}

// rehearse runs the flow over its first days, then publishes it as it is meant to go on.
func (c *cli) rehearse(ctx context.Context, e *product.Product, doc *flow.Document) error {
	begin := now().Add(-demoBegin).In(time.FixedZone("CST", 8*3600)).Format(time.DateTime)
	if err := set(doc, "source", "startFrom", begin); err != nil {
		return err
	}
	first := *doc
	first.Spec.Nodes = slices.Clone(doc.Spec.Nodes)
	if err := set(&first, "window", "lag", demoPause); err != nil {
		return err
	}
	if _, err := e.Drafts.Publish(ctx, workspace, &first, "演示：先搬运几天"); err != nil {
		return err
	}
	id, err := e.Execution.Trigger(ctx, doc.Metadata.ID, execution.Manual, time.Time{})
	if err != nil {
		return err
	}
	seen, err := e.Execution.Watch(ctx, id)
	if err != nil {
		return err
	}
	progress := c.NewProgress(doc.Metadata.Title)
	for s := range seen {
		progress.Settled(s.View.Counts)
	}
	progress.End()
	_, err = e.Drafts.Publish(ctx, workspace, doc, "演示")
	return err
}

// set changes a setting of the nodes of a type.
func set(doc *flow.Document, nodeType, key, value string) error {
	for i, n := range doc.Spec.Nodes {
		if n.Type != nodeType {
			continue
		}
		settings := map[string]json.RawMessage{}
		if err := json.Unmarshal(n.Settings, &settings); err != nil {
			return err
		}
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		settings[key] = text
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(settings); err != nil {
			return err
		}
		doc.Spec.Nodes[i].Settings = bytes.TrimSpace(out.Bytes())
	}
	return nil
}

// freshToken makes the demonstration's API token in place of the last start's.
func freshToken(ctx context.Context, e *product.Product) (string, error) {
	all, err := e.Accounts.Tokens(ctx)
	if err != nil {
		return "", err
	}
	for _, t := range all {
		if t.Name == demoToken {
			if err := e.Accounts.DeleteToken(ctx, t.ID); err != nil {
				return "", err
			}
		}
	}
	_, secret, err := e.Accounts.CreateToken(ctx, demoToken, access.Admin, time.Time{})
	return secret, err
}
