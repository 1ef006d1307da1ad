package authoring

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/server/app/examine"
)

// test makes `plugin test`.
func (n Needs) test() *cobra.Command {
	var plan string
	cmd := &cobra.Command{
		Use:   "test PATH",
		Short: "Run the conformance suite on a connector, before the sandbox that it brings along",
		Long: "PATH is the connector's program, or the folder with its manifest.yaml and the program in it or in its bin,\n" +
			"or the folder of a connector without code, or a package.\n" +
			examine.PlanFile + " beside it says which operations are tried, with which parameters and rows.\n\n" +
			"A connector without code is checked and packed for a try, then run on the answers that its examples/answers*.yaml keep, and\n" +
			"goes through the suite where it brings a simulation of its system: a program at bin/sandbox. What was not run is told.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return n.examine(cmd.Context(), args[0], plan) },
	}
	cmd.Flags().StringVar(&plan, "plan", "", "what to try (default: "+examine.PlanFile+" beside the program)")
	return cmd
}

func (n Needs) examine(ctx context.Context, path, plan string) error {
	report, err := examine.Run(ctx, examine.Config{Path: path, Plan: plan, Interpreter: n.Interpreter(), Clock: n.Clock, Log: n.Log(), Each: func(r examine.Result) {
		if n.JSON {
			return
		}
		mark := "ok  "
		if !r.OK {
			mark = "BAD "
		}
		n.Say("%s %-70s %6.2fs", mark, r.Name, r.Took)
		for _, problem := range r.Problems {
			n.Say("       %s", problem)
		}
	}})
	if err != nil {
		return err
	}
	if n.JSON {
		err = n.PrintJSON(report)
	} else {
		passed, all := report.Passed()
		verdict := "conforms"
		switch {
		case !report.OK:
			verdict = "does not conform"
		case len(report.NotRun) > 0:
			verdict = "is right as far as it was tried"
		}
		for _, what := range report.NotRun {
			n.Say("not run: %s", what)
		}
		n.Say("%s %s %s: %d of %d behaviours hold", report.Connector, report.Version, verdict, passed, all)
	}
	if err == nil && !report.OK {
		err = n.Unfinished
	}
	return err
}
