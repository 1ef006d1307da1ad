package app

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/protocol"
	"github.com/karezflow/karez/server/app/authoring"
	"github.com/karezflow/karez/server/app/packages"
	"github.com/karezflow/karez/server/app/product"
	"github.com/karezflow/karez/server/plugins"
	"github.com/karezflow/karez/server/shelf"
	"github.com/karezflow/karez/server/store/pluginstore"
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

// interpreter gives the program beside the connectors that serves those without one.
func (c *cli) interpreter() string {
	dir, err := c.pluginDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, declarative.Program)
}

// simulatedIDs lists the connectors that start and ship a simulation of their system.
func simulatedIDs(ctx context.Context, host *pluginhost.Host) ([]string, error) {
	installed, err := host.List(ctx)
	var ids []string
	for _, p := range installed {
		if p.Fault == nil && !p.Manifest.NoSandbox {
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
	confinement, err := c.confinement()
	if err != nil {
		return nil, err
	}
	return pluginhost.New(pluginhost.Config{Dir: dir, Packages: c.programs(), Confinement: confinement, Clock: now, Log: c.log()}), nil
}

// confinement reads --isolation.
func (c *cli) confinement() (pluginhost.Confinement, error) {
	all := []pluginhost.Confinement{pluginhost.Confined, pluginhost.Required, pluginhost.Unconfined}
	if !slices.Contains(all, pluginhost.Confinement(c.isolation)) {
		return "", fault.New("cli.isolation", "--isolation is on, required or off").Classed(fault.Config)
	}
	return pluginhost.Confinement(c.isolation), nil
}

// shelf gives the installed packages of the data folder.
func (c *cli) shelf() *shelf.Shelf {
	return product.NewShelf(product.Config{Data: c.dataDir, Packages: c.packages, Core: coreKeys(), Clock: now})
}

// programs gives the packages of the data folder for commands that have one.
func (c *cli) programs() func(context.Context) ([]pluginhost.Program, error) {
	if c.dataDir == "" {
		return nil
	}
	return product.Programs(c.shelf())
}

// coreKey is the public key of the makers of this program; the build sets it.
var coreKey string //nolint:gochecknoglobals // the build has no other way to say it

// coreKeys gives the keys of the makers, none in a program that was built without.
func coreKeys() []plugpack.Key {
	key, err := plugpack.ParseKey(coreKey)
	if err != nil {
		return nil
	}
	return []plugpack.Key{key}
}

// uses gives the connections of a connector and the flows with its nodes, none where there is no database yet.
func (c *cli) uses(ctx context.Context, connector string) (uses []plugins.Use, err error) {
	settings, err := c.settings()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(settings.Data, "karez.db")); err != nil && settings.Database == "" {
		return nil, nil
	}
	db, err := product.OpenUnmigrated(ctx, settings)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return plugins.UsesOf(ctx, pluginstore.New(db), connector)
}

// running gives what there is of connectors.
func (c *cli) running(ctx context.Context) ([]plugins.Running, error) {
	all, err := c.installed(ctx)
	list := make([]plugins.Running, len(all))
	for i, p := range all {
		list[i] = product.RunningOf(p)
	}
	return list, err
}

// packageFlags name the data folder for commands about packages.
func (c *cli) packageFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.dataDir, "data", "./karez-data", "data folder")
	cmd.Flags().StringVar(&c.dbURL, "db", "", "database (default: KAREZ_DB, else SQLite in the data folder)")
	cmd.Flags().StringVar(&c.packages, "packages", "", "folder of installed connector packages (default: plugins in the data folder)")
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
	// Trust says who vouches for it; Active is true of the package that serves.
	Trust  shelf.Status `json:"trust"`
	Active bool         `json:"active"`
	// Isolation is what confines its process.
	Isolation pluginhost.Isolation `json:"isolation"`
}

func (c *cli) pluginCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "plugin", Short: "Connectors", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	list := &cobra.Command{
		Use:   "list",
		Short: "List the installed connectors with their operations, and why one does not start",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			installed, err := c.installed(cmd.Context())
			if err != nil {
				return err
			}
			trusted, err := c.trusted(cmd.Context())
			if err != nil {
				return err
			}
			return c.printInstalled(installed, trusted)
		},
	}
	c.packageFlags(list)
	_, _, versions := protocol.Handshake()
	cmd.AddCommand(authoring.Commands(authoring.Needs{Terminal: c.Terminal, Clock: now, Log: c.log, Unfinished: errUnfinished, Interpreter: c.interpreter})...)
	cmd.AddCommand(append(packages.Commands(packages.Needs{
		Terminal: c.Terminal, Shelf: c.shelf, Uses: c.uses, Running: c.running, Flags: c.packageFlags, SDK: versions, OS: runtime.GOOS, Arch: runtime.GOARCH, Clock: now,
	}), list)...)
	return cmd
}

// trusted gives who vouches for the installed packages, by name@version.
func (c *cli) trusted(ctx context.Context) (map[string]shelf.Status, error) {
	packages, err := c.shelf().List(ctx)
	trusted := map[string]shelf.Status{}
	for _, p := range packages {
		for _, v := range p.Versions {
			trusted[v.ID+"@"+v.Version] = v.Status
		}
	}
	return trusted, err
}

func (c *cli) printInstalled(installed []pluginhost.Installed, trusted map[string]shelf.Status) error {
	views := make([]installedView, len(installed))
	for i, p := range installed {
		views[i] = installedView{ID: p.ID, Version: p.Version, Status: "ready", Operations: []string{}, Trust: plugins.Loose, Active: p.Active, Isolation: p.Isolation}
		if p.Packaged {
			views[i].Trust = trusted[p.ID+"@"+p.Version]
		}
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
		mark := ""
		if v.Active {
			mark = "  (serves)"
		}
		c.Say("%-20s %-8s %-7s %-9s %-8s %s%s", v.ID, v.Version, v.Status, v.Trust, cmp.Or(v.Isolation.Level, "-"), v.Title, mark)
		if v.Fault != nil {
			c.Say("  %s: %s", v.Fault.Code, v.Fault.Message)
		}
		for _, m := range v.Isolation.Missing {
			c.Say("  not isolated: %s (%s)", m.Part, m.Reason)
		}
		for _, op := range v.Operations {
			c.Say("  - %s", op)
		}
	}
	return nil
}
