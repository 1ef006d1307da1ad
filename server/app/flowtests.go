package app

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/engine/cases"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/server/app/flowfile"
	"github.com/karezflow/karez/server/app/product"
)

func (c *cli) testCommand() *cobra.Command {
	var node string
	cmd := &cobra.Command{
		Use:   "test FILE",
		Short: "Run the tests that are saved with the first flow of a file",
		Long: "Runs the tests of the file's first flow (spec.tests): each gives a node one record and compares what comes of it.\n" +
			"No connection is opened; what look-ups find stands in the tests. Exit code 1 when one fails.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.testFlow(cmd.Context(), args[0], node) },
	}
	cmd.Flags().StringVar(&node, "node", "", "only the tests of this node")
	return cmd
}

func (c *cli) testFlow(ctx context.Context, file, node string) error {
	docs, problems, err := flowfile.Read(file)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return c.printValidation(problems)
	}
	settings, err := c.settings()
	if err != nil {
		return err
	}
	host, err := c.host()
	if err != nil {
		return err
	}
	defer host.Close(context.WithoutCancel(ctx))
	scripts := product.NewScripts(settings)
	defer scripts.Close()
	results, err := cases.Run(ctx, docs[0], node, compile.Options{
		Types: product.Types(host), Catalogue: flowfile.Catalogue{Ctx: ctx, Installed: product.Plugins{Host: host}, Doc: docs[0], Others: docs}, Scripts: scripts,
	})
	if err != nil {
		return err
	}
	ok := cases.Passed(results)
	if c.JSON {
		err = c.PrintJSON(map[string]any{"ok": ok, "tests": results})
	} else {
		c.Say("%s", cases.Text(results))
	}
	if err == nil && !ok {
		err = errUnfinished
	}
	return err
}
