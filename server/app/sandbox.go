package app

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/server/app/sandboxes"
)

func (c *cli) sandboxCommand() *cobra.Command {
	var only, listen, clock string
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve the simulated systems of installed connectors on this machine",
		Long: "Serves the simulated systems of installed connectors on this machine until it is stopped.\n" +
			"Prints one JSON line with their addresses when all are ready.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			host, err := c.host()
			if err != nil {
				return err
			}
			defer host.Close(context.WithoutCancel(cmd.Context()))
			ids := strings.FieldsFunc(only, func(r rune) bool { return r == ',' })
			if len(ids) == 0 {
				if ids, err = simulatedIDs(cmd.Context(), host); err != nil {
					return err
				}
			}
			urls, err := sandboxes.Start(cmd.Context(), host, ids, listen, clock)
			if err != nil {
				return err
			}
			if err := c.PrintJSON(urls); err != nil {
				return err
			}
			<-cmd.Context().Done()
			return nil
		},
	}
	cmd.Flags().StringVar(&only, "only", "", "connectors, separated by commas (default: all)")
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "address; port 0 lets each sandbox choose, another port is counted up")
	cmd.Flags().StringVar(&clock, "now", "", "the time at which the sandboxes' clocks start, for example 2021-05-28T08:00:00+08:00 (default: now)")
	return cmd
}
