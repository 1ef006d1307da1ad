package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/app/chain"
	"github.com/karezflow/karez/server/app/exporting"
	"github.com/karezflow/karez/server/app/flowfile"
	"github.com/karezflow/karez/server/app/imports"
	"github.com/karezflow/karez/server/app/product"
	"github.com/karezflow/karez/server/app/sandboxes"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/draft"
)

func (c *cli) flowCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "flow", Short: "Flows", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(c.validateCommand(), c.runCommand(), c.testCommand(),
		imports.Command(imports.Needs{Terminal: c.Terminal, Host: c.host}), exporting.Command(exporting.Needs{Open: c.open, As: c.operator, Flags: c.storeFlags}))
	return cmd
}

func (c *cli) validateCommand() *cobra.Command {
	var manifests string
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "List every problem of flow files",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			host, err := c.host()
			if err != nil {
				return err
			}
			defer host.Close(context.WithoutCancel(cmd.Context()))
			problems := []flow.Problem{}
			for _, file := range files {
				found, err := c.validateFile(cmd.Context(), flowfile.Manifests{Installed: product.Plugins{Host: host}, Dir: manifests}, product.Types(host), file)
				if err != nil {
					return err
				}
				problems = append(problems, found...)
			}
			return c.printValidation(problems)
		},
	}
	cmd.Flags().StringVar(&manifests, "manifests", "", "folder with <connector>/manifest.yaml, for connectors that are not installed")
	return cmd
}

func (c *cli) printValidation(problems []flow.Problem) error {
	ok := !flow.Blocking(problems)
	if c.JSON {
		if err := c.PrintJSON(map[string]any{"ok": ok, "problems": problems}); err != nil {
			return err
		}
	} else {
		c.PrintProblems(problems)
		if ok {
			c.Say("ok")
		}
	}
	if !ok {
		return errUnfinished
	}
	return nil
}

// validateFile compiles every document of a file against connectors.
func (c *cli) validateFile(ctx context.Context, installed flowfile.Plugins, types flow.Types, file string) ([]flow.Problem, error) {
	docs, problems, err := flowfile.Read(file)
	if err != nil || len(problems) > 0 {
		return problems, err
	}
	for i, doc := range docs {
		_, found := compile.Flow(ctx, doc, compile.Options{
			Types: types, InlineConnections: true, Catalogue: flowfile.Catalogue{Ctx: ctx, Installed: installed, Doc: doc, Others: docs}, Flows: chain.File{Docs: docs, Types: types},
		})
		if len(docs) > 1 {
			for n := range found {
				found[n].Path = fmt.Sprintf("documents[%d].%s", i, found[n].Path)
			}
		}
		problems = append(problems, found...)
	}
	return problems, nil
}

// accounts gives the connections that are written into a document. With sandboxes,
// their addresses and credentials stand in for what the file says.
func (c *cli) accounts(ctx context.Context, e *product.Product, doc *flow.Document, boxes map[string]string) (
	accounts []connection.Connection, problems []flow.Problem, err error,
) {
	for name, inline := range doc.Spec.Connections {
		given := connection.Connection{Workspace: workspace, Name: name, Connector: inline.Connector, Version: inline.Version, Secrets: map[string]string{}}
		if boxes != nil {
			given.Settings, given.Secrets, err = sandboxes.Account(ctx, product.Plugins{Host: e.Plugins}, inline.Connector, boxes)
			if err != nil {
				return nil, nil, err
			}
		} else {
			var found []flow.Problem
			given.Settings, given.Secrets, found = flowfile.Resolve(c.Env, inline, "spec.connections."+name)
			problems = append(problems, found...)
		}
		accounts = append(accounts, given)
	}
	flow.Sort(problems)
	return accounts, problems, nil
}

// imported is a further flow of a file, saved as a draft.
type imported struct {
	ID       string         `json:"id"`
	Title    string         `json:"title"`
	Problems []flow.Problem `json:"problems"`
}

// publish makes the members of the file versions to run, enables those that the first
// one leads to, and imports the others as drafts.
func (c *cli) publish(ctx context.Context, e *product.Product, file chain.File, members []int) (versions []draft.Version, others []imported, err error) {
	for i, other := range file.Docs {
		if slices.Contains(members, i) {
			continue
		}
		id, problems, err := e.Drafts.Import(ctx, workspace, other)
		if err != nil {
			return nil, nil, fault.From(err).Under(fmt.Sprintf("documents[%d]", i))
		}
		others = append(others, imported{id, other.Metadata.Title, problems})
	}
	for n, i := range members {
		v, err := e.Drafts.Publish(ctx, workspace, file.Docs[i], "flow run")
		if err == nil && n > 0 {
			err = e.Drafts.Enable(ctx, v.Flow)
		}
		if err != nil {
			return nil, nil, fault.From(err).Under(fmt.Sprintf("documents[%d]", i))
		}
		versions = append(versions, v)
	}
	return versions, others, nil
}
