// Package app wires the product together: the command line, the store, the
// connectors' processes and the services. It is the only package that knows all
// others; nothing but the program's main may import it.
package app

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/engine/script"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/app/cluster"
	"github.com/karezflow/karez/server/app/product"
	"github.com/karezflow/karez/server/app/templates"
	"github.com/karezflow/karez/server/app/terminal"
)

// Process is what the program gets from the operating system.
type Process struct {
	Args []string
	Env  func(string) (string, bool)
	In   io.Reader
	Out  io.Writer
	Err  io.Writer
}

// Exit codes.
const (
	exitOK = 0
	// exitUnfinished: the command did its work, and something waits for a person.
	exitUnfinished = 1
	// exitUsage: the command line itself is wrong.
	exitUsage = 2
)

// errUnfinished ends a command whose findings were already printed.
var errUnfinished = errors.New("something waits for a person")

// cli is one run of the program.
type cli struct {
	Process
	*terminal.Terminal

	verbose bool
	dataDir string
	dbURL   string
	plugins string
	// isolation says whether connectors are confined.
	isolation string
	// packages is the folder of installed packages, "" for that of the data folder.
	packages string
	lease    time.Duration
	scale    cluster.Flags
}

// Run executes a command line and gives the exit code.
func Run(ctx context.Context, p Process) int {
	if len(p.Args) == 1 && p.Args[0] == scriptWorker {
		return script.RunWorker(p.In, p.Out)
	}
	if _, set := p.Env("GOGC"); !set {
		// What is kept is little next to the pages that pass through: cleaning up half as
		// often costs some 20 MiB.
		debug.SetGCPercent(200)
	}
	c := &cli{Process: p, Terminal: terminal.New(p.Out, p.Err)}
	// Libraries print to the standard logger; what matters of it comes back as an error.
	log.SetOutput(io.Discard)
	root := c.root() //nolint:contextcheck // each command gets its context when it runs
	root.SetArgs(p.Args)
	root.SetIn(p.In)
	root.SetOut(p.Out)
	root.SetErr(p.Err)
	err := root.ExecuteContext(ctx)
	var f *fault.Fault
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errUnfinished):
		return exitUnfinished
	case errors.As(err, &f):
		c.PrintFault(f)
		return exitUnfinished
	default:
		c.PrintFault(fault.New("cli.usage", "%s", err).Hinted("karez --help lists the commands"))
		return exitUsage
	}
}

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "karez",
		Short:         "Karez moves business documents between ERP, e-commerce, finance and OA systems",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := root.PersistentFlags()
	flags.BoolVar(&c.JSON, "json", false, "print JSON for programs")
	flags.BoolVarP(&c.verbose, "verbose", "v", false, "log what happens in detail, to standard error")
	flags.StringVar(&c.plugins, "plugins", "", "folder of connector programs (default: plugins beside this program)")
	flags.StringVar(&c.isolation, "isolation", string(pluginhost.Confined), "confine the processes of connectors: on (as far as this system can), required (start none that is not), off (for developers)")
	root.AddCommand(c.serveCommand(), c.demoCommand(), c.tokenCommand(), c.flowCommand(), c.sandboxCommand(), c.valueCommand(), c.pluginCommand(), templates.Command(templates.Needs{Terminal: c.Terminal, Open: c.open, As: c.operator, Shelf: c.shelf, Flags: c.storeFlags, Clock: now}), c.migrateCommand(), c.doctorCommand())
	return root
}

// storeFlags are for commands that open the database.
func (c *cli) storeFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.dataDir, "data", "./karez-data", "data folder")
	cmd.Flags().StringVar(&c.dbURL, "db", "", "database: sqlite:PATH or mysql://USER:PASSWORD@HOST:PORT/NAME (default: KAREZ_DB, else SQLite in the data folder)")
	cmd.Flags().StringVar(&c.packages, "packages", "", "folder of installed connector packages, the same for all processes (default: plugins in the data folder)")
	cmd.Flags().DurationVar(&c.lease, "lease", 30*time.Second, "how long a claim holds when its worker is gone")
}

// workspace is the one workspace of the command line.
const workspace ledger.ID = 1

// scriptWorker is the argument that turns this program into a script worker.
const scriptWorker = "script-worker"

// settings says where the product lives that the flags name.
func (c *cli) settings() (product.Config, error) {
	plugins, err := c.pluginDir()
	if err != nil {
		return product.Config{}, err
	}
	self, err := executable()
	if err != nil {
		return product.Config{}, err
	}
	confinement, err := c.confinement()
	if err != nil {
		return product.Config{}, err
	}
	if c.dbURL == "" {
		c.dbURL, _ = c.Env("KAREZ_DB")
	}
	return c.scale.Apply(product.Config{
		Version: version, Data: c.dataDir, Database: c.dbURL, Plugins: plugins, Isolation: confinement, Packages: c.packages, Core: coreKeys(), ScriptWorker: []string{self, scriptWorker}, Lease: c.lease, Clock: now, Log: c.log(),
	}, c.Env)
}

// open opens the product that the flags name. The caller closes it.
func (c *cli) open(ctx context.Context) (*product.Product, error) {
	settings, err := c.settings()
	if err != nil {
		return nil, err
	}
	failpoint.Attend(ctx)
	return product.Open(ctx, settings)
}

func (c *cli) log() *slog.Logger {
	level := slog.LevelError
	if c.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(c.Err, &slog.HandlerOptions{Level: level}))
}

// now is the one clock of the program; everything else takes it from here.
func now() time.Time { return failpoint.Time(time.Now()) } //nolint:forbidigo // the one place where time comes in

// executable gives the path of this program.
func executable() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fault.Wrap(err, "cli.no_executable", "the program's own path is unknown")
	}
	return path, nil
}
