package app

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/sdk/fault"
)

// pluginDir gives the folder of connector programs.
func (c *cli) pluginDir() (string, error) {
	if c.plugins != "" {
		return c.plugins, nil
	}
	self, err := executable()
	if err != nil {
		return "", err
	}
	return filepath.Join(filepath.Dir(self), "plugins"), nil
}

// installedIDs lists the connectors that start.
func installedIDs(ctx context.Context, host *pluginhost.Host) ([]string, error) {
	installed, err := host.List(ctx)
	var ids []string
	for _, p := range installed {
		if p.Fault == nil {
			ids = append(ids, p.ID)
		}
	}
	return ids, err
}

// host gives the plugin host for commands that need no data folder.
func (c *cli) host() (*pluginhost.Host, error) {
	dir, err := c.pluginDir()
	if err != nil {
		return nil, err
	}
	return pluginhost.New(pluginhost.Config{Dir: dir, Clock: now, Log: c.log()}), nil
}

// installed starts and asks every connector, and stops them.
func (c *cli) installed(ctx context.Context) ([]pluginhost.Installed, error) {
	host, err := c.host()
	if err != nil {
		return nil, err
	}
	defer host.Close(context.WithoutCancel(ctx))
	return host.List(ctx)
}

// installedView is one line of `plugin list --json`.
type installedView struct {
	ID         string       `json:"id"`
	Version    string       `json:"version"`
	Status     string       `json:"status"`
	Title      string       `json:"title,omitempty"`
	Operations []string     `json:"operations"`
	Fault      *fault.Fault `json:"fault,omitempty"`
}

func (c *cli) pluginCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "plugin", Short: "Connectors", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(&cobra.Command{
		Use:   "list",
		Short: "List the installed connectors with their operations, and why one does not start",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			installed, err := c.installed(cmd.Context())
			if err != nil {
				return err
			}
			return c.printInstalled(installed)
		},
	})
	return cmd
}

func (c *cli) printInstalled(installed []pluginhost.Installed) error {
	views := make([]installedView, len(installed))
	for i, p := range installed {
		views[i] = installedView{ID: p.ID, Version: p.Version, Status: "ready", Operations: []string{}}
		if p.Fault != nil {
			views[i].Status, views[i].Fault = "failed", p.Fault
			continue
		}
		views[i].Title = p.Manifest.Title.ZH
		for _, op := range p.Manifest.Operations {
			views[i].Operations = append(views[i].Operations, op.Name)
		}
	}
	if c.JSON {
		return c.PrintJSON(views)
	}
	if len(views) == 0 {
		c.Say("no connectors are installed; make build fills bin/plugins")
	}
	for _, v := range views {
		c.Say("%-20s %-8s %-7s %s", v.ID, v.Version, v.Status, v.Title)
		if v.Fault != nil {
			c.Say("  %s: %s", v.Fault.Code, v.Fault.Message)
		}
		for _, op := range v.Operations {
			c.Say("  - %s", op)
		}
	}
	return nil
}
