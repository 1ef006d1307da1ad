package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/sdk/fault"
)

// sandboxes are connectors' simulated vendors, each a process of its own.
type sandboxes struct {
	urls     map[string]string
	children []*child
}

type child struct {
	cmd   *exec.Cmd
	stdin io.Closer
}

// startSandboxes starts the sandboxes of connectors on addresses from listen on:
// a port of 0 lets each choose, any other is counted up.
func startSandboxes(ctx context.Context, dir string, ids []string, listen, clock string) (*sandboxes, error) {
	host, portText, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fault.New("sandbox.bad_address", "%s is not an address such as 127.0.0.1:0", listen).Classed(fault.Config)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fault.New("sandbox.bad_address", "%s has no port number", listen).Classed(fault.Config)
	}
	s := &sandboxes{urls: map[string]string{}}
	for n, id := range ids {
		at := port
		if port != 0 {
			at += n
		}
		url, started, err := startSandbox(ctx, filepath.Join(dir, id), net.JoinHostPort(host, strconv.Itoa(at)), clock)
		if err != nil {
			return nil, errors.Join(fault.Wrap(err, "sandbox.not_started", "the sandbox of %s did not start", id).
				Hinted("karez plugin list shows the installed connectors"), s.stop())
		}
		s.urls[id] = url
		s.children = append(s.children, started)
	}
	return s, nil
}

func startSandbox(ctx context.Context, path, address, clock string) (string, *child, error) {
	args := []string{"--sandbox", address}
	if clock != "" {
		args = append(args, "--now", clock)
	}
	cmd := exec.CommandContext(ctx, path, args...) //nolint:gosec // an installed connector
	cmd.Stderr = os.Stderr
	cmd.Env = []string{}
	cmd.WaitDelay = 5 * time.Second
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	started := &child{cmd, stdin}
	var ready struct {
		URL string `json:"url"`
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil || ready.URL == "" {
		return "", nil, errors.Join(errors.New("it ended before it was ready"), err, started.stop())
	}
	return ready.URL, started, nil
}

func (c *child) stop() error {
	_ = c.stdin.Close() // the end of its input tells it to stop
	err := c.cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil // it was told to end, by whatever code
	}
	return err
}

func (s *sandboxes) stop() error {
	var errs []error
	for _, c := range s.children {
		errs = append(errs, c.stop())
	}
	return errors.Join(errs...)
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
			dir, err := c.pluginDir()
			if err != nil {
				return err
			}
			ids := strings.FieldsFunc(only, func(r rune) bool { return r == ',' })
			if len(ids) == 0 {
				if ids, err = pluginIDs(dir); err != nil {
					return err
				}
			}
			s, err := startSandboxes(cmd.Context(), dir, ids, listen, clock)
			if err != nil {
				return err
			}
			if err := c.printJSON(s.urls); err != nil {
				return errors.Join(err, s.stop())
			}
			<-cmd.Context().Done()
			return s.stop()
		},
	}
	cmd.Flags().StringVar(&only, "only", "", "connectors, separated by commas (default: all)")
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "address; port 0 lets each sandbox choose, another port is counted up")
	cmd.Flags().StringVar(&clock, "now", "", "the time at which the sandboxes' clocks start, for example 2021-05-28T08:00:00+08:00 (default: now)")
	return cmd
}
