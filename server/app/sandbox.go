package app

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/sdk/fault"
)

// startSandboxes starts the simulated systems of connectors on addresses from
// listen on: a port of 0 lets each choose, any other is counted up. They end with the host.
func startSandboxes(ctx context.Context, host *pluginhost.Host, ids []string, listen, clock string) (map[string]string, error) {
	name, portText, err := net.SplitHostPort(listen)
	port, portErr := strconv.Atoi(portText)
	if err != nil || portErr != nil {
		return nil, fault.New("sandbox.bad_address", "%s is not an address such as 127.0.0.1:0", listen).Classed(fault.Config)
	}
	var start time.Time
	if clock != "" {
		if start, err = time.Parse(time.RFC3339, clock); err != nil {
			return nil, fault.New("sandbox.bad_time", "%s is not a time such as 2021-05-28T08:00:00+08:00", clock).Classed(fault.Config)
		}
	}
	urls := map[string]string{}
	for n, id := range ids {
		at := port
		if port != 0 {
			at += n
		}
		box, err := host.Sandbox(ctx, id, "", net.JoinHostPort(name, strconv.Itoa(at)), start)
		if err != nil {
			return nil, err
		}
		urls[id] = box.URL
	}
	return urls, nil
}

// credentials asks a sandbox for settings and secrets that work.
func credentials(ctx context.Context, url string) (map[string]string, error) {
	got := map[string]string{}
	return got, getJSON(ctx, url+"/_sandbox/credentials", &got)
}

// getJSON reads a sandbox's control answer.
func getJSON(ctx context.Context, url string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fault.New("sandbox.refused", "the sandbox answered HTTP %d to %s", res.StatusCode, url)
	}
	return json.NewDecoder(res.Body).Decode(into)
}

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
				if ids, err = installedIDs(cmd.Context(), host); err != nil {
					return err
				}
			}
			urls, err := startSandboxes(cmd.Context(), host, ids, listen, clock)
			if err != nil {
				return err
			}
			if err := c.printJSON(urls); err != nil {
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
